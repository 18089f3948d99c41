//go:build lab

package lab_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

const slowUpdate = `
baseline "slow" {
  approve "slow" {
    packages = ["slowpkg"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.slow
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// once counts, in the records of each package manager, how often slowpkg was
// upgraded.
func once() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		labhost.Apt:    "grep -c 'status installed slowpkg:all 2.0-1' /var/log/dpkg.log",
		labhost.Dnf:    `rpm -q slowpkg | grep -v slowpkg-2 >&2; for i in $(dnf -q -C history list | awk '$1 ~ /^[0-9]+$/ { print $1 }'); do dnf -q -C history info "$i"; done | grep -c 'Upgrade *slowpkg-2.0-1'`,
		labhost.Zypper: "grep -c '|install|slowpkg|2.0-1.el9|' /var/log/zypp/history",
		labhost.Pacman: "grep -c 'upgraded slowpkg (1.0-1 -> 2.0-1)' /var/log/pacman.log",
	}
}

// upgradedOnce wants that each host has the new slowpkg, and came to it once.
func (f fleet) upgradedOnce(t *testing.T) {
	t.Helper()
	for name, out := range f.sh(t, once()) {
		if out != "1\n" {
			t.Errorf("%s upgraded slowpkg %q times", name, out)
		}
	}
	for name, out := range f.sh(t, packages()) {
		found := []string{}
		for _, line := range lines(out) {
			if firstWord(line) == "slowpkg" {
				found = append(found, line)
			}
		}
		if len(found) != 1 || len(found[0]) < 13 || found[0][:13] != "slowpkg 2.0-1" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

// outage is how long cables stay pulled: thirty seconds, or where longer trials
// are wanted five minutes.
func outage() time.Duration {
	if labhost.Full() {
		return 5 * time.Minute
	}
	return 30 * time.Second
}

// TestCut pulls the cables while a package is being installed, and of one host it
// kills all sessions: the hosts go on by themselves and are done before the cables are
// back, and the run ends as if nothing had happened.
func TestCut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, append(everyKind(), "apt-sshd")...)
	f.hold(t)
	apply := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	apply.installing(t, f)
	at(t, f.names(), func(name string) error {
		h := f.hosts[name]
		if name == "apt-sshd" {
			return h.KillSSHSessions(t.Context())
		}
		return h.LinkDown(t.Context())
	})
	f.letGo(t)
	back := time.After(outage())
	at(t, f.names(), func(name string) error {
		if name == "apt-sshd" {
			return nil // asked again at once, its job may be gone already
		}
		return waitFor(t.Context(), f.hosts[name], 4*time.Minute, "ls /var/lib/patchwave-host/jobs/*updates*/rc")
	})
	<-back
	at(t, f.names(), func(name string) error {
		if name == "apt-sshd" {
			return nil
		}
		return f.hosts[name].LinkUp(t.Context())
	})
	doc := decode[runDoc](t, apply.wait(t, 0))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	f.upgradedOnce(t)
}

// TestKill kills patchwave itself while its hosts install: they go on by
// themselves, and a resume collects what came of it, without doing it again.
func TestKill(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, everyKind()...)
	cmd, err := f.lab.Command(t.Context(), f.dir, "-C", f.dir, "apply", "-y", "-q")
	if err != nil {
		t.Fatal(err)
	}
	f.hold(t)
	ended := make(chan error, 1)
	go func() { ended <- f.lab.Run(cmd) }()
	f.installing(t)
	kill(t, cmd)
	f.letGo(t)
	if err := <-ended; err == nil {
		t.Error("it ended well though it was killed")
	}
	run := decode[runDoc](t, f.patchwave(t, 0, "status", "-o", "json")).Run
	if run.State != "interrupted" {
		t.Errorf("the run of the dead process is %s", run.State)
	}
	doc := decode[runDoc](t, f.patchwave(t, 0, "resume", run.ID, "-o", "json"))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	f.upgradedOnce(t)
	f.patchwave(t, 2, "resume", run.ID) // there is nothing to go on with
	f.upgradedOnce(t)
}

// TestPowerCut takes the power from hosts in the middle of an installation. They
// come back, in a state that only they know: the run says that they are lost, and
// the next scan what state that is.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, "apt", "dnf", "plain")
	f.hold(t)
	apply := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	apply.installing(t, f)
	at(t, f.names(), func(name string) error {
		h := f.hosts[name]
		if err := h.Stop(t.Context()); err != nil {
			return err
		}
		return h.Start(t.Context())
	})
	r := apply.wait(t, 3)
	for _, h := range decode[runDoc](t, r).Hosts {
		if h.State != "lost" || h.Error.Code != "lost" || !strings.Contains(h.Error.Message, "was rebooted while the job ran") {
			t.Errorf("%s is %s, %+v", h.Name, h.State, h.Error)
		}
	}
	for _, h := range decode[scanDoc](t, f.patchwave(t, 3, "scan", "-o", "json")).Hosts {
		if h.State != "failed" || h.Error.Code != "interrupted" {
			t.Errorf("%s is %s at the next scan, %+v", h.Name, h.State, h.Error)
		}
	}
}

// kill ends a process at once, by its number.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if cmd.Process == nil {
		t.Fatal("patchwave has not begun")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}
