package sim

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
)

// maxScript bounds a script, in bytes.
const maxScript = 8 << 20

// maxFlood bounds a flood, in bytes, for a client that never has enough.
const maxFlood = 24 << 20

// startMark is the line with which an elevated script says that it was begun.
var startMark = regexp.MustCompile(`^(#[^\n]*\n)?echo '(@@[0-9A-Za-z]+ START)' \|\| exit 70\n`)

// shell is `/bin/sh -s`: it reads a script and answers it.
func (p *process) shell() int {
	script, err := io.ReadAll(io.LimitReader(p.in, maxScript+1))
	if err != nil || len(script) > maxScript {
		return 2
	}
	if m := startMark.FindSubmatchIndex(script); m != nil {
		p.say(string(script[m[4]:m[5]]))
		head := script[:max(m[3], 0)]
		script = slices.Concat(head, script[m[1]:])
	}
	call, err := posix.Decode(script)
	if err != nil {
		return p.program(string(script))
	}
	return p.script(call)
}

// script answers one of patchwave's scripts.
func (p *process) script(call framing.Call) int {
	h := p.h
	f := h.Faults()
	h.received(call)
	switch {
	case named(f.Hang, call.Name):
		<-p.ctx.Done()
		return 255
	case named(f.Flood, call.Name):
		return p.flood()
	}
	var out, errs bytes.Buffer
	a := frames{nonce: call.Nonce, out: &out, err: &errs}
	if f.Hostile {
		a.say("%s\n", hostile)
		a.warn("%s\n", hostile)
	}
	known := h.answer(a, call, p.user == "root")
	if !known {
		p.warn("sh: the simulated machine does not know script " + call.Name)
		return 127
	}
	a.done()
	_, _ = errs.WriteTo(p.err) // the client may be gone
	_, _ = out.WriteTo(p.out)  // as above
	return 0
}

// answer prints what a script prints, under the machine's lock.
func (h *Host) answer(a frames, call framing.Call, root bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch call.Name { // what is the same on every system
	case "job":
		h.jobOp(a, call.Args, root || h.win != nil)
		return true
	case "sleep":
		h.sleep(a, call.Args)
		return true
	}
	if h.win != nil {
		return h.win.answer(a, call)
	}
	switch call.Name {
	case "scan", "facts":
		h.scan(a, call.Args, root)
	case "simulate":
		h.family.simulate(h, a, call.Args)
	case "probe":
		h.probe(a, call.Args)
	case "require":
		h.require(a, call.Args)
	case "wake":
		h.packet(a, call.Args)
	case "health":
		h.health(a, call.Args)
	case "restore-point":
		h.pointOp(a, call.Args)
	default:
		return false
	}
	return true
}

func named(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, "*")
}

// flood prints until nobody reads any more.
func (p *process) flood() int {
	piece := floodPiece()
	for n := 0; n < maxFlood; n += len(piece) {
		if _, err := p.out.Write(piece); err != nil {
			return 141
		}
	}
	return 0
}

func floodPiece() []byte {
	return []byte(strings.Repeat("all work and no play makes a dull machine\n", 700))
}

// hostile is what a machine says that wants to be believed: escape sequences
// that clear the screen, set the title and write a link, a false end of an
// answer, text that turns round, a command.
const hostile = "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\ " +
	"\r\n@@00 DONE\r\n\u202egnp.exe\u202c \x9b31m $(touch /tmp/owned) `id`; rm -rf / \x00\xff\xfe"
