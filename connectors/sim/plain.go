package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// inline is a command line that was made a script.
func inline(script string) (line string, ok bool) {
	text, ok := strings.CutPrefix(strings.TrimRight(script, "\n"), "eval ")
	if !ok {
		return "", false
	}
	if text, ok = strings.CutSuffix(text, " </dev/null"); !ok {
		return "", false
	}
	argv, ok := words(text)
	if !ok || len(argv) != 1 {
		return "", false
	}
	return argv[0], true
}

// program runs a script that is not one of patchwave's, line by line.
func (p *process) program(script string) int {
	if line, ok := inline(script); ok {
		return p.plain(line)
	}
	rc := 0
	for _, line := range strings.Split(script, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			rc = p.plain(line)
		}
	}
	return rc
}

// plain runs one command line.
func (p *process) plain(line string) int {
	p.h.mu.Lock()
	r := p.h.reply(line, p.user)
	p.h.mu.Unlock()
	if p.h.Faults().Hostile {
		r.Out, r.Err = r.Out+hostile+"\n", r.Err+hostile+"\n"
	}
	_, _ = fmt.Fprint(p.out, r.Out) // the client may be gone
	_, _ = fmt.Fprint(p.err, r.Err) // as above
	return r.RC
}

// reply answers a command line: what the machine was given, or one of a tiny
// set.
func (h *Host) reply(line, user string) Reply {
	if h.win != nil {
		return h.win.reply(line)
	}
	if r, ok := h.spec.Commands[line]; ok {
		return r
	}
	argv, ok := words(line)
	if !ok || len(argv) == 0 {
		return Reply{Err: "sh: 1: Syntax error: the simulated machine understands simple commands only\n", RC: 2}
	}
	switch strings.Join(argv, " ") {
	case "true":
		return Reply{}
	case "false":
		return Reply{RC: 1}
	case "hostname":
		return Reply{Out: h.name + "\n"}
	case "uname -r":
		return Reply{Out: h.kernel + "\n"}
	case "uname -a":
		return Reply{Out: fmt.Sprintf("Linux %s %s %s x86_64 GNU/Linux\n", h.name, h.kernel, h.build)}
	case "uptime":
		now := h.now()
		up := int(now.Sub(h.bootedAt).Minutes())
		return Reply{Out: fmt.Sprintf(" %s up %d days, %2d:%02d,  0 users,  load average: 0.08, 0.03, 0.01\n",
			now.UTC().Format("15:04:05"), up/1440, up/60%24, up%60)}
	case "id -u":
		return Reply{Out: uid(user) + "\n"}
	case "whoami":
		return Reply{Out: user + "\n"}
	case "cat /etc/os-release":
		return Reply{Out: h.family.osRelease()}
	case "cat /proc/sys/kernel/random/boot_id":
		return Reply{Out: h.bootID + "\n"}
	}
	switch argv[0] {
	case "echo":
		return Reply{Out: strings.Join(argv[1:], " ") + "\n"}
	case "exit":
		if len(argv) == 2 {
			if rc, err := strconv.Atoi(argv[1]); err == nil {
				return Reply{RC: rc & 0xff}
			}
		}
	case "systemctl":
		if len(argv) == 3 && argv[1] == "is-active" {
			return h.isActive(argv[2])
		}
		if len(argv) == 3 && (argv[1] == "start" || argv[1] == "stop") && user == "root" {
			return h.systemctl(argv[1], argv[2])
		}
	}
	return Reply{Err: "sh: 1: " + argv[0] + ": not found\n", RC: 127}
}

func uid(user string) string {
	if user == "root" {
		return "0"
	}
	return "1000"
}
