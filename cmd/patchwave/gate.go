package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/plan"
	"patchwave/inventory"
	"patchwave/policies"
)

// gateOptions are what an operator says to set a refusal aside.
type gateOptions struct {
	now      bool
	override []string
}

// What --override names.
const (
	overrideFreeze    = "freeze"
	overrideSuspended = "suspended"
	overrideLoop      = "loop"
)

func gateFlags(cmd *cobra.Command, opt *gateOptions) {
	cmd.Flags().BoolVar(&opt.now, "now", false, "start although the window is not open; needs --reason")
	cmd.Flags().StringSliceVar(&opt.override, "override", nil, "pass over `WHAT`: freeze, suspended, or loop (install what earlier runs installed in vain); needs --reason")
}

// check reports flags that do not go together.
func (o gateOptions) check(reason string) error {
	for _, w := range o.override {
		if w != overrideFreeze && w != overrideSuspended && w != overrideLoop {
			return usage("--override %q is not freeze, suspended or loop", w)
		}
	}
	if (o.now || len(o.override) > 0) && strings.TrimSpace(reason) == "" {
		return usage("--now and --override need --reason: say why the rule does not hold this time")
	}
	return nil
}

func (o gateOptions) overrides(what string) bool { return slices.Contains(o.override, what) }

// gate says what may be changed at one instant.
type gate struct {
	agenda *agendaOf
	at     time.Time
	opt    gateOptions
}

func (a *app) newGate(ctx context.Context, s *session, opt gateOptions) (*gate, error) {
	now := a.now()
	ag, err := a.agenda(ctx, s, now)
	return &gate{agenda: ag, at: now, opt: opt}, err
}

// refuse says why a policy may not change a host now; nil if it may.
func (g *gate) refuse(p *policies.Policy, h *inventory.Host) *plan.Excluded {
	code, why := g.suspended(p)
	if code == "" && p.Window != nil {
		code, why = g.window(p, h)
	}
	if code == "" {
		return nil
	}
	return &plan.Excluded{Host: h.Name, Code: code, Reason: why}
}

// suspended looks at the operator's word; it holds with and without a window.
func (g *gate) suspended(p *policies.Policy) (code, why string) {
	for _, n := range g.agenda.in.Suspensions {
		if n.Policy == p.Name && n.Until.After(g.at) && !g.opt.overrides(overrideSuspended) {
			return plan.ExcludedSuspended, fmt.Sprintf("policy %s is suspended until %s: %s; `patchwave unsuspend %s` ends that, --override suspended passes over it once",
				p.Name, g.text(n.Until), n.Reason, p.Name)
		}
	}
	return "", ""
}

// window looks at the opening that is open now, or at the calendar where none is.
func (g *gate) window(p *policies.Policy, h *inventory.Host) (code, why string) {
	l, open := g.agenda.at(p, h, g.at)
	if !open {
		if code, why = g.frozen(p); code != "" || g.opt.now {
			return code, why
		}
		return plan.ExcludedWindow, fmt.Sprintf("window %s of policy %s is not open%s; --now starts it all the same", p.Window.Name, p.Name, g.nextText(p, h))
	}
	switch l.State {
	case policies.OpeningFrozen:
		if g.opt.overrides(overrideFreeze) {
			return "", ""
		}
		return plan.ExcludedFrozen, fmt.Sprintf("window %s of policy %s is frozen: %s; --override freeze passes over it", p.Window.Name, p.Name, l.Reason)
	case policies.OpeningSuspended:
		return "", "" // suspended has looked at it
	case policies.OpeningUnattended:
		if g.opt.overrides(overrideSuspended) {
			return "", ""
		}
		return plan.ExcludedUnattended, fmt.Sprintf("window %s of policy %s is unattended: %s; --override suspended passes over it", p.Window.Name, p.Name, l.Reason)
	case policies.OpeningOpen:
	}
	switch {
	case launched(l, g.at) || g.opt.now:
		return "", ""
	case l.Launch.IsZero():
		return plan.ExcludedWindow, fmt.Sprintf("policy %s does not start in this opening of window %s: %s; --now starts it all the same", p.Name, p.Window.Name, l.Reason)
	default:
		return plan.ExcludedWindow, fmt.Sprintf("the turn of policy %s in window %s is at %s; --now starts it all the same", p.Name, p.Window.Name, g.text(l.Launch))
	}
}

// frozen looks at the calendar where no opening says what counts.
func (g *gate) frozen(p *policies.Policy) (code, why string) {
	if p.Window.Calendar == nil || g.opt.overrides(overrideFreeze) {
		return "", ""
	}
	f, ok := p.Window.Calendar.FreezeAt(g.at)
	if !ok {
		return "", ""
	}
	return plan.ExcludedFrozen, fmt.Sprintf("freeze %s of calendar %s: %s; --override freeze passes over it", f.Name, p.Window.Calendar.Name, f.Reason)
}

func (g *gate) nextText(p *policies.Policy, h *inventory.Host) string {
	next, ok := g.agenda.next(p, h, g.at)
	if !ok {
		return " and does not open again"
	}
	return " before " + g.text(next.Launch)
}

func (g *gate) text(t time.Time) string {
	return t.In(g.agenda.zone).Format("Mon 2006-01-02 15:04 MST")
}

// plan refuses a plan of which a host may not be changed now: it is carried out
// whole. counts says which hosts are looked at.
func (g *gate) plan(p *plan.Plan, s *session, counts func(host string) bool) error {
	var whys []string
	for _, w := range p.Waves {
		all := s.all()
		i := slices.IndexFunc(all, func(q *policies.Policy) bool { return q.Name == w.Policy })
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				host := s.inv.Host(h.Name)
				if i < 0 || host == nil || len(h.Steps) == 0 || !counts(h.Name) {
					continue
				}
				if x := g.refuse(all[i], host); x != nil && !slices.Contains(whys, x.Reason) {
					whys = append(whys, x.Reason)
				}
			}
		}
	}
	if len(whys) == 0 {
		return nil
	}
	return &exitError{exitRefused, errors.New(strings.Join(whys, "; "))}
}

// left is how much time a policy has left on a host, by the opening that is open.
func (g *gate) left(now func() time.Time) func(*policies.Policy, *inventory.Host) (time.Duration, bool) {
	return func(p *policies.Policy, h *inventory.Host) (time.Duration, bool) {
		if p.Window == nil || h == nil {
			return 0, false
		}
		t := now()
		l, open := g.agenda.at(p, h, t)
		if !open {
			return 0, true
		}
		return l.Closes.Sub(t), true
	}
}
