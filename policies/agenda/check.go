package agenda

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/policies"
)

// Severity says whether a configuration with a finding may be used.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Code names what a finding is about.
type Code string

// What is found, errors first.
const (
	// CodeOverlap: two policies want one host at one time.
	CodeOverlap Code = "overlap"
	// CodeLate: a launch would not be before the close.
	CodeLate Code = "late"
	// CodeNever: a window never opens again.
	CodeNever Code = "never"
	// CodeShut: whenever a window opens, its calendar forbids to start anything.
	CodeShut Code = "shut"
	// CodeEvening: a window opens on the evening before a day off.
	CodeEvening Code = "evening"
	// CodeClose: two policies are launched closer than an hour.
	CodeClose Code = "close"
	// CodeShort: a wave does not fit into what is left of the window.
	CodeShort Code = "short"
	// CodeRebootFirst: a policy that reboots comes before one that does not.
	CodeRebootFirst Code = "reboot-first"
)

// Finding is one thing to tell the operator. Policy, Other and Window are names of
// what it is about, for the caller to find the places; "" where there is none.
type Finding struct {
	Severity Severity
	Code     Code
	Policy   string
	Other    string
	Window   string
	// Summary is one line; Detail says where it comes from and what to do.
	Summary, Detail string
}

// DefaultBatchTime is how long a batch is taken to last where nobody knows.
const DefaultBatchTime = policies.DefaultRunTime

// CheckInput is what Check looks at beside the policies.
type CheckInput struct {
	Now time.Time
	// Windows are looked at even if no policy has them, as those of deferred
	// reboots; those of the policies need not be among them.
	Windows []*policies.Window
	// Zone gives the zone of a host, for host-local windows; nil stands for UTC.
	Zone func(host string) *time.Location
	// Openings is Window.Openings if nil.
	Openings Openings
	// BatchTime is how long a batch is taken to last; zero is DefaultBatchTime.
	BatchTime time.Duration
}

// maxFindings bounds the findings of one code.
const maxFindings = 100

// Check looks for what is wrong or unwise with the times of the policies. Errors
// come first; then the order is that of the codes and of the names. Of one code
// there is at most one finding for a policy (for a pair, for a window), and of
// more than a hundred the rest is only counted.
func Check(pols []*policies.Policy, in CheckInput) []Finding {
	if in.BatchTime <= 0 {
		in.BatchTime = DefaultBatchTime
	}
	if in.Openings == nil {
		in.Openings = (*policies.Window).Openings
	}
	if in.Zone == nil {
		in.Zone = func(string) *time.Location { return nil }
	}
	sorted := slices.Clone(pols)
	slices.SortFunc(sorted, func(a, b *policies.Policy) int { return strings.Compare(a.Name, b.Name) })
	c := &checker{CheckInput: in, pols: sorted, relation: Relate(sorted), lines: newLines(in.Now), seen: map[Finding]bool{}}
	c.overlaps()
	c.windows()
	c.rebootFirst()
	return c.sorted()
}

// checker collects findings.
type checker struct {
	CheckInput
	pols     []*policies.Policy
	relation Relation
	lines    *lines
	found    []Finding
	// seen has what was found, without its words.
	seen map[Finding]bool
}

// add takes a finding unless there is one like it.
func (c *checker) add(f Finding) {
	key := f
	key.Summary, key.Detail = "", ""
	if f.Code != CodeOverlap && f.Code != CodeRebootFirst {
		key.Other = "" // one for a policy
	}
	if !c.seen[key] {
		c.seen[key] = true
		c.found = append(c.found, f)
	}
}

// codes is the order of findings.
var codes = map[Code]int{CodeOverlap: 0, CodeLate: 1, CodeNever: 2, CodeShut: 3, CodeEvening: 4, CodeClose: 5, CodeShort: 6, CodeRebootFirst: 7}

func (c *checker) sorted() []Finding {
	slices.SortFunc(c.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(codes[a.Code], codes[b.Code]), strings.Compare(a.Window, b.Window),
			strings.Compare(a.Policy, b.Policy), strings.Compare(a.Other, b.Other))
	})
	out := []Finding{}
	count := map[Code]int{}
	for i, f := range c.found {
		if count[f.Code]++; count[f.Code] <= maxFindings {
			out = append(out, f)
		}
		if more := count[f.Code] - maxFindings; more > 0 && (i+1 == len(c.found) || c.found[i+1].Code != f.Code) {
			out = append(out, Finding{Severity: f.Severity, Code: f.Code, Summary: fmt.Sprintf("%d more of this kind", more),
				Detail: fmt.Sprintf("Only the first %d are listed. Correct those and look again.", maxFindings)})
		}
	}
	return out
}

func (c *checker) overlaps() {
	for _, o := range overlaps(c.pols, c.relation, c.lines, c.Zone) {
		others := ""
		if o.Hosts > 1 {
			others = fmt.Sprintf(" and %d other hosts", o.Hosts-1)
			if o.Hosts == 2 {
				others = " and another host"
			}
		}
		c.add(Finding{
			Severity: Error, Code: CodeOverlap, Policy: o.Policy, Other: o.Other,
			Summary: fmt.Sprintf("policies %q and %q claim host %q%s at the same time", o.Policy, o.Other, o.Host, others),
			Detail: fmt.Sprintf("Both windows are open from %s to %s. Let one name the other in after, move a window, or leave the host to one of them.",
				instant(o.From), instant(o.To.In(o.From.Location()))),
		})
	}
}

// rebootFirst looks for policies without reboot that are after one that reboots,
// where they meet: in a window or on a host.
func (c *checker) rebootFirst() {
	for _, p := range c.pols {
		if !p.NoReboot() {
			continue
		}
		for _, q := range c.pols {
			if q.NoReboot() || !c.relation.After(p.Name, q.Name) || !together(p, q) {
				continue
			}
			c.add(Finding{
				Severity: Warning, Code: CodeRebootFirst, Policy: p.Name, Other: q.Name,
				Summary: fmt.Sprintf("policy %q reboots before policy %q, which does not", q.Name, p.Name),
				Detail:  "What needs no reboot should be installed first, so that a reboot that goes wrong costs the least. Turn their after around, or leave it out.",
			})
			break
		}
	}
}

// together reports whether two policies share a window or a host.
func together(p, q *policies.Policy) bool {
	if p.Window != nil && q.Window != nil && p.Window.Name == q.Window.Name {
		return true
	}
	return slices.ContainsFunc(p.Hosts, func(h string) bool {
		_, ok := slices.BinarySearch(q.Hosts, h)
		return ok
	})
}

// instant writes a time for people.
func instant(t time.Time) string { return t.Format("Mon 2006-01-02 15:04 MST") }
