package health

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	localdial "patchwave/connectors/local"
	"patchwave/inventory"
	"patchwave/policies"
)

func TestCommandFromHere(t *testing.T) {
	probe := func(words ...policies.Text) policies.Probe {
		return policies.Probe{Kind: policies.ProbeCommand, Name: "c", Command: words, On: policies.OnController}
	}
	script := func(s string) policies.Probe {
		return policies.Probe{Kind: policies.ProbeCommand, Name: "c", Run: s, On: policies.OnController}
	}
	tests := []struct {
		name   string
		probe  policies.Probe
		ok     bool
		detail string
	}{
		{"a program", probe(text("echo"), text("two words"), text("$(id)"), text("*")), true, "two words $(id) web-1"},
		{"one that fails", probe(text("false")), false, "exit status 1"},
		{"one that is none", probe(text("/nonexistent/program")), false, "start /nonexistent/program: "},
		{"a script", script("echo well; echo noted >&2"), true, "well noted"},
		{"a script that fails", script("echo no; exit 7"), false, "exit status 7 no"},
		{"it gets no input", script("read x; echo \"$?\""), true, "1"},
		{"escapes", script(`printf 'a\033[2Jb\n'`), true, "a?[2Jb"},
	}
	p := Prober{Program: local, Subject: policies.Subject{Host: &inventory.Host{Name: "web-1"}}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := p.Run(t.Context(), tt.probe)
			if err != nil || res.OK != tt.ok || !strings.HasPrefix(res.Detail, tt.detail) {
				t.Errorf("%+v, %v", res, err)
			}
		})
	}
	if res, err := p.Run(t.Context(), script("head -c 1000000 /dev/zero | tr '\\0' x")); err != nil || !res.OK || len(res.Detail) > mostName+10 {
		t.Errorf("%d bytes, %v", len(res.Detail), err)
	}
	if res, err := (Prober{Program: local}).Run(t.Context(), probe(text("echo"), text("*"))); err != nil || res.OK || !strings.Contains(res.Detail, "no value") {
		t.Errorf("%+v, %v", res, err)
	}
}

// local starts programs of this machine.
func local(ctx context.Context, argv []string, limit time.Duration) (int, string, error) {
	return localdial.Program{Argv: argv, Env: []string{"PATH=/usr/bin:/bin"}, Limit: limit}.Run(ctx)
}

// TestCommandThatHangs: an operator who has had enough is told nothing false.
func TestCommandThatHangs(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	res, err := Prober{Program: local}.Run(ctx, policies.Probe{Kind: policies.ProbeCommand, Run: "sleep 1000", On: policies.OnController})
	if err == nil || res.Detail != "" {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := (Prober{}).Run(t.Context(), policies.Probe{Kind: policies.ProbeCommand, Run: "true", On: policies.OnController}); err == nil {
		t.Error("without a way to start programs it was not refused")
	}
}

// TestProgramThere: the words of a program reach it as they are, in every shell.
func TestProgramThere(t *testing.T) {
	words := []policies.Text{text("printf"), text("<%s>"), text("a  b"), text("$(id)"), text("`id`"), text("'\"\\"), text(""), text("-n"), text("x\ny"), text("*")}
	for i := range 12 {
		words = append(words, text(fmt.Sprint(i)))
	}
	want := "<a  b><$(id)><`id`><'\"\\><><-n><x y><*><0><1><2><3><4><5><6><7><8><9><10><11>"
	for name, argv := range shells(t) {
		res, err := Prober{Session: shell{t: t, argv: argv}, Subject: policies.Subject{Host: &inventory.Host{Name: "*"}}}.Run(t.Context(),
			policies.Probe{Kind: policies.ProbeCommand, Command: words, On: policies.OnHost})
		if err != nil || !res.OK || res.Detail != want {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	for name, argv := range shells(t) {
		res, err := Prober{Session: shell{t: t, argv: argv}}.Run(t.Context(), policies.Probe{Kind: policies.ProbeCommand, Command: []policies.Text{text("false")}, On: policies.OnHost})
		if err != nil || res.OK || res.Detail != "exit status 1" {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}
