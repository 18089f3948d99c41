//go:build lab

package lab_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// hold keeps slowpkg, which else takes twelve seconds, at work until it is let go: what
// a test does in the middle of an installation it does there however slow the machine is.
func (f fleet) hold(t *testing.T) {
	t.Helper()
	f.sh(t, onAll("touch /run/slowpkg.hold"))
}

// letGo lets slowpkg come to its end, with the link up or down.
func (f fleet) letGo(t *testing.T) {
	t.Helper()
	f.sh(t, onAll("rm /run/slowpkg.hold"))
}

// ticking succeeds while the script of slowpkg runs.
const ticking = "pgrep -fx 'sleep 2'"

// installing waits until all hosts are in the script of slowpkg. The limit is for a
// machine with much else to do.
func (f fleet) installing(t *testing.T) {
	t.Helper()
	at(t, f.names(), func(name string) error {
		return waitFor(t.Context(), f.hosts[name], 8*time.Minute, ticking)
	})
}

// installing waits until all hosts are in the script of slowpkg, and fails the test at
// once if patchwave ends before.
func (b background) installing(t *testing.T, f fleet) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		select {
		case r := <-b.done:
			b.done <- r
			cancel(fmt.Errorf("patchwave %q has ended with %d before that\n%s%s", b.args, r.ExitCode, r.Stdout, r.Stderr))
		case <-ctx.Done():
		}
	}()
	at(t, f.names(), func(name string) error {
		return waitFor(ctx, f.hosts[name], 8*time.Minute, ticking)
	})
}

// waitFor waits until a script succeeds on the host.
func waitFor(ctx context.Context, h *labhost.Host, limit time.Duration, script string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not within %s", limit))
	defer cancel()
	return labhost.Poll(ctx, 300*time.Millisecond, func() error {
		_, err := h.Sh(ctx, script)
		return err
	})
}
