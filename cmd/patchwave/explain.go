package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/feeds"
	"patchwave/engine/plan"
	"patchwave/engine/report/safe"
	"patchwave/inventory"
	"patchwave/policies"
)

// explainDoc is the document of explain.
type explainDoc struct {
	Schema   string          `json:"schema"`
	Host     string          `json:"host"`
	Scanned  *time.Time      `json:"scanned"`
	Policies []explainPolicy `json:"policies"`
}

type explainPolicy struct {
	Policy string `json:"policy"`
	inventory.Position
	Window      *string         `json:"window"`
	NextOpening *openingDoc     `json:"next_opening"`
	Wave        *string         `json:"wave"`
	Updates     []explainUpdate `json:"updates"`
}

type explainUpdate struct {
	Name           string                   `json:"name"`
	Arch           string                   `json:"arch"`
	Title          string                   `json:"title,omitempty"`
	From           string                   `json:"from"`
	To             string                   `json:"to"`
	Classification inventory.Classification `json:"classification"`
	Severity       inventory.Severity       `json:"severity"`
	Decision       string                   `json:"decision"`
	Rule           *string                  `json:"rule"`
	File           *string                  `json:"file"`
	Line           *int                     `json:"line"`
	Reason         string                   `json:"reason"`
	// Due is when an approved update can be installed: in the next opening, or now
	// where no window stands in the way.
	Due *time.Time `json:"due"`
	// Until is when the decision changes by itself; null if it does not.
	Until *time.Time `json:"until"`
}

func (a *app) explainCmd() *cobra.Command {
	return &cobra.Command{
		Use: "explain HOST [UPDATE]", Short: "Say why: which policy, which rule at which line, due when, in which window and wave", GroupID: "daily",
		Long: "Answers from the last scan and asks no host. What only the host's own package manager can tell (which other\n" +
			"packages come with an update, what would be removed) is taken from the newest plan since that scan; without\n" +
			"one the decision is the baseline's alone. UPDATE is the name of a package, or a glob.",
		Example: "  patchwave explain web-01\n  patchwave explain web-01 openssl\n  patchwave explain db-01 'linux-*' -o json",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd, existing, func(s *session) error {
				doc, err := a.explain(cmd.Context(), s, args[0], strings.Join(args[1:], ""))
				if err != nil {
					return err
				}
				return a.showExplain(s, doc)
			})
		},
	}
}

// explain is about the updates that match a glob, or all if it is "".
func (a *app) explain(ctx context.Context, s *session, name, pattern string) (explainDoc, error) {
	pattern = cmp.Or(pattern, "*")
	doc := explainDoc{Schema: "patchwave/explain/v1", Host: name, Policies: []explainPolicy{}}
	selected, err := inventory.Select(s.inv, name, inventory.SelectContext{})
	if err != nil {
		return doc, usage("%w", err)
	}
	if len(selected) != 1 || selected[0].Name != name {
		return doc, usage("explain takes one host; %q names %s", name, count(len(selected), "host"))
	}
	if err := inventory.CheckGlob(pattern); err != nil {
		return doc, usage("UPDATE %q: %w", pattern, err)
	}
	h := selected[0]
	o, ok := s.seen[h.Name]
	if !ok {
		return doc, usage("host %s was never seen by a scan; run `patchwave scan -l %s`", h.Name, h.Name)
	}
	doc.Scanned = timePtr(o.At)
	e, err := a.newExplainer(ctx, s)
	if err != nil {
		return doc, err
	}
	for _, p := range s.policies {
		if slices.Contains(h.Policies, p.Name) {
			one, err := e.policy(ctx, p, h, o, pattern)
			if err != nil {
				return doc, err
			}
			doc.Policies = append(doc.Policies, one)
		}
	}
	explains := func(p explainPolicy) bool { return len(p.Updates) > 0 }
	if pattern != "*" && !slices.ContainsFunc(doc.Policies, explains) && !slices.ContainsFunc(o.Updates, func(u inventory.Update) bool { return inventory.MatchGlob(pattern, u.Name) }) {
		return doc, usage("no update of %q is pending on %s, as the scan %s saw it; `patchwave pending -l %s` lists them",
			pattern, h.Name, ago(a.now().Sub(o.At)), h.Name)
	}
	return doc, nil
}

// explainer is what explanations are made of.
type explainer struct {
	s      *session
	now    time.Time
	ledger plan.Ledger
	feeds  plan.Enricher
	agenda *agendaOf
}

// decisions are those of a policy about what is pending on a host.
func (e *explainer) decisions(ctx context.Context, p *policies.Policy, h *inventory.Host, o inventory.Observation) ([]plan.Explained, error) {
	us, err := e.feeds.Enrich(ctx, o)
	if err != nil {
		return nil, err
	}
	return plan.Decisions(p, h, o, us, e.ledger, e.now), nil
}

func (a *app) newExplainer(ctx context.Context, s *session) (*explainer, error) {
	ledger, err := s.store.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	ag, err := a.agenda(ctx, s, a.now())
	return &explainer{s: s, now: a.now(), ledger: ledger, feeds: feeds.NewBook(s.store), agenda: ag}, err
}

func (e *explainer) policy(ctx context.Context, p *policies.Policy, h *inventory.Host, o inventory.Observation, pattern string) (explainPolicy, error) {
	out := explainPolicy{Policy: p.Name, Position: p.Pos, Updates: []explainUpdate{}}
	due := e.now
	if p.Window != nil {
		out.Window = &p.Window.Name
		if next, ok := e.agenda.next(p, h, e.now); ok {
			doc := newOpeningDoc(next)
			out.NextOpening = &doc
			due = later(e.now, next.Launch)
		} else {
			due = time.Time{}
		}
	}
	simulated, err := e.simulated(ctx, p, h, o)
	if err != nil {
		return out, err
	}
	working, err := e.working(ctx, p, simulated)
	if err != nil {
		return out, err
	}
	waves, err := plan.WavesOf(p, e.s.inv, func(host string) bool { return working[host] })
	if err != nil {
		return out, usage("%w", err)
	}
	if w, ok := waves[h.Name]; ok {
		out.Wave = &w
	}
	all, err := e.decisions(ctx, p, h, o)
	if err != nil {
		return out, err
	}
	for _, x := range simulate(all, simulated[h.Name]) {
		if inventory.MatchGlob(pattern, x.Name) {
			out.Updates = append(out.Updates, e.update(p, h, x, due))
		}
	}
	return out, nil
}

// simulated is the newest plan that a policy has for a host since its scan, by
// host; of others only what is newer than their scans.
func (e *explainer) simulated(ctx context.Context, p *policies.Policy, h *inventory.Host, o inventory.Observation) (map[string]*plan.Host, error) {
	made, err := e.s.store.PlanOf(ctx, p.Name, h.Name, e.s.cfg.Digest, o.At)
	if err != nil || made == nil {
		return nil, err
	}
	out := made.HostsOf(p.Name)
	maps.DeleteFunc(out, func(name string, _ *plan.Host) bool {
		return made.Created.Before(e.s.seen[name].At.Truncate(time.Second))
	})
	return out, nil
}

// simulate is what is decided after the solver was asked, in a plan (nil for
// none). That counts where the baseline lets an update through, or says nothing
// about it; what the plan adds to the updates of the scan stands at the end.
func simulate(all []plan.Explained, simulated *plan.Host) []plan.Explained {
	if simulated == nil {
		return all
	}
	seen := make([]inventory.Update, len(all))
	for i := range all {
		x := &all[i]
		seen[i] = x.Update
		if x.Verdict != policies.Approved && x.Verdict != policies.NotMatched {
			continue
		}
		if sim, ok := simulated.Simulated(x.Update); ok && (sim.Verdict == policies.Blocked || sim.Verdict == policies.Dependency) {
			x.Verdict, x.Reason = sim.Verdict, sim.Reason
			if sim.Rule == "" {
				x.Rule = "" // it comes with others, whatever was said of it alone
			}
		}
	}
	for _, c := range simulated.Added(seen) {
		u := inventory.Update{Name: c.Name, Arch: c.Arch, From: c.From, To: c.To, Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity}
		all = append(all, plan.Explained{Update: u, Decision: policies.Decision{Verdict: policies.Verdict(c.Decision), Reason: c.Reason}})
	}
	return all
}

// working are the hosts on which a policy has something to do: as the plan found,
// else as the baseline says.
func (e *explainer) working(ctx context.Context, p *policies.Policy, simulated map[string]*plan.Host) (map[string]bool, error) {
	out := map[string]bool{}
	for _, name := range p.Hosts {
		o, ok := e.s.seen[name]
		if !ok {
			continue
		}
		if made, ok := simulated[name]; ok {
			out[name] = len(made.Steps) > 0
			continue
		}
		us, err := e.feeds.Enrich(ctx, o)
		if err != nil {
			return nil, err
		}
		out[name] = plan.Works(p, e.s.inv.Host(name), o, us, e.ledger, e.now)
	}
	return out, nil
}

// update explains one update. Where no rule speaks of it, the baseline that has
// none is the place to look.
func (e *explainer) update(p *policies.Policy, h *inventory.Host, x plan.Explained, due time.Time) explainUpdate {
	d := x.Decision
	u := explainUpdate{Name: x.Name, Arch: x.Arch, Title: x.Title, From: x.From, To: x.To, Classification: x.Classification, Severity: x.Severity,
		Decision: string(d.Verdict), Reason: d.Reason, Until: timePtr(d.Until)}
	at := p.Baseline.Pos
	if d.Rule != "" {
		u.Rule, at = &d.Rule, d.Pos
	}
	u.File, u.Line = &at.File, &at.Line
	switch d.Verdict {
	case policies.Approved, policies.Dependency:
		u.Due = timePtr(due)
	case policies.Deferred:
		u.Due = timePtr(d.Until)
		if p.Window != nil {
			u.Due = nil
			if next, ok := e.agenda.next(p, h, d.Until); ok {
				u.Due = timePtr(later(d.Until, next.Launch))
			}
		}
	case policies.Held, policies.Rejected, policies.Pinned:
		u.Due = nil
	case policies.Blocked, policies.NotMatched:
	}
	return u
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (a *app) showExplain(s *session, doc explainDoc) error {
	if a.flags.output != "text" {
		return a.json(doc)
	}
	if len(doc.Policies) == 0 {
		return a.printf("no policy claims %s, so nothing is installed on it\n", safe.Text(doc.Host))
	}
	color := a.color(a.out)
	for i, p := range doc.Policies {
		if i > 0 {
			if err := a.printf("\n"); err != nil {
				return err
			}
		}
		head := fmt.Sprintf("%s: policy %s (%s:%d)", doc.Host, p.Policy, p.File, p.Line)
		if err := a.printf("%s\n%s\n", paint(safe.Text(head), strong, color), safe.Text(whenText(p, s.cfg.Zone()))); err != nil {
			return err
		}
		if err := a.explainTable(p, s.cfg.Zone()); err != nil {
			return err
		}
	}
	return nil
}

// whenText says in which window and wave the host is.
func whenText(p explainPolicy, zone *time.Location) string {
	text := "no window: it runs only by `patchwave apply`"
	if p.Window != nil {
		text = "window " + *p.Window
		if n := p.NextOpening; n == nil {
			text += ", which does not open again"
		} else {
			text += ", next " + openingText(*n, zone)
		}
	}
	if p.Wave != nil {
		text += "; wave " + *p.Wave
	}
	return text
}

// explainTable shows the updates below what they have in common: the decision, its
// rule, its dates and its reason.
func (a *app) explainTable(p explainPolicy, zone *time.Location) error {
	if len(p.Updates) == 0 {
		return a.printf("nothing is pending\n")
	}
	var order []string
	first := map[string]explainUpdate{}
	below := map[string][][]cell{}
	for _, u := range p.Updates {
		text := a.verdictText(u, zone)
		if below[text] == nil {
			order = append(order, text)
			first[text] = u
		}
		below[text] = append(below[text], []cell{c("  " + u.Name), c(versionText(u.Title, u.From, u.To))})
	}
	for _, text := range order {
		u := first[text]
		rest := strings.TrimPrefix(text, u.Decision)
		if err := a.printf("%s%s\n%s", paint(u.Decision, verdictStyle(u.Decision), a.color(a.out)), safe.Text(rest), columns(below[text])); err != nil {
			return err
		}
	}
	return nil
}

// verdictText says what was decided, by what, for how long, and why.
func (a *app) verdictText(u explainUpdate, zone *time.Location) string {
	text := u.Decision
	if u.Rule != nil {
		text += fmt.Sprintf(" by %s (%s:%d)", *u.Rule, *u.File, *u.Line)
	} else {
		text += fmt.Sprintf(" (%s:%d)", *u.File, *u.Line)
	}
	switch at := "Mon 2006-01-02 15:04"; {
	case u.Due != nil && u.Due.After(a.now()):
		text += ", due " + u.Due.In(zone).Format(at)
	case u.Due != nil:
		text += ", due now"
	case u.Until != nil:
		text += " until " + u.Until.In(zone).Format(at)
	}
	if u.Rule != nil && strings.HasPrefix(u.Reason, "rule ") && strings.Contains(u.Reason, *u.Rule) {
		return text // it says again which rule it was
	}
	return text + ": " + u.Reason
}

func verdictStyle(v string) style {
	switch policies.Verdict(v) {
	case policies.Approved, policies.Dependency:
		return good
	case policies.Blocked, policies.Rejected:
		return bad
	case policies.Deferred, policies.Held, policies.Pinned:
		return warn
	default:
		return plain
	}
}
