package stage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/connectors/winrm"
	"patchwave/engine/job"
	"patchwave/engine/stage"
	"patchwave/engine/updates"
	"patchwave/engine/updates/winupdate"
)

const (
	cumulative = "9d3c5a80-0000-4000-8000-000000000001"
	withTerms  = "9d3c5a80-0000-4000-8000-000000000002"
)

func windows(name string) sim.Machine {
	return sim.Machine{Name: name, Family: sim.WindowsFamily, Windows: sim.Windows{HTTPS: true, Updates: []sim.WindowsUpdate{
		{ID: cumulative, Revision: 200, KBs: []string{"5068787"}, Title: "Cumulative", Reboot: sim.RebootCanWant},
		{ID: withTerms, Revision: 1, KBs: []string{"890830"}, Title: "Removal tool", EULA: true},
	}}}
}

type password string

func (p password) Reveal(context.Context) ([]byte, error) { return []byte(p), nil }
func (password) Ref() string                              { return "the test's" }
func (password) String() string                           { return "redacted" }

// overWinRM makes a stager of a lab one that reaches machines of the family Windows.
func (l *lab) overWinRM() {
	l.s.Dialer = winrm.New(winrm.Config{Poll: time.Millisecond, Pause: time.Millisecond})
	l.s.Places = l.s.Dialer
}

// winHost is what is to be staged on a machine of the family Windows: both updates.
func (l *lab) winHost(name string) stage.Host {
	h := l.fleet.Host(name)
	ip, port := h.Addr()
	return stage.Host{Name: name, Manager: winupdate.New(), Download: 1 << 20, Changes: []updates.Change{
		{Action: updates.ActionInstall, Name: "KB5068787", To: cumulative + ".200"},
		{Action: updates.ActionInstall, Name: "KB890830", To: withTerms + ".1"},
	}, Target: connectors.Target{Name: name, Kind: connectors.KindWinRM, Address: ip, Port: port, User: sim.WindowsUser,
		Auth:     connectors.Auth{Password: password(l.fleet.WindowsPassword())},
		WinRM:    connectors.WinRM{Auth: connectors.WinRMNTLM, HTTPS: true, Fingerprint: h.Fingerprint()},
		Timeouts: connectors.Timeouts{Connect: 20 * time.Second, Command: time.Minute}, Retry: connectors.Retry{Attempts: 1}}}
}

// TestStageOnWindows: exactly the wanted revisions, terms only where they may be
// accepted, drives instead of paths, and nothing installed.
func TestStageOnWindows(t *testing.T) {
	small := windows("small")
	small.DiskFree = 100 << 20
	l := newLab(t, windows("bare"), windows("terms"), windows("gone"), small)
	l.overWinRM()
	terms, gone, full := l.winHost("terms"), l.winHost("gone"), l.winHost("small")
	terms.Args = map[string]string{"source": "default", "accept_eula": "true"}
	terms.DiskFree = map[string]int64{`C:\`: 1 << 30, "/": 1 << 60}
	gone.Changes = gone.Changes[:1]
	gone.Changes[0].To = cumulative + ".201"
	full.DiskFree = map[string]int64{"C:": 200 << 20}
	got := l.stage(t.Context(), l.winHost("bare"), terms, gone, full)
	for name, want := range map[string]struct {
		staged      int
		code, words string
	}{
		"bare":  {1, "exit", "KB890830: it has terms that nobody has accepted"},
		"terms": {staged: 2},
		"gone":  {0, "exit", "not offered this revision any more"},
		"small": {0, "disk", "the download would leave 99 MiB on C:, 200 MiB wanted; nothing was downloaded"},
	} {
		r := got[name]
		if r.Staged != want.staged || (r.Problem == nil) != (want.code == "") {
			t.Errorf("%s: %+v %+v", name, r, r.Problem)
		} else if r.Problem != nil && (r.Problem.Code != want.code || !strings.Contains(r.Problem.Message, want.words)) {
			t.Errorf("%s: %+v", name, r.Problem)
		}
		s := l.fleet.Host(name).Snapshot()
		if len(s.Changes) != 0 || len(s.Left) != 0 || s.Claim != "" || len(s.Jobs) != 1 || s.Jobs[0].Script != "stage" {
			t.Errorf("%s: %+v", name, s)
		}
		if accepted := len(s.EULAs) > 0; accepted != (name == "terms") {
			t.Errorf("%s: terms %v", name, s.EULAs)
		}
	}
}

// TestStageOnWindowsGivesWay to a run, and begins anew when that is over.
func TestStageOnWindowsGivesWay(t *testing.T) {
	l := newLab(t, windows("win"))
	l.overWinRM()
	h := l.fleet.Host("win")
	f := h.Faults()
	f.HoldDuring = []string{"stage"}
	h.SetFaults(f)
	one := l.winHost("win")
	one.Changes = one.Changes[:1]
	results := make(chan map[string]stage.Result, 1)
	go func() { results <- l.stage(t.Context(), one) }()
	until(t, "the download", func() bool { s := h.Snapshot(); return len(s.Jobs) == 1 && s.Jobs[0].Runs == 1 })
	session, err := l.s.Dialer.Dial(t.Context(), one.Target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	run := job.Client{Session: session, Host: "win", Claim: job.Claim{Controller: "c1", Run: "r2", Fence: 2, TTL: time.Minute}}
	if err := run.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.Snapshot(); !s.Jobs[0].Ended || s.Claim != "c1 r2" {
		t.Errorf("%+v, claim %q", s.Jobs, s.Claim)
	}
	f.HoldDuring = nil
	h.SetFaults(f)
	if err := run.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := (<-results)["win"]; r.Problem != nil || r.Staged != 1 {
		t.Errorf("%+v %+v", r, r.Problem)
	}
	if s := h.Snapshot(); len(s.Jobs) != 2 || len(s.Left) != 0 || s.Claim != "" {
		t.Errorf("%+v left %v claim %q", s.Jobs, s.Left, s.Claim)
	}
}
