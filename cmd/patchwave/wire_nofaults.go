//go:build !faults

package main

import "patchwave/engine/run"

// withFaults leaves an engine as it is. A program for trials is built with the tag
// faults; see wire_faults.go.
func (*app) withFaults(*run.Engine) error { return nil }
