package journal

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// FuzzFold reads events from a database that somebody wrote to by hand.
func FuzzFold(f *testing.F) {
	l := newLife(f)
	l.plan("web", "all", "a", "b")
	l.walk("a", Pending, Checking, Ready, Installing, Installed, Verifying, Restoring, Done)
	l.walk("b", Pending, Checking, Unreachable, Checking)
	l.add("", RunState, RunStateData{State: "finished"})
	f.Add(lines(f, l.events))
	f.Add([]byte(`{"run":"r","host":"a","type":"host.planned","data":{"updates":null}}
{"run":"r","host":"a","type":"step.started","data":{"step":"check"}}
{"run":"r","host":"a","type":"step.finished","data":{"step":"check","error":{}}}
{"run":"r","host":"a","type":"job.intent","data":{"id":"x"}}
{"run":"r","host":"a","type":"job.outcome","data":{"id":"x"}}
{"run":"r","host":"a","type":"point.used","data":null}
{"run":"r","host":"a","type":"host.rebooted","data":{}}
{"run":"r","host":"a","type":"health.taken","data":{"services":null}}
{"run":"r","host":"a","type":"host.verified","data":{}}
{"run":"r","host":"a","type":"action.intent","data":{"id":"r/a/action/x"}}
{"run":"r","host":"a","type":"action.intent","data":{"id":"r/a/action/x"}}
{"run":"r","host":"a","type":"action.outcome","data":{"id":"r/a/action/x","state":"ok"}}
{"run":"r","host":"a","type":"action.outcome","data":{"id":"r/a/action/y"}}
{"run":"r","host":"a","type":"host.noted","data":{"text":"x"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		folder := NewFolder()
		dec := json.NewDecoder(bytes.NewReader(text))
		for {
			var e Event
			if dec.Decode(&e) != nil {
				break
			}
			before := snapshot(t, folder.Run())
			if err := folder.Add(e); err != nil && snapshot(t, folder.Run()) != before {
				t.Fatalf("after %v the run is another", err)
			}
		}
		for _, h := range folder.Run().Hosts {
			if _, ok := RowOf(h.State); !ok || h.Steps == nil || h.Updates == nil || h.Probes == nil || folder.Host(h.Name) != h {
				t.Fatalf("impossible host %+v", h)
			}
		}
	})
}

func lines(t testing.TB, events []Event) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// TestFoldOfRandomLives: hosts that move by the table fold to where they went,
// however their events are mixed, and the journal's JSON keeps it so.
func TestFoldOfRandomLives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLife(t)
		l.plan("web", "all", "a", "b", "c")
		at := map[string]State{"a": Pending, "b": Pending, "c": Pending}
		for range rapid.IntRange(0, 40).Draw(rt, "moves") {
			h := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "host")
			if row, _ := RowOf(at[h]); len(row.Next) > 0 {
				next := rapid.SampledFrom(row.Next).Draw(rt, "next")
				l.walk(h, at[h], next)
				at[h] = next
			}
		}
		r := l.fold()
		for name, state := range at {
			if r.Host(name).State != state {
				rt.Fatalf("host %s is %s, want %s", name, r.Host(name).State, state)
			}
		}
		var again []Event
		dec := json.NewDecoder(bytes.NewReader(lines(t, l.events)))
		for dec.More() {
			var e Event
			if err := dec.Decode(&e); err != nil {
				rt.Fatal(err)
			}
			again = append(again, e)
		}
		folded, err := Fold(again)
		if err != nil || snapshot(t, folded) != snapshot(t, r) {
			rt.Fatalf("after a round through JSON: %v", err)
		}
	})
}
