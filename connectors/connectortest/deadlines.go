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
		patiently(t, 500*time.Millisecond, func(limit time.Duration) bool {
			begin := time.Now()
			r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30"), Timeout: limit})
			within(t, begin, limit)
			wantCode(t, err, connectors.CodeTimeout)
			if !errors.Is(err, context.DeadlineExceeded) || len(r.Stdout) > 0 && string(r.Stdout) != "before\n" {
				t.Errorf("got %q %v", r.Stdout, err)
			}
			return len(r.Stdout) == 0
		})
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
		patiently(t, 400*time.Millisecond, func(limit time.Duration) bool {
			begin := time.Now()
			r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30"), Idle: limit})
			within(t, begin, 2*limit)
			wantCode(t, err, connectors.CodeTimeout)
			if len(r.Stdout) > 0 && string(r.Stdout) != "before\n" {
				t.Errorf("got %q", r.Stdout)
			}
			return len(r.Stdout) == 0
		})
	}},
	{"talking is not silence", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Script: []byte("for i in 1 2 3 4; do sleep 0.6; echo $i >&2; done"), Idle: 2 * time.Second})
		if err != nil || string(r.Stderr) != "1\n2\n3\n4\n" {
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
		patiently(t, 300*time.Millisecond, func(limit time.Duration) bool {
			ctx, cancel := context.WithCancel(parent)
			timer := time.AfterFunc(limit, cancel)
			defer timer.Stop()
			begin := time.Now()
			r, err := s.Run(ctx, connectors.Command{Script: []byte("echo before; sleep 30")})
			within(t, begin, limit)
			wantCode(t, err, connectors.CodeInterrupted)
			if !errors.Is(err, context.Canceled) || len(r.Stdout) > 0 && string(r.Stdout) != "before\n" {
				t.Errorf("got %q %v", r.Stdout, err)
			}
			return len(r.Stdout) == 0
		})
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
		const most = 64 << 10
		patiently(t, time.Second, func(limit time.Duration) bool {
			begin := time.Now()
			r, err := s.Run(ctx, connectors.Command{Script: []byte("yes"), Timeout: limit, MaxOutput: most})
			within(t, begin, limit)
			wantCode(t, err, connectors.CodeTimeout)
			if len(r.Stdout) > most || r.Truncated && len(r.Stdout) != most {
				t.Errorf("got %d bytes, truncated %v", len(r.Stdout), r.Truncated)
			}
			return !r.Truncated
		})
	}},
}
