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

// trial is one run of three simulated machines, as processes that may be killed,
// while the machines live on in this one.
type trial struct {
	t     *testing.T
	fleet *sim.Fleet
	dir   string
	// out is what all processes printed on standard output.
	out string
	// said is what they printed on standard error.
	said string
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

func newTrial(t *testing.T) *trial {
	t.Helper()
	fleet, err := sim.NewFleet(sim.Options{JobTime: 30 * time.Millisecond, RebootTime: 60 * time.Millisecond, Second: 5 * time.Millisecond, SharedHostKey: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	for _, m := range trialMachines() {
		if _, err := fleet.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	tr := &trial{t: t, fleet: fleet, dir: t.TempDir()}
	if err := os.Chmod(tr.dir, 0o700); err != nil { // the configuration must be private
		t.Fatal(err)
	}
	for name, data := range map[string]string{"known_hosts": string(fleet.KnownHosts()), "id_ed25519": string(fleet.ClientKey()),
		"policies.hcl": trialPolicies, "fleet.hcl": fleetConfig(fleet, tr.db(), "", "")} {
		if err := os.WriteFile(filepath.Join(tr.dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
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
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + tr.dir, "TZ=UTC", "GORACE=atexit_sleep_ms=0",
		"PATCHWAVE_FAULTS=" + fault, "PATCHWAVE_FAULTS_TRACE=" + tr.trace()}
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

// carryOut applies with a fault, goes on until the run is over, and returns it as
// the journal tells it.
func (tr *trial) carryOut(fault string) *journal.Run {
	tr.t.Helper()
	_, out := tr.run(fault, "apply", "--yes", "-o", "jsonl")
	tr.out += out
	for range 4 {
		id, state := tr.state()
		switch state {
		case "": // it ended before there was a run: nothing was begun
			tr.untouched()
			_, out = tr.run("", "apply", "--yes", "-o", "jsonl")
		case "interrupted":
			_, out = tr.run("", "resume", id, "-o", "jsonl")
		case "finished":
			return tr.judgeJournal(id)
		default:
			tr.t.Fatalf("the run is %s\n%s", state, tr.said)
		}
		tr.out += out
	}
	tr.t.Fatalf("the run comes to no end\n%s", tr.said)
	return nil
}

// untouched: nothing was begun on any machine.
func (tr *trial) untouched() {
	tr.t.Helper()
	for _, h := range tr.fleet.Hosts() {
		if s := h.Snapshot(); len(s.Jobs)+len(s.Changes)+s.Boots > 0 || s.Claim != "" {
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
