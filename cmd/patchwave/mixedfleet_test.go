package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// kind is one way in which machines of a mixed fleet fare: what is wrong with them,
// in which state they end, how often they boot, and what the journal says of them.
type kind struct {
	name    string
	windows bool
	shape   func(*sim.Machine)
	ends    journal.State
	boots   int
	words   string
}

// kinds are all of them; the first of each system is well.
func kinds() []kind {
	none := func(*sim.Machine) {}
	fault := func(f sim.Faults) func(*sim.Machine) { return func(m *sim.Machine) { m.Faults = f } }
	trouble := func(f sim.WindowsFaults) func(*sim.Machine) {
		return func(m *sim.Machine) { m.Faults.Windows = f }
	}
	return []kind{
		{"lok", false, none, journal.Done, 0, ""},
		{"lboots", false, func(m *sim.Machine) {
			m.Updates = append(slices.Clone(m.Updates), sim.Offer{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1",
				From: []sim.Origin{sim.Security()}, Reboot: true, Kernel: "6.1.0-41-amd64"})
		}, journal.Done, 1, ""},
		{"lbreaks", false, fault(sim.Faults{Breaks: map[string]string{"nginx": "nginx"}}), journal.RolledBack, 0, "service nginx"},
		{"lscript", false, fault(sim.Faults{FailPostinst: []string{"nginx"}}), journal.RolledBack, 0, "nginx"},
		{"lies", false, fault(sim.Faults{Lies: []string{"nginx"}}), journal.RolledBack, 0, "does not have it"},
		{"laway", false, fault(sim.Faults{Unreachable: true}), journal.Unreachable, 0, "cannot reach"},
		{"lkilled", false, fault(sim.Faults{KillDuring: []string{"install"}}), journal.Lost, 0, "vanished without a result"},
		{"lcut", false, fault(sim.Faults{CutDuring: []string{"install"}}), journal.Done, 0, ""},

		{"wok", true, none, journal.Done, 1, ""},
		{"wplain", true, func(m *sim.Machine) { m.Windows.HTTPS = false }, journal.Done, 1, ""},
		{"wback", true, trouble(sim.WindowsFaults{RollsBack: []string{"KB5068787"}}), journal.Failed, 1, "the host took it back"},
		{"wfails", true, trouble(sim.WindowsFaults{Fails: map[string]uint32{"KB5065962": 0x80070643}}), journal.Failed, 1, "0x80070643"},
		{"wlies", true, fault(sim.Faults{Lies: []string{"KB5065962"}}), journal.Failed, 1, "does not have it"},
		{"wslow", true, trouble(sim.WindowsFaults{SlowSearch: 2}), journal.Done, 1, ""},
		{"wlogs", true, trouble(sim.WindowsFaults{Logs: map[string]string{"KB5068787": "disk 7"}}), journal.Done, 1, "error disk 7 is in the event log"},
		{"wtwice", true, trouble(sim.WindowsFaults{SecondReboot: true}), journal.Done, 2, ""},
		{"wlogin", true, fault(sim.Faults{AuthRefused: true}), journal.Unreachable, 0, "refuses the login"},
		{"wkilled", true, fault(sim.Faults{KillDuring: []string{"install"}}), journal.Lost, 0, "vanished without a result"},
		{"wcut", true, fault(sim.Faults{CutDuring: []string{"install"}}), journal.Done, 1, ""},
	}
}

const mixedPolicies = `
group "linux" {
  where = host.labels.role == "linux"
}

group "windows" {
  where = host.labels.role == "windows"
}

baseline "all" {
  approve "everything" {
    packages = ["*"]
  }
}

preparation "kept" {
  restore_point {
    providers = ["packages"]
  }
}

verification "nginx" {
  service "nginx" {
    within = "2s"
  }
  on_failure = "rollback"
}

verification "iis" {
  unchanged = ["services", "event_errors"]
  service "W3SVC" {
    within = "10s"
  }
  on_failure = "continue" # stop would keep the later batches from beginning
}

policy "linux" {
  hosts        = group.linux
  baseline     = baseline.all
  preparation  = preparation.kept
  verification = verification.nginx
  rollout {
    max_failures = "100%"
    wave "all" {
      batch = 100
    }
  }
}

policy "windows" {
  hosts        = group.windows
  baseline     = baseline.all
  preparation  = preparation.kept
  verification = verification.iis
  rollout {
    max_failures = "100%"
    wave "all" {
      batch = 100
    }
  }
}
`

// mixedSize is how many machines of each system there are: few, unless
// PATCHWAVE_TRIALS asks for all.
func mixedSize() (linux, windows int) {
	if os.Getenv("PATCHWAVE_TRIALS") != "" {
		return 800, 200
	}
	return 9, 12
}

// mixedFleet makes the machines: one of each kind first, then as many as there are
// to be, every second of them well. It says of which kind each is.
func mixedFleet(t *testing.T, fleet *sim.Fleet) map[string]kind {
	t.Helper()
	linux, windows := mixedSize()
	of := map[string]kind{}
	add := func(n int, list []kind) {
		for i := range n {
			k := list[0]
			switch {
			case i < len(list):
				k = list[i]
			case i%2 == 1:
				k = list[i/2%len(list)]
			}
			m := machine(fmt.Sprintf("%s-%03d", k.name, i))
			if k.windows {
				m = windowsMachine(m.Name)
			}
			k.shape(&m)
			if _, err := fleet.Add(m); err != nil {
				t.Fatal(err)
			}
			of[m.Name] = k
		}
	}
	add(linux, slices.DeleteFunc(kinds(), func(k kind) bool { return k.windows }))
	add(windows, slices.DeleteFunc(kinds(), func(k kind) bool { return !k.windows }))
	return of
}

// mixedConfig writes the configuration for a mixed fleet.
func mixedConfig(t *testing.T, dir string, fleet *sim.Fleet) {
	t.Helper()
	pass := filepath.Join(dir, "win.pass")
	config := fleetConfig(fleet, filepath.Join(dir, "patchwave.db"), "", pass)
	for name := range map[string]bool{"linux": true, "windows": true} {
		for _, k := range kinds() {
			if k.windows == (name == "windows") {
				config = strings.ReplaceAll(config, fmt.Sprintf("role = %q", k.name), fmt.Sprintf("role = %q", name))
			}
		}
	}
	for name, data := range map[string]string{"known_hosts": string(fleet.KnownHosts()), "id_ed25519": string(fleet.ClientKey()),
		"win.pass": fleet.WindowsPassword() + "\n", "policies.hcl": mixedPolicies, "fleet.hcl": config} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMixedFleet takes a fleet of Linux and Windows, half of it faulty, through the
// whole cycle: every machine ends in the state that its fault deserves, nothing is
// done twice, and the report says why.
func TestMixedFleet(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	fleet, err := sim.NewFleet(sim.Options{JobTime: 50 * time.Millisecond, RebootTime: 100 * time.Millisecond, Second: 10 * time.Millisecond, SharedHostKey: true})
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	of := mixedFleet(t, fleet)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil { // the configuration must be private
		t.Fatal(err)
	}
	mixedConfig(t, dir, fleet)
	run := func(want []int, args ...string) string {
		began := time.Now()
		a, out, errw := demoApp()
		code := a.execute(ctx, append([]string{"-C", dir}, args...))
		if !slices.Contains(want, code) {
			t.Fatalf("patchwave %s: exit status %d\n%s\n%s", strings.Join(args, " "), code, out, errw)
		}
		t.Logf("patchwave %s: exit status %d after %s", strings.Join(args, " "), code, time.Since(began).Round(100*time.Millisecond))
		return out.String()
	}
	run([]int{exitUnreachable}, "scan")
	run([]int{exitOK, exitUnreachable}, "plan", "--out", filepath.Join(dir, "plan.json"))
	run([]int{exitFailed, exitUnreachable, exitRolledBack}, "apply", "--yes", "--reason", "mixed")
	report := run([]int{exitOK}, "report")
	r := demoRun(t, dir)
	if len(r.Hosts) != len(of) || r.State != "finished" {
		t.Errorf("%d hosts of %d, the run is %s", len(r.Hosts), len(of), r.State)
	}
	ends := map[string]int{}
	for _, h := range r.Hosts {
		k := of[h.Name]
		ends[k.name+" "+string(h.State)]++
		judgeMixed(t, k, h, fleet.Host(h.Name).Snapshot())
		if k.words != "" && !strings.Contains(report, h.Name) {
			t.Errorf("the report says nothing of %s", h.Name)
		}
	}
	t.Logf("%d machines: %v", len(r.Hosts), ends)
	for _, h := range fleet.Hosts() { // those that are cut off let go of their connections
		h.SetFaults(sim.Faults{})
	}
	if bytes.Contains([]byte(report), []byte(fleet.WindowsPassword())) {
		t.Error("the report tells the password")
	}
}

// judgeMixed: a machine ended as its kind does, and no job ran twice there.
func judgeMixed(t *testing.T, k kind, h *journal.Host, s sim.Snapshot) {
	t.Helper()
	said := ""
	if h.Fault != nil {
		said = h.Fault.Message
	} else if i := slices.IndexFunc(h.Probes, func(p journal.ProbeResult) bool { return !p.OK }); i >= 0 {
		said = h.Probes[i].Detail // it goes on, and is not well
	}
	if h.State != k.ends || !strings.Contains(said, k.words) || (k.words == "") != (said == "") {
		t.Errorf("%s is %s, not %s (%q): %q", h.Name, h.State, k.ends, k.words, said)
	}
	if s.Boots != k.boots {
		t.Errorf("%s booted %d times, not %d", h.Name, s.Boots, k.boots)
	}
	for _, j := range s.Jobs {
		if j.Runs > 1 {
			t.Errorf("%s: job %s ran %d times", h.Name, j.ID, j.Runs)
		}
	}
	if k.ends != journal.Lost && (s.Claim != "" || len(s.Left) > 0) {
		t.Errorf("%s: claim %q, jobs left %v", h.Name, s.Claim, s.Left)
	}
}
