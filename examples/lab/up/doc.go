//go:build lab

// Command up starts guests of the lab for a person to look at, and keeps them
// until it is told to stop. It is built with the tag lab:
//
//	go run -tags lab ./examples/lab/up web1=apt db1=dnf
//
// It prints how to log in, then reads commands from standard input: reset NAME,
// off NAME, on NAME, cut NAME, mend NAME, add NAME=FLAVOUR, quit.
package main
