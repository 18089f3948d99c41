package sim_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	gossh "golang.org/x/crypto/ssh"

	"patchwave/connectors/sim"
	"patchwave/connectors/ssh"
	"patchwave/engine/scan"
	"patchwave/inventory"
)

func TestDemoFleet(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	fleet, err := sim.DemoFleet(fast)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	w := over(t, fleet)
	states := map[inventory.ScanState]int{}
	seen := map[string]inventory.Observation{}
	linux := slices.DeleteFunc(w.hosts("p").Hosts, func(h *inventory.Host) bool { return fleet.Host(h.Name).Windows() })
	err = scan.Fleet{Dialer: w.dialer, Managers: managers(), Now: time.Now}.Scan(t.Context(), linux, scan.RefreshAuto,
		func(o inventory.Observation) error {
			states[o.State]++
			seen[o.Host] = o
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if len(fleet.Hosts()) != 24 || len(linux) != 18 || states[inventory.ScanOK] != 17 || states[inventory.ScanUnreachable] != 1 {
		t.Errorf("%d machines, %v", len(fleet.Hosts()), states)
	}
	for name, want := range map[string]struct {
		updates int
		blocked inventory.BlockedBy
	}{"web-01": {9, ""}, "web-07": {9, ""}, "web-08": {11, ""}, "db-02": {11, inventory.BlockedHeld}, "app-05": {10, inventory.BlockedKeptBack}, "cache-01": {8, ""}} {
		o := seen[name]
		blocked := slices.ContainsFunc(o.Updates, func(u inventory.Update) bool { return u.BlockedBy == want.blocked })
		if len(o.Updates) != want.updates || !blocked || len(o.Notes) > 0 {
			t.Errorf("%s: %d updates, %s there: %v, notes %q", name, len(o.Updates), want.blocked, blocked, o.Notes)
		}
	}
}

// TestManyMachines scans as many machines as an operator with a fleet would.
func TestManyMachines(t *testing.T) {
	const n = 300
	opt := fast
	opt.SharedHostKey = true
	w := newWorld(t, opt)
	for i := range n {
		if _, err := w.fleet.Add(sim.Machine{Name: fmt.Sprintf("m%03d", i), Updates: assorted().Updates}); err != nil {
			t.Fatal(err)
		}
	}
	known := w.knownHosts()
	inv := &inventory.Inventory{}
	template := w.target("m000")
	for _, h := range w.fleet.Hosts() {
		target := template
		target.Name, target.Keys.Files = h.Name(), []string{known}
		target.Address, target.Port = h.Addr()
		inv.Hosts = append(inv.Hosts, &inventory.Host{Name: h.Name(), Target: target})
	}
	ok := 0
	err := scan.Fleet{Dialer: w.dialer, Managers: managers(), Now: time.Now}.Scan(t.Context(), inv.Hosts, scan.RefreshAuto, func(o inventory.Observation) error {
		if o.State == inventory.ScanOK && len(o.Updates) == 4 {
			ok++
		}
		return nil
	})
	if err != nil || ok != n {
		t.Errorf("%d of %d: %v", ok, n, err)
	}
}

func TestAddressesOfTheirOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	opt := fast
	opt.Addresses, opt.Port = true, port
	w := newWorld(t, opt, sim.Machine{Name: "a"}, sim.Machine{Name: "b"}, sim.Machine{Name: "c", Address: "127.0.0.77"})
	ips := map[string]bool{}
	for _, h := range w.fleet.Hosts() {
		ip, p := h.Addr()
		ips[ip] = true
		if p != port {
			t.Errorf("%s listens on %d", h.Name(), p)
		}
		w.dial(h.Name(), nil)
	}
	if len(ips) != 3 || !ips["127.0.0.77"] {
		t.Errorf("%v", ips)
	}
}

func TestNamesAreUnique(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "a"})
	for _, name := range []string{"a", ""} {
		if _, err := w.fleet.Add(sim.Machine{Name: name}); err == nil {
			t.Errorf("%q was added", name)
		}
	}
	if w.fleet.Host("nosuch") != nil {
		t.Error("a machine that is not there")
	}
}

func TestClosedFleet(t *testing.T) {
	fleet, err := sim.NewFleet(fast)
	if err != nil {
		t.Fatal(err)
	}
	h, err := fleet.Add(sim.Machine{Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	fleet.Close()
	fleet.Close()
	if _, err := fleet.Add(sim.Machine{Name: "b"}); !errors.Is(err, sim.ErrClosed) {
		t.Errorf("%v", err)
	}
	h.Reboot()
	h.PowerOn()
	h.SetFaults(sim.Faults{Unreachable: true})
	h.SetFaults(sim.Faults{})
	if s := h.Snapshot(); s.Name != "a" {
		t.Errorf("%+v", s)
	}
}

func TestNobodyElseGetsIn(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "a"})
	other, err := sim.NewFleet(fast)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	signer, err := gossh.ParsePrivateKey(other.ClientKey())
	if err != nil {
		t.Fatal(err)
	}
	_, _, key, _, _, err := gossh.ParseKnownHosts(w.fleet.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	ip, port := w.host().Addr()
	for _, auth := range []gossh.AuthMethod{gossh.PublicKeys(signer), gossh.Password("patch")} {
		_, err = gossh.Dial("tcp", net.JoinHostPort(ip, fmt.Sprint(port)), &gossh.ClientConfig{User: "root", Auth: []gossh.AuthMethod{auth}, HostKeyCallback: gossh.FixedHostKey(key)})
		if err == nil {
			t.Error("a stranger was let in")
		}
	}
	if n := w.host().Snapshot().Logins["root"]; n != 0 {
		t.Errorf("%d logins", n)
	}
	if bytes.Equal(w.fleet.ClientKey(), other.ClientKey()) {
		t.Error("two fleets have one key")
	}
}

// BenchmarkScan is one scan on a connection of its own.
func BenchmarkScan(b *testing.B) {
	opt := fast
	opt.SharedHostKey = true
	w := newWorld(b, opt, sim.Machine{Name: "m1", Updates: assorted().Updates})
	d := ssh.New(ssh.Config{})
	defer func() { _ = d.Close() }() // the fleet goes with it
	target := w.target("m1")
	for b.Loop() {
		s, err := d.Dial(b.Context(), target)
		if err != nil {
			b.Fatal(err)
		}
		if a := scan.Observe(b.Context(), s, managers(), scan.Request{Host: "m1", Become: true}, time.Now()); a.State != inventory.ScanOK {
			b.Fatal(a.Problem)
		}
		_ = s.Close() // it has answered
	}
}
