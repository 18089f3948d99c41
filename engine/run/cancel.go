package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"patchwave/connectors"
	"patchwave/engine/journal"
)

// CancelFunc says whether an operator wants a run to begin nothing more, and in
// which words that is kept. It is asked again and again while the run goes on.
type CancelFunc func(context.Context) (why string, cancelled bool, err error)

// cancelling is the word that the run begins nothing more.
type cancelling struct {
	mu  sync.Mutex
	why string
	// said is closed when it has come.
	said chan struct{}
}

func (c *cancelling) say(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == "" {
		c.why = why
		close(c.said)
	}
}

// word is why the run is cancelled, or "".
func (c *cancelling) word() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

// watchCancel asks Work.Cancel until it says so or the returned function is called. The
// first question is answered before watchCancel returns, so that a run that is cancelled
// already begins nothing.
func (r *runner) watchCancel(ctx context.Context) (stop func(), err error) {
	ask := r.work.Cancel
	if ask == nil {
		return func() {}, nil
	}
	look := func() (bool, error) {
		why, cancelled, err := ask(ctx)
		if err != nil || !cancelled {
			return false, err
		}
		// the state first: whoever waits for the run sees that it takes note
		if err := r.rec.add(ctx, entry{"", journal.RunState, journal.RunStateData{State: "draining", Why: why}}); err != nil {
			return false, err
		}
		r.cancel.say(why)
		return true, nil
	}
	if done, err := look(); done || err != nil {
		return func() {}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for connectors.Pause(ctx, r.engine.poll()) == nil {
			// what cannot be read now is read at the next look
			if done, _ := look(); done {
				return
			}
		}
	})
	return func() { cancel(); wg.Wait() }, nil
}

// touched reports whether something of the plan was begun on the host, so that it is
// brought to its end even in a run that is cancelled.
func (m *machine) touched() bool { return !m.unchanged() || m.round() > 0 }

// callOff ends a host on which nothing was begun.
func (m *machine) callOff(ctx context.Context) error {
	return m.finish(ctx, journal.Cancelled, m.cancel.word(), nil, m.openStep("skipped", nil)...)
}

// Abandoned is what is written of a run that nobody can go on with: hosts that were
// not begun are cancelled, and what became of those that were is not known. It
// contacts no host. Past are its events, none of which may be of a process that
// still works.
func (e *Engine) Abandoned(ctx context.Context, run string, start journal.RunStartedData, past []journal.Event, why string) (*journal.Run, error) {
	rec := &recorder{journal: e.Journal, now: e.Now, notify: e.Notify, run: run, fence: start.Fence, folder: journal.NewFolder()}
	for _, ev := range past {
		if err := rec.folder.Add(ev); err != nil {
			return nil, fmt.Errorf("read the journal of run %s: %w", run, err)
		}
	}
	if len(past) == 0 {
		return nil, errors.New("run " + run + " was never begun")
	}
	start.After = past[len(past)-1].Seq
	entries := []entry{{"", journal.RunStarted, start}}
	for _, h := range rec.folder.Run().Hosts {
		entries = append(entries, abandoned(h, why)...)
	}
	entries = append(entries, entry{"", journal.RunState, journal.RunStateData{State: "cancelled", Why: why}})
	err := rec.add(ctx, entries...)
	return rec.folder.Run(), err
}

// changed reports whether something on a host may be other than before the run.
func changed(h *journal.Host) bool {
	return len(h.Actions) > 0 || slices.ContainsFunc(h.Jobs, func(j *journal.Job) bool { return j.Step != StepRestorePoint })
}

// abandoned are the moves of a host to its end.
func abandoned(h *journal.Host, why string) []entry {
	move := func(from, to, goal journal.State) entry {
		return entry{h.Name, journal.HostState, journal.HostStateData{From: from, To: to, Goal: goal, Why: why}}
	}
	row, _ := journal.RowOf(h.State)
	var out []entry
	for _, s := range h.Steps {
		if s.Finished == nil && !h.State.Ended() {
			out = append(out, entry{h.Name, journal.StepFinished, journal.StepFinishedData{Step: s.Name, State: "lost"}})
		}
	}
	if !h.State.Ended() {
		out = append(out, inForce(h)...)
	}
	switch {
	case h.State.Ended():
		return nil
	case journal.Check(h.State, journal.Cancelled) == nil && !changed(h):
		return append(out, move(h.State, journal.Cancelled, ""))
	case h.State == journal.Restoring:
		goal := h.Goal
		if goal == "" {
			goal = journal.Lost
		}
		return append(out, move(h.State, goal, ""))
	case journal.Check(h.State, journal.Lost) == nil:
		return append(out, move(h.State, journal.Lost, ""))
	case row.Begun:
		return append(out, move(h.State, journal.Restoring, journal.Lost), move(journal.Restoring, journal.Lost, ""))
	default:
		return nil
	}
}
