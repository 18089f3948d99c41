package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

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
	if fields := strings.Fields(rest); len(fields) > 19 {
		start = fields[19]
	}
	return strings.TrimSpace(string(b)), start
}

// provablyDead reports whether the process of a run is gone for sure.
func provablyDead(d journal.RunStartedData) bool {
	if d.BootID == "" || d.ProcStart == "" || d.PID <= 0 {
		return false
	}
	boot, start := processIdentity(d.PID)
	return boot != "" && (boot != d.BootID || start != d.ProcStart)
}

// deadRuns lists runs that are not finished and whose process is gone: their
// claims on hosts may be taken over.
func deadRuns(ctx context.Context, st *store.Store) ([]string, error) {
	rows, err := st.Runs(ctx, 200)
	if err != nil {
		return nil, err
	}
	var dead []string
	for _, row := range rows {
		switch row.State {
		case "running", "draining":
			r, err := loadRun(ctx, st, row.ID)
			if err != nil {
				return nil, err
			}
			if provablyDead(r.Start) {
				dead = append(dead, row.ID)
			}
		case "interrupted":
			dead = append(dead, row.ID)
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
