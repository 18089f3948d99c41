package config

import (
	"slices"
	"testing"
	"time"

	"patchwave/policies"
)

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0s": 0, "1s": time.Second, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "2w": 14 * 24 * time.Hour,
		"1w1d1h1m1s": 7*day + day + time.Hour + time.Minute + time.Second, "007m": 7 * time.Minute, "30m1h": 90 * time.Minute,
	} {
		if got, err := parseDuration(s); got != want || err != nil {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "1", "s", "1.5h", "-1s", "+1s", "1 s", " 1s", "1h30", "1ms", "1y", "1S", "1µs", "99999999999999999999s", "15250w15250w", "1h-30m"} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("%q: %v and no error", s, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1h30m", "", "9223372036s", "1w", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
	})
}

func TestParsePercent(t *testing.T) {
	for s, want := range map[string]int{"1%": 1, "100%": 100, "25%": 25, "05%": 5} {
		got, err := parsePercent(s)
		if err != nil || got != (policies.Amount{Percent: want, Given: true}) {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "%", "0%", "101%", "-1%", "+1%", "1.5%", "1 %", "10", "1%%"} {
		if got, err := parsePercent(s); err == nil {
			t.Errorf("%q: %+v and no error", s, got)
		}
	}
}

func TestParseRange(t *testing.T) {
	for s, want := range map[string][]string{
		"web":          {"web"},
		"web-[1:3]":    {"web-1", "web-2", "web-3"},
		"web-[08:10]":  {"web-08", "web-09", "web-10"},
		"[0:1].a.b":    {"0.a.b", "1.a.b"},
		"a[5:5]b":      {"a5b"},
		"a[99:101]":    {"a99", "a100", "a101"},
		"a[099:101]":   {"a099", "a100", "a101"},
		"a[1:0000002]": {"a1", "a2"},
	} {
		r, err := parseRange(s)
		var got []string
		for i := range r.count() {
			got = append(got, r.name(i))
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if r, err := parseRange("x[0:65535]"); err != nil || r.count() != 65_536 {
		t.Errorf("the largest range: %d, %v", r.count(), err)
	}
	for _, s := range []string{"", "a[", "a]", "a[]", "a[1]", "a[1:]", "a[:1]", "a[2:1]", "a[1:2:3]", "a[-1:2]", "a[1-2]", "a[x:y]", "a[1:2][3:4]", "a[0x1:2]", "ä", "a b", "a[1:2] b", "x[0:65536]"} {
		if r, err := parseRange(s); err == nil {
			t.Errorf("%q: %+v and no error", s, r)
		}
	}
}

func TestClosest(t *testing.T) {
	known := []string{"security", "bugfix", "enhancement", "web-01", "Web-10"}
	for name, want := range map[string]string{
		"secruity": "security", "securty": "security", "SECURITY": "security", "bugfx": "bugfix", "web-1": "Web-10",
		"wholly different": "", "": "", "x": "", "ab": "",
	} {
		if got := closest(name, slices.Values(known)); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestIsPublicKey(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYDnAn2ES1WRpNoBcJTvmKkJlBHgYLgyCIyP1v8gZ7y"
	for s, want := range map[string]bool{
		key: true, key + " comment": true, "ssh-rsa" + key[11:]: false, "ssh-ed25519": false, "ssh-ed25519 AAAA": false,
		"ssh-ed25519 !!!": false, "host " + key: false, "ssh-ed25519 /////w==": false,
	} {
		if got := isPublicKey(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
