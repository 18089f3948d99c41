package become

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"patchwave/connectors"
)

var marks = NewMarks("00ff")

func TestLines(t *testing.T) {
	root, admin := connectors.Become{Method: connectors.BecomeSudo}, connectors.Become{Method: connectors.BecomeSudo, User: "o'admin x"}
	gate := `'echo "@@00ff START"; while read -r l; do if [ "$l" = "@@00ff GO" ]; then exec /bin/sh -s; fi; done; exit 70'`
	for _, tt := range []struct{ got, want string }{
		{Direct(root), "sudo -n -u root -- /bin/sh -s"},
		{Direct(admin), `sudo -n -u 'o'\''admin x' -- /bin/sh -s`},
		{Direct(connectors.Become{Method: connectors.BecomeDoas}), "doas -n -u root /bin/sh -s"},
		{Direct(connectors.Become{Method: connectors.BecomeSu}), ""},
		{Direct(connectors.Become{}), ""},
		{Asking(root, marks), "sudo -S -k -p '[patchwave 00ff] ' -u root -- /bin/sh -c " + gate},
		{Asking(connectors.Become{Method: connectors.BecomeDoas}, marks), ""},
		{Asking(connectors.Become{Method: connectors.BecomeSu, User: "db"}, marks), "su db -c 'exec /bin/sh -c '\\''" + strings.Trim(gate, "'") + "'\\'''"},
	} {
		if tt.got != tt.want {
			t.Errorf("got  %s\nwant %s", tt.got, tt.want)
		}
	}
}

func TestNeeded(t *testing.T) {
	for _, tt := range []struct {
		b     connectors.Become
		login string
		want  bool
	}{
		{connectors.Become{}, "patch", false},
		{connectors.Become{Method: connectors.BecomeNone}, "patch", false},
		{connectors.Become{Method: connectors.BecomeSudo}, "patch", true},
		{connectors.Become{Method: connectors.BecomeSudo}, "root", false},
		{connectors.Become{Method: connectors.BecomeSudo, User: "patch"}, "patch", false},
		{connectors.Become{Method: connectors.BecomeSudo, User: "db"}, "root", true},
	} {
		if got := Needed(tt.b, tt.login); got != tt.want {
			t.Errorf("Needed(%v, %s) = %v", tt.b, tt.login, got)
		}
	}
}

// sh runs a program with an input, as the real sh understands it.
func sh(t interface{ Fatalf(string, ...any) }, input string, args ...string) (string, error) {
	cmd := exec.Command("/bin/sh", args...)
	cmd.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err
}

func TestQuote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }).Draw(t, "s")
		got, err := sh(t, "", "-c", "printf '%s' "+Quote(s))
		if err != nil || got != s {
			t.Fatalf("%q came out as %q: %v", s, got, err)
		}
	})
}

func TestInlineRunsTheLineWithoutInput(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"echo 'a b' \"c'd\"", "a b c'd\n"},
		{"cat; echo done", "done\n"},
		{"x=1; echo $x; # comment", "1\n"},
		{"echo a\necho b", "a\nb\n"},
		{"cat <<E\nhere '$((1+1))'\nE", "here '2'\n"},
		{"if true; then echo yes; fi", "yes\n"},
	} {
		if got, err := sh(t, string(Inline(tt.line))+"cat\n", "-s"); err != nil || got != tt.want {
			t.Errorf("%q gave %q: %v", tt.line, got, err)
		}
	}
	if _, err := sh(t, string(Inline("exit 3")), "-s"); err == nil || err.Error() != "exit status 3" {
		t.Errorf("got %v", err)
	}
	if got, _ := sh(t, string(Inline("echo 'unfinished"))+"echo no\n", "-s"); got != "" {
		t.Errorf("a broken line gave %q", got)
	}
}

func TestTheGateRunsNothingThatComesBeforeTheMark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.StringMatching(`([a-z $();'"\\]{0,20}\n){0,4}`).Draw(t, "before")
		got, err := sh(t, before+marks.Go+"\necho in; exit 4\n", "-c", Gate(marks))
		if got != marks.Start+"\nin\n" || err == nil || err.Error() != "exit status 4" {
			t.Fatalf("%q gave %q: %v", before, got, err)
		}
		got, err = sh(t, before, "-c", Gate(marks))
		if got != marks.Start+"\n" || err == nil || err.Error() != "exit status 70" {
			t.Fatalf("%q without the mark gave %q: %v", before, got, err)
		}
	})
}

func TestTheGateSurvivesAnotherShellAroundIt(t *testing.T) {
	line := strings.Replace(Asking(connectors.Become{Method: connectors.BecomeSu}, marks), "su root -c ", "/bin/sh -c ", 1)
	if got, err := sh(t, "password\n"+marks.Go+"\necho in\n", "-c", line); err != nil || got != marks.Start+"\nin\n" {
		t.Errorf("got %q: %v", got, err)
	}
}

func TestStart(t *testing.T) {
	for _, script := range []string{"", "echo hi\n", "# patchwave scan v1\npw_main() {\n}\n", "#!/bin/sh", "# one\n# two\n", "\n\n"} {
		started := WithStart([]byte(script), marks)
		mark, rest := TakeStart(started)
		if mark != marks.Start || string(rest) != script {
			t.Errorf("%q came back as %q with mark %q", script, rest, mark)
		}
		if first, _, _ := strings.Cut(script, "\n"); strings.HasPrefix(script, "#") && strings.Contains(script, "\n") && !strings.HasPrefix(string(started), first+"\n") {
			t.Errorf("the first line of %q is gone: %q", script, started)
		}
	}
	if mark, rest := TakeStart([]byte("echo hi\n")); mark != "" || string(rest) != "echo hi\n" {
		t.Errorf("got %q %q", mark, rest)
	}
}

func TestAScriptWithoutStandardOutputDoesNotRun(t *testing.T) {
	file := t.TempDir() + "/ran"
	_, err := sh(t, "", "-c", Shell+" >&- <<'E'\n"+string(WithStart([]byte("touch "+file+"\n"), marks))+"E\n")
	if err == nil || err.Error() != "exit status 70" {
		t.Errorf("got %v", err)
	}
	if out, _ := sh(t, "", "-c", "ls "+file+" 2>/dev/null"); out != "" {
		t.Error("the script ran without having said so")
	}
}

// said are refusals as real programs print them.
var said = []struct {
	exit int
	text string
	want Kind
}{
	{1, "sudo: a password is required\n", NeedsPassword},
	{1, "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n", NeedsPassword},
	{1, "Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n", WrongPassword},
	{1, "patch is not in the sudoers file.  This incident will be reported.\n", NotAllowed},
	{1, "Sorry, user patch is not allowed to execute '/bin/sh -s' as root on web1.\n", NotAllowed},
	{1, "Sorry, user patch may not run sudo on web1.\n", NotAllowed},
	{1, "sudo: sorry, you must have a tty to run sudo\n", NeedsTerminal},
	{1, "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set\n", Broken},
	{1, "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without root privileges?\n", Broken},
	{1, "sudo: unknown user nobody2\nsudo: error initializing audit plugin sudoers_audit\n", Broken},
	{1, "/etc/sudoers.d/zz:1:19: syntax error\nDefaults blah !!\n        ^\nsudo: a password is required\n", NeedsPassword},
	{1, "/etc/sudoers:1:19: syntax error\nsudo: error initializing audit plugin sudoers_audit\n", Broken},
	{1, "Password change required but no TTY available.\n", Expired},
	{1, "sudo: Account or password is expired, reset your password and try again\nsudo: a password is required\n", Expired},
	{1, "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.\n", Broken},
	{127, "bash: line 1: sudo: command not found\n", NotInstalled},
	{127, "sh: 1: sudo: not found\n", NotInstalled},
	{127, "fish: Unknown command: sudo\n", NotInstalled},
	{1, "sudo: Command not found.\n", NotInstalled},
	{1, "doas: Operation not permitted\n", NotAllowed},
	{1, "doas: Authentication required\n", NeedsPassword},
	{1, "su: Authentication failure\n", WrongPassword},
	{1, "su: Permission denied\n", NotAllowed},
	{1, "su: user db does not exist or the user entry does not contain all the required fields\n", Broken},
	{1, "sudo: Ein Passwort ist notwendig\n", Unclear},
	{1, "", Unclear},
	{255, "\x00\xff\x1b[31m", Unclear},
}

func TestClassify(t *testing.T) {
	for _, s := range said {
		if got := Classify(s.exit, []byte(s.text)); got != s.want {
			t.Errorf("%q is %s, want %s", s.text, got, s.want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, kind := range []Kind{NeedsPassword, WrongPassword, NotInstalled, NotAllowed, NeedsTerminal, Broken, Expired, Unclear} {
		for _, method := range []connectors.BecomeMethod{connectors.BecomeSudo, connectors.BecomeDoas, connectors.BecomeSu} {
			e := Error(kind, connectors.Become{Method: method}, "web1", "patch", []byte("first\nlast\x1b]0;x\x07 line\n\n"))
			if e.Code != connectors.CodeSudo || e.Phase != connectors.PhaseCommand || e.Host != "web1" || e.Hint == "" || e.Retry || !strings.Contains(e.Message, string(method)) {
				t.Errorf("%s %s: %+v", kind, method, e)
			}
			if strings.ContainsAny(e.Error(), "\x1b\x07\n") || strings.Contains(e.Error(), "first") {
				t.Errorf("%s %s: %q", kind, method, e.Error())
			}
		}
	}
	if e := Error(Unclear, connectors.Become{Method: "sudo"}, "", "", bytes.Repeat([]byte("x"), 5000)); len(e.Error()) > 1000 {
		t.Errorf("the error has %d bytes", len(e.Error()))
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range said {
		f.Add(s.exit, []byte(s.text))
	}
	f.Fuzz(func(t *testing.T, exit int, text []byte) {
		kind := Classify(exit, text)
		e := Error(kind, connectors.Become{Method: connectors.BecomeSudo}, "web1", "patch", text)
		if len(e.Error()) > 4096 || strings.ContainsAny(e.Error(), "\x00\n\r\x1b\x7f") {
			t.Fatalf("%q", e.Error())
		}
	})
}

func FuzzTakeStart(f *testing.F) {
	f.Add([]byte("echo hi"))
	f.Add(WithStart([]byte("# patchwave scan v1\nx"), marks))
	f.Fuzz(func(t *testing.T, script []byte) {
		TakeStart(script)
		// A script of the program never looks like one that was started already.
		if mark, _ := TakeStart(script); mark != "" || len(script) > 400 {
			return
		}
		if mark, rest := TakeStart(WithStart(script, marks)); mark != marks.Start || !bytes.Equal(rest, script) {
			t.Fatalf("%q came back as %q with %q", script, rest, mark)
		}
	})
}
