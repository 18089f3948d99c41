//go:build !faults

package main

import (
	"patchwave/connectors"
	"patchwave/engine/run"
)

// withFaults leaves an engine as it is. A program for trials is built with the tag
// faults; see wire_faults.go.
func (*app) withFaults(*run.Engine) error { return nil }

// askingFaults leaves a dialer as it is.
func (*app) askingFaults(d connectors.Dialer) (connectors.Dialer, error) { return d, nil }
