package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors/sim"
	"patchwave/engine/report/safe"
)

type demoOptions struct {
	dir  string
	keep bool
}

func (a *app) demoCmd() *cobra.Command {
	var opt demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Show the whole cycle on 24 simulated machines on this computer, in under a minute", GroupID: "daily",
		Long: "Starts 24 simulated machines on loopback, 18 of Linux behind real SSH and 6 of Windows behind real WinRM,\n" +
			"writes a configuration for them, and validates, scans, plans, applies and reports. One machine's update\n" +
			"breaks its service and is rolled back, one undoes its update while it boots, and one cannot be reached:\n" +
			"that is part of the demonstration, and its exit status is 0.",
		Example: "  patchwave demo\n  patchwave demo --keep --dir /tmp/try",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), opt) },
	}
	cmd.Flags().StringVar(&opt.dir, "dir", "", "`DIR` to write the configuration to, new or empty (default a new temporary one)")
	cmd.Flags().BoolVar(&opt.keep, "keep", false, "keep the machines running in the end, until interrupted, to try commands on them")
	return cmd
}

func (a *app) demo(ctx context.Context, opt demoOptions) (err error) {
	dir, err := demoDir(opt.dir)
	if err != nil {
		return usage("%w", err)
	}
	fleet, err := startDemoFleet(cmp.Or(a.simTime, time.Second))
	if err != nil {
		return fmt.Errorf("start the simulated fleet: %w", err)
	}
	defer fleet.Close()
	if err := writeDemo(dir, fleet); err != nil {
		return usage("write the configuration of the demonstration: %w", err)
	}
	if err := a.printf("%d simulated machines answer on this computer; their configuration is in\n  %s\n", len(fleet.Hosts()), safe.Text(dir)); err != nil {
		return err
	}
	if err := a.demoActs(ctx, dir); err != nil {
		return err
	}
	run, err := a.lastRun(ctx, dir)
	if err != nil {
		return err
	}
	if err := a.printf("\nThat was the whole cycle. The configuration, the journal and the keys stay in\n  %s\nLook around:   patchwave -C %s report\n               patchwave -C %s show %s iis-03\n",
		safe.Text(dir), safe.Text(dir), safe.Text(dir), run); err != nil {
		return err
	}
	if !opt.keep {
		return nil
	}
	a.say("the machines stay up until you interrupt (Ctrl-C)")
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	<-ctx.Done()
	a.interrupted = 0
	return nil
}

// act is one command of the demonstration.
type act struct {
	title string
	args  []string
	// okCodes are the exit statuses that belong to the story.
	okCodes []int
}

func demoActs() []act {
	return []act{
		{"The configuration is checked, before any machine is touched", []string{"validate"}, nil},
		{"Every machine is asked what is pending", []string{"scan"}, []int{exitUnreachable}},
		{"The plan: exactly what would be done, and why the rest would not", []string{"plan", "-l", "web-07,db-01,iis-03"}, nil},
		{"Why is that so? Every decision has a rule, and the rule a line", []string{"explain", "db-01"}, nil},
		{"It is done: the canary first, then wave by wave", []string{"apply", "--yes", "--reason", "demonstration"},
			[]int{exitUnreachable, exitRolledBack}},
		{"Did it work? The report", []string{"report"}, nil},
		{"What is left: held by the baseline or the host, or taken back", []string{"pending", "--by", "host"}, nil},
	}
}

// demoActs plays the commands, each as the operator would type it.
func (a *app) demoActs(ctx context.Context, dir string) error {
	for i, act := range demoActs() {
		args := append([]string{"-C", dir}, act.args...)
		line := "patchwave " + strings.Join(act.args, " ")
		if err := a.printf("\n%s\n%s\n\n", paint(fmt.Sprintf("%d. %s", i+1, act.title), strong, a.color(a.out)), paint("$ "+line, dim, a.color(a.out))); err != nil {
			return err
		}
		code := a.sub(ctx, args)
		if !okCode(code, act.okCodes) {
			return fmt.Errorf("`%s` ended with status %d, which is not part of the demonstration; please report it", line, code)
		}
		if a.interrupted != 0 {
			return exit(a.interrupted)
		}
	}
	return nil
}

func okCode(code int, ok []int) bool {
	return code == exitOK || slices.Contains(ok, code)
}

// sub runs another command of this program in this process.
func (a *app) sub(ctx context.Context, args []string) int {
	b := &app{in: a.in, out: a.out, err: a.err, env: func(name string) (string, bool) {
		if name == "NO_COLOR" || name == "TERM" {
			return a.env(name)
		}
		return "", false // the demonstration is the same for everybody
	}, now: a.now, signals: a.signals, pollEvery: cmp.Or(a.pollEvery, 200*time.Millisecond)}
	root := b.root()
	if a.flags.noColor {
		args = append(args, "--no-color")
	}
	root.SetArgs(args)
	code := b.finish(root.ExecuteContext(ctx))
	a.interrupted = b.interrupted
	return code
}

// lastRun is the id of the latest run in the demonstration's journal.
func (a *app) lastRun(ctx context.Context, dir string) (id string, err error) {
	b := &app{env: a.env, now: a.now, out: a.out, err: a.err, flags: flags{config: dir, db: filepath.Join(dir, "patchwave.db")}}
	st, err := b.openStore(ctx, nil, existing)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	r, err := loadRun(ctx, st, "")
	if err != nil {
		return "", err
	}
	return r.ID, nil
}

// demoDir makes the directory of the demonstration; it must be new or empty.
func demoDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "patchwave-demo-*")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty; name a new directory", dir)
	}
	return filepath.Abs(dir)
}

// startDemoFleet starts the machines on addresses of their own with one port, or
// where the system has only one loopback address, on ports of their own.
func startDemoFleet(pace time.Duration) (*sim.Fleet, error) {
	opt := sim.Options{JobTime: pace, RebootTime: pace}
	for range 5 {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		winPort, err := freePort()
		if err != nil {
			return nil, err
		}
		opt.Addresses, opt.Port, opt.WindowsPort = true, port, winPort
		if fleet, err := sim.DemoFleet(opt); err == nil {
			return fleet, nil
		}
	}
	opt.Addresses, opt.Port, opt.WindowsPort = false, 0, 0
	return sim.DemoFleet(opt)
}
