package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/connectors/sim"
)

// winConfig is a machine of the family Windows and how it is reached: over https with
// its certificate pinned, or over http with sealed NTLM.
const winConfig = `
host %[1]q {
  address    = %[2]q
  connection = connection.to-%[1]s
  labels     = { role = %[4]q }
}

connection "to-%[1]s" {
  type     = "winrm"
  port     = %[3]d
  user     = "patch"
  password = secret(%[5]q)
  auth     = "ntlm"
%[6]s  timeouts {
    connect = "30s"
    command = "60s"
  }
  retry {
    attempts = 1
  }
}
`

// windowsConfig is the part of an inventory for a machine of the family Windows.
func windowsConfig(h *sim.Host, role, passwordFile string) string {
	ip, port := h.Addr()
	trust := "  https    = false\n"
	if f := h.Fingerprint(); f != "" {
		trust = fmt.Sprintf("\n  server_fingerprint = %q\n\n", "sha256:"+f)
	}
	return fmt.Sprintf(winConfig, h.Name(), ip, port, role, "file:"+passwordFile, trust)
}

// winPassword writes the password for all machines of the family Windows.
func winPassword(ts *testscript.TestScript, fleet *sim.Fleet) string {
	file := ts.MkAbs("win.pass")
	ts.Check(os.WriteFile(file, []byte(fleet.WindowsPassword()+"\n"), 0o600))
	return file
}

// windowsMachine is Windows Server with a web server, a cumulative update, and a tool that needs no
// reboot.
func windowsMachine(name string) sim.Machine {
	return sim.Machine{Name: name, Family: sim.WindowsFamily, Services: []sim.Service{{Name: "W3SVC", Port: 80}},
		Windows: sim.Windows{HTTPS: true, Updates: []sim.WindowsUpdate{
			{ID: "9d3c5a80-0000-4000-8000-000000000001", Revision: 200, KBs: []string{"5068787"}, Class: sim.ClassSecurity, Severity: "Critical",
				Title:  "2026-11 Cumulative Update for Microsoft server operating system version 21H2 for x64-based Systems (KB5068787)",
				Reboot: sim.RebootCanWant, Build: "10.0.20348.4405", Size: 425 << 20},
			{ID: "9d3c5a80-0000-4000-8000-000000000002", Revision: 7, KBs: []string{"5065962"}, Class: sim.ClassUpdate,
				Title: "Update for Microsoft Visual C++ Redistributable (KB5065962)", Size: 13 << 20},
		}}}
}

// shapeWindows makes a machine what a word says; false if the word is none of its
// own.
func shapeWindows(ts *testscript.TestScript, m *sim.Machine, word string) bool {
	key, value, _ := strings.Cut(word, "=")
	w := &m.Windows
	switch key {
	case "windows":
		*m = windowsMachine(m.Name)
	case "http":
		w.HTTPS = false
	case "client":
		w.Client = true
	case "german":
		w.Updates = slices.Clone(w.Updates)
		w.Updates[0].Title = "2026-11 Kumulatives Update für Microsoft-Serverbetriebssystem, Version 21H2 für x64-basierte Systeme (KB5068787)"
	case "terms":
		w.Updates = append(slices.Clone(w.Updates), sim.WindowsUpdate{ID: "9d3c5a80-0000-4000-8000-000000000003", Revision: 1, KBs: []string{"890830"},
			Class: sim.ClassRollup, EULA: true, Permanent: true, Title: "Windows Malicious Software Removal Tool x64 - v5.137 (KB890830)"})
	default:
		return wrongWindows(ts, &m.Faults.Windows, key, value)
	}
	return true
}

// wrongWindows adds a fault that only Windows can have; false if it is another one.
func wrongWindows(ts *testscript.TestScript, f *sim.WindowsFaults, key, value string) bool {
	switch key {
	case "rollsback":
		f.RollsBack = append(slices.Clone(f.RollsBack), value)
	case "forever":
		f.Forever = append(slices.Clone(f.Forever), value)
	case "fails":
		name, code, _ := strings.Cut(value, "@")
		n, err := strconv.ParseUint(code, 0, 32)
		ts.Check(err)
		f.Fails = map[string]uint32{name: uint32(n)}
	case "slow":
		n, err := strconv.Atoi(value)
		ts.Check(err)
		f.SlowSearch = n
	case "second":
		f.SecondReboot = true
	case "neverready":
		f.NeverReady = true
	default:
		return false
	}
	return true
}
