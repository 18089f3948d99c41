//go:build peers

package winrm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// TestImpacket drives the service, with either NTLM, in every way to log in.
func TestImpacket(t *testing.T) {
	noLeaks(t)
	for _, ntlm := range []string{"impacket", "gss"} {
		t.Run(ntlm, func(t *testing.T) {
			t.Parallel()
			there := serve(t, "LOGIN="+ntlm)
			for _, way := range []struct {
				name  string
				auth  connectors.WinRMAuth
				https bool
			}{{"sealed over http", connectors.WinRMNTLM, false}, {"ntlm over https", connectors.WinRMNTLM, true}, {"basic over https", connectors.WinRMBasic, true}} {
				t.Run(way.name, func(t *testing.T) {
					target := there.target(way.auth, way.https)
					sealed := there.count("sealed")
					drive(t, there, target)
					if n := there.count("sealed") - sealed; (n > 0) == way.https {
						t.Errorf("%d messages were encrypted", n)
					}
					refused(t, there, target)
				})
			}
			words := map[string]string{"impacket": "Impacket", "gss": "GSS"}[ntlm]
			if h := there.await("to log somebody in", func(h happened) bool { return h.Event == "login" }); h.By != words {
				t.Errorf("the login was verified by %q", h.By)
			}
			restarted(t, there)
			named(t, ntlm)
		})
	}
}

// drive runs what the others run there.
func drive(t *testing.T, there *peer, target connectors.Target) {
	t.Helper()
	deleted := there.count("delete")
	before := there.count("timeout")
	s := dialed(t, peerConfig(), target)
	for _, c := range []struct {
		line, out, err string
		exit           int
	}{
		{`printf 'one\r\ntwo & <three>'`, "one\r\ntwo & <three>", "", 0},
		{`echo "Grüße, 日本語, 😀" | cat`, "Grüße, 日本語, 😀\n", "", 0},
		{`echo out; echo err >&2; exit 3`, "out\n", "err\n", 3},
		{`exit 200`, "", "", 200},
		{`kill -TERM $$`, "", "", 143},
		{`printf '\303'; sleep 0.2; printf '\244'`, "ä", "", 0}, // a rune in two pieces
		{`cat; echo end`, "end\n", "", 0},                       // the input ends
		{`for i in 1 2 3; do sleep 0.4; echo $i; echo $i >&2; done; exit 5`, "1\n2\n3\n", "1\n2\n3\n", 5},
		{`sleep 1.1; exit 6`, "", "", 6}, // three operations time out
	} {
		r := ran(t, s, connectors.Command{Line: c.line})
		if string(r.Stdout) != c.out || string(r.Stderr) != c.err || r.ExitCode != c.exit {
			t.Errorf("%s: %q, %q, exit %d", c.line, r.Stdout, r.Stderr, r.ExitCode)
		}
	}
	if n := there.count("timeout") - before; n < 5 {
		t.Errorf("%d operations timed out while the commands said nothing", n)
	}
	r := ran(t, s, connectors.Command{Line: `seq 1 60000; seq 1 60000 >&2`})
	want := numbers(60000)
	if len(want) < 300_000 || string(r.Stdout) != want || string(r.Stderr) != want {
		t.Errorf("%d and %d bytes of output, want %d of each", len(r.Stdout), len(r.Stderr), len(want))
	}
	script(t, s)
	together(t, s)
	given(t, there, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	there.await("to delete the shells", func(h happened) bool { return h.Event == "delete" && h.Shells == 0 })
	if there.count("delete") == deleted {
		t.Error("no shell was deleted")
	}
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// script sends 300 KB through standard input; base64, sha256sum and sh say what came.
func script(t *testing.T, s connectors.Session) {
	t.Helper()
	program := []byte(": '" + numbers(60000) + "Grüße'\nwc -c <\"$0\"\necho late >&2\nexit 200\n")
	r := ran(t, s, connectors.Command{Script: program})
	want := fmt.Sprintf("%x  -\n%d\n", sha256.Sum256(program), len(program))
	if string(r.Stdout) != want || string(r.Stderr) != "late\n" || r.ExitCode != 200 {
		t.Errorf("a script of %d bytes: %q, %q, exit %d; want %q", len(program), r.Stdout, r.Stderr, r.ExitCode, want)
	}
}

// together runs more commands at a time than the session has shells, and more than a
// shell serves.
func together(t *testing.T, s connectors.Session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), peerWait)
	defer cancel()
	var all sync.WaitGroup
	for i := range 2*mostUses + 4 {
		all.Go(func() {
			r, err := s.Run(ctx, connectors.Command{Line: fmt.Sprintf("seq 1 %d; exit %d", 100*i, i)})
			if err != nil || string(r.Stdout) != numbers(100*i) || r.ExitCode != i {
				t.Errorf("command %d: %d bytes, exit %d, %v", i, len(r.Stdout), r.ExitCode, err)
			}
		})
	}
	all.Wait()
}

// given gives a command up, which ends its processes there; the session lives.
func given(t *testing.T, there *peer, s connectors.Session) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mark := filepath.Join(t.TempDir(), "mark")
	over := make(chan error, 1)
	go func() {
		_, err := s.Run(ctx, connectors.Command{Line: "sleep 600 & echo $$ >" + mark + "; sleep 600"})
		over <- err
	}()
	pid := begun(t, mark)
	cancel()
	if err := <-over; err == nil || connectors.CodeOf(err) != connectors.CodeInterrupted {
		t.Errorf("a command that was given up: %v", err)
	}
	// It says so when nobody holds the outputs any more, neither sh nor what it began.
	h := there.await("to end the command", func(h happened) bool { return h.Event == "end" && h.PID == pid })
	if h.Status != -int(syscall.SIGKILL) {
		t.Errorf("the command ended with %d", h.Status)
	}
	if r := ran(t, s, connectors.Command{Line: "echo after"}); string(r.Stdout) != "after\n" {
		t.Errorf("after a command that was given up: %q", r.Stdout)
	}
}

// begun waits until a command has written its process id into a file.
func begun(t *testing.T, mark string) int {
	t.Helper()
	limit, cancel := context.WithTimeout(t.Context(), peerWait)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(mark); err == nil && strings.HasSuffix(string(b), "\n") {
			pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
		select {
		case <-tick.C:
		case <-limit.Done():
			t.Fatal("the command does not begin")
		}
	}
}

// refused is not let in: with another password, and where another certificate is
// pinned, without a login.
func refused(t *testing.T, there *peer, target connectors.Target) {
	t.Helper()
	before := there.count("401")
	wrong := target
	wrong.Auth.Password = &connectortest.Secret{Name: "cred:win", Value: "incorrect horse"}
	_, err := New(peerConfig()).Dial(t.Context(), wrong)
	fails(t, err, connectors.CodeAuth, "refuses the login of "+peerUser)
	t.Logf("another password: %v", err)
	n := 0
	there.await("to refuse it", func(h happened) bool {
		if h.Event == "401" {
			n++
		}
		return n > before
	})
	if !target.WinRM.HTTPS {
		return
	}
	seen := len(there.list())
	wrong = target
	wrong.WinRM.Fingerprint = strings.Repeat("5", 64)
	_, err = New(peerConfig()).Dial(t.Context(), wrong)
	fails(t, err, connectors.CodeHostKey, "is not the host that is pinned")
	t.Logf("another fingerprint: %v", err)
	for _, h := range there.list()[seen:] {
		if h.Event == "401" || h.Event == "login" {
			t.Errorf("a login was tried: %+v", h)
		}
	}
}

// restarted ends the service while a command runs: that one is lost, and is not run
// again. A session whose shell is gone makes another one.
func restarted(t *testing.T, there *peer) {
	t.Helper()
	target := there.target(connectors.WinRMNTLM, false)
	idle, s := dialed(t, peerConfig(), target), dialed(t, peerConfig(), target)
	mark := filepath.Join(t.TempDir(), "mark")
	over := make(chan error, 1)
	go func() {
		_, err := s.Run(t.Context(), connectors.Command{Line: "echo $$ >>" + mark + "; sleep 600"})
		over <- err
	}()
	pid := begun(t, mark)
	there.stop()
	there.start()
	err := <-over
	fails(t, err, connectors.CodeLost, "")
	t.Logf("the service went away: %v", err)
	// A connection that was used a moment ago is believed: let time pass.
	ran(t, dialed(t, peerConfig(), target), connectors.Command{Line: "sleep 1.2"})
	if r := ran(t, idle, connectors.Command{Line: "echo again"}); string(r.Stdout) != "again\n" {
		t.Errorf("after a restart: %q", r.Stdout)
	}
	if again := begun(t, mark); again != pid {
		t.Errorf("the command ran again, as %d", again)
	}
}

// named logs in with a name and a password that are not ASCII: NTLM makes the name
// upper case and both UTF-16. (The file of users of gss-ntlmssp has no colon in a
// password.)
func named(t *testing.T, ntlm string) {
	t.Helper()
	const user, password = `CORP\jürgen`, "Grüße, 日本語 😀"
	there := serve(t, "LOGIN="+ntlm, "PEER_USER="+user, "PEER_PASSWORD="+password)
	for _, target := range []connectors.Target{
		there.target(connectors.WinRMNTLM, false), there.target(connectors.WinRMNTLM, true), there.target(connectors.WinRMBasic, true),
	} {
		target.User, target.Auth.Password = user, &connectortest.Secret{Name: "cred:win", Value: password}
		if r := ran(t, dialed(t, peerConfig(), target), connectors.Command{Line: "echo in"}); string(r.Stdout) != "in\n" {
			t.Errorf("%s: %q", target.WinRM.Auth, r.Stdout)
		}
	}
}

// A service that looks at channel bindings (gss-ntlmssp does) lets nobody in who
// was bound to another certificate: the login is really bound.
func TestBindings(t *testing.T) {
	noLeaks(t)
	there := serve(t, "LOGIN=gss", "BINDINGS=other")
	_, err := New(peerConfig()).Dial(t.Context(), there.target(connectors.WinRMNTLM, true))
	fails(t, err, connectors.CodeAuth, "refuses the login")
	h := there.await("to refuse the login", func(h happened) bool { return h.Event == "refused" })
	t.Logf("bound to another certificate: %s", h.Why)
}
