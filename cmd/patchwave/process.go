package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/store"
)

// processIdentity tells a process from a later one with its number: the boot
// id of this machine, and the process's start in clock ticks since the boot.
// Both are "" where /proc is not there; then nothing is provable.
func processIdentity(pid int) (bootID, start string) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", ""
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return strings.TrimSpace(string(b)), ""
	}
	// the name of the program stands in brackets and may hold anything
	_, rest, _ := strings.Cut(string(stat), ") ")
	if i := strings.LastIndex(string(stat), ") "); i >= 0 {
		rest = string(stat)[i+2:]
	}
	fields := strings.Fields(rest)
	if len(fields) > 19 {
		start = fields[19]
		if fields[0] == "Z" || fields[0] == "X" {
			start = "ended" // it can be seen until its parent has asked for it
		}
	}
	return strings.TrimSpace(string(b)), start
}

// place says where a process number means something: the machine and its
// namespace of processes. "" where it cannot be told.
func place() (machine, space string) {
	if b, err := os.ReadFile("/etc/machine-id"); err == nil {
		machine = strings.TrimSpace(string(b))
	}
	if link, err := os.Readlink("/proc/self/ns/pid"); err == nil {
		space = link
	}
	return machine, space
}

// ownerOf is the process that began a run, or went on with it.
func ownerOf(run string, d journal.RunStartedData) coord.Owner {
	return coord.Owner{Actor: d.Actor, Run: run, PID: d.PID, BootID: d.BootID, ProcStart: d.ProcStart, MachineID: d.MachineID, PIDSpace: d.PIDSpace}
}

// fate is what is known for sure of a process.
type fate int

const (
	unknown fate = iota
	alive
	gone
)

// fateOf looks for a process. It is gone for sure if it ran on this machine, and
// either the machine was booted since, or this namespace of processes does not
// have it any more.
func fateOf(o coord.Owner) fate {
	machine, space := place()
	if o.BootID == "" || o.ProcStart == "" || o.PID <= 0 || o.MachineID != machine {
		return unknown
	}
	boot, start := processIdentity(o.PID)
	switch {
	case boot == "":
		return unknown
	case boot != o.BootID && machine != "":
		return gone
	case boot != o.BootID || o.PIDSpace != space || space == "":
		return unknown
	case start == o.ProcStart:
		return alive
	default:
		// a hardened service sees in /proc only processes of its own user; that a
		// signal may not be sent tells that there is another's
		if start == "" && errors.Is(syscall.Kill(o.PID, 0), syscall.EPERM) {
			return unknown
		}
		return gone
	}
}

// provablyGone reports whether a process is gone for sure.
func provablyGone(o coord.Owner) bool { return fateOf(o) == gone }

// worksNo reports whether nobody works on a run that was not ended: its lease is
// abandoned, or there is none (it was released by hand, or the run is of an
// earlier version) and its process is not there.
func worksNo(ctx context.Context, st *store.Store, id string, start journal.RunStartedData) (bool, error) {
	leases := st.Leases()
	lease, held, err := leases.Find(ctx, coord.Key{Kind: coord.KindRun, Name: id})
	if err != nil {
		return false, err
	}
	if held {
		return leases.Abandoned(lease), nil
	}
	return fateOf(ownerOf(id, start)) != alive, nil
}

// claimsStand is longer than the claim of a run stands on a host that the run
// lost: its longest wait for a reboot.
const claimsStand = 24 * time.Hour

// deadRuns lists the runs that work no more: those whose lease is abandoned, and
// those that ended a short while ago and may have left a claim on a host that
// did not come back in time. Their claims on hosts may be taken over.
func deadRuns(ctx context.Context, st *store.Store, now time.Time) ([]string, error) {
	rows, err := st.Runs(ctx, 200)
	if err != nil {
		return nil, err
	}
	var dead []string
	for _, row := range rows {
		switch row.State {
		case "running", "draining":
			// a run that cannot be read is not known to be dead
			if r, err := loadRun(ctx, st, row.ID); err == nil && r.State == "interrupted" {
				dead = append(dead, row.ID)
			}
		case "interrupted":
			dead = append(dead, row.ID)
		default:
			if row.Ended != nil && now.Sub(*row.Ended) < claimsStand {
				dead = append(dead, row.ID)
			}
		}
	}
	return dead, nil
}

// poll is the pause between two looks at a job on a host.
func (a *app) poll() time.Duration {
	if a.pollEvery > 0 {
		return a.pollEvery
	}
	return 2 * time.Second
}
