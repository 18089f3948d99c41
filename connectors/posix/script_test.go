package posix

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"patchwave/connectors/framing"
)

// sh runs an encoded script in the machine's own /bin/sh.
func sh(t interface{ Fatalf(string, ...any) }, script []byte) framing.Answer {
	cmd := exec.Command("/bin/sh", "-s")
	cmd.Stdin = bytes.NewReader(script)
	var out, errb bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errb
	if err := cmd.Run(); err != nil {
		t.Fatalf("sh: %v\n%s", err, errb.String())
	}
	return framing.Parse("00ff", out.Bytes(), errb.Bytes())
}

// call is a call of a script with the name echo.
func call(nonce, body string, args map[string]string) framing.Call {
	return framing.Call{Name: "echo", Version: 1, Nonce: nonce, Args: args, Body: body}
}

func TestArgumentsAreData(t *testing.T) {
	const script = `pw_put got "$pw_arg_value"`
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringOfN(rapid.Rune(), 0, 60, -1).
			Filter(func(s string) bool { return !bytes.ContainsRune([]byte(s), 0) }).Draw(t, "value")
		value = string(bytes.TrimRight([]byte(value), "\n"))
		encoded, err := Encode(call("00ff", script, map[string]string{"value": value}))
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		got, err := Decode(encoded)
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		if got.Args["value"] != value || got.Name != "echo" || got.Nonce != "00ff" {
			t.Fatalf("decoded %q, want %q", got.Args["value"], value)
		}
		answer := sh(t, encoded)
		frame, ok := answer.Get("got")
		if !ok || !answer.Complete || string(frame.Out) != value {
			t.Fatalf("the shell saw %q (complete %v), want %q", frame.Out, answer.Complete, value)
		}
	})
}

func TestHostileArgumentsRunNothing(t *testing.T) {
	const script = `pw_put got "$pw_arg_value"`
	for _, value := range []string{"$(touch /tmp/x)", "`id`", "'; id; '", "\\", "a\nb", "-n", "%s%n", "*", "~"} {
		encoded, err := Encode(call("00ff", script, map[string]string{"value": value}))
		if err != nil {
			t.Fatal(err)
		}
		if f, _ := sh(t, encoded).Get("got"); string(f.Out) != value {
			t.Errorf("the shell saw %q, want %q", f.Out, value)
		}
	}
}

func TestTruncatedUploadRunsNothing(t *testing.T) {
	dir := t.TempDir()
	const script = `touch "$pw_arg_file"`
	encoded, err := Encode(call("00ff", script, map[string]string{"file": dir + "/made"}))
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(encoded)-len("pw_main </dev/null\n"); cut += 97 {
		cmd := exec.Command("/bin/sh", "-s")
		cmd.Stdin = bytes.NewReader(encoded[:cut])
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if framing.Parse("00ff", out, nil).Complete {
			t.Fatalf("cut at %d: the answer is complete", cut)
		}
	}
	if matches, err := exec.Command("ls", dir).Output(); err != nil || len(matches) != 0 {
		t.Fatalf("a truncated script ran: %q %v", matches, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, args := range []map[string]string{{"A": "x"}, {"a-b": "x"}, {"a": "x\x00y"}, {"": "x"}} {
		if _, err := Encode(framing.Call{Name: "x", Nonce: "00", Args: args}); err == nil {
			t.Errorf("Encode(%v): no error", args)
		}
	}
}

func TestDecodeOfAnotherProgram(t *testing.T) {
	for _, s := range []string{"", "echo hi", "# patchwave scan", "# patchwave scan v1\n", "#!/bin/sh\n# patchwave scan v1"} {
		if _, err := Decode([]byte(s)); !errors.Is(err, framing.ErrNotAScript) {
			t.Errorf("Decode(%q) = %v", s, err)
		}
	}
}

// TestPathOfTheLogin: where base64 is found does not depend on the PATH that a
// login or sudo's secure_path gives.
func TestPathOfTheLogin(t *testing.T) {
	encoded, err := Encode(call("00ff", `pw_put got "$pw_arg_value"`, map[string]string{"value": "a\nb"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{{"PATH=/nowhere"}, {"PATH="}, {}} {
		cmd := exec.Command("/bin/sh", "-s")
		cmd.Env = env
		cmd.Stdin = bytes.NewReader(encoded)
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("a\nb")) {
			t.Errorf("%q: %v, %s", env, err, out)
		}
	}
}

func TestWithoutBase64NothingIsSaid(t *testing.T) {
	encoded, err := Encode(call("00ff", `pw_put got "$pw_arg_value"`, map[string]string{"value": "a\nb"}))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-s")
	cmd.Stdin = io.MultiReader(strings.NewReader("command() { return 1; }\n"), bytes.NewReader(encoded))
	var out, errb bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errb
	if err := cmd.Run(); err == nil || out.Len() > 0 || !bytes.Contains(errb.Bytes(), []byte("base64 is not installed")) {
		t.Errorf("%v, %q, %q", err, out.String(), errb.String())
	}
}
