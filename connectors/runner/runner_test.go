package runner

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/become"
)

// machine is a Starter whose commands are functions.
type machine struct {
	run func(p *fakeProcess) Exit

	mu    sync.Mutex
	lines []string
}

// fakeProcess is one command. Its input arrives line by line.
type fakeProcess struct {
	line   string
	out    *Stream
	err    *Stream
	exit   chan Exit
	abort  chan struct{}
	once   sync.Once
	mu     sync.Mutex
	input  []byte
	eof    bool
	signal chan struct{}
}

func (m *machine) Start(ctx context.Context, line string, stdout, stderr *Stream) (Process, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	m.mu.Lock()
	m.lines = append(m.lines, line)
	m.mu.Unlock()
	p := &fakeProcess{line: line, out: stdout, err: stderr, exit: make(chan Exit, 1), abort: make(chan struct{}), signal: make(chan struct{}, 1)}
	go func() { p.exit <- m.run(p) }()
	return p, nil
}

func (p *fakeProcess) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.input = append(p.input, b...)
	p.wake()
	return len(b), nil
}

func (p *fakeProcess) wake() {
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

func (p *fakeProcess) CloseWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eof = true
	p.wake()
	return nil
}

func (p *fakeProcess) Abort() { p.once.Do(func() { close(p.abort) }) }

func (p *fakeProcess) Wait() (Exit, error) {
	select {
	case e := <-p.exit:
		return e, nil
	case <-p.abort:
		return Exit{}, connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "web1", "given up")
	}
}

// readLine returns the next line of the input, and everything at its end.
func (p *fakeProcess) readLine() (string, bool) {
	for {
		p.mu.Lock()
		line, rest, ok := strings.Cut(string(p.input), "\n")
		if ok {
			p.input = []byte(rest)
		}
		eof := p.eof
		p.mu.Unlock()
		if ok {
			return line, true
		}
		if eof {
			return "", false
		}
		select {
		case <-p.signal:
		case <-p.abort:
			return "", false
		}
	}
}

func (p *fakeProcess) readAll() string {
	var b strings.Builder
	for {
		line, ok := p.readLine()
		if !ok {
			return b.String()
		}
		b.WriteString(line + "\n")
	}
}

func (p *fakeProcess) print(s *Stream, text string) { _, _ = s.Write([]byte(text)) } // never fails

func newRunner(m *machine, b connectors.Become) *Runner {
	return New(m, Options{Host: "web1", Login: "patch", Become: b})
}

var sudo = connectors.Become{Method: connectors.BecomeSudo}

func script(text string) connectors.Command {
	return connectors.Command{Script: []byte(text), Become: true}
}

func wantCode(t *testing.T, err error, code connectors.Code) {
	t.Helper()
	if got := connectors.CodeOf(err); got != code {
		t.Errorf("got %v, want code %q", err, code)
	}
}

func TestAScriptThatFailsIsNotRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{run: func(p *fakeProcess) Exit {
			mark, rest := become.TakeStart([]byte(p.readAll()))
			if mark == "" || string(rest) != "work\n" {
				t.Errorf("mark %q, script %q", mark, rest)
			}
			p.print(p.out, mark+"\n")
			p.print(p.err, "sudo: a password is required\n") // a lie of the script
			return Exit{Code: 1}
		}}
		b := sudo
		b.Password = &secret{}
		r, err := newRunner(m, b).Run(t.Context(), script("work\n"))
		if err != nil || r.ExitCode != 1 || len(r.Stdout) != 0 || len(m.lines) != 1 {
			t.Errorf("got %+v %v, lines %q", r, err, m.lines)
		}
	})
}

func TestAMarkAfterNoiseAndInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{run: func(p *fakeProcess) Exit {
			mark, _ := become.TakeStart([]byte(p.readAll()))
			p.print(p.out, "profile says hi\n"+mark[:5])
			p.print(p.out, mark[5:]+"\nresult\n")
			return Exit{Code: 9}
		}}
		c := script("work")
		c.MaxOutput = 3
		r, err := newRunner(m, sudo).Run(t.Context(), c)
		if err != nil || r.ExitCode != 9 || string(r.Stdout) != "pro" || !r.Truncated || len(m.lines) != 1 {
			t.Errorf("got %+v %v, lines %q", r, err, m.lines)
		}
	})
}

// TestALoginShellThatLetsNobodyIn: nologin says so on standard output.
func TestALoginShellThatLetsNobodyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{run: func(p *fakeProcess) Exit {
			p.print(p.out, "This account is currently not available.\n")
			return Exit{Code: 1}
		}}
		_, err := newRunner(m, sudo).Run(t.Context(), script("work\n"))
		wantCode(t, err, connectors.CodeSudo)
		if err == nil || !strings.Contains(err.Error(), "not available") {
			t.Errorf("got %v", err)
		}
	})
}

func TestALostConnectionIsNotARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := &machine{run: func(p *fakeProcess) Exit { p.Abort(); return Exit{} }}
		b := sudo
		b.Password = &secret{}
		_, err := newRunner(lost, b).Run(t.Context(), script("work"))
		if connectors.CodeOf(err) == connectors.CodeSudo {
			t.Errorf("got %v", err)
		}
	})
}

// secret is a password.
type secret struct{ given []byte }

func (s *secret) Reveal(context.Context) ([]byte, error) {
	s.given = []byte("canary")
	return s.given, nil
}
func (s *secret) Ref() string { return "cred:sudo" }

func TestThePasswordIsWipedAndComesOnlyAfterThePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &secret{}
		m := &machine{run: func(p *fakeProcess) Exit {
			if strings.HasPrefix(p.line, "sudo -n ") {
				p.print(p.err, "sudo: a password is required\n")
				return Exit{Code: 1}
			}
			return askThenRun(t, p)
		}}
		b := sudo
		b.Password = s
		r, err := newRunner(m, b).Run(t.Context(), script("work\n"))
		if err != nil || string(r.Stdout) != "ran work\n" || string(r.Stderr) != "lecture\n" {
			t.Errorf("got %q %q %v", r.Stdout, r.Stderr, err)
		}
		if strings.Trim(string(s.given), "\x00") != "" {
			t.Errorf("the password is still there: %q", s.given)
		}
		if strings.Contains(strings.Join(m.lines, "\n"), "canary") {
			t.Errorf("the password is in %q", m.lines)
		}
	})
}

// askThenRun is a sudo that takes its time.
func askThenRun(t *testing.T, p *fakeProcess) Exit {
	_, rest, _ := strings.Cut(p.line, " -p '")
	prompt, rest, _ := strings.Cut(rest, "' -u root -- /bin/sh -c '")
	start, _, _ := strings.Cut(strings.TrimPrefix(rest, `echo "`), `"`)
	if !strings.HasSuffix(start, " START") || !strings.HasPrefix(prompt, "[patchwave ") {
		t.Errorf("the line is %q", p.line)
		return Exit{Code: 1}
	}
	p.print(p.err, "lecture\n")
	<-time.After(20 * time.Second)
	p.mu.Lock()
	early := len(p.input)
	p.mu.Unlock()
	if early > 0 {
		t.Error("something was sent before the prompt")
	}
	p.print(p.err, prompt)
	if given, _ := p.readLine(); given != "canary" {
		t.Errorf("given %q", given)
	}
	<-time.After(20 * time.Second)
	p.mu.Lock()
	early = len(p.input)
	p.mu.Unlock()
	if early > 0 {
		t.Error("something was sent between the password and the shell")
	}
	p.print(p.out, start+"\n")
	if line, _ := p.readLine(); line != strings.Replace(start, "START", "GO", 1) {
		t.Errorf("given %q", line)
	}
	p.print(p.out, "ran "+p.readAll())
	return Exit{}
}

func TestASecondPromptEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := 0
		m := &machine{run: func(p *fakeProcess) Exit {
			if strings.HasPrefix(p.line, "sudo -n ") {
				return Exit{Code: 1}
			}
			_, rest, _ := strings.Cut(p.line, " -p '")
			prompt, _, _ := strings.Cut(rest, "'")
			for {
				p.print(p.err, prompt)
				if _, ok := p.readLine(); !ok {
					return Exit{Code: 1}
				}
				given++
			}
		}}
		b := sudo
		b.Password = &secret{}
		r := newRunner(m, b)
		for range 3 {
			_, err := r.Run(t.Context(), script("work"))
			wantCode(t, err, connectors.CodeSudo)
		}
		if given != 1 {
			t.Errorf("%d passwords were given, want 1", given)
		}
	})
}

func TestEndsOfACommand(t *testing.T) {
	hang := &machine{run: func(p *fakeProcess) Exit { p.print(p.out, "before\n"); <-p.abort; return Exit{} }}
	for _, become := range []connectors.Become{{}, sudo, {Method: connectors.BecomeSu}} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			c := script("work")
			c.Timeout = 30 * time.Second
			r, err := newRunner(hang, become).Run(t.Context(), c)
			if string(r.Stdout) != "before\n" || time.Since(begin) != c.Timeout || r.Duration != c.Timeout || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v: got %q after %s: %v", become.Method, r.Stdout, time.Since(begin), err)
			}
			wantCode(t, err, connectors.CodeTimeout)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, err := newRunner(hang, connectors.Become{}).Run(t.Context(), connectors.Command{Script: []byte("x")})
		if time.Since(begin) != connectors.DefaultCommandTimeout {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		wantCode(t, err, connectors.CodeTimeout)
	})
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		_, err := newRunner(hang, connectors.Become{}).Run(t.Context(), connectors.Command{Script: []byte("x"), Idle: time.Minute})
		if time.Since(begin) != time.Minute {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		wantCode(t, err, connectors.CodeTimeout)
	})
}

func TestAStarterThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(stuck{}, Options{Host: "web1"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := r.Run(ctx, connectors.Command{Script: []byte("x")})
		if time.Since(begin) != time.Second {
			t.Errorf("after %s", time.Since(begin))
		}
		wantCode(t, err, connectors.CodeTimeout)
		<-time.After(2 * time.Hour) // it ends by itself
	})
}

// stuck starts nothing, and answers only long after it was given up.
type stuck struct{}

func (stuck) Start(ctx context.Context, _ string, _, _ *Stream) (Process, error) {
	<-ctx.Done()
	<-time.After(time.Hour)
	return nil, ctx.Err()
}

// Whatever the connection does or does not do, Run returns at the moment at which its
// time is over: each connector runs its commands by this and adds nothing to it, so the
// two seconds that Session.Run promises hold for all of them, on any computer.
func TestAProcessThatHangs(t *testing.T) {
	for _, become := range []connectors.Become{{}, sudo, {Method: connectors.BecomeSu}} {
		for _, c := range []connectors.Command{
			{Script: []byte("x"), Timeout: 3 * time.Second},
			{Script: []byte("x"), Idle: 3 * time.Second},
			{Script: []byte("x"), Become: true, Timeout: 3 * time.Second},
			{Script: []byte("x"), Become: true},
		} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				begin := time.Now()
				_, err := New(deaf{}, Options{Host: "web1", Login: "u", Become: become}).Run(ctx, c)
				if time.Since(begin) != 3*time.Second {
					t.Errorf("%v, %+v: after %s", become.Method, c, time.Since(begin))
				}
				wantCode(t, err, connectors.CodeTimeout)
				<-time.After(2 * time.Hour) // what hangs ends by itself
			})
		}
	}
}

// deaf starts processes that do nothing that they are asked to, for an hour.
type deaf struct{}

func (deaf) Start(context.Context, string, *Stream, *Stream) (Process, error) { return deaf{}, nil }

func (deaf) Write(b []byte) (int, error) { <-time.After(time.Hour); return len(b), nil }
func (deaf) CloseWrite() error           { <-time.After(time.Hour); return nil }
func (deaf) Abort()                      { <-time.After(time.Hour) }
func (deaf) Wait() (Exit, error)         { <-time.After(time.Hour); return Exit{}, nil }

func TestSignaled(t *testing.T) {
	for name, want := range map[string]Exit{"KILL": {137, "KILL"}, "SIGTERM": {143, "TERM"}, "PIPE": {141, "PIPE"}, "x\x1b[31m": {128, "UNKNOWN"}, "": {128, "UNKNOWN"}} {
		if got := Signaled(name); got != want {
			t.Errorf("Signaled(%q) = %v, want %v", name, got, want)
		}
	}
}
