package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

// TestStagings: once an opening, with what came of each host, until it has finished.
func TestStagings(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	g := Staging{Policy: "web", Opens: at.Add(6 * time.Hour), ID: "stage-1", Began: at}
	other := Staging{Policy: "web", Opens: at.Add(6 * time.Hour), Zone: "Asia/Tokyo", ID: "stage-2", Began: at, Finished: at, Reason: "nothing is pending"}
	for _, one := range []Staging{g, other} {
		if isNew, err := s.Stage(ctx, one); err != nil || !isNew {
			t.Fatalf("%v %v", isNew, err)
		}
	}
	again := g
	again.ID = "stage-3"
	if isNew, err := s.Stage(ctx, again); err != nil || isNew {
		t.Fatalf("a second one for the opening: %v %v", isNew, err)
	}
	full := &inventory.Problem{Code: "disk", Message: "full"}
	for _, h := range []StagedHost{{Host: "b", Staged: 1, Total: 2, Problem: full, At: at}, {Host: "a", Staged: 2, Total: 2, At: at}, {Host: "b", Staged: 2, Total: 2, At: at}} {
		if err := s.StagedOn(ctx, g.ID, h); err != nil {
			t.Fatal(err)
		}
	}
	hosts, err := s.StagedHosts(ctx, g.ID)
	utc := at.UTC()
	if diff := cmp.Diff([]StagedHost{{Host: "a", Staged: 2, Total: 2, At: utc}, {Host: "b", Staged: 1, Total: 2, Problem: full, At: utc}}, hosts); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	ids := func(from time.Time) (out []string) {
		t.Helper()
		list, err := s.Stagings(ctx, from)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			out = append(out, x.ID)
		}
		return out
	}
	if diff := cmp.Diff([]string{"stage-1", "stage-2"}, ids(at)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"stage-1"}, ids(at.Add(7*time.Hour))); diff != "" {
		t.Errorf("what has not finished is found for ever: %s", diff)
	}
	g.Finished, g.Reason = at.Add(time.Hour), "ended"
	if err := s.EndStaging(ctx, g); err != nil {
		t.Fatal(err)
	}
	if got := ids(at.Add(7 * time.Hour)); got != nil {
		t.Errorf("%q", got)
	}
	list, err := s.Stagings(ctx, at)
	g.Opens, g.Began, g.Finished = g.Opens.UTC(), utc, g.Finished.UTC()
	if err != nil || len(list) != 2 || cmp.Diff(g, list[0]) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(g, list[0]))
	}
}
