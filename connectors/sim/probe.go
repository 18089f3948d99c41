package sim

import (
	"strconv"
	"strings"
	"time"
)

// probe answers one question about the machine's health.
func (h *Host) probe(a frames, args map[string]string) {
	switch args["kind"] {
	case "service":
		r := h.isActive(args["name"])
		a.run("probe", r.Out, r.Err, r.RC)
	case "tcp":
		rc := 1
		port, err := strconv.Atoi(args["port"])
		if err == nil && h.listens(port) {
			rc = 0
		}
		a.run("probe", "", "", rc)
	case "command":
		r := h.reply(args["run"], "root")
		a.run("probe", r.Out, r.Err, r.RC)
	case "program":
		var argv []string
		for _, name := range strings.Fields(args["words"]) {
			argv = append(argv, args[name])
		}
		r := h.reply(strings.Join(argv, " "), "root")
		a.run("probe", r.Out, r.Err, r.RC)
	case "http":
		r := h.reply("curl "+args["url"], "patch")
		a.run("probe", r.Out, r.Err, r.RC)
	case "boot":
		rc := 0
		if h.starting() {
			rc = 1
		}
		a.run("probe", "", "", rc)
	}
}

// starting reports whether the machine has not finished booting.
func (h *Host) starting() bool { return time.Since(h.bootedAt) < h.spec.Settle }

// isActive is `systemctl is-active NAME`.
func (h *Host) isActive(name string) Reply {
	name = strings.TrimSuffix(name, ".service")
	state := "inactive"
	for _, s := range h.spec.Services {
		if s.Name != name || h.stops(s) {
			continue
		}
		switch {
		case h.broken(name):
			state = "failed"
		case h.starting():
			state = "activating"
		default:
			state = "active"
		}
	}
	if name == "ssh" || name == "sshd" {
		state = "active"
	}
	if state == "active" {
		return Reply{Out: state + "\n"}
	}
	return Reply{Out: state + "\n", RC: 3}
}

func (h *Host) listens(port int) bool {
	for _, s := range h.spec.Services {
		if s.Port == port && h.isActive(s.Name).RC == 0 {
			return true
		}
	}
	return port == 22
}
