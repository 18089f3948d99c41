package report

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update writes the golden files anew:
//
//	go test ./engine/report -update
var update = flag.Bool("update", false, "write the golden files anew")

// golden compares the JSON of a document with a file of testdata.
func golden(t *testing.T, name string, doc any) {
	t.Helper()
	got, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); if it is meant, run: go test ./engine/report -update\n%s", path, diff)
	}
}

// has checks that the object at path has members; a list on the way stands for
// its first element. Others may come; none of these may go within v1.
func has(t *testing.T, doc any, path []string, members ...string) {
	t.Helper()
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("%v: no object before %s", path, p)
		}
		v = m[p]
		if l, ok := v.([]any); ok && len(l) > 0 {
			v = l[0]
		}
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no object but %v", path, v)
	}
	for _, member := range members {
		if _, ok := m[member]; !ok {
			t.Errorf("%v has no member %q: %v", path, member, slices.Sorted(maps.Keys(m)))
		}
	}
}
