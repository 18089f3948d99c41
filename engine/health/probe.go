package health

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/posix"
	"patchwave/engine/journal"
	"patchwave/policies"
)

//go:embed probe.sh
var probeShell string

func script() posix.Script { return posix.Script{Name: "probe", Version: 1, Body: probeShell} }

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

func (p Prober) try(ctx context.Context, probe policies.Probe) (bool, string, error) {
	args := map[string]string{"kind": string(probe.Kind), "name": probe.Name}
	switch probe.Kind {
	case policies.ProbeTCP:
		if probe.On != "host" {
			return p.dial(ctx, probe)
		}
		args["port"] = strconv.Itoa(probe.Port)
	case policies.ProbeCommand:
		args["run"] = probe.Run
	case policies.ProbeService:
		r, err := p.ask(ctx, args, probe.Become)
		if probe.State == "stopped" {
			return r.stopped(), r.detail, err
		}
		return r.rc == 0, r.detail, err
	}
	r, err := p.ask(ctx, args, probe.Become)
	return r.rc == 0, r.detail, err
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
	case "activating", "deactivating", "reloading", "refreshing":
		return false
	}
	return r.rc == 3 || r.rc == 4
}

// ask runs the probe script on the host.
func (p Prober) ask(ctx context.Context, args map[string]string, become bool) (reply, error) {
	if p.Session == nil {
		return reply{rc: -1}, errNoSession
	}
	a, err := posix.Run(ctx, p.Session, script(), args, posix.Options{Host: p.Host,
		Command: connectors.Command{Become: become, Timeout: probeTimeout, MaxOutput: 256 << 10}})
	if connectors.CodeOf(err) == connectors.CodeTimeout || errors.Is(err, context.DeadlineExceeded) {
		return reply{rc: -1, detail: fmt.Sprintf("no answer within %s", probeTimeout)}, nil
	}
	if err != nil {
		return reply{rc: -1}, err
	}
	f, ok := a.Get("probe")
	if !ok {
		return reply{rc: -1, detail: "the host does not answer the probe"}, nil
	}
	r := reply{rc: f.RC, detail: strings.TrimSpace(strings.Join(append(f.Lines(), f.ErrLines()...), " "))}
	r.word, _, _ = strings.Cut(r.detail, " ")
	if len(r.detail) > 300 {
		r.detail = strings.ToValidUTF8(r.detail[:300], "") + "…"
	}
	if f.RC != 0 {
		r.detail = strings.TrimSpace(fmt.Sprintf("exit status %d %s", f.RC, r.detail))
	}
	return r, nil
}

// Booted waits until the host has finished booting, at most limit. A host that
// does not say is taken as booted.
func (p Prober) Booted(ctx context.Context, limit time.Duration) error {
	_, err := p.Run(ctx, policies.Probe{Kind: "boot", Name: "boot", Within: limit, Become: false})
	return err
}
