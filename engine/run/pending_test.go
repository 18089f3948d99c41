package run_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// notebook is a journal in memory.
type notebook struct {
	mu     sync.Mutex
	events []journal.Event
}

// Append implements journal.Journal.
func (n *notebook) Append(_ context.Context, events ...journal.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, events...)
	return nil
}

// TestPendingReboot: an update that is finished by a reboot is installed when the
// host has it after the reboot, and not before; a host that took it back has failed.
func TestPendingReboot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fate    fate
		when    policies.RebootWhen
		state   journal.State
		update  string
		reboots int
		says    string
	}{
		{"finished by the reboot", fate{waits: true}, policies.RebootRequired, journal.Done, "installed", 1, ""},
		{"taken back by the reboot", fate{waits: true, undone: true}, policies.RebootRequired, journal.Failed, "failed", 1, "the host took it back"},
		{"waits for somebody's reboot", fate{waits: true}, policies.RebootNever, journal.Done, "pending-reboot", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.fate.install, tt.fate.reboot = time.Minute, 2*time.Minute
				host := &puppet{name: "a", fate: tt.fate, version: "1", jobs: map[string]*puppetJob{}}
				policy := &policies.Policy{Name: "p", Hosts: []string{"a"}, Updates: "all", Reboot: policies.Reboot{When: tt.when, Timeout: 10 * time.Minute}}
				e := &run.Engine{Dialer: &puppets{hosts: map[string]*puppet{"a": host}}, Managers: []updates.Manager{puppetManager{}},
					Journal: &notebook{}, Now: time.Now, Controller: "c", Poll: 10 * time.Second}
				made := &plan.Plan{ID: "r", Waves: []plan.Wave{{Policy: "p", Name: "all", Batches: []plan.Batch{{Hosts: []plan.Host{
					{Name: "a", Steps: []plan.Step{{Step: plan.StepUpdates, Updates: []plan.Entry{{Change: puppetUpdate(), Decision: "approved"}}}}}}}}}}}
				r, err := e.Apply(t.Context(), run.Work{Run: "r", Plan: made, Policies: []*policies.Policy{policy},
					Inventory: &inventory.Inventory{Hosts: []*inventory.Host{{Name: "a", Target: connectors.Target{Name: "a"}}}},
					Start:     journal.RunStartedData{Kind: run.KindApply, Rollout: "r", Controller: "c", Fence: 1}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				h := r.Host("a")
				if h.State != tt.state || h.Reboots != tt.reboots || len(h.Updates) != 1 || h.Updates[0].State != tt.update || !strings.Contains(h.Updates[0].Why, tt.says) {
					t.Errorf("%s after %d reboots: %+v, %+v", h.State, h.Reboots, h.Updates, h.Fault)
				}
				if (h.Fault != nil) != (tt.says != "") || h.Fault != nil && !strings.Contains(h.Fault.Message, tt.says) {
					t.Errorf("fault %+v", h.Fault)
				}
			})
		})
	}
}
