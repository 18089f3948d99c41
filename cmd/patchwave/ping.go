package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/engine/report"
	"patchwave/engine/run"
	"patchwave/engine/scan"
	"patchwave/inventory"
)

type pingDoc struct {
	Schema string     `json:"schema"`
	Hosts  []pingHost `json:"hosts"`
}

type pingHost struct {
	Name           string             `json:"name"`
	State          string             `json:"state"`
	Error          *inventory.Problem `json:"error"`
	Latency        int64              `json:"latency_ms"`
	Become         string             `json:"become"`
	PackageManager string             `json:"package_manager"`
	Blockers       []string           `json:"blockers"`
}

func (a *app) pingCmd() *cobra.Command {
	wake := false
	cmd := &cobra.Command{
		Use: "ping", Short: "Check that hosts can be patched: log in, become root, find the package manager, disk and clock", GroupID: "daily",
		Long: "With --wake a host that does not answer and has a mac is sent the packet that wakes it, by the neighbour\n" +
			"that its policy names or from here, and is waited for. It stays on.",
		Example: "  patchwave ping\n  patchwave ping -l group:db --wake",
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.sources = a.freshSources(cmd.Context())
			return a.withHosts(cmd, optional, func(s *session, hosts []*inventory.Host) error { return a.ping(cmd.Context(), s, hosts, wake) })
		},
	}
	cmd.Flags().BoolVar(&wake, "wake", false, "wake hosts that do not answer, and wait for them")
	return cmd
}

func (h pingHost) host() (name, state string) { return h.Name, h.State }

func (h pingHost) event() any {
	return struct {
		Schema string   `json:"schema"`
		Event  string   `json:"event"`
		Host   pingHost `json:"host"`
	}{report.SchemaPing, "host", h}
}

func (a *app) ping(ctx context.Context, s *session, hosts []*inventory.Host, wake bool) error {
	ask := func(ctx context.Context, d connectors.Dialer, h *inventory.Host) pingHost {
		return a.pingHost(ctx, d, h, nil)
	}
	if wake {
		ask = a.wakingPing(s)
	}
	answers, err := eachHost(ctx, a, s, hosts, "asking", ask)
	if err != nil {
		return err
	}
	if err := a.showPing(pingDoc{Schema: report.SchemaPing, Hosts: answers}); err != nil {
		return err
	}
	return exit(answersCode(answers))
}

// leastDisk is the free space below which a patch run is likely to fail, in
// bytes.
const leastDisk = 256 << 20

// pingHost asks one host. wake wakes one that does not answer; nil wakes none.
func (a *app) pingHost(ctx context.Context, d connectors.Dialer, h *inventory.Host, wake wakeFunc) pingHost {
	out := pingHost{Name: h.Name, State: "ok", Blockers: []string{}, Become: string(h.Target.Become.Method)}
	if out.Become == "" {
		out.Become = string(connectors.BecomeNone)
	}
	start := time.Now()
	session, err := d.Dial(ctx, h.Target)
	if err != nil && wake != nil && run.Away(err) {
		session, err = wake(ctx, d, h)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	out.Latency = time.Since(start).Milliseconds()
	if err != nil {
		o := scan.Failure(h.Name, err, a.now())
		out.State, out.Error = string(o.State), o.Problem
		return out
	}
	f := scan.Facts(ctx, session, managers(), h.Name, a.now())
	err = session.Close()
	out.PackageManager = f.Facts.PackageManager
	switch {
	case f.Problem != nil:
		out.State, out.Error = "failed", f.Problem
	case err != nil:
		out.State, out.Error = "failed", &inventory.Problem{Code: string(connectors.CodeLost), Message: err.Error()}
	}
	for mount, free := range f.Facts.DiskFree {
		if free < leastDisk {
			out.Blockers = append(out.Blockers, "little space on "+mount+": "+bytesText(free))
		}
	}
	slices.Sort(out.Blockers)
	out.Blockers = append(out.Blockers, f.Notes...)
	return out
}

func (a *app) showPing(doc pingDoc) error {
	switch a.flags.output {
	case "json":
		return a.json(doc)
	case "jsonl":
		return nil // said as they came
	}
	rows := make([][]cell, 0, len(doc.Hosts))
	for _, h := range doc.Hosts {
		last := cell{strings.Join(h.Blockers, "; "), warn}
		if h.Error != nil {
			last = cell{h.Error.Code + ": " + h.Error.Message, bad}
		}
		rows = append(rows, []cell{c(h.Name), stateCell(h.State), c((time.Duration(h.Latency) * time.Millisecond).String()),
			c(h.Become), c(h.PackageManager), last})
	}
	return a.table([]string{"host", "state", "log in", "become", "manager", ""}, rows)
}
