package ssh_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/fakebecome"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// watcher looks at the arguments and the environment of every process that it
// may look at, again and again.
type watcher struct {
	words [][]byte
	stop  chan struct{}
	work  sync.WaitGroup

	looks atomic.Int64

	processes int
	found     []string
}

// watch looks for words, also in base64 and in hexadecimal.
func watch(words ...string) *watcher {
	w := &watcher{stop: make(chan struct{})}
	for _, word := range words {
		w.words = append(w.words, []byte(word), []byte(base64.StdEncoding.EncodeToString([]byte(word))), []byte(hex.EncodeToString([]byte(word))))
	}
	w.work.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			w.look()
			select {
			case <-tick.C:
			case <-w.stop:
				return
			}
		}
	})
	return w
}

func (w *watcher) look() {
	w.looks.Add(1)
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			continue // the pattern is right
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				continue // it has ended, or is not ours
			}
			w.processes++
			for _, word := range w.words {
				if bytes.Contains(text, word) {
					w.found = append(w.found, f+": "+string(text))
				}
			}
		}
	}
}

func (w *watcher) end() {
	close(w.stop)
	w.work.Wait()
}

func TestSecretsAreInNoProcessList(t *testing.T) {
	const loginPassword, becomePassword, scriptSecret = "login-canary-9Xk2", "become-canary-7Qz4", "script-canary-3Vn8"
	fake := fakebecome.New(t, "lecture", becomePassword)
	_, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Path: fake.Path, Password: loginPassword})
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	target := targetOf(server, "")
	target.Auth = connectors.Auth{Password: &connectortest.Secret{Name: "cred:login", Value: loginPassword}}
	target.Become = connectors.Become{Method: connectors.BecomeSudo, Password: &connectortest.Secret{Name: "cred:sudo", Value: becomePassword}}
	w := watch(loginPassword, becomePassword, scriptSecret)
	// on a busy computer a look takes long: as many rounds as it takes
	for round := 0; round < 3 || w.looks.Load() < 5; round++ {
		s, err := d.Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []connectors.Command{
			{Script: []byte("# " + scriptSecret + "\nsleep 0.05; env; for i in 1 2 3; do sleep 0.02; done"), Become: true},
			{Line: "sleep 0.05; : " + scriptSecret, Become: true},
			{Script: []byte("token='" + scriptSecret + "'; sleep 0.05; [ -n \"$token\" ]")},
		} {
			r, err := s.Run(t.Context(), c)
			if err != nil || r.ExitCode != 0 {
				t.Errorf("got exit %d, %q, %v", r.ExitCode, r.Stderr, err)
			}
			for _, word := range w.words {
				if bytes.Contains(r.Stdout, word) || bytes.Contains(r.Stderr, word) {
					t.Errorf("a secret came back: %q %q", r.Stdout, r.Stderr)
				}
			}
		}
		_ = s.Close() // never fails
	}
	w.end()
	for _, f := range w.found {
		t.Errorf("a secret is in %q", f)
	}
	if w.looks.Load() < 5 || w.processes < 50 {
		t.Errorf("only %d looks at %d processes", w.looks.Load(), w.processes)
	}
}
