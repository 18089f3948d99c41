package wrap

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
)

// fake is a Dialer whose Dial is a function.
type fake struct {
	dial  func(n int) error
	calls atomic.Int64
	open  atomic.Int64
	most  atomic.Int64
}

func (f *fake) Dial(context.Context, connectors.Target) (connectors.Session, error) {
	n := f.calls.Add(1)
	if f.dial != nil {
		if err := f.dial(int(n)); err != nil {
			return nil, err
		}
	}
	open := f.open.Add(1)
	for most := f.most.Load(); open > most && !f.most.CompareAndSwap(most, open); {
		most = f.most.Load()
	}
	return &fakeSession{f}, nil
}

type fakeSession struct{ f *fake }

func (*fakeSession) Dialect() connectors.Dialect { return connectors.DialectSh }

func (s *fakeSession) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	return connectors.Result{Stdout: []byte(c.Line), ExitCode: 3}, nil
}

func (s *fakeSession) Close() error {
	s.f.open.Add(-1)
	return nil
}

func failure(again bool) error {
	return &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseDial, Host: "web1", Message: "down", Retry: again}
}

func TestRetry(t *testing.T) {
	for _, tt := range []struct {
		name  string
		dial  func(n int) error
		tries int
		want  string
	}{
		{"works", func(int) error { return nil }, 1, ""},
		{"works in the end", func(n int) error {
			if n < 3 {
				return failure(true)
			}
			return nil
		}, 3, ""},
		{"never works", func(int) error { return failure(true) }, 4, "down (tried 4 times)"},
		{"final", func(int) error { return failure(false) }, 1, "down"},
		{"final at the second try", func(n int) error { return failure(n == 1) }, 2, "down"},
		{"another error", func(int) error { return errors.New("odd") }, 1, "odd"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{dial: tt.dial}
				_, err := Retry(f).Dial(t.Context(), connectors.Target{Retry: connectors.Retry{Attempts: 4}})
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != tt.want || int(f.calls.Load()) != tt.tries {
					t.Errorf("got %q after %d tries, want %q after %d", got, f.calls.Load(), tt.want, tt.tries)
				}
				if e, ok := errors.AsType[*connectors.Error](err); ok && e.Retry {
					t.Error("the last error asks for another try")
				}
			})
		})
	}
}

func TestRetryDoesNotMultiply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{dial: func(int) error { return failure(true) }}
		_, err := Retry(Retry(f)).Dial(t.Context(), connectors.Target{})
		if n := f.calls.Load(); n != connectors.DefaultRetryAttempts || strings.Count(err.Error(), "tried") != 1 {
			t.Errorf("%d tries: %v", n, err)
		}
	})
}

func TestRetryPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{dial: func(int) error { return failure(true) }}
		begin := time.Now()
		_, _ = Retry(f).Dial(t.Context(), connectors.Target{Retry: connectors.Retry{Attempts: 10, Backoff: time.Second}}) // it fails
		if took := time.Since(begin); took > 2*(1+2+4+8+16+32+3*60)*time.Second || took == 0 {
			t.Errorf("it took %s", took)
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{dial: func(int) error { return failure(true) }}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		_, err := Retry(f).Dial(ctx, connectors.Target{Retry: connectors.Retry{Attempts: 1e6, Backoff: time.Hour}})
		if connectors.CodeOf(err) != connectors.CodeUnreachable || ctx.Err() == nil {
			t.Errorf("got %v", err)
		}
	})
}

func TestJitter(t *testing.T) {
	j := &jitter{first: 8}
	j.Reset()
	for limit := int64(8); limit < 1<<20; limit *= 2 {
		if d := int64(j.NextBackOff()); d < 1 || d > limit {
			t.Errorf("a pause of %d, want 1 to %d", d, limit)
		}
	}
	j.first = 1 << 62
	j.Reset()
	j.NextBackOff()
	if d := j.NextBackOff(); d > mostPause {
		t.Errorf("a pause of %s, want at most %s", d, mostPause)
	}
}

func TestLimitSessions(t *testing.T) {
	f := &fake{}
	d := Limit(f, Limits{Sessions: 3})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			s, err := d.Dial(t.Context(), connectors.Target{})
			if err != nil {
				t.Error(err)
				return
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := f.most.Load(); n > 3 {
		t.Errorf("%d sessions at once, want 3 at most", n)
	}
}

func TestAFailedDialGivesItsPlaceBack(t *testing.T) {
	f := &fake{dial: func(int) error { return failure(false) }}
	d := Limit(f, Limits{Sessions: 1})
	for range 5 {
		if _, err := d.Dial(t.Context(), connectors.Target{}); connectors.CodeOf(err) != connectors.CodeUnreachable {
			t.Errorf("got %v", err)
		}
	}
}

func TestWaitingForAPlaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := Limit(&fake{}, Limits{Sessions: 1})
		if _, err := d.Dial(t.Context(), connectors.Target{}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := d.Dial(ctx, connectors.Target{Name: "web1"})
		if connectors.CodeOf(err) != connectors.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		_, err = d.Dial(ctx, connectors.Target{Name: "web1"})
		if connectors.CodeOf(err) != connectors.CodeInterrupted || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLimitRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := Limit(&fake{}, Limits{PerSecond: 2, Burst: 4})
		begin := time.Now()
		for range 24 {
			if _, err := d.Dial(t.Context(), connectors.Target{}); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("24 sessions took %s, want 10s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := d.Dial(ctx, connectors.Target{}); connectors.CodeOf(err) != connectors.CodeTimeout {
			t.Errorf("got %v", err)
		}
	})
}

func TestNoLimit(t *testing.T) {
	f := &fake{}
	if d := Limit(f, Limits{}); d != connectors.Dialer(f) {
		t.Error("no limits, but a wrapper")
	}
}

func TestRecord(t *testing.T) {
	var events []Event
	d := Record(&fake{dial: func(n int) error {
		if n == 1 {
			return failure(false)
		}
		return nil
	}}, func(e Event) { events = append(events, e) })
	_, first := d.Dial(t.Context(), connectors.Target{Name: "web1"})
	s, err := d.Dial(t.Context(), connectors.Target{Name: "web1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), connectors.Command{Line: "hello"}); err != nil {
		t.Fatal(err)
	}
	if len(events) != 3 || !errors.Is(events[0].Err, first) || events[1].Command != nil || events[1].Err != nil ||
		events[2].Command.Line != "hello" || events[2].ExitCode != 3 || events[2].Stdout != 5 || events[2].Host != "web1" {
		t.Errorf("got %+v", events)
	}
}
