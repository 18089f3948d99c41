package run

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/scan"
	"patchwave/inventory"
	"patchwave/policies"
)

//go:embed wake.sh
var wakeShell string

//go:embed sleep.sh
var sleepShell string

// What a host was before it was woken.
const (
	FoundAsleep = "asleep"
	FoundOff    = "off"
)

// packetEvery is how often the packet is sent while a host is waited for: one may
// be lost.
const packetEvery = 15 * time.Second

// Waker wakes hosts that are off or asleep, and puts them back.
type Waker struct {
	Dialer    connectors.Dialer
	Inventory *inventory.Inventory
	// Packet sends the packet from the controller; nil: it cannot.
	Packet func(ctx context.Context, mac, address string) error
	Now    func() time.Time
	// Poll is the pause between two tries to reach the host; 0 means two seconds.
	Poll time.Duration
}

// Away reports whether an error says that a host may be off or asleep: nothing
// answers.
func Away(err error) bool {
	code := connectors.CodeOf(err)
	return code == connectors.CodeUnreachable || code == connectors.CodeTimeout && connectors.BeforeLogin(err)
}

// Wake sends the packet until the host answers, at most how.Timeout, and returns
// a session and what the host was. The error is one of reaching the host.
func (w Waker) Wake(ctx context.Context, h *inventory.Host, how policies.Wake) (connectors.Session, string, error) {
	limit := how.Timeout
	if limit <= 0 {
		limit = policies.DefaultWakeTimeout
	}
	began := w.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	wait := w.Poll
	if wait <= 0 {
		wait = 2 * time.Second
	}
	var sent time.Time
	for {
		if now := w.Now(); sent.IsZero() || now.Sub(sent) >= packetEvery {
			if err := w.send(ctx, h, how.Via); err != nil {
				return nil, "", &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseDial, Host: h.Name,
					Message: "it does not answer, and the packet that wakes it could not be sent", Err: err}
			}
			sent = now
		}
		s, err := w.Dialer.Dial(ctx, h.Target)
		if err == nil {
			found, err := w.Found(ctx, s, h.Name, began)
			if err == nil {
				return s, found, nil
			}
			return nil, "", errors.Join(err, s.Close())
		}
		if !Away(err) && ctx.Err() == nil {
			return nil, "", err
		}
		if connectors.Pause(ctx, wait) != nil {
			return nil, "", &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseDial, Host: h.Name,
				Message: fmt.Sprintf("it was sent the packet that wakes it and did not answer within %s", limit), Err: err}
		}
	}
}

// Found says what a host was before it answered, of which the packet was sent at
// an instant: off if it has booted since.
func (w Waker) Found(ctx context.Context, s connectors.Session, host string, sent time.Time) (string, error) {
	o := scan.Facts(ctx, s, nil, host, w.Now())
	if o.Facts.BootID == "" {
		return "", connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, host, "it was woken and does not tell how long it has been running")
	}
	const slack = 5 * time.Second // of clocks that count in seconds
	if o.Facts.Uptime <= w.Now().Sub(sent)+slack {
		return FoundOff, nil
	}
	return FoundAsleep, nil
}

// send sends one packet: by a neighbour, or from here.
func (w Waker) send(ctx context.Context, h *inventory.Host, via string) error {
	if h.MAC == "" {
		return errors.New("the inventory has no mac of it")
	}
	if via == "" {
		if w.Packet == nil {
			return errors.New("the controller cannot send it")
		}
		return w.Packet(ctx, h.MAC, h.Address)
	}
	n := w.Inventory.Host(via)
	if n == nil {
		return fmt.Errorf("host %s, which is to send it, is not in the inventory", via)
	}
	s, err := w.Dialer.Dial(ctx, n.Target)
	if err != nil {
		return fmt.Errorf("reach host %s, which is to send it: %w", via, err)
	}
	become := n.Target.Become.Method != "" && n.Target.Become.Method != connectors.BecomeNone
	a, err := script.Run(ctx, s, script.Script{Name: "wake", Version: 1, Sh: wakeShell}, map[string]string{"mac": h.MAC, "address": h.Address},
		script.Options{Host: via, Command: connectors.Command{Become: become, Timeout: time.Minute, MaxOutput: 64 << 10}})
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("host %s, which is to send it: %w", via, err)
	}
	if f, ok := a.Get("wake"); !ok || f.RC != 0 {
		return fmt.Errorf("host %s cannot send it: %s", via, short(strings.Join(f.ErrLines(), " ")))
	}
	return nil
}

// Rest puts a host back to what it was. It goes there two seconds later, unless a
// run works on it.
func (w Waker) Rest(ctx context.Context, s connectors.Session, host, found string) error {
	a, err := script.Run(ctx, s, sleepScript(), map[string]string{"how": found},
		script.Options{Host: host, Command: connectors.Command{Become: true, Timeout: time.Minute, MaxOutput: 64 << 10}})
	if err != nil {
		return err
	}
	if f, ok := a.Get("sleep"); !ok || f.RC != 0 {
		return connectors.Errorf(connectors.CodeExit, connectors.PhaseCommand, host, "exit status %d: %s", f.RC, bounded(strings.Join(append(f.Lines(), f.ErrLines()...), " "), 200))
	}
	return nil
}

// WakeOf is how the policies of a host wake it; nil if none does, or the inventory
// does not say how.
func WakeOf(h *inventory.Host, all []*policies.Policy) *policies.Wake {
	if h == nil || h.MAC == "" {
		return nil
	}
	for _, name := range h.Policies {
		for _, p := range all {
			if p.Name == name && p.Preparation != nil && p.Preparation.Wake != nil {
				return p.Preparation.Wake
			}
		}
	}
	return nil
}

// WakingDialer wakes hosts that do not answer, where their policy says so, and
// remembers which. It is safe for use by many.
type WakingDialer struct {
	Waker
	Policies []*policies.Policy
	// Tell is called when a host is about to be woken; may be nil.
	Tell func(host string)
	// Record writes down that a host is woken, before the first packet is sent, and
	// again with what it was when it has answered; may be nil. at is when that began. A
	// host of which it cannot be written down is not woken.
	Record func(ctx context.Context, host string, at time.Time, found string) error

	mu    sync.Mutex
	woken map[string]string
}

// Dial implements connectors.Dialer.
func (d *WakingDialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	s, err := d.Dialer.Dial(ctx, t)
	h := d.Inventory.Host(t.Name)
	how := WakeOf(h, d.Policies)
	if err == nil || how == nil || !Away(err) {
		return s, err
	}
	if d.Tell != nil {
		d.Tell(h.Name)
	}
	began := d.Now()
	if err := d.record(ctx, h.Name, began, ""); err != nil {
		return nil, err
	}
	s, found, err := d.Wake(ctx, h, *how)
	if err != nil {
		return nil, err
	}
	if err := d.record(ctx, h.Name, began, found); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.woken == nil {
		d.woken = map[string]string{}
	}
	d.woken[h.Name] = found
	return s, nil
}

func (d *WakingDialer) record(ctx context.Context, host string, at time.Time, found string) error {
	if d.Record == nil {
		return nil
	}
	return d.Record(ctx, host, at, found)
}

// Take hands over what was woken, by name, with what it was: who takes it puts it
// back.
func (d *WakingDialer) Take(of func(host string) bool) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]string{}
	for name, found := range d.woken {
		if of(name) {
			out[name] = found
			delete(d.woken, name)
		}
	}
	return out
}
