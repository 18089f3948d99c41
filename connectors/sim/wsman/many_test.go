package wsman_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"patchwave/connectors/sim/wsman"
)

// round runs one command from its shell to its end, without failing the test.
func (w *wire) round(ctx context.Context, line string) (out string, err error) {
	step := func(a ask) (*answer, error) {
		got, err := w.try(ctx, a)
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("%s: %d, fault %d", a.action, got.status, got.code+got.wmi)
		}
		return got, err
	}
	made, err := step(createAsk())
	if err != nil {
		return "", err
	}
	defer func() {
		_, gone := step(deleteAsk(made.shell))
		err = errors.Join(err, gone)
	}()
	run, err := step(commandAsk(made.shell, line))
	if err != nil {
		return "", err
	}
	for {
		got, err := step(receiveAsk(made.shell, run.command))
		if err != nil {
			return out, err
		}
		if out += got.out; got.done {
			return out, nil
		}
	}
}

// TestManyAtOnce: clients do not see each other, also while connections break.
func TestManyAtOnce(t *testing.T) {
	const clients, rounds = 12, 8
	w := open(t, wsman.Options{MaxShells: clients})
	var work sync.WaitGroup
	for i := range clients {
		c := dial(t, w.s)
		work.Go(func() {
			for n := range rounds {
				want := fmt.Sprintf("client %d, round %d", i, n)
				if got, err := c.round(t.Context(), "do:echo "+want); err != nil || got != want+"\r\n" {
					t.Errorf("%s: %q, %v", want, got, err)
				}
			}
		})
	}
	work.Wait()
	if n := w.s.Counters(); n.Creates != clients*rounds || n.LiveShells+n.LiveCommands+n.Running != 0 {
		t.Errorf("%+v", n)
	}

	stop := make(chan struct{})
	work.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				w.s.Cut()
				w.s.ForgetLogins()
				w.s.SetTrouble(wsman.Trouble{Repeat: true})
			}
		}
	})
	var broken sync.WaitGroup
	for range clients {
		c := dial(t, w.s)
		broken.Go(func() {
			for range rounds {
				_, _ = c.round(t.Context(), "do:big 100") // what becomes of it is of no interest
			}
		})
	}
	broken.Wait()
	close(stop)
	work.Wait()
	w.s.Reboot()
	eventually(t, "all has ended", func() bool {
		n := w.s.Counters()
		return n.LiveShells+n.LiveCommands+n.Running+n.OpenConnections == 0
	})
	for range 3 {
		if _, err := w.s.Step(); err != nil {
			t.Fatal(err)
		}
	}
	w.s.SetTrouble(wsman.Trouble{})
	if got, err := w.round(t.Context(), "do:echo still here"); err != nil || got != "still here\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}
