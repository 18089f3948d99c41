package health

import (
	"context"
	"crypto/x509"
	_ "embed" // the script
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
	"patchwave/engine/journal"
	"patchwave/policies"
)

//go:embed probe.sh
var probeShell string

//go:embed probe.ps1
var probePowerShell string

func probeScript() script.Script {
	return script.Script{Name: "probe", Version: 1, Sh: probeShell, PowerShell: powershell.Program() + probePowerShell}
}

// probeTimeout bounds one try of a probe.
const probeTimeout = time.Minute

// pause between two tries.
const pause = time.Second

var errNoSession = errors.New("there is no connection to the host")

// Prober runs the probes of a host.
type Prober struct {
	// Session to the host; nil is legal when only controller probes are run.
	Session connectors.Session
	Host    string
	// Address is where controller probes go.
	Address string
	// Dial is used for controller probes; nil means a plain TCP dial.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are the authorities that http probes of the controller trust; nil means
	// the system's.
	Roots *x509.CertPool
	// Program starts command probes of the controller; nil makes them an error.
	Program Program
	// Subject is the host whose attributes stand in URLs and arguments.
	Subject policies.Subject
}

// Run repeats one probe until it is true or its time is over. The error is the
// connection's, or the cause of ctx's end: a probe that could not be finished
// says nothing. A probe that is false is a result.
func (p Prober) Run(ctx context.Context, probe policies.Probe) (journal.ProbeResult, error) {
	res := journal.ProbeResult{Kind: string(probe.Kind), Name: probe.Name}
	within := max(probe.Within, 0)
	bounded, cancel := context.WithTimeout(ctx, within+probeTimeout)
	defer cancel()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	last := within == 0
	for {
		ok, detail, err := p.try(bounded, probe)
		if cause := context.Cause(ctx); cause != nil {
			return res, fmt.Errorf("probe %s %q: %w", probe.Kind, probe.Name, cause)
		}
		if err != nil {
			return res, fmt.Errorf("probe %s %q: %w", probe.Kind, probe.Name, err)
		}
		res.OK, res.Detail = ok, detail
		if ok || last || bounded.Err() != nil {
			return res, nil
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-deadline.C:
			last = true
		case <-ctx.Done():
		}
		next.Stop()
	}
}

// try asks once.
func (p Prober) try(ctx context.Context, probe policies.Probe) (bool, string, error) {
	switch here := probe.On == policies.OnController; {
	case probe.Kind == policies.ProbeTCP && probe.On != policies.OnHost:
		return p.dial(ctx, probe)
	case probe.Kind == policies.ProbeHTTP && probe.On != policies.OnHost:
		return p.get(ctx, probe)
	case probe.Kind == policies.ProbeHTTP:
		return p.getThere(ctx, probe)
	case probe.Kind == policies.ProbeCommand && here:
		return p.command(ctx, probe)
	}
	args := map[string]string{"kind": string(probe.Kind), "name": probe.Name}
	switch probe.Kind {
	case policies.ProbeTCP:
		args["port"] = strconv.Itoa(probe.Port)
	case policies.ProbeCommand:
		if err := p.commandArgs(probe, args); err != nil {
			return untrue(err.Error())
		}
	}
	r, err := p.ask(ctx, args, probe.Become)
	if probe.Kind == policies.ProbeService && probe.State == "stopped" {
		return r.stopped(), r.detail, err
	}
	return r.rc == 0, r.detail, err
}

// commandArgs are those of the probe script for a command: a line for the shell, or
// the words of a program, none of which a shell looks at.
func (p Prober) commandArgs(probe policies.Probe, args map[string]string) error {
	if probe.Command == nil {
		args["run"] = probe.Run
		return nil
	}
	words, err := p.words(probe.Command)
	if err != nil {
		return err
	}
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = "word_" + strings.Map(func(r rune) rune { return r - '0' + 'a' }, strconv.Itoa(i)) // names have no digits
		args[names[i]] = w
	}
	args["kind"], args["words"] = "program", strings.Join(names, " ")
	return nil
}

// words are texts of the configuration, written out for the host.
func (p Prober) words(texts []policies.Text) ([]string, error) {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		w, err := t.Render(p.Subject)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// dial asks from the controller whether a TCP port answers.
func (p Prober) dial(ctx context.Context, probe policies.Probe) (bool, string, error) {
	dial := p.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	address := net.JoinHostPort(p.Address, strconv.Itoa(probe.Port))
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return false, fmt.Sprintf("no connection to %s: %v", address, err), nil
	}
	if err := conn.Close(); err != nil {
		return true, "connected; closing: " + err.Error(), nil
	}
	return true, "connected to " + address, nil
}

// reply is what a host said to a probe; an rc of -1 means that it said nothing.
type reply struct {
	rc           int
	word, detail string
}

// stopped reports whether a service does not run: what the init system says,
// not the want of an answer. Three and four are "not running" and "no such
// service" (see probe.sh); one that is on its way is not stopped yet.
func (r reply) stopped() bool {
	switch r.word {
	case "activating", "deactivating", "reloading", "refreshing", "start_pending", "stop_pending", "continue_pending", "pause_pending":
		return false
	}
	return r.rc == 3 || r.rc == 4
}

// ask runs the probe script on the host.
func (p Prober) ask(ctx context.Context, args map[string]string, become bool) (reply, error) {
	f, why, err := p.frame(ctx, args, become, 256<<10)
	if err != nil || why != "" {
		return reply{rc: -1, detail: why}, err
	}
	r := reply{rc: f.RC, detail: strings.TrimSpace(strings.Join(append(f.Lines(), f.ErrLines()...), " "))}
	r.word, _, _ = strings.Cut(r.detail, " ")
	r.detail = shorten(r.detail, 300)
	if f.RC != 0 {
		r.detail = strings.TrimSpace(fmt.Sprintf("exit status %d %s", f.RC, r.detail))
	}
	return r, nil
}

// frame is what the probe script says, or why it says nothing. most bounds it, in
// bytes.
func (p Prober) frame(ctx context.Context, args map[string]string, become bool, most int64) (f framing.Frame, why string, err error) {
	if p.Session == nil {
		return f, "", errNoSession
	}
	a, err := script.Run(ctx, p.Session, probeScript(), args, script.Options{Host: p.Host,
		Command: connectors.Command{Become: become, Timeout: probeTimeout, MaxOutput: most}})
	if connectors.CodeOf(err) == connectors.CodeTimeout || errors.Is(err, context.DeadlineExceeded) {
		return f, fmt.Sprintf("no answer within %s", probeTimeout), nil
	}
	if err != nil {
		return f, "", err
	}
	f, ok := a.Get("probe")
	if !ok {
		return f, "the host does not answer the probe", nil
	}
	return f, "", nil
}

// Booted waits until the host has finished booting, at most limit. A host that
// does not say is taken as booted.
func (p Prober) Booted(ctx context.Context, limit time.Duration) error {
	_, err := p.Run(ctx, policies.Probe{Kind: "boot", Name: "boot", Within: limit, Become: false})
	return err
}

// untrue is the answer of a probe that is false, or that cannot be asked on this
// host at all; the connection is well.
func untrue(detail string) (bool, string, error) { return false, detail, nil }
