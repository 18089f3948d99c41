package main

import (
	"os"
	"syscall"
)

// signals are those that a script can send.
func signals() map[string]os.Signal {
	return map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill,
		"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT}
}
