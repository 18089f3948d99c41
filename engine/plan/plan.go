package plan

import (
	"time"

	"patchwave/engine/updates"
)

// Plan is exactly what would be done. Its JSON is the contract of the plan
// command and of plan files.
type Plan struct {
	Schema  string    `json:"schema"`
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// Expires is when the plan is too old to be applied.
	Expires time.Time `json:"expires"`
	// Digest is over all but Schema, ID, the times and itself.
	Digest       string     `json:"digest"`
	ConfigDigest string     `json:"config_digest"`
	Waves        []Wave     `json:"waves"`
	Excluded     []Excluded `json:"excluded"`
}

// Schema is the version of the JSON of a plan.
const Schema = "patchwave/plan/v1"

// Lifetime is how long a plan can be applied after it was made.
const Lifetime = 24 * time.Hour

// Wave is one wave of one policy.
type Wave struct {
	Policy    string     `json:"policy"`
	Name      string     `json:"name"`
	NotBefore *time.Time `json:"not_before"`
	Batches   []Batch    `json:"batches"`
}

// Batch is a set of hosts that are worked on at once.
type Batch struct {
	Hosts []Host `json:"hosts"`
}

// Host is what would be done to one host. Without steps it has nothing to do.
type Host struct {
	Name    string    `json:"name"`
	Steps   []Step    `json:"steps"`
	Skipped []Skipped `json:"skipped"`
	Notes   []string  `json:"notes"`
}

// Step is one step on a host: its restore point, then its updates, then the
// reboot if one is foreseen.
type Step struct {
	Step         string  `json:"step"`
	RestorePoint *Point  `json:"restore_point"`
	Updates      []Entry `json:"updates"`
	// Reboot says that a reboot is foreseen; whether it is done is decided after
	// the updates by what the host then says.
	Reboot bool `json:"reboot"`
	// Prune are restore points that are to be removed.
	Prune []OldPoint `json:"prune,omitempty"`
	// Download is in bytes, 0 if unknown.
	Download int64 `json:"download"`
}

// StepUpdates is the name of the step that installs.
const StepUpdates = "updates"

// StepReboot is the name of a step that only reboots: what it was left to do by an
// earlier run.
const StepReboot = "reboot"

// Point is the restore point that would be made.
type Point struct {
	Provider string `json:"provider"`
	// ID is the provider's own name of the point that a plan goes back to; "" in a plan
	// that makes one.
	ID string `json:"id,omitempty"`
	// Always says that the host is taken back even where it has none of the versions of
	// the plan; Newer are its points that lead nowhere afterwards.
	Always     bool       `json:"always,omitempty"`
	Newer      []OldPoint `json:"newer,omitempty"`
	Required   bool       `json:"required"`
	Undoes     []string   `json:"undoes"`
	CannotUndo []string   `json:"cannot_undo"`
}

// OldPoint is a restore point that is to be removed, or that leads nowhere any more.
type OldPoint struct {
	// ID is the one of the journal; "" for a leftover that no journal knows.
	ID       string `json:"id"`
	Provider string `json:"provider"`
	// Tag is patchwave's own name of the point, Native the provider's own.
	Tag    string `json:"tag"`
	Native string `json:"native,omitempty"`
	// Run is the run that made it, as far as that is known.
	Run string `json:"run"`
	Why string `json:"why"`
}

// Entry is one change with the decision that brought it.
type Entry struct {
	updates.Change
	// Title is what the source calls the update, where its name does not say it.
	Title    string `json:"title,omitempty"`
	Decision string `json:"decision"`
	Rule     string `json:"rule"`
	Reason   string `json:"reason,omitempty"`
}

// Skipped is a pending update that is left out.
type Skipped struct {
	Name     string     `json:"name"`
	Arch     string     `json:"arch"`
	To       string     `json:"to"`
	Decision string     `json:"decision"`
	Rule     string     `json:"rule"`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until"`
}

// Excluded is a host that is left out.
type Excluded struct {
	Host   string `json:"host"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// Codes of Excluded beside the error codes of connectors.
const (
	// ExcludedUnmanaged: no policy claims the host.
	ExcludedUnmanaged = "unmanaged"
	// ExcludedAmbiguous: several policies claim it and none was chosen.
	ExcludedAmbiguous = "ambiguous"
	// ExcludedWindow: the policy's window is not open, or its turn has not come.
	ExcludedWindow = "window"
	// ExcludedFrozen, ExcludedSuspended, ExcludedUnattended, ExcludedAvailability: nothing may be changed
	// now, by a calendar or by an operator's word.
	ExcludedFrozen     = "frozen"
	ExcludedSuspended  = "suspended"
	ExcludedUnattended = "unattended"
	// ExcludedOverlap: two policies want the host at one time.
	ExcludedOverlap = "overlap"
	// ExcludedAvailability: an availability lets none of its hosts be away.
	ExcludedAvailability = "availability"
)

// Refused reports whether a host was left out because the operator's own words
// forbid it, not because something is wrong with it.
func (x Excluded) Refused() bool {
	switch x.Code {
	case ExcludedAmbiguous, ExcludedWindow, ExcludedFrozen, ExcludedSuspended, ExcludedUnattended, ExcludedOverlap, ExcludedAvailability:
		return true
	default:
		return false
	}
}

// Changes returns all changes of a host, in their order.
func (h Host) Changes() []updates.Change {
	var out []updates.Change
	for _, s := range h.Steps {
		for _, e := range s.Updates {
			out = append(out, e.Change)
		}
	}
	return out
}

// Wanted returns the versions that were asked of the solver: what the policy
// approved, without the dependencies it added.
func (s Step) Wanted() []updates.Want {
	var out []updates.Want
	for _, e := range s.Updates {
		if e.Decision == "approved" {
			out = append(out, updates.Want{Name: e.Name, Arch: e.Arch, Version: e.To})
		}
	}
	return out
}

// Totals counts hosts with something to do, changes and foreseen reboots.
func (p *Plan) Totals() (hosts, changes, reboots int) {
	for _, h := range p.Hosts() {
		n := len(h.Changes())
		if n > 0 {
			hosts++
		}
		changes += n
		for _, s := range h.Steps {
			if s.Reboot {
				reboots++
			}
		}
	}
	return hosts, changes, reboots
}

// Host returns the host of a name, or nil.
func (p *Plan) Host(name string) *Host {
	for i := range p.Waves {
		for _, b := range p.Waves[i].Batches {
			for j := range b.Hosts {
				if b.Hosts[j].Name == name {
					return &b.Hosts[j]
				}
			}
		}
	}
	return nil
}

// Hosts returns all hosts of the plan in the order of waves and batches.
func (p *Plan) Hosts() []Host {
	var out []Host
	for _, w := range p.Waves {
		for _, b := range w.Batches {
			out = append(out, b.Hosts...)
		}
	}
	return out
}
