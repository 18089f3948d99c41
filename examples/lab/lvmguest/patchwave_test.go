//go:build qemu

package lvmguest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/lvm"
	"patchwave/inventory"
)

// badDaemon updates a daemon to a version that does not start, with an action that
// comes after the restore point.
const badDaemon = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["lvm"]
    required  = true
    keep      = 1
  }
  run "later" {
    command = ["sh", "-c", <<-EOT
LATER
    EOT
    ]
  }
}

verification "lab" {
  service "labdbad" {
    state  = "running"
    within = "20s"
  }
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.bad
  preparation  = preparation.lab
  verification = verification.lab
  reboot {
    when    = "never"
    timeout = "15m"
  }
}
`

// configure writes the inventory and the policy, with a script for the action.
func (g *guest) configure(t *testing.T, later string) {
	t.Helper()
	known, err := os.ReadFile(filepath.Join(g.disks, "known"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"known_hosts": fmt.Sprintf("[127.0.0.1]:%d %s", g.port, known),
		"lab.hcl": fmt.Sprintf(`patchwave {
  database    = %q
  known_hosts = ["known_hosts"]
  timezone    = "UTC"
}
connection "lab" {
  type           = "ssh"
  user           = "root"
  port           = %d
  identity_files = [%q]
  ssh_config     = false
}
host "lvm" {
  address    = "127.0.0.1"
  connection = connection.lab
}
group "lab" {
  members = [host.lvm]
}
`, g.path("patchwave.db"), g.port, filepath.Join(g.disks, "key")),
		"policies.hcl": strings.Replace(badDaemon, "LATER", later, 1),
	} {
		if err := os.WriteFile(g.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// ended is what a program did.
type ended struct {
	code        int
	out, errors string
}

// begin starts patchwave; the channel says how it ended.
func (g *guest) begin(t *testing.T, args ...string) <-chan ended {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-C", g.dir}, args...)...)
	cmd.Dir, cmd.Env = g.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.dir, "LC_ALL=C", "TZ=UTC"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan ended, 1)
	go func() {
		e := ended{}
		if err := cmd.Wait(); err != nil {
			e.code = -1
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				e.code = exit.ExitCode()
			}
		}
		e.out, e.errors = out.String(), errs.String()
		fmt.Fprintf(os.Stderr, "patchwave %q: %.0f s, status %d\n", args, time.Since(began).Seconds(), e.code)
		done <- e
	}()
	return done
}

// runDoc is what is read of the report of a run.
type runDoc struct {
	Run   struct{ ID string }
	Hosts []struct {
		State   string
		Error   struct{ Message string }
		Updates []struct{ Name, State string }
		Notes   []string
		Reboots int
	}
}

// finish wants the exit code and reads the report of the one host.
func finish(t *testing.T, done <-chan ended, code int, state string) runDoc {
	t.Helper()
	e := <-done
	var doc runDoc
	if err := json.Unmarshal([]byte(e.out), &doc); err != nil || e.code != code || len(doc.Hosts) != 1 || doc.Hosts[0].State != state {
		t.Fatalf("status %d, want %d and %s: %v\n%s\n%s", e.code, code, state, err, e.out, e.errors)
	}
	return doc
}

// asked runs one operation of the provider in the guest and says how long it took.
func (g *guest) asked(t *testing.T, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	p := lvm.Provider()
	call, ok := p.Call(op, at)
	if !ok {
		t.Fatalf("%s has no call", op)
	}
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		t.Fatal(err)
	}
	out := g.must(t, "cat >/run/op <<'END-OF-OP'\n"+string(body)+"\nEND-OF-OP\nbegan=$(date +%s%N); sh /run/op || :; echo \"took $((($(date +%s%N)-began)/1000000)) ms\"")
	t.Logf("%s %s: %s", g.kind, op, strings.TrimSpace(out[strings.LastIndex(out, "took"):]))
	return p.Read(op, at, framing.ParseLog(nonce, []byte(out)))
}

// point is a restore point of its own, not of a run.
func point() restore.Point {
	return restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", "lvm"), Host: &inventory.Host{Name: "lvm"}}
}
