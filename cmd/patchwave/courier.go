package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/notify"
	"patchwave/engine/report/safe"
	"patchwave/engine/store"
)

const (
	// lastWord is how long the end of the program waits for receivers.
	lastWord = 5 * time.Second
	// claimFor is how long a process may be at a notification before another takes it.
	claimFor = time.Minute
	// giveUpAfter is how long a notification is worth being told.
	giveUpAfter = 24 * time.Hour
	// roundEvery is when a process that goes on tries again.
	roundEvery = 5 * time.Minute
)

// courier tells people, beside the run: what is to be told is written down first, and
// delivered in the background. Nobody waits for a receiver, but for lastWord when the
// program ends; what was not delivered by then the next one delivers.
type courier struct {
	a *app
	s *session
	// addresses are the receivers that the configuration has, by name.
	addresses map[string]connectors.Secret
	// urgent are messages of a run that goes on.
	urgent chan []notify.Message
	// wake says that something was written down.
	wake chan struct{}
	// over is closed when the program ends; stop ends the round that is going on.
	over chan struct{}
	stop context.CancelFunc
	// network is the sender where the app has none.
	network notify.Sender
	once    sync.Once
	done    chan struct{}

	mu sync.Mutex
	// problems are told at the end: the terminal is the run's until then.
	problems []string
}

// courier returns that of the session, and starts it if it is the first that asks:
// what earlier processes left is delivered at once.
func (a *app) courier(ctx context.Context, s *session) *courier {
	s.postMu.Lock()
	defer s.postMu.Unlock()
	if s.post != nil {
		return s.post
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &courier{a: a, s: s, addresses: map[string]connectors.Secret{}, urgent: make(chan []notify.Message, 64), wake: make(chan struct{}, 1), over: make(chan struct{}), stop: stop, done: make(chan struct{})}
	for _, p := range s.policies {
		for _, n := range p.Notify {
			c.addresses[n.Name] = n.URL
		}
		if p.Notice != nil {
			for _, n := range p.Notice.To {
				c.addresses[n.Name] = n.URL
			}
		}
	}
	s.post = c
	go c.work(ctx)
	return c
}

// work delivers what was left, and what is urgent.
func (c *courier) work(ctx context.Context) {
	defer close(c.done)
	if err := c.catchUp(ctx); err != nil && ctx.Err() == nil {
		c.problem(err.Error())
	}
	again := time.NewTicker(roundEvery)
	defer again.Stop()
	for {
		c.round(ctx)
		select {
		case <-c.over:
			return
		case <-c.wake:
		case <-again.C:
		case list := <-c.urgent:
			c.note(c.write(ctx, list))
		}
	}
}

// catchUp writes down what is to be told of runs whose process ended before it could.
func (c *courier) catchUp(ctx context.Context) error {
	ids, err := c.s.store.Unannounced(ctx, c.a.now().Add(-giveUpAfter))
	if err != nil {
		return err
	}
	for _, id := range ids {
		events, err := c.s.store.Events(ctx, id)
		if err != nil {
			return err
		}
		r, err := journal.Fold(events)
		if err != nil {
			return err
		}
		if err := c.ended(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// event looks at an event of a run that goes on. It is called with the run's lock
// held and returns at once.
func (c *courier) event(e journal.Event, r *journal.Run) {
	if e.Type != journal.HostState {
		return
	}
	if h := r.Host(e.Host); h == nil || !r.RollbackFailed(h) {
		return
	}
	var list []notify.Message
	for _, m := range notify.OfRun(r, c.s.all(), c.a.now()) {
		if m.Event == notify.EventRollbackFailed {
			list = append(list, m)
		}
	}
	select {
	case c.urgent <- list:
	default: // it is told when the run ends
	}
}

// announce writes down what is to be told of a run that is over, or waits for its
// soak. What goes wrong is told, and is no failure of the run.
func (c *courier) announce(ctx context.Context, r *journal.Run) {
	c.note(c.ended(context.WithoutCancel(ctx), r))
	c.poke()
}

// poke begins a round, if none is waiting to begin.
func (c *courier) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *courier) ended(ctx context.Context, r *journal.Run) error {
	if r.Ended == nil || r.State == "interrupted" {
		return nil
	}
	list, err := outgoing(notify.OfRun(r, c.s.all(), c.a.now()))
	if err != nil {
		return err
	}
	return c.s.store.Announce(ctx, r.ID, *r.Ended, list...)
}

// tells writes messages down and begins to deliver them.
func (c *courier) tells(ctx context.Context, list []notify.Message) error {
	defer c.poke()
	return c.write(ctx, list)
}

// write writes messages down.
func (c *courier) write(ctx context.Context, list []notify.Message) error {
	out, err := outgoing(list)
	if err != nil {
		return err
	}
	return c.s.store.Notify(ctx, out...)
}

func outgoing(list []notify.Message) ([]store.Notification, error) {
	out := make([]store.Notification, 0, len(list))
	for _, m := range list {
		b, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode notification %s: %w", m.ID, err)
		}
		n := store.Notification{ID: m.ID, Event: m.Event, Receiver: m.Receiver, Message: b, Created: m.At}
		if m.Run != nil {
			n.Run = m.Run.ID
		}
		out = append(out, n)
	}
	return out, nil
}

// round delivers what is pending: all receivers at once, one message after the other
// to each. After a failure the others to the same receiver wait for the next round.
func (c *courier) round(ctx context.Context) {
	now := c.a.now()
	due, late, err := c.s.store.ClaimNotifications(ctx, now, now.Add(claimFor), now.Add(-giveUpAfter))
	if err != nil {
		if ctx.Err() == nil {
			c.problem(err.Error())
		}
		return
	}
	for _, n := range late {
		c.problem(fmt.Sprintf("notification %s was not delivered in %s and is given up: %s", n.ID, hours(giveUpAfter), cmp.Or(n.Error, "it was never tried")))
	}
	by := map[string][]store.Notification{}
	for _, n := range due {
		by[n.Receiver] = append(by[n.Receiver], n)
	}
	var all sync.WaitGroup
	for name, list := range by {
		all.Go(func() { c.tell(ctx, name, list) })
	}
	all.Wait()
}

func hours(d time.Duration) string { return fmt.Sprintf("%d hours", int(d.Hours())) }

// tell delivers to one receiver.
func (c *courier) tell(ctx context.Context, name string, list []store.Notification) {
	durable := context.WithoutCancel(ctx)
	failed := false
	for _, n := range list {
		if failed {
			c.note(c.s.store.ReleaseNotification(durable, n.ID))
			continue
		}
		err := c.send(ctx, name, n)
		switch {
		case err == nil:
			c.note(c.s.store.Notified(durable, n.ID, c.a.now(), ""))
		case errors.Is(ctx.Err(), context.Canceled):
			failed = true // the last round begins, and tries it
			c.note(c.s.store.ReleaseNotification(durable, n.ID))
		default:
			failed = true
			c.note(c.s.store.Notified(durable, n.ID, c.a.now(), err.Error()))
			c.problem(fmt.Sprintf("notification %s was not delivered: %s; it is tried again until %s", n.ID, err,
				n.Created.Add(giveUpAfter).In(c.s.cfg.Zone()).Format("Mon 2006-01-02 15:04 MST")))
		}
	}
}

func (c *courier) note(err error) {
	if err != nil {
		c.problem(err.Error())
	}
}

func (c *courier) send(ctx context.Context, name string, n store.Notification) error {
	address := c.addresses[name]
	if address == nil {
		return fmt.Errorf("no policy names notify %q any more", name)
	}
	var m notify.Message
	if err := json.Unmarshal(n.Message, &m); err != nil {
		return errors.New("what is stored of it cannot be read")
	}
	return c.sender().Send(ctx, address, m)
}

// sender is made when there is something to send.
func (c *courier) sender() notify.Sender {
	if c.a.sender != nil {
		return c.a.sender
	}
	c.once.Do(func() { c.network = notify.NewPost(notify.Options{}) })
	return c.network
}

func (c *courier) problem(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.problems, text) {
		c.problems = append(c.problems, text)
	}
}

// finish delivers what is pending, for lastWord at the most, and tells what could not
// be delivered. It is harmless without a courier.
func (c *courier) finish() {
	if c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(c.a.lastWord, lastWord))
	defer cancel()
	// a round that goes on gets half of the time, so that nobody who answers is told twice
	close(c.over)
	half := time.AfterFunc(cmp.Or(c.a.lastWord, lastWord)/2, c.stop)
	<-c.done
	half.Stop()
	c.stop()
	for waiting := true; waiting; {
		select {
		case list := <-c.urgent:
			c.note(c.write(context.WithoutCancel(ctx), list))
		default:
			waiting = false
		}
	}
	c.round(ctx)
	for _, p := range c.problems {
		// told with --quiet too; where standard error is gone it stays in the database
		_, _ = fmt.Fprintf(c.a.err, "patchwave: %s\n", safe.Text(p))
	}
}
