package winrm

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"patchwave/connectors"
)

// A shell that is gone, or worn out, is replaced before a command begins.
func TestShellIsReplaced(t *testing.T) {
	for name, reply := range map[string]string{
		"gone":     fakeFault(2150858843, "w:InvalidSelectors"),
		"registry": fakeFault(2147943418, "w:InternalError"),
		"quota":    fakeQuota(2150859174),
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			var once atomic.Bool
			f := &fake{scheme: "ntlm"}
			f.before = func(action string, _ []byte) (int, string) {
				if action == "Command" && once.CompareAndSwap(false, true) {
					return 500, reply
				}
				return 0, ""
			}
			f.start(t, false)
			cfg := hasty()
			cfg.Commands = 1
			s := dialed(t, cfg, f.target())
			if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
				t.Errorf("run: %v", err)
			}
			if n := f.created.Load(); n != 2 || f.left() != 1 {
				t.Errorf("%d shells were made, %d are left", n, f.left())
			}
		})
	}
}

func TestShellIsRecycled(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	cfg := hasty()
	cfg.Commands = 1
	s := dialed(t, cfg, f.target())
	for range 2*mostUses + 1 {
		if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
			t.Fatalf("run: %v", err)
		}
	}
	if n := f.created.Load(); n != 3 || f.left() != 1 {
		t.Errorf("%d shells were made, %d are left, want 3 and 1", n, f.left())
	}
	if n := f.handshakes.Load(); n != 2 {
		t.Errorf("it logged in %d times, want once for each of two connections", n)
	}
	_ = s.Close() // closed again, and checked, by dialed
	if f.left() != 0 {
		t.Errorf("%d shells are left", f.left())
	}
}

// A command that is given up is terminated, and its shell deleted.
func TestCancelEndsTheCommand(t *testing.T) {
	noLeaks(t)
	ended := make(chan struct{})
	f := &fake{scheme: "ntlm"}
	f.run = func(ctx context.Context, _ string, _ io.Reader, stdout, _ io.Writer) int {
		_, _ = io.WriteString(stdout, "begun")
		<-ctx.Done()
		close(ended)
		return 1
	}
	f.start(t, false)
	s := dialed(t, Config{}, f.target())
	ctx, cancel := context.WithCancel(t.Context())
	var begun sync.Once
	f.mu.Lock()
	f.before = func(action string, _ []byte) (int, string) {
		if action == "Receive" && f.count("Receive") == 2 { // the first one has the output
			begun.Do(cancel)
		}
		return 0, ""
	}
	f.mu.Unlock()
	r, err := s.Run(ctx, connectors.Command{Line: "x"})
	fails(t, err, connectors.CodeInterrupted, "")
	if string(r.Stdout) != "begun" {
		t.Errorf("got %q", r.Stdout)
	}
	<-ended
	if err := s.Close(); err != nil || f.left() != 0 || f.count("Signal") == 0 {
		t.Errorf("close: %v, %d shells left, %d signals", err, f.left(), f.count("Signal"))
	}
}

// A host that is busy with earlier input is offered it three times; one that says
// that it took long has it.
func TestSend(t *testing.T) {
	for _, c := range []struct {
		name         string
		reply        string
		times, sends int64
		code         connectors.Code
	}{
		{"busy twice", fakeFault(170, "w:InternalError"), 2, 3, ""},
		{"busy", fakeFault(170, "w:InternalError"), 100, 3, connectors.CodeLost},
		{"slow", fakeFault(2150858793, "w:TimedOut"), 1, 1, ""},
		{"nobody reads", fakeFault(109, "w:InternalError"), 1, 1, ""},
		{"too large", fakeFault(2150858823, "w:EncodingLimit"), 1, 1, connectors.CodeUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			noLeaks(t)
			var sends atomic.Int64
			release := make(chan struct{})
			f := &fake{scheme: "ntlm"}
			f.run = func(ctx context.Context, _ string, _ io.Reader, _, _ io.Writer) int {
				select {
				case <-release:
				case <-ctx.Done():
				}
				return 0
			}
			f.before = func(action string, _ []byte) (int, string) {
				if action != "Send" {
					return 0, ""
				}
				if n := sends.Add(1); n == c.sends && c.code == "" {
					defer close(release)
				}
				if sends.Load() <= c.times {
					return 500, c.reply
				}
				return 0, ""
			}
			f.start(t, false)
			_, err := dialed(t, testConfig(), f.target()).Run(t.Context(), connectors.Command{Line: "x"})
			if connectors.CodeOf(err) != c.code || sends.Load() != c.sends {
				t.Errorf("got %v after %d requests, want code %q after %d", err, sends.Load(), c.code, c.sends)
			}
		})
	}
}
