// Package sshserver is an SSH server on 127.0.0.1 for tests. It runs what it is
// asked to run with the real /bin/sh, as the user of the test, and it can be made
// to misbehave: to be silent, to drop connections, to drip its banner, to stop
// answering in the middle.
//
// It records what a client sends before the encryption starts, and every attempt
// to log in, so that a test can prove that an unverified peer got nothing.
package sshserver
