package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/store"
)

// leasing are the intervals of leases; 0 is the usual one.
type leasing struct {
	// wait is --lock-timeout.
	wait time.Duration
	// every is the pause between two heartbeats.
	every time.Duration
}

// lockFlags adds what a command knows that changes hosts.
func (a *app) lockFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&a.leasing.wait, "lock-timeout", 0,
		"how long to wait, a `DURATION` such as 10m, for what another run holds (default: leave it out and exit with 11)")
}

// leaseRules say when a lease of this controller is abandoned.
func (a *app) leaseRules() coord.Rules {
	return coord.Rules{TTL: 3 * a.leasing.every, Gone: provablyGone, Uptime: uptime, Now: a.now}
}

// uptime is this machine's boot, and the time since.
func uptime() (boot string, since time.Duration) {
	boot, _ = processIdentity(os.Getpid())
	return boot, sinceBoot()
}

// holding is what a run holds while it is carried out. It implements run.Leases.
type holding struct {
	app    *app
	store  *store.Store
	keeper *coord.Keeper
	run    *coord.Hold
	id     string

	mu sync.Mutex
	// told are the runs that are waited for.
	told map[string]bool
	// left are hosts that another run has, or took, and why nothing was done there.
	left map[string]error

	asking sync.Mutex
	// dead were looked for last at asked.
	dead  []string
	asked time.Time
}

// holdRun takes the lease on a run, and keeps it and those on its hosts alive
// until it is closed. The error has status 11 if another process has the run.
func (a *app) holdRun(ctx context.Context, s *session, id string) (*holding, error) {
	waiting, stop := a.untilSignal(ctx)
	defer stop()
	return a.takeRun(ctx, waiting, s, id)
}

// takeRun is holdRun for whoever listens for signals; it waits as long as waiting
// lasts.
func (a *app) takeRun(ctx, waiting context.Context, s *session, id string) (*holding, error) {
	if a.leasing.wait < 0 {
		return nil, usage("--lock-timeout %s is negative", a.leasing.wait)
	}
	owner := a.leaseOwner(id)
	h := &holding{app: a, store: s.store, told: map[string]bool{}, left: map[string]error{}, id: id}
	h.keeper = coord.NewKeeper(s.store.Leases(), owner, coord.Options{Now: a.now, Every: a.leasing.every, Wait: a.leasing.wait,
		Poll: a.poll() / 2, Waiting: h.waiting, Lost: h.lost})
	var err error
	h.run, err = h.keeper.Acquire(waiting, coord.Key{Kind: coord.KindRun, Name: id})
	if held, ok := errors.AsType[*coord.HeldError](err); ok {
		err = stillGoingOn(id, held.Lease.Owner.PID)
	}
	if err != nil {
		return nil, errors.Join(err, h.keeper.Close(ctx))
	}
	return h, nil
}

// leaseOwner is this process, at work on a run.
func (a *app) leaseOwner(run string) coord.Owner {
	var start journal.RunStartedData
	a.identify(&start)
	owner := ownerOf(run, start)
	if name, err := os.Hostname(); err == nil {
		owner.Host = name
	}
	return owner
}

func stillGoingOn(run string, pid int) error {
	return &exitError{exitLocked, fmt.Errorf("run %s is still going on (process %d); wait for it with --lock-timeout, or end that process first", run, pid)}
}

// awaitRun reads a run that is to be gone on with, after it has taken the run's
// lease; nil is what it holds if the run is still going on, or was not under way.
// One that is going on is waited for as long as the operator allows.
func (a *app) awaitRun(ctx context.Context, s *session, id string) (*journal.Run, *holding, error) {
	r, err := loadRun(ctx, s.store, id)
	if err != nil || r.State != "running" || a.leasing.wait <= 0 {
		return r, nil, err
	}
	h, err := a.holdRun(ctx, s, id)
	if err != nil {
		return nil, nil, err
	}
	if r, err = loadRun(ctx, s.store, id); err != nil {
		return nil, nil, errors.Join(err, h.close(ctx))
	}
	if r.State == "running" {
		r.State = "interrupted" // whoever had it has it no more
	}
	return r, h, nil
}

// Hold implements run.Leases.
func (h *holding) Hold(ctx context.Context, host string) (*coord.Hold, error) {
	l, err := h.keeper.Acquire(ctx, coord.Key{Kind: coord.KindHost, Name: host})
	if _, ok := errors.AsType[*coord.HeldError](err); ok {
		h.leave(host, err)
	}
	return l, err
}

// Dead implements run.Leases. Many hosts ask at once: whoever comes while others
// ask shares the next answer.
func (h *holding) Dead(ctx context.Context) (dead []string, err error) {
	called := time.Now()
	h.asking.Lock()
	defer h.asking.Unlock()
	if h.asked.Before(called) {
		began := time.Now()
		if h.dead, err = deadRuns(ctx, h.store, h.app.now()); err != nil {
			return nil, err
		}
		h.asked = began
	}
	return h.dead, nil
}

// waiting names each run that is waited for once.
func (h *holding) waiting(e *coord.HeldError) {
	h.mu.Lock()
	told := h.told[e.Lease.Owner.Run]
	h.told[e.Lease.Owner.Run] = true
	h.mu.Unlock()
	switch {
	case told:
	case e.Lease.Kind == coord.KindRun:
		h.app.say("run %s is still going on (process %d); waiting for it, at most %s", e.Lease.Name, e.Lease.Owner.PID, h.app.leasing.wait)
	default:
		h.app.say("%v; waiting for what it holds, at most %s", e, h.app.leasing.wait)
	}
}

func (h *holding) lost(e *coord.LostError) {
	if e.Lease.Kind == coord.KindHost {
		h.leave(e.Lease.Name, e)
	}
	h.app.say("%v; what has begun there goes on by itself", e)
}

func (h *holding) leave(host string, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.left[host] = why
}

// verdict is the status of a run that is over: 11 if it is not finished because
// another run has its hosts.
func (h *holding) verdict(r *journal.Run, err error) error {
	var e *exitError
	if h.locked(r) && errors.As(err, &e) && e.code == exitInterrupted {
		return exit(exitLocked)
	}
	return err
}

// locked reports whether a run is not finished because another one has its hosts,
// and names those that it had to leave in the middle.
func (h *holding) locked(r *journal.Run) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.State != "interrupted" || h.app.interrupted != 0 {
		return false
	}
	some := false
	for _, host := range r.Hosts {
		why := h.left[host.Name]
		if why == nil || host.State.Ended() {
			continue
		}
		some = true
		if !errors.Is(why, coord.ErrLost) { // that was told when it happened
			h.app.say("%s is left as it is: %v", host.Name, why)
		}
	}
	return some
}

// close gives everything back, and what a process that is gone held for the run.
func (h *holding) close(ctx context.Context) error {
	return errors.Join(h.tidy(context.WithoutCancel(ctx)), h.keeper.Close(ctx))
}

func (h *holding) tidy(ctx context.Context) error {
	if h.run.Check() != nil {
		return nil // it is another's by now
	}
	leases := h.store.Leases()
	list, err := leases.List(ctx)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(l coord.Lease) bool { return l.Owner.Run != h.id || !leases.Abandoned(l) })
	return leases.Release(ctx, list...)
}
