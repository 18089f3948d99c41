package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	var out bytes.Buffer
	a := newApp(strings.NewReader(""), &out, &out)
	err := a.table([]string{"host", "state", ""}, [][]cell{
		{c("web-1"), stateCell("done"), c("")},
		{c("日本"), stateCell("failed"), c("no \x1b[31mcolour\x1b[0m\r\nno lines")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "HOST   STATE\nweb-1  done\n日本   failed  no \\x1b[31mcolour\\x1b[0m\\r\\nno lines\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPaint(t *testing.T) {
	if got := paint("x", good, true); got != "\x1b[32mx\x1b[0m" {
		t.Errorf("%q", got)
	}
	for _, got := range []string{paint("x", good, false), paint("x", plain, true)} {
		if got != "x" {
			t.Errorf("%q", got)
		}
	}
	if got := paint("", bad, true); got != "" {
		t.Errorf("%q", got)
	}
}

func TestWords(t *testing.T) {
	tests := []struct{ got, want string }{
		{count(1, "host"), "1 host"},
		{count(0, "host"), "0 hosts"},
		{count(2, "host"), "2 hosts"},
		{bytesText(0), "0 B"},
		{bytesText(1023), "1023 B"},
		{bytesText(1024), "1.0 KiB"},
		{bytesText(256 << 20), "256.0 MiB"},
		{bytesText(3 << 50), "3072.0 TiB"},
		{ago(0), "just now"},
		{ago(59 * time.Second), "just now"},
		{ago(time.Minute), "1 minute ago"},
		{ago(119 * time.Minute), "119 minutes ago"},
		{ago(2 * time.Hour), "2 hours ago"},
		{ago(47 * time.Hour), "47 hours ago"},
		{ago(48 * time.Hour), "2 days ago"},
		{labels(map[string]string{"b": "2", "a": "1"}), "a=1,b=2"},
		{strings.Join(splitList("a, b,,c"), "|"), "a|b|c"},
		{strings.Join(splitList("a=1,2\nb=3\n"), "|"), "a=1,2|b=3"},
		{strings.Join(splitList(" "), "|"), ""},
		{indent("a\nb"), "    a\n    b\n"},
		{indent(""), ""},
		{logText("@@x BEGIN\nSetting up\tnginx\n@@x END 0\n"), "Setting up  nginx"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%q, not %q", test.got, test.want)
		}
	}
}
