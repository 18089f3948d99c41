package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
)

// TestTries: the last result of each of the last runs of a host, the newest first.
func TestTries(t *testing.T) {
	s := openTest(t)
	add := func(run, host string, day int, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New(run, host, at.Add(time.Duration(day)*24*time.Hour), typ, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	result := func(states ...string) journal.UpdateResultData {
		var d journal.UpdateResultData
		for i, state := range states {
			d.Updates = append(d.Updates, journal.UpdateRecord{Name: fmt.Sprintf("p%d", i+1), Arch: "amd64", From: "1", To: "2", State: state})
		}
		return d
	}
	for i := range 12 {
		run := fmt.Sprintf("r%02d", i)
		add(run, "", i, journal.RunStarted, journal.RunStartedData{Kind: "apply"})
		add(run, "web", i, journal.UpdateResult, result("installed", "pending"))
		if i == 11 {
			add(run, "web", i, journal.UpdateResult, result("installed", "failed"))
		}
		add(run, "db", i, journal.UpdateResult, result("rolled-back"))
	}
	got, err := s.Tries(t.Context(), "web")
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, x := range got {
		text = append(text, fmt.Sprintf("%s %s %s %s %s %s", x.Run, x.At.Format(time.DateOnly), x.Name, x.Arch, x.To, x.State))
	}
	if len(text) != 20 {
		t.Errorf("%d: %v", len(text), text)
	}
	day := at.Add(11 * 24 * time.Hour).Format(time.DateOnly)
	if diff := cmp.Diff([]string{"r11 " + day + " p1 amd64 2 installed", "r11 " + day + " p2 amd64 2 failed"}, text[:2]); diff != "" {
		t.Error(diff)
	}
	if got, err := s.Tries(t.Context(), "new"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	how := ""
	rows, err := s.read.QueryContext(t.Context(), `EXPLAIN QUERY PLAN SELECT run, at, data FROM events WHERE type = 'update.result' AND host = ? ORDER BY seq DESC LIMIT ?`, "web", 40)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		how += detail + "\n"
	}
	if err := rows.Close(); err != nil || rows.Err() != nil || !strings.Contains(how, "events_results") || strings.Contains(how, "TEMP B-TREE") {
		t.Errorf("a year of runs would be read: %s", how)
	}
}
