package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/report/safe"
	"patchwave/policies"
	"patchwave/policies/calendar"
)

// suspendDoc is the document of suspend and unsuspend.
type suspendDoc struct {
	Schema      string          `json:"schema"`
	Suspensions []suspensionDoc `json:"suspensions"`
}

type suspensionDoc struct {
	Policy string    `json:"policy"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Actor  string    `json:"actor"`
}

type suspendOptions struct{ until, reason string }

func (a *app) suspendCmd() *cobra.Command {
	var opt suspendOptions
	cmd := &cobra.Command{
		Use: "suspend [POLICY] --until TIME --reason TEXT", Short: "Keep a policy from starting: nobody will be there in the morning", GroupID: "daily",
		Long: "Until TIME no window of the policy is used and `apply` refuses its hosts, unless --override suspended.\n" +
			"TIME is a date, which counts to the end of that day, or an RFC 3339 time. What is running already goes on.\n" +
			"Without a policy it lists what is suspended.",
		Example: "  patchwave suspend web-prod --until 2027-01-06 --reason 'on call is ill'\n  patchwave suspend",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.with(cmd, create, func(s *session) error { return a.suspend(cmd.Context(), s, args[0], opt) })
			}
			if opt != (suspendOptions{}) {
				return usage("name the policy that is to be suspended")
			}
			return a.with(cmd, existing, func(s *session) error { return a.showSuspensions(cmd.Context(), s) })
		},
	}
	cmd.Flags().StringVar(&opt.until, "until", "", "suspended until this `TIME`: 2027-01-06 or 2027-01-06T08:00:00+01:00")
	cmd.Flags().StringVar(&opt.reason, "reason", "", "`TEXT` that says why; kept in the record")
	return cmd
}

func (a *app) unsuspendCmd() *cobra.Command {
	return &cobra.Command{
		Use: "unsuspend POLICY", Short: "End the suspension of a policy", GroupID: "daily",
		Example: "  patchwave unsuspend web-prod",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.unsuspend(cmd.Context(), s, args[0]) })
		},
	}
}

func (a *app) unsuspend(ctx context.Context, s *session, policy string) error {
	ended, err := s.store.Unsuspend(ctx, policy, a.now(), a.actor())
	if err != nil {
		return err
	}
	if !ended {
		if err := knownPolicy(s.policies, policy); err != nil {
			return err
		}
		a.say("policy %s was not suspended", policy)
	}
	return a.showSuspensions(ctx, s)
}

// knownPolicy reports a name that no policy has.
func knownPolicy(pols []*policies.Policy, name string) error {
	known := make([]string, 0, len(pols))
	for _, p := range pols {
		if p.Name == name {
			return nil
		}
		known = append(known, p.Name)
	}
	if len(known) == 0 {
		return usage("there is no policy %q; the configuration has none", name)
	}
	return usage("there is no policy %q; there are: %s", name, strings.Join(known, ", "))
}

func (a *app) suspend(ctx context.Context, s *session, policy string, opt suspendOptions) error {
	if err := knownPolicy(s.policies, policy); err != nil {
		return err
	}
	if opt.until == "" || strings.TrimSpace(opt.reason) == "" {
		return usage("say until when and why: --until 2027-01-06 --reason 'on call is ill'")
	}
	until, err := lastInstant(opt.until, s.cfg.Zone())
	if err != nil {
		return usage("--until: %w", err)
	}
	now := a.now()
	if !until.After(now) {
		return usage("--until %s is past", opt.until)
	}
	if err := s.store.Suspend(ctx, policies.Suspension{Policy: policy, Since: now, Until: until, Reason: opt.reason, Actor: a.actor()}); err != nil {
		return err
	}
	return a.showSuspensions(ctx, s)
}

// errTime says how a time is written.
var errTime = errors.New("write a date as 2027-01-06, or a time as 2027-01-06T08:00:00+01:00")

// lastInstant reads a time; a date is the last instant of that day in a zone.
func lastInstant(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	day, err := calendar.ParseDate(s)
	if err != nil {
		return time.Time{}, errTime
	}
	return day.At(24*time.Hour, zone).Add(-time.Nanosecond), nil
}

func (a *app) showSuspensions(ctx context.Context, s *session) error {
	list, err := s.store.Suspensions(ctx, a.now())
	if err != nil {
		return err
	}
	doc := suspendDoc{Schema: "patchwave/suspend/v1", Suspensions: []suspensionDoc{}}
	for _, n := range list {
		doc.Suspensions = append(doc.Suspensions, suspensionDoc{n.Policy, n.Since.UTC(), n.Until.UTC(), n.Reason, n.Actor})
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	if len(list) == 0 {
		return a.printf("no policy is suspended\n")
	}
	for _, n := range list {
		until := n.Until.In(s.cfg.Zone()).Format("Mon 2006-01-02 15:04 MST")
		if err := a.printf("%s is suspended until %s: %s (%s)\n", safe.Text(n.Policy), until, safe.Text(n.Reason), safe.Text(n.Actor)); err != nil {
			return err
		}
	}
	return nil
}
