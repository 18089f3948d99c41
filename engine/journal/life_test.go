package journal

import (
	"encoding/json"
	"testing"
	"time"
)

// life writes the events of a run as an engine would, a second apart.
type life struct {
	t      testing.TB
	run    string
	at     time.Time
	events []Event
}

func newLife(t testing.TB) *life {
	t.Helper()
	l := &life{t: t, run: "r1", at: time.Date(2026, 11, 3, 2, 0, 0, 0, time.UTC)}
	l.add("", RunStarted, RunStartedData{PlanID: "p1", PlanDigest: "sha256:ab", ConfigDigest: "sha256:cd", Kind: "apply", Rollout: "o1",
		Trigger: "timer", Actor: "root", Reason: "", Controller: "c1", Fence: 7, PID: 41, BootID: "b0", ProcStart: "100"})
	return l
}

func (l *life) add(host string, typ Type, data any) {
	l.t.Helper()
	e, err := New(l.run, host, l.at, typ, data)
	if err != nil {
		l.t.Fatal(err)
	}
	e.Seq = int64(len(l.events) + 1)
	l.events = append(l.events, e)
	l.at = l.at.Add(time.Second)
}

// plan puts hosts into a wave, each into a batch of its own.
func (l *life) plan(policy, wave string, hosts ...string) {
	l.t.Helper()
	for i, h := range hosts {
		l.add(h, HostPlanned, HostPlannedData{Policy: policy, Wave: wave, Batch: i + 1, Updates: []UpdateRecord{
			{Name: "labtool", Arch: "amd64", Action: "upgrade", From: "1.0-1", To: "1.1-1", State: "pending"}}})
	}
}

// walk moves a host along states, beginning with the one it is in.
func (l *life) walk(host string, states ...State) {
	l.t.Helper()
	for i := 1; i < len(states); i++ {
		l.add(host, HostState, HostStateData{From: states[i-1], To: states[i]})
	}
}

func (l *life) fold() *Run {
	l.t.Helper()
	r, err := Fold(l.events)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// raw is an event whose payload is written out.
func raw(run, host string, typ Type, data string) Event {
	return Event{Run: run, Host: host, Type: typ, V: 1, Data: json.RawMessage(data)}
}

// snapshot is a run with all that its JSON leaves out.
func snapshot(t testing.TB, r *Run) string {
	t.Helper()
	type host struct {
		*Host
		Goal   State
		Jobs   []*Job
		Health *HealthData
		Since  time.Time
	}
	hosts := make([]host, len(r.Hosts))
	for i, h := range r.Hosts {
		hosts[i] = host{h, h.Goal, h.Jobs, h.Health, h.Since}
	}
	b, err := json.MarshalIndent(struct {
		*Run
		Start   RunStartedData
		Breaker *BreakerData
		Hosts   []host
	}{r, r.Start, r.Breaker, hosts}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
