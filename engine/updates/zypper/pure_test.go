package zypper

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
)

func TestCompareEVR(t *testing.T) {
	// The pairs of rpm's own rpmvercmp tests, as far as they differ in kind.
	tests := []struct {
		a, b string
		want int
	}{
		{"1.0", "1.0", 0},
		{"1.0", "2.0", -1},
		{"2.0.1", "2.0.1a", -1},
		{"5.5p10", "5.5p2", 1},
		{"10xyz", "10.1xyz", -1},
		{"xyz10", "xyz10.1", -1},
		{"1.0010", "1.9", 1},
		{"1.05", "1.5", 0},
		{"2_0", "2.0", 0},
		{"1.0~rc1", "1.0", -1},
		{"1.0~rc1~git123", "1.0~rc1", -1},
		{"1.0^", "1.0", 1},
		{"1.0^git1", "1.0^git2", -1},
		{"1.0^git1", "1.01", -1},
		{"1.0^20160101", "1.0.1", -1},
		{"1.0~rc1^git1", "1.0~rc1", 1},
		{"1.0^git1~pre", "1.0^git1", -1},
		{"a", "1", -1},
		{"1:1.0-1", "2.0-1", 1},
		{"0:1.0-1", "1.0-1", 0},
		{"1.0-1", "1.0-2", -1},
		{"1.0", "1.0-2", 0},
		{"7.60.0-150000.3.20.1", "7.60.0-150000.3.9.1", 1},
	}
	for _, tt := range tests {
		if got := compareEVR(tt.a, tt.b); got != tt.want {
			t.Errorf("compareEVR(%s, %s) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := compareEVR(tt.b, tt.a); got != -tt.want {
			t.Errorf("compareEVR(%s, %s) = %d, want %d", tt.b, tt.a, got, -tt.want)
		}
	}
}

func TestPatchInfo(t *testing.T) {
	// The form of SLES 15 (several packages, with architectures) after that of
	// repositories made with createrepo.
	text := `Name        : LABSA-2026:0001
Conflicts   : liblab < 1.0-2.el9_4.1

Name        : SUSE-SLE-Module-Basesystem-15-SP5-2024-1
Conflicts   : [6]
    curl.src < 8.0.1-150400.5.41.1
    curl.x86_64 < 8.0.1-150400.5.41.1
    libcurl4.noarch < 8.0.1-150400.5.41.1
    srcpackage:curl < 8.0.1
    python3.11 < 0:3.11.5-1
    $(id) < 1-1

    stray < 1
`
	want := map[string][]fix{
		"LABSA-2026:0001": {{name: "liblab", below: "1.0-2.el9_4.1"}},
		"SUSE-SLE-Module-Basesystem-15-SP5-2024-1": {
			{name: "curl", arch: "x86_64", below: "8.0.1-150400.5.41.1"},
			{name: "libcurl4", arch: "noarch", below: "8.0.1-150400.5.41.1"},
			{name: "python3.11", below: "3.11.5-1"},
			{name: "stray", below: "1"},
		},
	}
	if diff := cmp.Diff(want, parsePatchInfo(strings.Split(text, "\n")), cmp.AllowUnexported(fix{})); diff != "" {
		t.Error(diff)
	}
}

func TestAnnotate(t *testing.T) {
	patches := []patch{
		{id: "B", category: "recommended", severity: inventory.Low, fixes: []fix{{name: "curl", below: "2-1"}}},
		{id: "A", category: "security", severity: inventory.Important, reboot: true, cves: []string{"CVE-2026-0001"}, fixes: []fix{{name: "curl", arch: "x86_64", below: "3-1"}}},
		{id: "C", category: "security", severity: inventory.Critical, fixes: []fix{{name: "curl", below: "4-1"}}}, // not yet in To
		{id: "D", category: "security", severity: inventory.Critical, fixes: []fix{{name: "curl", below: "1-1"}}}, // already in From
		{id: "E", category: "optional", fixes: []fix{{name: "curl", arch: "i586", below: "3-1"}}},
	}
	u := inventory.Update{Name: "curl", Arch: "x86_64", From: "1-1", To: "3-1"}
	annotate(&u, patches)
	want := inventory.Update{
		Name: "curl", Arch: "x86_64", From: "1-1", To: "3-1", Classification: inventory.Security, Severity: inventory.Important,
		Advisories: []string{"B", "A"}, CVEs: []string{"CVE-2026-0001"}, Reboot: true, RebootSource: "metadata",
	}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Error(diff)
	}
	for category, want := range map[string]inventory.Classification{
		"security": "security", "recommended": "bugfix", "optional": "enhancement", "feature": "feature", "document": "other", "": "other",
	} {
		if got := class(category); got != want {
			t.Errorf("class(%s) = %s", category, got)
		}
	}
}

func TestLocks(t *testing.T) {
	locks := parseLocks(strings.Split(`
type: package
match_type: glob
case_sensitive: on
solvable_name: kernel-*

type: package
match_type: exact
solvable_name: bash

type: patch
match_type: glob
solvable_name: curl

match_type: regex
solvable_name: ^php[78]$

complex: zsh > 5
`, "\n"))
	for name, want := range map[string]bool{
		"kernel-default": true, "bash": true, "bash-completion": false, "curl": false, "php8": true, "php81": false, "zsh": true, "": false,
	} {
		if got := locked(locks, name); got != want {
			t.Errorf("locked(%s) = %v", name, got)
		}
	}
}

func TestXML(t *testing.T) {
	root, err := parseXML([]byte("noise\n<?xml version='1.0'?>\n<stream>\nplugin says hi\n<a x='1 &lt; 2'>t<b/></a>\n</stream>\nnoise < & >"))
	if err != nil || root.child("stream").child("a").attr("x") != "1 < 2" {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "<stream", "<stream>", "<stream><a>", "<stream>" + strings.Repeat("<a>", 100)} {
		if _, err := parseXML([]byte(bad)); err == nil {
			t.Errorf("parseXML(%.20q): no error", bad)
		}
	}
}

func FuzzCompareEVR(f *testing.F) {
	f.Add("1:1.0~rc1-1", "1.0^git-2")
	f.Fuzz(func(t *testing.T, a, b string) {
		if compareEVR(a, b) != -compareEVR(b, a) {
			t.Fatalf("compareEVR(%q, %q) is not antisymmetric", a, b)
		}
	})
}
