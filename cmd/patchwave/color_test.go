//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal.
func terminal(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() }) // a device
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _ = tty.Close() }) // as above
	return tty
}

// TestColor: a terminal gets colours unless somebody says no; nothing else does.
func TestColor(t *testing.T) {
	tty := terminal(t)
	tests := []struct {
		name  string
		out   io.Writer
		env   map[string]string
		flag  bool
		color bool
	}{
		{"a terminal", tty, nil, false, true},
		{"no file", &strings.Builder{}, nil, false, false},
		{"NO_COLOR", tty, map[string]string{"NO_COLOR": "1"}, false, false},
		{"an empty NO_COLOR says nothing", tty, map[string]string{"NO_COLOR": ""}, false, true},
		{"a dumb terminal", tty, map[string]string{"TERM": "dumb"}, false, false},
		{"--no-color", tty, nil, true, false},
	}
	for _, test := range tests {
		a := newApp(strings.NewReader(""), test.out, test.out)
		a.env = func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }
		a.flags.noColor = test.flag
		if got := a.color(test.out); got != test.color {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
