package connectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"patchwave/connectors"
)

// deadlines are about commands that take too long.
var deadlines = []check{
	{"command timeout", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		begin := time.Now()
		r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30"), Timeout: 500 * time.Millisecond})
		within(t, begin, 500*time.Millisecond)
		wantCode(t, err, connectors.CodeTimeout)
		if !errors.Is(err, context.DeadlineExceeded) || string(r.Stdout) != "before\n" {
			t.Errorf("got %q %v", r.Stdout, err)
		}
		sh(ctx, t, s, "true")
	}},
	{"the target's command timeout", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, func(target *connectors.Target) { target.Timeouts.Command = 300 * time.Millisecond })
		begin := time.Now()
		_, err := s.Run(ctx, connectors.Command{Line: "sleep 30"})
		within(t, begin, 300*time.Millisecond)
		wantCode(t, err, connectors.CodeTimeout)
	}},
	{"silence", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		begin := time.Now()
		r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30"), Idle: 400 * time.Millisecond})
		within(t, begin, 800*time.Millisecond)
		wantCode(t, err, connectors.CodeTimeout)
		if string(r.Stdout) != "before\n" {
			t.Errorf("got %q", r.Stdout)
		}
	}},
	{"talking is not silence", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Script: []byte("for i in 1 2 3 4 5 6; do sleep 0.2; echo $i >&2; done"), Idle: 900 * time.Millisecond})
		if err != nil || string(r.Stderr) != "1\n2\n3\n4\n5\n6\n" {
			t.Errorf("got %q %v", r.Stderr, err)
		}
	}},
	{"context deadline", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		ctx, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
		defer cancel()
		begin := time.Now()
		_, err := s.Run(ctx, connectors.Command{Script: []byte("sleep 30")})
		within(t, begin, 400*time.Millisecond)
		wantCode(t, err, connectors.CodeTimeout)
	}},
	{"context cancelled", func(t *testing.T, open Factory) {
		parent, s := start(t, open, nil)
		ctx, cancel := context.WithCancel(parent)
		timer := time.AfterFunc(300*time.Millisecond, cancel)
		defer timer.Stop()
		begin := time.Now()
		r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30")})
		within(t, begin, 300*time.Millisecond)
		wantCode(t, err, connectors.CodeInterrupted)
		if !errors.Is(err, context.Canceled) || string(r.Stdout) != "before\n" {
			t.Errorf("got %q %v", r.Stdout, err)
		}
		sh(parent, t, s, "true")
	}},
	{"context that is over", func(t *testing.T, open Factory) {
		parent, s := start(t, open, nil)
		ctx, cancel := context.WithCancel(parent)
		cancel()
		begin := time.Now()
		_, err := s.Run(ctx, connectors.Command{Script: []byte("sleep 30")})
		within(t, begin, 0)
		wantCode(t, err, connectors.CodeInterrupted)
	}},
	{"a flood ends with its time", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		begin := time.Now()
		r, err := s.Run(ctx, connectors.Command{Script: []byte("yes"), Timeout: time.Second, MaxOutput: 64 << 10})
		within(t, begin, time.Second)
		wantCode(t, err, connectors.CodeTimeout)
		if len(r.Stdout) != 64<<10 || !r.Truncated {
			t.Errorf("got %d bytes, truncated %v", len(r.Stdout), r.Truncated)
		}
	}},
}
