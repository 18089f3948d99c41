// Package health asks whether a machine is well: the probes of a verification,
// and whether it has finished booting.
//
// A probe is repeated until it is true or its time is over, so that a service
// that takes a minute to start is not a failure.
package health
