package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// launched is an occurrence of a policy that opened n weeks after at.
func launched(policy string, weeks int) Occurrence {
	opens := at.AddDate(0, 0, 7*weeks)
	id := fmt.Sprintf("r-%s-%d", policy, weeks)
	return Occurrence{Policy: policy, Opens: opens, Window: "night", Closes: opens.Add(2 * time.Hour), Launch: opens, State: OccurrenceLaunched,
		Run: id, Rollout: id, Launched: opens.Add(time.Minute)}
}

func launch(t *testing.T, s *Store, o Occurrence) bool {
	t.Helper()
	isNew, err := s.Launch(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return isNew
}

// TestOccurrencesComeBackAsTheyWere, by opening, and those without an end whenever
// they were.
func TestOccurrencesComeBackAsTheyWere(t *testing.T) {
	s := openTest(t)
	first, second, zoned := launched("web", 0), launched("web", 1), launched("db", 1)
	zoned.Zone = "Asia/Tokyo"
	for _, o := range []Occurrence{first, second, zoned} {
		if !launch(t, s, o) {
			t.Errorf("%+v is not new", o)
		}
	}
	again := second
	again.Run = "another"
	if launch(t, s, again) {
		t.Error("an occurrence was launched twice")
	}
	got, err := s.Occurrences(t.Context(), second.Opens)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Occurrence{first, zoned, second}, got); diff != "" {
		t.Error(diff)
	}

	first.State, first.Finished, first.Late, first.Reason = OccurrenceRan, at.Add(time.Hour), 3, "stopped"
	if err := s.Update(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	one, err := s.Occurrence(t.Context(), Occurrence{Policy: "web", Opens: first.Opens})
	if err != nil || one == nil {
		t.Fatal(one, err)
	}
	if diff := cmp.Diff(first, *one); diff != "" {
		t.Error(diff)
	}
	if got, err = s.Occurrences(t.Context(), second.Opens); err != nil || len(got) != 2 {
		t.Errorf("%+v: %v", got, err)
	}
	if none, err := s.Occurrence(t.Context(), launched("web", 9)); none != nil || err != nil {
		t.Error(none, err)
	}
}

// TestLastRun is that of the policy and zone, of those whose run has ended.
func TestLastRun(t *testing.T) {
	s := openTest(t)
	for week, state := range []string{OccurrenceRan, OccurrenceEmpty, OccurrenceMissed, OccurrenceLaunched} {
		o := launched("web", week)
		o.State = state
		if state == OccurrenceMissed {
			o.Run = ""
		}
		launch(t, s, o)
	}
	o, err := s.LastRun(t.Context(), "web", "")
	if err != nil || o == nil || o.Run != "r-web-1" {
		t.Errorf("%+v: %v", o, err)
	}
	if o, err = s.LastRun(t.Context(), "web", "Asia/Tokyo"); o != nil || err != nil {
		t.Errorf("%+v: %v", o, err)
	}
}

// TestLaunchedOnce by many at once.
func TestLaunchedOnce(t *testing.T) {
	s := openTest(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for i := range 50 {
		wg.Go(func() {
			o := launched("web", 0)
			o.Run = fmt.Sprint(i)
			isNew, err := s.Launch(t.Context(), o)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if isNew {
				won++
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("launched %d times", won)
	}
}

// TestSettle: what is missed is told once, and the last look never goes back.
func TestSettle(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	if looked, err := s.Looked(ctx); !looked.IsZero() || err != nil {
		t.Error(looked, err)
	}
	missed := launched("web", 0)
	missed.State, missed.Run, missed.Rollout, missed.Launched, missed.Finished = OccurrenceMissed, "", "", time.Time{}, at
	ran := launched("db", 0)
	launch(t, s, ran)
	other := ran
	other.State = OccurrenceMissed
	for i, want := range [][]Occurrence{{missed}, nil} {
		fresh, err := s.Settle(ctx, at.Add(time.Hour), missed, other)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, fresh); diff != "" {
			t.Errorf("time %d: %s", i, diff)
		}
	}
	if _, err := s.Settle(ctx, at); err != nil {
		t.Fatal(err)
	}
	if looked, err := s.Looked(ctx); !looked.Equal(at.Add(time.Hour)) || err != nil {
		t.Error(looked, err)
	}
	bad := missed
	bad.Policy, bad.State = "new", "nonsense"
	if _, err := s.Settle(ctx, at.Add(9*time.Hour), bad); err == nil {
		t.Error("an unknown state was taken")
	}
	if looked, err := s.Looked(ctx); !looked.Equal(at.Add(time.Hour)) || err != nil {
		t.Error("a look that settled nothing counts:", looked, err)
	}
}

// begun writes the beginning of a run and its state.
func begun(t *testing.T, s *Store, id, state string) {
	t.Helper()
	err := s.Append(t.Context(), event(t, id, "", journal.RunStarted, journal.RunStartedData{Kind: "apply", PID: 42}),
		event(t, id, "", journal.RunState, journal.RunStateData{State: state}))
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnfinished(t *testing.T) {
	s := openTest(t)
	for id, state := range map[string]string{"r1": "running", "r2": "interrupted", "r3": "draining", "r4": "finished", "r5": "soaking", "r6": "cancelled"} {
		begun(t, s, id, state)
	}
	got, err := s.Unfinished(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids string
	for _, u := range got {
		ids += u.ID + " " + u.State + ", "
		if u.Start.PID != 42 {
			t.Errorf("%+v", u)
		}
	}
	if ids != "r1 running, r2 interrupted, r3 draining, " {
		t.Error(ids)
	}
	for id, want := range map[string]string{"r5": "soaking", "r9": ""} {
		if got, err := s.StateOf(t.Context(), id); got != want || err != nil {
			t.Errorf("%s is %q: %v", id, got, err)
		}
	}
}

func TestSoaks(t *testing.T) {
	s := openTest(t)
	begun(t, s, "r1", "soaking")
	begun(t, s, "r2", "soaking")
	begun(t, s, "r3", "finished")
	want := Soak{Run: "r2", Over: at.Add(24 * time.Hour), Policies: []string{"db", "web"}}
	for _, k := range []Soak{{Run: "r2", Over: at, Policies: []string{"x"}}, want, {Run: "r3", Over: at}} {
		if err := s.SetSoak(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Soaks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Soak{{Run: "r1", Policies: []string{}}, want}, got); diff != "" {
		t.Error(diff)
	}
}

// TestCancels: the first word stands.
func TestCancels(t *testing.T) {
	s := openTest(t)
	if c, err := s.Cancelled(t.Context(), "r1"); c != nil || err != nil {
		t.Error(c, err)
	}
	want := Cancel{At: at, Actor: "root", Reason: "noise"}
	for _, c := range []Cancel{want, {At: at.Add(time.Hour), Actor: "other"}} {
		if err := s.RequestCancel(t.Context(), "r1", c); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Cancelled(t.Context(), "r1")
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

// TestRunsOf are the runs of a rollout that worked in an opening.
func TestRunsOf(t *testing.T) {
	s := openTest(t)
	for week := range 3 {
		o := launched("web", week)
		o.Rollout = "r-web-0"
		launch(t, s, o)
		if week < 2 { // the third has not begun
			begun(t, s, o.Run, "finished")
		}
	}
	got, err := s.RunsOf(t.Context(), "r-web-0")
	if diff := cmp.Diff([]string{"r-web-0", "r-web-1"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestLifted: those that were ended before their time, with when.
func TestLifted(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	for _, policy := range []string{"web", "db"} {
		if err := s.Suspend(ctx, policies.Suspension{Policy: policy, Since: at, Until: at.Add(72 * time.Hour), Reason: "ill", Actor: "root"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Unsuspend(ctx, "web", at.Add(time.Hour), "root"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Lifted(ctx, at)
	want := []policies.Suspension{{Policy: "web", Since: at, Until: at.Add(time.Hour), Reason: "ill", Actor: "root"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err = s.Lifted(ctx, at.Add(2*time.Hour)); len(got) != 0 || err != nil {
		t.Error(got, err)
	}
}
