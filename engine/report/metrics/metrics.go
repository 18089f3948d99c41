// Package metrics writes what a monitoring system wants to know into a file for
// node_exporter's textfile collector. The names are a contract: Families lists them,
// and the table in examples/MONITORING.md is held against it by a test.
//
// All of it is state at the time of writing (gauges), read from the database; how old
// it is says node_textfile_mtime_seconds of node_exporter.
package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"patchwave/engine/journal"
)

// Family is one metric: all series of a name.
type Family struct {
	Name, Help string
	Labels     []string
}

// The names of the families.
const (
	buildInfo     = "patchwave_build_info"
	hosts         = "patchwave_policy_hosts"
	scans         = "patchwave_policy_scans"
	pending       = "patchwave_policy_pending_updates"
	reboots       = "patchwave_policy_reboot_required_hosts"
	missed        = "patchwave_policy_missed_openings"
	runStart      = "patchwave_last_run_start_timestamp_seconds"
	runDuration   = "patchwave_last_run_duration_seconds"
	runState      = "patchwave_last_run_state"
	runHosts      = "patchwave_last_run_hosts"
	notifications = "patchwave_notifications"
)

// Recent is how far back openings and messages are counted.
const Recent = 7 * 24 * time.Hour

// Families are all that are written.
func Families() []Family {
	return []Family{
		{buildInfo, "The program that wrote this; always 1.", []string{"version"}},
		{hosts, "Hosts that a policy claims.", []string{"policy"}},
		{scans, "Hosts of a policy by how their last scan ended: ok, stale, unreachable, failed, or none if there was no scan.", []string{"policy", "state"}},
		{pending, "Updates that the last scans of a policy's hosts found, by severity, decided upon or not.", []string{"policy", "severity"}},
		{reboots, "Hosts of a policy that wait for a reboot, by their last scan.", []string{"policy"}},
		{missed, "Openings of a policy's window in the last seven days that were missed.", []string{"policy"}},
		{runStart, "When the last run on hosts of a policy began.", []string{"policy"}},
		{runDuration, "How long the last run on hosts of a policy took; until now if it has not ended.", []string{"policy"}},
		{runState, "The state of the last run on hosts of a policy: 1 for the state it is in, 0 for the others.", []string{"policy", "state"}},
		{runHosts, "Hosts of a policy in its last run, by how they ended.", []string{"policy", "state"}},
		{notifications, "Messages of the last seven days to a receiver, by what became of them: sent, pending, or given-up after a day.", []string{"receiver", "state"}},
	}
}

// Snapshot is what is known at one time.
type Snapshot struct {
	At            time.Time
	Version       string
	Policies      []Policy
	Notifications []Notifications
}

// Policy is one policy.
type Policy struct {
	Name  string
	Hosts int
	// Scans counts hosts by the state of their last scan, Pending updates by severity.
	Scans, Pending map[string]int
	Reboots        int
	// Missed is nil where nothing is known of openings.
	Missed *int
	// Last is nil if no run touched its hosts.
	Last *Run
}

// Run is a run as far as it is about one policy.
type Run struct {
	State   string
	Started time.Time
	Ended   *time.Time
	Hosts   map[string]int
}

// Notifications counts the messages to a receiver by state.
type Notifications struct {
	Receiver string
	States   map[string]int
}

// RunStates are those of a run.
func RunStates() []string {
	return []string{"running", "soaking", "draining", "finished", "stopped", "cancelled", "interrupted"}
}

// ScanStates are those of a host's last scan.
func ScanStates() []string { return []string{"ok", "stale", "unreachable", "failed", "none"} }

// Severities are those of an update.
func Severities() []string { return []string{"critical", "important", "moderate", "low", "unknown"} }

// NotificationStates are those of a message.
func NotificationStates() []string { return []string{"sent", "pending", "given-up"} }

// WriteFile writes the metrics, whole or not at all, mode 0644.
func WriteFile(path string, s Snapshot) error {
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(collector{s}); err != nil {
		return fmt.Errorf("collect the metrics: %w", err)
	}
	if err := prometheus.WriteToTextfile(path, r); err != nil {
		return fmt.Errorf("write the metrics: %w", err)
	}
	return nil
}

// collector makes series of a snapshot. It implements prometheus.Collector.
type collector struct{ s Snapshot }

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range descs() {
		out <- d
	}
}

func descs() map[string]*prometheus.Desc {
	m := map[string]*prometheus.Desc{}
	for _, f := range Families() {
		m[f.Name] = prometheus.NewDesc(f.Name, f.Help, f.Labels, nil)
	}
	return m
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	d := descs()
	put := func(name string, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d[name], prometheus.GaugeValue, value, labels...)
	}
	each := func(name, of string, states []string, counts map[string]int) {
		for _, s := range states {
			put(name, float64(counts[s]), of, s)
		}
	}
	put(buildInfo, 1, c.s.Version)
	for _, p := range c.s.Policies {
		put(hosts, float64(p.Hosts), p.Name)
		put(reboots, float64(p.Reboots), p.Name)
		each(scans, p.Name, ScanStates(), p.Scans)
		each(pending, p.Name, Severities(), p.Pending)
		if p.Missed != nil {
			put(missed, float64(*p.Missed), p.Name)
		}
		if p.Last == nil {
			continue
		}
		end := c.s.At
		if p.Last.Ended != nil {
			end = *p.Last.Ended
		}
		put(runStart, float64(p.Last.Started.UnixMilli())/1000, p.Name)
		put(runDuration, end.Sub(p.Last.Started).Seconds(), p.Name)
		for _, s := range RunStates() {
			in := 0.0
			if s == p.Last.State {
				in = 1
			}
			put(runState, in, p.Name, s)
		}
		for _, row := range journal.States() {
			put(runHosts, float64(p.Last.Hosts[string(row.State)]), p.Name, string(row.State))
		}
	}
	for _, n := range c.s.Notifications {
		each(notifications, n.Receiver, NotificationStates(), n.States)
	}
}
