package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"patchwave/engine/journal"
)

// recorder writes events and keeps the folded run beside them. What is not
// durable is not believed: the fold sees an event after the journal took it.
type recorder struct {
	journal journal.Journal
	now     func() time.Time
	notify  func(journal.Event, *journal.Run)

	mu     sync.Mutex
	run    string
	fence  int64
	folder *journal.Folder
	// writes counts the writes of this process.
	writes int64
	// broken is the first error of the journal; after it nothing is begun.
	broken error
}

// entry is an event to be.
type entry struct {
	host string
	typ  journal.Type
	data any
}

// add makes events durable, all or none.
func (r *recorder) add(ctx context.Context, entries ...entry) error {
	if err := r.err(); err != nil {
		return err
	}
	write := r.nextWrite()
	events := make([]journal.Event, 0, len(entries))
	for _, e := range entries {
		ev, err := journal.New(r.run, e.host, r.now(), e.typ, e.data)
		if err != nil {
			return err
		}
		ev.Fence, ev.Write = r.fence, write
		events = append(events, ev)
	}
	// What has begun must be recorded even when the operator has had enough.
	if err := r.journal.Append(context.WithoutCancel(ctx), events...); err != nil {
		err = fmt.Errorf("write the journal: %w", err)
		r.mu.Lock()
		r.broken = err
		r.mu.Unlock()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ev := range events {
		if err := r.folder.Add(ev); err != nil {
			r.broken = fmt.Errorf("a fault of the engine: %w", err)
			return r.broken
		}
		if r.notify != nil {
			r.notify(ev, r.folder.Run())
		}
	}
	return nil
}

// fail ends the run as an error of the journal does. It returns err.
func (r *recorder) fail(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken == nil {
		r.broken = err
	}
	return err
}

func (r *recorder) nextWrite() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes++
	return r.writes
}

func (r *recorder) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}

// hosts returns copies of what is known of all hosts.
func (r *recorder) hosts() []journal.Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]journal.Host, 0, len(r.folder.Run().Hosts))
	for _, h := range r.folder.Run().Hosts {
		out = append(out, *h)
	}
	return out
}

// host returns a copy of what is known of a host.
func (r *recorder) host(name string) journal.Host {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.folder.Host(name)
}
