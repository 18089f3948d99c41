package run

import (
	"context"
	_ "embed" // the script
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

//go:embed action.sh
var actionShell string

// maxActionOutput bounds what is kept of what an action printed, in bytes.
const maxActionOutput = 16 << 10

// onController runs a program here. It may be run again after a crash: its id
// stays the same, and the program is told it.
func (m *machine) onController(ctx context.Context, intent journal.ActionIntentData, script string, limit time.Duration) (acted, error) {
	if !intent.Undo {
		// while the program runs nobody renews the claim
		m.ttl = limit + job.DefaultTTL
		defer func() { m.ttl = 0 }()
		if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Renew(ctx) }); err != nil {
			return acted{}, err
		}
	}
	if err := m.rec.add(ctx, entry{m.name, journal.ActionIntent, intent}); err != nil {
		return acted{}, err
	}
	argv := intent.Command
	if script != "" {
		argv = []string{"/bin/sh", "-c", script}
	}
	var done acted
	if m.engine.Programs == nil {
		done.fault = &journal.Fault{Code: string(connectors.CodeUnsupported), Message: "nothing can be started on this controller"}
	} else {
		p, err := m.engine.Programs.Run(ctx, Program{Argv: argv, Limit: limit,
			Env: []string{"PATCHWAVE_ACTION=" + intent.ID, "PATCHWAVE_RUN=" + m.work.Run, "PATCHWAVE_HOST=" + m.name}})
		if cause := context.Cause(ctx); cause != nil {
			return acted{}, cause // a resume runs it again
		}
		done = ranTo(p.ExitCode, p.Output)
		if err != nil {
			done.rc, done.fault = nil, &journal.Fault{Code: string(connectors.CodeExit), Message: err.Error()}
		}
	}
	done.entries = []entry{m.outcomeOf(intent.ID, done)}
	return done, nil
}

// ranTo is an action that ended with an exit status.
func ranTo(rc int, output string) acted {
	done := acted{rc: &rc, output: cutMiddle(output, maxActionOutput/4, maxActionOutput*3/4)}
	if rc != 0 {
		done.fault = &journal.Fault{Code: string(connectors.CodeExit), Message: fmt.Sprintf("exit status %d", rc)}
		if line := lastWords(output); line != "" {
			done.fault.Message += ": " + line
		}
	}
	return done
}

// lastWords is the last line of what was printed, shortened.
func lastWords(output string) string {
	for _, line := range slices.Backward(strings.Split(output, "\n")) {
		if line = strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD")); line != "" {
			if len(line) > 200 {
				line = strings.ToValidUTF8(line[:200], "") + "…"
			}
			return line
		}
	}
	return ""
}

// cutMiddle keeps the head and the tail of a text.
func cutMiddle(s string, head, tail int) string {
	if len(s) <= head+tail {
		return s
	}
	return strings.ToValidUTF8(s[:head], "\uFFFD") + fmt.Sprintf("\n[… %d bytes left out …]\n", len(s)-head-tail) + strings.ToValidUTF8(s[len(s)-tail:], "\uFFFD")
}

// onHost runs a command or a script on the host as a job: it ends there whatever
// becomes of the connection, and is not begun twice.
func (m *machine) onHost(ctx context.Context, intent journal.ActionIntentData, id job.ID, text string, limit time.Duration) (acted, error) {
	if _, ok := m.begun(id); !ok {
		if err := m.rec.add(ctx, entry{m.name, journal.ActionIntent, intent}, m.intent(id)); err != nil {
			return acted{}, err
		}
	}
	args := map[string]string{"action": intent.ID, "limit": strconv.Itoa(int(min(limit, m.host.Target.Timeouts.WithDefaults().Command) / time.Second))}
	if text != "" {
		args["script"] = text
	} else {
		args["argv"] = wordsOf(intent.Command)
	}
	e, err := m.workJob(ctx, id, actionScript(), args)
	if err != nil {
		return acted{}, err
	}
	var done acted
	frame, ok := e.answer.Get("action")
	switch fault := jobFault(e); {
	case fault != nil:
		done.fault = fault
	case !ok:
		done.fault = &journal.Fault{Code: string(connectors.CodeExit), Message: "it ended without a result: " + lastWords(string(e.log))}
	default:
		done = ranTo(frame.RC, string(frame.Out))
		if frame.RC == rcTimeout && done.fault != nil {
			done.fault.Message = fmt.Sprintf("it did not end within %s seconds", args["limit"])
		}
	}
	e.log = nil // what it printed is kept with the action
	done.entries = []entry{m.outcome(id, e), m.outcomeOf(intent.ID, done)}
	return done, nil
}

// rcTimeout is the exit status of timeout(1) for a program that it ended.
const rcTimeout = 124

// wordsOf are arguments as action.sh and action.ps1 read them.
func wordsOf(argv []string) string {
	words := make([]string, 0, len(argv))
	for _, a := range argv {
		words = append(words, "="+base64.StdEncoding.EncodeToString([]byte(a)))
	}
	return strings.Join(words, " ")
}

// undoOnHost undoes an action on the host. A host that cannot be reached is not
// waited for longer than for tidying up.
func (m *machine) undoOnHost(ctx context.Context, i int, intent journal.ActionIntentData, script string) (acted, error) {
	step := fmt.Sprintf("undo-%d", i+1)
	round := 1
	for _, j := range m.rec.host(m.name).Jobs {
		if j.Step == step {
			round = j.Round
			if j.Outcome != nil {
				round++
			}
		}
	}
	bounded, cancel := context.WithTimeout(ctx, undoLimit+2*tidyLimit)
	defer cancel()
	err := m.tidy(bounded, func(ctx context.Context) error { return m.client().Set(ctx) })
	var done acted
	if err == nil {
		done, err = m.onHost(bounded, intent, m.jobID(step, round), script, undoLimit)
	}
	if broken := m.rec.err(); broken != nil {
		return acted{}, broken
	}
	if cause := context.Cause(ctx); cause != nil {
		return acted{}, cause
	}
	if err == nil {
		return done, nil
	}
	fault := faultOf(err)
	done = acted{fault: fault}
	if a := m.action(intent.ID); a == nil || a.State != "running" {
		done.entries = append(done.entries, entry{m.name, journal.ActionIntent, intent})
	}
	done.entries = append(done.entries, m.outcomeOf(intent.ID, done))
	return done, nil
}
