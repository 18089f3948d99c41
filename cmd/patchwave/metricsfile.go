package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/report/metrics"
	"patchwave/engine/report/safe"
	"patchwave/inventory"
	"patchwave/policies"
)

// metricsFlag gives a command --metrics-file.
func (a *app) metricsFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.flags.metricsFile, "metrics-file", "",
		"write what is known at the end to this `FILE`, for the textfile collector of node_exporter; it must end in .prom")
}

// checkMetricsFile refuses a name that node_exporter does not read.
func (a *app) checkMetricsFile() error {
	if f := a.flags.metricsFile; f != "" && filepath.Ext(f) != ".prom" {
		return usage("--metrics-file %q does not end in .prom, and node_exporter reads no other file", f)
	}
	return nil
}

// writeMetrics writes the file of --metrics-file. A failure is told, and is none of
// the run.
func (a *app) writeMetrics(s *session) {
	if a.flags.metricsFile == "" || s.store == nil {
		return
	}
	ctx := context.Background()
	var snap metrics.Snapshot
	err := a.withFacts(ctx, s)
	if err == nil {
		snap, err = a.snapshot(ctx, s)
	}
	if err == nil {
		err = metrics.WriteFile(a.flags.metricsFile, snap)
	}
	if err != nil {
		_, _ = fmt.Fprintf(a.err, "patchwave: %s\n", safe.Text(err.Error())) // nothing else can be done with it
	}
}

// withFacts reads the last scans of a session that was opened without them: which
// hosts a policy has may depend on them.
func (a *app) withFacts(ctx context.Context, s *session) (err error) {
	if s.seen != nil {
		return nil
	}
	if s.seen, err = s.store.Seen(ctx); err != nil {
		return err
	}
	return a.resolve(s)
}

// recentRuns is how many runs are looked through for the last of each policy.
const recentRuns = 50

func (a *app) snapshot(ctx context.Context, s *session) (metrics.Snapshot, error) {
	snap := metrics.Snapshot{At: a.now(), Version: version}
	seen, err := s.store.Seen(ctx) // what the session has is from its beginning
	if err != nil {
		return snap, err
	}
	scanned, err := s.store.Scans(ctx)
	if err != nil {
		return snap, err
	}
	last, err := a.lastRuns(ctx, s)
	if err != nil {
		return snap, err
	}
	missed, err := s.store.CountMissed(ctx, a.now().Add(-metrics.Recent))
	if err != nil {
		return snap, err
	}
	for _, p := range s.policies {
		m := policyMetrics(p, seen, scanned, last[p.Name])
		if n := missed[p.Name]; p.Window != nil {
			m.Missed = &n
		}
		snap.Policies = append(snap.Policies, m)
	}
	counts, err := s.store.CountNotifications(ctx, a.now().Add(-metrics.Recent))
	if err != nil {
		return snap, err
	}
	for _, c := range counts {
		if n := len(snap.Notifications); n == 0 || snap.Notifications[n-1].Receiver != c.Receiver {
			snap.Notifications = append(snap.Notifications, metrics.Notifications{Receiver: c.Receiver, States: map[string]int{}})
		}
		snap.Notifications[len(snap.Notifications)-1].States[c.State] = c.Count
	}
	return snap, nil
}

// lastRuns are the last runs on hosts of each policy that are among the recent ones.
func (a *app) lastRuns(ctx context.Context, s *session) (map[string]*metrics.Run, error) {
	rows, err := s.store.Runs(ctx, recentRuns)
	if err != nil {
		return nil, err
	}
	out := map[string]*metrics.Run{}
	for _, row := range rows {
		if len(out) == len(s.policies) {
			break
		}
		r, err := loadRun(ctx, s.store, row.ID)
		if err != nil {
			return nil, err
		}
		here := map[string]*metrics.Run{}
		for _, h := range r.Hosts {
			for _, name := range claiming(s, h) {
				if here[name] == nil {
					here[name] = &metrics.Run{State: r.State, Started: r.Started, Ended: r.Ended, Hosts: map[string]int{}}
				}
				here[name].Hosts[string(h.State)]++
			}
		}
		for name, m := range here {
			if out[name] == nil && knownPolicy(s.policies, name) == nil {
				out[name] = m
			}
		}
	}
	return out, nil
}

// claiming are the policies that a host was patched by; all that claim it where it was
// left out before it had come to one.
func claiming(s *session, h *journal.Host) []string {
	if h.Policy != "" {
		return []string{h.Policy}
	}
	if host := s.inv.Host(h.Name); host != nil {
		return host.Policies
	}
	return nil
}

func policyMetrics(p *policies.Policy, seen, scanned map[string]inventory.Observation, last *metrics.Run) metrics.Policy {
	m := metrics.Policy{Name: p.Name, Hosts: len(p.Hosts), Scans: map[string]int{}, Pending: map[string]int{}, Last: last}
	for _, name := range p.Hosts {
		if o, ok := scanned[name]; ok {
			m.Scans[string(o.State)]++
		} else {
			m.Scans["none"]++
		}
		o := seen[name] // what the last scan with an answer saw
		for _, u := range o.Updates {
			m.Pending[string(cmp.Or(u.Severity, inventory.UnknownSeverity))]++
		}
		if o.Facts.RebootRequired {
			m.Reboots++
		}
	}
	return m
}
