package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/inventory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "state", "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, errClosed) {
			t.Error(err)
		}
	})
	return s
}

var at = time.Date(2026, 11, 22, 3, 0, 0, 123, time.UTC)

func event(t *testing.T, run, host string, typ journal.Type, data any) journal.Event {
	t.Helper()
	e, err := journal.New(run, host, at, typ, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEventsComeBackAsTheyWere(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	want := []journal.Event{
		event(t, "r1", "", journal.RunStarted, journal.RunStartedData{Kind: "apply", Actor: "root"}),
		event(t, "r1", "web-01", journal.HostPlanned, journal.HostPlannedData{Policy: "p", Wave: "all", Batch: 1}),
		event(t, "r1", "", journal.RunState, journal.RunStateData{State: "finished"}),
	}
	if err := s.Append(ctx, want...); err != nil {
		t.Fatal(err)
	}
	got, err := s.Events(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Seq = int64(i + 1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	runs, err := s.Runs(ctx, 10)
	if err != nil || len(runs) != 1 || runs[0].State != "finished" || runs[0].Ended == nil {
		t.Errorf("runs %+v %v", runs, err)
	}
}

func TestEventsCannotBeChangedUnnoticed(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	for i := range 5 {
		if err := s.Append(ctx, event(t, "r1", "", journal.RunStarted, journal.RunStartedData{Kind: "apply", After: int64(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if bad, err := s.CheckChain(ctx); bad != 0 || err != nil {
		t.Fatalf("a sound chain: %d %v", bad, err)
	}
	if _, err := s.write.Exec(`UPDATE events SET data = '{}' WHERE seq = 3`); err == nil || !strings.Contains(err.Error(), "append-only") {
		t.Fatalf("update: %v", err)
	}
	if _, err := s.write.Exec(`DROP TRIGGER events_append_only_u; UPDATE events SET host = 'x' WHERE seq = 3`); err != nil {
		t.Fatal(err)
	}
	if bad, err := s.CheckChain(ctx); bad != 3 || err != nil {
		t.Errorf("a changed chain: %d %v", bad, err)
	}
}

func TestOneBadRequestHarmsNoOther(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	if err := s.Append(ctx, event(t, "r1", "", journal.RunStarted, journal.RunStartedData{})); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 60)
	for i := range errs {
		wg.Go(func() {
			run := "r1"
			if i%3 == 0 {
				run = "r-unknown" // breaks the foreign key
			}
			errs[i] = s.Append(ctx, event(t, run, "h", journal.HostPlanned, journal.HostPlannedData{}))
		})
	}
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i%3 == 0) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	got, err := s.Events(ctx, "r1")
	if err != nil || len(got) != 41 {
		t.Errorf("%d events, %v", len(got), err)
	}
	if bad, err := s.CheckChain(ctx); bad != 0 || err != nil {
		t.Errorf("chain: %d %v", bad, err)
	}
}

func TestScansAndLedger(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	o := inventory.Observation{
		Host: "web-01", At: at, State: inventory.ScanOK, IndexAge: time.Minute, Duration: time.Second, Notes: []string{"n"},
		Facts: inventory.Facts{OS: inventory.OS{Family: "debian"}, PackageManager: "apt", DiskFree: map[string]int64{"/": 5}},
		Updates: []inventory.Update{{Name: "openssl", Arch: "amd64", From: "1", To: "2", Origins: []string{"Debian"}, Advisories: []string{},
			CVEs: []string{"CVE-2026-1"}, KBs: []string{}, BlockedBy: inventory.BlockedHeld, Published: at}},
	}
	if err := s.SaveScan(ctx, o); err != nil {
		t.Fatal(err)
	}
	failed := inventory.Observation{Host: "web-01", At: at.Add(time.Hour), State: inventory.ScanUnreachable, IndexAge: -1,
		Problem: &inventory.Problem{Code: "unreachable", Message: "no route"}}
	if err := s.SaveScan(ctx, failed); err != nil {
		t.Fatal(err)
	}
	seen, err := s.Seen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]inventory.Observation{"web-01": o}, seen); diff != "" {
		t.Error(diff)
	}
	scans, err := s.Scans(ctx)
	if err != nil || scans["web-01"].Problem == nil || scans["web-01"].Problem.Code != "unreachable" {
		t.Errorf("latest %+v %v", scans["web-01"], err)
	}
	later := o
	later.At = at.Add(48 * time.Hour)
	if err := s.SaveScan(ctx, later); err != nil {
		t.Fatal(err)
	}
	ledger, err := s.Ledger(ctx)
	if err != nil || !ledger.FirstSeen("apt", o.Updates[0]).Equal(at) {
		t.Errorf("first seen %v %v", ledger, err)
	}
}

func TestPlans(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	p := &plan.Plan{ID: "p1", Digest: "d", Created: at, Waves: []plan.Wave{}, Excluded: []plan.Excluded{}}
	if err := s.SavePlan(ctx, p); err != nil {
		t.Fatal(err)
	}
	got, err := s.Plan(ctx, "p1")
	if err != nil || got == nil || got.Digest != "d" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := s.Plan(ctx, "p2"); got != nil || err != nil {
		t.Errorf("%+v %v", got, err)
	}
}

func TestFencesGrow(t *testing.T) {
	s := openTest(t)
	for want := int64(1); want < 4; want++ {
		if got, err := s.NextFence(t.Context()); got != want || err != nil {
			t.Errorf("fence %d %v, want %d", got, err, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	if _, err := OpenExisting(ctx, dir+"/none.db"); !errors.Is(err, ErrMissing) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(dir+"/junk.db", []byte(strings.Repeat("junk ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, dir+"/junk.db"); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("junk: %v", err)
	}
	s, err := Open(ctx, dir+"/p.db")
	if err != nil {
		t.Fatal(err)
	}
	id := s.Controller()
	if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, dir+"/p.db"); err == nil || !strings.Contains(err.Error(), "newer patchwave") {
		t.Errorf("newer schema: %v", err)
	}
	if info, err := os.Stat(dir + "/p.db"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	if err := os.Chmod(dir+"/p.db", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, dir+"/p.db"); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("open mode: %v", err)
	}
	if len(id) != 16 {
		t.Errorf("id %q", id)
	}
}

func TestEveryConnectionIsDurable(t *testing.T) {
	s := openTest(t)
	for name, db := range map[string]*sql.DB{"write": s.write, "read": s.read} {
		for range 3 {
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var mode string
			var sync, fk int
			err = errors.Join(conn.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode),
				conn.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&sync), conn.QueryRowContext(t.Context(), `PRAGMA foreign_keys`).Scan(&fk))
			if err != nil || mode != "wal" || sync != 2 || fk != 1 {
				t.Errorf("%s: %s %d %d %v", name, mode, sync, fk, err)
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.read.Exec(`DELETE FROM runs`); err == nil {
		t.Error("a reader could write")
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "p.db"))
	if err != nil {
		b.Fatal(err)
	}
	start, err := journal.New("r1", "", at, journal.RunStarted, journal.RunStartedData{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Append(b.Context(), start); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(100)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			e, err := journal.New("r1", fmt.Sprintf("h%d", i), at, journal.HostState, journal.HostStateData{})
			if err == nil {
				err = s.Append(b.Context(), e)
			}
			if err != nil {
				b.Error(err)
			}
		}
	})
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func TestOneProcessARun(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	started := func(fence, after int64) error {
		e := event(t, "r1", "", journal.RunStarted, journal.RunStartedData{Kind: "apply", Fence: fence, After: after})
		e.Fence = fence
		return s.Append(ctx, e)
	}
	work := func(fence int64) error {
		e := event(t, "r1", "h", journal.HostPlanned, journal.HostPlannedData{})
		e.Fence = fence
		return s.Append(ctx, e)
	}
	if err := errors.Join(started(1, 0), work(1)); err != nil {
		t.Fatal(err)
	}
	// two processes read two events and go on: the first to write wins
	if err := started(2, 2); err != nil {
		t.Fatal(err)
	}
	if err := started(3, 2); !errors.Is(err, journal.ErrSuperseded) {
		t.Errorf("the second to go on: %v", err)
	}
	if err := work(1); !errors.Is(err, journal.ErrSuperseded) {
		t.Errorf("the process before: %v", err)
	}
	if err := work(2); err != nil {
		t.Error(err)
	}
	if got, err := s.Events(ctx, "r1"); err != nil || len(got) != 4 {
		t.Errorf("%d events, %v", len(got), err)
	}
}
