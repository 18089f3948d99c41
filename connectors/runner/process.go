package runner

import (
	"context"
	"io"
	"strings"
)

// Exit is how a command ended.
type Exit struct {
	// Code is the exit status, 128+n if a signal ended it.
	Code int
	// Signal is its name without SIG ("KILL"), or "".
	Signal string
}

// Process is a command that was started.
type Process interface {
	// Write writes to standard input. It fails when nobody reads it any more.
	io.Writer
	// CloseWrite ends standard input.
	CloseWrite() error
	// Wait returns after the command ended and everything it printed went into
	// the streams. It is called once. The error is an *connectors.Error with code
	// lost, unsupported or unreachable.
	Wait() (Exit, error)
	// Abort ends the command, or at least the waiting for it, without blocking.
	// It is safe to call at any time and more than once.
	Abort()
}

// Starter starts command lines on one machine. Start may be called from several
// goroutines; it blocks while too many commands run. It is left alone, not
// waited for, when ctx ends: then it has to give back what it holds by itself.
type Starter interface {
	Start(ctx context.Context, line string, stdout, stderr *Stream) (Process, error)
}

// numbers are the signals of RFC 4254, section 6.10, and those that Linux adds.
var numbers = map[string]int{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
	"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "XCPU": 24, "XFSZ": 25, "SYS": 31,
}

// Signaled is the exit of a command that the signal of a name ended. A name
// that is not known counts as signal 0.
func Signaled(name string) Exit {
	name = strings.TrimPrefix(name, "SIG")
	if n, ok := numbers[name]; ok {
		return Exit{Code: 128 + n, Signal: name}
	}
	return Exit{Code: 128, Signal: "UNKNOWN"}
}
