package sim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

func TestSolver(t *testing.T) {
	m := assorted()
	m.Packages = append(m.Packages, sim.Package{Name: "lost", Version: "1", Gone: true})
	m.Updates = append(m.Updates, sim.Offer{Name: "lost", Version: "2"})
	_, s := one(t, m)
	solver := plan.HostSolver{Session: s, Host: "m1", Manager: apt.New(), Become: true}
	up := func(name, arch, from, to string) updates.Change {
		return updates.Change{Action: updates.ActionUpgrade, Name: name, Arch: arch, From: from, To: to}
	}
	for _, tt := range []struct {
		name  string
		want  []updates.Want
		out   []updates.Change
		fails string
	}{
		{name: "one", want: []updates.Want{{Name: "tzdata", Arch: "all", Version: "2026b-0+deb12u1"}},
			out: []updates.Change{up("tzdata", "all", "2025b-0+deb12u1", "2026b-0+deb12u1")}},
		{name: "pulls in what it needs", want: []updates.Want{{Name: "openssl", Arch: "amd64", Version: "3.0.18-1~deb12u1"}},
			out: []updates.Change{up("libssl3", "amd64", "3.0.17-1~deb12u2", "3.0.18-1~deb12u1"), up("openssl", "amd64", "3.0.17-1~deb12u2", "3.0.18-1~deb12u1")}},
		{name: "installs", want: []updates.Want{{Name: "wants-new", Arch: "amd64", Version: "2"}},
			out: []updates.Change{{Action: updates.ActionInstall, Name: "brand-new", Arch: "amd64", To: "1"}, up("wants-new", "amd64", "1", "2")}},
		{name: "removes", want: []updates.Want{{Name: "conflicts", Arch: "amd64", Version: "2"}},
			out: []updates.Change{up("conflicts", "amd64", "1", "2"), {Action: updates.ActionRemove, Name: "victim", Arch: "all", From: "1"}}},
		{name: "phased, if asked by version", want: []updates.Want{{Name: "phased", Arch: "amd64", Version: "2"}},
			out: []updates.Change{up("phased", "amd64", "1", "2")}},
		{name: "foreign", want: []updates.Want{{Name: "foreign", Arch: "i386", Version: "1:2"}}, out: []updates.Change{up("foreign", "i386", "1:2~rc1", "1:2")}},
		{name: "an older one than the newest", want: []updates.Want{{Name: "interim", Arch: "amd64", Version: "2"}}, out: []updates.Change{up("interim", "amd64", "1", "2")}},
		{name: "there already", want: []updates.Want{{Name: "interim", Arch: "amd64", Version: "1"}}},
		{name: "held", want: []updates.Want{{Name: "held", Arch: "amd64", Version: "2"}}, fails: "Held packages were changed"},
		{name: "unknown", want: []updates.Want{{Name: "nosuch", Arch: "amd64", Version: "2"}}, fails: "Unable to locate package nosuch"},
		{name: "no such version", want: []updates.Want{{Name: "curl", Arch: "amd64", Version: "99"}}, fails: "Version '99' for 'curl' was not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, err := solver.Together(t.Context(), tt.want)
			if err != nil {
				t.Fatal(err)
			}
			if tt.fails != "" {
				if sim.OK || !strings.Contains(sim.Problem.Message, tt.fails) {
					t.Errorf("%+v %+v", sim, sim.Problem)
				}
				return
			}
			if diff := cmp.Diff(tt.out, sim.Changes); diff != "" || !sim.OK {
				t.Errorf("ok %v %+v\n%s", sim.OK, sim.Problem, diff)
			}
		})
	}
	both, err := solver.Each(t.Context(), []updates.Want{{Name: "held", Arch: "amd64", Version: "2"}, {Name: "interim", Arch: "amd64", Version: "3"}})
	if err != nil || len(both) != 2 || both[0].OK || !both[1].OK {
		t.Errorf("each: %+v %v", both, err)
	}
	undo, err := solver.Together(t.Context(), []updates.Want{{Name: "lost", Arch: "amd64", Version: "2"}, {Name: "interim", Arch: "amd64", Version: "3"}})
	want := []updates.Undo{{Name: "lost", Arch: "amd64", Version: "1"}, {Name: "interim", Arch: "amd64", Version: "1", Possible: true}}
	if diff := cmp.Diff(want, undo.Undo); err != nil || diff != "" || undo.Download == 0 {
		t.Errorf("%v %d\n%s", err, undo.Download, diff)
	}
}
