package sim

import (
	"maps"
	"slices"

	"patchwave/connectors/framing"
)

// Snapshot is what a machine has, and what was done to it.
type Snapshot struct {
	Name   string
	BootID string
	// Boots counts the reboots.
	Boots int
	// Off: it went down and has not booted since.
	Off    bool
	Kernel string
	// Installed are the packages, by the name that apt shows (the native
	// architecture is not said).
	Installed map[string]Installed
	// Changes are what package management did, in order.
	Changes []Change
	// Jobs are those that were ever started, in order, also after they were
	// collected.
	Jobs []JobRecord
	// Left are the ids of jobs that were not collected.
	Left []string
	// Scripts counts the scripts that were received, by name; for jobs "job OP".
	Scripts map[string]int
	// Lines are the last command lines.
	Lines []string
	// Logins counts logins by user; WrongPasswords what sudo refused.
	Logins         map[string]int
	WrongPasswords int
	Refreshes      int
	// Claim is "CONTROLLER RUN", or "".
	Claim string
	// RebootRequired are the packages that set the reboot flag.
	RebootRequired []string
	// Services by name: active, inactive, failed, activating.
	Services    map[string]string
	Interrupted bool
	// Actions are the command lines of actions, in the order in which they ran.
	Actions []string
	// Wakes counts the packets that woke it or found it awake; Rests are "asleep" and
	// "off", each time that it went there.
	Wakes int
	Rests []string
	// Build is the version of a system of the family Windows, Reasons are those for
	// which it wants a reboot, and EULAs the UpdateIDs of licences that were accepted.
	// Its updates stand in Installed, by UpdateID: "ok", "pending-reboot", "leaving".
	Build   string
	Reasons []Reason
	EULAs   []string
	// Points are the descriptions of the restore points that a Windows has, or the names
	// of the snapshots of a root on btrfs.
	Points []string
}

// Installed is one package in a Snapshot.
type Installed struct {
	Version string
	// State is "ok" or dpkg's word.
	State      string
	Auto, Held bool
}

// Change is one thing that was done to a package.
type Change struct {
	// Job is the id of the job that did it.
	Job string
	// Action is "install", "remove" or "fail" (unpacked and not configured).
	Action, Package, From, To string
}

// JobRecord is one job.
type JobRecord struct {
	ID, Script string
	// Runs counts how often its body was begun: never more than once.
	Runs  int
	Ended bool
	RC    int
}

// maxLines bounds the command lines that are remembered.
const maxLines = 500

// record is what was done to a machine.
type record struct {
	boots, refreshes, wrongPasswords int
	changes                          []Change
	jobs                             []*JobRecord
	scripts, logins                  map[string]int
	lines                            []string
	actions, rests                   []string
	wakes                            int
}

func newRecord() record { return record{scripts: map[string]int{}, logins: map[string]int{}} }

func (r *record) job(j *job) {
	r.jobs = append(r.jobs, &JobRecord{ID: j.id, Script: j.body.Name})
}

func (r *record) of(j *job) *JobRecord {
	i := slices.IndexFunc(r.jobs, func(k *JobRecord) bool { return k.ID == j.id })
	return r.jobs[i]
}

func (r *record) end(j *job) { r.of(j).Ended, r.of(j).RC = true, j.rc }

func (h *Host) ran(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.seen.lines) == maxLines {
		h.seen.lines = slices.Delete(h.seen.lines, 0, maxLines/2)
	}
	h.seen.lines = append(h.seen.lines, line)
}

func (h *Host) received(c framing.Call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := c.Name
	if name == "job" {
		name += " " + c.Args["op"]
	}
	h.seen.scripts[name]++
}

func (h *Host) loggedIn(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.logins[user]++
}

func (h *Host) wrongPassword() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen.wrongPasswords++
}

// Snapshot is what the machine has now, and what was done to it so far. It shares
// nothing with the machine.
func (h *Host) Snapshot() Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Snapshot{Name: h.name, BootID: h.bootID, Boots: h.seen.boots, Off: h.boot.Err() != nil, Kernel: h.kernel, Installed: map[string]Installed{},
		Changes: slices.Clone(h.seen.changes), Left: slices.Sorted(maps.Keys(h.jobs)), Scripts: maps.Clone(h.seen.scripts),
		Lines: slices.Clone(h.seen.lines), Logins: maps.Clone(h.seen.logins), WrongPasswords: h.seen.wrongPasswords,
		Refreshes: h.seen.refreshes, RebootRequired: slices.Clone(h.flag), Services: map[string]string{}, Interrupted: h.interrupted,
		Actions: slices.Clone(h.seen.actions), Wakes: h.seen.wakes, Rests: slices.Clone(h.seen.rests)}
	if h.win != nil {
		h.win.snapshot(&s)
	}
	for _, p := range h.volumes.points {
		s.Points = append(s.Points, p.name)
	}
	for name, p := range h.packages {
		s.Installed[name] = Installed{Version: p.version, State: p.state, Auto: p.auto, Held: p.held}
	}
	for _, j := range h.seen.jobs {
		s.Jobs = append(s.Jobs, *j)
	}
	if h.claim.controller != "" {
		s.Claim = h.claim.controller + " " + h.claim.run
	}
	for _, service := range h.spec.Services {
		s.Services[service.Name] = trimLine(h.isActive(service.Name).Out)
	}
	return s
}

func trimLine(s string) string { return s[:max(0, len(s)-1)] }
