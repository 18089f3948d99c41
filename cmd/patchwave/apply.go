package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors/wol"
	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/report"
	"patchwave/engine/run"
	"patchwave/inventory"
	"patchwave/policies"
)

type applyOptions struct {
	planOptions
	gateOptions
	reason, digest string
}

func (a *app) applyCmd() *cobra.Command {
	var opt applyOptions
	cmd := &cobra.Command{
		Use: "apply [FILE]", Short: "Carry out a saved plan, or plan, ask, and carry it out", GroupID: "daily",
		Long: "With FILE exactly those versions are installed; a host on which the plan would do something else by now is\n" +
			"left alone and named. Without FILE it plans first and asks. The first interrupt lets what has begun end and\n" +
			"begins nothing more; the second lets go at once: jobs on the hosts end by themselves, and\n" +
			"`patchwave resume RUN` collects them.\n" +
			"A policy with a window is applied while the window is open and its turn in it has come; --now, with\n" +
			"--reason, does not wait for it. A freeze and a suspension are passed over by --override. What the window\n" +
			"leaves no time for is deferred. A version that three runs have installed and that the host offers all the\n" +
			"same is in an update loop and is left alone; --override loop installs it once more.",
		Example: "  patchwave apply\n  patchwave apply -l 'web-*' --yes\n  patchwave apply tonight.plan",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := errors.Join(checkRefresh(opt.refresh), opt.check(opt.reason)); err != nil {
				return err
			}
			a.sources = a.freshSources(cmd.Context())
			s, err := a.open(cmd.Context(), create)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			p, err := a.planToApply(cmd.Context(), s, args, opt)
			if err != nil || p == nil {
				return err
			}
			return a.apply(cmd.Context(), s, p, journal.RunStartedData{Kind: run.KindApply, Reason: opt.reason, Now: opt.now, Overrides: opt.override}, "apply")
		},
	}
	planFlags(cmd, &opt.planOptions)
	a.metricsFlag(cmd)
	gateFlags(cmd, &opt.gateOptions)
	a.lockFlags(cmd)
	cmd.Flags().StringVar(&opt.reason, "reason", "", "`TEXT` that says why; kept in the journal")
	cmd.Flags().StringVar(&opt.digest, "digest", "", "accept a saved plan of another database if it has this `DIGEST`")
	return cmd
}

// planToApply returns the plan that the operator said yes to; nil if there is
// nothing to ask about and all was said.
func (a *app) planToApply(ctx context.Context, s *session, args []string, opt applyOptions) (*plan.Plan, error) {
	gate, err := a.newGate(ctx, s, opt.gateOptions)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		p, err := a.savedPlan(ctx, s, args[0], opt.digest, opt.policy)
		if err == nil {
			err = gate.plan(p, s, func(string) bool { return true })
		}
		if err != nil {
			return nil, err
		}
		return a.confirmed(p, s.cfg.Zone())
	}
	opt.looped = opt.overrides(overrideLoop)
	planning, stop := a.untilSignal(ctx)
	p, err := a.makePlan(planning, s, opt.planOptions, gate.refuse)
	stop() // from here on the question listens for signals itself
	if err != nil {
		return nil, err
	}
	return a.confirmed(p, s.cfg.Zone())
}

// savedPlan reads a plan file and refuses one that was not made here, or under
// another configuration.
func (a *app) savedPlan(ctx context.Context, s *session, path, digest, policy string) (*plan.Plan, error) {
	if a.flags.limit != "" || a.flags.where != "" || policy != "" {
		return nil, usage("a saved plan is carried out whole: --limit, --where and --policy do not go with it")
	}
	p, err := plan.Load(path, a.now())
	if err != nil {
		return nil, usage("%w", err)
	}
	known, err := s.store.Plan(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if (known == nil || known.Digest != p.Digest) && digest != p.Digest {
		return nil, usage("plan %s was not made with this database; if you trust it, say --digest %s", p.ID, p.Digest)
	}
	if p.ConfigDigest != s.cfg.Digest {
		return nil, &exitError{exitRefused, errors.New("the configuration has changed since the plan was made; plan again")}
	}
	if known != nil && known.Digest == p.Digest {
		p = known // what the digest does not cover is taken from here
	} else if err := s.store.SavePlan(ctx, p); err != nil {
		return nil, err // a resume needs it
	}
	if a.now().After(p.Expires) {
		return nil, &exitError{exitRefused, fmt.Errorf("plan %s expired on %s; plan again", p.ID, p.Expires.Format(time.RFC3339))}
	}
	for _, h := range p.Hosts() {
		if s.inv.Host(h.Name) == nil {
			return nil, usage("plan %s has host %s, which the inventory does not have; plan again", p.ID, h.Name)
		}
	}
	return p, nil
}

// confirmed shows the plan and asks.
func (a *app) confirmed(p *plan.Plan, zone *time.Location) (*plan.Plan, error) {
	hosts, changes, reboots := p.Totals()
	if len(p.Hosts())+len(p.Excluded) == 0 || onlyUnmanaged(p) {
		a.say("no policy claims any of these hosts, so there is nothing to do; `patchwave validate` lists them")
	}
	if hosts == 0 || a.flags.yes {
		return p, nil
	}
	if a.flags.output == "text" {
		if err := a.showPlan(p, zone); err != nil {
			return nil, err
		}
	} else {
		b := *a // the question is about the plan; the result goes elsewhere
		b.out, b.flags.output = a.err, "text"
		if err := b.showPlan(p, zone); err != nil {
			return nil, err
		}
	}
	return p, a.ask(fmt.Sprintf("Apply %s on %s, with %s?", count(changes, "change"), count(hosts, "host"), count(reboots, "reboot")))
}

func onlyUnmanaged(p *plan.Plan) bool {
	return len(p.Hosts()) == 0 && !slices.ContainsFunc(p.Excluded, func(x plan.Excluded) bool { return x.Code != plan.ExcludedUnmanaged })
}

// ask wants a yes.
func (a *app) ask(question string) error {
	if !isTerminal(a.in) {
		return &exitError{exitUsage, errors.New("nobody can be asked here: say --yes, or run it at a terminal")}
	}
	if _, err := fmt.Fprintf(a.err, "%s Type yes: ", question); err != nil {
		return err
	}
	answer := make(chan string, 1)
	go func() {
		// the end of the input is as good as a no
		line, _ := bufio.NewReader(a.in).ReadString('\n')
		answer <- strings.TrimSpace(line)
	}()
	select {
	case sig := <-a.signals:
		a.caught(sig)
		return &exitError{a.interrupted, errors.New("interrupted; nothing was changed")}
	case word := <-answer:
		if word != "yes" {
			return &exitError{exitRefused, errors.New("not confirmed; nothing was changed")}
		}
		return nil
	}
}

// apply carries out a plan as a new run and shows what came of it.
func (a *app) apply(ctx context.Context, s *session, p *plan.Plan, start journal.RunStartedData, command string) error {
	id, err := a.newRunID()
	if err != nil {
		return err
	}
	if start.Rollout == "" {
		start.Rollout = id
	}
	start.PlanID, start.PlanDigest, start.ConfigDigest = p.ID, p.Digest, p.ConfigDigest
	return a.carryOut(ctx, s, run.Work{Run: id, Plan: p, Start: start}, command, nil)
}

// carryOut runs or resumes a run; held is its lease if it was taken already.
func (a *app) carryOut(ctx context.Context, s *session, w run.Work, command string, held *holding) (err error) {
	if held == nil {
		if held, err = a.holdRun(ctx, s, w.Run); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, held.close(ctx)) }()
	ctx, drain, stop := a.drain(ctx, w.Run)
	defer stop()
	r, err := a.perform(ctx, s, w, command, held, drain)
	if err != nil {
		return err
	}
	return held.verdict(r, a.concluded(r, command))
}

// perform is carryOut for whoever listens for signals, holds the run's lease and
// shows what came of it.
func (a *app) perform(ctx context.Context, s *session, w run.Work, command string, held *holding, drain <-chan struct{}) (r *journal.Run, err error) {
	w.Inventory, w.Policies = s.inv, s.all()
	if err := s.owes(ctx, &w); err != nil {
		return nil, err
	}
	a.identify(&w.Start)
	w.Start.Fence = held.run.Fence()
	if w.Dead, err = deadRuns(ctx, s.store, a.now()); err != nil {
		return nil, err
	}
	if err := a.bound(ctx, s, &w); err != nil {
		return nil, err
	}
	if w.Earlier, err = earlierHosts(ctx, s, w); err != nil {
		return nil, err
	}
	if w.Undone, err = undoneRun(ctx, s, w.Start); err != nil {
		return nil, err
	}
	w.Cancel, w.Later, w.Removable = cancelled(s, w.Run), s.store.LaterChange, s.store.PointsOf
	w.Start.Controller = s.store.Controller()
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	w.Woken = s.takeWoken(&w)
	ctx, end := held.run.Context(ctx)
	defer end()
	live := a.live(command)
	post := a.courier(ctx, s)
	w.Availabilities = s.cfg.Declared(factsOf(s.seen)).Availabilities
	engine := run.Engine{Dialer: s.newTurns(d), Absences: s.store, Managers: managers(), Journal: coord.Guard(s.store, held.run), Leases: held, Now: a.now, Controller: s.store.Controller(),
		Parallelism: s.cfg.Settings.Parallelism, Notify: func(e journal.Event, r *journal.Run) {
			s.log.Debug("event", "run", e.Run, "host", e.Host, "type", e.Type, "data", string(e.Data))
			live.event(e, r)
			post.event(e, r)
		}, Poll: a.poll(), Programs: programs{s.cfg.Dir}, Restores: restores{dialer: d, declared: s.cfg.Providers(), now: a.now}, Packet: wol.Sender{}.Send, Settle: a.settle, Back: a.back, Patience: a.patience,
		Observed: func(o inventory.Observation) error { return s.store.SaveScan(context.WithoutCancel(ctx), o) }}
	defer a.keepLogs(s.store, &engine, w.Run)()
	if err = a.withFaults(&engine); err != nil {
		return nil, err
	}
	r, err = engine.Apply(ctx, w, drain)
	s.giveBack(r, w.Woken)
	if err != nil {
		return nil, err
	}
	post.announce(ctx, r)
	return r, noteSoak(context.WithoutCancel(ctx), s, r, w.Plan)
}

// bound lets a run begin nothing that its windows leave no time for, unless it was
// started outside of them on purpose.
func (a *app) bound(ctx context.Context, s *session, w *run.Work) (err error) {
	if w.Start.Now || !slices.ContainsFunc(s.all(), func(p *policies.Policy) bool { return p.Window != nil }) {
		return nil
	}
	g, err := a.newGate(ctx, s, gateOptions{})
	if err != nil {
		return err
	}
	w.Left = g.left(a.now)
	w.Longest, err = s.store.Longest(ctx)
	return err
}

// concluded shows a run that is over and ends with its status.
func (a *app) concluded(r *journal.Run, command string) error {
	if err := a.showRun(report.NewRun(command, r)); err != nil {
		return err
	}
	for _, h := range r.Hosts {
		if r.RollbackFailed(h) && h.Fault != nil {
			a.say("ROLLBACK FAILED on %s: %s; see `patchwave show %s %s`", h.Name, strings.TrimPrefix(h.Fault.Message, "the rollback failed: "), r.ID, h.Name)
		}
	}
	switch r.State {
	case "interrupted":
		a.say("go on with: patchwave resume %s", r.ID)
	case "soaking":
		a.say("when the soak is over, go on with: patchwave resume %s", r.ID)
	}
	return exit(a.statusOf(r))
}

// newRunID makes a run's id: sortable by time, unique.
func (a *app) newRunID() (string, error) {
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a run id: %w", err)
	}
	return "r" + a.now().UTC().Format("20060102-150405") + "-" + hex.EncodeToString(b[:]), nil
}

// identify says who runs this, and as which process.
func (a *app) identify(d *journal.RunStartedData) {
	if d.Trigger == "" {
		d.Trigger = "terminal"
		if !isTerminal(a.in) {
			d.Trigger = "script"
		}
	}
	d.Actor = a.actor()
	d.PID = os.Getpid()
	d.BootID, d.ProcStart = processIdentity(d.PID)
	d.MachineID, d.PIDSpace = place()
}

// actor is who runs this.
func (a *app) actor() string {
	name := "uid " + fmt.Sprint(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if who, ok := a.env("SUDO_USER"); ok && who != "" {
		name += " (sudo by " + who + ")"
	}
	return name
}
