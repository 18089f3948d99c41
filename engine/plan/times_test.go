package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

func TestSetTimes(t *testing.T) {
	night := &policies.Window{Name: "night"}
	web := rollout(policies.Wave{Name: "canary", Soak: 24 * time.Hour}, policies.Wave{Name: "empty", Soak: 72 * time.Hour}, policies.Wave{Name: "rest"})
	web.Window = night
	byHand := rollout(policies.Wave{Name: "first", Soak: time.Hour}, policies.Wave{Name: "second"})
	byHand.Name = "by-hand"
	shut := rollout(policies.Wave{Name: "all"})
	shut.Name, shut.Window = "shut", night

	launch := func(policy string, day int, open bool) agenda.Launch {
		opens := noon().AddDate(0, 0, day)
		l := agenda.Launch{Occurrence: agenda.Occurrence{Policy: policy, Opens: opens}, Closes: opens.Add(4 * time.Hour)}
		if open {
			l.Launch = opens.Add(90 * time.Minute)
		}
		return l
	}
	launches := []agenda.Launch{launch("web", 0, true), launch("shut", 0, false), launch("web", 1, false), launch("web", 3, true)}
	p := &Plan{Waves: []Wave{
		{Policy: "web", Name: "canary"}, {Policy: "by-hand", Name: "first"}, {Policy: "shut", Name: "all"}, {Policy: "unknown", Name: "all"},
		{Policy: "web", Name: "rest"}, {Policy: "by-hand", Name: "second"}}}
	before := p.ComputeDigest()
	times := func() []string {
		var out []string
		for _, w := range p.Waves {
			s := w.Policy + "/" + w.Name + " never"
			if w.NotBefore != nil {
				s = w.Policy + "/" + w.Name + w.NotBefore.Format(" 02 15:04")
			}
			out = append(out, s)
		}
		return out
	}
	pols := []*policies.Policy{byHand, shut, web}
	p.SetTimes(pols, noon(), launches)
	want := []string{"web/canary 20 13:30", "by-hand/first 20 12:00", "shut/all never", "unknown/all never", "web/rest 23 13:30", "by-hand/second 20 13:00"}
	if diff := cmp.Diff(want, times()); diff != "" {
		t.Error(diff)
	}
	if after := p.ComputeDigest(); after != before {
		t.Errorf("digest %s; it was %s", after, before)
	}
	// again, later: nothing is left of the first time
	p.SetTimes(pols, noon().AddDate(0, 0, 4), launches)
	want = []string{"web/canary never", "by-hand/first 24 12:00", "shut/all never", "unknown/all never", "web/rest never", "by-hand/second 24 13:00"}
	if diff := cmp.Diff(want, times()); diff != "" {
		t.Error(diff)
	}
}
