package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/feeds"
	"patchwave/engine/plan"
	"patchwave/engine/report"
	"patchwave/inventory"
	"patchwave/policies"
)

type pendingDoc struct {
	Schema  string          `json:"schema"`
	Updates []pendingUpdate `json:"updates"`
	// Scanned are the hosts whose last scan could not be used.
	Unknown []string `json:"unknown"`
}

type pendingUpdate struct {
	Host           string                   `json:"host"`
	Name           string                   `json:"name"`
	Arch           string                   `json:"arch"`
	Title          string                   `json:"title,omitempty"`
	From           string                   `json:"from"`
	To             string                   `json:"to"`
	Classification inventory.Classification `json:"classification"`
	Severity       inventory.Severity       `json:"severity"`
	// SeveritySource is "metadata" or the feed that the severity is from.
	SeveritySource string `json:"severity_source,omitempty"`
	// SeverityUnknown says why a severity is unknown.
	SeverityUnknown string   `json:"severity_unknown,omitempty"`
	CVEs            []string `json:"cves"`
	KBs             []string `json:"kbs"`
	KnownExploited  bool     `json:"known_exploited"`
	// EPSS is null if no CVE of the update has a score.
	EPSS      *float64             `json:"epss"`
	BlockedBy *inventory.BlockedBy `json:"blocked_by"`
	FirstSeen *time.Time           `json:"first_seen"`
	Published *time.Time           `json:"published"`
	Policies  []pendingPolicy      `json:"policies"`
}

type pendingPolicy struct {
	Policy   string     `json:"policy"`
	Decision string     `json:"decision"`
	Rule     string     `json:"rule"`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until"`
}

func (a *app) pendingCmd() *cobra.Command {
	var by string
	cmd := &cobra.Command{
		Use: "pending", Short: "List the updates that the last scan found, with the decision of the baseline; asks no host", GroupID: "daily",
		Long: "--where may ask about the updates too: update.severity, update.cves, update.reboot and what else a baseline knows.",
		Example: "  patchwave pending\n  patchwave pending --by host -l group:web\n" +
			"  patchwave pending --where 'update.classification == \"security\" && !update.reboot'\n  patchwave pending -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by != "update" && by != "host" {
				return usage("--by %q is not update or host", by)
			}
			where := a.flags.where
			a.flags.where = "" // here it is about updates, not only about hosts
			return a.withHosts(cmd, existing, func(s *session, hosts []*inventory.Host) error {
				doc, err := a.pending(cmd.Context(), s, hosts, where)
				if err != nil {
					return err
				}
				return a.showPending(doc, by)
			})
		},
	}
	cmd.Flags().StringVar(&by, "by", "update", "one row for each of `WHAT`: update or host")
	return cmd
}

// pending lists the updates for which where is true; "" is true of all.
func (a *app) pending(ctx context.Context, s *session, hosts []*inventory.Host, where string) (pendingDoc, error) {
	doc := pendingDoc{Schema: report.SchemaPending, Updates: []pendingUpdate{}, Unknown: []string{}}
	ledger, err := s.store.Ledger(ctx)
	if err != nil {
		return doc, err
	}
	matches := func(policies.Subject) bool { return true }
	if where != "" {
		cond, diags := s.cfg.CompileUpdateWhere(where)
		if diags.HasErrors() {
			return doc, usage("--where: %w", diags.Err())
		}
		matches = cond.Match
	}
	book := feeds.NewBook(s.store)
	for _, h := range hosts {
		o, ok := s.seen[h.Name]
		if !ok {
			doc.Unknown = append(doc.Unknown, h.Name)
			continue
		}
		us, err := book.Enrich(ctx, o)
		if err != nil {
			return doc, err
		}
		for _, subject := range plan.Subjects(h, o, us, ledger) {
			if subject.Now = a.now(); matches(subject) {
				doc.Updates = append(doc.Updates, a.pendingUpdate(s, subject))
			}
		}
	}
	return doc, nil
}

func (a *app) pendingUpdate(s *session, subject policies.Subject) pendingUpdate {
	u := *subject.Update
	d := report.NewUpdate(u)
	row := pendingUpdate{Host: subject.Host.Name, Name: u.Name, Arch: u.Arch, Title: u.Title, From: u.From, To: u.To, Classification: u.Classification,
		Severity: u.Severity, SeveritySource: u.SeveritySource, SeverityUnknown: subject.Unknown.Severity, CVEs: d.CVEs, KBs: d.KBs,
		KnownExploited: subject.KnownExploited, EPSS: subject.EPSS, BlockedBy: d.BlockedBy, Published: d.Published,
		FirstSeen: timePtr(subject.FirstSeen), Policies: []pendingPolicy{}}
	for _, name := range subject.Host.Policies {
		i := slices.IndexFunc(s.policies, func(p *policies.Policy) bool { return p.Name == name })
		if i < 0 {
			continue
		}
		dec := policies.Decide(s.policies[i].Baseline, subject, a.now())
		row.Policies = append(row.Policies, pendingPolicy{name, string(dec.Verdict), dec.Rule, dec.Reason, timePtr(dec.Until)})
	}
	return row
}

func timePtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (a *app) showPending(doc pendingDoc, by string) error {
	switch {
	case a.flags.output == "jsonl":
		for _, u := range doc.Updates {
			if err := a.json(struct {
				Schema string `json:"schema"`
				pendingUpdate
			}{doc.Schema, u}); err != nil {
				return err
			}
		}
		return nil
	case a.flags.output == "json":
		return a.json(doc)
	}
	var err error
	if by == "host" {
		err = a.pendingByHost(doc)
	} else {
		err = a.pendingByUpdate(doc)
	}
	if len(doc.Unknown) > 0 {
		a.say("never seen by a scan: %s; run `patchwave scan`", strings.Join(doc.Unknown, ", "))
	}
	return err
}

func (a *app) pendingByHost(doc pendingDoc) error {
	type sums struct{ updates, security, approved, blocked int }
	m := map[string]*sums{}
	var order []string
	for _, u := range doc.Updates {
		if m[u.Host] == nil {
			m[u.Host] = &sums{}
			order = append(order, u.Host)
		}
		t := m[u.Host]
		t.updates++
		if u.Classification == inventory.Security {
			t.security++
		}
		if u.BlockedBy != nil {
			t.blocked++
		}
		if slices.ContainsFunc(u.Policies, func(p pendingPolicy) bool { return p.Decision == string(policies.Approved) }) {
			t.approved++
		}
	}
	var rows [][]cell
	for _, h := range order {
		t := m[h]
		rows = append(rows, []cell{c(h), c(strconv.Itoa(t.updates)), c(strconv.Itoa(t.security)), c(strconv.Itoa(t.approved)), c(strconv.Itoa(t.blocked))})
	}
	return a.table([]string{"host", "updates", "security", "approved", "blocked"}, rows)
}

// pendingByUpdate shows one row for an update that is the same on many hosts.
func (a *app) pendingByUpdate(doc pendingDoc) error {
	type key struct{ name, version, class, decision string }
	hosts := map[key][]string{}
	var order []key
	for _, u := range doc.Updates {
		k := key{u.Name, versionText(u.Title, u.From, u.To), string(u.Classification), decisionText(u)}
		if _, ok := hosts[k]; !ok {
			order = append(order, k)
		}
		hosts[k] = append(hosts[k], u.Host)
	}
	slices.SortFunc(order, func(x, y key) int { return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.version, y.version)) })
	var rows [][]cell
	for _, k := range order {
		names := hosts[k]
		who := names[0]
		if len(names) > 1 {
			who = fmt.Sprintf("%d hosts: %s", len(names), strings.Join(names, ","))
		}
		rows = append(rows, []cell{c(k.name), c(k.version), c(k.class), c(k.decision), c(who)})
	}
	return a.table([]string{"update", "version", "class", "decision", "hosts"}, rows)
}

// versionText is what an update changes: its title, where the version is a machine's
// name for it.
func versionText(title, from, to string) string {
	if title != "" {
		return title
	}
	return strings.TrimPrefix(from+" -> "+to, " -> ")
}

func decisionText(u pendingUpdate) string {
	if len(u.Policies) == 0 {
		return "no policy"
	}
	var out []string
	for _, p := range u.Policies {
		text := p.Decision
		switch {
		case p.Decision == string(policies.Blocked):
			text += " (" + p.Reason + ")"
		case p.Rule != "":
			text += " (" + p.Rule + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}
