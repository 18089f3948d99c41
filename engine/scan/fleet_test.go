package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// dialer opens sessions to machines that answer as their names say:
// "hangs-dial" and "hangs-run" never do, "down" cannot be reached, "deaf" fails
// to close; all others answer after a second.
type dialer struct{ inWork, most atomic.Int32 }

func (d *dialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	if now := d.inWork.Add(1); now > d.most.Load() {
		d.most.Store(now)
	}
	switch t.Name {
	case "hangs-dial":
		<-ctx.Done()
		d.inWork.Add(-1)
		e := connectors.Errorf(connectors.CodeTimeout, connectors.PhaseDial, t.Name, "no answer")
		e.Err = ctx.Err()
		return nil, e
	case "down":
		d.inWork.Add(-1)
		return nil, connectors.Errorf(connectors.CodeUnreachable, connectors.PhaseDial, t.Name, "no route to host")
	}
	m := machine{reply: func(ctx context.Context, _ connectors.Command, _ framing.Call) (string, error) {
		wait := time.Second
		if t.Name == "hangs-run" {
			wait = 1000 * time.Hour
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
			return framed("facts", "manager=fake"), nil
		case <-ctx.Done():
			return "", connectors.Errorf(connectors.CodeTimeout, connectors.PhaseCommand, t.Name, "no answer in time")
		}
	}}
	if t.Name == "deaf" {
		m.closed = errors.New("broken pipe")
	}
	return &counted{m, d}, nil
}

type counted struct {
	machine
	d *dialer
}

func (c *counted) Close() error {
	c.d.inWork.Add(-1)
	return c.machine.Close()
}

func hosts(names ...string) []*inventory.Host {
	var out []*inventory.Host
	for _, n := range names {
		out = append(out, &inventory.Host{Name: n, Target: connectors.Target{Name: n}})
	}
	return out
}

func many(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("h%03d", i))
	}
	return out
}

func fleetOf(d *dialer, parallel int) Fleet {
	return Fleet{Dialer: d, Managers: []updates.Manager{fake{updates.Listing{State: inventory.ScanOK}}}, Parallelism: parallel, Now: time.Now}
}

// TestFleetIsBounded: never more hosts in work than allowed, and as many as that.
func TestFleetIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dialer{}
		start, seen := time.Now(), 0
		err := fleetOf(d, 7).Scan(t.Context(), hosts(many(70)...), RefreshNever, func(inventory.Observation) error { seen++; return nil })
		if err != nil || seen != 70 || d.most.Load() != 7 || time.Since(start) != 10*time.Second {
			t.Errorf("%d answers, %d at once, %s, %v", seen, d.most.Load(), time.Since(start), err)
		}
	})
}

func TestFleetHasADefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dialer{}
		if err := fleetOf(d, 0).Scan(t.Context(), hosts(many(300)...), "", func(inventory.Observation) error { return nil }); err != nil || d.most.Load() != DefaultParallelism {
			t.Errorf("%d at once, %v", d.most.Load(), err)
		}
	})
}

// TestAHangingHostCostsOnlyItsOwnTime: the others are answered and stored while
// it hangs, and it is a failure in the end.
func TestAHangingHostCostsOnlyItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fleetOf(&dialer{}, 4)
		f.HostTimeout = time.Minute
		start := time.Now()
		at := map[string]time.Duration{}
		got := map[string]inventory.Observation{}
		err := f.Scan(t.Context(), hosts("hangs-dial", "a", "hangs-run", "b", "down", "deaf", "c"), RefreshAuto, func(o inventory.Observation) error {
			at[o.Host], got[o.Host] = time.Since(start), o
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"a", "b", "c"} {
			if at[h] > 3*time.Second || got[h].State != inventory.ScanOK || got[h].Duration != time.Second {
				t.Errorf("host %s after %s: %+v", h, at[h], got[h])
			}
		}
		for h, want := range map[string]inventory.ScanState{"hangs-dial": inventory.ScanUnreachable, "hangs-run": inventory.ScanFailed} {
			if at[h] != time.Minute || got[h].State != want || got[h].Problem.Code != "timeout" || got[h].Duration != time.Minute {
				t.Errorf("host %s after %s: %+v", h, at[h], got[h])
			}
		}
		if o := got["down"]; o.State != inventory.ScanUnreachable || o.Problem.Code != "unreachable" {
			t.Errorf("%+v", o)
		}
		if o := got["deaf"]; o.State != inventory.ScanOK || !slices.Equal(o.Notes, []string{"closing the connection: broken pipe"}) {
			t.Errorf("%+v", o)
		}
	})
}

// TestHostTimeoutHasADefault: fifteen minutes, where nothing else is said.
func TestHostTimeoutHasADefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := fleetOf(&dialer{}, 1).Scan(t.Context(), hosts("hangs-run"), "", func(inventory.Observation) error { return nil }); err != nil || time.Since(start) != 15*time.Minute {
			t.Errorf("%s, %v", time.Since(start), err)
		}
	})
}

// TestFleetCancelled: what was begun is answered, the rest is left out.
func TestFleetCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the operator has had enough")
		seen := 0
		err := fleetOf(&dialer{}, 2).Scan(ctx, hosts(many(100)...), "", func(inventory.Observation) error {
			if seen++; seen == 10 {
				cancel(why)
			}
			return nil
		})
		if !errors.Is(err, why) || seen < 10 || seen > 14 {
			t.Errorf("%d answers, %v", seen, err)
		}
	})
}

// TestFleetStopsWhenNothingCanBeStored: one error, with the host, and no more
// hosts are bothered.
func TestFleetStopsWhenNothingCanBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the disk is full")
		seen := 0
		err := fleetOf(&dialer{}, 1).Scan(t.Context(), hosts(many(100)...), "", func(inventory.Observation) error {
			if seen++; seen == 3 {
				return full
			}
			return nil
		})
		if !errors.Is(err, full) || !strings.HasPrefix(err.Error(), "store the scan of h002: ") || seen != 3 {
			t.Errorf("%d answers, %v", seen, err)
		}
	})
}
