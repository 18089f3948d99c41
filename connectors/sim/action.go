package sim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// actionLine is the command line of an action: engine/run/action.sh.
func actionLine(args map[string]string) string {
	if args["script"] != "" {
		return args["script"]
	}
	var argv []string
	for _, word := range strings.Fields(args["argv"]) {
		text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "="))
		if err != nil {
			return "a word of the command is not in base64"
		}
		argv = append(argv, string(text))
	}
	return strings.Join(argv, " ")
}

// action runs an action, line by line, until one fails.
func (w *worker) action() int {
	line := actionLine(w.job.body.Args)
	w.half()
	w.locked(func() {
		w.h.seen.actions = append(w.h.seen.actions, line)
		w.a.begin("action")
		rc := 0
		for _, l := range strings.Split(line, "\n") {
			if l = strings.TrimSpace(l); l == "" || rc != 0 {
				continue
			}
			r := w.h.reply(l, "root")
			if n := w.h.faults.FailActions[l]; n != 0 {
				r = Reply{Err: l + ": failed\n", RC: n}
			}
			w.a.say("%s", r.Out)
			w.a.warn("%s", r.Err)
			rc = r.RC
		}
		w.a.end("action", rc)
	})
	return 0
}

// require says what must be true before the machine is touched:
// engine/run/require.sh.
func (h *Host) require(a frames, args map[string]string) {
	a.put("clock", strconv.FormatInt(h.now().Unix(), 10)+"\n")
	if args["mounts"] != "" {
		free := or(h.spec.DiskFree, 15<<30) / 1024
		if h.faults.DiskFull {
			free = 0
		}
		var b strings.Builder
		for _, m := range strings.Split(args["mounts"], "\n") {
			fmt.Fprintf(&b, "%d\t%s\n", free, m)
		}
		a.run("disk", b.String(), "", 0)
	}
	if args["processes"] != "" {
		var b strings.Builder
		for i, p := range h.faults.Processes {
			if slices.Contains(strings.Split(args["processes"], "\n"), p) {
				fmt.Fprintf(&b, "%d\t%s\n", 4000+i, p)
			}
		}
		a.run("processes", b.String(), "", 0)
	}
	if args["users"] == "yes" {
		var b strings.Builder
		for i, u := range h.faults.Users {
			fmt.Fprintf(&b, "%s\tpts/%d\n", u, i)
		}
		a.run("users", b.String(), "", 0)
	}
}

// systemctl starts or stops a service.
func (h *Host) systemctl(verb, name string) Reply {
	name = strings.TrimSuffix(name, ".service")
	known := slices.ContainsFunc(h.spec.Services, func(s Service) bool { return s.Name == name })
	if !known {
		return Reply{Err: fmt.Sprintf("Failed to %s %s.service: Unit %s.service not loaded.\n", verb, name, name), RC: 5}
	}
	h.stopped[name] = verb == "stop"
	return Reply{}
}

// stops reports whether a service was stopped, or never started.
func (h *Host) stops(s Service) bool {
	if stopped, ok := h.stopped[s.Name]; ok {
		return stopped
	}
	return s.Stopped
}

// MAC is the address of its network card, or "".
func (h *Host) MAC() string { return h.spec.MAC }

// Sleep puts the machine to sleep: nothing answers, and all of it is as it was
// when it wakes.
func (h *Host) Sleep() { h.rest("asleep") }

// PowerOff turns the machine off, with everything that runs.
func (h *Host) PowerOff() { h.rest("off") }

func (h *Host) rest(how string) {
	h.mu.Lock()
	h.resting = how
	if how == "off" {
		h.endBoot()
	}
	h.seen.rests = append(h.seen.rests, how)
	h.mu.Unlock()
	h.goDown()
}

// wake wakes the machine, as a packet for its network card does.
func (h *Host) wake() {
	h.mu.Lock()
	how := h.resting
	h.resting = ""
	h.seen.wakes++
	h.mu.Unlock()
	switch how {
	case "asleep":
		h.comeUp()
	case "off":
		if h.start() {
			h.comeUp()
		}
	}
}

// Wake wakes the machine whose network card has an address, and reports whether
// there is one.
func (f *Fleet) Wake(mac string) bool {
	for _, h := range f.Hosts() {
		if h.spec.MAC != "" && strings.EqualFold(h.spec.MAC, mac) {
			h.fleet.spawn(h.wake)
			return true
		}
	}
	return false
}

// packet is a neighbour that sends a packet: engine/run/wake.sh.
func (h *Host) packet(a frames, args map[string]string) {
	h.fleet.spawn(func() { h.fleet.Wake(args["mac"]) })
	a.run("wake", "sent=python3\n", "", 0)
}

// sleep goes to rest in two seconds, unless a run works on the machine:
// engine/run/sleep.sh.
func (h *Host) sleep(a frames, args map[string]string) {
	if h.claim.controller != "" && h.now().Unix() < h.claim.expires {
		a.run("sleep", "", "another run works on this host\n", 75)
		return
	}
	how := args["how"]
	h.fleet.spawn(func() {
		if wait(h.fleet.ctx, 2*h.fleet.opt.Second) {
			h.rest(how)
		}
	})
	a.run("sleep", "", "", 0)
}
