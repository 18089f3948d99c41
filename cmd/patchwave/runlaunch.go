package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/store"
)

// launch takes and records what is due, all of it before anything begins, and does
// it in order. What is due at one instant is taken by one process, so that the order
// holds.
func (n *night) launch(ctx context.Context, d *due, free func(...string) bool) {
	var names []string
	var tasks []func() error
	add := func(held *coord.Hold, all ...store.Occurrence) {
		for i, o := range all {
			last := i == len(all)-1
			names = append(names, o.Policy)
			tasks = append(tasks, func() error {
				err := n.taken(ctx, o, held)
				if last {
					err = errors.Join(err, held.Release(context.WithoutCancel(ctx)))
				}
				return err
			})
		}
	}
	for _, o := range slices.Concat(d.again, d.lapsed) {
		if !free(o.Policy) {
			continue
		}
		if held := n.take(ctx, o); held != nil {
			add(held, o)
		}
	}
	var fresh []store.Occurrence
	for _, l := range d.outlook.Due {
		if free(l.Policy) {
			fresh = append(fresh, occurrenceOf(l))
		}
	}
	if held := n.take(ctx, fresh...); held != nil {
		if err := n.record(ctx, d.at, fresh); err != nil {
			n.failed(errors.Join(err, held.Release(ctx)))
		} else {
			add(held, fresh...)
		}
	}
	if len(tasks) > 0 {
		n.goOn(names, tasks...)
	}
}

// record writes down what is launched, each with the id of the run that it is to
// begin. One that is on record already stays as it is.
func (n *night) record(ctx context.Context, at time.Time, all []store.Occurrence) error {
	for _, o := range all {
		id, err := n.app.newRunID()
		if err != nil {
			return err
		}
		o.State, o.Run, o.Rollout, o.Launched = store.OccurrenceLaunched, id, id, at
		if _, err = n.s.store.Launch(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// take takes the leases of occurrences, all or none; nil if there are none, or if
// another process has one of them, which is told.
func (n *night) take(ctx context.Context, all ...store.Occurrence) *coord.Hold {
	if len(all) == 0 {
		return nil
	}
	keys := make([]coord.Key, 0, len(all))
	for _, o := range all {
		keys = append(keys, coord.Key{Kind: coord.KindOccurrence, Name: occurrenceName(o)})
	}
	held, err := n.keeper.Acquire(ctx, keys...)
	var other *coord.HeldError
	switch {
	case err == nil:
		return held
	case errors.As(err, &other):
		err = &exitError{exitLocked, fmt.Errorf("%s is held by another process (%d), which launches it", other.Lease.Key, other.Lease.Owner.PID)}
	}
	n.failed(err)
	return nil
}

// occurrenceName names an occurrence among leases.
func occurrenceName(o store.Occurrence) string {
	name := o.Policy + " " + o.Opens.UTC().Format(time.RFC3339)
	if o.Zone != "" {
		name += " " + o.Zone
	}
	return name
}

// taken does an occurrence whose lease is held. What was found before the lease was
// taken may be past: the record counts.
func (n *night) taken(ctx context.Context, o store.Occurrence, held *coord.Hold) error {
	if n.draining(ctx) {
		return nil // the next invocation goes on with it
	}
	now, err := n.s.store.Occurrence(ctx, o)
	if err != nil || now == nil || now.State != store.OccurrenceLaunched {
		return err
	}
	state, err := n.s.store.StateOf(ctx, now.Run)
	switch {
	case err != nil || state != "":
		return err // it has begun; the run is what counts
	case !n.app.now().Before(now.Closes):
		return n.lapse(ctx, *now)
	}
	n.mu.Lock()
	n.given[keyOf(o)] = true
	n.mu.Unlock()
	work, end := held.Context(ctx)
	defer end()
	return n.occurrence(work, *now)
}
