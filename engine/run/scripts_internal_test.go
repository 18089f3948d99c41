package run

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/connectors/wol"
	"patchwave/policies"
)

// shell is a session to a shell of this machine. What stands in override is
// defined after the functions of the script, before its last line.
type shell struct {
	t        testing.TB
	argv     []string
	override string
}

func (shell) Dialect() connectors.Dialect { return connectors.DialectSh }

// Run implements connectors.Session.
func (s shell) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	script := string(c.Script)
	at := max(strings.LastIndex(script, "\npw_run "), strings.LastIndex(script, "\nrequire_main\n"))
	if at < 0 {
		s.t.Fatal("the script has no last line")
	}
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...)
	cmd.Stdin = strings.NewReader(script[:at] + "\n" + s.override + script[at:])
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		s.t.Logf("%v: %v\n%s", s.argv, err, errs.String())
	}
	return connectors.Result{Stdout: out.Bytes(), Stderr: errs.Bytes()}, nil
}

// Close implements connectors.Session.
func (s shell) Close() error { return nil }

// inShells runs a test in every POSIX shell at hand.
func inShells(t *testing.T, do func(t *testing.T, s shell)) {
	t.Helper()
	for _, argv := range [][]string{{"sh", "-s"}, {"dash", "-s"}, {"bash", "--posix", "-s"}, {"busybox", "sh", "-s"}} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			continue
		}
		t.Run(argv[0], func(t *testing.T) {
			t.Parallel()
			do(t, shell{t: t, argv: argv})
		})
	}
}

// TestActionScript: a command gets its arguments as they are, a script runs, and
// what takes too long is ended.
func TestActionScript(t *testing.T) {
	t.Parallel()
	hostile := []string{"", " ", "a b", "$(touch /tmp/owned)", "`id`", "*", "it's", "\"", "\\", "-n", "line\nline\n\n", "ü\x80", ";true"}
	inShells(t, func(t *testing.T, s shell) {
		run := func(args map[string]string) framing.Frame {
			t.Helper()
			args["action"] = "r/h/action/x"
			a, err := script.Run(t.Context(), s, script.Script{Name: "action", Version: 1, Sh: actionShell}, args, script.Options{Host: "h"})
			if err != nil {
				t.Fatal(err)
			}
			f, ok := a.Get("action")
			if !ok {
				t.Fatal("there is no answer")
			}
			return f
		}
		f := run(map[string]string{"limit": "30", "argv": wordsOf(append([]string{"printf", "[%s]"}, hostile...))})
		if want := "[" + strings.Join(hostile, "][") + "]"; string(f.Out) != want || f.RC != 0 {
			t.Errorf("exit status %d: %q, want %q", f.RC, f.Out, want)
		}
		f = run(map[string]string{"limit": "30", "script": "echo \"$PATCHWAVE_ACTION $0\"\nread x || echo nothing\nexit 3"})
		if string(f.Out) != "r/h/action/x /bin/sh\nnothing\n" || f.RC != 3 {
			t.Errorf("exit status %d: %q", f.RC, f.Out)
		}
		if f = run(map[string]string{"limit": "1", "script": "sleep 300"}); f.RC != rcTimeout {
			t.Errorf("exit status %d of what takes too long", f.RC)
		}
		if f = run(map[string]string{"limit": "30", "argv": wordsOf([]string{"/no/such/program"})}); f.RC == 0 {
			t.Error("a program that is not there succeeded")
		}
	})
}

// TestRequireScript asks this machine.
func TestRequireScript(t *testing.T) {
	t.Parallel()
	name := "pw-require-test-long" // longer than Linux keeps
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(path, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "300")
	cmd.Args[0] = "sleep" // one program may have many names
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("it ended well")
		}
	})
	who := "require_users() { printf 'anna\\tpts/3\\n'; }\n"
	inShells(t, func(t *testing.T, s shell) {
		ask := func(r policies.Require, shift time.Duration, override string) (string, connectors.Code) {
			t.Helper()
			s.override = override
			reasons, code, err := Requirements(t.Context(), s, "h", r, false, func() time.Time { return time.Now().Add(shift) })
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(reasons, "; "), code
		}
		if got, code := ask(policies.Require{DiskFree: map[string]int64{"/": 1}, ClockSkew: 2 * time.Second, NoProcess: []string{"no-such-program"}}, 0, ""); got != "" || code != "" {
			t.Errorf("%s %q", code, got)
		}
		if got, code := ask(policies.Require{DiskFree: map[string]int64{"/": 1 << 49, "/proc/self": 1, "/no/such": 1}}, 0, ""); code != connectors.CodeDisk ||
			!strings.Contains(got, " free on /, 524288.0 GiB wanted") || !strings.Contains(got, "the free space on /no/such cannot be told") {
			t.Errorf("%s %q", code, got)
		}
		if got, code := ask(policies.Require{NoProcess: []string{"no-such-program", name}}, 0, ""); code != connectors.CodeGuard || got != fmt.Sprintf("%s runs (process %d)", name, cmd.Process.Pid) {
			t.Errorf("%s %q", code, got)
		}
		if got, _ := ask(policies.Require{ClockSkew: 30 * time.Second}, time.Hour, ""); !strings.Contains(got, " behind, 30s allowed") {
			t.Errorf("%q", got)
		}
		if got, _ := ask(policies.Require{NoUsers: true}, 0, who); got != "logged in: anna on pts/3" {
			t.Errorf("%q", got)
		}
		if got, _ := ask(policies.Require{NoUsers: true}, 0, "pw_has() { false; }\n"); got != "it cannot be told who is logged in" {
			t.Errorf("%q", got)
		}
	})
}

// TestRequireSessions: who is at a terminal or a screen is logged in, as
// loginctl(1) of systemd 252 and 257 says; programs are not.
func TestRequireSessions(t *testing.T) {
	t.Parallel()
	fake := `loginctl() {
	case $* in
	*list-sessions*) printf '%s\n' '  1 1000 anna seat0 tty2' '  5 1000 anna       -   ' ' c3    0 root' '7 1001 bert - pts/0' '9 1002 carl - -' ;;
	"show-session 1 "*) printf '%s\n' Name=anna TTY=tty2 Type=wayland Class=user State=active ;;
	"show-session 5 "*) printf '%s\n' Name=anna TTY= Type=tty Class=user State=active ;;
	"show-session c3 "*) printf '%s\n' Name=gdm TTY=tty1 Type=x11 Class=greeter State=online ;;
	"show-session 7 "*) printf '%s\n' Name=bert TTY=pts/0 Type=tty Class=user State=active ;;
	"show-session 9 "*) printf '%s\n' Name=carl TTY=pts/9 Type=tty Class=user State=closing ;;
	esac
}
pw_has() { [ "$1" = loginctl ]; }
`
	inShells(t, func(t *testing.T, s shell) {
		s.override = fake
		reasons, _, err := Requirements(t.Context(), s, "h", policies.Require{NoUsers: true}, false, time.Now)
		if err != nil || !slices.Equal(reasons, []string{"logged in: anna on tty2, bert on pts/0"}) {
			t.Errorf("%q, %v", reasons, err)
		}
	})
}

// TestHostileRequirements: what a host says is read, never believed beyond that.
func TestHostileRequirements(t *testing.T) {
	t.Parallel()
	frame := func(name, out string) framing.Frame { return framing.Frame{Name: name, Out: []byte(out)} }
	r := policies.Require{DiskFree: map[string]int64{"/": 5 << 20}, ClockSkew: time.Minute, NoProcess: []string{"x"}, NoUsers: true}
	a := framing.Answer{Frames: []framing.Frame{frame("disk", "-1\t/\n99999999999999999999\t/\n1e9\t/\n5000\t/boot\n\t/\n"), frame("clock", "9223372036854775807"),
		frame("processes", "0\tx\n-4\tx\nnot a number\tx\n12\tother\n"), frame("users", strings.Repeat("x", 5000)+"\tpts/0\n")}}
	now := time.Now()
	if got := lacking(a, r, connectors.DialectSh); !slices.Equal(got, []string{"the free space on / cannot be told"}) {
		t.Errorf("%q", got)
	}
	if got := skewed(a, r, now, now); !slices.Equal(got, []string{"its clock cannot be read"}) {
		t.Errorf("%q", got)
	}
	if got := running(a, r, connectors.DialectSh); got != nil {
		t.Errorf("%q", got)
	}
	if got := loggedIn(a, r); len(got) != 1 || len(got[0]) > 200 {
		t.Errorf("%q", got)
	}
	nothing := framing.Answer{}
	for _, got := range [][]string{lacking(nothing, r, connectors.DialectSh), skewed(nothing, r, now, now), running(nothing, r, connectors.DialectSh), loggedIn(nothing, r)} {
		if len(got) != 1 || !strings.Contains(got[0], "cannot be") {
			t.Errorf("of nothing: %q", got)
		}
	}
}

// TestSkew: only what is proven counts, whatever the way there and back takes.
func TestSkew(t *testing.T) {
	t.Parallel()
	sent := time.Unix(1_800_000_000, 0)
	r := policies.Require{ClockSkew: 30 * time.Second}
	for _, test := range []struct {
		trip time.Duration
		host int64
		want string
	}{
		{0, 0, ""}, {0, 30, ""}, {0, 31, "its clock is 31s ahead, 30s allowed"}, {20 * time.Second, 50, ""}, {20 * time.Second, 51, "its clock is 31s ahead, 30s allowed"},
		{0, -31, ""}, {0, -32, "its clock is 31s behind, 30s allowed"}, {20 * time.Second, -32, "its clock is 31s behind, 30s allowed"},
	} {
		a := framing.Answer{Frames: []framing.Frame{{Name: "clock", Out: fmt.Appendf(nil, "%d\n", sent.Unix()+test.host)}}}
		if got := strings.Join(skewed(a, r, sent, sent.Add(test.trip)), ""); got != test.want {
			t.Errorf("%s, %d: %q, want %q", test.trip, test.host, got, test.want)
		}
	}
}

// TestWakeScript: every program that can send the packet sends the very one.
func TestWakeScript(t *testing.T) {
	t.Parallel()
	want, err := wol.Packet("02:00:5e:10:fe:0a")
	if err != nil {
		t.Fatal(err)
	}
	inShells(t, func(t *testing.T, s shell) {
		for _, with := range []string{"python3", "perl", "socat"} {
			if _, err := exec.LookPath(with); err != nil {
				t.Logf("%s is not here", with)
				continue
			}
			conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := conn.LocalAddr().(*net.UDPAddr).Port
			s.override = fmt.Sprintf("wake_targets() { echo 127.0.0.1; }\npw_has() { [ \"$1\" = %s ]; }\n", with)
			local := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(wakeShell, "(address, 9)", fmt.Sprintf("(address, %d)", port)),
				"sockaddr_in(9,", fmt.Sprintf("sockaddr_in(%d,", port)), ":9,broadcast", fmt.Sprintf(":%d,broadcast", port))
			a, err := script.Run(t.Context(), s, script.Script{Name: "wake", Version: 1, Sh: local}, map[string]string{"mac": "02:00:5e:10:fe:0a", "address": ""}, script.Options{Host: "h"})
			if err != nil {
				t.Fatal(err)
			}
			if f, _ := a.Get("wake"); f.RC != 0 || string(f.Out) != "sent="+with+"\n" {
				t.Errorf("%s: exit status %d, %q %q", with, f.RC, f.Out, f.Err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 200)
			n, _, err := conn.ReadFrom(got)
			if err != nil || !bytes.Equal(got[:n], want) {
				t.Errorf("%s sent %s, %v", with, hex.EncodeToString(got[:n]), err)
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
		s.override = "pw_has() { false; }\n"
		a, err := script.Run(t.Context(), s, script.Script{Name: "wake", Version: 1, Sh: wakeShell}, map[string]string{"mac": "02:00:5e:10:fe:0a"}, script.Options{Host: "h"})
		if err != nil {
			t.Fatal(err)
		}
		if f, _ := a.Get("wake"); f.RC == 0 || !strings.Contains(string(f.Err), "install python3") {
			t.Errorf("with nothing: exit status %d, %q", f.RC, f.Err)
		}
	})
}

// TestSleepScript: nothing is put to sleep that a run works on.
func TestSleepScript(t *testing.T) {
	t.Parallel()
	inShells(t, func(t *testing.T, s shell) {
		root := t.TempDir()
		// neither the real systemctl nor the real power state must be in reach
		s.override = "pw_has() { false; }\nsetsid() { echo \"$@\"; }\nsync() { :; }\n"
		ask := func(how string) framing.Frame {
			t.Helper()
			body := strings.ReplaceAll(sleepShell, "[ -d /run/systemd/system ]", "false")
			body = strings.ReplaceAll(body, "/sys/power/state", root+"/no-power")
			a, err := script.Run(t.Context(), s, script.Script{Name: "sleep", Version: 1, Sh: body}, map[string]string{"how": how, "root": root}, script.Options{Host: "h"})
			if err != nil {
				t.Fatal(err)
			}
			f, _ := a.Get("sleep")
			return f
		}
		if f := ask("off"); f.RC != 0 {
			t.Errorf("exit status %d, %q", f.RC, f.Err)
		}
		if f := ask("asleep"); f.RC != 1 || !strings.Contains(string(f.Err), "cannot be suspended") {
			t.Errorf("exit status %d, %q", f.RC, f.Err)
		}
		for claim, rc := range map[string]int{fmt.Sprintf("c r 3 %d h\n", time.Now().Add(time.Hour).Unix()): 75, fmt.Sprintf("c r 3 %d h\n", time.Now().Add(-time.Hour).Unix()): 0, "": 0, "junk\n": 0, "c r 3 x h\n": 0} {
			if err := os.WriteFile(filepath.Join(root, "claim"), []byte(claim), 0o600); err != nil {
				t.Fatal(err)
			}
			if f := ask("off"); f.RC != rc {
				t.Errorf("with claim %q: exit status %d, want %d", claim, f.RC, rc)
			}
		}
	})
}
