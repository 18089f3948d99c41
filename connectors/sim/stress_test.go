package sim_test

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/inventory"
)

// TestEverythingAtOnce does to one machine all that can be done, from many
// sides; the race detector is the judge.
func TestEverythingAtOnce(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1", Updates: assorted().Updates})
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 10 {
				s, err := w.dialer.Dial(t.Context(), w.target("m1"))
				if err != nil {
					continue // it is down just now
				}
				scan.Observe(t.Context(), s, managers(), scan.Request{Host: "m1", Become: true, Refresh: scan.RefreshAlways}, time.Now())
				c := job.Client{Session: s, Host: "m1", Become: true, Claim: claim("r1", 1)}
				if c.Set(t.Context()) == nil {
					_, _ = c.Start(t.Context(), job.ID{Run: "r1", Step: "x"}, updates.InstallScript(apt.New()), curl()) // it may be cut
				}
				_ = s.Close() // as above
			}
		})
	}
	h := w.host()
	work.Go(func() {
		for i := range 10 {
			h.Cut()
			h.SetFaults(sim.Faults{Hostile: i%2 == 0, Unreachable: i%5 == 4})
			h.Publish(sim.Offer{Name: "bash", Version: "9"})
			h.Unlock()
			if i%3 == 0 {
				h.Reboot()
			}
			h.PowerOn()
			if s := h.Snapshot(); s.BootID == "" {
				t.Error("no boot id")
			}
		}
		h.SetFaults(sim.Faults{})
	})
	work.Wait()
	w.again(t, "m1")
	for _, j := range h.Snapshot().Jobs {
		if j.Runs > 1 {
			t.Errorf("%+v", j)
		}
	}
}

func TestDebianCrashAndRepair(t *testing.T) {
	m := trio()
	m.Faults.CrashDuring = []string{"install"}
	w, s := one(t, m)
	c := client(t, s)
	if _, err := c.Start(t.Context(), job.ID{Run: "r1", Host: "m1", Step: "updates", Round: 1}, updates.InstallScript(apt.New()), args(trioChanges())); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the crash", func() bool { return w.host().Snapshot().Boots == 1 })
	c.Session = w.again(t, "m1")
	if a := observe(t, c.Session, scan.Request{}); a.Problem == nil || a.Problem.Code != "interrupted" {
		t.Errorf("%+v", a.Problem)
	}
	f := w.host().Faults()
	f.AptLock = "unattended-upgr"
	w.host().SetFaults(f)
	rc, answer := step(t, c, "repair", repair(), map[string]string{"lock_wait": "2"})
	if out := apt.New().ParseInstall(answer); rc != 100 || out.Problem == nil || out.Problem.Code != "locked" {
		t.Errorf("repair under a lock: %d %+v", rc, out.Problem)
	}
	w.host().Unlock()
	c.Claim.Run, c.Claim.Fence, c.Claim.Dead = "r2", 2, []string{"r1"}
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rc, _ := step(t, c, "repair", repair(), map[string]string{"lock_wait": "2"}); rc != 0 {
		t.Errorf("repair: %d", rc)
	}
	if a := observe(t, c.Session, scan.Request{}); a.State != inventory.ScanOK {
		t.Errorf("%+v", a.Problem)
	}
}

func TestTooManyConnections(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1"})
	var open []net.Conn
	for range 300 {
		c, err := net.Dial("tcp", addr(w.target("m1")))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	target := w.target("m1")
	target.Timeouts.Connect = time.Second
	if _, err := w.dialer.Dial(t.Context(), target); connectors.CodeOf(err) != connectors.CodeUnreachable {
		t.Errorf("%v", err)
	}
	for _, c := range open {
		_ = c.Close() // the machine may have closed it
	}
	w.again(t, "m1")
}

func TestSessionsAreBounded(t *testing.T) {
	w, s := one(t, sim.Machine{Faults: sim.Faults{Latency: 50 * time.Millisecond}})
	var work sync.WaitGroup
	for range 30 {
		work.Go(func() {
			if r, err := s.Run(t.Context(), connectors.Command{Line: "echo hi"}); err != nil || strings.TrimSpace(string(r.Stdout)) != "hi" {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
	work.Wait()
	if n := w.host().Snapshot().Logins["patch"]; n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestUnreachableOverAReboot(t *testing.T) {
	w, _ := one(t, sim.Machine{})
	h := w.host()
	h.Reboot()
	h.SetFaults(sim.Faults{Unreachable: true})
	eventually(t, "the reboot", func() bool { return h.Snapshot().Boots == 1 })
	if _, err := w.dialer.Dial(t.Context(), w.target("m1")); connectors.CodeOf(err) != connectors.CodeUnreachable {
		t.Errorf("%v", err)
	}
	h.SetFaults(sim.Faults{})
	w.again(t, "m1")
}
