package winrm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/sim/wsman"
)

// hostOnly is set where this program is the host and no test: what it holds is not
// ours.
const hostOnly = "PATCHWAVE_TEST_HOST"

func TestMain(m *testing.M) {
	if os.Getenv(hostOnly) != "" {
		if err := host(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// where is what the host says first, and at the end.
type where struct {
	Address           string
	Port              int
	Plain, LiveShells int
}

// host is a machine on which a command echoes its input. It ends with its own.
func host() error {
	s, err := wsman.Start(wsman.Options{Users: map[string]string{"admin": "correct horse"},
		Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
			if _, err := io.Copy(c.Stdout, c.Stdin); err != nil {
				return 1
			}
			return 0
		})})
	if err != nil {
		return err
	}
	defer s.Close()
	say := json.NewEncoder(os.Stdout)
	var w where
	w.Address, w.Port = s.Addr()
	if err := say.Encode(w); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	c := s.Counters()
	w.Plain, w.LiveShells = int(c.Plain), c.LiveShells
	return say.Encode(w)
}

// Twenty sessions to one host at the same moment, each with a script of 40 to 80 KB and
// its echo, hold no more than one that is hostile.
func TestManyClientsOfOneHost(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env, cmd.Stderr = append(os.Environ(), hostOnly+"=1"), os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := json.NewDecoder(stdout)
	var w where
	if err := said.Decode(&w); err != nil {
		t.Fatal(err)
	}
	t.Run("at once", func(t *testing.T) { manyClients(t, w) })
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := said.Decode(&w); err != nil || w.Plain > 0 || w.LiveShells > 0 {
		t.Errorf("%d messages were not encrypted, %d shells are left, %v", w.Plain, w.LiveShells, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the host: %v", err)
	}
}

func manyClients(t *testing.T, w where) {
	t.Helper()
	noLeaks(t)
	target := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: w.Address, Port: w.Port, User: "admin",
		Auth:  connectors.Auth{Password: &connectortest.Secret{Name: "cred:win", Value: "correct horse"}},
		WinRM: connectors.WinRM{Auth: connectors.WinRMNTLM}, Retry: connectors.Retry{Attempts: 1}}
	d := New(Config{})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			s, err := d.Dial(t.Context(), target)
			if err != nil {
				t.Errorf("client %d: %v", i, err)
				return
			}
			script := strings.Repeat(fmt.Sprint(i), 40_000)
			r, err := s.Run(t.Context(), connectors.Command{Script: []byte(script)})
			if err != nil || string(r.Stdout) != string(inputLines([]byte(script))) {
				t.Errorf("client %d: %d bytes, %v", i, len(r.Stdout), err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("client %d: close: %v", i, err)
			}
		})
	}
	all.Wait()
}
