package inventory

import "time"

// ScanState says how good the answer of a scan is.
type ScanState string

// The states of a scan. There is no silently empty one.
const (
	// ScanOK: the index is fresh enough and the listing is whole.
	ScanOK ScanState = "ok"
	// ScanStale: there is a listing, but the index could not be refreshed (dead
	// repository, expired signature, skewed clock).
	ScanStale ScanState = "stale"
	// ScanUnreachable: the machine was not entered.
	ScanUnreachable ScanState = "unreachable"
	// ScanFailed: the machine was entered and there is no listing to trust.
	ScanFailed ScanState = "failed"
)

// Problem is an error as it is reported and stored.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Observation is what was seen on one host at one time. It is never changed.
type Observation struct {
	Host  string
	At    time.Time
	State ScanState
	// IndexAge is the age of the package index, negative if unknown.
	IndexAge time.Duration
	// Problem is set unless State is ScanOK.
	Problem *Problem
	Facts   Facts
	Updates []Update
	// Notes are warnings that do not change the state.
	Notes    []string
	Duration time.Duration
}
