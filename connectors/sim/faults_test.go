package sim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/inventory"
)

func TestFaultsOfTheConnection(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults sim.Faults
		code   connectors.Code
	}{
		{"unreachable", sim.Faults{Unreachable: true}, connectors.CodeUnreachable},
		{"silent", sim.Faults{Silent: true}, connectors.CodeTimeout},
		{"another key", sim.Faults{HostKeyChanged: true}, connectors.CodeHostKey},
		{"refused", sim.Faults{AuthRefused: true}, connectors.CodeAuth},
	} {
		for _, later := range []bool{false, true} {
			name := tt.name
			m := sim.Machine{Name: "m1", Faults: tt.faults}
			if later {
				name, m.Faults = tt.name+", later", sim.Faults{}
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, fast, m)
				w.host().SetFaults(tt.faults)
				target := w.target("m1")
				target.Timeouts.Connect = 300 * time.Millisecond
				_, err := w.dialer.Dial(t.Context(), target)
				if connectors.CodeOf(err) != tt.code {
					t.Errorf("%v", err)
				}
				w.host().SetFaults(sim.Faults{})
				w.again(t, "m1")
			})
		}
	}
}

func TestBecomingUnreachableCutsConnections(t *testing.T) {
	w, s := one(t, sim.Machine{})
	w.host().SetFaults(sim.Faults{Unreachable: true})
	if _, err := s.Run(t.Context(), connectors.Command{Line: "true"}); connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("%v", err)
	}
}

func TestHang(t *testing.T) {
	w, s := one(t, sim.Machine{Faults: sim.Faults{Hang: []string{"scan"}}})
	a := observe(t, s, scan.Request{Timeouts: connectors.Timeouts{Command: 200 * time.Millisecond}})
	if a.State != inventory.ScanFailed || a.Problem.Code != string(connectors.CodeTimeout) {
		t.Errorf("%s %+v", a.State, a.Problem)
	}
	w.host().SetFaults(sim.Faults{Hang: []string{"*"}})
	if o := scan.Facts(deadline(t, 200*time.Millisecond), s, managers(), "m1", time.Now()); o.State != inventory.ScanFailed {
		t.Errorf("%+v", o)
	}
	w.host().SetFaults(sim.Faults{Hang: []string{"install"}})
	s = w.dial("m1", nil)
	c := client(t, s)
	id := job.ID{Run: "r1", Host: "m1", Step: "updates", Round: 1}
	if _, err := c.Start(t.Context(), id, updates.InstallScript(apt.New()), curl()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job at work", func() bool {
		st, _, err := c.Poll(t.Context(), id, 0)
		return err == nil && st.State == job.Running
	})
	w.host().Reboot() // ends it
}

func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestFlood(t *testing.T) {
	_, s := one(t, sim.Machine{Faults: sim.Faults{Flood: []string{"scan", "keep"}}})
	a := observe(t, s, scan.Request{})
	if a.State != inventory.ScanFailed || !strings.Contains(a.Problem.Message, "more than is accepted") {
		t.Errorf("%s %+v", a.State, a.Problem)
	}
	c := client(t, s)
	id := job.ID{Run: "r1", Host: "m1", Step: "keep", Round: 1}
	if _, err := c.Start(t.Context(), id, updates.KeepScript(apt.New()), args(nil)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the job", func() bool {
		st, log, err := c.Poll(t.Context(), id, 0)
		return err == nil && st.Ended() && st.Size > 8<<20 && len(log) == job.MaxLog
	})
}

func TestLatency(t *testing.T) {
	_, s := one(t, sim.Machine{Faults: sim.Faults{Latency: 150 * time.Millisecond}})
	begin := time.Now()
	if _, err := s.Run(t.Context(), connectors.Command{Line: "true"}); err != nil || time.Since(begin) < 150*time.Millisecond {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

func TestPlainCommands(t *testing.T) {
	w, s := one(t, sim.Machine{Name: "web-01", Commands: map[string]sim.Reply{"check it | wc": {Out: "7\n", Err: "hm\n", RC: 3}},
		Services: []sim.Service{{Name: "nginx"}, {Name: "off", Stopped: true}}})
	for line, want := range map[string]struct {
		rc  int
		out string
	}{
		"true": {0, ""}, "false": {1, ""}, "hostname": {0, "web-01\n"}, "id -u": {0, "1000\n"}, "whoami": {0, "patch\n"},
		"echo a 'b  c' \"d\\\"e\" f\\ g": {0, "a b  c d\"e f g\n"}, "uname -r": {0, "6.1.0-41-amd64\n"}, "exit 7": {7, ""},
		"systemctl is-active nginx": {0, "active\n"}, "systemctl is-active off.service": {3, "inactive\n"}, "systemctl is-active ssh": {0, "active\n"},
		"make coffee": {127, ""}, "exit x": {127, ""}, "true; false": {2, ""}, "'": {2, ""}, "": {2, ""}, "check it | wc": {3, "7\n"},
		"sudo id -u": {0, "0\n"}, "sudo -u nobody whoami": {0, "nobody\n"}, "/bin/sh -s": {0, ""},
		"cat /proc/sys/kernel/random/boot_id": {0, w.host().Snapshot().BootID + "\n"},
	} {
		out, rc := raw(t, w, line)
		if rc != want.rc || out != want.out {
			t.Errorf("%s: %d %q", line, rc, out)
		}
	}
	for _, line := range []string{"uname -a", "uptime", "cat /etc/os-release"} {
		if r, err := s.Run(t.Context(), connectors.Command{Line: line}); err != nil || r.ExitCode != 0 || len(r.Stdout) == 0 {
			t.Errorf("%s: %+v %v", line, r, err)
		}
	}
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("# two lines\necho one\nfalse\n")})
	if err != nil || r.ExitCode != 1 || string(r.Stdout) != "one\n" {
		t.Errorf("a script: %+v %v", r, err)
	}
	if _, err := script.Run(t.Context(), s, script.Script{Name: "nosuch", Version: 1, Sh: ":"}, nil, script.Options{Host: "m1"}); connectors.CodeOf(err) != connectors.CodeExit {
		t.Errorf("an unknown script: %v", err)
	}
}

// raw runs a command line with a client that is not the program's.
func raw(t *testing.T, w *world, line string) (string, int) {
	t.Helper()
	signer, err := gossh.ParsePrivateKey(w.fleet.ClientKey())
	if err != nil {
		t.Fatal(err)
	}
	target := w.target("web-01")
	_, _, hostKey, _, _, err := gossh.ParseKnownHosts(w.fleet.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	c, err := gossh.Dial("tcp", addr(target), &gossh.ClientConfig{User: "patch", Auth: []gossh.AuthMethod{gossh.PublicKeys(signer)}, HostKeyCallback: gossh.FixedHostKey(hostKey)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }() // its session has ended
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Setenv("X", "y"); err == nil {
		t.Error("an environment was accepted")
	}
	out, err := s.Output(line)
	if err != nil {
		exit, ok := err.(*gossh.ExitError) //nolint:errorlint // it is returned bare
		if !ok {
			t.Fatalf("%s: %v", line, err)
		}
		return string(out), exit.ExitStatus()
	}
	return string(out), 0
}
