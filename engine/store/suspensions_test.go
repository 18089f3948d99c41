package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies"
)

// standing returns what is suspended at an instant, as POLICY: REASON.
func standing(t *testing.T, s *Store, when time.Time) []string {
	t.Helper()
	list, err := s.Suspensions(t.Context(), when)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, n := range list {
		out = append(out, n.Policy+": "+n.Reason)
	}
	return out
}

func TestSuspensions(t *testing.T) {
	s := openTest(t)
	suspend := func(policy, reason string, since time.Time, d time.Duration) {
		t.Helper()
		if err := s.Suspend(t.Context(), policies.Suspension{Policy: policy, Since: since, Until: since.Add(d), Reason: reason, Actor: "root"}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when time.Time, names ...string) {
		t.Helper()
		if diff := cmp.Diff(append([]string{}, names...), standing(t, s, when)); diff != "" {
			t.Errorf("at %s (-want +got):\n%s", when, diff)
		}
	}
	want(at)
	suspend("web", "ill", at, 48*time.Hour)
	suspend("db", "audit", at, 24*time.Hour)
	want(at, "db: audit", "web: ill")
	want(at.Add(24*time.Hour-1), "db: audit", "web: ill")
	want(at.Add(24*time.Hour), "web: ill")
	want(at.Add(48 * time.Hour))

	suspend("web", "still ill", at.Add(time.Hour), 12*time.Hour) // takes the place of the first
	want(at.Add(2*time.Hour), "db: audit", "web: still ill")
	want(at.Add(13*time.Hour), "db: audit")

	for _, tt := range []struct {
		policy string
		want   bool
	}{{"web", true}, {"web", false}, {"nothing", false}} {
		got, err := s.Unsuspend(t.Context(), tt.policy, at.Add(3*time.Hour), "ann")
		if err != nil || got != tt.want {
			t.Errorf("unsuspend %s: %t, %v", tt.policy, got, err)
		}
	}
	want(at.Add(4*time.Hour), "db: audit")

	var rows, lifted int
	if err := s.read.QueryRowContext(t.Context(), `SELECT COUNT(*), COUNT(lifted_by) FROM suspensions WHERE policy = 'web'`).Scan(&rows, &lifted); err != nil {
		t.Fatal(err)
	}
	if rows != 2 || lifted != 2 {
		t.Errorf("the record has %d suspensions of web, %d lifted; want both of both", rows, lifted)
	}
}

func TestSuspensionComesBackAsItWas(t *testing.T) {
	s := openTest(t)
	want := policies.Suspension{Policy: "web", Since: at, Until: at.Add(time.Hour), Reason: "ill", Actor: "root (sudo by ann)"}
	if err := s.Suspend(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Suspensions(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]policies.Suspension{want}, got); diff != "" {
		t.Error(diff)
	}
}
