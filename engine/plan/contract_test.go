package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

// members returns the members of the object that stands at path, a list stands
// for its first element.
func members(t *testing.T, text string, path ...string) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("%v: no object before %s", path, p)
		}
		v = m[p]
		if l, ok := v.([]any); ok {
			v = l[0]
		}
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object", path)
	}
	return slices.Sorted(maps.Keys(m))
}

// TestContractOfTheDocument: the plan command promises these members; more may
// come, none may go.
func TestContractOfTheDocument(t *testing.T) {
	text := encoded(t, sealed(t, nil))
	host := []string{"waves", "batches", "hosts"}
	step := append(slices.Clone(host), "steps")
	for _, tt := range []struct {
		path, want []string
	}{
		{nil, []string{"schema", "id", "created", "expires", "digest", "config_digest", "waves", "excluded"}},
		{[]string{"waves"}, []string{"policy", "name", "not_before", "batches"}},
		{[]string{"waves", "batches"}, []string{"hosts"}},
		{host, []string{"name", "steps", "skipped"}},
		{step, []string{"step", "restore_point", "updates", "reboot"}},
		{append(slices.Clone(step), "restore_point"), []string{"provider", "undoes", "cannot_undo"}},
		{append(slices.Clone(step), "updates"), []string{"name", "arch", "action", "from", "to", "decision", "rule"}},
		{append(slices.Clone(host), "skipped"), []string{"name", "decision", "rule", "until"}},
		{[]string{"excluded"}, []string{"host", "code", "reason"}},
	} {
		got := members(t, text, tt.path...)
		for _, m := range tt.want {
			if !slices.Contains(got, m) {
				t.Errorf("%v has no member %q: %v", tt.path, m, got)
			}
		}
	}
}

// TestEmptyListsAreLists: a plan of nothing, and a host with nothing to do, have
// [] and never null.
func TestEmptyListsAreLists(t *testing.T) {
	h := hostPlan("a", policy(approveAll()), inventory.Observation{}, settled{})
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"name":"a","steps":[],"skipped":[],"notes":[]}`; string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	p, err := Planner{Now: noon}.Plan(t.Context(), Request{Inventory: &inventory.Inventory{}, ConfigDigest: "sha256:cd"})
	if err != nil {
		t.Fatal(err)
	}
	p.ID = "p1"
	b, err = json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"patchwave/plan/v1","id":"p1","created":"2026-11-20T12:00:00Z","expires":"2026-11-21T12:00:00Z",` +
		`"digest":"` + p.Digest + `","config_digest":"sha256:cd","waves":[],"excluded":[]}`
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Error(diff)
	}
}

// TestSealedPlans have an id that sorts by time, and times in UTC to the second.
func TestSealedPlans(t *testing.T) {
	now := func() time.Time { return noon().In(time.FixedZone("", 3600)).Add(123 * time.Millisecond) }
	seen := map[string]bool{}
	for range 20 {
		p, err := Planner{Now: now}.Plan(t.Context(), Request{Inventory: &inventory.Inventory{}})
		if err != nil {
			t.Fatal(err)
		}
		if seen[p.ID] || len(p.ID) != len("p20261120-120000-0badcafe") || p.ID[:17] != "p20261120-120000-" {
			t.Errorf("id %s", p.ID)
		}
		seen[p.ID] = true
		if p.Created.Location() != time.UTC || !p.Created.Equal(noon()) || p.Expires.Sub(p.Created) != Lifetime || p.Digest != digestOf(t, p) {
			t.Errorf("%+v", p)
		}
	}
}
