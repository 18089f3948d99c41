package run_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/connectors/powershell"
	"patchwave/engine/restore"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// puppet is a host in memory that does what a schedule says, in the time of the
// test. It answers the engine's scripts by their names; its package manager is
// that of puppetManager. What happens to it in between is worked out when it is
// looked at.
type puppet struct {
	name string
	fate fate
	// rebooting is called when it was asked to reboot; may be nil.
	rebooting func(*puppet)

	mu sync.Mutex
	// version is "1" before the update and "2" after it.
	version string
	boots   int
	// back is when it is up again after a reboot; never is a reboot without an end.
	downFrom, back time.Time
	never          bool
	flag           bool
	jobs           map[string]*puppetJob
	order          []string
	// asked are the moments at which it was asked to reboot.
	asked []time.Time
	// ops are the operations on jobs and the claim that are not mere looks.
	ops []string
	// pane makes it a Windows host; nil is one that speaks sh.
	pane *pane
}

// fate is what is wrong with a host, and how long it takes for things.
type fate struct {
	latency, install, reboot time.Duration
	// gone and ill are times in which it cannot be reached, and in which its probes
	// fail.
	gone, ill []span
	// fails: the installation fails; breaks: it is ill from then on; reboots: the
	// update asks for a reboot; never: it does not come back from it.
	// waits: what is installed is finished by a reboot only; undone: the reboot takes
	// it back.
	fails, breaks, reboots, never, waits, undone bool
}

// span is a time, after the beginning of the test.
type span struct{ from, to time.Time }

func within(spans []span, at time.Time) bool {
	for _, s := range spans {
		if !at.Before(s.from) && at.Before(s.to) {
			return true
		}
	}
	return false
}

type puppetJob struct {
	what  string
	nonce string
	text  string
	begun time.Time
	ends  time.Time
	boot  int
	rc    int
	done  bool
}

// catchUp does what was due until now.
func (p *puppet) catchUp(now time.Time) {
	if !p.back.IsZero() && !p.never && !now.Before(p.back) {
		p.back, p.downFrom, p.flag = time.Time{}, time.Time{}, false
		p.boots++
		if p.fate.undone {
			p.version = "1"
		}
	}
	for _, id := range p.order {
		j := p.jobs[id]
		if j.done || now.Before(j.ends) {
			continue
		}
		j.done = true
		switch j.what {
		case "install":
			if p.fate.fails {
				j.rc = 100
				continue
			}
			p.version, p.flag = "2", p.fate.reboots
		case "rollback":
			p.version = "1"
		}
	}
}

// unwellFor reports whether it has not served for a while. Times in which it is
// gone or ill are longer than that while.
func (p *puppet) unwellFor(d time.Duration, now time.Time, probed bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up(now) && (!probed || p.well(now)) {
		return false
	}
	then := now.Add(-d)
	down := !p.downFrom.IsZero() && !then.Before(p.downFrom)
	broken := false
	for _, j := range p.jobs {
		broken = broken || p.fate.breaks && p.version == "2" && j.what == "install" && j.done && !then.Before(j.ends)
	}
	return down || within(p.fate.gone, then) || probed && (broken || within(p.fate.ill, then))
}

// up reports whether it can be reached.
func (p *puppet) up(now time.Time) bool {
	p.catchUp(now)
	down := !p.downFrom.IsZero() && !now.Before(p.downFrom)
	return !down && !within(p.fate.gone, now)
}

// well reports whether it serves.
func (p *puppet) well(now time.Time) bool {
	return p.up(now) && !within(p.fate.ill, now) && (!p.fate.breaks || p.version != "2")
}

func (p *puppet) bootID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", p.boots) }

func (p *puppet) Dialect() connectors.Dialect {
	if p.pane != nil {
		return connectors.DialectPowerShell
	}
	return connectors.DialectSh
}

// decode reads a script in its language.
func (p *puppet) decode(program []byte) (framing.Call, error) {
	if p.pane != nil {
		return powershell.Decode(program)
	}
	return posix.Decode(program)
}

// Run implements connectors.Session.
func (p *puppet) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	if err := rest(ctx, p.fate.latency); err != nil {
		return connectors.Result{}, connectors.Errorf(connectors.CodeInterrupted, connectors.PhaseCommand, p.name, "interrupted")
	}
	call, err := p.decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	p.mu.Lock()
	reboots := len(p.asked)
	res, err := p.answer(call)
	reboots = len(p.asked) - reboots
	p.mu.Unlock()
	if reboots > 0 && p.rebooting != nil {
		p.rebooting(p)
	}
	return res, err
}

// answer is what a script prints.
func (p *puppet) answer(call framing.Call) (connectors.Result, error) {
	now := time.Now()
	if !p.up(now) {
		return connectors.Result{}, connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, p.name, "the connection is lost")
	}
	var out, errs bytes.Buffer
	put := func(name, text string, rc int) {
		fmt.Fprintf(&out, "@@%s BEGIN %s\n%s\n@@%s END %s rc=%d\n", call.Nonce, name, text, call.Nonce, name, rc)
		fmt.Fprintf(&errs, "@@%s BEGIN %s\n\n@@%s END %s rc=%d\n", call.Nonce, name, call.Nonce, name, rc)
	}
	switch call.Name {
	case "scan":
		facts := "manager=puppet\nboot_id=" + p.bootID()
		if p.flag {
			facts += "\nreboot_flag=update"
		}
		put("facts", facts, 0)
		if p.pane != nil && p.pane.restore != nil {
			put("os-release", "ID=windows\nID_LIKE=windows\nVERSION_ID=10.0.26100.1742", 0)
		}
		state := "ok"
		if p.fate.waits && p.version == "2" && p.boots == 0 {
			state = updates.PendingReboot
		}
		put("puppet.scan", p.version+" "+state, 0)
	case "simulate":
		put("puppet.sim", call.Args["want"], 0)
	case "probe":
		rc := 0
		if call.Args["kind"] != "boot" && !p.well(now) {
			rc = 1
		}
		put("probe", "", rc)
	case "job":
		put("job", p.job(call, now), 0)
		log := ""
		if j := p.jobs[call.Args["id"]]; j != nil && j.done && call.Args["offset"] == "0" {
			frame, text := "puppet."+j.what, ""
			if j.what == "keep" {
				text = "update\tall\t1\tkept"
			}
			if j.what == "reboot" && p.pane != nil {
				frame, text = "reboot", p.pane.refuses
			}
			if j.what == restore.Frame {
				frame, text = restore.Frame, j.text
			}
			log = fmt.Sprintf("@@%s BEGIN %s\n%s\n@@%s END %s rc=%d\n@@%s DONE\n", j.nonce, frame, text, j.nonce, frame, j.rc, j.nonce)
		}
		put("log", log, 0)
	default:
		if p.pane == nil || !p.pane.answer(p, call, put) {
			return connectors.Result{ExitCode: 127}, nil
		}
	}
	fmt.Fprintf(&out, "@@%s DONE\n", call.Nonce)
	return connectors.Result{Stdout: out.Bytes(), Stderr: errs.Bytes()}, nil
}

// Close implements connectors.Session.
func (p *puppet) Close() error { return nil }

// job is one operation on jobs and the claim; whose claim it is, others test.
func (p *puppet) job(call framing.Call, now time.Time) string {
	id := call.Args["id"]
	if op := call.Args["op"]; op != "poll" {
		p.ops = append(p.ops, strings.TrimSpace(op+" "+id))
	}
	switch call.Args["op"] {
	case "start":
		started := "started=before\n"
		if p.jobs[id] == nil {
			body, err := p.decode([]byte(call.Args["body"]))
			if err != nil {
				return "refused=unsupported\n"
			}
			started = "started=now\n"
			p.begin(id, body, now)
		}
		return started + p.status(id)
	case "poll":
		return p.status(id)
	default:
		return "boot_id=" + p.bootID() + "\n"
	}
}

func (p *puppet) begin(id string, body framing.Call, now time.Time) {
	j := &puppetJob{what: body.Name, nonce: body.Nonce, begun: now, boot: p.boots}
	switch body.Name {
	case "reboot":
		if p.pane != nil && p.pane.refuses != "" {
			j.ends, j.rc = now, 20
			break
		}
		p.asked = append(p.asked, now)
		j.ends, p.downFrom = now, now.Add(time.Second)
		p.back, p.never = now.Add(p.fate.reboot), p.fate.never
	case "keep":
		j.ends = now.Add(p.fate.install / 4)
	default:
		j.ends = now.Add(p.fate.install)
	}
	p.jobs[id] = j
	p.order = append(p.order, id)
	if body.Name == restore.Frame && p.pane != nil && p.pane.restore != nil {
		p.pane.restore.begin(p, j, body.Args)
	}
}

func (p *puppet) status(id string) string {
	text := "boot_id=" + p.bootID() + "\n"
	j := p.jobs[id]
	switch {
	case j == nil:
		return text + "state=absent\n"
	case j.done:
		return text + fmt.Sprintf("state=done\nrc=%d\n", j.rc)
	case j.boot != p.boots:
		return text + "state=lost-reboot\n"
	default:
		return text + "state=running\n"
	}
}

// rest waits in the time of the test.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// puppets are a fleet of them.
type puppets struct {
	hosts map[string]*puppet
	// beat is called before every answer; may be nil.
	beat func()
}

// Dial implements connectors.Dialer.
func (f *puppets) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	p := f.hosts[t.Name]
	if f.beat != nil {
		f.beat()
	}
	if err := rest(ctx, p.fate.latency); err != nil {
		return nil, connectors.Errorf(connectors.CodeInterrupted, connectors.PhaseDial, t.Name, "interrupted")
	}
	p.mu.Lock()
	up := p.up(time.Now())
	var refused error
	if up && p.pane != nil && p.pane.dials != nil {
		refused = p.pane.dials(p)
	}
	p.mu.Unlock()
	if refused != nil {
		return nil, refused
	}
	if !up {
		if err := rest(ctx, 10*time.Second); err != nil {
			return nil, connectors.Errorf(connectors.CodeInterrupted, connectors.PhaseDial, t.Name, "interrupted")
		}
		return nil, connectors.Errorf(connectors.CodeUnreachable, connectors.PhaseDial, t.Name, "no route")
	}
	return p, nil
}

// puppetManager knows the one package of a puppet.
type puppetManager struct{}

// Name implements updates.Manager.
func (puppetManager) Name() string { return "puppet" }

// Shell implements updates.Manager.
func (puppetManager) Shell() updates.Shell { return updates.Shell{} }

// ParseScan implements updates.Manager.
func (puppetManager) ParseScan(a framing.Answer) updates.Listing {
	f, ok := a.Get("puppet.scan")
	if !ok {
		return updates.Listing{State: inventory.ScanFailed}
	}
	version, state, _ := strings.Cut(strings.TrimSpace(string(f.Out)), " ")
	return updates.Listing{State: inventory.ScanOK, Installed: []updates.Installed{{Name: "update", Arch: "all", Version: version, State: state}}}
}

// ParseSimulation implements updates.Manager.
func (puppetManager) ParseSimulation(framing.Answer, string, []updates.Want) updates.Simulation {
	return updates.Simulation{OK: true, Changes: []updates.Change{puppetUpdate()}}
}

// ParseInstall implements updates.Manager.
func (puppetManager) ParseInstall(framing.Answer) updates.Outcome {
	return updates.Outcome{Claimed: true}
}

func puppetUpdate() updates.Change {
	return updates.Change{Action: updates.ActionUpgrade, Name: "update", Arch: "all", From: "1", To: "2"}
}
