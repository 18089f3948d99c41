//go:build lab

package lab_test

import (
	"strings"
	"testing"
)

const actionsPolicy = `
baseline "asked" {
  approve "asked" {
    packages = ["confpkg", "promptpkg"]
  }
}

preparation "all" {
  require {
    disk_free  = { "/" = "1MiB" }
    clock_skew = "1m"
    no_process = ["no-such-program"]
    no_users   = true
  }
  run "mark" {
    on      = "controller"
    command = ["sh", "-c", "echo $1", "sh", "host=${host.name}"]
    undo    = ["true"]
  }
  run "drain" {
    command = ["sh", "-c", "printf '%s\\n' \"$1\" >/root/drained; cat /root/drained", "sh", "it's \"$(id)\" on ${host.name}"]
    undo    = "rm /root/drained && echo back >>/root/undone"
  }
}

policy "lab" {
  hosts       = group.lab
  baseline    = baseline.asked
  preparation = preparation.all
  rollout {
    max_failures = "100%"
  }
}
`

// TestActions: packages that would ask somebody are installed with nobody there,
// between an action and its undo; the configuration that was kept is told.
func TestActions(t *testing.T) {
	t.Parallel()
	f := newFleet(t, actionsPolicy, everyKind()...)
	doc := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	beside := map[string]string{"apt": ".dpkg-dist", "plain": ".dpkg-dist", "dnf": ".rpmnew", "zypper": ".rpmnew", "pacman": ".pacnew"}
	kept := f.sh(t, onAll("cat /etc/confpkg.conf; ls /etc/confpkg.conf.*; cat /root/undone; ls /root/drained 2>&1 | grep -c 'No such'"))
	for _, name := range f.names() {
		h := doc.host(t, name)
		if len(h.Notes) != 1 || !strings.HasSuffix(h.Notes[0], ": /etc/confpkg.conf"+beside[name]) {
			t.Errorf("%s: notes %q", name, h.Notes)
		}
		want := []string{"/etc/confpkg.conf" + beside[name], "1", "back", "setting = local"} // lines sorts
		same(t, name+" has", want, lines(kept[name]))
		if len(h.Actions) != 4 || h.Actions[1].Output != "it's \"$(id)\" on "+name+"\n" {
			t.Errorf("%s: actions %+v", name, h.Actions)
		}
	}
}

const unfitPolicy = `
preparation "all" {
  require {
    disk_free  = { "/" = "1000TiB" }
    no_process = ["sshd"]
    no_users   = true
  }
}
`

// TestUnfit: the reasons of a real host, all at once.
func TestUnfit(t *testing.T) {
	t.Parallel()
	policies := strings.Replace(oneUpdate, `policy "lab" {`, unfitPolicy+"policy \"lab\" {\n  preparation = preparation.all", 1)
	f := newFleet(t, policies, everyKind()...)
	before := f.sh(t, packages())
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("failed", f.names()...), doc.states())
	for _, name := range f.names() {
		e := doc.host(t, name).Error
		if e.Code != "disk" || !strings.Contains(e.Message, " free on /, 1024000.0 GiB wanted; sshd runs (process ") || strings.Contains(e.Message, "logged in") {
			t.Errorf("%s: %+v", name, e)
		}
	}
	for name, diff := range changed(before, f.sh(t, packages())) {
		same(t, name+" has changed", []string{}, diff)
	}
}
