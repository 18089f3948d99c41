package journal

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The lines of doc.go between which the diagram stands.
const (
	diagramBegin = "// # The states of a host\n"
	diagramEnd   = "package journal\n"
)

// diagram draws the state table as the comment of the package has it.
func diagram() string {
	var b strings.Builder
	b.WriteString(diagramBegin + "//\n")
	b.WriteString("// Drawn from the table States by go test -update. A star marks the states in\n")
	b.WriteString("// which something on the host may have been changed.\n//\n")
	var ends []string
	for _, row := range States() {
		if len(row.Next) == 0 {
			ends = append(ends, string(row.State))
			continue
		}
		mark := " "
		if row.Begun {
			mark = "*"
		}
		fmt.Fprintf(&b, "//\t%s %-12s %s\n", mark, row.State, row.Entered)
		for i, line := range wrap(row.Next, 60) {
			arrow := "└─►"
			if i > 0 {
				arrow = "   "
			}
			fmt.Fprintf(&b, "//\t   %s %s\n", arrow, line)
		}
		fmt.Fprintf(&b, "//\t   on resume: %s\n", row.OnResume)
	}
	fmt.Fprintf(&b, "//\n// The ends are %s and %s.\n", strings.Join(ends[:len(ends)-1], ", "), ends[len(ends)-1])
	b.WriteString(diagramEnd)
	return b.String()
}

// wrap sets states in lines of at most width letters.
func wrap(states []State, width int) []string {
	lines := []string{""}
	for _, s := range states {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = string(s)
		case len(*last)+len(s)+1 > width:
			lines = append(lines, string(s))
		default:
			*last += " " + string(s)
		}
	}
	return lines
}

func TestDiagramIsUpToDate(t *testing.T) {
	b, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(b), diagramBegin)
	if !ok {
		head = strings.TrimSuffix(string(b), diagramEnd) + "//\n"
	}
	want := head + diagram()
	if *update {
		if err := os.WriteFile("doc.go", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Errorf("the diagram in doc.go is not the table (-want +got); run: go test ./engine/journal -update\n%s", diff)
	}
}
