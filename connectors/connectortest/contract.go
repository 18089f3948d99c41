package connectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors"
)

// Factory opens a new session, or fails the test. edit, if not nil, changes the
// target before it is dialled. The suite closes the session.
type Factory func(t testing.TB, edit func(*connectors.Target)) connectors.Session

// Grace is how long after its end a command may still be waited for here, where the
// commands would run for thirty seconds and the tests share a busy computer. The two
// seconds that the contract promises are package runner's, in which the commands of every
// connector run: with a clock of its own it is held to none at all, whatever the
// connection does (TestAProcessThatHangs).
const Grace = 15 * time.Second

// patience is after what time a test gives up.
const patience = time.Minute

// check is one promise of the contract.
type check struct {
	name string
	run  func(t *testing.T, open Factory)
}

// Run runs the whole suite. When it is over no goroutine may be left that was
// not there before.
func Run(t *testing.T, open Factory) {
	before := goleak.IgnoreCurrent()
	t.Run("contract", func(t *testing.T) {
		for _, group := range [][]check{outcomes, streams, scripts, deadlines, lifetimes, elevations} {
			for _, c := range group {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, open)
				})
			}
		}
	})
	goleak.VerifyNone(t, before)
}

// start opens a session for one check.
func start(t *testing.T, open Factory, edit func(*connectors.Target)) (context.Context, connectors.Session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	s := open(t, edit)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		cancel()
	})
	return ctx, s
}

// sh runs a script and expects that it ran.
func sh(ctx context.Context, t *testing.T, s connectors.Session, script string) connectors.Result {
	t.Helper()
	r, err := s.Run(ctx, connectors.Command{Script: []byte(script)})
	if err != nil {
		t.Fatalf("run %q: %v", script, err)
	}
	return r
}

// wantCode checks the code of an error.
func wantCode(t *testing.T, err error, code connectors.Code) {
	t.Helper()
	if got := connectors.CodeOf(err); got != code {
		t.Errorf("the error is %v (code %q), want code %q", err, got, code)
	}
	if e, ok := errors.AsType[*connectors.Error](err); ok && e.Phase != connectors.PhaseCommand {
		t.Errorf("the phase is %q, want %q", e.Phase, connectors.PhaseCommand)
	}
}

// patiently tries something with a time, and with twice as much as long as it reports
// that the computer was too busy to get to the point.
func patiently(t *testing.T, limit time.Duration, try func(limit time.Duration) (tooShort bool)) {
	t.Helper()
	for ; limit < patience/4; limit *= 2 {
		if !try(limit) {
			return
		}
	}
	t.Error("nothing of the output came, however long it had")
}

// within checks that something took no longer than limit and the grace.
func within(t *testing.T, begin time.Time, limit time.Duration) {
	t.Helper()
	if took := time.Since(begin); took > limit+Grace {
		t.Errorf("it took %s, want at most %s and %s", took, limit, Grace)
	}
}
