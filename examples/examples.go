// Package examples holds configurations to start from, and the reference of their
// language.
package examples

//go:generate go test . -run ^TestReference$ -update

import _ "embed" // the quickstart

// Quickstart is the configuration that `patchwave init` writes.
//
//go:embed quickstart/main.hcl
var Quickstart []byte
