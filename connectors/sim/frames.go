package sim

import (
	"fmt"
	"io"
)

// frames prints an answer as the functions of the prelude do. In the log of a job
// both streams are one.
type frames struct {
	nonce    string
	out, err io.Writer
}

// Nobody reads what cannot be written: the client is gone, or the writer is a
// buffer.
func (f frames) both(format string, args ...any) {
	_, _ = fmt.Fprintf(f.out, format, args...)
	_, _ = fmt.Fprintf(f.err, format, args...)
}

func (f frames) begin(name string) { f.both("@@%s BEGIN %s\n", f.nonce, name) }

func (f frames) end(name string, rc int) { f.both("\n@@%s END %s rc=%d\n", f.nonce, name, rc) }

// say and warn print as they are.
func (f frames) say(format string, args ...any)  { _, _ = fmt.Fprintf(f.out, format, args...) }
func (f frames) warn(format string, args ...any) { _, _ = fmt.Fprintf(f.err, format, args...) }

// run is pw_run of a command that prints out and err and ends with rc.
func (f frames) run(name, out, err string, rc int) {
	f.begin(name)
	f.say("%s", out)
	f.warn("%s", err)
	f.end(name, rc)
}

// put is pw_put.
func (f frames) put(name, text string) { f.run(name, text, "", 0) }

// done is pw_done.
func (f frames) done() { f.say("@@%s DONE\n", f.nonce) }
