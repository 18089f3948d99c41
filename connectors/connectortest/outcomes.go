package connectortest

import (
	"strconv"
	"strings"
	"testing"

	"patchwave/connectors"
)

// outcomes are about what a command left behind.
var outcomes = []check{
	{"exit status of a script", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		for _, code := range []int{0, 1, 7, 126, 127, 255} {
			if r := sh(ctx, t, s, "exit "+strconv.Itoa(code)); r.ExitCode != code || r.Signal != "" {
				t.Errorf("exit %d came back as %d, signal %q", code, r.ExitCode, r.Signal)
			}
		}
	}},
	{"exit status of a line", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Line: "echo out; echo err >&2; exit 3"})
		if err != nil || r.ExitCode != 3 || string(r.Stdout) != "out\n" || string(r.Stderr) != "err\n" {
			t.Errorf("got %d %q %q %v", r.ExitCode, r.Stdout, r.Stderr, err)
		}
	}},
	{"signal", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r := sh(ctx, t, s, "echo before; kill -KILL $$")
		if r.ExitCode != 137 || (r.Signal != "" && r.Signal != "KILL") || string(r.Stdout) != "before\n" {
			t.Errorf("got %d, signal %q, %q", r.ExitCode, r.Signal, r.Stdout)
		}
	}},
	{"a failed command is no error", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r := sh(ctx, t, s, "/no/such/program")
		if r.ExitCode != 127 || len(r.Stderr) == 0 {
			t.Errorf("got %d %q", r.ExitCode, r.Stderr)
		}
	}},
	{"duration", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		if r := sh(ctx, t, s, "sleep 0.2"); r.Duration < 200e6 {
			t.Errorf("the duration is %s, want at least 200ms", r.Duration)
		}
	}},
	{"exactly one of script and line", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		for _, c := range []connectors.Command{{}, {Script: []byte("true"), Line: "true"}} {
			_, err := s.Run(ctx, c)
			wantCode(t, err, connectors.CodeUnsupported)
		}
	}},
}

// streams are about the two outputs.
var streams = []check{
	{"outputs are apart", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r := sh(ctx, t, s, "i=0; while [ $i -lt 500 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done")
		var out, errs strings.Builder
		for i := range 500 {
			out.WriteString("out" + strconv.Itoa(i) + "\n")
			errs.WriteString("err" + strconv.Itoa(i) + "\n")
		}
		if string(r.Stdout) != out.String() || string(r.Stderr) != errs.String() {
			t.Errorf("outputs are mixed or damaged: %d and %d bytes", len(r.Stdout), len(r.Stderr))
		}
	}},
	{"bytes come through", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		if r := sh(ctx, t, s, `printf '\000\001\r\n\377\033[31m'`); string(r.Stdout) != "\x00\x01\r\n\xff\x1b[31m" {
			t.Errorf("got %q", r.Stdout)
		}
	}},
	{"much output", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		const size = 3 << 20
		r := sh(ctx, t, s, "head -c "+strconv.Itoa(size)+" /dev/zero; head -c "+strconv.Itoa(size)+" /dev/zero >&2; echo end")
		if len(r.Stdout) != size+4 || len(r.Stderr) != size || r.Truncated {
			t.Errorf("got %d and %d bytes, truncated %v", len(r.Stdout), len(r.Stderr), r.Truncated)
		}
	}},
	{"output is bounded", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Script: []byte("echo start; head -c 5000000 /dev/zero; echo small >&2; exit 4"), MaxOutput: 1000})
		if err != nil || len(r.Stdout) != 1000 || !strings.HasPrefix(string(r.Stdout), "start\n") || string(r.Stderr) != "small\n" || !r.Truncated || r.ExitCode != 4 {
			t.Errorf("got %d bytes, %q, truncated %v, exit %d, %v", len(r.Stdout), r.Stderr, r.Truncated, r.ExitCode, err)
		}
	}},
	{"exactly the bound is not truncated", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r, err := s.Run(ctx, connectors.Command{Script: []byte("head -c 1000 /dev/zero"), MaxOutput: 1000})
		if err != nil || len(r.Stdout) != 1000 || r.Truncated {
			t.Errorf("got %d bytes, truncated %v, %v", len(r.Stdout), r.Truncated, err)
		}
	}},
	{"a daemon does not hold the command", func(t *testing.T, open Factory) {
		ctx, s := start(t, open, nil)
		r := sh(ctx, t, s, "sleep 20 & echo started $!")
		if !strings.HasPrefix(string(r.Stdout), "started ") || r.ExitCode != 0 || r.Duration > 10e9 {
			t.Errorf("got %q, exit %d after %s", r.Stdout, r.ExitCode, r.Duration)
		}
		sh(ctx, t, s, "kill "+strings.TrimSpace(strings.TrimPrefix(string(r.Stdout), "started ")))
	}},
}
