package main

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/policies"
)

// pointsDoc is the document of restore-points.
type pointsDoc struct {
	Schema string     `json:"schema"`
	Points []pointDoc `json:"points"`
}

// pointDoc is one restore point. Size is in bytes, null where nobody has said it;
// Expires is when the policy in force lets it go.
type pointDoc struct {
	ID       string    `json:"id"`
	Host     string    `json:"host"`
	Provider string    `json:"provider"`
	Run      string    `json:"run"`
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Size     *int64    `json:"size"`
	Scope    string    `json:"scope"`
	State    string    `json:"state"`
	Tag      string    `json:"tag"`
}

// The states of a point, by what the journal knows: whether it is still there is for
// its provider to say, and is asked before a rollback.
const (
	pointWhole   = "whole"
	pointPartial = "partial"
	pointUsed    = "used"
	pointExpired = "expired"
)

func (a *app) restorePointsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "restore-points", Short: "The restore points that runs made: of which host, how old, what they undo", GroupID: "look",
		Long: "Which restore points there are by what the journal knows. A run removes the points of its hosts that are\n" +
			"beyond `keep` or older than `expire`, and never one of somebody else; those are shown as expired.",
		Example: "  patchwave restore-points list\n  patchwave restore-points list -l web-01 -o json",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use: "list", Short: "List restore points, newest first", Args: cobra.NoArgs,
		Example: "  patchwave restore-points list\n  patchwave restore-points list -l web-01 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.restorePoints(cmd.Context(), s) })
		},
	}
	cmd.AddCommand(strict(list))
	return cmd
}

func (a *app) restorePoints(ctx context.Context, s *session) error {
	selected, err := a.hosts(ctx, s)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, h := range selected {
		wanted[h.Name] = true
	}
	changes, err := a.changesOfRuns(ctx, s.store)
	if err != nil {
		return err
	}
	doc := pointsDoc{Schema: "patchwave/restore-points/v1", Points: []pointDoc{}}
	newer := map[string]int{}
	for _, r := range changes.runs {
		for _, h := range r.Hosts {
			if !wanted[h.Name] || h.Point == nil || h.Point.Provider == restore.None {
				continue
			}
			used := h.State == journal.RolledBack || changes.undone[runHost{r.ID, h.Name}]
			doc.Points = append(doc.Points, a.pointOf(r, h, s.policies, newer[h.Name], used))
			newer[h.Name]++
		}
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	if len(doc.Points) == 0 {
		return a.printf("no run made a restore point\n")
	}
	rows := make([][]cell, 0, len(doc.Points))
	for _, p := range doc.Points {
		size := "-"
		if p.Size != nil {
			size = strconv.FormatInt(*p.Size>>20, 10) + " MiB"
		}
		rows = append(rows, []cell{c(p.Host), c(p.Provider), c(p.Scope), pointCell(p.State), c(ago(a.now().Sub(p.Created))), c(size), c(p.ID)})
	}
	return a.table([]string{"host", "provider", "scope", "state", "made", "size", "id"}, rows)
}

func pointCell(state string) cell {
	if state == pointPartial {
		return cell{state, warn}
	}
	return c(state)
}

// pointOf is the point of a host in a run; newer is how many later ones the host has.
func (a *app) pointOf(r *journal.Run, h *journal.Host, ps []*policies.Policy, newer int, used bool) pointDoc {
	keep, expire := run.DefaultKeep, run.DefaultExpire
	i := slices.IndexFunc(ps, func(p *policies.Policy) bool { return p.Name == h.Policy })
	if i >= 0 && ps[i].Preparation != nil && ps[i].Preparation.RestorePoint != nil {
		if n := ps[i].Preparation.RestorePoint.Keep; n > 0 {
			keep = n
		}
		if d := ps[i].Preparation.RestorePoint.Expire; d > 0 {
			expire = d
		}
	}
	p := pointDoc{ID: h.Point.ID, Host: h.Name, Provider: h.Point.Provider, Run: r.ID, Created: madeAt(r, h), Scope: h.Point.Scope, State: pointWhole, Tag: h.Point.Tag}
	p.Expires = p.Created.Add(expire)
	if h.Point.Size > 0 {
		p.Size = &h.Point.Size
	}
	if p.Scope == "" {
		p.Scope = restore.ScopePackages // an older version knew no other
	}
	switch {
	case used:
		p.State = pointUsed
	case newer >= keep || a.now().After(p.Expires):
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
