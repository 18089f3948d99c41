package wrap_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
)

// counting is a dialer that counts what is open, by the part of a host's name up
// to the dash, which is its site.
type counting struct {
	mu         sync.Mutex
	open, most map[string]int
	at         map[string][]time.Time
}

func siteOf(t connectors.Target) string {
	site, _, _ := strings.Cut(t.Name, "-")
	return site
}

func (c *counting) add(site string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range []string{site, "all"} {
		c.open[s] += n
		c.most[s] = max(c.most[s], c.open[s])
	}
	if n > 0 {
		c.at[site] = append(c.at[site], time.Now())
	}
}

// Dial implements connectors.Dialer.
func (c *counting) Dial(_ context.Context, t connectors.Target) (connectors.Session, error) {
	c.add(siteOf(t), 1)
	return &countedSession{close: sync.OnceFunc(func() { c.add(siteOf(t), -1) })}, nil
}

type countedSession struct{ close func() }

func (*countedSession) Dialect() connectors.Dialect { return connectors.DialectSh }

func (s *countedSession) Run(context.Context, connectors.Command) (connectors.Result, error) {
	return connectors.Result{}, nil
}

func (s *countedSession) Close() error {
	s.close()
	return nil
}

func newCounting() *counting {
	return &counting{open: map[string]int{}, most: map[string]int{}, at: map[string][]time.Time{}}
}

func target(name string) connectors.Target { return connectors.Target{Name: name} }

// work connects to a host for a minute, with a deadline that begins when it has
// its turn, and connects anew in the middle.
func work(t *testing.T, d connectors.Dialer, name string) {
	ctx, done, err := wrap.Await(t.Context(), d, target(name))
	if err != nil {
		t.Error(err)
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, 65*time.Second)
	defer cancel()
	for range 2 {
		s, err := d.Dial(ctx, target(name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		<-time.After(30 * time.Second)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestTurns: no more than a site and the controller bear, a hundred hosts long, and
// nobody loses his time by waiting.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounting()
		d := wrap.NewTurns(c, 7, siteOf, map[string]wrap.Limits{"a": {Sessions: 3}, "b": {PerSecond: 2}})
		var wg sync.WaitGroup
		for i := range 30 {
			for _, site := range []string{"a", "b", "c"} {
				wg.Go(func() { work(t, d, fmt.Sprintf("%s-%d", site, i)) })
			}
		}
		wg.Wait()
		if c.most["a"] != 3 || c.most["all"] != 7 {
			t.Errorf("at most %v", c.most)
		}
		for i := 1; i < len(c.at["b"]); i++ {
			if apart := c.at["b"][i].Sub(c.at["b"][i-1]); apart < 499*time.Millisecond {
				t.Errorf("two connections to b within %s", apart)
			}
		}
		if len(c.at["a"]) != 60 || len(c.at["b"]) != 60 || c.open["all"] != 0 {
			t.Errorf("%d and %d connections, %v left open", len(c.at["a"]), len(c.at["b"]), c.open)
		}
	})
}

// TestTurnGivenBack: whoever gives his turn back lets another in, and waits for it
// again.
func TestTurnGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounting()
		d := wrap.NewTurns(c, 0, siteOf, map[string]wrap.Limits{"a": {Sessions: 1}})
		one := wrap.NewTurn(d, target("a-1"))
		if err := one.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		go func() {
			<-time.After(time.Minute)
			one.Give()
			one.Give()
		}()
		start := time.Now()
		work(t, d, "a-2")
		if took := time.Since(start); took != 2*time.Minute {
			t.Errorf("it took %s", took)
		}
		if err := one.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer one.Give()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := wrap.Await(ctx, d, target("a-3")); connectors.CodeOf(err) != connectors.CodeTimeout {
			t.Errorf("error %v", err)
		}
		if _, err := d.Dial(one.Under(ctx), target("a-4")); err == nil {
			t.Error("the turn of one host was good for another")
		}
		s, err := d.Dial(wrap.OnTop(t.Context()), target("a-5"))
		if err != nil || s.Close() != nil {
			t.Errorf("a question on top: %v", err)
		}
	})
}

// TestDialWithoutTurn: a connection counts by itself until it is closed, and one
// that fails does not.
func TestDialWithoutTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounting()
		d := wrap.NewTurns(c, 1, siteOf, nil)
		for range 3 {
			s, err := d.Dial(t.Context(), target("a-1"))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := d.Dial(ctx, target("a-2")); err == nil {
				t.Error("two connections at once")
			}
			cancel()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := wrap.Await(t.Context(), c, target("a-1")); err != nil {
			t.Errorf("a dialer without turns: %v", err)
		}
		// the dialer with turns may stand below others
		s, err := d.Dial(wrap.NewTurn(c, target("a-1")).Under(t.Context()), target("a-1"))
		if err != nil || s.Close() != nil {
			t.Errorf("below others: %v", err)
		}
	})
}
