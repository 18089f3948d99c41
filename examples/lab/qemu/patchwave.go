//go:build qemu

package qemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Controller is patchwave, with one host: the guest.
type Controller struct {
	guest   *Guest
	program string
}

// NewController builds patchwave and writes an inventory for it, in the directory of the
// guest, beside the policies. The host has the name given and is in the group lab.
func NewController(tb testing.TB, g *Guest, host, policies string) *Controller {
	tb.Helper()
	known, err := os.ReadFile(filepath.Join(g.Images, "known"))
	if err != nil {
		tb.Fatal(err)
	}
	for name, text := range map[string]string{
		"known_hosts": fmt.Sprintf("[127.0.0.1]:%d %s", g.Port, known),
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
host %q {
  address    = "127.0.0.1"
  connection = connection.lab
}
group "lab" {
  members = [host.%s]
}
`, g.Path("patchwave.db"), g.Port, filepath.Join(g.Images, "key"), host, host),
		"policies.hcl": policies,
	} {
		if err := os.WriteFile(g.Path(name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	c := &Controller{guest: g, program: g.Path("patchwave")}
	Tool(tb, "go", "build", "-o", c.program, "patchwave/cmd/patchwave")
	return c
}

// BadDaemon are policies that update a daemon to a version that does not start, with a
// restore point of a provider and then an action, the script later.
func BadDaemon(provider, later string) string {
	return strings.NewReplacer("LATER", later, "PROVIDER", provider).Replace(badDaemon)
}

const badDaemon = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["PROVIDER"]
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

// Ended is what a call of patchwave did.
type Ended struct {
	Code        int
	Out, Errors string
	Took        time.Duration
}

// Call is a call of patchwave that may still run.
type Call struct {
	cmd  *exec.Cmd
	args []string
	Done <-chan Ended
}

// Kill is a crash of the controller.
func (c *Call) Kill(tb testing.TB) {
	tb.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		tb.Errorf("kill patchwave: %v", err)
	}
	<-c.Done
}

// Begin starts patchwave.
func (c *Controller) Begin(tb testing.TB, args ...string) *Call {
	tb.Helper()
	g := c.guest
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), c.program, append([]string{"-C", g.Dir}, args...)...)
	cmd.Dir, cmd.Env = g.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.Dir, "LC_ALL=C", "TZ=UTC"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	done := make(chan Ended, 1)
	go func() {
		e := Ended{}
		if err := cmd.Wait(); err != nil {
			e.Code = -1
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				e.Code = exit.ExitCode()
			}
		}
		e.Out, e.Errors = out.String(), errs.String()
		e.Took = time.Since(began)
		done <- e
	}()
	return &Call{cmd: cmd, args: args, Done: done}
}

// Report is what is read of the report of a run.
type Report struct {
	Run   struct{ ID string }
	Hosts []struct {
		State   string
		Error   struct{ Message string }
		Updates []struct{ Name, State string }
		Notes   []string
		Reboots int
	}
}

// Finish waits for a call, wants its exit code, and reads the report of the one host.
func Finish(tb testing.TB, call *Call, code int) Report {
	tb.Helper()
	e := <-call.Done
	tb.Logf("patchwave %q: %.0f s, status %d", call.args, e.Took.Seconds(), e.Code)
	var doc Report
	if err := json.Unmarshal([]byte(e.Out), &doc); err != nil || e.Code != code {
		tb.Fatalf("status %d, want %d: %v\n%s\n%s", e.Code, code, err, e.Out, e.Errors)
	}
	return doc
}

// Database are the files of the database of the controller.
func (c *Controller) Database(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob(c.guest.Path("patchwave.db*"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("the database: %q, %v", files, err)
	}
	return files
}
