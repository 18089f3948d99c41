package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/inventory"
	"patchwave/policies"
)

var (
	// openingRow is a line of what schedule prints: the opening, and what starts in
	// it between the columns of the window and of what does not.
	openingRow = regexp.MustCompile(`(?m)^    [A-Z][a-z]{2} (\d{4}-\d\d-\d\d) \d\d:\d\d  .*$`)
	// launchWords is one launch in it.
	launchWords = regexp.MustCompile(`\b(\d\d:\d\d) ([a-z][a-z-]+)(?:,|\s|$)`)
)

// TestScreensInReadmes: what schedule is said to print starts just then.
func TestScreensInReadmes(t *testing.T) {
	where := map[string]string{"practices/README.md": practice("5-gaps")}
	for _, dir := range startingPoints(t) {
		where[dir+"/README.md"] = dir
	}
	rows := 0
	for readme, dir := range where {
		e := load(t, copyOf(t, dir))
		for _, m := range openingRow.FindAllStringSubmatch(read(t, readme), -1) {
			rows++
			first := day(t, m[1], time.UTC)
			launched := e.launches(t, m[1], first.AddDate(0, 0, 1).Format(time.DateOnly))
			for _, w := range launchWords.FindAllStringSubmatch(m[0], -1) {
				if want := first.Format("Mon 2006-01-02 ") + w[1] + " " + w[2]; !slices.Contains(launched, want) {
					t.Errorf("%s: %s is shown, and there is %v", readme, want, launched)
				}
			}
		}
	}
	if rows < 20 {
		t.Errorf("only %d rows of schedules were found", rows)
	}
}

// TestOfflineCatalogue: what the README shows for a plant without a WSUS is taken.
func TestOfflineCatalogue(t *testing.T) {
	_, block, _ := strings.Cut(read(t, "air-gapped/README.md"), "```hcl\n")
	block, _, ok := strings.Cut(block, "```")
	if !ok {
		t.Fatal("no block in the README")
	}
	cab := filepath.Join(t.TempDir(), "wsusscn2.cab")
	if err := os.WriteFile(cab, []byte("MSCF"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := copyOf(t, "air-gapped", `  windows_update {
    source = "wsus" # the server in the control room, filled from a disk
  }
`, strings.ReplaceAll(block, "/srv/carried-in/wsusscn2.cab", cab))
	w := load(t, dir).policy(t, "panels").WindowsUpdate
	if w == nil || w.Source != policies.SourceOffline || w.Cab != cab || w.AcceptEULA {
		t.Errorf("%+v", w)
	}
}

// TestScoresOfImportedFeeds: what will probably be exploited waits a week, and
// what has no score is not taken for it.
func TestScoresOfImportedFeeds(t *testing.T) {
	e := load(t, copyOf(t, "air-gapped"))
	score := func(f float64) *float64 { return &f }
	now := time.Date(2027, 1, 20, 5, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		score *float64
		age   time.Duration
		want  policies.Verdict
		rule  string
	}{
		{score(0.71), 8 * 24 * time.Hour, policies.Approved, "likely"},
		{score(0.5), 6 * 24 * time.Hour, policies.Deferred, "likely"},
		{score(0.49), 8 * 24 * time.Hour, policies.Deferred, "security"},
		{nil, 8 * 24 * time.Hour, policies.Deferred, "security"},
	} {
		u := inventory.Update{Name: "sudo", Arch: "amd64", To: "1.9.13p3-1+deb12u3", Classification: inventory.Security,
			Severity: inventory.UnknownSeverity, Published: now.Add(-tt.age)}
		d := policies.Decide(e.policy(t, "historians").Baseline, policies.Subject{Host: e.inv.Host("hist-1"), Update: &u, EPSS: tt.score}, now)
		if d.Verdict != tt.want || d.Rule != tt.rule {
			t.Errorf("%s old: %s by %s (%s), want %s by %s", tt.age, d.Verdict, d.Rule, d.Reason, tt.want, tt.rule)
		}
	}
}
