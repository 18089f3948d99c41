package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
)

// TestOwedReboots: the last word about each host.
func TestOwedReboots(t *testing.T) {
	s := openTest(t)
	add := func(run, host string, day int, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New(run, host, at.Add(time.Duration(day)*24*time.Hour), typ, data)
		if err == nil {
			err = s.Append(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	owed := func(boot string) journal.RebootOwedData {
		return journal.RebootOwedData{Policy: "web", Window: "saturday", BootID: boot}
	}
	if got, err := s.OwedReboots(t.Context()); err != nil || got != nil {
		t.Errorf("%v %v", got, err)
	}
	for i, run := range []string{"r1", "r2"} {
		add(run, "", i, journal.RunStarted, journal.RunStartedData{Kind: "apply"})
		add(run, "b", i, journal.RebootOwed, owed("boot-"+run))
	}
	add("r1", "a", 2, journal.RebootOwed, owed("x"))
	add("r2", "b", 2, journal.Rebooted, journal.RebootedData{From: "boot-r2", To: "y"})
	got, err := s.OwedReboots(t.Context())
	if diff := cmp.Diff([]Owed{{Host: "a", Run: "r1", RebootOwedData: owed("x")}, {Host: "b", Run: "r2", RebootOwedData: owed("boot-r2")}}, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}
