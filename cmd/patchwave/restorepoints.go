package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/inventory"
	"patchwave/policies"
)

const schemaPoints = "patchwave/restore-points/v1"

// pointsDoc is the document of restore-points.
type pointsDoc struct {
	Schema string     `json:"schema"`
	Points []pointDoc `json:"points"`
	// Hosts are those that were asked; empty where none was.
	Hosts []pointsAnswer `json:"hosts"`
}

// pointDoc is one restore point. Size is in bytes, null where nobody has said it;
// Created is null where it cannot be told, Expires is when the policy in force lets it go.
type pointDoc struct {
	// ID is "" for a leftover that the journal does not know.
	ID       string     `json:"id"`
	Host     string     `json:"host"`
	Provider string     `json:"provider"`
	Run      string     `json:"run"`
	Created  *time.Time `json:"created"`
	Expires  *time.Time `json:"expires"`
	Size     *int64     `json:"size"`
	Scope    string     `json:"scope"`
	State    string     `json:"state"`
	Tag      string     `json:"tag"`
	// Controller is what the tag has of the identity of the controller that made it; ""
	// where it has none.
	Controller string `json:"controller"`
	// There says whether the host has it; null where it was not asked or cannot tell.
	There *bool `json:"there"`
	// Remove says that prune removes it, and Why why, or why not.
	Remove bool   `json:"remove"`
	Why    string `json:"why"`
}

// The states of a point, by what the journal knows, and by what the host says where it
// was asked.
const (
	pointWhole      = "whole"
	pointPartial    = "partial"
	pointUsed       = "used"
	pointExpired    = "expired"
	pointRemoved    = "removed"
	pointSuperseded = "superseded"
	pointGone       = "gone"
	pointLeftover   = "leftover"
	pointForeign    = "foreign"
)

type pointsOptions struct {
	ask, all bool
	// dead are the origins of controllers that are gone for good.
	dead []string
}

func (a *app) restorePointsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore-points", Short: "The restore points that runs made: of which host, how old, what they undo", GroupID: "look",
		Long: "Which restore points there are by what the journal knows, and by what the hosts say. A run removes the points\n" +
			"of its hosts that are beyond `keep` or older than `expire`, and prune those of hosts that no run visits, and\n" +
			"what crashed runs have left. Nobody touches one of somebody else.",
		Example: "  patchwave restore-points list\n  patchwave restore-points list --ask -l web-01\n  patchwave restore-points prune --dry-run",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var opt pointsOptions
	list := &cobra.Command{
		Use: "list", Short: "List restore points, newest first", Args: cobra.NoArgs,
		Long: "The states are whole, partial (the plan of the run says what it cannot bring back), used, expired (it may be\n" +
			"removed), superseded (the host was taken back to an older one, so it leads nowhere) and, with --all, removed.\n" +
			"With --ask the hosts are asked too: gone is one that was deleted behind patchwave's back, leftover one that no\n" +
			"run has as its own, foreign one that another controller made, whose journal alone knows what it is for.",
		Example: "  patchwave restore-points list\n  patchwave restore-points list --ask -l web-01 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.restorePoints(cmd.Context(), s, opt) })
		},
	}
	list.Flags().BoolVar(&opt.ask, "ask", false, "ask the hosts which points they have, and show how that differs from the journal")
	list.Flags().BoolVar(&opt.all, "all", false, "show those too that were removed")
	cmd.AddCommand(strict(list), strict(a.pruneCmd()))
	return cmd
}

func (a *app) restorePoints(ctx context.Context, s *session, opt pointsOptions) error {
	doc, _, err := a.pointsOf(ctx, s, opt)
	if err != nil {
		return err
	}
	if err := a.showPoints(doc, "no run made a restore point"); err != nil {
		return err
	}
	return exit(answersCode(doc.Hosts))
}

// pointsOf are the points of the selected hosts, and what the hosts say of them, if
// they are to be asked.
func (a *app) pointsOf(ctx context.Context, s *session, opt pointsOptions) (doc pointsDoc, asked []judged, err error) {
	selected, err := a.hosts(ctx, s)
	if err != nil {
		return doc, nil, err
	}
	changes, err := a.changesOfRuns(ctx, s.store)
	if err != nil {
		return doc, nil, err
	}
	if opt.ask {
		if asked, err = a.judgePoints(ctx, s, changes, selected, opt.dead); err != nil {
			return doc, nil, err
		}
	}
	doc = pointsDoc{Schema: schemaPoints, Points: a.journaledPoints(s, changes, selected, opt.all), Hosts: []pointsAnswer{}}
	doc.answered(asked)
	return doc, asked, nil
}

// journaledPoints are the points of hosts by the journal, newest first.
func (a *app) journaledPoints(s *session, c changes, selected []*inventory.Host, all bool) []pointDoc {
	wanted := map[string]bool{}
	for _, h := range selected {
		wanted[h.Name] = true
	}
	out := []pointDoc{}
	newer := map[runHost]int{} // by provider and host
	for _, r := range c.runs {
		for _, h := range r.Hosts {
			if !wanted[h.Name] || h.Point == nil || h.Point.Provider == restore.None {
				continue
			}
			fate := c.fate(h)
			if fate == journal.PointRemoved || fate == journal.PointAbsent {
				fate = pointRemoved
				if !all {
					continue
				}
			}
			used := h.State == journal.RolledBack || c.undone[runHost{r.ID, h.Name}]
			key := runHost{h.Point.Provider, h.Name}
			p := a.pointOf(r, h, s.policies, newer[key], used)
			p.State = cmp.Or(fate, p.State)
			out = append(out, p)
			if fate != pointRemoved {
				newer[key]++
			}
		}
	}
	return out
}

// answered puts what hosts say beside what the journal knows.
func (d *pointsDoc) answered(hosts []judged) {
	for _, h := range hosts {
		d.Hosts = append(d.Hosts, h.answer)
		for _, j := range h.points {
			i := slices.IndexFunc(d.Points, func(p pointDoc) bool {
				return p.Host == h.host.Name && p.Provider == j.Provider && p.Tag == j.Tag && p.ID == j.ID
			})
			if i < 0 {
				d.Points = append(d.Points, leftoverDoc(h, j))
				continue
			}
			p := &d.Points[i]
			p.Remove, p.Why = j.Remove, j.Why
			if j.Presence != "" {
				there := j.Presence == restore.There
				p.There = &there
			}
			if j.Size > 0 {
				p.Size = &j.Size
			}
			switch {
			case j.Remove:
				p.State = pointExpired
			case j.Presence == restore.NotThere && p.State != pointExpired:
				p.State = pointGone
			}
		}
	}
}

// leftoverDoc is a point that the journal does not have as one of a run.
func leftoverDoc(h judged, j restore.Judgement) pointDoc {
	p := pointDoc{ID: j.ID, Host: h.host.Name, Provider: j.Provider, Run: j.Run, Scope: restore.ScopeOf(j.Provider).Kind, State: pointLeftover,
		Tag: j.Tag, Controller: j.Controller, Remove: j.Remove, Why: j.Why}
	there := j.Presence == restore.There
	p.There = &there
	if j.Foreign {
		p.State = pointForeign
	}
	if p.Scope == "" {
		p.Scope = restore.ScopeSystem // a provider block of the configuration
	}
	if !j.Created.IsZero() {
		created, expires := j.Created, j.Created.Add(retentionOf(h.policy).Expire)
		p.Created, p.Expires = &created, &expires
		if j.Foreign {
			p.Expires = nil // its policy is not known here
		}
	}
	if j.Size > 0 {
		p.Size = &j.Size
	}
	return p
}

// showPoints prints the document; none says that there is nothing in it.
func (a *app) showPoints(doc pointsDoc, none string) error {
	if a.flags.output != "text" {
		return a.json(doc)
	}
	for _, h := range doc.Hosts {
		if h.Error != nil {
			a.say("%s could not be asked: %s: %s", h.Name, h.Error.Code, h.Error.Message)
		}
	}
	if len(doc.Points) == 0 {
		return a.printf("%s\n", none)
	}
	rows := make([][]cell, 0, len(doc.Points))
	for _, p := range doc.Points {
		size, made := "-", "unknown"
		if p.Size != nil {
			size = strconv.FormatInt(*p.Size>>20, 10) + " MiB"
		}
		if p.Created != nil {
			made = ago(a.now().Sub(*p.Created))
		}
		rows = append(rows, []cell{c(p.Host), c(p.Provider), c(p.Scope), pointCell(p.State), c(made), c(size), c(orDash(p.Run)), c(cmp.Or(p.ID, p.Tag)), c(p.Why)})
	}
	return a.table([]string{"host", "provider", "scope", "state", "made", "size", "run", "id", ""}, rows)
}

func pointCell(state string) cell {
	switch state {
	case pointPartial, pointLeftover, pointForeign:
		return cell{state, warn}
	case pointGone:
		return cell{state, bad}
	default:
		return c(state)
	}
}

// pointOf is the point of a host in a run; newer is how many later ones the host has.
func (a *app) pointOf(r *journal.Run, h *journal.Host, ps []*policies.Policy, newer int, used bool) pointDoc {
	var policy *policies.Policy
	if i := slices.IndexFunc(ps, func(p *policies.Policy) bool { return p.Name == h.Policy }); i >= 0 {
		policy = ps[i]
	}
	keeps := retentionOf(policy)
	created := madeAt(r, h)
	expires := created.Add(keeps.Expire)
	p := pointDoc{ID: h.Point.ID, Host: h.Name, Provider: h.Point.Provider, Run: r.ID, Created: &created, Expires: &expires, Scope: h.Point.Scope, State: pointWhole, Tag: h.Point.Tag, Controller: restore.OriginOf(h.Point.Tag)}
	if h.Point.Size > 0 {
		p.Size = &h.Point.Size
	}
	if p.Scope == "" {
		p.Scope = restore.ScopePackages // an older version knew no other
	}
	switch {
	case used:
		p.State = pointUsed
	case newer >= keeps.Keep || a.now().After(expires):
		p.State = pointExpired
	case !h.Point.Checked:
		p.State = pointPartial
	}
	return p
}

// madeAt is when the step that makes the point ended.
func madeAt(r *journal.Run, h *journal.Host) time.Time {
	for _, s := range h.Steps {
		if s.Name == run.StepRestorePoint && s.Finished != nil {
			return *s.Finished
		}
	}
	return r.Started
}
