// Package connectors is the vocabulary of the ways to a machine: what is
// dialled (Target), what is asked (Command), what comes back (Result), and the
// errors that say what went wrong and whether trying again makes sense (Error).
//
// The concrete ways live below: ssh, local and sim. What ssh and local have in
// common, deadlines, bounded output and the conversation with sudo, is in runner
// and become. What cuts across them (retry, limits, recording) is a decorator of
// Dialer or Session in wrap, never an if inside a connector. Every connector
// passes the one suite in connectortest.
//
//	Dialer.Dial(ctx, Target) ──► Session ──► Run(ctx, Command) ──► Result | *Error
//
// Nothing in here or below imports anything above connectors: a machine does
// not know who talks to it.
//
// Bytes that come from a host (Result.Stdout, Result.Stderr, the text inside an
// Error) are hostile until they were parsed; nothing here prints them.
package connectors
