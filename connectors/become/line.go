package become

import (
	"regexp"
	"strings"

	"patchwave/connectors"
)

// Shell is the command line that reads a script from standard input.
const Shell = "/bin/sh -s"

// Marks are the random words of one conversation.
type Marks struct {
	// Start is printed on standard output by what was started.
	Start string
	// Go is what the gate waits for on standard input.
	Go string
	// Prompt is what sudo prints on standard error when it wants the password.
	Prompt string
}

// NewMarks makes the marks of one conversation from a random word, which must
// consist of letters and digits.
func NewMarks(word string) Marks {
	return Marks{Start: "@@" + word + " START", Go: "@@" + word + " GO", Prompt: "[patchwave " + word + "] "}
}

// plainWord is what any login shell takes as one word without quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// Quote makes one word of s for sh, bash, dash, ksh, zsh, fish and csh. A line
// feed inside it does not survive csh.
func Quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// User returns the user that b stands for.
func User(b connectors.Become) string {
	if b.User == "" {
		return "root"
	}
	return b.User
}

// Needed reports whether a command that asks for it has to change its user.
func Needed(b connectors.Become, login string) bool {
	return b.Method != "" && b.Method != connectors.BecomeNone && User(b) != login
}

// Direct is the command line that gets a shell without any password, or fails
// at once; "" if the method has none (su).
func Direct(b connectors.Become) string {
	switch b.Method {
	case connectors.BecomeSudo:
		return "sudo -n -u " + Quote(User(b)) + " -- " + Shell
	case connectors.BecomeDoas:
		return "doas -n -u " + Quote(User(b)) + " " + Shell
	default:
		return ""
	}
}

// Asking is the command line that asks for the password and then runs the gate;
// "" if the method cannot (doas reads a password from a terminal only).
func Asking(b connectors.Become, m Marks) string {
	gate := "/bin/sh -c " + Quote(Gate(m))
	switch b.Method {
	case connectors.BecomeSudo:
		return "sudo -S -k -p " + Quote(m.Prompt) + " -u " + Quote(User(b)) + " -- " + gate
	case connectors.BecomeSu:
		return "su " + Quote(User(b)) + " -c " + Quote("exec "+gate)
	default:
		return ""
	}
}

// Gate is the program that stands between a password and the shell.
func Gate(m Marks) string {
	return `echo "` + m.Start + `"; while read -r l; do if [ "$l" = "` + m.Go + `" ]; then exec ` + Shell + `; fi; done; exit 70`
}

// WithStart puts the printing of the start mark in front of a script: as its
// second line if the first is a comment, else as its first. If the mark cannot
// be printed the script does not run.
func WithStart(script []byte, m Marks) []byte {
	mark := "echo '" + m.Start + "' || exit 70\n"
	head := 0
	if len(script) > 0 && script[0] == '#' {
		head = strings.IndexByte(string(script), '\n') + 1
	}
	out := make([]byte, 0, len(script)+len(mark))
	out = append(out, script[:head]...)
	out = append(out, mark...)
	return append(out, script[head:]...)
}

var startLine = regexp.MustCompile(`(?m)^echo '(@@[0-9A-Za-z]+ START)' \|\| exit 70\n`)

// TakeStart undoes WithStart: it returns the mark that a machine has to print
// first, and the script without it. It is for simulated machines. The mark is
// "" if there is none.
func TakeStart(script []byte) (mark string, rest []byte) {
	head := script
	if len(head) > 512 {
		head = head[:512]
	}
	at := startLine.FindSubmatchIndex(head)
	if at == nil {
		return "", script
	}
	rest = append(rest, script[:at[0]]...)
	return string(script[at[2]:at[3]]), append(rest, script[at[1]:]...)
}

// Inline makes a script of a command line that an operator typed. Its standard
// input is empty, so it cannot read what follows it.
func Inline(line string) []byte {
	return []byte("eval '" + strings.ReplaceAll(line, "'", `'\''`) + "' </dev/null\n")
}
