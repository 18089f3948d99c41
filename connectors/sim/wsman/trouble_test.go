package wsman_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim/wsman"
)

// give asks until the client gives up, which it does as soon as the server has the
// request.
func give(t *testing.T, w *wire, reads bool) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := w.s.Counters()
	failed := make(chan error, 1)
	go func() {
		_, err := w.try(ctx, createAsk())
		failed <- err
	}()
	eventually(t, "the request is there", func() bool {
		n := w.s.Counters()
		return reads && n.Requests > before.Requests || !reads && n.Connections > before.Connections
	})
	cancel()
	return <-failed
}

func TestNoAnswer(t *testing.T) {
	for what, trouble := range map[string]wsman.Trouble{
		"deaf": {Deaf: true}, "silent": {Silent: true}, "slow": {Delay: time.Hour}, "trickling": {Trickle: time.Hour},
	} {
		t.Run(what, func(t *testing.T) {
			w := open(t, wsman.Options{TLS: what == "deaf"})
			w.s.SetTrouble(trouble)
			if err := give(t, w, !trouble.Deaf); !errors.Is(err, context.Canceled) {
				t.Errorf("the client ends with %v", err)
			}
			w.s.SetTrouble(wsman.Trouble{})
			w.shell()
		})
	}
}

func TestSlowlyButSurely(t *testing.T) {
	w := open(t, wsman.Options{})
	sh := w.shell()
	w.s.SetTrouble(wsman.Trouble{Delay: time.Millisecond, Trickle: 10 * time.Microsecond})
	if a := w.ask(deleteAsk(sh)); a.status != http.StatusOK {
		t.Errorf("%+v", a)
	}
	if got := w.s.Trouble().Delay; got != time.Millisecond {
		t.Errorf("trouble %v", got)
	}
}

func TestFlood(t *testing.T) {
	w := open(t, wsman.Options{})
	w.s.SetTrouble(wsman.Trouble{Flood: 3 << 20})
	body, _ := w.xml(createAsk())
	resp, err := w.send(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil || n != 3<<20 || resp.ContentLength != n {
		t.Errorf("%d bytes, announced %d: %v", n, resp.ContentLength, err)
	}
	w.s.SetTrouble(wsman.Trouble{Flood: -1})
	if resp, err = w.send(t.Context(), body); err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, resp.Body, 8<<20); err != nil || resp.ContentLength != -1 {
		t.Errorf("%d bytes, announced %d: %v", n, resp.ContentLength, err)
	}
	resp.Body.Close()
	eventually(t, "it has stopped", func() bool { return w.s.Counters().OpenConnections == 0 })
}

func TestInTheWay(t *testing.T) {
	w := open(t, wsman.Options{})
	w.s.SetTrouble(wsman.Trouble{Unavailable: true})
	a := w.ask(createAsk())
	if a.status != http.StatusServiceUnavailable || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.raw, "HTTP Error 503") {
		t.Errorf("%+v", a)
	}
	other := open(t, wsman.Options{})
	w.s.SetTrouble(wsman.Trouble{Redirect: other.s.URL()})
	if a := w.ask(createAsk()); a.status != http.StatusTemporaryRedirect || a.header.Get("Location") != other.s.URL() {
		t.Errorf("%+v", a)
	}
	w.s.SetTrouble(wsman.Trouble{Redirect: other.s.URL(), RedirectStatus: http.StatusFound})
	if a := w.ask(createAsk()); a.status != http.StatusFound {
		t.Errorf("%+v", a)
	}
	w.s.SetTrouble(wsman.Trouble{NoLogin: true})
	if a := w.ask(createAsk()); a.status != http.StatusUnauthorized || a.raw != "" {
		t.Errorf("%+v", a)
	}
	if n := w.s.Counters(); n.LiveShells != 0 || n.Unauthorized != 1 || n.AuthorizationBytes == 0 {
		t.Errorf("%+v", n)
	}
}

func TestFail(t *testing.T) {
	w := open(t, wsman.Options{})
	w.s.SetTrouble(wsman.Trouble{Fail: map[wsman.Operation]wsman.Failure{
		wsman.OpCreate:  {Status: http.StatusBadRequest, Skip: 1, Times: 2},
		wsman.OpReceive: {Fault: wsman.FaultOf(wsman.CodeNotFound)},
		wsman.OpSend:    {Fault: wsman.FaultOf(wsman.CodeBusy), Times: 1},
		wsman.OpCommand: {Reset: true, Times: 1},
		wsman.OpDelete:  {Fault: wsman.FaultOf(0x80338111), After: true},
		wsman.OpSignal:  {Body: []byte("<no/>"), Status: http.StatusAccepted},
	}})
	sh := w.shell()
	for range 2 {
		if a := w.ask(createAsk()); a.status != http.StatusBadRequest {
			t.Errorf("create: %d", a.status)
		}
	}
	w.shell()
	if _, err := w.try(t.Context(), commandAsk(sh, "do:cat")); err == nil {
		t.Error("the connection was not reset")
	}
	if n := w.s.Counters(); n.Commands != 1 || n.LiveCommands != 0 {
		t.Errorf("%+v", n)
	}
	id := w.command(sh, "do:cat")
	for range 20 {
		if a := w.ask(receiveAsk(sh, id)); a.code != wsman.CodeNotFound {
			t.Errorf("receive: %d", a.code)
		}
	}
	if a := w.ask(sendAsk(sh, id, "x", false)); a.code != wsman.CodeBusy {
		t.Errorf("send: %d", a.code)
	}
	if a := w.ask(sendAsk(sh, id, "x", true)); a.status != http.StatusOK {
		t.Errorf("send: %d", a.code)
	}
	body, _ := w.xml(signalAsk(sh, id, terminate))
	resp, err := w.send(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusAccepted || string(raw) != "<no/>" {
		t.Errorf("signal: %d, %q, %v", resp.StatusCode, raw, err)
	}
	if n := w.s.Counters(); n.LiveCommands != 1 {
		t.Errorf("signal has been done: %+v", n)
	}
	if a := w.ask(deleteAsk(sh)); a.code != 0x80338111 || a.subcode != "w:InternalError" {
		t.Errorf("delete: %+v", a)
	}
	if n := w.s.Counters(); n.LiveShells != 1 {
		t.Errorf("delete has not been done: %+v", n)
	}
}

func TestFaultText(t *testing.T) {
	w := open(t, wsman.Options{})
	const text = "Der WS-Verwaltungsdienst kann den Vorgang nicht <innerhalb> der Zeit abschlie\u00dfen.\x1b[2J"
	w.s.SetTrouble(wsman.Trouble{FaultText: text, FaultLanguage: "de-DE"})
	if a := w.ask(commandAsk("7A", "x")); a.code != wsman.CodeNotFound || a.lang != "de-DE" || a.text != strings.ReplaceAll(text, "\x1b", "\ufffd") {
		t.Errorf("%+v", a)
	}
}

// TestLostAnswers: what a client has not got, it gets with the next Receive.
func TestLostAnswers(t *testing.T) {
	script := wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
		_, err := io.WriteString(c.Stdout, "output")
		if err != nil {
			return 1
		}
		return 5
	})
	lose := wsman.Trouble{DoneAlone: true, Fail: map[wsman.Operation]wsman.Failure{wsman.OpReceive: {Reset: true, After: true, Times: 1}}}
	w := open(t, wsman.Options{Handler: script})
	begin := func(trouble wsman.Trouble) (sh, id string) {
		w.s.SetTrouble(trouble)
		sh = w.shell()
		return sh, w.command(sh, "x")
	}

	sh, id := begin(lose)
	if _, err := w.try(t.Context(), receiveAsk(sh, id)); err == nil {
		t.Error("the answer was not lost")
	}
	if out, _, code := w.finish(sh, id); out != "output" || code != 5 {
		t.Errorf("after a lost answer: %q, %d", out, code)
	}

	forget := lose
	forget.ForgetLost = true
	sh, id = begin(forget)
	if _, err := w.try(t.Context(), receiveAsk(sh, id)); err == nil {
		t.Error("the answer was not lost")
	}
	if out, _, code := w.finish(sh, id); out != "" || code != 5 {
		t.Errorf("after a forgotten answer: %q, %d", out, code)
	}

	sh, id = begin(wsman.Trouble{DoneAlone: true, Repeat: true})
	first := w.ask(receiveAsk(sh, id))
	again := w.ask(receiveAsk(sh, id))
	last := w.ask(receiveAsk(sh, id))
	if first.out != "output" || again.out != "output" || again.done || !last.done || last.out != "" {
		t.Errorf("repeated: %+v, %+v, %+v", first, again, last)
	}

	sh, id = begin(wsman.Trouble{DoneAlone: true})
	same := receiveAsk(sh, id)
	same.id = "uuid:00000000-0000-0000-0000-aaaaaaaaaaaa"
	for range 3 { // the same message has the same answer
		if a := w.ask(same); a.out != "output" || a.done {
			t.Errorf("the same message: %+v", a)
		}
	}
	if a := w.ask(receiveAsk(sh, id)); a.out != "" || !a.done {
		t.Errorf("another message: %+v", a)
	}
}

func TestCutWhileReceiving(t *testing.T) {
	more := make(chan struct{})
	w := open(t, wsman.Options{Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
		<-more
		if _, err := io.WriteString(c.Stdout, "after the cut"); err != nil {
			return 1
		}
		return 0
	})})
	sh := w.shell()
	id := w.command(sh, "x")
	failed := make(chan error, 1)
	go func() {
		_, err := w.try(t.Context(), receiveAsk(sh, id))
		failed <- err
	}()
	eventually(t, "it waits", func() bool { return w.s.Counters().Waiting == 1 })
	w.s.Cut()
	if err := <-failed; err == nil {
		t.Error("the connection was not cut")
	}
	close(more)
	if out, _, _ := w.finish(sh, id); out != "after the cut" {
		t.Errorf("%q", out)
	}
}
