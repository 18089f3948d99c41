package store

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"patchwave/engine/journal"
)

// started opens a database with a run in it.
func started(t *testing.T) *Store {
	t.Helper()
	s := openTest(t)
	if err := s.Append(t.Context(), event(t, "r1", "", journal.RunStarted, journal.RunStartedData{Kind: "apply"})); err != nil {
		t.Fatal(err)
	}
	return s
}

func piece(job string, start int, data string) LogPiece {
	return LogPiece{Run: "r1", Host: "web-1", Job: job, Start: int64(start), Data: []byte(data)}
}

// logsOf is what is kept of the host's logs, by job.
func logsOf(t testing.TB, s *Store, limit int64) map[string]string {
	t.Helper()
	logs, err := s.JobLogs(t.Context(), "r1", "web-1", limit)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range logs {
		out[l.Job] = string(l.Text)
	}
	return out
}

func TestLogsAreKeptInTheirOrder(t *testing.T) {
	s := started(t)
	err := s.SaveLogs(t.Context(), piece("j1", 0, "one\n"), piece("j2", 0, "first\n"), piece("j1", 4, "two\n"),
		piece("j1", 0, "one\ntwo\nthree\n")) // a resume reads from the first byte on
	if err != nil {
		t.Fatal(err)
	}
	if got := logsOf(t, s, 0); got["j1"] != "one\ntwo\nthree\n" || got["j2"] != "first\n" {
		t.Errorf("%q", got)
	}
	if got := logsOf(t, s, 6); got["j1"] != "three\n" {
		t.Errorf("the last six bytes are %q", got["j1"])
	}
	var text strings.Builder
	after := int64(0)
	for {
		pieces, err := s.LogsAfter(t.Context(), "r1", after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(pieces) == 0 {
			break
		}
		for _, p := range pieces {
			fmt.Fprintf(&text, "%s:%s", p.Job, p.Data)
			after = p.ID
		}
	}
	if got := text.String(); got != "j1:one\nj2:first\nj1:two\nj1:three\n" {
		t.Errorf("followed: %q", got)
	}
}

// TestLogsAreCapped: however it comes, the beginning and the end are kept whole and
// little more.
func TestLogsAreCapped(t *testing.T) {
	s := started(t)
	var n int
	rapid.Check(t, func(rt *rapid.T) {
		n++
		job := fmt.Sprint("j", n)
		size := rapid.IntRange(1, 6*LogHead).Draw(rt, "size")
		all := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		for at := 0; at < size; {
			step := min(rapid.IntRange(1, 3*LogHead).Draw(rt, "step"), size-at)
			if err := s.SaveLogs(t.Context(), piece(job, at, string(all[at:at+step]))); err != nil {
				rt.Fatal(err)
			}
			at += step
		}
		text := logsOf(t, s, 0)[job]
		if size <= LogHead+LogTail && text != string(all) {
			rt.Fatalf("of %d bytes %d are kept", size, len(text))
		}
		if !strings.HasPrefix(text, string(all[:min(size, LogHead)])) || !strings.HasSuffix(text, string(all[max(0, size-LogTail):])) {
			rt.Fatal("the beginning or the end is not there")
		}
		if len(text) > LogHead+LogTail+logPiece+64 {
			rt.Fatalf("%d bytes are kept", len(text))
		}
	})
}

// TestKeeper: what jobs print is stored while they run, and once only when the
// journal has it.
func TestKeeper(t *testing.T) {
	s := started(t)
	k := s.KeepLogs("r1", time.Hour)
	k.Printed("web-1", "small", 0, []byte("one\n"))
	k.flush()
	if got := logsOf(t, s, 0); got["small"] != "one\n" {
		t.Errorf("while it runs: %q", got)
	}
	long := strings.Repeat("x", LogHead+LogTail) + strings.Repeat("y", 3*LogTail)
	for at := 0; at < len(long); at += 50_000 {
		k.Printed("web-1", "long", int64(at), []byte(long[at:min(at+50_000, len(long))]))
	}
	if held := k.jobs[logKey{"web-1", "long"}]; len(held.pieces) > 5 {
		t.Errorf("%d pieces are held in memory", len(held.pieces))
	}
	k.Printed("web-1", "small", 4, []byte("two\n"))
	k.Printed("web-1", "lost", 0, []byte("and then\n"))
	k.Event(event(t, "r1", "web-1", journal.JobOutcome, journal.JobOutcomeData{ID: "small", Log: "one\ntwo\n"}))
	k.Event(event(t, "r1", "web-1", journal.JobOutcome, journal.JobOutcomeData{ID: "long", Log: long[:1000]}))
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	got := logsOf(t, s, 0)
	if _, ok := got["small"]; ok || got["lost"] != "and then\n" {
		t.Errorf("small and lost: %q %q", got["small"], got["lost"])
	}
	if !strings.HasPrefix(got["long"], long[:LogHead]) || !strings.HasSuffix(got["long"], long[len(long)-LogTail:]) || len(got["long"]) == len(long) {
		t.Errorf("%d bytes of the long log", len(got["long"]))
	}
	// a process that goes on with the run finds the job collected: nothing is read,
	// and what was read before stays
	k = s.KeepLogs("r1", time.Hour)
	k.Event(event(t, "r1", "web-1", journal.JobOutcome, journal.JobOutcomeData{ID: "lost"}))
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if got := logsOf(t, s, 0)["lost"]; got != "and then\n" {
		t.Errorf("after the resume: %q", got)
	}
}

// TestKeeperStoresByItself: at the interval, and what cannot be stored is said at
// the end.
func TestKeeperStoresByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Store{queue: make(chan request), closed: make(chan struct{}), done: make(chan struct{})}
		k := s.KeepLogs("r1", time.Second)
		k.Printed("web-1", "j", 0, []byte("one\n"))
		began := time.Now()
		r := <-s.queue
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("stored after %s", waited)
		}
		r.done <- errClosed
		if err := k.Close(); err == nil {
			t.Error("the log was not stored, and nobody is told")
		}
	})
}

func TestEventsAfter(t *testing.T) {
	s := started(t)
	if err := s.Append(t.Context(), event(t, "r1", "a", journal.HostPlanned, journal.HostPlannedData{}), event(t, "r1", "b", journal.HostPlanned, journal.HostPlannedData{})); err != nil {
		t.Fatal(err)
	}
	got, err := s.EventsAfter(t.Context(), "r1", 1, 1)
	if err != nil || len(got) != 1 || got[0].Host != "a" || got[0].Seq != 2 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = s.EventsAfter(t.Context(), "r1", 3, 10); err != nil || len(got) != 0 {
		t.Errorf("%+v %v", got, err)
	}
}

// BenchmarkKeepLogs: what 200 hosts print between two looks, 2 KiB each, is stored.
func BenchmarkKeepLogs(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "p.db"))
	if err != nil {
		b.Fatal(err)
	}
	e, err := journal.New("r1", "", at, journal.RunStarted, journal.RunStartedData{Kind: "apply"})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Append(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	k := s.KeepLogs("r1", time.Hour)
	text := bytes.Repeat([]byte("Unpacking nginx (1.22) ...\n"), 2048/27)
	var start int64
	for b.Loop() {
		for host := range 200 {
			k.Printed(fmt.Sprint("web-", host), "j", start, text)
		}
		k.flush()
		start += int64(len(text))
	}
	if err := errors.Join(k.Close(), s.Close()); err != nil {
		b.Fatal(err)
	}
}
