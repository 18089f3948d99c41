package script

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"patchwave/connectors"
	"patchwave/connectors/framing"
)

// Options of one call.
type Options struct {
	// Host is the inventory name, for messages.
	Host string
	connectors.Command
}

// Run sends one call of s over the session and reads its answer. opt.Command
// carries Become, Timeout, Idle and MaxOutput; its Script is set here.
//
// The error is the session's own, or an *connectors.Error with code exit when
// the answer is not whole: a script that did not come to its end has said
// nothing.
func Run(ctx context.Context, session connectors.Session, s Script, args map[string]string, opt Options) (framing.Answer, error) {
	nonce, err := newNonce()
	if err != nil {
		return framing.Answer{}, err
	}
	c := opt.Command
	if c.Script, err = Encode(session.Dialect(), s, nonce, args); err != nil {
		return framing.Answer{}, named(err, opt.Host)
	}
	result, err := session.Run(ctx, c)
	answer := framing.Parse(nonce, result.Stdout, result.Stderr)
	if err != nil {
		return answer, fmt.Errorf("run script %s: %w", s.Name, err)
	}
	if !answer.Complete {
		return answer, incomplete(s, opt.Host, result, answer)
	}
	return answer, nil
}

func incomplete(s Script, host string, r connectors.Result, a framing.Answer) error {
	e := connectors.Errorf(connectors.CodeExit, connectors.PhaseCommand, host,
		"script %s did not come to its end (exit status %d)", s.Name, r.ExitCode)
	if r.Truncated {
		e.Message = fmt.Sprintf("script %s printed more than is accepted", s.Name)
	}
	if said := cmp.Or(said(a), lastLine(r.Stderr)); said != "" {
		e.Message += ": " + said
	}
	e.Hint = "run it by hand with `patchwave exec` to see what the host says"
	return e
}

// said is the error that ended a PowerShell script (frame "error"), in its own
// words, or "".
func said(a framing.Answer) string {
	f, ok := a.Get("error")
	if !ok {
		return ""
	}
	var e struct {
		Message, Hresult string
		Line             int
	}
	if err := json.Unmarshal(f.Out, &e); err != nil || e.Message == "" {
		return ""
	}
	return fmt.Sprintf("%s (%s, line %d)", shorten(strings.Join(strings.Fields(e.Message), " ")), shorten(e.Hresult), e.Line)
}

func shorten(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// lastLine returns the last non-empty line of stderr, shortened.
func lastLine(b []byte) string {
	ls := framing.Frame{Out: b}.Lines()
	for i := len(ls) - 1; i >= 0; i-- {
		line := strings.TrimSpace(ls[i])
		if line != "" && !strings.HasPrefix(line, "@@") {
			return shorten(line)
		}
	}
	return ""
}

func newNonce() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("make a nonce: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
