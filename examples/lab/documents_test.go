//go:build lab

package lab_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// The documents that patchwave prints with -o json, as far as trials look at
// them.

type faultDoc struct{ Code, Message string }

// scanDoc is patchwave/scan/v1.
type scanDoc struct {
	Hosts []scanHost
}

type scanHost struct {
	Name  string
	State string
	Error faultDoc
	Facts struct {
		Reboot bool `json:"reboot_required"`
	}
	Updates []scanUpdate
	Notes   []string
	// Duration is in milliseconds.
	Duration int64 `json:"duration_ms"`
}

type scanUpdate struct {
	Name, Arch, From, To     string
	Classification, Severity string
	Advisories, CVEs         []string
	Reboot                   bool
	BlockedBy                *string `json:"blocked_by"`
}

// blocked is what keeps the update back, "" for nothing.
func (u scanUpdate) blocked() string {
	if u.BlockedBy == nil {
		return ""
	}
	return *u.BlockedBy
}

func (d scanDoc) host(t *testing.T, name string) scanHost {
	t.Helper()
	i := slices.IndexFunc(d.Hosts, func(h scanHost) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("the document has no host %s", name)
	}
	return d.Hosts[i]
}

// planDoc is patchwave/plan/v1.
type planDoc struct {
	ID    string
	Waves []struct {
		Batches []struct{ Hosts []planHost }
	}
	Excluded []struct{ Host, Code, Reason string }
}

type planHost struct {
	Name  string
	Steps []struct {
		Updates []change
		Reboot  bool
	}
	Skipped []struct{ Name, To, Decision, Reason string }
}

type change struct {
	Action, Name, Arch, From, To string
	Decision, State, Why         string
}

// line is a change as trials compare it.
func (c change) line() string {
	return strings.TrimSpace(strings.Join([]string{c.Action, c.Name, c.To}, " "))
}

func (d planDoc) host(t *testing.T, name string) planHost {
	t.Helper()
	for _, w := range d.Waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				if h.Name == name {
					return h
				}
			}
		}
	}
	t.Fatalf("the plan has no host %s: %+v", name, d)
	return planHost{}
}

// changes are the lines of all changes, sorted.
func (h planHost) changes() []string {
	lines := []string{}
	for _, s := range h.Steps {
		for _, c := range s.Updates {
			lines = append(lines, c.line())
		}
	}
	slices.Sort(lines)
	return lines
}

// skipped is the decision about each update that is left out.
func (h planHost) skipped() map[string]string {
	decisions := map[string]string{}
	for _, s := range h.Skipped {
		decisions[s.Name] = s.Decision
	}
	return decisions
}

// runDoc is what apply, rollback, status and show print.
type runDoc struct {
	Run   struct{ ID, State string }
	Hosts []runHost
}

type runHost struct {
	Name    string
	State   string
	Why     string
	Error   faultDoc
	Updates []change
	Steps   []struct {
		Name, State string
		Finished    *time.Time
	}
	Reboots int
	// Verification is what was compared and asked.
	Verification []struct {
		Kind, Name, Detail string
		OK                 bool
	}
	Notes   []string
	Actions []struct {
		Name, State string
		Undo        bool
		Output      string
	}
}

// ended is when the last step of the host was over.
func (h runHost) ended(t *testing.T) time.Time {
	t.Helper()
	var last time.Time
	for _, s := range h.Steps {
		if s.Finished != nil && s.Finished.After(last) {
			last = *s.Finished
		}
	}
	if last.IsZero() {
		t.Errorf("%s has no step that is over: %+v", h.Name, h.Steps)
	}
	return last
}

func (d runDoc) host(t *testing.T, name string) runHost {
	t.Helper()
	i := slices.IndexFunc(d.Hosts, func(h runHost) bool { return h.Name == name })
	if i < 0 {
		t.Fatalf("the run has no host %s", name)
	}
	return d.Hosts[i]
}

// states are the states of all hosts.
func (d runDoc) states() map[string]string {
	states := map[string]string{}
	for _, h := range d.Hosts {
		states[h.Name] = h.State
	}
	return states
}

// everywhere is the same state for each of some hosts.
func everywhere(state string, names ...string) map[string]string {
	states := map[string]string{}
	for _, name := range names {
		states[name] = state
	}
	return states
}

// decode reads a document that patchwave printed.
func decode[T any](t *testing.T, r labhost.Result) T {
	t.Helper()
	var document T
	if err := json.Unmarshal([]byte(r.Stdout), &document); err != nil {
		t.Fatalf("patchwave printed no JSON: %v\n%s\n%s", err, r.Stdout, r.Stderr)
	}
	return document
}

// lines are the lines of a text, sorted, without those of Debian's rpm about
// itself.
func lines(text string) []string {
	found := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "rpm: RPM should not be used") {
			found = append(found, line)
		}
	}
	slices.Sort(found)
	return found
}

// firstWord is a line up to its first space.
func firstWord(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}
