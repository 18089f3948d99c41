package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"patchwave/engine/report"
	"patchwave/engine/scan"
	"patchwave/inventory"
	"patchwave/policies"
)

func (a *app) scanCmd() *cobra.Command {
	var refresh string
	cmd := &cobra.Command{
		Use: "scan", Short: "Ask every host what is pending, store it with facts, and print the counts", GroupID: "daily",
		Example: "  patchwave scan\n  patchwave scan -l 'web-*' --refresh always -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkRefresh(refresh); err != nil {
				return err
			}
			a.sources = a.freshSources(cmd.Context())
			return a.withHosts(cmd, create, func(s *session, hosts []*inventory.Host) error {
				return a.scan(cmd.Context(), s, hosts, scan.Refresh(refresh))
			})
		},
	}
	refreshFlag(cmd, &refresh)
	a.metricsFlag(cmd)
	return cmd
}

func refreshFlag(cmd *cobra.Command, refresh *string) {
	cmd.Flags().StringVar(refresh, "refresh", "auto", "refresh package indexes `WHEN`: auto (older than an hour), always or never")
}

func checkRefresh(refresh string) error {
	switch scan.Refresh(refresh) {
	case scan.RefreshAuto, scan.RefreshAlways, scan.RefreshNever:
		return nil
	default:
		return usage("--refresh %q is not auto, always or never", refresh)
	}
}

// scan asks the hosts, stores what they say, and prints it.
func (a *app) scan(ctx context.Context, s *session, hosts []*inventory.Host, refresh scan.Refresh) (err error) {
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	p := a.progress("scanning", len(hosts))
	var obs []inventory.Observation
	fleet := scan.Fleet{Dialer: s.newTurns(d), Managers: managers(), Parallelism: s.cfg.Settings.Parallelism, Now: a.now,
		Args: func(host string) map[string]string { return policies.ArgumentsOf(s.policies, host) }}
	err = fleet.Scan(ctx, hosts, refresh, func(o inventory.Observation) error {
		if err := s.store.SaveScan(ctx, o); err != nil {
			return err
		}
		obs = append(obs, o)
		p.step(o.Host, string(o.State))
		s.log.Debug("scanned", "host", o.Host, "state", o.State, "updates", len(o.Updates), "duration", o.Duration)
		if a.flags.output == "jsonl" {
			return a.json(struct {
				Schema string          `json:"schema"`
				Event  string          `json:"event"`
				Host   report.ScanHost `json:"host"`
			}{report.SchemaScan, "host", report.NewScanHost(o)})
		}
		return nil
	})
	p.done()
	if err != nil {
		return err
	}
	a.membersMoved(s, obs)
	doc := report.NewScan(obs)
	if err := a.showScan(doc); err != nil {
		return err
	}
	return exit(scanCode(doc))
}

func scanCode(doc report.Scan) int {
	codes := []int{exitOK}
	if doc.Totals.Failed+doc.Totals.Stale > 0 {
		codes = append(codes, exitFailed)
	}
	if doc.Totals.Unreachable > 0 {
		codes = append(codes, exitUnreachable)
	}
	return worst(codes...)
}

func (a *app) showScan(doc report.Scan) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		return a.json(struct {
			Schema string            `json:"schema"`
			Event  string            `json:"event"`
			Totals report.ScanTotals `json:"totals"`
		}{doc.Schema, "totals", doc.Totals})
	}
	rows := make([][]cell, 0, len(doc.Hosts))
	for _, h := range doc.Hosts {
		row := []cell{c(h.Name), stateCell(string(h.State)), c("-"), c("-"), c("-"), c("-"), c("-"), c("")}
		if h.Facts != nil {
			row[2] = c(h.Facts.OS.Name + " " + h.Facts.OS.Version)
			row[3] = c(strconv.Itoa(len(h.Updates)))
			var t report.ScanTotals
			t.Count(h)
			row[4], row[5] = c(strconv.Itoa(t.Security)), c(strconv.Itoa(t.Blocked))
			row[6] = c("no")
			if h.Facts.RebootRequired {
				row[6] = cell{"required", warn}
			}
		}
		if h.Error != nil {
			row[7] = cell{h.Error.Code + ": " + h.Error.Message, bad}
		}
		rows = append(rows, row)
	}
	if err := a.table([]string{"host", "state", "system", "updates", "security", "blocked", "reboot", ""}, rows); err != nil {
		return err
	}
	t := doc.Totals
	return a.printf("\n%s: %d ok, %d stale, %d unreachable, %d failed; %s pending, %d of them security\n",
		count(t.Hosts, "host"), t.OK, t.Stale, t.Unreachable, t.Failed, count(t.Updates, "update"), t.Security)
}

// untilSignal is ctx until the first signal comes.
func (a *app) untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case sig := <-a.signals:
			a.caught(sig)
			cancel(fmt.Errorf("interrupted: %w", context.Canceled))
		case <-done:
		}
	}()
	return ctx, func() { close(done); cancel(nil) }
}
