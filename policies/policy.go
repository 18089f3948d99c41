package policies

import (
	"time"

	"patchwave/inventory"
)

// Policy says how a set of hosts is patched.
type Policy struct {
	Name string
	// Hosts are the names of the hosts it claims, sorted.
	Hosts        []string
	Baseline     *Baseline
	Preparation  *Preparation  // nil if none
	Verification *Verification // nil if none
	Rollout      Rollout
	Reboot       Reboot
	Window       *Window // nil: it runs only by apply
	// After are names of policies that come before it, sorted.
	After []string
	// Gap is the time from the launch of the policy before it in the same window
	// to its own launch.
	Gap      time.Duration
	Priority int
	// Updates is "all", "no-reboot" or "reboot".
	Updates string
	Stage   *Stage  // nil if none
	Notice  *Notice // nil if none
	// Notify are told what becomes of it, sorted by name.
	Notify []*Notify
	// WindowsUpdate is nil if the policy does not say.
	WindowsUpdate *WindowsUpdate
	Pos           inventory.Position
}

// Amount is a number or a percentage. Exactly one is set, or neither: then it
// is "not given".
type Amount struct {
	Count   int
	Percent int // 1 to 100, 0 if Count is meant
	Given   bool
}

// Of returns how many of total hosts the amount is: percentages are rounded
// down, at least one.
func (a Amount) Of(total int) int {
	if a.Percent == 0 {
		return a.Count
	}
	return max(1, total*a.Percent/100)
}

// Rollout says in which waves and batches, and when to stop.
type Rollout struct {
	// Split is SplitReboot or "".
	Split string
	// Waves are in order; there is at least one.
	Waves []Wave
	// MaxFailures: the breaker trips when failures exceed it; 0 stops at the
	// first.
	MaxFailures Amount
	// Counts are the host states that count as failures.
	Counts []string
}

// SplitReboot installs what needs no reboot first, and what needs one as a later
// step of its own.
const SplitReboot = "reboot"

// Wave is one wave of a rollout. With neither Count nor Percent it takes all
// that is left and is the last.
type Wave struct {
	Name    string
	Count   int
	Percent int
	// Batch is how many hosts are worked on at once; not given means 10.
	Batch Amount
	// MaxUnavailable bounds the hosts that are not back yet; not given means no
	// bound but the batch.
	MaxUnavailable Amount
	// Soak is the wait before the next wave begins.
	Soak time.Duration
	Pos  inventory.Position
}

// DefaultBatch is the size of a batch where none is given.
const DefaultBatch = 10

// RebootWhen says when a host is rebooted.
type RebootWhen string

// When to reboot.
const (
	RebootRequired RebootWhen = "required"
	RebootAlways   RebootWhen = "always"
	RebootNever    RebootWhen = "never"
	RebootDefer    RebootWhen = "defer"
)

// Reboot says when and how a host is rebooted.
type Reboot struct {
	When    RebootWhen
	Timeout time.Duration
	// Cycles bounds the rounds of update and reboot in one run.
	Cycles  int
	Stagger time.Duration
	// Window is when a deferred reboot happens; set if When is RebootDefer.
	Window *Window
}
