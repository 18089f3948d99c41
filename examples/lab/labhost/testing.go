//go:build lab

package labhost

import (
	"context"
	"testing"
	"time"
)

// Start opens a lab for a test and closes it at the test's end. Whatever the
// lab leaves behind, or cannot do, fails the test.
func Start(tb testing.TB) *Lab {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Minute)
	defer cancel()
	l, err := Open(ctx, tb.Logf)
	if err != nil {
		tb.Fatalf("open the lab: %v", err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Errorf("close the lab: %v", err)
		}
	})
	return l
}

// Host is Add for a test.
func (l *Lab) Host(tb testing.TB, name string, f Flavour, options ...Option) *Host {
	tb.Helper()
	h, err := l.Add(tb.Context(), name, f, options...)
	if err != nil {
		tb.Fatalf("host %s: %v", name, err)
	}
	return h
}

// MustSh is Host.Sh for a test: a script that fails ends it.
func (h *Host) MustSh(tb testing.TB, script string) string {
	tb.Helper()
	out, err := h.Sh(tb.Context(), script)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
