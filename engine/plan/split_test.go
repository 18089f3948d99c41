package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/engine/updates"
	"patchwave/policies"
)

// loud says which of the updates need a reboot: those whose names begin with a
// capital letter.
func loud(ds []decided) []decided {
	for i := range ds {
		ds[i].Reboot = ds[i].Name[0] >= 'A' && ds[i].Name[0] <= 'Z'
	}
	return ds
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name    string
		pending []string
		whole   updates.Simulation
		answers map[string]updates.Simulation
		want    []string // the changes of each part
		asked   []string
	}{
		{"nothing needs a reboot", []string{"a", "b"}, does("a", "b"), nil, []string{"a b"}, nil},
		{"everything needs one", []string{"A", "B"}, does("A", "B"), nil, []string{"A B"}, nil},
		{"what needs none comes first", []string{"a", "B"}, does("a", "B"), map[string]updates.Simulation{"a": does("a")},
			[]string{"a", "B"}, []string{"a"}},
		{"with what it brings", []string{"a", "B", "lib:not-matched"}, does("a", "B", "lib", "+new", "+more"), map[string]updates.Simulation{"a": does("a", "lib", "+new")},
			[]string{"a lib new", "B more"}, []string{"a"}},
		{"what both bring comes first", []string{"a", "B"}, does("a", "B", "+new"), map[string]updates.Simulation{"a": does("a", "+new")},
			[]string{"a new", "B"}, []string{"a"}},
		{"one that brings one with a reboot moves", []string{"a", "b", "C"}, does("a", "b", "C"),
			map[string]updates.Simulation{"a b": does("a", "b", "C"), "a": does("a"), "b": does("b", "C")},
			[]string{"a", "C b"}, []string{"a b", "*a", "*b", "a"}},
		{"one that brings a dependency with a reboot moves", []string{"a", "b", "Libc:not-matched"}, does("a", "b", "Libc"),
			map[string]updates.Simulation{"a b": does("a", "b", "Libc"), "a": does("a", "Libc"), "b": does("b")},
			[]string{"b", "Libc a"}, []string{"a b", "*a", "*b", "b"}},
		{"all of them bring one", []string{"a", "B"}, does("a", "B"), map[string]updates.Simulation{"a": does("a", "B")},
			[]string{"B a"}, []string{"a", "*a"}},
		{"one that alone does something else moves", []string{"a", "b", "C"}, does("a", "b", "C"),
			map[string]updates.Simulation{"a b": does("a", "b", "+other"), "a": does("a", "+other"), "b": does("b")},
			[]string{"b", "C a"}, []string{"a b", "*a", "*b", "b"}},
		{"one that has no solution alone moves", []string{"a", "b", "C"}, does("a", "b", "C"),
			map[string]updates.Simulation{"a b": cannot("a needs C"), "a": cannot("a needs C"), "b": does("b")},
			[]string{"b", "C a"}, []string{"a b", "*a", "*b", "b"}},
		{"one that would remove for another's leave moves", []string{"a", "b", "C!"}, does("a", "b", "C", "-old"),
			map[string]updates.Simulation{"a b": does("a", "b", "-old"), "a": does("a", "-old"), "b": does("b")},
			[]string{"b", "C a old"}, []string{"a b", "*a", "*b", "b"}},
		{"only together they bring one", []string{"a", "b", "C"}, does("a", "b", "C"),
			map[string]updates.Simulation{"a b": does("a", "b", "C"), "a": does("a"), "b": does("b")},
			[]string{"C a b"}, []string{"a b", "*a", "*b"}},
		{"one that comes back with another", []string{"a", "b", "C"}, does("a", "b", "C"),
			map[string]updates.Simulation{"a b": does("a", "b", "C"), "a": does("a", "b"), "b": does("b", "C")},
			[]string{"C a b"}, []string{"a b", "*a", "*b", "a", "*a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &solver{t: t, answers: tt.answers}
			got, err := split(t.Context(), s, settled{decisions: loud(pending(tt.pending...)), sim: tt.whole})
			if err != nil {
				t.Fatal(err)
			}
			var parts []string
			for _, step := range steps(policy(approveAll()), observed(), got) {
				parts = append(parts, strings.Join(changeNames(updates.Simulation{Changes: Host{Steps: []Step{step}}.Changes()}), " "))
			}
			if diff := cmp.Diff(tt.want, parts); diff != "" {
				t.Errorf("parts:\n%s", diff)
			}
			if diff := cmp.Diff(tt.asked, s.asked); diff != "" {
				t.Errorf("asked:\n%s", diff)
			}
		})
	}
}

// TestSplitFails: a solver that cannot be asked is no reason for one step.
func TestSplitFails(t *testing.T) {
	gone := errors.New("the host is gone")
	s := &solver{t: t, answers: map[string]updates.Simulation{"a": does("a")}, err: gone}
	_, err := split(t.Context(), s, settled{decisions: loud(pending("a", "B")), sim: does("a", "B")})
	if !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
}

// TestStepsOfASplit: every step has its own restore point, updates, reasons and
// download; the reboot is after the last, whatever it is for.
func TestStepsOfASplit(t *testing.T) {
	ds := loud(pending("a", "B"))
	ds[0].Reason, ds[1].Reason = "all", "all"
	whole, first := does("a", "B", "+new"), does("a")
	whole.Download, first.Download = 5000, 1000
	whole.Undo = []updates.Undo{{Name: "a", Version: "1", Possible: true}, {Name: "B", Version: "1", Possible: true}}
	s := settled{decisions: ds, sim: whole, parts: parts(whole, first)}
	h := hostPlan("h", policy(approveAll()), observed(), s)
	want := []Step{
		{Step: "updates", Download: 1000, RestorePoint: &Point{Provider: "packages", Undoes: []string{"a 1"}, CannotUndo: []string{}},
			Updates: []Entry{{Change: first.Changes[0], Decision: "approved", Rule: "r", Reason: "all"}}},
		{Step: "updates", Download: 4000, Reboot: true, RestorePoint: &Point{Provider: "packages", Undoes: []string{"B 1", "new (new)"}, CannotUndo: []string{}},
			Updates: []Entry{{Change: whole.Changes[0], Decision: "approved", Rule: "r", Reason: "all"},
				{Change: whole.Changes[2], Decision: "dependency", Reason: "needed by what is approved"}}},
	}
	if diff := cmp.Diff(want, h.Steps); diff != "" {
		t.Error(diff)
	}
	for when, reboot := range map[policies.RebootWhen]bool{policies.RebootAlways: true, policies.RebootNever: false, policies.RebootRequired: true} {
		p := policy(approveAll())
		p.Reboot.When = when
		o := observed()
		o.Facts.RebootRequired = true
		got := hostPlan("h", p, o, s).Steps
		if got[0].Reboot || got[1].Reboot != reboot {
			t.Errorf("reboot %q: %v, %v", when, got[0].Reboot, got[1].Reboot)
		}
	}
}

// brings is a solver in which every package brings the others that it needs.
type brings map[string][]string

func (b brings) Together(_ context.Context, want []updates.Want) (updates.Simulation, error) {
	var all []string
	for todo := slices.Clone(want); len(todo) > 0; todo = todo[1:] {
		if slices.Contains(all, todo[0].Name) {
			continue
		}
		all = append(all, todo[0].Name)
		for _, n := range b[todo[0].Name] {
			todo = append(todo, updates.Want{Name: n})
		}
	}
	return does(all...), nil
}

func (b brings) Each(ctx context.Context, want []updates.Want) ([]updates.Simulation, error) {
	var out []updates.Simulation
	for i := range want {
		sim, _ := b.Together(ctx, want[i:i+1]) // never fails
		out = append(out, sim)
	}
	return out, nil
}

// TestSplitHolds: whatever packages bring, the parts are the whole, none twice;
// nothing in the first needs a reboot; and asked for again, step by step, the
// solver says what the plan says.
func TestSplitHolds(t *testing.T) {
	all := []string{"a", "b", "c", "d", "E", "F", "G"}
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		b := brings{}
		for _, n := range all {
			b[n] = rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 2, rapid.ID).Draw(t, n+" brings")
		}
		var words []string
		for _, n := range all {
			words = append(words, n+rapid.SampledFrom([]string{"", "", ":not-matched"}).Draw(t, n))
		}
		ds := loud(pending(words...))
		whole, _ := b.Together(ctx, wants(ds)) // never fails
		got, err := split(ctx, b, settled{decisions: ds, sim: whole})
		if err != nil {
			t.Fatal(err)
		}
		var done, want = []updates.Change{}, []updates.Want{}
		ss := steps(policy(approveAll()), observed(), got)
		for i, step := range ss {
			changes := Host{Steps: []Step{step}}.Changes()
			if len(changes) == 0 && len(whole.Changes) > 0 {
				t.Fatalf("step %d is empty", i)
			}
			for _, c := range changes {
				if i == 0 && len(ss) == 2 && newIndex(ds).needsReboot(c) {
					t.Fatalf("%s needs a reboot and is in the first step", c.Name)
				}
			}
			done = append(done, changes...)
			want = append(want, step.Wanted()...)
			again, _ := b.Together(ctx, want) // never fails
			updates.SortChanges(done)
			if diff := cmp.Diff(again.Changes, done); diff != "" && len(done) > 0 {
				t.Fatalf("step %d, asked for again (-) and planned (+):\n%s", i, diff)
			}
		}
		if diff := cmp.Diff(whole.Changes, done); diff != "" && len(done) > 0 {
			t.Fatalf("the whole (-) and the parts (+):\n%s", diff)
		}
	})
}
