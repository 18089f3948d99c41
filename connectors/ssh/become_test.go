package ssh_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/fakebecome"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

const sudoPassword = "s3cret pass $(id) 'x"

// becomeCase is one machine and what is to come of a command on it.
type becomeCase struct {
	name   string
	method connectors.BecomeMethod
	mode   string
	// password is what we know; "" for none. accepts is what the machine takes.
	password string
	// code is the error, "" if the command runs. message is a part of it.
	code    connectors.Code
	message string
	// tries and calls are of the first command; again are the calls of a second.
	tries, calls, again int
}

var becomeCases = []becomeCase{
	{name: "no password needed", method: "sudo", mode: "nopasswd", calls: 1, again: 1},
	{name: "no password needed, one known", method: "sudo", mode: "nopasswd", password: "right", calls: 1, again: 1},
	{name: "noise on standard error", method: "sudo", mode: "noise", calls: 1, again: 1},
	{name: "password", method: "sudo", mode: "password", password: "right", tries: 1, calls: 2, again: 1},
	{name: "password after a lecture", method: "sudo", mode: "lecture", password: "right", tries: 1, calls: 2, again: 1},
	{name: "password in German", method: "sudo", mode: "german", password: "right", tries: 1, calls: 2, again: 1},
	{name: "no password known", method: "sudo", mode: "password", code: "sudo", message: "wants a password", calls: 1, again: 1},
	{name: "wrong password", method: "sudo", mode: "password", password: "wrong", code: "sudo", message: "did not accept the password", tries: 1, calls: 2},
	{name: "not in sudoers", method: "sudo", mode: "notinsudoers", password: "right", code: "sudo", message: "does not let", tries: 1, calls: 2},
	{name: "restricted", method: "sudo", mode: "restricted", password: "right", code: "sudo", message: "does not let", calls: 1},
	{name: "requiretty", method: "sudo", mode: "requiretty", password: "right", code: "sudo", message: "wants a terminal", calls: 1},
	{name: "not setuid", method: "sudo", mode: "setuid", code: "sudo", message: "does not work", calls: 1},
	{name: "not installed", method: "sudo", mode: "missing", password: "right", code: "sudo", message: "not installed", calls: 1},
	{name: "another question", method: "sudo", mode: "otherprompt", password: "right", code: "sudo", message: "neither asked", calls: 2},
	{name: "a ticket that ends", method: "sudo", mode: "once", password: "right", calls: 1, again: 2},
	{name: "no prompt in the end", method: "sudo", mode: "late", password: "right", calls: 2, again: 1},
	{name: "doas", method: "doas", mode: "nopasswd", calls: 1, again: 1},
	{name: "doas wants a password", method: "doas", mode: "password", code: "sudo", message: "wants a password", calls: 1, again: 1},
	{name: "doas refuses", method: "doas", mode: "refuse", code: "sudo", message: "does not let", calls: 1},
	{name: "su", method: "su", mode: "password", password: "right", tries: 1, calls: 1, again: 1},
	{name: "su in German", method: "su", mode: "german", password: "right", tries: 1, calls: 1, again: 1},
	{name: "su asks on standard output", method: "su", mode: "stdout", password: "right", tries: 1, calls: 1, again: 1},
	{name: "su without a password", method: "su", mode: "nopasswd", password: "right", calls: 1, again: 1},
	{name: "su with a wrong password", method: "su", mode: "password", password: "wrong", code: "sudo", message: "did not accept the password", tries: 1, calls: 1},
	{name: "su, no password known", method: "su", mode: "password", code: "sudo", message: "wants a password", calls: 1},
	{name: "su refuses", method: "su", mode: "notallowed", password: "right", code: "sudo", message: "does not let", calls: 1},
	{name: "su without a prompt", method: "su", mode: "silent", password: "right", code: "sudo", message: "neither asked", calls: 1},
}

func TestBecome(t *testing.T) {
	for _, c := range becomeCases {
		for _, kind := range []string{"script", "line"} {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				testBecome(t, c, kind)
			})
		}
	}
}

// elevated is a session on a machine with fake programs.
func elevated(t *testing.T, method connectors.BecomeMethod, mode string, secret *connectortest.Secret, wait time.Duration) (connectors.Session, fakebecome.Dir, *sshserver.Server) {
	t.Helper()
	fake := fakebecome.New(t, mode, strings.ReplaceAll(sudoPassword, "'", `'\''`))
	path, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Path: fake.Path})
	d := ssh.New(ssh.Config{PromptWait: wait})
	target := targetOf(server, path)
	target.Become = connectors.Become{Method: method, User: "admin"}
	if secret != nil {
		target.Become.Password = secret
	}
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		closeDialer(t, d)
	})
	return s, fake, server
}

func testBecome(t *testing.T, c becomeCase, kind string) {
	var secret *connectortest.Secret
	switch c.password {
	case "right":
		secret = &connectortest.Secret{Name: "cred:sudo", Value: sudoPassword}
	case "wrong":
		secret = &connectortest.Secret{Name: "cred:sudo", Value: "wr0ng-canary"}
	}
	wait := 20 * time.Second
	if c.message == "neither asked" {
		wait = time.Second
	}
	s, fake, server := elevated(t, c.method, c.mode, secret, wait)
	runs := filepath.Join(t.TempDir(), "runs")
	text := "echo ran >>" + runs + "; echo out $FAKE_USER; echo err >&2; exit 3"
	command := connectors.Command{Script: []byte(text), Become: true}
	if kind == "line" {
		command = connectors.Command{Line: text, Become: true}
	}
	first := checkBecome(t, s, command, c)
	if got := fake.Tries(); got != c.tries {
		t.Errorf("%d passwords were read, want %d", got, c.tries)
	}
	if got := fake.Calls(); got != c.calls {
		t.Errorf("the program was called %d times, want %d:\n%s", got, c.calls, fake.Log())
	}
	checkBecome(t, s, command, c)
	if got := fake.Calls() - c.calls; got != c.again {
		t.Errorf("the second command called the program %d times, want %d", got, c.again)
	}
	want := "ran\nran\n"
	if c.code != "" {
		want = ""
	}
	if got := readFile(t, runs); got != want {
		t.Errorf("the command ran: %q, want %q", got, want)
	}
	noCanary(t, fake.Log()+strings.Join(server.Lines(), "\n")+first)
}

// checkBecome runs a command and returns everything that came back.
func checkBecome(t *testing.T, s connectors.Session, command connectors.Command, c becomeCase) string {
	t.Helper()
	r, err := s.Run(t.Context(), command)
	if got := connectors.CodeOf(err); got != c.code {
		t.Fatalf("the error is %v (code %q), want code %q", err, got, c.code)
	}
	all := string(r.Stdout) + string(r.Stderr)
	if err != nil {
		all += err.Error()
		if !strings.Contains(err.Error(), c.message) {
			t.Errorf("the error is %q, want %q in it", err, c.message)
		}
	} else if r.ExitCode != 3 || string(r.Stdout) != "out admin\n" || !strings.HasSuffix(string(r.Stderr), "err\n") {
		t.Errorf("got exit %d, %q, %q", r.ExitCode, r.Stdout, r.Stderr)
	}
	if strings.Contains(all, "[patchwave ") || strings.Contains(all, "@@") {
		t.Errorf("a mark is left: %q", all)
	}
	return all
}

// noCanary checks that no password is in a text.
func noCanary(t *testing.T, text string) {
	t.Helper()
	for _, canary := range []string{"s3cret", "wr0ng"} {
		if strings.Contains(text, canary) {
			t.Errorf("the password is in %q", text)
		}
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

func TestWrongPasswordIsSentOnceHoweverManyRun(t *testing.T) {
	s, fake, _ := elevated(t, "sudo", "password", &connectortest.Secret{Name: "cred:sudo", Value: "wr0ng"}, 0)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			_, err := s.Run(t.Context(), connectors.Command{Script: []byte("true"), Become: true})
			if connectors.CodeOf(err) != connectors.CodeSudo {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if n := fake.Tries(); n != 1 {
		t.Errorf("%d passwords were sent, want 1", n)
	}
}

func TestRightPasswordServesManyAtOnce(t *testing.T) {
	s, _, _ := elevated(t, "sudo", "password", &connectortest.Secret{Name: "cred:sudo", Value: sudoPassword}, 0)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			r, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 0.1; echo hi"), Become: true})
			if err != nil || string(r.Stdout) != "hi\n" {
				t.Errorf("got %q %v", r.Stdout, err)
			}
		})
	}
	all.Wait()
}

func TestRootNeedsNoSudo(t *testing.T) {
	fake := fakebecome.New(t, "missing", "x")
	path, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Path: fake.Path})
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	target := targetOf(server, path)
	target.User, target.Become = "root", connectors.Become{Method: connectors.BecomeSudo}
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // never fails
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("echo hi"), Become: true})
	if err != nil || string(r.Stdout) != "hi\n" || fake.Calls() != 0 {
		t.Errorf("got %q %v", r.Stdout, err)
	}
}

func TestMarksDoNotCountAsOutput(t *testing.T) {
	s, fake, _ := elevated(t, "sudo", "nopasswd", nil, 0)
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("printf 1234567890"), Become: true, MaxOutput: 4})
	if err != nil || string(r.Stdout) != "1234" || !r.Truncated || fake.Calls() != 1 {
		t.Errorf("got %q, truncated %v, %d calls, %v", r.Stdout, r.Truncated, fake.Calls(), err)
	}
}

func TestUnreadablePasswordIsNotSent(t *testing.T) {
	s, fake, _ := elevated(t, "sudo", "password", &connectortest.Secret{Name: "cred:sudo", Err: os.ErrPermission}, 0)
	_, err := s.Run(t.Context(), connectors.Command{Script: []byte("true"), Become: true})
	if connectors.CodeOf(err) != connectors.CodeSudo || !strings.Contains(err.Error(), "cred:sudo") || fake.Tries() != 0 {
		t.Errorf("got %v, %d tries", err, fake.Tries())
	}
}
