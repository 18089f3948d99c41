package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/engine/feeds"
	"patchwave/engine/plan"
	"patchwave/engine/report/safe"
	"patchwave/engine/restore"
	"patchwave/engine/scan"
	"patchwave/engine/store"
	"patchwave/inventory"
	"patchwave/policies"
)

type planOptions struct {
	policy, out, refresh, at string
	detailed, stored, wake   bool
	// hosts are the only ones if there are any, versions those of the rollout that
	// they join.
	hosts    []*inventory.Host
	versions plan.Versions
	// looped plans also what is in an update loop.
	looped bool
	// ahead is the instant of the decisions of a plan that is not carried out; zero
	// is what at says, or now.
	ahead time.Time
}

func (a *app) planCmd() *cobra.Command {
	var opt planOptions
	cmd := &cobra.Command{
		Use: "plan", Short: "Show exactly what would be done: hosts, waves, batches, versions, reboots", GroupID: "daily",
		Long: "Scans the hosts, decides by policy, and asks each host's own package manager what installing the\n" +
			"approved versions would do. Installs nothing; package indexes are refreshed as by scan.\n" +
			"With --out the plan is saved, and `patchwave apply FILE` within a day does exactly that.",
		Example: "  patchwave plan\n  patchwave plan -p web-prod -l 'web-*' --out tonight.plan\n  patchwave plan --detailed-exitcode -o json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if err := checkRefresh(opt.refresh); err != nil {
				return err
			}
			a.sources = a.freshSources(cmd.Context())
			s, err := a.open(cmd.Context(), create)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			ctx, stop := a.untilSignal(cmd.Context())
			defer stop()
			if opt.at != "" && opt.out != "" {
				return usage("--at does not go with --out: a plan for another time cannot be carried out; save it when the time has come")
			}
			p, err := a.makePlan(ctx, s, opt, nil)
			if err != nil {
				return err
			}
			if opt.out != "" {
				if err := savePlan(opt.out, p); err != nil {
					return err
				}
			}
			if err := a.showPlan(p, s.cfg.Zone()); err != nil {
				return err
			}
			if opt.out != "" {
				a.say("saved; carry it out with: patchwave apply %s", opt.out)
			}
			return exit(planCode(p, opt.detailed))
		},
	}
	planFlags(cmd, &opt)
	cmd.Flags().StringVar(&opt.out, "out", "", "save the plan to this `FILE`")
	cmd.Flags().StringVar(&opt.at, "at", "", "decide as at this `TIME`, a date or an RFC 3339 time: what would be done then, if nothing new came")
	cmd.Flags().BoolVar(&opt.wake, "wake", false, "wake hosts that do not answer, where their policy says so, and put them back as it says")
	cmd.Flags().BoolVar(&opt.detailed, "detailed-exitcode", false, "exit status 10 if there is something to do")
	return cmd
}

func planFlags(cmd *cobra.Command, opt *planOptions) {
	cmd.Flags().StringVarP(&opt.policy, "policy", "p", "", "only this `POLICY` and its hosts")
	cmd.Flags().BoolVar(&opt.stored, "stored", false, "plan from the last scan instead of scanning first")
	refreshFlag(cmd, &opt.refresh)
}

// gateFunc says why a policy may not change a host; nil lets everything pass.
type gateFunc func(*policies.Policy, *inventory.Host) *plan.Excluded

// toPlan are the hosts of a plan, after what is to be said about them first.
func (a *app) toPlan(ctx context.Context, s *session, opt planOptions, changing bool) (hosts []*inventory.Host, err error) {
	if hosts = opt.hosts; hosts == nil {
		if hosts, err = a.hosts(ctx, s); err != nil {
			return nil, err
		}
	}
	if opt.policy != "" {
		if hosts, err = a.ofPolicy(s, hosts, opt.policy); err != nil {
			return nil, err
		}
	}
	if opt.hosts == nil {
		if err := a.underWay(ctx, s, hosts); err != nil {
			return nil, err
		}
	}
	return hosts, a.gaps(s, hosts, opt.policy, changing)
}

// makePlan scans and plans; every scan is stored before it is used.
func (a *app) makePlan(ctx context.Context, s *session, opt planOptions, gate gateFunc) (p *plan.Plan, err error) {
	hosts, err := a.toPlan(ctx, s, opt, gate != nil)
	if err != nil {
		return nil, err
	}
	ledger, err := s.store.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	bar := a.progress("planning", len(hosts))
	defer bar.done()
	way, done := a.waking(s, s.newTurns(d), gate != nil || opt.wake)
	defer done()
	var fresh []inventory.Observation
	planner := plan.Planner{Dialer: way, Managers: managers(), Ledger: ledger, Feeds: feeds.NewBook(s.store), Now: a.now, Parallelism: s.cfg.Settings.Parallelism,
		Observed: func(o inventory.Observation) error {
			fresh = append(fresh, o)
			return s.store.SaveScan(ctx, o)
		},
		HostDone: func(name string, problem *inventory.Problem) {
			state := "ok"
			if problem != nil {
				state = problem.Code
			}
			bar.step(name, state)
			s.log.Debug("planned", "host", name, "state", state)
		}}
	planner.Provider = restores{dialer: way, declared: s.cfg.Providers(), now: a.now}.Provider
	if !opt.looped {
		planner.History = s.store
	}
	var stored map[string]inventory.Observation
	if opt.stored {
		stored = s.seen
	}
	at := a.now()
	if !opt.ahead.IsZero() {
		at = opt.ahead
	} else if opt.at != "" {
		if at, err = firstInstant(opt.at, s.cfg.Zone()); err != nil {
			return nil, usage("--at: %w", err)
		}
	}
	g, err := a.agenda(ctx, s, at)
	if err != nil {
		return nil, err
	}
	twice := newOverlaps(g, at)
	all := func(p *policies.Policy, h *inventory.Host) *plan.Excluded {
		if x := twice.refuse(p, h); x != nil || gate == nil {
			return x
		}
		return gate(p, h)
	}
	p, err = planner.Plan(ctx, plan.Request{At: at, Stored: stored, Inventory: s.inv, Policies: s.policies, Hosts: hosts,
		Availabilities: s.cfg.Declared(factsOf(s.seen)).Availabilities, ConfigDigest: s.cfg.Digest, Policy: opt.policy, Refresh: scan.Refresh(opt.refresh), Gate: all,
		Versions: opt.versions})
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, store.ErrFull) {
			return nil, err
		}
		return nil, usage("%w", err)
	}
	bar.done()
	a.membersMoved(s, fresh)
	setTimes(s, g, p, at)
	if opt.at != "" || !opt.ahead.IsZero() {
		return p, nil // a plan for another time is only looked at
	}
	return p, s.store.SavePlan(ctx, p)
}

// setTimes says when each wave can begin, if the plan is carried out from an
// instant on.
func setTimes(s *session, g *agendaOf, p *plan.Plan, at time.Time) {
	for _, d := range horizons() {
		p.SetTimes(s.policies, at, g.between(at.Add(-g.longest), at.Add(d)))
		if !slices.ContainsFunc(p.Waves, func(w plan.Wave) bool { return w.NotBefore == nil }) {
			break
		}
	}
	for i, w := range p.Waves {
		if w.NotBefore != nil && !w.NotBefore.After(at) {
			p.Waves[i].NotBefore = nil // at once
		}
	}
}

// ofPolicy keeps the hosts that a policy claims.
func (a *app) ofPolicy(s *session, hosts []*inventory.Host, policy string) ([]*inventory.Host, error) {
	if err := knownPolicy(s.policies, policy); err != nil {
		return nil, err
	}
	var out []*inventory.Host
	for _, h := range hosts {
		for _, p := range h.Policies {
			if p == policy {
				out = append(out, h)
			}
		}
	}
	if len(out) == 0 {
		return nil, usage("policy %q claims none of the selected hosts", policy)
	}
	return out, nil
}

// savePlan writes a plan file, whole or not at all, mode 0600.
func savePlan(path string, p *plan.Plan) error {
	b, err := p.Encode()
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".patchwave-plan-*")
	if err != nil {
		return usage("save the plan: %w", err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o600), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return usage("save the plan: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}

// planCode is the exit status of a plan: hosts that could not be looked at
// count.
func planCode(p *plan.Plan, detailed bool) int {
	codes := []int{exitOK}
	for _, x := range p.Excluded {
		codes = append(codes, excludedCode(x))
	}
	if hosts, _, _ := p.Totals(); hosts > 0 && detailed {
		codes = append(codes, exitChanges)
	}
	return worst(codes...)
}

func excludedCode(x plan.Excluded) int {
	switch code := connectors.Code(x.Code); {
	case code == plan.ExcludedUnmanaged:
		return exitOK
	case x.Refused():
		return exitRefused
	case code == connectors.CodeUnreachable, code == connectors.CodeAuth, code == connectors.CodeHostKey:
		return exitUnreachable
	default:
		return exitFailed
	}
}

func (a *app) showPlan(p *plan.Plan, zone *time.Location) error {
	if a.flags.output != "text" {
		return a.json(p)
	}
	color := a.color(a.out)
	for _, w := range p.Waves {
		head := fmt.Sprintf("policy %s, wave %s", w.Policy, w.Name)
		if w.NotBefore != nil {
			head += ", not before " + w.NotBefore.In(zone).Format("Mon 2006-01-02 15:04 MST")
		}
		if err := a.printf("%s\n", paint(safe.Text(head), strong, color)); err != nil {
			return err
		}
		for i, b := range w.Batches {
			if err := a.printf("  batch %d of %d\n", i+1, len(w.Batches)); err != nil {
				return err
			}
			for _, h := range b.Hosts {
				if err := a.printf("%s", hostPlanText(h, color)); err != nil {
					return err
				}
			}
		}
	}
	for _, x := range p.Excluded {
		if err := a.printf("%s %s\n", paint("left out:", warn, color), safe.Text(fmt.Sprintf("%s (%s): %s", x.Host, x.Code, x.Reason))); err != nil {
			return err
		}
	}
	hosts, changes, reboots := p.Totals()
	return a.printf("\nPlan %s: %s on %s, %s\n", p.ID, count(changes, "change"), count(hosts, "host"), count(reboots, "reboot"))
}

func hostPlanText(h plan.Host, color bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "    %s", paint(safe.Text(h.Name), strong, color))
	if len(h.Steps) == 0 {
		b.WriteString(paint("  nothing to do", dim, color))
	}
	b.WriteString("\n")
	for i, s := range h.Steps {
		if i > 0 {
			b.WriteString("      then, as a step of its own:\n")
		}
		twice := namesTwice(s.Updates)
		for _, e := range s.Updates {
			if twice[e.Name] {
				e.Name += ":" + e.Arch // one line for each architecture
			}
			why := e.Decision
			if e.Rule != "" {
				why = e.Rule
			}
			b.WriteString("      " + changeText(e, color) + paint("  ["+safe.Text(why)+"]", dim, color) + "\n")
		}
		if pt := s.RestorePoint; pt != nil {
			text := fmt.Sprintf("restore point: %s", pt.Provider)
			if pt.Provider != restore.Packages && len(pt.Undoes) > 0 {
				text += ", undoes " + strings.Join(pt.Undoes, ", ")
			}
			if len(pt.CannotUndo) > 0 {
				text += "; cannot undo " + strings.Join(pt.CannotUndo, "; ")
			}
			b.WriteString(paint("      "+safe.Text(text), dim, color) + "\n")
		}
		if s.Reboot {
			b.WriteString(paint("      then a reboot", warn, color) + "\n")
		}
	}
	for _, text := range skippedText(h.Skipped) {
		b.WriteString(paint("      "+safe.Text(text), dim, color) + "\n")
	}
	for _, n := range h.Notes {
		b.WriteString(paint("      note: "+safe.Text(n), warn, color) + "\n")
	}
	return b.String()
}

// namesTwice are the packages that a step changes for more than one architecture.
func namesTwice(entries []plan.Entry) map[string]bool {
	seen := map[string]bool{}
	for _, e := range entries {
		_, again := seen[e.Name]
		seen[e.Name] = again
	}
	return seen
}

// skippedText says what is left out, a line a reason.
func skippedText(list []plan.Skipped) []string {
	var order []string
	names := map[string][]string{}
	for _, sk := range list {
		why := sk.Decision + ", " + sk.Reason
		if names[why] == nil {
			order = append(order, why)
		}
		names[why] = append(names[why], sk.Name+" "+sk.To)
	}
	for i, why := range order {
		text := strings.Join(names[why], ", ")
		if n := len(names[why]); n > 4 {
			text = strings.Join(names[why][:3], ", ") + fmt.Sprintf(" and %d more", n-3)
		}
		order[i] = "not " + text + ": " + why
	}
	return order
}

func changeText(e plan.Entry, color bool) string {
	switch e.Action {
	case "install":
		if e.Title != "" { // the version is a machine's name for it, and stands in the JSON
			return paint("+", good, color) + safe.Text(fmt.Sprintf(" %s %s", e.Name, e.Title))
		}
		return paint("+", good, color) + safe.Text(fmt.Sprintf(" %s %s", e.Name, e.To))
	case "remove":
		return paint("-", bad, color) + safe.Text(fmt.Sprintf(" %s %s", e.Name, e.From))
	default:
		return paint("~", warn, color) + safe.Text(fmt.Sprintf(" %s %s -> %s", e.Name, e.From, e.To))
	}
}
