package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"patchwave/engine/journal"
	"patchwave/engine/report"
)

// TestWorst: the order of the contract.
func TestWorst(t *testing.T) {
	order := []int{1, 130, 143, 2, 11, 5, 7, 3, 4, 6, 10, 0}
	for i, severe := range order {
		for _, milder := range order[i:] {
			if got := worst(milder, severe); got != severe {
				t.Errorf("worst(%d, %d) = %d", milder, severe, got)
			}
		}
	}
	if got := worst(); got != 0 {
		t.Errorf("the worst of nothing is %d", got)
	}
}

func TestCodeOf(t *testing.T) {
	tests := []struct {
		verdict     report.Verdict
		interrupted int
		want        int
	}{
		{report.Verdict{}, 0, 0},
		{report.Verdict{}, 130, 0}, // everything had begun when the signal came, and ended well
		{report.Verdict{Interrupted: true}, 0, 130},
		{report.Verdict{Interrupted: true, Failed: 2, Stopped: true}, 143, 143},
		{report.Verdict{Stopped: true, RolledBack: 1, Failed: 1}, 0, 5},
		{report.Verdict{RolledBack: 1, Failed: 1, Unreachable: 1}, 0, 7},
		{report.Verdict{Failed: 1, Unreachable: 1, Drifted: 1}, 0, 3},
		{report.Verdict{Lost: 1}, 0, 3},
		{report.Verdict{Unreachable: 1, Refused: 1}, 0, 4},
		{report.Verdict{Drifted: 1}, 0, 6},
		{report.Verdict{Refused: 1}, 0, 6},
		{report.Verdict{Locked: 1, Stopped: true, Failed: 1}, 0, 11},
		{report.Verdict{Locked: 1, Interrupted: true}, 0, 130},
	}
	for _, test := range tests {
		if got := codeOf(test.verdict, test.interrupted); got != test.want {
			t.Errorf("%+v after signal %d: %d, not %d", test.verdict, test.interrupted, got, test.want)
		}
	}
}

// TestFinish: what errors become.
func TestFinish(t *testing.T) {
	tests := []struct {
		err         error
		interrupted int
		code        int
		says        string
	}{
		{nil, 0, 0, ""},
		{exit(exitFailed), 0, 3, ""},
		{errors.New("boom"), 0, 1, "patchwave: boom\n"},
		{usage("no such %s", "thing"), 0, 2, "patchwave: no such thing\n"},
		{fmt.Errorf("on top: %w", usage("below")), 0, 2, "patchwave: on top: below\n"},
		{fmt.Errorf("asked: %w", context.Canceled), exitInterrupted, 130, "patchwave: asked: context canceled\n"},
		{context.Canceled, 0, 1, "patchwave: context canceled\n"},
		{fmt.Errorf("write: %w", syscall.EPIPE), 0, 0, ""},
		{fmt.Errorf("run r: %w", journal.ErrSuperseded), 0, 11, "patchwave: run r: another process goes on with this run\n"},
		{errors.New("host says \x1b[2J\r\n"), 0, 1, "patchwave: host says \\x1b[2J\\r\n\n"},
	}
	for _, test := range tests {
		var out bytes.Buffer
		a := newApp(strings.NewReader(""), &bytes.Buffer{}, &out)
		a.interrupted = test.interrupted
		if got := a.finish(test.err); got != test.code || out.String() != test.says {
			t.Errorf("%v: status %d, %q", test.err, got, out.String())
		}
	}
}
