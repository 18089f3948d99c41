package policies

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArguments(t *testing.T) {
	with := func(w *WindowsUpdate) *Policy { return &Policy{WindowsUpdate: w} }
	for name, tt := range map[string]struct {
		p    *Policy
		want map[string]string
	}{
		"no policy":   {nil, nil},
		"says nought": {&Policy{}, nil},
		"default":     {with(&WindowsUpdate{Source: SourceDefault}), map[string]string{"source": "default"}},
		"wsus":        {with(&WindowsUpdate{Source: SourceWSUS, AcceptEULA: true}), map[string]string{"source": "wsus", "accept_eula": "true"}},
		"offline":     {with(&WindowsUpdate{Source: SourceOffline, Cab: "/srv/in/wsusscn2.cab"}), map[string]string{"source": "offline", "cab": "wsusscn2.cab"}},
		"share":       {with(&WindowsUpdate{Source: SourceOffline, Cab: `\\srv\in\wsusscn2.cab`}), map[string]string{"source": "offline", "cab": "wsusscn2.cab"}},
	} {
		if diff := cmp.Diff(tt.want, tt.p.Arguments()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestArgumentsOfAHost(t *testing.T) {
	wsus := &WindowsUpdate{Source: SourceWSUS}
	all := []*Policy{{Hosts: []string{"a", "b"}, WindowsUpdate: wsus}, {Hosts: []string{"b", "c"}}}
	for host, want := range map[string]map[string]string{"a": {"source": "wsus"}, "b": nil, "c": nil, "d": nil} {
		if diff := cmp.Diff(want, ArgumentsOf(all, host)); diff != "" {
			t.Errorf("%s: %s", host, diff)
		}
	}
}
