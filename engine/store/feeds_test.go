package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/feeds"
	"patchwave/inventory"
)

// load imports fixes "PACKAGE" under a scope and scores, and finishes unless end
// says otherwise.
func load(t *testing.T, s *Store, kind feeds.Kind, scope, file string, names ...string) {
	t.Helper()
	im, err := s.BeginImport(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	put(t, im, scope, names...)
	if err := im.Finish(aFeed(kind, scope, file, len(names))); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, im *Import, scope string, names ...string) {
	t.Helper()
	for i, n := range names {
		var err error
		switch im.kind {
		case feeds.KEV:
			err = im.Exploited(feeds.Exploited{CVE: n, Added: at})
		case feeds.EPSS:
			err = im.Score(feeds.Score{CVE: n, Value: float64(i) / 10})
		default:
			err = im.Fix(feeds.Fix{Scope: scope, Release: "debian:12", Package: n, CVE: "CVE-1", Introduced: "0.5", Fixed: "1", After: true, Severity: inventory.Low, Own: true})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func aFeed(kind feeds.Kind, scope, file string, n int) Feed {
	return Feed{Kind: kind, Scope: scope, File: file, SHA256: "ab", Size: 5, Entries: n, Used: n, Dated: at, DatedBy: "data", Imported: at.Add(time.Hour)}
}

// packages are those that fixes are found of, with the kind of their feed.
func packages(t *testing.T, s *Store, names ...string) []string {
	t.Helper()
	list, err := s.FeedFixes(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, f := range list {
		out = append(out, string(f.Kind)+" "+f.Package)
	}
	slices.Sort(out)
	return out
}

// rows counts what is in the tables of feeds, whoever sees it.
func rows(t *testing.T, s *Store) int {
	t.Helper()
	var n int
	if err := s.read.QueryRow(`SELECT (SELECT COUNT(*) FROM feed_imports) + (SELECT COUNT(*) FROM feed_fixes)
		+ (SELECT COUNT(*) FROM feed_exploited) + (SELECT COUNT(*) FROM feed_scores)`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFeedsComeBackAsTheyWere(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	load(t, s, feeds.OSV, "Debian", "all.zip", "openssl", "nginx")
	load(t, s, feeds.KEV, "", "kev.json", "CVE-2026-1", "CVE-2026-2", "CVE-2026-2")
	load(t, s, feeds.EPSS, "", "epss.csv", "CVE-2026-1", "CVE-2026-2", "CVE-2026-1")
	list, err := s.Feeds(ctx)
	want := []Feed{aFeed(feeds.EPSS, "", "epss.csv", 3), aFeed(feeds.KEV, "", "kev.json", 3), aFeed(feeds.OSV, "Debian", "all.zip", 2)}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Error(err, diff)
	}
	fixes, err := s.FeedFixes(ctx, []string{"nginx", "none", "it's\"; DROP TABLE feed_fixes"})
	wantFixes := []feeds.Stored{{Kind: feeds.OSV, Fix: feeds.Fix{Scope: "Debian", Release: "debian:12", Package: "nginx", CVE: "CVE-1",
		Introduced: "0.5", Fixed: "1", After: true, Severity: inventory.Low, Own: true}}}
	if diff := cmp.Diff(wantFixes, fixes); err != nil || diff != "" {
		t.Error(err, diff)
	}
	exploited, err := s.FeedExploited(ctx)
	if diff := cmp.Diff(map[string]bool{"CVE-2026-1": true, "CVE-2026-2": true}, exploited); err != nil || diff != "" {
		t.Error(err, diff)
	}
	scores, err := s.FeedScores(ctx, []string{"CVE-2026-2", "CVE-2026-9"})
	if diff := cmp.Diff(map[string]float64{"CVE-2026-2": 0.1}, scores); err != nil || diff != "" {
		t.Error(err, diff)
	}
	have, err := s.FeedsHad(ctx)
	if diff := cmp.Diff(feeds.Have{Scopes: map[string]bool{"Debian": true}, KEV: true, EPSS: true}, have); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestAFeedTakesThePlaceOfTheOneBefore of its kind and ecosystem, of no other,
// and leaves nothing of it behind.
func TestAFeedTakesThePlaceOfTheOneBefore(t *testing.T) {
	s := openTest(t)
	load(t, s, feeds.OSV, "Debian", "one.zip", "a", "b")
	load(t, s, feeds.OSV, "Alpine", "alpine.zip", "c")
	load(t, s, feeds.Debian, "Debian", "json", "d")
	for range 2 { // the same again changes nothing
		load(t, s, feeds.OSV, "Debian", "two.zip", "b", "e")
		if diff := cmp.Diff([]string{"debian d", "osv b", "osv c", "osv e"}, packages(t, s, "a", "b", "c", "d", "e")); diff != "" {
			t.Error(diff)
		}
		if n := rows(t, s); n != 3+4 {
			t.Errorf("%d rows", n)
		}
	}
}

// TestOtherEcosystemsInAFeedAreDropped: a record about Debian that names Ubuntu
// too must not stand for the feed of Ubuntu.
func TestOtherEcosystemsInAFeedAreDropped(t *testing.T) {
	s := openTest(t)
	load(t, s, feeds.OSV, "Ubuntu", "ubuntu.zip", "a")
	im, err := s.BeginImport(t.Context(), feeds.OSV)
	if err != nil {
		t.Fatal(err)
	}
	put(t, im, "Debian", "b", "c")
	put(t, im, "Ubuntu", "d")
	if err := im.Finish(aFeed(feeds.OSV, "Debian", "debian.zip", 3)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"osv a", "osv b", "osv c"}, packages(t, s, "a", "b", "c", "d")); diff != "" {
		t.Error(diff)
	}
}

// many are names enough for several transactions.
func many(prefix string) []string {
	out := make([]string, 2*importChunk+7)
	for i := range out {
		out[i] = fmt.Sprint(prefix, i)
	}
	return out
}

// TestABrokenImportLeavesTheOneBefore: whether it was given up, or the process was
// killed between two transactions; and the next one cleans up.
func TestABrokenImportLeavesTheOneBefore(t *testing.T) {
	for name, end := range map[string]func(*Import) error{
		"given up": (*Import).Abort,
		"killed":   func(*Import) error { return nil },
	} {
		path := filepath.Join(t.TempDir(), "p.db")
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		load(t, s, feeds.OSV, "Debian", "one.zip", "a", "x0")
		im, err := s.BeginImport(t.Context(), feeds.OSV)
		if err != nil {
			t.Fatal(err)
		}
		put(t, im, "Debian", many("x")...)
		if im.Stored < importChunk {
			t.Fatalf("%s: only %d rows were durable", name, im.Stored)
		}
		if err := end(im); err != nil {
			t.Fatal(name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"osv a", "osv x0"}, packages(t, s, "a", "x0", "x1")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if list, err := s.Feeds(t.Context()); err != nil || len(list) != 1 || list[0].File != "one.zip" {
			t.Errorf("%s: %+v %v", name, list, err)
		}
		load(t, s, feeds.OSV, "Debian", "two.zip", "b")
		if n := rows(t, s); n != 2 {
			t.Errorf("%s: %d rows are left", name, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnImportIsOvertaken by the next of its kind, and can neither go on nor end.
func TestAnImportIsOvertaken(t *testing.T) {
	s := openTest(t)
	im, err := s.BeginImport(t.Context(), feeds.EPSS)
	if err != nil {
		t.Fatal(err)
	}
	put(t, im, "", "CVE-1")
	load(t, s, feeds.KEV, "", "kev.json", "CVE-1") // another kind is no matter
	load(t, s, feeds.EPSS, "", "new.csv", "CVE-2")
	if err := im.Finish(aFeed(feeds.EPSS, "", "old.csv", 1)); !errors.Is(err, ErrOvertaken) {
		t.Errorf("finish: %v", err)
	}
	if err := im.Abort(); err != nil {
		t.Error(err)
	}
	scores, err := s.FeedScores(t.Context(), []string{"CVE-1", "CVE-2"})
	if diff := cmp.Diff(map[string]float64{"CVE-2": 0}, scores); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestAnInterruptedImport ends at the next transaction, and cleans up although
// its context is over.
func TestAnInterruptedImport(t *testing.T) {
	s := openTest(t)
	load(t, s, feeds.OSV, "Debian", "one.zip", "a")
	ctx, cancel := context.WithCancel(t.Context())
	im, err := s.BeginImport(ctx, feeds.OSV)
	if err != nil {
		t.Fatal(err)
	}
	put(t, im, "Debian", many("x")...)
	cancel()
	if err := im.Finish(aFeed(feeds.OSV, "Debian", "two.zip", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("finish: %v", err)
	}
	if err := im.Abort(); err != nil {
		t.Fatal(err)
	}
	if n := rows(t, s); n != 2 {
		t.Errorf("%d rows are left", n)
	}
}

// TestOthersWriteDuringAnImport: nobody waits for a feed to be whole.
func TestOthersWriteDuringAnImport(t *testing.T) {
	s := openTest(t)
	other, err := Open(t.Context(), s.Path()) // as another process would
	if err != nil {
		t.Fatal(err)
	}
	im, err := s.BeginImport(t.Context(), feeds.OSV)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		put(t, im, "Debian", many("x")...)
		if _, err := other.NextFence(t.Context()); err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	if err := errors.Join(im.Abort(), other.Close()); err != nil {
		t.Error(err)
	}
}
