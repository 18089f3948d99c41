package connectors

import (
	"context"
	"time"
)

// DefaultMaxOutput bounds each of the two output streams of a command, in
// bytes, where the command does not say otherwise.
const DefaultMaxOutput = 16 << 20

// Dialect is a language of scripts.
type Dialect string

// The dialects.
const (
	DialectSh         Dialect = "sh"
	DialectPowerShell Dialect = "powershell"
)

// Command is one thing to run on a machine. Exactly one of Script and Line is
// set.
type Command struct {
	// Script is a whole program in the session's Dialect. A POSIX sh program goes
	// over standard input to one "/bin/sh -s", a PowerShell program over standard
	// input to a fixed loader, so nothing of it is in any argument list. Children of
	// the script must not read standard input.
	Script []byte
	// Line is a command line for the login shell of the user (of sh, if Become; of
	// cmd.exe on Windows), as an operator typed it for exec.
	Line string
	// Become runs it with the target's Become. A session of DialectPowerShell is an
	// administrator's from its beginning and ignores it.
	Become bool
	// Timeout bounds this command; 0 means the target's Timeouts.Command.
	Timeout time.Duration
	// Idle bounds the silence between two pieces of output; 0 means no bound of
	// its own.
	Idle time.Duration
	// MaxOutput bounds each stream in bytes; 0 means DefaultMaxOutput. What is
	// over it is thrown away while it arrives and Result.Truncated is set.
	MaxOutput int64
}

// Result is what a command did. Its bytes are hostile.
type Result struct {
	Stdout, Stderr []byte
	// ExitCode is the exit status, 128+n if a signal ended it.
	ExitCode int
	// Signal is the name of the signal that ended it ("KILL"), or "".
	Signal string
	// Truncated says that a stream was longer than allowed.
	Truncated bool
	Duration  time.Duration
}

// Session is one authenticated connection to a machine. Run may be called from
// several goroutines; an implementation serves at most a few at once (a default
// sshd allows ten) and queues the rest.
type Session interface {
	// Dialect is the language of the scripts that the machine runs.
	Dialect() Dialect
	// Run runs one command to its end. A command that ran and failed is not an
	// error: look at Result.ExitCode. The error is an *Error with one of the codes
	// lost, timeout, interrupted (ctx was cancelled), sudo, unsupported, guard (what
	// a script has to lie in on the machine is not safe). After lost the session is
	// dead.
	// When ctx ends, Run returns within two seconds with what was read so far;
	// whether the command still runs on the machine is not known.
	Run(ctx context.Context, c Command) (Result, error)
	// Close ends the connection and everything that Run still waits for. It is
	// safe to call twice.
	Close() error
}

// Dialer opens sessions. Dial returns an *Error with one of the codes
// unreachable, auth, host-key, timeout, interrupted (ctx was cancelled),
// unsupported. No byte that authenticates is sent before the peer's identity was
// verified.
type Dialer interface {
	Dial(ctx context.Context, t Target) (Session, error)
}
