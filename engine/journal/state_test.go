package journal

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// every is all states, in the order of the constants.
func every() []State {
	return []State{Pending, Checking, Unreachable, Protecting, Ready, Installing, Installed, Rebooting, Verifying,
		RollingBack, Restoring, Done, Unchanged, Failed, Deferred, Skipped, RolledBack, Cancelled, Lost}
}

// contract is the state table once more, written down apart from it: a move that
// is added or lost must be meant.
func contract() map[State]string {
	return map[State]string{
		"":          "pending",
		Pending:     "checking skipped deferred cancelled",
		Checking:    "protecting ready unchanged unreachable failed skipped deferred cancelled",
		Unreachable: "checking",
		Protecting:  "ready restoring failed lost deferred cancelled",
		Ready:       "installing rolling-back restoring deferred skipped cancelled",
		Installing:  "installed failed rolling-back restoring lost",
		Installed:   "rebooting verifying rolling-back restoring",
		Rebooting:   "verifying rolling-back restoring failed lost",
		Verifying:   "ready restoring rolling-back lost",
		RollingBack: "restoring failed lost",
		Restoring:   "done unchanged failed rolled-back deferred skipped cancelled lost",
	}
}

func TestTableListsEveryStateOnce(t *testing.T) {
	var got []State
	for _, row := range States() {
		got = append(got, row.State)
	}
	if diff := cmp.Diff(every(), got); diff != "" {
		t.Error(diff)
	}
}

// TestCheck asks for every pair of states.
func TestCheck(t *testing.T) {
	words := contract()
	for _, from := range append([]State{"", "asleep"}, every()...) {
		legal := strings.Fields(words[from])
		for _, to := range append([]State{"", "asleep"}, every()...) {
			err := Check(from, to)
			if want := slices.Contains(legal, string(to)); want != (err == nil) {
				t.Errorf("Check(%q, %q) = %v, want legal %v", from, to, err, want)
			}
			if err != nil && !strings.Contains(err.Error(), `"`+string(to)+`"`) {
				t.Errorf("Check(%q, %q) = %q: it does not name the state", from, to, err)
			}
		}
	}
}

func TestEnds(t *testing.T) {
	ends := []State{Unreachable, Done, Unchanged, Failed, Deferred, Skipped, RolledBack, Cancelled, Lost}
	for _, s := range append([]State{"", "asleep"}, every()...) {
		if got, want := s.Ended(), slices.Contains(ends, s); got != want {
			t.Errorf("%q.Ended() = %v", s, got)
		}
	}
}

// TestRows: an end leads nowhere, everything else says what a resume does.
func TestRows(t *testing.T) {
	for _, row := range States() {
		if row.Entered == "" {
			t.Errorf("%s does not say when it is entered", row.State)
		}
		if end := len(row.Next) == 0; end != (row.OnResume == ResumeNothing) {
			t.Errorf("%s: next %v, on resume %q", row.State, row.Next, row.OnResume)
		}
		for i, n := range row.Next {
			if _, ok := RowOf(n); !ok || n == row.State || slices.Contains(row.Next[:i], n) {
				t.Errorf("%s leads to %q", row.State, n)
			}
		}
	}
	if _, ok := RowOf("asleep"); ok {
		t.Error("RowOf knows a state that is none")
	}
}

// TestBegunIsNeverForgotten: once something may have been changed, no move leads
// back to a state in which nothing was, but over ends that say so.
func TestBegunIsNeverForgotten(t *testing.T) {
	for _, row := range States() {
		for _, n := range row.Next {
			if next, _ := RowOf(n); row.Begun && !next.Begun && !n.Ended() {
				t.Errorf("%s leads to %s, which says that nothing was begun", row.State, n)
			}
		}
	}
}

// TestEveryStateIsReachedAndLeft: there is a way from pending to every state, and
// from every state to an end.
func TestEveryStateIsReachedAndLeft(t *testing.T) {
	for _, s := range every() {
		if way(s) == nil {
			t.Errorf("no way leads to %s", s)
		}
		if !endsFrom(s, map[State]bool{}) {
			t.Errorf("no way leads from %s to an end", s)
		}
	}
}

// way returns the shortest way from pending to a state, both ends included.
func way(to State) []State {
	ways := [][]State{{Pending}}
	seen := map[State]bool{Pending: true}
	for len(ways) > 0 {
		w := ways[0]
		ways = ways[1:]
		last := w[len(w)-1]
		if last == to {
			return w
		}
		row, _ := RowOf(last)
		for _, n := range row.Next {
			if !seen[n] {
				seen[n] = true
				ways = append(ways, append(slices.Clone(w), n))
			}
		}
	}
	return nil
}

func endsFrom(s State, seen map[State]bool) bool {
	row, _ := RowOf(s)
	if len(row.Next) == 0 {
		return true
	}
	seen[s] = true
	return slices.ContainsFunc(row.Next, func(n State) bool { return !seen[n] && endsFrom(n, seen) })
}
