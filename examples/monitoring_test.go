package examples_test

import (
	"fmt"
	"strings"
	"testing"

	"patchwave/engine/report/metrics"
	"patchwave/policies"
)

// TestMonitoring holds the tables of MONITORING.md against what is told and written.
func TestMonitoring(t *testing.T) {
	text := read(t, "MONITORING.md")
	_, events, _ := strings.Cut(text, "| event | when |\n|---|---|\n")
	events, _, _ = strings.Cut(events, "\n\n")
	for _, e := range policies.NotifyEvents() {
		if strings.Count(events, "| `"+e+"` |") != 1 {
			t.Errorf("event %s is not in the table", e)
		}
	}
	if got := strings.Count(events, "\n") + 1; got != len(policies.NotifyEvents()) {
		t.Errorf("%d events in the table", got)
	}
	_, table, _ := strings.Cut(text, "| metric | labels | what it is |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want strings.Builder
	for _, f := range metrics.Families() {
		fmt.Fprintf(&want, "| `%s` | `%s` | %s |\n", f.Name, strings.Join(f.Labels, "`, `"), f.Help)
	}
	if strings.TrimSpace(table) != strings.TrimSpace(want.String()) {
		t.Errorf("the table of metrics should be\n%s", want.String())
	}
}
