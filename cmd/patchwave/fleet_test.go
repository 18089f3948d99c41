package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/connectors/sim"
)

// fleetOf is the machines of a script.
type fleetOf struct{ *sim.Fleet }

// hostConfig is a machine and how it is reached. Each has a port of its own, and
// so a connection of its own.
const hostConfig = `
host %[1]q {
  address    = %[2]q
  connection = connection.to-%[1]s
  labels     = { role = %[4]q }%[6]s
}

connection "to-%[1]s" {
  type           = "ssh"
  port           = %[3]d
  user           = "patch"
  identity_files = ["id_ed25519"]
  become {
    method = "sudo"%[5]s
  }
  timeouts {
    connect = "30s"
    command = "60s"
  }
  retry {
    attempts = 1
  }
}
`

// fleetPolicies is the policy of all machines where a script has no
// patchwave.d/policies.hcl of its own.
const fleetPolicies = `group "fleet" {
  where = glob("*", host.name)
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

verification "web" {
  service "nginx" {
    state  = "running"
    within = "1s"
  }
  on_failure = "rollback"
}

policy "all" {
  hosts        = group.fleet
  baseline     = baseline.all
  preparation  = preparation.kept
  verification = verification.web
  rollout {
    max_failures = 10
    wave "all" {
      batch = 10
    }
  }
}
`

// cmdFleet starts machines and writes patchwave.d/fleet.hcl with the keys beside
// it: `fleet web-1 web-2:postinst=nginx db-1:kernel,hold=openssl`.
func cmdFleet(ts *testscript.TestScript, neg bool, args []string) {
	opt := sim.Options{JobTime: 60 * time.Millisecond, RebootTime: 80 * time.Millisecond, Second: 5 * time.Millisecond}
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		switch args[0] {
		case "-job":
			opt.JobTime = d
		case "-reboot":
			opt.RebootTime = d
		default:
			ts.Fatalf("unknown flag %s", args[0])
		}
		args = args[2:]
	}
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fleet [-job D] [-reboot D] HOST[:FAULT,…]…")
	}
	fleet, err := sim.NewFleet(opt)
	ts.Check(err)
	ts.Defer(fleet.Close)
	storyOf(ts).fleet = &fleetOf{fleet}
	secret := ""
	for _, arg := range args {
		name, words, _ := strings.Cut(arg, ":")
		m := machine(name)
		for _, word := range splitList(words) {
			shape(ts, &m, word)
		}
		if m.Password != "" {
			secret = "\n    password = secret(\"file:" + ts.MkAbs("sudo.pass") + "\")"
			ts.Check(os.WriteFile(ts.MkAbs("sudo.pass"), []byte(m.Password+"\n"), 0o600))
		}
		h, err := fleet.Add(m)
		ts.Check(err)
		if m.MAC != "" {
			h.Sleep()
		}
	}
	dir := ts.MkAbs("patchwave.d")
	ts.Check(os.MkdirAll(dir, 0o700))
	if _, err := os.Stat(filepath.Join(dir, "policies.hcl")); errors.Is(err, fs.ErrNotExist) {
		ts.Check(os.WriteFile(filepath.Join(dir, "policies.hcl"), []byte(fleetPolicies), 0o600))
	}
	for name, data := range map[string]string{"known_hosts": string(fleet.KnownHosts()), "id_ed25519": string(fleet.ClientKey()),
		"fleet.hcl": fleetConfig(fleet, filepath.Join(ts.MkAbs("state"), "patchwave.db"), secret, winPassword(ts, fleet))} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600))
	}
}

// fleetConfig is the inventory: the role is the name up to the dash.
func fleetConfig(fleet *sim.Fleet, db, secret, winPass string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "patchwave {\n  database    = %q\n  known_hosts = [\"known_hosts\"]\n}\n", db)
	for _, h := range fleet.Hosts() {
		ip, port := h.Addr()
		role, _, _ := strings.Cut(h.Name(), "-")
		if h.Windows() {
			b.WriteString(windowsConfig(h, role, winPass))
			continue
		}
		mac := ""
		if h.MAC() != "" {
			mac = "\n  mac        = \"" + h.MAC() + "\""
		}
		fmt.Fprintf(&b, hostConfig, h.Name(), ip, port, role, secret, mac)
	}
	return b.String()
}

// machine is a machine with a web server, a library and a tool to be updated.
func machine(name string) sim.Machine {
	security := []sim.Origin{sim.Security()}
	return sim.Machine{Name: name,
		Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1.22.1-9+deb12u3"}),
		Updates: []sim.Offer{
			{Name: "nginx", Version: "1.22.1-9+deb12u4", From: security},
			{Name: "openssl", Version: "3.0.18-1~deb12u1", From: security, Needs: []string{"libssl3=3.0.18-1~deb12u1"}},
			{Name: "libssl3", Version: "3.0.18-1~deb12u1", Source: "openssl", From: security},
			{Name: "tzdata", Arch: "all", Version: "2026b-0+deb12u1", From: []sim.Origin{sim.Updates()}},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}}}
}

// shape makes a machine what a word says.
func shape(ts *testscript.TestScript, m *sim.Machine, word string) {
	key, value, _ := strings.Cut(word, "=")
	switch key {
	case "idle":
		m.Updates = nil
	case "kernel":
		m.Updates = append(m.Updates, sim.Offer{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1",
			From: []sim.Origin{sim.Security()}, Reboot: true, Kernel: "6.1.0-41-amd64"})
	case "removes":
		m.Updates = []sim.Offer{{Name: "systemd", Version: "252.40-1~deb12u1", From: []sim.Origin{sim.Security()}, Removes: []string{"apt"}}}
	case "mixed":
		m.Updates = append(m.Updates, mixed()...)
	case "held":
		for i := range m.Packages {
			m.Packages[i].Held = m.Packages[i].Held || m.Packages[i].Name == value
		}
	case "asleep":
		m.MAC = fmt.Sprintf("02:00:00:00:00:%02x", crc32.ChecksumIEEE([]byte(m.Name))%250+1)
	case "member":
		m.Services = append(slices.Clone(m.Services), sim.Service{Name: "haproxy-member"})
	case "btrfs":
		m.Btrfs = true
	case "small":
		m.DiskFree = 100 << 20
	case "password":
		m.Password, m.Faults.Sudo = value, sim.SudoPassword
	default:
		if !shapeWindows(ts, m, word) {
			wrong(ts, &m.Faults, word)
		}
	}
}

// mixed are updates of which each goes another way.
func mixed() []sim.Offer {
	security := []sim.Origin{sim.Security()}
	return []sim.Offer{
		{Name: "curl", Version: "7.88.1-10+deb12u14", From: security, Needs: []string{"libcurl4=7.88.1-10+deb12u14", "libnew1"}},
		{Name: "libcurl4", Version: "7.88.1-10+deb12u14", From: []sim.Origin{sim.Updates()}},
		{Name: "libnew1", Version: "1.0-1"},
		{Name: "systemd", Version: "252.40-1~deb12u1", From: security, Removes: []string{"apt"}},
		{Name: "bash", Version: "5.2.15-2+b9", From: security, Phased: 10},
		{Name: "coreutils", Version: "9.1-2", From: security},
		{Name: "sudo", Version: "1.9.13p3-1+deb12u3", From: security, Needs: []string{"openssh-server=1:9.2p1-2+deb12u8"}},
		{Name: "openssh-server", Version: "1:9.2p1-2+deb12u8", From: security},
		{Name: "base-files", Version: "12.4+deb12u13", From: security},
		{Name: "dpkg", Version: "1.21.23", From: security},
		{Name: "ca-certificates", Arch: "all", Version: "20250419", From: security},
	}
}

// wrong adds a fault.
func wrong(ts *testscript.TestScript, f *sim.Faults, word string) {
	key, value, _ := strings.Cut(word, "=")
	switch key {
	case "ok":
		*f = sim.Faults{}
	case "unreachable":
		f.Unreachable = true
	case "auth":
		f.AuthRefused = true
	case "hostkey":
		f.HostKeyChanged = true
	case "hostile":
		f.Hostile = true
	case "nosudo":
		f.Sudo = sim.SudoMissing
	case "sudopassword":
		f.Sudo = sim.SudoPassword
	case "disk":
		f.DiskFull = true
	case "stale":
		f.StaleIndex = true
	case "breaks":
		f.Breaks = map[string]string{"nginx": "nginx"}
	case "postinst":
		f.FailPostinst = append(slices.Clone(f.FailPostinst), value)
	case "lies":
		f.Lies = append(slices.Clone(f.Lies), value)
	case "cannotkeep":
		f.CannotKeep = append(slices.Clone(f.CannotKeep), value)
	case "hold":
		f.HoldDuring = append(slices.Clone(f.HoldDuring), value)
	case "free":
		f.HoldDuring = slices.DeleteFunc(slices.Clone(f.HoldDuring), func(s string) bool { return s == value })
	case "crash":
		f.CrashDuring = append(slices.Clone(f.CrashDuring), value)
	case "killduring":
		f.KillDuring = append(slices.Clone(f.KillDuring), value)
	case "points":
		f.Points = sim.PointsFault(value)
	case "noreboot":
		f.NoReboot = true
	case "noreturn":
		f.NoReturn = true
	case "latency":
		d, err := time.ParseDuration(value)
		ts.Check(err)
		f.Latency = d
	case "conffile":
		f.Conffiles = map[string]string{"nginx": value}
	case "user":
		f.Users = append(slices.Clone(f.Users), value)
	case "process":
		f.Processes = append(slices.Clone(f.Processes), value)
	case "failaction":
		f.FailActions = map[string]int{value: 1}
	case "aptlock":
		f.AptLock = value
	default:
		if !wrongWindows(ts, &f.Windows, key, value) {
			ts.Fatalf("unknown fault %q", word)
		}
	}
}

// hostOf is a machine of the script.
func hostOf(ts *testscript.TestScript, name string) *sim.Host {
	s := storyOf(ts)
	if s.fleet == nil || s.fleet.Host(name) == nil {
		ts.Fatalf("there is no machine %s", name)
	}
	return s.fleet.Host(name)
}

// cmdFault sets what is wrong with a machine; "ok" is nothing.
func cmdFault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fault HOST FAULT,…")
	}
	h := hostOf(ts, args[0])
	f := h.Faults()
	for _, word := range splitList(args[1]) {
		wrong(ts, &f, word)
	}
	h.SetFaults(f)
}

// cmdPublish puts new versions into the repositories of a machine.
func cmdPublish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: publish HOST PACKAGE=VERSION…")
	}
	for _, arg := range args[1:] {
		name, version, _ := strings.Cut(arg, "=")
		hostOf(ts, args[0]).Publish(sim.Offer{Name: name, Version: version, From: []sim.Origin{sim.Security()}})
	}
}

// cmdPowerOn boots a machine that did not come back from a reboot.
func cmdPowerOn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: poweron HOST")
	}
	h := hostOf(ts, args[0])
	f := h.Faults()
	f.NoReturn = false
	h.SetFaults(f)
	h.PowerOn()
}

// cmdReboot reboots a machine, as somebody at its console would.
func cmdReboot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: reboot HOST")
	}
	h := hostOf(ts, args[0])
	before := h.Snapshot().BootID
	h.Reboot()
	until(ts, func() string {
		if h.Snapshot().BootID == before {
			return "it has not rebooted"
		}
		return ""
	})
}
