package main

import (
	"context"
	"slices"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/scan"
	"patchwave/inventory"
	"patchwave/policies"
)

// pointsAnswer is what one host says of its restore points.
type pointsAnswer struct {
	Name  string             `json:"name"`
	State string             `json:"state"`
	Error *inventory.Problem `json:"error"`

	by []run.ListedBy
}

func (p pointsAnswer) host() (name, state string) { return p.Name, p.State }

func (p pointsAnswer) event() any {
	return struct {
		Schema string `json:"schema"`
		Event  string `json:"event"`
		pointsAnswer
	}{schemaPoints, "host", p}
}

// askPoints asks hosts which restore points of patchwave they have, with every provider
// that fits them, whatever their policy names by now. needs are the providers that a
// host must be able to tell of.
func (a *app) askPoints(ctx context.Context, s *session, hosts []*inventory.Host, needs func(host, provider string) bool) (map[string]pointsAnswer, error) {
	names := policies.BuiltInProviders()
	declared := s.cfg.Providers()
	for name := range declared {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	answers, err := eachHost(ctx, a, s, hosts, "asking", func(ctx context.Context, d connectors.Dialer, h *inventory.Host) pointsAnswer {
		out := pointsAnswer{Name: h.Name, State: "ok"}
		e := a.asker(s, d)
		by, err := e.PointsOf(ctx, h, s.seen[h.Name].Facts, names)
		if err != nil {
			o := scan.Failure(h.Name, err, a.now())
			out.State, out.Error = string(o.State), o.Problem
			return out
		}
		for _, l := range by {
			switch {
			case l.Why == "":
				out.by = append(out.by, l)
			case needs(h.Name, l.Provider):
				out.State, out.Error = "failed", &inventory.Problem{Code: string(connectors.CodeExit), Message: l.Provider + " does not tell its restore points: " + l.Why}
			}
		}
		return out
	})
	by := make(map[string]pointsAnswer, len(answers))
	for _, x := range answers {
		by[x.Name] = x
	}
	return by, err
}

// asker is an engine that only asks.
func (a *app) asker(s *session, d connectors.Dialer) *run.Engine {
	return &run.Engine{Dialer: d, Managers: managers(), Now: a.now, Controller: s.store.Controller(), Poll: a.poll(), Programs: programs{s.cfg.Dir},
		Restores: restores{dialer: d, declared: s.cfg.Providers(), now: a.now}}
}

// knownPoints are the restore points of a host by the journal, newest first, but for
// those that it says are no longer there; listed are those that the host has.
func (c changes) knownPoints(host string, listed []run.ListedBy) []restore.Known {
	var out []restore.Known
	tags := map[string]restore.Known{}
	for _, r := range c.runs {
		h := r.Host(host)
		if h == nil || !asked(h) {
			continue
		}
		k := restore.Known{Run: r.ID, Tag: restore.TagOf(r.Start.Origin, r.ID, host), Created: madeAt(r, h), Held: c.held(r, h)}
		tags[k.Tag] = k
		if h.Point == nil || h.Point.Provider == restore.None || h.Point.Tag == "" {
			continue
		}
		if fate := c.fate(h); fate == journal.PointRemoved || fate == journal.PointAbsent {
			continue
		}
		k.ID, k.Provider, k.Tag, k.Native, k.Recorded = h.Point.ID, h.Point.Provider, h.Point.Tag, h.Point.Native, true
		out = append(out, k)
	}
	for _, by := range listed {
		for _, l := range by.Points {
			k, known := tags[l.Tag]
			if !known || slices.ContainsFunc(out, func(o restore.Known) bool { return o.Tag == l.Tag && o.Provider == by.Provider }) {
				continue
			}
			k.Provider = by.Provider // it was asked for, and its run does not say that it was made
			out = append(out, k)
		}
	}
	return out
}

// asked reports whether a run has asked for a restore point of a host.
func asked(h *journal.Host) bool {
	return h.Point != nil || slices.ContainsFunc(h.Jobs, func(j *journal.Job) bool { return j.Step == run.StepRestorePoint })
}

// held says why a run may still need the point of a host, or "".
func (c changes) held(r *journal.Run, h *journal.Host) string {
	if back := c.back[runHost{r.ID, h.Name}]; back != "" {
		return "run " + back + " takes the host back to it and is not finished: `patchwave resume " + back + "`"
	}
	switch {
	case h.State.Ended():
		return ""
	case r.State == "interrupted":
		return "run " + r.ID + " was interrupted: `patchwave resume " + r.ID + "` or `patchwave cancel " + r.ID + "` first"
	default:
		return "run " + r.ID + " is still at work on the host"
	}
}

// retentionOf is what the policy in force says of a host's restore points. A host that no
// policy claims keeps what the defaults say.
func retentionOf(p *policies.Policy) restore.Retention {
	r := restore.Retention{Keep: run.DefaultKeep, Expire: run.DefaultExpire}
	if p != nil && p.Preparation != nil && p.Preparation.RestorePoint != nil {
		if n := p.Preparation.RestorePoint.Keep; n > 0 {
			r.Keep = n
		}
		if d := p.Preparation.RestorePoint.Expire; d > 0 {
			r.Expire = d
		}
	}
	return r
}

// policyOf is the policy that a host is pruned under: of those that claim it the one that
// keeps most and longest, so that none removes what another still wants.
func policyOf(ps []*policies.Policy, h *inventory.Host) *policies.Policy {
	var best *policies.Policy
	for _, p := range ps {
		if !slices.Contains(h.Policies, p.Name) {
			continue
		}
		if best == nil {
			best = p
			continue
		}
		r, b := retentionOf(p), retentionOf(best)
		if r.Keep > b.Keep || r.Keep == b.Keep && r.Expire > b.Expire {
			best = p
		}
	}
	return best
}

// judged are the restore points of hosts, as the journal and the hosts have them.
type judged struct {
	host   *inventory.Host
	policy *policies.Policy
	answer pointsAnswer
	points []restore.Judgement
}

// judgePoints asks hosts and holds what they say against the journal. dead are the
// origins of controllers whose points are judged as this one's.
func (a *app) judgePoints(ctx context.Context, s *session, c changes, hosts []*inventory.Host, dead []string) ([]judged, error) {
	own := append([]string{restore.Origin(s.store.Controller())}, dead...)
	needs := func(host, provider string) bool {
		i := slices.IndexFunc(hosts, func(h *inventory.Host) bool { return h.Name == host })
		p := policyOf(s.policies, hosts[i])
		named := p != nil && p.Preparation != nil && p.Preparation.RestorePoint != nil && slices.Contains(p.Preparation.RestorePoint.Providers, provider)
		return named || slices.ContainsFunc(c.knownPoints(host, nil), func(k restore.Known) bool { return k.Provider == provider })
	}
	answers, err := a.askPoints(ctx, s, hosts, needs)
	if err != nil {
		return nil, err
	}
	out := make([]judged, 0, len(hosts))
	for _, h := range hosts {
		j := judged{host: h, policy: policyOf(s.policies, h), answer: answers[h.Name]}
		said := map[string][]restore.Listed{}
		for _, l := range j.answer.by {
			said[l.Provider] = l.Points
		}
		if j.answer.Error == nil || len(said) > 0 {
			j.points = restore.Judge(h.Name, own, c.knownPoints(h.Name, j.answer.by), said, retentionOf(j.policy), a.now())
		}
		for i := range j.points {
			if p := &j.points[i]; p.Remove && restore.ScopeOf(p.Provider).Kept {
				p.Remove, p.Why = false, "the system removes its oldest by itself"
			}
		}
		out = append(out, j)
	}
	return out, nil
}
