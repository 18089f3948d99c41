// Package examples holds configurations to start from.
package examples

import _ "embed" // the quickstart

// Quickstart is the configuration that `patchwave init` writes.
//
//go:embed quickstart/main.hcl
var Quickstart []byte
