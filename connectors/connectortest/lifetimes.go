package connectortest

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"patchwave/connectors"
)

// lifetimes are about many commands and about the end of a session.
var lifetimes = []check{
	{"many at once", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				want := "out" + strconv.Itoa(i) + "\n"
				r, err := s.Run(ctx, connectors.Command{Script: []byte("sleep 0.1; echo out" + strconv.Itoa(i))})
				if err != nil || string(r.Stdout) != want {
					t.Errorf("command %d: got %q %v", i, r.Stdout, err)
				}
			})
		}
		all.Wait()
	}},
	{"one after the other", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		for i := range 20 {
			if r := sh(ctx, t, s, "echo "+strconv.Itoa(i)); string(r.Stdout) != strconv.Itoa(i)+"\n" {
				t.Errorf("command %d: got %q", i, r.Stdout)
			}
		}
	}},
	{"close ends what runs", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		timer := time.AfterFunc(300*time.Millisecond, func() { _ = s.Close() }) // closed again, and checked, by start
		defer timer.Stop()
		begin := time.Now()
		_, err := s.Run(ctx, connectors.Command{Script: []byte("sleep 30")})
		within(t, begin, 300*time.Millisecond)
		wantCode(t, err, connectors.CodeLost)
	}},
	{"after close", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
		_, err := s.Run(ctx, connectors.Command{Script: []byte("true")})
		wantCode(t, err, connectors.CodeLost)
	}},
	{"close ends those that wait for their turn", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		timer := time.AfterFunc(500*time.Millisecond, func() { _ = s.Close() }) // as above
		defer timer.Stop()
		begin := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := s.Run(ctx, connectors.Command{Script: []byte("sleep 30")})
				wantCode(t, err, connectors.CodeLost)
			})
		}
		all.Wait()
		within(t, begin, 500*time.Millisecond)
	}},
}
