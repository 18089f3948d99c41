package scan

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// noon is the controller's clock in these tests.
func noon() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

const boot = "43c41133-1ab4-48da-b12f-6c4fe6db830c"

// fake is a package manager that answers what it is told to.
type fake struct{ listing updates.Listing }

func (fake) Name() string { return "fake" }

func (fake) Shell() updates.Shell {
	return updates.Shell{Scan: `
fake_index_age() { if [ -e "$pw_arg_dir/index" ]; then cat "$pw_arg_dir/index"; fi; }
fake_refresh() { pw_put fake.refresh "waited $pw_arg_lock_wait"; echo 0 >"$pw_arg_dir/index"; }
fake_scan() { pw_put fake.scan "names=${pw_arg_names-}"; }
`}
}

func (f fake) ParseScan(framing.Answer) updates.Listing { return f.listing }
func (fake) ParseSimulation(framing.Answer, string, []updates.Want) updates.Simulation {
	return updates.Simulation{}
}
func (fake) ParseInstall(framing.Answer) updates.Outcome { return updates.Outcome{} }

// answer makes an answer of frames: name, content, name, content …
func answer(pairs ...string) framing.Answer {
	a := framing.Answer{Complete: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Frames = append(a.Frames, framing.Frame{Name: pairs[i], Out: []byte(pairs[i+1])})
	}
	return a
}

// load reads an answer that the scan script gave on a real host, nonce 00ff: the
// package manager and the system are in the name of the file.
func load(t testing.TB, name string) framing.Answer {
	t.Helper()
	read := func(stream string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name+stream))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a := framing.Parse("00ff", read(".out"), read(".err"))
	if !a.Complete {
		t.Fatalf("%s: the recording is not whole", name)
	}
	return a
}

// machine is a session to a machine that answers scripts with frames.
type machine struct {
	// reply says what to print for a call, or how Run fails.
	reply  func(ctx context.Context, c connectors.Command, call framing.Call) (string, error)
	closed error
}

func (machine) Dialect() connectors.Dialect { return connectors.DialectSh }

func (m machine) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := posix.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	out, err := m.reply(ctx, c, call)
	return connectors.Result{Stdout: []byte(strings.ReplaceAll(out, "NONCE", call.Nonce))}, err
}

func (m machine) Close() error { return m.closed }

// framed prints frames as a script does; the marks have NONCE for the nonce.
func framed(pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		b.WriteString("@@NONCE BEGIN " + pairs[i] + "\n" + pairs[i+1] + "\n@@NONCE END " + pairs[i] + " rc=0\n")
	}
	return b.String() + "@@NONCE DONE\n"
}

func update(name string) inventory.Update { return inventory.Update{Name: name, From: "1", To: "2"} }
