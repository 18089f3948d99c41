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
// connection's; a probe that is false is a result.
func (p Prober) Run(ctx context.Context, probe policies.Probe) (journal.ProbeResult, error) {
	res := journal.ProbeResult{Kind: string(probe.Kind), Name: probe.Name}
	ctx, cancel := context.WithTimeout(ctx, max(probe.Within, 0)+probeTimeout)
	defer cancel()
	deadline := time.NewTimer(max(probe.Within, 0))
	defer deadline.Stop()
	last := false
	for {
		ok, detail, err := p.try(ctx, probe)
		if err != nil {
			return res, fmt.Errorf("probe %s %q: %w", probe.Kind, probe.Name, err)
		}
		res.OK, res.Detail = ok, detail
		if ok || last {
			return res, nil
		}
		next := time.NewTimer(pause)
		select {
		case <-next.C:
		case <-deadline.C:
			last = true
			next.Stop()
		case <-ctx.Done():
			next.Stop()
			return res, nil
		}
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
		ok, detail, err := p.ask(ctx, args, probe.Become)
		if probe.State == "stopped" {
			ok = !ok
		}
		return ok, detail, err
	}
	return p.ask(ctx, args, probe.Become)
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

// ask runs the probe script on the host.
func (p Prober) ask(ctx context.Context, args map[string]string, become bool) (bool, string, error) {
	if p.Session == nil {
		return false, "", errors.New("there is no connection to the host")
	}
	a, err := posix.Run(ctx, p.Session, script(), args, posix.Options{Host: p.Host,
		Command: connectors.Command{Become: become, Timeout: probeTimeout, MaxOutput: 256 << 10}})
	if err != nil {
		if connectors.CodeOf(err) == connectors.CodeTimeout {
			return false, fmt.Sprintf("no answer within %s", probeTimeout), nil
		}
		return false, "", err
	}
	f, ok := a.Get("probe")
	if !ok {
		return false, "the host does not answer the probe", nil
	}
	detail := strings.TrimSpace(strings.Join(append(f.Lines(), f.ErrLines()...), " "))
	if len(detail) > 300 {
		detail = strings.ToValidUTF8(detail[:300], "") + "…"
	}
	if f.RC != 0 {
		detail = strings.TrimSpace(fmt.Sprintf("exit status %d %s", f.RC, detail))
	}
	return f.RC == 0, detail, nil
}

// Booted waits until the host has finished booting, at most limit. A host that
// does not say is taken as booted.
func (p Prober) Booted(ctx context.Context, limit time.Duration) error {
	_, err := p.Run(ctx, policies.Probe{Kind: "boot", Name: "boot", Within: limit, Become: false})
	return err
}
