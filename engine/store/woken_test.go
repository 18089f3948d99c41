package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// TestWoken: a host is its process's to put back until a run has taken it over, or the
// process has forgotten it.
func TestWoken(t *testing.T) {
	s := openTest(t)
	want := func(all ...Woken) {
		t.Helper()
		got, err := s.Woken(t.Context())
		if diff := cmp.Diff(all, got); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	wake := func(w Woken) Woken {
		t.Helper()
		if err := s.Wake(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	one, two := coord.Owner{PID: 1, BootID: "b"}, coord.Owner{PID: 2, BootID: "b"}
	want()
	a := wake(Woken{Host: "a", At: at, Owner: one})
	c := wake(Woken{Host: "c", At: at, Found: "off", Owner: two})
	want(a, c)
	a = wake(Woken{Host: "a", At: at, Found: "asleep", Owner: one})
	want(a, c)

	// runs that woke it before, and that did something else, leave it as it is
	add := func(host string, when time.Time, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New("r1", host, when, typ, data)
		if err == nil {
			err = s.Append(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("", at.Add(-time.Hour), journal.RunStarted, journal.RunStartedData{Kind: "apply"})
	add("a", at.Add(-time.Hour), journal.ActionIntent, journal.ActionIntentData{ID: "r1/a/wake", Kind: journal.ActionWake})
	add("a", at.Add(time.Hour), journal.ActionIntent, journal.ActionIntentData{ID: "r1/a/x", Kind: "run"})
	want(a, c)
	add("a", at.Add(time.Hour), journal.ActionIntent, journal.ActionIntentData{ID: "r1/a/wake-2", Kind: journal.ActionWake})
	want(c)
	if err := s.ForgetWoken(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	want(c)
	if err := s.ForgetWoken(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	want()
}
