package scan

import (
	"context"
	_ "embed" // the script
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

//go:embed scan.sh
var scanShell string

//go:embed scan.ps1
var scanPowerShell string

// Refresh says whether a scan refreshes the package index first.
type Refresh string

// When a scan refreshes the index.
const (
	RefreshAuto   Refresh = "auto" // when it is older than an hour
	RefreshAlways Refresh = "always"
	RefreshNever  Refresh = "never"
)

// MaxIndexAge is the age from which RefreshAuto refreshes.
const MaxIndexAge = time.Hour

// answerTimeout bounds the answer of a host.
const answerTimeout = 10 * time.Minute

// lockWait is how long a refresh, and then the listing, wait for another
// program's lock.
const lockWait = 2 * time.Minute

// waitFor is the longest wait for a lock after which the host still has the time
// to say so, twice, before the answer is given up.
func waitFor(timeout, idle time.Duration) time.Duration {
	return min(lockWait, timeout/4, idle/2)
}

// Request says what is asked of a host.
type Request struct {
	Host   string
	Become bool
	// Refresh "" means RefreshAuto.
	Refresh Refresh
	// Names asks for the installed versions of these packages too.
	Names []string
	// Timeouts are the operator's; within them an answer takes at most ten
	// minutes.
	Timeouts connectors.Timeouts
	// Args are arguments beyond those: what a policy says about Windows Update.
	Args map[string]string
}

// Answer is an observation and what was asked besides.
type Answer struct {
	inventory.Observation
	// Installed answers Request.Names.
	Installed []updates.Installed
}

// Script is the scan of a host with any of the managers.
func Script(managers []updates.Manager) script.Script {
	var sh, ps strings.Builder
	ps.WriteString(powershell.Boot() + powershell.Files() + powershell.Task())
	for _, m := range managers {
		b := &sh
		if m.Shell().Dialect == connectors.DialectPowerShell {
			b = &ps
		}
		b.WriteString(m.Shell().Scan)
		b.WriteString("\n")
	}
	sh.WriteString(scanShell)
	ps.WriteString(scanPowerShell)
	return script.Script{Name: "scan", Version: 1, Sh: sh.String(), PowerShell: ps.String()}
}

// Observe asks one host over an open session. It never returns an error of its
// own: what went wrong is in the observation.
func Observe(ctx context.Context, s connectors.Session, managers []updates.Manager, req Request, now time.Time) Answer {
	start := time.Now()
	names := make([]string, len(managers))
	for i, m := range managers {
		names[i] = m.Name()
	}
	timeout, idle := req.Timeouts.Bound(answerTimeout)
	args := map[string]string{
		"refresh": string(req.Refresh), "managers": strings.Join(names, " "),
		"max_age": strconv.Itoa(int(MaxIndexAge / time.Second)), "lock_wait": strconv.Itoa(int(waitFor(timeout, idle) / time.Second)),
	}
	if req.Refresh == "" {
		args["refresh"] = string(RefreshAuto)
	}
	if len(req.Names) > 0 {
		args["names"] = strings.Join(req.Names, "\n")
	}
	maps.Copy(args, req.Args)
	opt := script.Options{Host: req.Host, Command: connectors.Command{Become: req.Become, Timeout: timeout, Idle: idle}}
	raw, err := question(ctx, s, Script(managers), args, opt)
	var a Answer
	if err != nil {
		a.Observation = Failure(req.Host, err, now)
	} else {
		a = Parse(raw, managers, now)
		a.Host = req.Host
	}
	a.Duration = time.Since(start)
	return a
}

// Failure is the observation of a host that could not be asked.
func Failure(host string, err error, now time.Time) inventory.Observation {
	o := inventory.Observation{Host: host, At: now, State: inventory.ScanFailed, IndexAge: -1}
	if connectors.BeforeLogin(err) {
		o.State = inventory.ScanUnreachable
	}
	code := connectors.CodeOf(err)
	if code == "" {
		code = connectors.CodeExit
		if errors.Is(err, context.DeadlineExceeded) {
			code = connectors.CodeTimeout
		}
	}
	o.Problem = &inventory.Problem{Code: string(code), Message: err.Error()}
	return o
}
