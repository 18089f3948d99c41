package wsman_test

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors/sim/wsman"
)

const (
	user     = "admin"
	password = "p\u00e4ssw\u00f6rd & <more>"
)

// start starts a server that is closed with the test; no goroutine may be left.
func start(t testing.TB, opt wsman.Options) *wsman.Server {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	if opt.Handler == nil {
		opt.Handler = wsman.HandlerFunc(machine)
	}
	if opt.Users == nil {
		opt.Users = map[string]string{user: password}
	}
	s, err := wsman.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// machine understands a few words: what a program of PowerShell or a command line
// begins with says what it does.
func machine(ctx context.Context, c wsman.Command) uint32 {
	line := c.Line
	if program, ok := wsman.EncodedCommand(line); ok {
		line = program
	}
	say := func(w io.Writer, text string) { _, _ = io.WriteString(w, text) } // the client may be gone
	// what masterzen, ansible and others put in front is of no interest
	if i := strings.Index(line, "do:"); i >= 0 {
		line = line[i:]
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case "do:echo":
		say(c.Stdout, rest+"\r\n")
	case "do:exit":
		n, err := strconv.ParseUint(rest, 10, 32)
		if err != nil {
			return 87
		}
		return uint32(n)
	case "do:clixml":
		say(c.Stdout, "fine\r\n")
		say(c.Stderr, "#< CLIXML\r\n"+`<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S S="Error">`+rest+`_x000D__x000A_</S></Objs>`)
	case "do:cat":
		b, err := io.ReadAll(c.Stdin)
		if err != nil {
			return 1
		}
		say(c.Stdout, fmt.Sprintf("%d bytes: %s", len(b), b[:min(len(b), 200)]))
	case "do:big":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return 87
		}
		for i := range n {
			say(c.Stdout, fmt.Sprintf("%063d\n", i))
		}
	case "do:slow":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return 87
		}
		timer := time.NewTimer(time.Duration(n) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
			say(c.Stdout, "waited\r\n")
		case <-ctx.Done():
			return 1
		}
	case "do:hang":
		say(c.Stdout, "hanging\r\n")
		<-ctx.Done()
		return 1
	case "do:env":
		say(c.Stdout, c.Shell.Environment[rest]+"|"+c.Shell.WorkingDirectory+"|"+c.Shell.CodePage)
	default:
		say(c.Stderr, "'"+word+"' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n")
		return 9009
	}
	return 0
}
