//go:build faults

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/faults"
	"patchwave/engine/journal"
	"patchwave/engine/store"
)

// undertaking is a command in whose run things go wrong, and what is to come of it.
type undertaking struct {
	name     string
	args     []string
	machines []sim.Machine
	policies string
	// prepare is what comes before, undisturbed; it may set args.
	prepare func(*trial)
	// judge asks the machines, and counts those that ended otherwise than usual: none, if
	// strict is set.
	judge func(tr *trial, r *journal.Run, strict bool) (others int)
	// mended brings a machine to its end that came off badly.
	mended func(tr *trial)
}

// trial is one run of simulated machines, as processes that may be killed, while the
// machines live on in this one.
type trial struct {
	t     *testing.T
	what  undertaking
	fleet *sim.Fleet
	dir   string
	// traced says that the steps go into the trace from now on.
	traced bool
	// last is the run before the one that is tried, before are the machines then.
	last   string
	before map[string]sim.Snapshot
	// out is what all processes printed on standard output.
	out string
	// said is what they printed on standard error.
	said string
	// codes are the exit statuses of those processes that carried out the run, -1 for one
	// that was killed.
	codes []int
}

// trialPolicies roll a host back whose web server is not well.
const trialPolicies = fleetPolicies

// trialEnds are the states in which the machines end if nothing else goes wrong.
func trialEnds() map[string]journal.State {
	return map[string]journal.State{"web-1": journal.Done, "web-2": journal.RolledBack, "rpm-1": journal.Done}
}

// trialJobs are the jobs of each machine, with how often each is begun: once.
func trialJobs() map[string][]string {
	return map[string][]string{
		"web-1": {"reboot 1", "restore-point 1", "updates 1"},
		"web-2": {"reboot 1", "restore-point 1", "rollback 1", "updates 1"},
		"rpm-1": {"reboot 1", "restore-point 1", "updates 1"},
	}
}

func trialMachines() []sim.Machine {
	kernel := sim.Offer{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1", From: []sim.Origin{sim.Security()}, Reboot: true, Kernel: "6.1.0-41-amd64"}
	one, two := machine("web-1"), machine("web-2")
	one.Updates = append(one.Updates, kernel)
	two.Updates = append(two.Updates, kernel)
	two.Faults.Breaks = map[string]string{"nginx": "nginx"}
	return []sim.Machine{one, two, {Name: "rpm-1", Family: sim.RedHat,
		Packages: append(sim.BaseRedHat(), sim.Package{Name: "nginx", Version: "1:1.20.1-22.el9"}),
		Updates: []sim.Offer{
			{Name: "nginx", Version: "1:1.20.1-24.el9", From: []sim.Origin{sim.AppStream()}},
			{Name: "glibc", Version: "2.34-168.el9_6.23", Reboot: true},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}}}}
}

func newTrial(t *testing.T, what undertaking) *trial {
	t.Helper()
	fleet, err := sim.NewFleet(sim.Options{JobTime: 30 * time.Millisecond, RebootTime: 60 * time.Millisecond, Second: 5 * time.Millisecond, SharedHostKey: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	for _, m := range what.machines {
		if _, err := fleet.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	tr := &trial{t: t, what: what, fleet: fleet, dir: t.TempDir(), before: map[string]sim.Snapshot{}}
	if err := os.Chmod(tr.dir, 0o700); err != nil { // the configuration must be private
		t.Fatal(err)
	}
	for name, data := range map[string]string{"known_hosts": string(fleet.KnownHosts()), "id_ed25519": string(fleet.ClientKey()),
		"policies.hcl": what.policies, "fleet.hcl": fleetConfig(fleet, tr.db(), "", "")} {
		if err := os.WriteFile(filepath.Join(tr.dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if what.prepare != nil {
		what.prepare(tr)
		tr.last, _ = tr.state()
		tr.out, tr.said = "", ""
	}
	for _, h := range fleet.Hosts() {
		tr.before[h.Name()] = h.Snapshot()
	}
	tr.traced = true
	return tr
}

func (tr *trial) db() string    { return filepath.Join(tr.dir, "patchwave.db") }
func (tr *trial) trace() string { return filepath.Join(tr.dir, "trace") }

// run runs the program to its end, or to that which the fault makes of it, and
// returns its status and standard output.
func (tr *trial) run(fault string, args ...string) (int, string) {
	tr.t.Helper()
	path, err := exec.LookPath("patchwave")
	if err != nil {
		tr.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tr.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-C", tr.dir}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = tr.env(fault)
	err = cmd.Run()
	tr.said += fmt.Sprintf("$ patchwave %s\n%s", strings.Join(args, " "), errs.String())
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		tr.t.Fatal(err)
	}
	if ctx.Err() != nil {
		tr.t.Fatalf("patchwave %v did not end\n%s", args, errs.String())
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// env is the environment of the program.
func (tr *trial) env(fault string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tr.dir, "TZ=UTC", "GORACE=atexit_sleep_ms=0", "PATCHWAVE_FAULTS=" + fault}
	if tr.traced {
		env = append(env, "PATCHWAVE_FAULTS_TRACE="+tr.trace())
	}
	return env
}

// state is the state of the last run, "" if there is none yet.
func (tr *trial) state() (id, state string) {
	tr.t.Helper()
	code, out := tr.run("", "status", "-o", "json")
	if code == exitUsage {
		return "", ""
	}
	var doc struct {
		Run struct{ ID, State string }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 {
		tr.t.Fatalf("status ends with %d: %v\n%s", code, err, tr.said)
	}
	return doc.Run.ID, doc.Run.State
}

// carryOut carries the undertaking out with a fault, goes on until the run is over, and
// returns it as the journal tells it.
func (tr *trial) carryOut(fault string) *journal.Run {
	tr.t.Helper()
	tr.work(fault, tr.what.args...)
	for range 4 {
		id, state := tr.state()
		switch {
		case id == tr.last: // it ended before there was a run: nothing was begun
			tr.untouched()
			tr.work("", tr.what.args...)
		case state == "interrupted":
			tr.work("", "resume", id)
		case state == "finished":
			tr.traced = false
			return tr.judgeJournal(id)
		default:
			tr.t.Fatalf("the run is %s\n%s", state, tr.said)
		}
	}
	tr.t.Fatalf("the run comes to no end\n%s", tr.said)
	return nil
}

// work is run for a command that carries out the run, and keeps what it printed.
func (tr *trial) work(fault string, args ...string) {
	tr.t.Helper()
	code, out := tr.run(fault, slices.Concat(args, []string{"-o", "jsonl"})...)
	tr.codes = append(tr.codes, code)
	tr.out += out
}

// untouched: nothing was begun on any machine.
func (tr *trial) untouched() {
	tr.t.Helper()
	for _, h := range tr.fleet.Hosts() {
		s, b := h.Snapshot(), tr.before[h.Name()]
		if len(s.Jobs) != len(b.Jobs) || len(s.Changes) != len(b.Changes) || s.Boots != b.Boots || s.Claim != b.Claim || !slices.Equal(s.Points, b.Points) {
			tr.t.Errorf("%s was touched before there was a run: %+v", h.Name(), s.Jobs)
		}
	}
}

// judgeJournal: the database is whole, tells a run, and has all that it ever
// acknowledged, once.
func (tr *trial) judgeJournal(id string) *journal.Run {
	tr.t.Helper()
	raw, err := sql.Open("sqlite3", tr.db())
	if err != nil {
		tr.t.Fatal(err)
	}
	var word string
	err = raw.QueryRowContext(tr.t.Context(), "PRAGMA integrity_check").Scan(&word)
	if err := errors.Join(err, raw.Close()); err != nil || word != "ok" {
		tr.t.Errorf("integrity: %s, %v", word, err)
	}
	st, err := store.OpenExisting(tr.t.Context(), tr.db())
	if err != nil {
		tr.t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			tr.t.Error(err)
		}
	}()
	if bad, err := st.CheckChain(tr.t.Context()); bad != 0 || err != nil {
		tr.t.Errorf("the chain is broken at event %d: %v", bad, err)
	}
	events, err := st.Events(tr.t.Context(), id)
	if err != nil {
		tr.t.Fatal(err)
	}
	has := map[string]int{}
	for _, e := range events {
		has[eventKey(e)]++
	}
	for _, e := range tr.acknowledged(id) {
		if n := has[eventKey(e)]; n != 1 {
			tr.t.Errorf("the journal has %d times what it acknowledged: %.300s", n, eventKey(e))
		}
	}
	r, err := journal.Fold(events)
	if err != nil {
		tr.t.Fatalf("the journal tells no run: %v", err)
	}
	return r
}

// eventKey tells events apart.
func eventKey(e journal.Event) string {
	return strings.Join([]string{e.Run, e.At.UTC().Format(time.RFC3339Nano), e.Host, string(e.Type), string(e.Data)}, " ")
}

// acknowledged are the events of a run that the journal acknowledged, as the trace
// has it, and those that were printed, which are acknowledged too.
func (tr *trial) acknowledged(id string) []journal.Event {
	tr.t.Helper()
	var all []journal.Event
	for _, l := range tr.steps() {
		if l.Acked {
			all = append(all, l.Events...)
		}
	}
	printed := 0
	for line := range strings.Lines(tr.out) {
		var e journal.Event
		if json.Unmarshal([]byte(line), &e) == nil && e.Type != "" { // a process that is killed may leave half a line
			all = append(all, e)
			printed++
		}
	}
	all = slices.DeleteFunc(all, func(e journal.Event) bool { return e.Run != id })
	if len(all) == 0 || printed == 0 {
		tr.t.Errorf("%d events acknowledged, %d printed: nothing is judged", len(all), printed)
	}
	return all
}

// steps is the trace.
func (tr *trial) steps() []faults.Line {
	tr.t.Helper()
	b, err := os.ReadFile(tr.trace())
	if err != nil {
		tr.t.Fatal(err)
	}
	var all []faults.Line
	for line := range strings.Lines(string(b)) {
		var l faults.Line
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			tr.t.Fatalf("%v: %s", err, line)
		}
		all = append(all, l)
	}
	return all
}

// judgeMachines: the machines themselves say that nothing was done twice, and
// they are in the states that the journal tells. One may have ended in another
// state than usual if strict is not set; it says why.
func (tr *trial) judgeMachines(r *journal.Run, strict bool) (others int) {
	tr.t.Helper()
	for name, want := range trialEnds() {
		h, s := r.Host(name), tr.fleet.Host(name).Snapshot()
		if h == nil {
			tr.t.Errorf("the run does not know %s", name)
			continue
		}
		jobs := tr.onceEach(s)
		if h.State == want {
			if strings.Join(jobs, ", ") != strings.Join(trialJobs()[name], ", ") {
				tr.t.Errorf("%s is %s after the jobs %v", name, h.State, jobs)
			}
			if s.Boots != 1 || h.Reboots != 1 || s.Claim != "" || len(s.Left) > 0 {
				tr.t.Errorf("%s: %d reboots, %d in the journal, claim %q, left %v", name, s.Boots, h.Reboots, s.Claim, s.Left)
			}
			continue
		}
		others++
		if strict || !h.State.Ended() || h.Fault == nil || h.Fault.Message == "" {
			tr.t.Errorf("%s is %s, not %s: %+v", name, h.State, want, h.Fault)
		}
		if h.Reboots > 1 || s.Boots > 1 {
			tr.t.Errorf("%s: %d reboots, %d in the journal", name, s.Boots, h.Reboots)
		}
	}
	if others > 1 {
		tr.t.Errorf("one fault, and %d hosts suffer", others)
	}
	return others
}

// onceEach returns the jobs of a machine, sorted; none was begun twice, and no
// change was made twice by the same job.
func (tr *trial) onceEach(s sim.Snapshot) []string {
	tr.t.Helper()
	var jobs []string
	for _, j := range s.Jobs {
		part := strings.Split(j.ID, ".")
		jobs = append(jobs, part[1]+" "+part[2])
		if j.Runs > 1 {
			tr.t.Errorf("%s: job %s was begun %d times", s.Name, j.ID, j.Runs)
		}
	}
	slices.Sort(jobs)
	if len(slices.Compact(slices.Clone(jobs))) != len(jobs) {
		tr.t.Errorf("%s: a job twice: %v", s.Name, jobs)
	}
	seen := map[sim.Change]bool{}
	for _, c := range s.Changes {
		if seen[c] {
			tr.t.Errorf("%s: twice %+v", s.Name, c)
		}
		seen[c] = true
	}
	return jobs
}
