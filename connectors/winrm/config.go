package winrm

import (
	"context"
	"net"
	"time"
)

// Config of a Dialer. The zero value is what a program wants; the fields exist for
// tests and for large fleets.
type Config struct {
	// DialContext opens TCP connections; nil means net.Dialer. Proxies of the
	// environment are never used.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Operation is how long the host may hold a request (OperationTimeout); 0 means
	// 20s. By default no host holds one longer than a minute.
	Operation time.Duration
	// Grace is how much longer than Operation a reply is waited for; 0 means 10s.
	Grace time.Duration
	// Pause is the pause before a request for output is sent again after the
	// connection failed, doubled after each; 0 means 500ms.
	Pause time.Duration
	// Poll is the least time between two requests for output while there is none;
	// 0 means 200ms.
	Poll time.Duration
	// Busy is the pause after the host said that it is busy with earlier input; 0
	// means 5s.
	Busy time.Duration
	// Cleanup bounds the ending of a command that was given up, and Close; 0 means
	// 5s.
	Cleanup time.Duration
	// Commands bounds the commands that run in one session at the same time; 0
	// means 2. Each has a shell and two connections on the host.
	Commands int
	// MaxBuffered bounds what the outputs of all commands hold while they run, over
	// 64 KiB for each, in bytes; 0 means 64 MiB. What does not fit is cut off, as
	// with Command.MaxOutput.
	MaxBuffered int64
}

// Defaults of Config.
const (
	DefaultOperation = 20 * time.Second
	DefaultGrace     = 10 * time.Second
	DefaultPause     = 500 * time.Millisecond
	DefaultPoll      = 200 * time.Millisecond
	DefaultBusy      = 5 * time.Second
	DefaultCleanup   = 5 * time.Second
	DefaultCommands  = 2
)

func (c Config) withDefaults() Config {
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{}).DialContext
	}
	orDefault(&c.Operation, DefaultOperation)
	orDefault(&c.Grace, DefaultGrace)
	orDefault(&c.Pause, DefaultPause)
	orDefault(&c.Poll, DefaultPoll)
	orDefault(&c.Busy, DefaultBusy)
	orDefault(&c.Cleanup, DefaultCleanup)
	orDefault(&c.Commands, DefaultCommands)
	return c
}

func orDefault[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}
