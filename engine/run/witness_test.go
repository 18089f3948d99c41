package run_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
)

// wantInstalled: the machine has every version of the plan.
func (l *lab) wantInstalled(host string, p *plan.Plan) {
	l.t.Helper()
	s := l.snapshot(host)
	for _, h := range p.Hosts() {
		if h.Name != host {
			continue
		}
		for _, c := range h.Changes() {
			if got := s.Installed[c.Name]; got.Version != c.To || got.State != "ok" {
				l.t.Errorf("%s: %s is %s (%s), the plan has %s", host, c.Name, got.Version, got.State, c.To)
			}
		}
	}
}

// wantUntouched: nothing was changed on the machine.
func (l *lab) wantUntouched(host string) {
	l.t.Helper()
	if s := l.snapshot(host); len(s.Changes) > 0 || s.Boots > 0 {
		l.t.Errorf("%s: %d reboots, changes %v", host, s.Boots, s.Changes)
	}
}

// wantFree: the machine belongs to nobody, and no job lies about.
func (l *lab) wantFree(host string) {
	l.t.Helper()
	if s := l.snapshot(host); s.Claim != "" || len(s.Left) > 0 {
		l.t.Errorf("%s: claim %q, jobs left %v", host, s.Claim, s.Left)
	}
}

// wantOnce: exactly these jobs were begun on the machine ("STEP ROUND"), each
// once, and the machine is free.
func (l *lab) wantOnce(host string, jobs ...string) {
	l.t.Helper()
	l.wantJobs(host, jobs...)
	l.wantFree(host)
}

// wantJobs: exactly these jobs were begun on the machine, each once.
func (l *lab) wantJobs(host string, jobs ...string) {
	l.t.Helper()
	var got []string
	for _, j := range l.snapshot(host).Jobs {
		step, round := stepOf(j.ID)
		got = append(got, fmt.Sprintf("%s %s", step, round))
		if j.Runs != 1 {
			l.t.Errorf("%s: job %s was begun %d times", host, j.ID, j.Runs)
		}
		if j.Script != scriptOf(step) {
			l.t.Errorf("%s: job %s is %s", host, j.ID, j.Script)
		}
	}
	slices.Sort(got)
	slices.Sort(jobs)
	if diff := cmp.Diff(jobs, got); diff != "" && len(jobs)+len(got) > 0 {
		l.t.Errorf("%s: other jobs than expected (-want +got):\n%s", host, diff)
	}
}

// scriptOf is the name of the script of a step's job.
func scriptOf(step string) string {
	if strings.HasPrefix(step, "action-") || strings.HasPrefix(step, "undo-") {
		return "action"
	}
	return map[string]string{run.StepUpdates: "install", run.StepRestorePoint: "keep", run.StepRollback: "rollback", run.StepReboot: "reboot"}[step]
}

// stepOf reads a job's id: RUN.STEP.ROUND.HOST.
func stepOf(id string) (step, round string) {
	f := strings.Split(id, ".")
	return f[1], f[2]
}

// wantIntended: no job was begun on the machine whose intent is not among the
// events.
func (l *lab) wantIntended(host string, events []journal.Event) {
	l.t.Helper()
	intents := map[string]bool{}
	for _, e := range events {
		if e.Type == journal.JobIntent {
			intents[decode[journal.JobIntentData](l.t, e).ID] = true
		}
	}
	for _, j := range l.snapshot(host).Jobs {
		if !intents[j.ID] {
			l.t.Errorf("%s: job %s was begun without an intent in the journal", host, j.ID)
		}
	}
}
