package sim

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// process is one command line that runs: its user and its three streams.
type process struct {
	h        *Host
	ctx      context.Context
	user     string
	in       *bufio.Reader
	out, err io.Writer
}

// execute runs a command line as the login shell does, and returns its exit
// status.
func (h *Host) execute(ctx context.Context, user, line string, ch ssh.Channel) int {
	h.ran(line)
	if !wait(ctx, h.Faults().Latency) {
		return 255
	}
	p := &process{h: h, ctx: ctx, user: user, in: bufio.NewReader(ch), out: ch, err: ch.Stderr()}
	argv, ok := words(line)
	switch {
	case ok && slices.Equal(argv, []string{"/bin/sh", "-s"}):
		return p.shell()
	case ok && len(argv) > 0 && argv[0] == "sudo":
		return p.sudo(argv[1:])
	default:
		return p.plain(line)
	}
}

// sudo is `sudo [-n|-S] [-k] [-p PROMPT] [-u USER] -- COMMAND…`.
func (p *process) sudo(argv []string) int {
	ask, prompt, user := true, "[sudo] password for "+p.user+": ", "root"
	stdin := false
	for len(argv) > 0 && strings.HasPrefix(argv[0], "-") {
		opt := argv[0]
		argv = argv[1:]
		switch {
		case opt == "--":
		case opt == "-n":
			ask = false
		case opt == "-S":
			stdin = true
		case opt == "-p" && len(argv) > 0:
			prompt, argv = argv[0], argv[1:]
			continue
		case opt == "-u" && len(argv) > 0:
			user, argv = argv[0], argv[1:]
			continue
		}
		if opt == "--" {
			break
		}
	}
	if rc, let := p.admit(ask, stdin, prompt); !let {
		return rc
	}
	p.user = user
	switch {
	case slices.Equal(argv, []string{"/bin/sh", "-s"}):
		return p.shell()
	case len(argv) == 3 && argv[0] == "/bin/sh" && argv[1] == "-c":
		return p.gate(argv[2])
	default:
		return p.plain(strings.Join(argv, " "))
	}
}

// admit says whether sudo lets the user in; if not, with which exit status it
// ends. The words are those of sudo 1.9.13.
func (p *process) admit(ask, stdin bool, prompt string) (rc int, let bool) {
	f := p.h.Faults()
	switch {
	case f.Sudo == SudoMissing:
		p.warn("bash: line 1: sudo: command not found")
		return 127, false
	case f.Sudo == SudoTerminal:
		p.warn("sudo: sorry, you must have a tty to run sudo")
		return 1, false
	case f.Sudo == SudoFree || p.user == "root":
		return 0, true
	case !ask:
		p.warn("sudo: a password is required")
		return 1, false
	case !stdin:
		p.warn("sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required")
		return 1, false
	}
	for tries := 1; tries <= 3; tries++ {
		_, _ = io.WriteString(p.err, prompt) // the client may be gone
		line, err := p.in.ReadString('\n')
		if err != nil {
			p.warn("\nsudo: no password was provided\nsudo: a password is required")
			return 1, false
		}
		if strings.TrimSuffix(line, "\n") != p.h.spec.Password {
			p.h.wrongPassword()
			if tries < 3 {
				p.warn("Sorry, try again.")
			}
			continue
		}
		if f.Sudo == SudoDenied {
			p.warn(p.user + " is not in the sudoers file.")
			return 1, false
		}
		return 0, true
	}
	p.warn("sudo: 3 incorrect password attempts")
	return 1, false
}

// gateText is the program that stands between a password and the shell: it says
// that it is there, drops lines until it reads the word, and becomes the shell.
var gateText = regexp.MustCompile(`^echo "([^"]+)"; while read -r l; do if \[ "\$l" = "([^"]+)" \]; then exec /bin/sh -s; fi; done; exit 70$`)

func (p *process) gate(program string) int {
	m := gateText.FindStringSubmatch(program)
	if m == nil {
		return p.plain(program)
	}
	p.say(m[1])
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return 70
		}
		if strings.TrimSuffix(line, "\n") == m[2] {
			return p.shell()
		}
	}
}

// say and warn print a line. The client may be gone: then nobody reads it.
func (p *process) say(line string)  { _, _ = fmt.Fprintln(p.out, line) } // as above
func (p *process) warn(line string) { _, _ = fmt.Fprintln(p.err, line) } // as above
