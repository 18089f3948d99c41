package health

import (
	"net"
	"os/exec"
	"strings"
	"testing"

	"patchwave/policies"
)

// TestScript asks this machine's own shells, with other init systems in place of
// its own.
func TestScript(t *testing.T) {
	const (
		systemd = `
probe_systemd() { return 0; }
systemctl() {
	case $* in
	"is-active -- nginx") echo active ;;
	"is-active -- old") echo inactive; return 3 ;;
	"is-active -- none") echo inactive; return 4 ;;
	"is-active -- -x") echo inactive; return 3 ;;
	is-system-running) echo "$boot"; case $boot in running) ;; *) return 1 ;; esac ;;
	*) echo "what? $*"; return 9 ;;
	esac
}
`
		openrc = `
probe_systemd() { return 1; }
pw_has() { [ "$1" = rc-service ]; }
rc-service() { echo " * status: $2 $3"; case $2 in nginx) ;; crashed) return 32 ;; stopping) return 4 ;; none) return 1 ;; *) return 3 ;; esac; }
`
		sysv = `
probe_systemd() { return 1; }
pw_has() { [ "$1" = service ]; }
service() { echo "$1 $2"; case $1 in nginx) ;; dead) return 1 ;; locked) return 2 ;; odd) return 4 ;; *) return 3 ;; esac; }
`
		nothing = `
probe_systemd() { return 1; }
pw_has() { return 1; }
`
	)
	service := func(name, state string) policies.Probe {
		return policies.Probe{Kind: policies.ProbeService, Name: name, State: state}
	}
	run := func(line string) policies.Probe {
		return policies.Probe{Kind: policies.ProbeCommand, Name: "c", Run: line}
	}
	boot := policies.Probe{Kind: "boot", Name: "boot"}
	tests := []struct {
		name, machine string
		probe         policies.Probe
		ok            bool
		words         string
	}{
		{"systemd, runs", systemd, service("nginx", "running"), true, "active"},
		{"systemd, does not run", systemd, service("old", "running"), false, "exit status 3 inactive"},
		{"systemd, is stopped", systemd, service("old", "stopped"), true, "exit status 3 inactive"},
		{"systemd, is not there", systemd, service("none", "stopped"), true, "exit status 4 inactive"},
		{"a name like an option", systemd, service("-x", "running"), false, "exit status 3 inactive"},
		{"sysv, runs", sysv, service("nginx", "running"), true, "nginx status"},
		{"sysv, is stopped", sysv, service("old", "stopped"), true, "exit status 3 old status"},
		{"sysv, is dead and left a file", sysv, service("dead", "stopped"), true, "exit status 3 dead status"},
		{"sysv, is dead and left a lock", sysv, service("locked", "stopped"), true, "exit status 3 locked status"},
		{"sysv, does not know", sysv, service("odd", "stopped"), false, "exit status 8 odd status"},
		{"no init system", nothing, service("nginx", "running"), false, "exit status 2 no service manager was found"},
		{"no init system, stopped", nothing, service("nginx", "stopped"), false, "exit status 2 no service manager was found"},
		{"a command", "", run("echo well; echo noted >&2"), true, "well noted"},
		{"a command that fails", "", run("echo no; exit 7"), false, "exit status 7 no"},
		{"a command that is none", "", run("/nonexistent/selftest"), false, "exit status 127"},
		{"a command with quotes", "", run(`printf '%s' "a  'b' \$HOME"`), true, "a  'b' $HOME"},
		{"a command that reads", "", run("read x; echo \"read $? [$x]\""), true, "read 1 []"},
		{"a command of lines", "", run("echo a\necho b"), true, "a b"},
		{"it has booted", "boot=running\n" + systemd, boot, true, ""},
		{"it has booted, degraded", "boot=degraded\n" + systemd, boot, true, ""},
		{"it boots", "boot=starting\n" + systemd, boot, false, "exit status 1"},
		{"it begins to boot", "boot=initializing\n" + systemd, boot, false, "exit status 1"},
		{"without systemd it has booted", nothing, boot, true, ""},
	}
	for name, argv := range shells(t) {
		t.Run(name, func(t *testing.T) {
			for _, tt := range tests {
				res, err := Prober{Session: shell{t: t, argv: argv, override: tt.machine}}.Run(t.Context(), tt.probe)
				if err != nil || res.OK != tt.ok || !strings.HasPrefix(res.Detail, tt.words) {
					t.Errorf("%s: %+v, %v; want %v %q", tt.name, res, err, tt.ok, tt.words)
				}
			}
		})
	}
	t.Run("openrc", func(t *testing.T) { // a function's name with a hyphen is not POSIX
		if _, err := exec.LookPath("bash"); err != nil {
			t.Skip("there is no bash")
		}
		for name, want := range map[string]string{"nginx": "running", "old": "stopped", "crashed": "stopped", "stopping": "", "none": ""} {
			for _, state := range []string{"running", "stopped"} {
				res, err := Prober{Session: shell{t: t, argv: []string{"bash", "-s"}, override: openrc}}.Run(t.Context(), service(name, state))
				if err != nil || res.OK != (state == want) || !strings.Contains(res.Detail, "* status: "+name+" status") {
					t.Errorf("%s %s: %+v, %v", name, state, res, err)
				}
			}
		}
	})
}

// TestChattyCommand: one that prints without end of lines still gives an answer.
func TestChattyCommand(t *testing.T) {
	for name, argv := range shells(t) {
		line := "i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; exit 5"
		res, err := Prober{Session: shell{t: t, argv: argv, override: ""}}.Run(t.Context(), policies.Probe{Kind: policies.ProbeCommand, Run: line})
		if err != nil || res.OK || !strings.HasPrefix(res.Detail, "exit status 5 0123456789") {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

// TestListeners looks for listeners of this machine, in both families.
func TestListeners(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err)
			continue
		}
		port := l.Addr().(*net.TCPAddr).Port
		probe := policies.Probe{Kind: policies.ProbeTCP, Port: port, On: "host"}
		for name, argv := range shells(t) {
			if res, err := (Prober{Session: shell{t: t, argv: argv, override: ""}}).Run(t.Context(), probe); err != nil || !res.OK {
				t.Errorf("%s, %s: %+v, %v", name, l.Addr(), res, err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		for name, argv := range shells(t) {
			if res, err := (Prober{Session: shell{t: t, argv: argv, override: ""}}).Run(t.Context(), probe); err != nil || res.OK {
				t.Errorf("%s, %s closed: %+v, %v", name, l.Addr(), res, err)
			}
		}
	}
}

// TestManyListeners: the thousandth line of the kernel's table has no space
// before its number, and a connection is no listener.
func TestManyListeners(t *testing.T) {
	const table = `
cat() { printf '%s\n' '  sl  local_address rem_address   st' '   0: 0100007F:1F90 00000000:0000 0A 0' '1000: 0100007F:1F91 00000000:0000 0A 0' '   7: 0100007F:1F92 0100007F:C000 01 0'; }
`
	for name, argv := range shells(t) {
		for port, want := range map[int]bool{0x1F90: true, 0x1F91: true, 0x1F92: false, 0xF90: false, 0xC000: false} {
			res, err := Prober{Session: shell{t: t, argv: argv, override: table}}.Run(t.Context(), policies.Probe{Kind: policies.ProbeTCP, Port: port, On: "host"})
			if err != nil || res.OK != want {
				t.Errorf("%s: port %x: %+v, %v", name, port, res, err)
			}
		}
	}
}
