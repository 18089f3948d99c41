package parse

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/inventory"
)

func TestGrammars(t *testing.T) {
	tests := []struct {
		family      string
		g           Grammar
		names, vers string
		bad         []string
	}{
		{"deb", Deb(), "libstdc++6 0ad g++-12 libc6 python3.11 LibreOffice", "1:2.36-9+deb12u10 3.0.22-1~deb12u2 2026f-0+deb12u1 1.0-1 0~rc1 1:1:2-3", nil},
		{"rpm", RPM(), "kernel-core gtk+ python3.11 gcc-c++ NetworkManager _x", "1:3.0.7-27.el9 5.14.0-503.el9_5 2.0~rc1-1 1.0^git1-2.fc41 12", nil},
		{"pacman", Pacman(), "linux gtk+ lib32-glibc @scope python-foo_bar", "1:2.40.1-1 6.9.7.arch1-1 20240101.abc-1.1", nil},
		{"apk", Apk(), "musl libstdc++ py3-x .x", "1.2.5-r0 3.1.4_p1-r2 1.0_git20240101-r0 2.0~abc1-r0", []string{".x"}},
	}
	hostile := []string{"", "-y", "--force", "a b", "a;b", "$(id)", "`id`", "a'b", "a\"b", "a\nb", "a\tb", "../x", "/etc/passwd", "a|b", "a&b",
		"a>b", "a=b", "a*", "é", "a\x00", strings.Repeat("a", 300)}
	for _, tt := range tests {
		for name := range strings.FieldsSeq(tt.names) {
			want := true
			for _, b := range tt.bad {
				want = want && b != name
			}
			if got := tt.g.NameOK(name); got != want {
				t.Errorf("%s: NameOK(%q) = %v", tt.family, name, got)
			}
		}
		for v := range strings.FieldsSeq(tt.vers) {
			if !tt.g.VersionOK(v) {
				t.Errorf("%s: VersionOK(%q) = false", tt.family, v)
			}
		}
		for _, bad := range hostile {
			if tt.g.NameOK(bad) || tt.g.VersionOK(bad) || tt.g.ArchOK(bad) || tt.g.OK(bad, "amd64", "1") {
				t.Errorf("%s: %q is believed", tt.family, bad)
			}
		}
		if !tt.g.OK("a", "x86_64", "1.0-1") && tt.family != "apk" {
			t.Errorf("%s: a plain package is not believed", tt.family)
		}
	}
}

func TestClean(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"plain", 10, "plain"},
		{" a\tb\r\n\x1b[31mred ", 40, "a b [31mred"},
		{"ääää", 5, "ää…"},
		{"", 5, ""},
	}
	for _, tt := range tests {
		if got := Clean(tt.in, tt.limit); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	p := Problem(Locked, "held by %s", "apt\n(7)")
	if diff := cmp.Diff(&inventory.Problem{Code: "locked", Message: "held by apt (7)"}, p); diff != "" {
		t.Error(diff)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[0m\xff\u2028b", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, min(limit, 1000))
		got := Clean(s, limit)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\x1b\x00") || len(got) > limit+len("…") {
			t.Fatalf("Clean(%q, %d) = %q", s, limit, got)
		}
	})
}

func TestSets(t *testing.T) {
	if diff := cmp.Diff([]string{"a", "b"}, Set("b", "", "a", "b")); diff != "" {
		t.Error(diff)
	}
	if Set() == nil {
		t.Error("Set() is nil")
	}
	if diff := cmp.Diff([]string{"CVE-2026-1111", "CVE-2026-22222"}, CVEs("x CVE-2026-22222, CVE-2026-1111 CVE-2026-22222 CVE-1")); diff != "" {
		t.Error(diff)
	}
}

func TestSeverity(t *testing.T) {
	for word, want := range map[string]inventory.Severity{
		"Critical": inventory.Critical, "important": inventory.Important, "High": inventory.Important, " Moderate ": inventory.Moderate,
		"medium": inventory.Moderate, "LOW": inventory.Low, "None": inventory.UnknownSeverity, "": inventory.UnknownSeverity,
	} {
		if got := Severity(word); got != want {
			t.Errorf("Severity(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestSorted(t *testing.T) {
	got := Updates([]inventory.Update{{Name: "b", Arch: "i386"}, {Name: "b", Arch: "amd64"}, {Name: "a", CVEs: []string{"y", "x", "y"}}})
	want := []inventory.Update{
		{Name: "a", CVEs: []string{"x", "y"}},
		{Name: "b", Arch: "amd64", CVEs: []string{}},
		{Name: "b", Arch: "i386", CVEs: []string{}},
	}
	for i := range want {
		want[i].Origins, want[i].Advisories, want[i].KBs = []string{}, []string{}, []string{}
		want[i].Classification, want[i].Severity = inventory.OtherClass, inventory.UnknownSeverity
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	changes := Changes([]updates.Change{{Name: "b", Action: "remove"}, {Name: "b", Action: "install"}, {Name: "a"}})
	if changes[0].Name != "a" || changes[1].Action != "install" {
		t.Errorf("order: %v", changes)
	}
}
