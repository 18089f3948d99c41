package job

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// shell is a session that runs scripts in this machine's own sh.
type shell struct{}

func (shell) Close() error { return nil }

func (shell) Dialect() connectors.Dialect { return connectors.DialectSh }

func (shell) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-s")
	cmd.Stdin = bytes.NewReader(c.Script)
	var out, errb bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errb
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return connectors.Result{}, err
	}
	return connectors.Result{Stdout: out.Bytes(), Stderr: errb.Bytes(), ExitCode: cmd.ProcessState.ExitCode()}, nil
}

func newClient(t *testing.T, root string) Client {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH"))
	return Client{Session: shell{}, Host: "h1", Root: root,
		Claim: Claim{Controller: "c1", Run: "r1", Fence: 1, TTL: time.Minute}}
}

func rootDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "patchwave-host")
}

// await polls until the job ended.
func await(t *testing.T, c Client, id ID) (Status, string) {
	t.Helper()
	return awaitAny(t, c, id, func(s Status, _ string) bool { return s.Ended() })
}

// awaitWord waits until the job has printed a word.
func awaitWord(t *testing.T, c Client, id ID, word string) {
	t.Helper()
	awaitAny(t, c, id, func(_ Status, log string) bool { return strings.Contains(log, word) })
}

func awaitAny(t *testing.T, c Client, id ID, done func(Status, string) bool) (Status, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s, log, err := c.Poll(ctx, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		if done(s, string(log)) {
			return s, string(log)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("job still %s", s.State)
		}
	}
}

var body = script.Script{Name: "body", Version: 1, Sh: "pw_run work sh -c \"$pw_arg_do\"\npw_status=$pw_rc"}

func TestJobRunsOnce(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	ctx := t.Context()
	id := ID{"r1", "h1", "updates", 1}
	args := map[string]string{"do": "echo did >>" + root + "/witness; exit 3"}
	if _, err := c.Start(ctx, id, body, args); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("start without a claim: %v", err)
	}
	if err := c.Set(ctx); err != nil {
		t.Fatal(err)
	}
	s, err := c.Start(ctx, id, body, args)
	if err != nil || !s.Fresh {
		t.Fatalf("start: %+v %v", s, err)
	}
	if s, err := c.Start(ctx, id, body, args); err != nil || s.Fresh {
		t.Fatalf("second start: %+v %v", s, err)
	}
	s, log := await(t, c, id)
	if s.State != Done || s.RC != 3 {
		t.Fatalf("ended as %+v", s)
	}
	if f, ok := framing.Parse(Nonce(id), []byte(log), nil).Get("work"); !ok || f.RC != 3 {
		t.Errorf("log %q", log)
	}
	if err := c.Collect(ctx, id); err != nil {
		t.Fatal(err)
	}
	s, err = c.Start(ctx, id, body, args)
	if err != nil || s.State != Collected || s.RC != 3 {
		t.Fatalf("start after collect: %+v %v", s, err)
	}
	if err := c.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if did, err := os.ReadFile(root + "/witness"); err != nil || strings.Count(string(did), "did") != 1 {
		t.Errorf("the body ran %q times, %v", did, err)
	}
}

func TestClaimDecidesBetweenControllers(t *testing.T) {
	root := rootDir(t)
	c1 := newClient(t, root)
	ctx := t.Context()
	if err := c1.Set(ctx); err != nil {
		t.Fatal(err)
	}
	other := c1
	other.Claim = Claim{Controller: "c2", Run: "r9", Fence: 99, TTL: time.Minute}
	err := other.Set(ctx)
	if connectors.CodeOf(err) != connectors.CodeLocked || !strings.Contains(err.Error(), "run r1 of controller c1") {
		t.Fatalf("a second controller: %v", err)
	}
	if _, err := other.Start(ctx, ID{"r9", "h1", "updates", 1}, body, nil); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("a job of the second controller: %v", err)
	}
	later := c1
	later.Claim.Run, later.Claim.Fence = "r2", 2
	if err := later.Set(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("a later run while the first lives: %v", err)
	}
	later.Claim.Dead = []string{"r0", "r1"}
	if err := later.Set(ctx); err != nil {
		t.Fatalf("a later run after the first died: %v", err)
	}
	if err := c1.Renew(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("renewal by the dead run: %v", err)
	}
	if err := c1.Set(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("an older fencing number: %v", err)
	}
	if err := c1.Release(ctx); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Fatalf("release by another run: %v", err)
	}
}

// TestOneMachineUnderTwoNames: the second name of a run is refused while the
// first has the claim, for it might reboot the machine under the other's job.
func TestOneMachineUnderTwoNames(t *testing.T) {
	root := rootDir(t)
	one, two := newClient(t, root), newClient(t, root)
	one.Host, two.Host = "web-01", "web-02"
	if err := one.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := two.Set(t.Context())
	if connectors.CodeOf(err) != connectors.CodeLocked || !strings.Contains(err.Error(), "under the name web-01") {
		t.Errorf("the second name: %v", err)
	}
	if err := one.Set(t.Context()); err != nil {
		t.Errorf("the first name again: %v", err)
	}
	if err := one.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := two.Set(t.Context()); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
}

func TestAbandonedClaimExpires(t *testing.T) {
	root := rootDir(t)
	c1 := newClient(t, root)
	if err := c1.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/claim", []byte("c1 r1 1 1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := c1
	other.Claim = Claim{Controller: "c2", Run: "r9", Fence: 1, TTL: time.Minute}
	if err := other.Set(t.Context()); err != nil {
		t.Fatalf("after the claim ran out: %v", err)
	}
}

func TestGuardRefusesLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/real", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir+"/real", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{dir + "/link", dir + "/link/inside", dir + "/missing/inside"} {
		if err := newClient(t, root).Set(t.Context()); connectors.CodeOf(err) != connectors.CodeGuard {
			t.Errorf("%s: %v", filepath.Base(root), err)
		}
	}
}

func TestBrokenClaimFileFreesNothing(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+"/claim", []byte("c9 r9 x y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	if _, err := c.Start(t.Context(), id, body, nil); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("start under a foreign claim: %v", err)
	}
}

func TestLostJob(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "kill -9 $(cat " + root + "/jobs/" + id.String() + "/pid)"}); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(t, c, id); s.State != Lost {
		t.Errorf("state %s", s.State)
	}
	if err := os.WriteFile(root+"/jobs/"+id.String()+"/boot_id", []byte("00000000-0000-0000-0000-000000000000"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, _ := await(t, c, id); s.State != LostReboot {
		t.Errorf("after a reboot: state %s", s.State)
	}
}

func TestCksum(t *testing.T) {
	for _, in := range []string{"", "a", "hello\n", strings.Repeat("x", 70000)} {
		cmd := exec.Command("cksum")
		cmd.Stdin = strings.NewReader(in)
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := cksum([]byte(in)); got != strings.TrimSpace(string(want)) {
			t.Errorf("cksum of %d bytes: %s, want %s", len(in), got, want)
		}
	}
}

func TestResumeTakesItsClaimAgain(t *testing.T) {
	root := rootDir(t)
	c := newClient(t, root)
	if err := c.Set(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := ID{"r1", "h1", "updates", 1}
	if _, err := c.Start(t.Context(), id, body, map[string]string{"do": "sleep 1"}); err != nil {
		t.Fatal(err)
	}
	resumed := c
	resumed.Claim.Fence = 7
	if err := resumed.Set(t.Context()); err != nil {
		t.Fatalf("while its own job works: %v", err)
	}
	if s, _ := await(t, resumed, id); s.State != Done || s.RC != 0 {
		t.Errorf("the job: %+v", s)
	}
	if err := c.Set(t.Context()); connectors.CodeOf(err) != connectors.CodeLocked {
		t.Errorf("the process before: %v", err)
	}
	if err := resumed.Release(t.Context()); err != nil {
		t.Error(err)
	}
}
