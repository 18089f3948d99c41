package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/policies"
)

func when() time.Time { return time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC) }

// ran is a run with hosts, "name policy state" each.
func ran(kind, state string, hosts ...string) *journal.Run {
	r := &journal.Run{ID: "r1", Kind: kind, State: state, Started: when()}
	if state != "running" {
		at := when().Add(time.Hour)
		r.Ended = &at
	}
	for _, h := range hosts {
		f := strings.Fields(h)
		host := &journal.Host{Name: f[0], Policy: strings.Trim(f[1], "-"), State: journal.State(f[2])}
		for _, step := range f[3:] {
			host.Steps = append(host.Steps, &journal.Step{Name: step})
		}
		r.Hosts = append(r.Hosts, host)
	}
	return r
}

// told is "receiver event: hosts" for each message.
func told(list []Message) []string {
	out := []string{}
	for _, m := range list {
		s := m.Receiver + " " + m.Event
		if m.Run != nil {
			for _, h := range m.Run.Hosts {
				s += " " + h.Name
			}
		}
		out = append(out, s)
	}
	return out
}

func ops(on ...string) *policies.Notify { return &policies.Notify{Name: "ops", On: on} }

func TestOfRun(t *testing.T) {
	all := ops(policies.NotifyEvents()...)
	pager := &policies.Notify{Name: "pager", On: []string{EventRollbackFailed, EventStopped}}
	pols := []*policies.Policy{
		{Name: "db", Hosts: []string{"d1", "d2"}, Notify: []*policies.Notify{all}},
		{Name: "quiet", Hosts: []string{"q1"}},
		{Name: "web", Hosts: []string{"w1", "w2"}, Notify: []*policies.Notify{all, pager}},
	}
	for _, tc := range []struct {
		name string
		run  *journal.Run
		want []string
	}{
		{"all well", ran("apply", "finished", "w1 web done", "w2 web unchanged"), []string{"ops finished"}},
		{"one failed", ran("apply", "finished", "w1 web failed", "w2 web done"), []string{"ops failed w1", "ops finished w1"}},
		{"rolled back counts as failed", ran("apply", "finished", "w1 web rolled-back rollback"), []string{"ops failed w1", "ops finished w1"}},
		{"lost before failed", ran("apply", "finished", "w1 web failed", "w2 web lost"), []string{"ops failed w2 w1", "ops finished w2 w1"}},
		{"stopped", ran("apply", "stopped", "w1 web failed", "w2 web skipped"), []string{"ops failed w1", "ops stopped w1", "pager stopped w1"}},
		{"unreachable", ran("apply", "finished", "w1 web unreachable"), []string{"ops finished w1", "ops unreachable w1"}},
		{"left out before it came to a policy", ran("apply", "finished", "w1 - unreachable", "x - failed"), []string{"ops finished w1", "ops unreachable w1"}},
		{"the way back failed", ran("apply", "finished", "w1 web failed rollback"), []string{"ops finished w1", "ops rollback-failed w1", "pager rollback-failed w1"}},
		{"while it goes on", ran("apply", "running", "w1 web lost rollback", "w2 web failed"), []string{"ops rollback-failed w1", "pager rollback-failed w1"}},
		{"by hand", ran("rollback", "finished", "w1 web failed", "w2 web rolled-back"), []string{"ops finished w1 w2", "ops rollback-failed w1", "pager rollback-failed w1"}},
		{"soaking", ran("apply", "soaking", "w1 web failed", "w2 web pending"), []string{"ops failed w1"}},
		{"cancelled", ran("apply", "cancelled", "w1 web done"), []string{"ops finished"}},
		{"interrupted", ran("apply", "interrupted", "w1 web failed"), []string{}},
		{"nobody asked", ran("apply", "finished", "q1 quiet failed"), []string{}},
		{"no hosts", ran("apply", "finished"), []string{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := OfRun(tc.run, pols, when())
			if diff := cmp.Diff(tc.want, told(got)); diff != "" {
				t.Error(diff)
			}
			for _, m := range got {
				if m.ID != "r1/"+m.Event+"/"+m.Receiver || m.Schema != Schema || m.Title == "" || !strings.Contains(m.Text, m.ID) {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}

// TestOneMessageForManyHosts: the others are counted.
func TestOneMessageForManyHosts(t *testing.T) {
	p := &policies.Policy{Name: "web", Notify: []*policies.Notify{ops(EventFailed)}}
	r := ran("apply", "finished")
	for i := range 500 {
		name := fmt.Sprintf("h%03d", i)
		p.Hosts = append(p.Hosts, name)
		r.Hosts = append(r.Hosts, &journal.Host{Name: name, Policy: "web", State: journal.Failed, Fault: &journal.Fault{Message: "no"}})
	}
	got := OfRun(r, []*policies.Policy{p}, when())
	if len(got) != 1 || len(got[0].Run.Hosts) != MaxHosts || got[0].Run.More != 490 || got[0].Run.Totals["failed"] != 500 {
		t.Fatalf("%+v", got)
	}
	if got[0].Title != "patchwave: web: 500 hosts failed" || !strings.Contains(got[0].Text, "and 490 hosts more") {
		t.Errorf("%s\n%s", got[0].Title, got[0].Text)
	}
}

func TestOfOpening(t *testing.T) {
	p := &policies.Policy{Name: "web", Notify: []*policies.Notify{ops(EventMissed)}}
	o := Opening{Policy: "web", Window: "sunday", Opens: when(), Closes: when().Add(time.Hour), State: "open"}
	got := OfOpening(o, EventMissed, []*policies.Policy{p, {Name: "other", Notify: p.Notify}}, when())
	if diff := cmp.Diff([]string{"ops missed"}, told(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[0].ID != "web@2026-11-22T02:00:00Z/missed/ops" || got[0].Title != "patchwave: web: missed its window of Sun 2026-11-22 02:00 UTC" {
		t.Errorf("%+v", got[0])
	}
	if got := OfOpening(o, EventSuspended, []*policies.Policy{p}, when()); len(got) > 0 {
		t.Errorf("told what nobody asked for: %+v", got)
	}
	o.Zone = "Asia/Tokyo"
	if got := OfOpening(o, EventMissed, []*policies.Policy{p}, when()); got[0].ID != "web@2026-11-22T02:00:00Z@Asia/Tokyo/missed/ops" {
		t.Errorf("in a zone: %s", got[0].ID)
	}
}

func TestOfNotice(t *testing.T) {
	o := Opening{Policy: "web", Window: "sunday", Opens: when(), Closes: when().Add(time.Hour), State: "open"}
	look := Outlook{Hosts: 3, Updates: 7, Security: 2, Reboots: 1}
	for i := range 12 {
		look.Blockers = append(look.Blockers, Blocker{Host: fmt.Sprint("h", i), Code: "unreachable", Why: "no route"})
	}
	if got := OfNotice(o, look, &policies.Policy{Name: "web"}, when()); got != nil {
		t.Errorf("no notice was asked for: %+v", got)
	}
	p := &policies.Policy{Name: "web", Notice: &policies.Notice{To: []*policies.Notify{{Name: "ops"}, {Name: "owners"}}}}
	got := OfNotice(o, look, p, when())
	if diff := cmp.Diff([]string{"ops notice", "owners notice"}, told(got)); diff != "" {
		t.Fatal(diff)
	}
	m := got[1]
	if m.ID != "web@2026-11-22T02:00:00Z/notice/owners" || m.Title != "patchwave: web: opens Sun 2026-11-22 02:00 UTC, 7 updates on 3 hosts, 12 things in the way" ||
		len(m.Outlook.Blockers) != MaxHosts || m.Outlook.More != 2 || len(look.Blockers) != 12 {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"7 updates on 3 hosts, 2 of them security; 1 host to reboot", "- h0 unreachable: no route", "and 2 more", "window sunday: "} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("no %q in\n%s", want, m.Text)
		}
	}
}
