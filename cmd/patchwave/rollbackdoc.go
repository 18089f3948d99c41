package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/report/safe"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/scan"
	"patchwave/inventory"
)

const schemaBack = "patchwave/rollback-plan/v1"

// backDoc is the document of rollback --dry-run.
type backDoc struct {
	Schema string `json:"schema"`
	// Run is the run that is undone.
	Run   string     `json:"run"`
	Hosts []backHost `json:"hosts"`
}

// backHost is what a rollback would do to one host.
type backHost struct {
	Name string `json:"name"`
	// State is ok, refused, unreachable or failed: the point cannot be used.
	State string             `json:"state"`
	Error *inventory.Problem `json:"error"`
	Point backPoint          `json:"restore_point"`
	// Updates are what is undone: each goes from `to` back to `from`.
	Updates []backUpdate `json:"updates"`
	Undoes  []string     `json:"undoes"`
	Cannot  []string     `json:"cannot_undo"`
	// Later are the runs that changed the host since, Newer the points that would lead
	// nowhere afterwards, by id.
	Later []string `json:"later_runs"`
	Newer []string `json:"newer_points"`
	// Reboots says that the host boots in the course of it.
	Reboots bool `json:"reboots"`
}

func (h backHost) host() (name, state string) { return h.Name, h.State }

func (h backHost) event() any {
	return struct {
		Schema string   `json:"schema"`
		Event  string   `json:"event"`
		Host   backHost `json:"host"`
	}{schemaBack, "host", h}
}

type backPoint struct {
	ID       string    `json:"id"`
	Tag      string    `json:"tag"`
	Provider string    `json:"provider"`
	Scope    string    `json:"scope"`
	Created  time.Time `json:"created"`
	// There says whether the host has it; null where it was not asked or cannot tell.
	There *bool `json:"there"`
}

type backUpdate struct {
	Name   string `json:"name"`
	Arch   string `json:"arch"`
	Action string `json:"action"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// rollbackDoc is what a rollback would do, by the journal.
func (a *app) rollbackDoc(s *session, c changes, past *journal.Run, hosts []*journal.Host, opt rollbackOptions) backDoc {
	doc := backDoc{Schema: schemaBack, Run: past.ID, Hosts: []backHost{}}
	for _, h := range hosts {
		b := backHost{Name: h.Name, State: "ok", Updates: []backUpdate{}, Undoes: append([]string{}, h.Point.Undoes...), Cannot: append([]string{}, h.Point.Cannot...),
			Later: []string{}, Newer: []string{}, Point: backPoint{ID: h.Point.ID, Tag: h.Point.Tag, Provider: h.Point.Provider, Scope: h.Point.Scope, Created: madeAt(past, h)}}
		if b.Point.Scope == "" {
			b.Point.Scope = restore.ScopePackages
		}
		b.Reboots = b.Point.Scope == restore.ScopeSystem
		for _, u := range c.undoes(past, h) {
			b.Updates = append(b.Updates, backUpdate{u.Name, u.Arch, u.Action, u.From, u.To})
		}
		for _, r := range c.since(past, h.Name) {
			b.Later = append(b.Later, r.ID)
		}
		for _, n := range c.newer(past, h) {
			b.Newer = append(b.Newer, n.ID)
		}
		switch {
		case s.inv.Host(h.Name) == nil:
			b.State, b.Error = "refused", &inventory.Problem{Code: plan.ExcludedUnmanaged, Message: "it is no longer in the inventory"}
		case len(b.Later) > 0 && !opt.discardLater:
			b.State, b.Error = "refused", &inventory.Problem{Code: string(connectors.CodeDrift),
				Message: "changed by " + strings.Join(b.Later, ", ") + " since; undo that first, or say --discard-later"}
		}
		doc.Hosts = append(doc.Hosts, b)
	}
	return doc
}

// askBack asks the hosts whether the points are there.
func (a *app) askBack(ctx context.Context, s *session, doc *backDoc, past []*journal.Host) error {
	var asked []*inventory.Host
	for _, h := range doc.Hosts {
		if known := s.inv.Host(h.Name); known != nil {
			asked = append(asked, known)
		}
	}
	answers, err := eachHost(ctx, a, s, asked, "asking", func(ctx context.Context, d connectors.Dialer, h *inventory.Host) backHost {
		out := doc.Hosts[slices.IndexFunc(doc.Hosts, func(b backHost) bool { return b.Name == h.Name })]
		p := past[slices.IndexFunc(past, func(x *journal.Host) bool { return x.Name == h.Name })].Point
		said, err := a.asker(s, d).CheckPoint(ctx, h, p.Provider, restore.Point{Tag: p.Tag, ID: p.Native})
		switch {
		case err != nil:
			o := scan.Failure(h.Name, err, a.now())
			out.State, out.Error = string(o.State), o.Problem
		case p.Provider == restore.Packages: // it tells when it is asked to go back
		case said.State == restore.Whole, said.State == restore.Partial:
			there := true
			out.Point.There = &there
		default:
			if there := said.State != restore.Absent; said.State != "" {
				out.Point.There = &there
			}
			why := said.Why
			if why == "" {
				why = "the provider says that it is " + string(said.State)
			}
			out.State, out.Error = "failed", &inventory.Problem{Code: string(connectors.CodeExit), Message: "the restore point cannot be used: " + why}
		}
		return out
	})
	for _, h := range answers {
		doc.Hosts[slices.IndexFunc(doc.Hosts, func(b backHost) bool { return b.Name == h.Name })] = h
	}
	return err
}

// code is the exit status.
func (d backDoc) code() int {
	codes := []int{answersCode(d.Hosts)}
	if slices.ContainsFunc(d.Hosts, func(h backHost) bool { return h.State == "refused" }) {
		codes = append(codes, exitRefused)
	}
	return worst(codes...)
}

func (a *app) showBack(doc backDoc) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		return nil // said as they came
	}
	return a.printf("%s\nNothing was changed.\n", a.backText(doc))
}

// backText says what would be undone, a paragraph a host.
func (a *app) backText(doc backDoc) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, h := range doc.Hosts {
		what := "of package versions only; configuration and data stay as they are"
		if h.Point.Scope == restore.ScopeSystem {
			what = "of the whole system: what was written since is lost"
		}
		say("%s: back to what it had %s (restore point %s, %s)", safe.Text(h.Name), ago(a.now().Sub(h.Point.Created)), h.Point.Provider, what)
		switch {
		case h.Point.There == nil:
		case *h.Point.There:
			say("  the restore point is there: %s", safe.Text(h.Point.Tag))
		default:
			say("  the restore point is not there: %s", safe.Text(h.Point.Tag))
		}
		if h.Error != nil {
			say("  %s: %s", h.State, safe.Text(h.Error.Message))
		}
		for _, u := range h.Updates {
			say("  %s %s -> %s", safe.Text(u.Name), orDash(safe.Text(u.To)), orDash(safe.Text(u.From)))
		}
		if len(h.Later) > 0 {
			say("  lost with it, what later runs did: %s", strings.Join(h.Later, ", "))
		}
		if len(h.Newer) > 0 {
			say("  lead nowhere afterwards: %s", strings.Join(h.Newer, ", "))
		}
		if len(h.Cannot) > 0 {
			say("  cannot be brought back: %s", safe.Text(strings.Join(h.Cannot, "; ")))
		}
		if h.Reboots {
			say("  the host boots once in the course of it")
		}
	}
	return b.String()
}

// undoneRun is what the run that a rollback by hand undoes did on hosts.
func undoneRun(ctx context.Context, s *session, start journal.RunStartedData) (map[string]*journal.Host, error) {
	if start.Kind != run.KindRollback {
		return nil, nil
	}
	past, err := loadRun(ctx, s.store, start.Rollout)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*journal.Host, len(past.Hosts))
	for _, h := range past.Hosts {
		out[h.Name] = h
	}
	return out, nil
}
