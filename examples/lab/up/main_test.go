//go:build lab

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestUp(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	typed := "cut a\nmend a\nreset b\nexplode a\nreset\nadd b=apt,plain\nreset b\noff b\nquit\nnever read\n"
	if code := run(t.Context(), []string{"a=pacman"}, strings.NewReader(typed), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s\n%s", code, errs.String(), out.String())
	}
	var answers []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "ok") || strings.HasPrefix(line, "error") {
			answers = append(answers, strings.TrimSpace(line))
		}
	}
	want := []string{
		"ok: cut a", "ok: mend a", "error: there is no host b", "error: there is no command explode",
		"error: a command and a name are needed: reset, off, on, cut, mend, add",
		"ok: add b=apt,plain", "ok: reset b", "ok: off b",
	}
	if strings.Join(answers, "\n") != strings.Join(want, "\n") {
		t.Errorf("answers:\n%s\nwant:\n%s", strings.Join(answers, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(out.String(), " ssh -F ") {
		t.Errorf("it does not say how to log in:\n%s", out.String())
	}
}

func TestUpRefuses(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"web", "web=yum", "../web=apt", "web=apt,zfs"} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{arg}, strings.NewReader(""), &out, &errs); code != 1 || errs.Len() == 0 {
			t.Errorf("%s: exit code %d, %q", arg, code, errs.String())
		}
	}
}
