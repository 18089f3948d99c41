package connectortest

import (
	"strings"
	"testing"

	"patchwave/connectors"
)

// scripts are about what reaches the shell.
var scripts = []check{
	{"a script is in no argument list", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		const canary = "canary-5Zq1"
		r := sh(ctx, t, s, "# "+canary+"\nfor f in /proc/[0-9]*/cmdline; do tr '\\000' ' ' <\"$f\" 2>/dev/null; echo; done\nfor f in /proc/self/environ; do tr '\\000' '\\n' <\"$f\"; done")
		if strings.Contains(string(r.Stdout), canary) {
			t.Errorf("the process list shows the script:\n%s", r.Stdout)
		}
		if !strings.Contains(string(r.Stdout), "/bin/sh -s") {
			t.Errorf("the process list does not show the shell:\n%s", r.Stdout)
		}
	}},
	{"a large script", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		if r := sh(ctx, t, s, strings.Repeat("# nothing but a comment\n", 60_000)+"echo end"); string(r.Stdout) != "end\n" {
			t.Errorf("got %q %q", r.Stdout, r.Stderr)
		}
	}},
	{"a script that is not read to its end", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		if r := sh(ctx, t, s, "echo early; exit 5\n"+strings.Repeat("# more\n", 600_000)); string(r.Stdout) != "early\n" || r.ExitCode != 5 {
			t.Errorf("got %q, exit %d", r.Stdout, r.ExitCode)
		}
	}},
	{"a line has no input", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Line: "cat; echo done"})
		if err != nil || string(r.Stdout) != "done\n" {
			t.Errorf("got %q %v", r.Stdout, err)
		}
	}},
	{"quotes in a line", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Line: `printf '%s|' 'a b' "c'd" "$(echo e)" \; é`})
		if err != nil || string(r.Stdout) != "a b|c'd|e|;|é|" {
			t.Errorf("got %q %q %v", r.Stdout, r.Stderr, err)
		}
	}},
	{"a broken script", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		if r := sh(ctx, t, s, "main() {\necho ran\n"); r.ExitCode == 0 || len(r.Stdout) != 0 {
			t.Errorf("got exit %d, %q", r.ExitCode, r.Stdout)
		}
	}},
}

// elevations are about becoming nobody else.
var elevations = []check{
	{"become none", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, func(target *connectors.Target) { target.Become = connectors.Become{Method: connectors.BecomeNone} })
		plain := sh(ctx, t, s, "id -u")
		r, err := s.Run(ctx, connectors.Command{Script: []byte("id -u"), Become: true})
		if err != nil || string(r.Stdout) != string(plain.Stdout) {
			t.Errorf("got %q %v, want %q", r.Stdout, err, plain.Stdout)
		}
	}},
	{"become none with a line", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Line: "echo hi", Become: true})
		if err != nil || string(r.Stdout) != "hi\n" {
			t.Errorf("got %q %v", r.Stdout, err)
		}
	}},
}
