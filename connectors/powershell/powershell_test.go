package powershell

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/connectors/framing"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := strings.TrimRight(rapid.StringOfN(rapid.Rune(), 0, 60, -1).
			Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }).Draw(t, "value"), "\n")
		want := framing.Call{Name: "scan", Version: 3, Nonce: "00ff", Args: map[string]string{"value": value, "a_b": "x"}}
		in := want
		in.Body = "Write-PwText 'got' (Get-PwArg 'value')"
		program, err := Encode(in)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexFunc(program, func(r rune) bool { return r > 0x7e }); i >= 0 {
			t.Fatalf("byte %d is not ASCII", i)
		}
		got, err := Decode(program)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestArgumentsAreData: nothing of an argument stands in the program as it is.
func TestArgumentsAreData(t *testing.T) {
	for _, value := range []string{"$(calc)", "'; calc; '", "\u2019; calc; \u2018", "`n", "a\nb", "} catch {"} {
		program, err := Encode(framing.Call{Name: "x", Version: 1, Nonce: "00", Args: map[string]string{"v": value}, Body: "1"})
		if err != nil {
			t.Fatal(err)
		}
		line := strings.Split(string(program), "\n")[2]
		if strings.Trim(strings.TrimSuffix(strings.TrimPrefix(line, "$PwArgs64 = '"), "'"),
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != "" {
			t.Errorf("%q stands as %s", value, line)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []framing.Call{
		{Name: "x", Args: map[string]string{"A": "x"}},
		{Name: "x", Args: map[string]string{"a": "x\x00"}},
		{Name: "x", Body: "'\u00e4'"},
		{Name: "x", Body: "a\r\nb"},
		{Name: "x", Body: "a\x00b"},
	} {
		if _, err := Encode(c); err == nil {
			t.Errorf("Encode(%+v): no error", c)
		}
	}
}

func TestDecodeOfAnotherProgram(t *testing.T) {
	coded := base64.StdEncoding.EncodeToString([]byte(`{"a":"b"}`))
	for _, s := range []string{
		"", "Get-Date", "# patchwave scan v1\n", "# patchwave scan v1\n$PwNonce = 'x'\n$PwArgs64 = ''\ntry {\n",
		"# patchwave scan v1\n$PwNonce = '00'\n$PwArgs64 = '" + coded + "'\nif (1) {\n1", "\n# patchwave scan v1\n$PwNonce = '00'\n$PwArgs64 = '" + coded + "'\ntry {\n",
	} {
		if _, err := Decode([]byte(s)); !errors.Is(err, framing.ErrNotAScript) {
			t.Errorf("Decode(%q) = %v", s, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	program, err := Encode(framing.Call{Name: "x", Version: 1, Nonce: "00", Args: map[string]string{"v": "1"}, Body: "1"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(program)
	f.Add([]byte("# patchwave scan v1\n$PwNonce = '00'\n$PwArgs64 = 'bnVsbA=='\ntry {\n1"))
	f.Fuzz(func(t *testing.T, program []byte) {
		call, err := Decode(program)
		if err == nil && (call.Name == "" || call.Nonce == "" || call.Args == nil) {
			t.Fatalf("%+v", call)
		}
	})
}
