//go:build lab

package lab_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"patchwave/examples/lab/labhost"
)

// troubled takes a host through every state there is: an update, a reboot, a
// verification that fails, and the way back.
const troubled = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "lab" {
  tcp "answers" {
    port   = 8098
    within = "2s"
  }
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.bad
  preparation  = preparation.lab
  verification = verification.lab
  reboot {
    when = "always"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// killer ends a process as soon as it has said that a host is in a state. It is
// the standard output of the process.
type killer struct {
	state string
	cmd   *exec.Cmd
	mu    sync.Mutex
	text  bytes.Buffer
	met   bool
}

// Write implements io.Writer.
func (k *killer) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.text.Write(p)
	if !k.met && strings.Contains(k.text.String(), `"to":"`+k.state+`"`) {
		k.met = true
		return len(p), k.cmd.Process.Kill()
	}
	return len(p), nil
}

// killedAt runs patchwave until a host is in the state, and kills it there.
func (f fleet) killedAt(t *testing.T, state string, args ...string) string {
	t.Helper()
	cmd, err := f.lab.Command(t.Context(), f.dir, append([]string{"-C", f.dir, "-o", "jsonl"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	k := &killer{state: state, cmd: cmd}
	cmd.Stdout = k
	if err := f.lab.Run(cmd); err == nil || !k.met {
		t.Fatalf("patchwave %q ended without being killed when a host was %s: %v\n%s", args, state, err, k.text.String())
	}
	return k.text.String()
}

// countBoots has hosts write down every boot.
const countBoots = `
	[ -d /run/systemd/system ] || exit 0
	printf '[Unit]\nDescription=lab boots\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo boot >>/var/log/boots"\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/boots.service
	systemctl -q enable boots.service`

// witnesses count in the records of each package manager how often packages went
// up and came down again, and how often the host was booted: "1 1 1".
func witnesses() map[labhost.Flavour]string {
	history := `for i in $(dnf -q -C history list | awk '$1 ~ /^[0-9]+$/ { print $1 }'); do dnf -q -C history info "$i"; done >/run/history;`
	boots := `; wc -l </var/log/boots`
	return map[labhost.Flavour]string{
		labhost.Apt: `grep -c ' upgrade labdbad:all 1.0-1 1.1-1' /var/log/dpkg.log; grep -c ' upgrade labdbad:all 1.1-1 1.0-1' /var/log/dpkg.log` + boots,
		labhost.Dnf: history + `grep -c 'Upgrade *labdbad-1.1-1' /run/history; grep -c 'Downgrade *labdbad-1.0-1' /run/history` + boots,
	}
}

// TestKillEverywhere kills patchwave in one run after the other state that its
// hosts come to. Every resume finds them where they are by then, nothing is done
// twice, and what was printed is in the journal.
func TestKillEverywhere(t *testing.T) {
	t.Parallel()
	f := newFleet(t, troubled, "apt", "dnf")
	f.sh(t, onAll(countBoots))
	before := f.sh(t, packages())
	printed := f.killedAt(t, "protecting", "apply", "-y")
	run := decode[runDoc](t, f.patchwave(t, 0, "status", "-o", "json")).Run
	for _, state := range []string{"installing", "rebooting", "verifying", "rolling-back", "restoring"} {
		printed += f.killedAt(t, state, "resume", run.ID)
		if state := decode[runDoc](t, f.patchwave(t, 0, "status", "-o", "json")).Run.State; state != "interrupted" {
			t.Fatalf("the run of a dead process is %s", state)
		}
	}
	doc := decode[runDoc](t, f.patchwave(t, 7, "resume", run.ID, "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	same(t, "packages", before, f.sh(t, packages()))
	for name, out := range f.sh(t, witnesses()) {
		if got := strings.Fields(out); strings.Join(got, " ") != "1 1 1" {
			t.Errorf("%s: upgrades, downgrades and reboots by its own records: %q, want one of each", name, got)
		}
		if n := doc.host(t, name).Reboots; n != 1 {
			t.Errorf("%s: %d reboots in the report", name, n)
		}
	}
	f.hasAll(t, run.ID, printed)
}

// hasAll wants every event that was printed, and so acknowledged, in the events
// that a replay of the journal prints: the states of each host, in order.
func (f fleet) hasAll(t *testing.T, run, printed string) {
	t.Helper()
	n := 0
	steps := map[string]bool{}
	for _, h := range decode[runDoc](t, f.patchwave(t, 0, "show", run, "-o", "json")).Hosts {
		for _, s := range h.Steps {
			steps[h.Name+" "+s.Name] = true
		}
	}
	for line := range strings.Lines(printed) { // a process that is killed may leave half a line
		var e struct {
			Host, Type string
			Data       struct{ Step string }
		}
		if json.Unmarshal([]byte(line), &e) != nil || e.Type != "step.started" {
			continue
		}
		n++
		if !steps[e.Host+" "+e.Data.Step] {
			t.Errorf("the journal does not have what was printed: %s", line)
		}
	}
	if n == 0 {
		t.Error("no step was printed")
	}
}

// runOf is the run that printed events.
func runOf(t *testing.T, printed string) string {
	t.Helper()
	var e struct{ Run string }
	line, _, _ := strings.Cut(printed, "\n")
	if err := json.Unmarshal([]byte(line), &e); err != nil || e.Run == "" {
		t.Fatalf("no run was printed: %v\n%s", err, printed)
	}
	return e.Run
}
