package become

import (
	"fmt"
	"regexp"
	"strings"

	"patchwave/connectors"
)

// Kind is the class of a refusal.
type Kind string

// The kinds of refusal.
const (
	// NeedsPassword says that a password would be asked for.
	NeedsPassword Kind = "needs-password"
	// WrongPassword says that the password was not accepted.
	WrongPassword Kind = "wrong-password"
	// NotInstalled says that the program is not there.
	NotInstalled Kind = "not-installed"
	// NotAllowed says that the rules of the machine do not let the user do it.
	NotAllowed Kind = "not-allowed"
	// NeedsTerminal says that the machine wants a terminal (requiretty).
	NeedsTerminal Kind = "needs-terminal"
	// Expired says that the account or its password has expired.
	Expired Kind = "expired"
	// Broken says that the program itself does not work on that machine.
	Broken Kind = "broken"
	// Unclear is everything else; another language, for one.
	Unclear Kind = "unclear"
)

// Final reports whether no password can change the answer.
func (k Kind) Final() bool {
	switch k {
	case NotInstalled, NotAllowed, NeedsTerminal, Broken, Expired, WrongPassword:
		return true
	default:
		return false
	}
}

// signs are the messages of sudo 1.8 to 1.9.16, opendoas 6.8 and su of
// util-linux, shadow and busybox. The order matters: the first match counts.
var signs = []struct {
	kind Kind
	text *regexp.Regexp
}{
	{NotInstalled, regexp.MustCompile(`(?i)(sudo|doas|su): (command )?not found|unknown command:? .?(sudo|doas|su)\b|(sudo|doas|su): no such file`)},
	{Expired, regexp.MustCompile(`(?i)password change required|password (is|has) expired|change expired password|account (has |or password is )?expired|required to change your password`)},
	{NeedsTerminal, regexp.MustCompile(`(?i)must have a tty|must be run from a terminal`)},
	{NotAllowed, regexp.MustCompile(`(?i)not in the sudoers file|is not allowed to|may not run sudo|sorry, you are not allowed|operation not permitted|must be in the wheel|permission denied`)},
	{WrongPassword, regexp.MustCompile(`(?i)sorry, try again|incorrect password|authentication failure|incorrect password attempt`)},
	{Broken, regexp.MustCompile(`(?i)must be owned by uid 0|effective uid is not 0|no valid sudoers sources|unknown user|user .* does not exist|account .*locked|no new privileges`)},
	{NeedsPassword, regexp.MustCompile(`(?i)password is required|terminal is required to read the password|no askpass|no password was provided|authorization required|authentication required|authentication token`)},
	// sudo complains of a line that it cannot read and goes on without it.
	{Broken, regexp.MustCompile(`(?i)parse error in|syntax error`)},
}

// Classify reads the refusal of a program that did not start the shell. stderr
// is hostile; only the kind leaves here.
func Classify(exit int, stderr []byte) Kind {
	if exit == 127 {
		return NotInstalled
	}
	for _, s := range signs {
		if s.text.Match(stderr) {
			return s.kind
		}
	}
	return Unclear
}

// Error is the refusal as the operator reads it. said is what the machine
// printed, hostile; its last line is kept, shortened, where it says more than the
// kind does.
func Error(kind Kind, b connectors.Become, host, login string, said []byte) *connectors.Error {
	method, user := string(b.Method), User(b)
	message, hint := describe(kind, method, user, login)
	if kind == NotAllowed || kind == Broken || kind == Expired || kind == Unclear {
		if tail := lastLine(said); tail != "" {
			message += ": " + tail
		}
	}
	return &connectors.Error{Code: connectors.CodeSudo, Phase: connectors.PhaseCommand, Host: host, Message: message, Hint: hint}
}

func describe(kind Kind, method, user, login string) (message, hint string) {
	rule := fmt.Sprintf("allow %s to run /bin/sh as %s (see `sudo -l` on the host)", login, user)
	switch method {
	case string(connectors.BecomeDoas):
		rule = fmt.Sprintf("put `permit nopass %s as %s` into doas.conf on the host", login, user)
	case string(connectors.BecomeSu):
		rule = fmt.Sprintf("let %s use su on the host (group wheel, PAM), or use sudo", login)
	}
	switch kind {
	case NeedsPassword:
		message, hint = fmt.Sprintf("%s wants a password to become %s", method, user), "set become.password, or "+rule+" without one"
		if method == string(connectors.BecomeDoas) {
			hint = rule
		}
	case WrongPassword:
		message, hint = fmt.Sprintf("%s did not accept the password of %s", method, login), "check become.password; it was tried once and is not tried again"
		if method == string(connectors.BecomeSu) {
			message = fmt.Sprintf("su did not accept the password of %s", user)
		}
	case NotInstalled:
		message, hint = fmt.Sprintf("%s is not installed", method), fmt.Sprintf("install %s, log in as %s, or set another become.method", method, user)
	case NotAllowed:
		message, hint = fmt.Sprintf("%s does not let %s become %s", method, login, user), rule
	case NeedsTerminal:
		message, hint = fmt.Sprintf("%s wants a terminal", method), fmt.Sprintf("add `Defaults:%s !requiretty` to sudoers on the host", login)
	case Expired:
		message, hint = fmt.Sprintf("%s did not start a shell: the account or the password of %s has expired on the host", method, login), fmt.Sprintf("see `chage -l %s` there and set a new password by hand", login)
	case Broken:
		message, hint = fmt.Sprintf("%s does not work on this host", method), fmt.Sprintf("run `%s` by hand on the host", method)
	default:
		message, hint = fmt.Sprintf("%s did not start a shell as %s", method, user), rule
	}
	return message, hint
}

// lastLine returns the last line of what a program said, without controls and
// shortened.
func lastLine(b []byte) string {
	lines := strings.Split(strings.ToValidUTF8(string(b), "\uFFFD"), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return ' '
			}
			return r
		}, lines[i]))
		if line == "" || strings.HasPrefix(line, "[patchwave ") || strings.Contains(line, "@@") {
			continue // what it repeats of our own words helps nobody
		}
		if r := []rune(line); len(r) > 200 {
			line = string(r[:200]) + "…"
		}
		return line
	}
	return ""
}
