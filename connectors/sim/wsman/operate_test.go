package wsman_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim/wsman"
)

func TestShellsAndCommands(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:echo hello")
	if out, errs, code := w.finish(strings.ToLower(sh), strings.ToLower(id)); out != "hello\r\n" || errs != "" || code != 0 {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
	// Done stays until the command is terminated.
	if a := w.ask(receiveAsk(sh, id)); !a.done || a.ended != 2 {
		t.Errorf("after the end: %+v", a)
	}
	if n := w.s.Counters(); n.LiveCommands != 1 || n.Running != 0 || n.LiveShells != 1 {
		t.Errorf("%+v", n)
	}
	if a := w.ask(signalAsk(sh, id, terminate)); a.status != http.StatusOK {
		t.Errorf("terminate: %d", a.status)
	}
	if a := w.ask(receiveAsk(sh, id)); a.code != wsman.CodeNotFound || !strings.Contains(a.raw, "command identifier that does not exist") {
		t.Errorf("after terminate: %d", a.code)
	}
	if a := w.ask(deleteAsk(sh)); a.status != http.StatusOK {
		t.Errorf("delete: %d", a.status)
	}
	n := w.s.Counters()
	if n.LiveShells+n.LiveCommands+n.Running != 0 || n.Creates != 1 || n.Commands != 1 || n.Signals != 1 || n.Deletes != 1 || n.Plain != n.Requests {
		t.Errorf("%+v", n)
	}
}

func TestShellIsAsAsked(t *testing.T) {
	got := make(chan wsman.Command, 1)
	w := open(t, wsman.Options{Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 { got <- c; return 0 })})
	a := createAsk()
	a.options = `<m:Option Name="WINRS_NOPROFILE">TRUE</m:Option><m:Option Name="WINRS_CODEPAGE">65001</m:Option>`
	a.body = strings.Replace(a.body, "</sh:Shell>", `<sh:WorkingDirectory>C:\x</sh:WorkingDirectory><sh:IdleTimeOut>PT60S</sh:IdleTimeOut>`+
		`<sh:Environment><sh:Variable Name="A">1 &amp; 2</sh:Variable><sh:Variable Name="B"></sh:Variable></sh:Environment></sh:Shell>`, 1)
	made := w.ask(a)
	if !strings.Contains(made.raw, "<rsp:IdleTimeOut>PT60.000S</rsp:IdleTimeOut>") || !strings.Contains(made.raw, "<rsp:Owner>admin</rsp:Owner>") {
		t.Errorf("%s", made.raw)
	}
	c := commandAsk(made.shell, "cmd.exe")
	c.body = `<sh:CommandLine CommandId="ab-1"><sh:Command>cmd.exe</sh:Command><sh:Arguments>/c</sh:Arguments><sh:Arguments>dir &lt;x&gt;</sh:Arguments></sh:CommandLine>`
	c.options = `<m:Option Name="WINRS_CONSOLEMODE_STDIN">FALSE</m:Option><m:Option Name="WINRS_SKIP_CMD_SHELL">TRUE</m:Option>`
	if id := w.ask(c).command; id != "AB-1" {
		t.Errorf("id %q", id)
	}
	cmd := <-got
	if cmd.Line != "cmd.exe /c dir <x>" || cmd.Program != "cmd.exe" || !slices.Equal(cmd.Arguments, []string{"/c", "dir <x>"}) || cmd.ConsoleStdin || !cmd.SkipCmdShell {
		t.Errorf("%+v", cmd)
	}
	if sh := cmd.Shell; sh.ID != made.shell || sh.User != user || sh.WorkingDirectory != `C:\x` || sh.CodePage != "65001" || !sh.NoProfile ||
		len(sh.Environment) != 2 || sh.Environment["A"] != "1 & 2" {
		t.Errorf("%+v", sh)
	}
	if again := w.ask(c); again.code != wsman.CodeSchema {
		t.Errorf("the same id twice: %d", again.code)
	}
}

func TestStreamsKeepTheirOrder(t *testing.T) {
	gate := make(chan struct{})
	w := open(t, wsman.Options{Chunk: 4, Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
		for _, s := range []struct {
			to   io.Writer
			text string
		}{{c.Stdout, "a\u20acb\u20ac"}, {c.Stderr, "err"}, {c.Stdout, "c"}} {
			if _, err := io.WriteString(s.to, s.text); err != nil {
				return 1
			}
		}
		<-gate
		return 7
	})})
	sh := w.shell()
	id := w.command(sh, "x")
	var streams []string
	for len(streams) < 4 {
		a := w.ask(receiveAsk(sh, id))
		if a.done || a.status != http.StatusOK {
			t.Fatalf("%+v", a)
		}
		streams = append(streams, a.streams...)
	}
	// a rune can be cut in two
	if want := []string{"stdout:a\u20ac", "stdout:b\u20ac", "stderr:err", "stdout:c"}; !slices.Equal(streams, want) {
		t.Errorf("%q, want %q", streams, want)
	}
	close(gate)
	if a := w.ask(receiveAsk(sh, id)); !a.done || a.exit != 7 || a.ended != 2 || len(a.streams) != 0 {
		t.Errorf("%+v", a)
	}
}

// TestReceiveFits: an answer is no larger than the client can take, and nothing is
// lost over that.
func TestReceiveFits(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:big 3000")
	var all strings.Builder
	for {
		a := receiveAsk(sh, id)
		a.envelope = "8192"
		got := w.ask(a)
		if len(got.raw) > 8192 {
			t.Fatalf("an answer of %d bytes", len(got.raw))
		}
		all.WriteString(got.out)
		if got.done {
			break
		}
	}
	lines := strings.Split(strings.TrimSuffix(all.String(), "\n"), "\n")
	for i, line := range lines {
		if n, err := strconv.Atoi(line); err != nil || n != i {
			t.Fatalf("line %d: %q", i, line)
		}
	}
	if len(lines) != 3000 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestLongPoll(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:hang")
	if a := w.ask(receiveAsk(sh, id)); a.out != "hanging\r\n" || a.done {
		t.Fatalf("%+v", a)
	}
	quick := receiveAsk(sh, id)
	quick.timeout = "PT0.010S"
	if a := w.ask(quick); a.status != 500 || a.code != wsman.CodeTimedOut || a.side != "s:Receiver" || a.subcode != "w:TimedOut" {
		t.Errorf("%+v", a)
	}
	// ctrl-c ends it; what it has said until then can be received
	if a := w.ask(signalAsk(sh, id, shellURI+"/signal/ctrl_c")); a.status != http.StatusOK {
		t.Errorf("ctrl-c: %d", a.status)
	}
	if _, _, code := w.finish(sh, id); code != 0xC000013A {
		t.Errorf("code %#x", code)
	}
}

// TestPatience: a client does not get more time than the server has.
func TestPatience(t *testing.T) {
	w := open(t, wsman.Options{MaxTimeout: 10 * time.Millisecond})
	sh := w.shell()
	id := w.command(sh, "do:hang")
	for a := (&answer{}); a.code != wsman.CodeTimedOut; {
		ask := receiveAsk(sh, id)
		ask.timeout = "P1D"
		if a = w.ask(ask); a.done || a.code != 0 && a.code != wsman.CodeTimedOut {
			t.Fatalf("%+v", a)
		}
	}
}

// TestTakenAway: who waits for a command that is terminated, deleted or asked by a
// newer Receive, is told.
func TestTakenAway(t *testing.T) {
	for what, away := range map[string]func(w *wire, sh, id string){
		"terminate": func(w *wire, sh, id string) { w.ask(signalAsk(sh, id, "Terminate")) },
		"delete":    func(w *wire, sh, _ string) { w.ask(deleteAsk(sh)) },
		"another":   func(w *wire, sh, id string) { a := receiveAsk(sh, id); a.timeout = "PT0.01S"; w.ask(a) },
	} {
		t.Run(what, func(t *testing.T) {
			w := open(t, wsman.Options{})
			sh := w.shell()
			id := w.command(sh, "do:hang")
			w.ask(receiveAsk(sh, id))
			waiting := make(chan *answer)
			other := dial(t, w.s)
			other.number = 1000
			go func() {
				a, err := other.try(t.Context(), receiveAsk(sh, id))
				if err != nil {
					a = &answer{raw: err.Error()}
				}
				waiting <- a
			}()
			eventually(t, "the other one waits", func() bool { return w.s.Counters().Waiting == 1 })
			away(w, sh, id)
			if a := <-waiting; a.code != wsman.CodeAborted {
				t.Errorf("%+v", a)
			}
			if what != "another" {
				eventually(t, "the command has ended", func() bool { n := w.s.Counters(); return n.Running == 0 && n.LiveCommands == 0 })
			}
		})
	}
}

func TestInput(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	id := w.command(sh, "do:cat")
	for _, a := range []ask{sendAsk(sh, id, "one ", false), sendAsk(sh, id, "", false), sendAsk(sh, id, "two", true)} {
		if got := w.ask(a); got.status != http.StatusOK {
			t.Fatalf("send: %d, %d", got.status, got.code)
		}
	}
	if got := w.ask(sendAsk(sh, id, "three", true)); got.code != wsman.CodePipeEnded {
		t.Errorf("after the end of the input: %d", got.code)
	}
	if out, _, code := w.finish(sh, id); out != "7 bytes: one two" || code != 0 {
		t.Errorf("%q, %d", out, code)
	}
	deaf := w.command(sh, "do:exit 0")
	w.finish(sh, deaf)
	if got := w.ask(sendAsk(sh, deaf, "x", true)); got.code != wsman.CodePipeEnded {
		t.Errorf("after the end of the command: %d", got.code)
	}
}

// TestFloodedMemory: a command that never stops talking waits for its client.
func TestFloodedMemory(t *testing.T) {
	wrote := make(chan int, 1)
	w := open(t, wsman.Options{Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
		n, block := 0, make([]byte, 10000)
		for {
			m, err := c.Stdout.Write(block)
			n += m
			if err != nil {
				wrote <- n
				return 1
			}
		}
	})})
	sh := w.shell()
	id := w.command(sh, "x")
	if a := w.ask(receiveAsk(sh, id)); len(a.out) == 0 || len(a.raw) > 153600 {
		t.Errorf("%d bytes", len(a.raw))
	}
	w.ask(signalAsk(sh, id, terminate))
	if n := <-wrote; n > 2<<20 {
		t.Errorf("%d bytes were taken from it", n)
	}
}

func TestIdentify(t *testing.T) {
	w := open(t, wsman.Options{Version: "10.0.26100"})
	if a := w.ask(ask{body: `<id:Identify xmlns:id="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/>`}); a.product != "OS: 10.0.26100 SP: 0.0 Stack: 3.0" {
		t.Errorf("%+v", a)
	}
}
