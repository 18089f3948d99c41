package plan

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"patchwave/inventory"
	"patchwave/policies"
)

// tries are those of "RUN STATE" on a version 2 of a, newest first.
func tries(list ...string) []Try {
	var out []Try
	for i, s := range list {
		run, state, _ := strings.Cut(s, " ")
		out = append(out, Try{Run: run, At: time.Date(2026, 11, 20-i, 2, 0, 0, 0, time.UTC), Name: "a", Arch: "amd64", To: "2", State: state})
	}
	return out
}

func TestUpdateLoop(t *testing.T) {
	tests := []struct {
		name  string
		tries []Try
		loop  bool
	}{
		{"never tried", nil, false},
		{"installed twice", tries("r3 installed", "r2 installed"), false},
		{"installed three times", tries("r3 installed", "r2 installed", "r1 installed"), true},
		{"claimed and still offered", tries("r3 claimed-but-still-offered", "r2 claimed-but-still-offered", "r1 pending-reboot"), true},
		{"one run failed in between", tries("r4 installed", "r3 failed", "r2 installed", "r1 installed"), true},
		{"it only failed", tries("r3 failed", "r2 failed", "r1 failed"), false},
		{"taken back in between", tries("r4 installed", "r3 rolled-back", "r2 installed", "r1 installed"), false},
		{"another version", []Try{{Name: "a", Arch: "amd64", To: "1", State: "installed"}, {Name: "a", Arch: "amd64", To: "1", State: "installed"}, {Name: "a", Arch: "amd64", To: "1", State: "installed"}}, false},
		{"another architecture", []Try{{Name: "a", Arch: "i386", To: "2", State: "installed"}, {Name: "a", Arch: "i386", To: "2", State: "installed"}, {Name: "a", Arch: "i386", To: "2", State: "installed"}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ds := []decided{
				{Update: inventory.Update{Name: "a", Arch: "amd64", From: "1", To: "2"}, Decision: policies.Decision{Verdict: policies.Approved, Rule: "all"}},
				{Update: inventory.Update{Name: "b", Arch: "amd64", From: "1", To: "2"}, Decision: policies.Decision{Verdict: policies.Approved, Rule: "all"}},
			}
			blockLoops(ds, tt.tries)
			if (ds[0].Verdict == policies.Blocked) != tt.loop || ds[1].Verdict != policies.Approved || ds[0].Rule != "all" {
				t.Errorf("%+v", ds)
			}
			if tt.loop && (!strings.HasPrefix(ds[0].Reason, "update loop: 3 runs reported this version as installed, the last one r") || !strings.Contains(ds[0].Reason, "on 2026-11-20")) {
				t.Errorf("it says %q", ds[0].Reason)
			}
		})
	}
	held := []decided{{Update: inventory.Update{Name: "a", Arch: "amd64", To: "2"}, Decision: policies.Decision{Verdict: policies.Held, Rule: "wait"}}}
	if blockLoops(held, tries("r3 installed", "r2 installed", "r1 installed")); held[0].Verdict != policies.Held {
		t.Errorf("%+v", held)
	}
}

// past is a history; asked counts the hosts it was asked about.
type past struct {
	tries []Try
	err   error
	asked int
}

func (p *past) Tries(context.Context, string) ([]Try, error) {
	p.asked++
	return p.tries, p.err
}

// TestHistoryIsAskedWhereItMatters: once a host that is to be changed.
func TestHistoryIsAskedWhereItMatters(t *testing.T) {
	approved := []decided{{Update: inventory.Update{Name: "a", Arch: "amd64", To: "2"}, Decision: policies.Decision{Verdict: policies.Approved}}}
	h := &past{tries: tries("r3 installed", "r2 installed", "r1 installed")}
	p := Planner{History: h}
	if err := p.unloop(t.Context(), "web", nil); err != nil || h.asked != 0 {
		t.Errorf("%v, asked %d times", err, h.asked)
	}
	if err := p.unloop(t.Context(), "web", approved); err != nil || h.asked != 1 || approved[0].Verdict != policies.Blocked {
		t.Errorf("%v, asked %d times: %+v", err, h.asked, approved)
	}
	broken := errors.New("the disk is gone")
	approved[0].Verdict = policies.Approved
	if err := (Planner{History: &past{err: broken}}).unloop(t.Context(), "web", approved); !errors.Is(err, broken) || !strings.Contains(err.Error(), "web") {
		t.Errorf("%v", err)
	}
}
