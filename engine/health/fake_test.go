package health

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/posix"
)

// machine is a session that answers probes with statuses, one a try; the last
// one stays.
type machine struct {
	// replies are "RC words", "timeout", "silent", "lost", or "hang".
	replies []string
	// tries are the arguments of the probes, become the last one's privilege.
	tries  []map[string]string
	become bool
	// takes is how long an answer takes.
	takes time.Duration
}

func (*machine) Dialect() connectors.Dialect { return connectors.DialectSh }

func (m *machine) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := posix.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	reply := m.replies[min(len(m.tries), len(m.replies)-1)]
	m.tries, m.become = append(m.tries, call.Args), c.Become
	wait := m.takes
	if reply == "hang" {
		wait = c.Timeout
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return connectors.Result{}, fmt.Errorf("cut off: %w", ctx.Err())
	}
	rc, words, _ := strings.Cut(reply, " ")
	out := "@@N DONE\n"
	switch reply {
	case "timeout", "hang":
		return connectors.Result{}, connectors.Errorf(connectors.CodeTimeout, connectors.PhaseCommand, "a", "too slow")
	case "lost":
		return connectors.Result{}, connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "a", "the connection broke")
	case "silent":
	default:
		out = "@@N BEGIN probe\n" + words + "\n@@N END probe rc=" + rc + "\n" + out
	}
	return connectors.Result{Stdout: []byte(strings.ReplaceAll(out, "@@N", "@@"+call.Nonce))}, nil
}

func (m *machine) Close() error { return nil }

// shell is a session to this machine's own shells; what stands in override is
// defined after the functions of the script.
type shell struct {
	t        testing.TB
	argv     []string
	override string
	// main is the function with which the script ends; "" is probe_main.
	main string
}

func (shell) Dialect() connectors.Dialect { return connectors.DialectSh }

func (s shell) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	script := string(c.Script)
	last := cmp.Or(s.main, "probe_main")
	at := strings.LastIndex(script, "\n"+last+"\n")
	if at < 0 {
		s.t.Fatalf("the script does not end with %s", last)
	}
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...)
	cmd.Stdin = strings.NewReader(script[:at] + "\n" + s.override + script[at:])
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Errorf("%v: %v\n%s", s.argv, err, errs.String())
	}
	return connectors.Result{Stdout: out.Bytes(), Stderr: errs.Bytes()}, nil
}

func (s shell) Close() error { return nil }

// shells are the POSIX shells at hand.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, argv := range map[string][]string{"sh": {"sh", "-s"}, "dash": {"dash", "-s"}, "bash": {"bash", "--posix", "-s"}, "busybox": {"busybox", "sh", "-s"}} {
		if _, err := exec.LookPath(argv[0]); err == nil {
			found[name] = argv
		}
	}
	return found
}
