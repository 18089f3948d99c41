package restore

import (
	"strings"
	"testing"
	"time"
)

const someRun = "r20261122-020000-a1b2c3"

// TestTagOf: who made it, when and of which host stands in a tag; nothing else makes
// one alike.
func TestTagOf(t *testing.T) {
	origin := Origin("0123456789abcdef")
	tag := TagOf(origin, someRun, "web-01")
	if !OwnTag(tag) || len(tag) != maxTag || !strings.HasPrefix(tag, "patchwave-012345_20261122-020000-") || OriginOf(tag) != "012345" {
		t.Errorf("%q of %q", tag, OriginOf(tag))
	}
	if at, run := runOfTag(tag); run != "r20261122-020000" || !at.Equal(time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("of run %q at %s", run, at)
	}
	all := map[string]bool{tag: true, TagOf("fedcba", someRun, "web-01"): true, TagOf(origin, someRun, "web-02"): true,
		TagOf(origin, "r20261122-020000-a1b2c4", "web-01"): true, TagOf(origin, "r20261122-020001-a1b2c3", "web-01"): true}
	if len(all) != 5 {
		t.Errorf("some are alike: %v", all)
	}
	for tag := range all {
		if given(tag, "web-01") == strings.Contains(tag, TagOf(origin, someRun, "web-02")) {
			t.Errorf("given to web-01 or not: %q", tag)
		}
	}
	for _, run := range []string{"r1", "", strings.Repeat("x/", 50)} {
		if tag := TagOf(origin, run, "h"); run != "" && (!OwnTag(tag) || !given(tag, "h") || given(tag, "i")) {
			t.Errorf("of run %q: %q", run, tag)
		}
	}
	if old := TagOf("", someRun, "web-01"); old != Tag(someRun, "web-01") || OriginOf(old) != "" || !given(old, "web-01") || given(old, "web-02") {
		t.Errorf("before there were origins: %q", old)
	}
}

// TestNoOrigin: what is no identity of a database has no origin, and a name that only
// looks alike names none.
func TestNoOrigin(t *testing.T) {
	for _, id := range []string{"", "0123", "0123456789abcdeg", "0123456789ABCDEF", "0123456789abcdef0"} {
		if o := Origin(id); o != "" {
			t.Errorf("%q has the origin %q", id, o)
		}
	}
	for _, tag := range []string{"patchwave-01234_20261122-020000-abcdefg", "patchwave-012345-20261122-020000-abcdefg", "patchwave-012345_20261122-020000-abcdefg1",
		"patchwave-012345_20261122-020000-abcdef1", "patchwave-01234g_20261122-020000-abcdefg"} {
		if o := OriginOf(tag); o != "" {
			t.Errorf("%q has the origin %q", tag, o)
		}
	}
	if !IsOrigin("012abc") || IsOrigin("012abg") || IsOrigin("012abcd") || IsOrigin("") {
		t.Error("an origin is six digits")
	}
}

// TestJudgeOrigins: of points that no run of the journal made, those of other controllers
// stay whatever their age, and those of this one and of the time before go by age.
func TestJudgeOrigins(t *testing.T) {
	now := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	const own, other = "012345", "fedcba"
	young := "r20261223-120000-a1b2c3"
	for _, tt := range []struct {
		name, tag       string
		dead            []string
		foreign, remove bool
	}{
		{"own, old", TagOf(own, someRun, "h"), nil, false, true},
		{"own, young", TagOf(own, young, "h"), nil, false, false},
		{"own, of another host", TagOf(own, someRun, "i"), nil, false, false},
		{"another's, old", TagOf(other, someRun, "h"), nil, true, false},
		{"another's, young", TagOf(other, young, "h"), nil, true, false},
		{"another's that is gone, old", TagOf(other, someRun, "h"), []string{other}, false, true},
		{"another's that is gone, young", TagOf(other, young, "h"), []string{other}, false, false},
		{"of the time before, old", Tag(someRun, "h"), nil, false, true},
		{"of the time before, young", Tag(young, "h"), nil, false, false},
		{"somebody's", "patchwave-mine", []string{""}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said := map[string][]Listed{Btrfs: {{Tag: tt.tag, ID: "1", Created: now.Add(-30 * 24 * time.Hour).Unix()}}}
			got := Judge("h", append([]string{own}, tt.dead...), nil, said, Retention{Keep: 3, Expire: 14 * 24 * time.Hour}, now)
			if len(got) != 1 || got[0].Foreign != tt.foreign || got[0].Remove != tt.remove || got[0].Why == "" || !got[0].Leftover {
				t.Errorf("%+v", got)
			}
		})
	}
	// what the journal knows is its own, whoever the tag names
	tag := TagOf(other, someRun, "h")
	known := []Known{{ID: someRun + "/btrfs", Provider: Btrfs, Tag: tag, Run: someRun, Created: now, Recorded: true}}
	if got := Judge("h", []string{own}, known, map[string][]Listed{Btrfs: {{Tag: tag, ID: "1", Created: now.Unix()}}}, Retention{Keep: 1}, now); len(got) != 1 || got[0].Foreign || got[0].Remove {
		t.Errorf("%+v", got)
	}
}
