package policies

import (
	"time"

	"patchwave/inventory"
)

// OnFailure says what follows a failed verification or action.
type OnFailure string

// What follows a failure.
const (
	FailRollback OnFailure = "rollback"
	FailStop     OnFailure = "stop"
	FailContinue OnFailure = "continue"
)

// Verification is what must be true after the updates.
type Verification struct {
	Name string
	// Unchanged are the parts of a host's health that must be after the updates
	// what they were before; see HealthParts.
	Unchanged []string
	// Probes are in the order of the configuration.
	Probes    []Probe
	OnFailure OnFailure
	Pos       inventory.Position
}

// HealthParts is the closed list of what Verification.Unchanged can name.
func HealthParts() []string {
	return []string{"services", "listeners", "mounts", "failed_units", "broken_packages", "kernel", "routes", "time", "event_errors"}
}

// ProbeKind names a kind of probe.
type ProbeKind string

// The kinds of probes.
const (
	ProbeService ProbeKind = "service"
	ProbeTCP     ProbeKind = "tcp"
	ProbeHTTP    ProbeKind = "http"
	ProbeCommand ProbeKind = "command"
)

// Probe is one question asked after the updates.
type Probe struct {
	Kind ProbeKind
	Name string
	// State is what a service must be: "running" or "stopped".
	State string
	// Port of a tcp probe.
	Port int
	// URL of an http probe, Status the status codes that are good, and Body what
	// the answer must contain ("" is anything).
	URL    Text
	Status []int
	Body   string
	// Run is the command line of a command probe; Command is set instead where it
	// is written as a list: a program and its arguments, without a shell.
	Run     string
	Command []Text
	// Become runs the command with privilege; true unless the operator says not.
	Become bool
	// On is OnHost or OnController.
	On string
	// Within is how long the probe is repeated until it is true.
	Within time.Duration
	Pos    inventory.Position
}
