package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/engine/health"
	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/report/safe"
	"patchwave/engine/store"
)

// showDoc is the document of show: that of status, and the hosts' own logs.
type showDoc struct {
	report.Run
	Logs          []logDoc          `json:"logs"`
	Notifications []notificationDoc `json:"notifications"`
}

type logDoc struct {
	Host string `json:"host"`
	Job  string `json:"job"`
	Step string `json:"step"`
	// RC is null while the job runs, and where it has no outcome.
	RC  *int   `json:"exit_code"`
	Log string `json:"log"`
}

func (a *app) showCmd() *cobra.Command {
	return &cobra.Command{
		Use: "show RUN [HOST]", Short: "Show every step of a run: times, exit statuses and, with HOST, the host's own log", GroupID: "look",
		Example: "  patchwave show r20261122-020000-a1b2c3\n  patchwave show r20261122-020000-a1b2c3 web-01",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRun(cmd, args[:1], func(st *store.Store, r *journal.Run) error {
				host := ""
				if len(args) == 2 {
					host = args[1]
					if r.Host(host) == nil {
						return usage("host %q is not part of run %s", host, r.ID)
					}
				}
				told, err := toldOf(cmd.Context(), st, r.ID)
				if err != nil {
					return err
				}
				return a.show(cmd.Context(), st, r, host, told)
			})
		},
	}
}

func (a *app) show(ctx context.Context, st *store.Store, r *journal.Run, host string, told []notificationDoc) error {
	doc := showDoc{Run: report.NewRun("show", r), Logs: []logDoc{}, Notifications: told}
	if host != "" {
		doc.Hosts = []*journal.Host{r.Host(host)}
	}
	for _, h := range doc.Hosts {
		logs, err := logsOfHost(ctx, st, r.ID, h)
		if err != nil {
			return err
		}
		doc.Logs = append(doc.Logs, logs...)
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	for _, h := range doc.Hosts {
		if err := a.printf("%s", hostText(h, a.color(a.out))); err != nil {
			return err
		}
		for _, l := range doc.Logs {
			if host == "" || l.Host != h.Name || l.Log == "" {
				continue
			}
			how := "no outcome yet"
			if l.RC != nil {
				how = fmt.Sprintf("exit status %d", *l.RC)
			}
			if err := a.printf("  log of %s (%s)\n%s", l.Step, how, indent(safe.Block(logText(l.Log)))); err != nil {
				return err
			}
		}
	}
	if host != "" {
		return nil
	}
	return a.printf("%s", toldText(told))
}

// logText drops the marks that frame the answer of a script.
func logText(log string) string {
	var out []string
	for _, line := range strings.Split(log, "\n") {
		if !strings.HasPrefix(line, "@@") {
			out = append(out, line)
		}
	}
	return strings.ReplaceAll(strings.TrimSpace(strings.Join(out, "\n")), "\t", "  ")
}

func indent(s string) string {
	if s == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(s, "\n", "\n    ") + "\n"
}

// hostText shows everything about a host in a run.
func hostText(h *journal.Host, color bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", paint(safe.Text(h.Name), strong, color), paint(string(h.State), stateStyle(string(h.State)), color))
	if h.Fault != nil {
		fmt.Fprintf(&b, "  %s: %s\n", h.Fault.Code, safe.Text(h.Fault.Message))
	} else if h.Why != "" {
		fmt.Fprintf(&b, "  %s\n", safe.Text(h.Why))
	}
	for _, s := range h.Steps {
		took := "not finished"
		if s.Finished != nil {
			took = s.Finished.Sub(s.Started).Round(10 * time.Millisecond).String()
		}
		rc := ""
		if s.ExitCode != nil {
			rc = fmt.Sprintf(", exit status %d", *s.ExitCode)
		}
		fmt.Fprintf(&b, "  %-14s %s  %s%s\n", s.Name, paint(s.State, stateStyle(s.State), color), took, rc)
	}
	b.WriteString(pointText(h.Point))
	b.WriteString(goneText(h.Gone))
	b.WriteString(actionsText(h, color))
	for _, u := range h.Updates {
		fmt.Fprintf(&b, "    %s %s\n", safe.Text(updateText(u)), paint(u.State, stateStyle(u.State), color))
		if u.Why != "" {
			fmt.Fprintf(&b, "      %s\n", safe.Text(u.Why))
		}
	}
	for _, p := range h.Probes {
		word := paint("ok", good, color)
		if !p.OK {
			word = paint("failed", bad, color)
		}
		kind := p.Kind
		if kind != health.ProbeUnchanged {
			kind = "probe " + kind
		}
		fmt.Fprintf(&b, "    %s %s %s %s\n", kind, safe.Text(p.Name), word, safe.Text(p.Detail))
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// reportDoc is the document of report: the run, and what is still pending.
type reportDoc struct {
	report.Run
	Pending []pendingCount `json:"pending"`
	// Settled are lost hosts of which a later scan tells.
	Settled       []report.Settled  `json:"settled"`
	Notifications []notificationDoc `json:"notifications"`
}

type pendingCount struct {
	Host     string `json:"host"`
	Updates  int    `json:"updates"`
	Security int    `json:"security"`
	Reboot   bool   `json:"reboot_required"`
}

func (a *app) reportCmd() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "report [RUN]", Short: "Report on a run, the last one by default: what changed, what failed and why, what is still pending", GroupID: "look",
		Example: "  patchwave report\n  patchwave report r20261122-020000-a1b2c3 --format json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch format {
			case "", "text":
			case "json":
				a.flags.output = "json"
			default:
				return usage("--format %q is not text or json", format)
			}
			return a.report(cmd, args)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "`FORMAT`: text or json (default that of --output)")
	return cmd
}

func (a *app) report(cmd *cobra.Command, args []string) (err error) {
	cfg, diags, err := a.loadConfig()
	if err != nil || diags.HasErrors() {
		cfg = nil
	}
	st, err := a.openStore(cmd.Context(), cfg, existing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	id := ""
	if len(args) == 1 {
		id = args[0]
	}
	r, err := loadRun(cmd.Context(), st, id)
	if err != nil {
		return err
	}
	doc, err := newReport(cmd, st, r)
	if err != nil {
		return err
	}
	if a.flags.output != "text" {
		return a.json(doc)
	}
	return a.showReport(doc)
}

func newReport(cmd *cobra.Command, st *store.Store, r *journal.Run) (reportDoc, error) {
	doc := reportDoc{Run: report.NewRun("report", r), Pending: []pendingCount{}}
	var err error
	if doc.Settled, err = settled(cmd.Context(), st, r); err != nil {
		return doc, err
	}
	if doc.Notifications, err = toldOf(cmd.Context(), st, r.ID); err != nil {
		return doc, err
	}
	seen, err := st.Seen(cmd.Context())
	if err != nil {
		return doc, err
	}
	for _, h := range r.Hosts {
		o, ok := seen[h.Name]
		if !ok {
			continue
		}
		p := pendingCount{Host: h.Name, Updates: len(o.Updates), Reboot: o.Facts.RebootRequired}
		for _, u := range o.Updates {
			if u.Classification == "security" {
				p.Security++
			}
		}
		doc.Pending = append(doc.Pending, p)
	}
	return doc, nil
}

func (a *app) showReport(doc reportDoc) error {
	r := doc.Run.Run
	took := "not finished"
	if r.Ended != nil {
		took = "took " + r.Ended.Sub(r.Started).Round(time.Second).String()
	}
	if err := a.printf("Run %s (%s by %s), %s, %s\n\n", r.ID, r.Kind, safe.Text(r.Actor),
		r.Started.In(a.now().Location()).Format("2006-01-02 15:04 MST"), took); err != nil {
		return err
	}
	if err := a.printf("%s\n", a.story(doc)); err != nil {
		return err
	}
	if err := a.showRun(doc.Run); err != nil {
		return err
	}
	for _, h := range doc.Hosts {
		if !worthTelling(h) && len(h.Notes) == 0 && len(h.Gone) == 0 {
			continue
		}
		if err := a.printf("\n%s", hostText(h, a.color(a.out))); err != nil {
			return err
		}
	}
	updates, security, reboots := 0, 0, 0
	for _, p := range doc.Pending {
		updates += p.Updates
		security += p.Security
		if p.Reboot {
			reboots++
		}
	}
	return a.printf("\nStill pending on these hosts: %s, %d of them security; %s to reboot\n%s", count(updates, "update"), security, count(reboots, "host"),
		toldText(doc.Notifications))
}

// updateText names an update and its versions, or its title where the version is
// a machine's name for it.
func updateText(u journal.UpdateRecord) string {
	if u.Title != "" {
		return fmt.Sprintf("%s %s %s", u.Action, u.Name, u.Title)
	}
	return fmt.Sprintf("%s %s %s -> %s", u.Action, u.Name, orDash(u.From), orDash(u.To))
}
