package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"patchwave/engine/journal"
)

var aNight = time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)

// someRun is a run in the middle: a wave behind it, one under way, one to come.
func someRun() *journal.Run {
	r := &journal.Run{ID: "r20261124-020000-abcdef", Kind: "apply", Actor: "patchwave", State: "running", Started: aNight}
	add := func(name, wave string, s journal.State) *journal.Host {
		h := &journal.Host{Name: name, Policy: "web", Wave: wave, State: s, Since: aNight.Add(time.Minute)}
		r.Hosts = append(r.Hosts, h)
		return h
	}
	add("web-01", "canary", journal.Done)
	bad := add("web-02", "rest", journal.RolledBack)
	bad.Fault = &journal.Fault{Code: "exit", Message: "verification failed: service nginx is dead"}
	bad.Jobs = []*journal.Job{{JobIntentData: journal.JobIntentData{ID: "j", Step: "rollback"}}}
	add("web-03", "rest", journal.Installing)
	add("web-04", "rest", journal.Rebooting)
	gone := add("web-05", "rest", journal.Unreachable)
	gone.Fault = &journal.Fault{Code: "unreachable", Message: "no route to host"}
	for i := range 7 {
		add(fmt.Sprintf("db-%02d", i+1), "last", journal.Pending)
	}
	return r
}

func someFrame(width, height int) frame {
	return frame{run: someRun(), now: aNight.Add(95 * time.Second), zone: time.UTC, width: width, height: height,
		log: "@@pw 0123 begin\nUnpacking nginx\nReading 5%\rReading 100%\nSetting up nginx\n"}
}

func TestFrame(t *testing.T) {
	want := `Run r20261124-020000-abcdef running for 1m35s, apply by patchwave since 02:00:00
12 hosts: 2 in work, 7 to come, 1 unreachable, 1 done, 1 rolled-back

  web canary                   ━━━━━━━━━━━━━━━━━━━━ 1/1
  web rest                     ━━━━━━━━━━────────── 2/4, 2 in work, 2 failed
  web last                     ──────────────────── 0/7

> web-02                       rolled-back         verification failed: service…
  web-05                       unreachable         no route to host
  web-03                       installing   35s
  web-04                       rebooting    35s

log of web-02, rollback
  Unpacking nginx
  Reading 100%
  Setting up nginx



q leaves, the run goes on · up and down choose a host · esc chooses by itself`
	if got := trimLines(strings.Join(someFrame(80, 20).lines(), "\n")); got != want {
		t.Errorf("drawn:\n%s\nwant:\n%s", got, want)
	}
}

// TestFrameFits: whatever a host says and however small the window is, a picture has
// so many lines of so many columns, and nothing in it can move the cursor.
func TestFrameFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFrame(rapid.IntRange(0, 140).Draw(t, "width"), rapid.IntRange(0, 50).Draw(t, "height"))
		hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "\r\n\x1b]0;title\a", "\u202eevil", strings.Repeat("宽", 90), "a\tb", "\x9b31m"}))
		for _, h := range f.run.Hosts {
			h.State = rapid.SampledFrom(journal.States()).Draw(t, "state").State
			h.Why = hostile.Draw(t, "why")
			if rapid.Bool().Draw(t, "fault") {
				h.Fault = &journal.Fault{Message: hostile.Draw(t, "message")}
			}
		}
		f.run.Breaker = rapid.SampledFrom([]*journal.BreakerData{nil, {Policy: "web", Failures: 2}}).Draw(t, "breaker")
		f.log, f.chosen = hostile.Draw(t, "log"), rapid.SampledFrom([]string{"", "web-04", "none"}).Draw(t, "chosen")
		lines := f.lines()
		if f.width >= leastWidth && f.height >= frameBorder && len(lines) != f.height {
			t.Fatalf("%d lines in a window of %d", len(lines), f.height)
		}
		for _, line := range lines {
			if ansi.StringWidth(line) > f.width || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u202e' }) {
				t.Fatalf("a line of %d columns: %q", f.width, line)
			}
		}
	})
}

// TestFrameManyHosts: with more hosts than lines the one that is looked at is there,
// and how many are not is said.
func TestFrameManyHosts(t *testing.T) {
	f := someFrame(80, 24)
	for i := range 200 {
		f.run.Hosts = append(f.run.Hosts, &journal.Host{Name: fmt.Sprintf("app-%03d", i), Policy: "app", Wave: fmt.Sprint("w", i/20), State: journal.Installing, Since: aNight})
	}
	f.chosen = "app-100"
	text := strings.Join(f.lines(), "\n")
	for _, want := range []string{"> app-100", "  +97\n", "  +8\n", "log of app-100"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for range 1000 {
		f.move(1)
	}
	if f.chosen != "app-199" {
		t.Errorf("at the end: %s", f.chosen)
	}
}

// TestWatcher: keys and news move the screen.
func TestWatcher(t *testing.T) {
	w := &watcher{app: newApp(nil, nil, nil), ctx: t.Context(), f: newFollower(nil, "r1"), frame: frame{zone: time.UTC, color: true}}
	send := func(msg tea.Msg) tea.Cmd {
		_, cmd := w.Update(msg)
		return cmd
	}
	send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if v := w.View(); !v.AltScreen || !strings.Contains(v.Content, "reading the run") {
		t.Errorf("at first: %+v", v)
	}
	var seq int64
	event := func(host string, typ journal.Type, data any) journal.Event {
		e, err := journal.New("r1", host, aNight, typ, data)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		e.Seq = seq
		return e
	}
	start := journal.RunStartedData{Kind: "apply", Actor: "root"}
	events := []journal.Event{event("", journal.RunStarted, start)}
	for _, name := range []string{"a", "b"} {
		events = append(events, event(name, journal.HostPlanned, journal.HostPlannedData{Policy: "p", Wave: "w"}),
			event(name, journal.HostState, journal.HostStateData{From: journal.Pending, To: journal.Checking}))
	}
	send(news{events: events})
	if w.f.seq != seq {
		t.Errorf("folded up to %d", w.f.seq)
	}
	send(news{log: hostLog{host: "a", text: "live\n"}})
	if !strings.Contains(w.View().Content, "log of a") || !strings.Contains(w.View().Content, "  live") {
		t.Error(w.View().Content)
	}
	send(tea.KeyPressMsg{Code: tea.KeyDown})
	if w.frame.host() != "b" || strings.Contains(w.View().Content, "  live") {
		t.Error(w.View().Content)
	}
	send(tea.KeyPressMsg{Code: tea.KeyEscape})
	if w.frame.host() != "a" {
		t.Error(w.frame.host())
	}
	quits := func(cmd tea.Cmd) bool {
		if cmd == nil {
			return false
		}
		_, ok := cmd().(tea.QuitMsg)
		return ok
	}
	if quits(send(news{events: []journal.Event{event("", journal.RunState, journal.RunStateData{State: "finished"})}})) {
		t.Error("it ends before there was nothing more")
	}
	if !quits(send(news{over: true})) {
		t.Error("the run is over, and it goes on")
	}
	if !quits(send(tea.KeyPressMsg{Code: 'q', Text: "q"})) || !w.left {
		t.Error("q does not leave")
	}
	if !quits(send(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})) || !w.interrupted {
		t.Error("an interrupt does not end it")
	}
	if !quits(send(news{events: []journal.Event{{Run: "another", Type: journal.RunState, Data: json.RawMessage(`{}`)}}})) || w.err == nil {
		t.Error("what cannot be read is no error")
	}
}

func TestSince(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m01s", 3*time.Hour + 62*time.Second: "3h01m"} {
		if got := since(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}
