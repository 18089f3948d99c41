package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/notify"
	"patchwave/inventory"
)

// fakeSender is told instead of the network.
type fakeSender struct {
	mu   sync.Mutex
	dead map[string]bool
	got  []string
	// hang are receivers that answer when the context ends.
	hang map[string]bool
}

func (f *fakeSender) Send(ctx context.Context, _ connectors.Secret, m notify.Message) error {
	f.mu.Lock()
	dead, hang := f.dead[m.Receiver], f.hang[m.Receiver]
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return &notify.SendError{Reason: "it did not answer in time"}
	}
	if dead {
		return &notify.SendError{Reason: "the connection was refused"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, m.ID)
	return nil
}

func (f *fakeSender) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.got)
	return f.got
}

const tellingConfig = `
connection "c" {
  type = "ssh"
}
host "w1" {
  connection = connection.c
}
host "w2" {
  connection = connection.c
}
group "all" {
  where = glob("*", host.name)
}
baseline "all" {
  approve "everything" {
    packages = ["*"]
  }
}
window "night" {
  schedule = "*-*-* 02:00"
  duration = "2h"
  timezone = "UTC"
}
notify "ops" {
  url = secret("file:ops.url")
}
notify "owners" {
  url = secret("file:owners.url")
  on  = ["failed"]
}
policy "web" {
  hosts    = group.all
  baseline = baseline.all
  window   = window.night
  notify   = [notify.ops, notify.owners]
  notice {
    before = "6h"
    to     = [notify.owners]
  }
}
`

// tellingApp is the program with a configuration and a database of its own, at a time.
func tellingApp(t *testing.T, at *time.Time) (*app, *fakeSender, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(tellingConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	f := &fakeSender{dead: map[string]bool{}, hang: map[string]bool{}}
	a := newApp(strings.NewReader(""), &bytes.Buffer{}, &errs)
	a.flags.config, a.flags.db, a.flags.output = dir, filepath.Join(t.TempDir(), "p.db"), "text"
	a.now, a.sender, a.lastWord = func() time.Time { return *at }, f, time.Minute
	return a, f, &errs
}

func openIt(t *testing.T, a *app) *session {
	t.Helper()
	s, err := a.open(t.Context(), create)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeIt(t *testing.T, s *session) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// ranRun puts a run into the journal, in which w1 failed.
func ranRun(t *testing.T, s *session, id, state string, at time.Time) *journal.Run {
	t.Helper()
	var events []journal.Event
	add := func(host string, typ journal.Type, data any) {
		e, err := journal.New(id, host, at, typ, data)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	add("", journal.RunStarted, journal.RunStartedData{Kind: "apply", Rollout: id})
	add("w1", journal.HostPlanned, journal.HostPlannedData{Policy: "web", Wave: "all"})
	add("w1", journal.HostState, journal.HostStateData{From: journal.Pending, To: journal.Checking})
	add("w1", journal.HostState, journal.HostStateData{From: journal.Checking, To: journal.Failed, Fault: &journal.Fault{Code: "exit", Message: "no"}})
	add("", journal.RunState, journal.RunStateData{State: state})
	if err := s.store.Append(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
	r, err := journal.Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCrashBeforeTheOutbox: a run ends and its process with it; the next one tells,
// and once only.
func TestCrashBeforeTheOutbox(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	a, f, errs := tellingApp(t, &at)
	s := openIt(t, a)
	ranRun(t, s, "r1", "finished", at)
	ranRun(t, s, "r2", "interrupted", at)
	ranRun(t, s, "r0", "finished", at.Add(-giveUpAfter-time.Second))
	closeIt(t, s)
	for range 2 {
		s = openIt(t, a)
		a.courier(t.Context(), s)
		closeIt(t, s)
	}
	if diff := cmp.Diff([]string{"r1/failed/ops", "r1/failed/owners", "r1/finished/ops"}, f.told()); diff != "" {
		t.Error(diff)
	}
	if errs.Len() > 0 {
		t.Errorf("said %s", errs)
	}
}

// TestDeadReceiver: others are told, the dead one is tried once a round, and gets all
// of it when it is back.
func TestDeadReceiver(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	a, f, errs := tellingApp(t, &at)
	f.dead["ops"] = true
	s := openIt(t, a)
	a.courier(t.Context(), s).announce(t.Context(), ranRun(t, s, "r1", "finished", at))
	closeIt(t, s)
	if diff := cmp.Diff([]string{"r1/failed/owners"}, f.told()); diff != "" {
		t.Error(diff)
	}
	want := "patchwave: notification r1/failed/ops was not delivered: the connection was refused; it is tried again until Mon 2026-11-23 03:00 UTC\n"
	if errs.String() != want {
		t.Errorf("said %s", errs)
	}
	f.dead["ops"] = false
	s = openIt(t, a)
	a.courier(t.Context(), s)
	closeIt(t, s)
	if diff := cmp.Diff([]string{"r1/failed/ops", "r1/failed/owners", "r1/finished/ops"}, f.told()); diff != "" {
		t.Error(diff)
	}
}

// TestHangingReceiver: the end waits for its last word, no longer, and the message is
// there for the next process.
func TestHangingReceiver(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	a, f, errs := tellingApp(t, &at)
	a.lastWord = 50 * time.Millisecond
	f.hang["ops"] = true
	s := openIt(t, a)
	a.courier(t.Context(), s).announce(t.Context(), ranRun(t, s, "r1", "finished", at))
	closeIt(t, s) // comes back
	if !strings.Contains(errs.String(), "r1/failed/ops was not delivered: it did not answer in time") {
		t.Errorf("said %s", errs)
	}
	f.hang["ops"] = false
	s = openIt(t, a)
	a.courier(t.Context(), s)
	closeIt(t, s)
	if diff := cmp.Diff([]string{"r1/failed/ops", "r1/failed/owners", "r1/finished/ops"}, f.told()); diff != "" {
		t.Error(diff)
	}
}

// TestClaimed: what one process is at another leaves alone, until its time is over.
func TestClaimed(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	a, f, _ := tellingApp(t, &at)
	s := openIt(t, a)
	r := ranRun(t, s, "r1", "finished", at)
	c := &courier{a: a, s: s}
	c.announce(t.Context(), r)
	if due, _, err := s.store.ClaimNotifications(t.Context(), at, at.Add(claimFor), at.Add(-giveUpAfter)); err != nil || len(due) != 3 {
		t.Fatalf("%v, %v", due, err) // and then that process is killed
	}
	closeIt(t, s)
	for _, want := range []int{0, 3} {
		s = openIt(t, a)
		a.courier(t.Context(), s)
		closeIt(t, s)
		if got := f.told(); len(got) != want {
			t.Errorf("at %v told %v", at, got)
		}
		at = at.Add(claimFor)
	}
}

// TestUrgent: that a host could not be taken back is told while the run goes on.
func TestUrgent(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	a, f, _ := tellingApp(t, &at)
	s := openIt(t, a)
	c := a.courier(t.Context(), s)
	r := &journal.Run{ID: "r1", Kind: "apply", State: "running", Started: at, Hosts: []*journal.Host{
		{Name: "w1", Policy: "web", State: journal.Restoring, Goal: journal.Failed, Steps: []*journal.Step{{Name: "rollback", State: "failed"}}},
		{Name: "w2", Policy: "web", State: journal.Failed}}}
	c.event(journal.Event{Run: "r1", Host: "w2", Type: journal.HostState}, r)
	c.event(journal.Event{Run: "r1", Host: "w1", Type: journal.StepFinished}, r)
	c.event(journal.Event{Run: "r1", Host: "w1", Type: journal.HostState}, r)
	closeIt(t, s)
	if diff := cmp.Diff([]string{"r1/rollback-failed/ops"}, f.told()); diff != "" {
		t.Error(diff)
	}
}

// TestNotices: once for each opening, in its time, from what the last scans said.
func TestNotices(t *testing.T) {
	at := time.Date(2026, 11, 21, 19, 59, 0, 0, time.UTC)
	a, f, _ := tellingApp(t, &at)
	s := openIt(t, a)
	o := inventory.Observation{Host: "w1", At: at, State: inventory.ScanOK, Facts: inventory.Facts{PackageManager: "apt", DiskFree: map[string]int64{"/var": 1 << 20, "/": 1 << 40}},
		Updates: []inventory.Update{{Name: "nginx", Arch: "amd64", From: "1", To: "2", Classification: inventory.Security},
			{Name: "linux", Arch: "amd64", From: "1", To: "2", Reboot: true}, {Name: "held", Arch: "amd64", From: "1", To: "2", BlockedBy: inventory.BlockedHeld}}}
	if err := s.store.SaveScan(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	closeIt(t, s)
	for _, step := range []struct {
		at   time.Time
		told int
	}{{at, 0}, {at.Add(time.Minute), 1}, {at.Add(2 * time.Minute), 1}, {at.Add(7 * time.Hour), 1}, {at.Add(24*time.Hour + time.Minute), 2}} {
		at = step.at
		s = openIt(t, a)
		due, err := a.dueNotices(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.notices(t.Context(), s, due); err != nil {
			t.Fatal(err)
		}
		closeIt(t, s)
		if got := f.told(); len(got) != step.told {
			t.Errorf("at %v told %v", at, got)
		}
	}
	last, err := notices(t, a)
	if err != nil {
		t.Fatal(err)
	}
	want := notify.Outlook{Hosts: 1, Updates: 2, Security: 1, Reboots: 1, Blockers: []notify.Blocker{{Host: "w1", Code: "disk", Why: "little space on /var: 1.0 MiB"},
		{Host: "w1", Code: "held", Why: "held"}, {Host: "w2", Code: "never-seen", Why: "run `patchwave scan`"}}}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Error(diff)
	}
	if got := f.told()[0]; got != "web@2026-11-22T02:00:00Z/notice/owners" {
		t.Errorf("told %s", got)
	}
}

// notices returns what the first notice says.
func notices(t *testing.T, a *app) (notify.Outlook, error) {
	t.Helper()
	s := openIt(t, a)
	defer closeIt(t, s)
	list, err := s.store.Notifications(t.Context(), "")
	if err != nil {
		return notify.Outlook{}, err
	}
	var m notify.Message
	err = json.Unmarshal(list[0].Message, &m)
	return *m.Outlook, err
}

func TestOutlook(t *testing.T) {
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	a, _, _ := tellingApp(t, &at)
	s := openIt(t, a)
	defer closeIt(t, s)
	due, err := a.dueNotices(t.Context(), s)
	if err != nil || len(due) != 1 {
		t.Fatalf("%v, %v", due, err)
	}
	problem := func(code string) *inventory.Problem { return &inventory.Problem{Code: code, Message: "because"} }
	for _, tc := range []struct {
		name string
		seen inventory.Observation
		want []notify.Blocker
	}{
		{"fine", inventory.Observation{Host: "w1", State: inventory.ScanOK, At: at}, nil},
		{"old", inventory.Observation{Host: "w1", State: inventory.ScanOK, At: at.Add(-9 * 24 * time.Hour)}, []notify.Blocker{{Host: "w1", Code: "stale", Why: "its last scan was 9 days ago"}}},
		{"off", inventory.Observation{Host: "w1", State: inventory.ScanUnreachable, Problem: problem("unreachable")}, []notify.Blocker{{Host: "w1", Code: "unreachable", Why: "because"}}},
		{"locked", inventory.Observation{Host: "w1", State: inventory.ScanFailed, Problem: problem("locked")}, []notify.Blocker{{Host: "w1", Code: "locked", Why: "because"}}},
		{"failed", inventory.Observation{Host: "w1", State: inventory.ScanFailed, Problem: problem("exit")}, []notify.Blocker{{Host: "w1", Code: "failed", Why: "because"}}},
		{"stale", inventory.Observation{Host: "w1", State: inventory.ScanStale, Problem: problem("exit")}, []notify.Blocker{{Host: "w1", Code: "stale", Why: "because"}}},
		{"full", inventory.Observation{Host: "w1", State: inventory.ScanOK, At: at, Facts: inventory.Facts{DiskFree: map[string]int64{"/": 1, "/boot": 2}}},
			[]notify.Blocker{{Host: "w1", Code: "disk", Why: "little space on /: 1 B; little space on /boot: 2 B"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := due[0]
			l.State, l.Reason = "unattended", "nobody is there"
			look := outlookOfOpening(l)
			look.state(tc.seen, at)
			want := append([]notify.Blocker{{Code: "unattended", Why: "nobody is there"}}, tc.want...)
			if diff := cmp.Diff(want, look.done().Blockers); diff != "" {
				t.Error(diff)
			}
		})
	}
}
