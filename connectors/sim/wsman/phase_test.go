package wsman_test

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"testing"

	"patchwave/connectors/sim/wsman"
)

func TestReboot(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:hang")
	w.ask(receiveAsk(sh, id))
	waiting := make(chan error, 1)
	go func() {
		_, err := w.try(t.Context(), receiveAsk(sh, id))
		waiting <- err
	}()
	eventually(t, "it waits", func() bool { return w.s.Counters().Waiting == 1 })
	url := w.s.URL()
	w.s.Reboot()
	if err := <-waiting; err == nil {
		t.Error("who waited got an answer")
	}
	eventually(t, "nothing runs", func() bool { n := w.s.Counters(); return n.Running == 0 && n.OpenConnections == 0 })
	if n := w.s.Counters(); n.LiveShells != 0 || n.LiveCommands != 0 {
		t.Errorf("%+v", n)
	}
	w.s.Reboot() // it is down already
	if _, err := w.try(t.Context(), createAsk()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("down: %v", err)
	}
	for _, tt := range []struct {
		phase  wsman.Phase
		status int
	}{{wsman.Starting, http.StatusServiceUnavailable}, {wsman.NoLogin, http.StatusUnauthorized}, {wsman.Up, http.StatusInternalServerError}, {wsman.Up, http.StatusInternalServerError}} {
		if p, err := w.s.Step(); err != nil || p != tt.phase || w.s.Phase() != p {
			t.Fatalf("%v, %v", p, err)
		}
		a := w.ask(receiveAsk(sh, id))
		if a.status != tt.status {
			t.Errorf("%v: %d", tt.phase, a.status)
		}
		if tt.phase == wsman.Up && a.code != wsman.CodeNotFound {
			t.Errorf("the shell of before: %d", a.code)
		}
	}
	if w.s.URL() != url {
		t.Errorf("it is somewhere else: %s, %s", url, w.s.URL())
	}
	w.shell()
	if err := w.s.SetPhase(wsman.Down); err != nil || w.s.Phase().String() != "down" {
		t.Errorf("%v, %v", err, w.s.Phase())
	}
}

func TestStart(t *testing.T) {
	if _, err := wsman.Start(wsman.Options{}); err == nil {
		t.Error("it starts without a handler")
	}
	s := start(t, wsman.Options{})
	_, port := s.Addr()
	if port == 0 {
		t.Error("no port")
	}
	if other, err := wsman.Start(wsman.Options{Handler: wsman.HandlerFunc(machine), Address: s.URL()[len("http://") : len(s.URL())-len("/wsman")]}); err == nil {
		other.Close()
		t.Error("two servers on one address")
	}
}

// TestClose: whatever goes on ends.
func TestClose(t *testing.T) {
	ended := make(chan error, 2)
	w := open(t, wsman.Options{Handler: wsman.HandlerFunc(func(ctx context.Context, c wsman.Command) uint32 {
		_, err := c.Stdin.Read(make([]byte, 1))
		<-ctx.Done()
		ended <- err
		return 1
	})})
	sh := w.shell()
	id := w.command(sh, "x")
	go func() {
		_, err := w.try(t.Context(), receiveAsk(sh, id))
		ended <- err
	}()
	eventually(t, "it waits", func() bool { return w.s.Counters().Waiting == 1 })
	w.s.Close()
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("something ended well")
		}
	}
	w.s.Close()
	if _, err := w.s.Step(); !errors.Is(err, wsman.ErrClosed) {
		t.Errorf("step after close: %v", err)
	}
	if _, err := w.try(t.Context(), createAsk()); err == nil {
		t.Error("it answers after close")
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	w := open(t, wsman.Options{MaxConnections: 1})
	w.shell()
	other := dial(t, w.s)
	if _, err := other.try(t.Context(), createAsk()); err == nil {
		t.Error("a second connection is served")
	}
	w.shell()
}
