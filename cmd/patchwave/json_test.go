package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVisible: nothing that a terminal acts on is left in a JSON text, and it
// means what it meant.
func TestVisible(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `""`},
		{"plain", `"plain"`},
		{"Müller 日本", `"Müller 日本"`},
		{"\x1b[2J\r\n", `"\u001b[2J\r\n"`},
		{"\x7f", `"\u007f"`},
		{"\u009b31m", `"\u009b31m"`},
		{"a\u202eb\u202c", `"a\u202eb\u202c"`},
		{"\u200b", `"\u200b"`},
		{"\U000e0041x", `"\udb40\udc41x"`},
		{"\ufeff", `"\ufeff"`},
	}
	for _, test := range tests {
		b, err := json.Marshal(test.in)
		if err != nil {
			t.Fatal(err)
		}
		got := visible(b)
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Error(diff)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != test.in {
			t.Errorf("%q came back as %q: %v", test.in, back, err)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b\u202e\U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err) // strings can always be encoded
		}
		var before, after map[string]string
		if json.Unmarshal(b, &before) != nil || json.Unmarshal(visible(b), &after) != nil || !cmp.Equal(before, after) {
			t.Errorf("%s became %s", b, visible(b))
		}
	})
}
