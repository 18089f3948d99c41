package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
)

// Severity says how bad a diagnostic is.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is one thing that is wrong at one place.
type Diagnostic struct {
	Severity Severity
	// Summary says what is wrong, lower case, without a full stop.
	Summary string
	// Detail says why and what to do next; may be empty.
	Detail string
	// Pos is the place; its zero value means the configuration as a whole.
	Pos inventory.Position
	// Related are other places that belong to it ("first declared here").
	Related []inventory.Position
	Snippet Snippet
}

// Snippet is the source line a diagnostic is about.
type Snippet struct {
	// Line is the text of the line without its end, "" if there is none.
	Line string
	// Start and End are byte offsets into Line of what is underlined.
	Start, End int
	// Hidden says that the line was left out because a secret stands in it.
	Hidden bool
}

// String returns the diagnostic in one line: place, severity, summary, detail.
func (d Diagnostic) String() string {
	var b strings.Builder
	if d.Pos.File != "" {
		fmt.Fprintf(&b, "%s: ", Place(d.Pos))
	}
	fmt.Fprintf(&b, "%s: %s", d.Severity, d.Summary)
	if d.Detail != "" {
		fmt.Fprintf(&b, "; %s", d.Detail)
	}
	return b.String()
}

// Place formats a position as file:line:column.
func Place(p inventory.Position) string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Diagnostics are all that is wrong, sorted by place.
type Diagnostics []Diagnostic

// HasErrors reports whether one of them is an error.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// Counts returns how many errors and how many warnings there are.
func (ds Diagnostics) Counts() (errors, warnings int) {
	for _, d := range ds {
		if d.Severity == Error {
			errors++
		} else {
			warnings++
		}
	}
	return errors, warnings
}

// Sort orders by file, line, column, errors before warnings at one place; the
// order of equal ones is kept.
func (ds Diagnostics) Sort() {
	slices.SortStableFunc(ds, func(a, b Diagnostic) int {
		return cmp.Or(
			ComparePositions(a.Pos, b.Pos),
			cmp.Compare(a.Severity, b.Severity),
		)
	})
}

// ComparePositions orders positions by file, line and column.
func ComparePositions(a, b inventory.Position) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Column, b.Column),
	)
}

// Err returns the errors as one Go error, or nil if there is none. It names the
// first and counts the others, for callers that have no place for a list.
func (ds Diagnostics) Err() error {
	n, _ := ds.Counts()
	if n == 0 {
		return nil
	}
	first := ds[slices.IndexFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })]
	if n == 1 {
		return fmt.Errorf("the configuration is not valid: %s", first)
	}
	return fmt.Errorf("the configuration is not valid: %s (and %d more; run `patchwave validate`)", first, n-1)
}
