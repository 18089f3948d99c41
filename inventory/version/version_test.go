package version

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func families() []Family { return []Family{Deb, RPM, APK, Pacman} }

// ordered are versions from the oldest to the newest; those that stand in one
// string, separated by a blank, are equal.
var ordered = map[Family][][]string{
	Deb: {
		{"0~~", "0~", "0 0-0 0:0", "0+", "0.1"},
		{"1.0~beta1~svn1245", "1.0~beta1", "1.0", "1.0-1 0:1.0-1 1.0-01", "1.0-1+deb12u1", "1.0-1.1", "1.0a-1", "1.0.1", "1.9", "1.10", "2.0", "1:0.1"},
		{"3.0.11-1~deb12u1", "3.0.11-1~deb12u2", "3.0.11-1", "3.0.13-1~deb12u1"},
		{"1.0-rc1-2", "1.0-rc1-10", "0:1.0:1-1"},
		{"1.20241122000000000000000001", "1.20241122000000000000000002 1.020241122000000000000000002", "1.120241122000000000000000000"},
		{"5.15.0-9-generic", "5.15.0-91-generic"},
	},
	RPM: {
		{"1.0~rc1", "1.0~rc2", "1.0", "1.0^git1", "1.0^git2", "1.0.1", "1.1", "2", "1:0.1"},
		{"1.0~rc1^git1", "1.0~rc2"},
		{"1.0a", "1.0b", "1.0.1 1.0_1 1.0+1", "1.0.10"},
		{"3.0.7-1.el9 0:3.0.7-1.el9", "3.0.7-2.el9", "3.0.7-16.el9_2", "3.0.7-16.el9_10", "1:1.0-1"},
		{"xyz", "1", "001.1 1.1", "1.01.1"},
		{"5.14.0-427.13.1.el9_4", "5.14.0-427.13.1.el9_4.1"},
	},
	APK: {
		{"1.0_alpha1", "1.0_beta1", "1.0_pre1", "1.0_rc1", "1.0_rc2", "1.0", "1.0-r1", "1.0-r10", "1.0_p1", "1.0a", "1.0b", "1.0.1", "1.1", "2"},
		{"3.12.0_rc1-r0", "3.12.0_rc1-r1", "3.12.0", "3.12.0-r0", "3.12.0-r1", "3.12.1_rc1"},
		{"1.0_git20231101", "1.0_git20231102", "1.0_p1"},
		{"3.1.4-r4", "3.1.4-r5", "3.1.5-r0", "3.1.10-r0"},
		{"1.2~0123abc", "1.2~1123abc", "1.2~0123abc-r1"},
	},
	Pacman: {
		// The two lines of vercmp(8).
		{"1.0a", "1.0b", "1.0beta", "1.0p", "1.0pre", "1.0rc", "1.0", "1.0.a", "1.0.1"},
		{"1", "1.0", "1.1", "1.1.1", "1.2", "2.0", "3.0.0"},
		{"1.5-1", "1.5-2", "1.5.1-1", "2.0-1", "0:3.0-1", "1:0.9-1"},
		{"1.5b.2-1", "1.5-1", "1.5.b", "1.5.1"},
		{"1.5-1", "1.5-1.1", "1.5-2", "1.5-10"},
		{"1.0.0 1.00.0 1.0.00", "1.0..1", "1.1"},
		{"6.6.arch1-1", "6.6.1.arch1-1"},
		{"9", "10", "20241122000000000000000001", "20241122000000000000000002"},
		{"r123.abc", "123"},
	},
}

func TestOrder(t *testing.T) {
	for f, lists := range ordered {
		for _, list := range lists {
			for i := range list {
				for j := range list {
					for _, a := range strings.Fields(list[i]) {
						for _, b := range strings.Fields(list[j]) {
							expect(t, f, a, b, sign(i-j))
						}
					}
				}
			}
		}
	}
}

func expect(t *testing.T, f Family, a, b string, want int) {
	t.Helper()
	got, err := Compare(f, a, b)
	if err != nil || got != want {
		t.Errorf("%s: %s against %s: %d, want %d (%v)", f, a, b, got, want, err)
	}
}

func TestInvalid(t *testing.T) {
	for f, list := range map[Family][]string{
		Deb: {
			"", " 1", "1 ", "a1", "1_0", "1.0-1_2", "1:", "x:1", ":1", "-1:1", "1.0-", "-1", "1:-1", "1.0ä", "1\n", "1/0",
			"2147483648:1", "99999999999999999999:1", "1.0-1:1", "1.0\x00", "$(x)",
		},
		RPM:    {"", ":1", "x:1", "1-", "-1", "1-2-3", "1 0", "1/0", "1.0-1%{?dist}", "ä", "1:2:3", "2147483648:1"},
		APK:    {"", "a", "1.", ".1", "1.0ab", "1.0_foo", "1.0-1", "1.0-r", "1.0-rx", "1:1.0", "1.0A", "1.0~", "1.0~xyz", "1 0", "1.1234567890123456789"},
		Pacman: {"", "1 0", "1/0", "1-", "-1", "1-a", "1-1.", "1-1-1", "x:1", ":1", "1:2:3", "1.0ä", "1\x7f"},
		"msi":  {"1.0"},
	} {
		for _, v := range list {
			if err := Valid(f, v); err == nil {
				t.Errorf("%s: %q is valid", f, v)
			}
			good := "1.0"
			for _, pair := range [][2]string{{v, good}, {good, v}, {v, v}} {
				if _, err := Compare(f, pair[0], pair[1]); err == nil {
					t.Errorf("%s: %q was compared", f, pair)
				}
			}
		}
	}
}

func TestTooLong(t *testing.T) {
	for _, f := range families() {
		if err := Valid(f, "1"+strings.Repeat(".1", MaxLength)); err == nil {
			t.Errorf("%s takes a version without end", f)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		f          Family
		pattern, v string
		want       bool
	}{
		{Deb, "1.24.*", "1.24.0-2ubuntu7", true},
		{Deb, "1.24.*", "1:1.24.0-2", true},
		{Deb, "1.24.*", "1.25.0-2", false},
		{Deb, "1.24.*", "1.240-1", false},
		{Deb, "1.24.0", "1.24.0-2", true},
		{Deb, "1.24.0-2", "1.24.0-2", true},
		{Deb, "1.24.0-2", "1.24.0-20", false},
		{Deb, "1.24.0", "1.24.0.1-2", false},
		{Deb, "1:1.24.*", "1:1.24.0-2", true},
		{Deb, "2:1.24.*", "1:1.24.0-2", false},
		{Deb, "1:1.24.*", "1.24.0-2", false},
		{Deb, "*~deb12u*", "3.0.11-1~deb12u2", true},
		{RPM, "3.0.7-*.el9*", "1:3.0.7-16.el9_2", true},
		{RPM, "3.0.?", "3.0.7-16.el9_2", true},
		{RPM, "3.0.[0-6]", "3.0.7-16.el9_2", false},
		{APK, "3.1.*", "3.1.4-r5", true},
		{APK, "3.1.4", "3.1.4-r5", true},
		{APK, "3.1.4-r5", "3.1.4-r5", true},
		{Pacman, "1:2.*", "1:2.4-1", true},
		{Pacman, "2.4", "1:2.4-1", true},
	} {
		got, err := Match(tc.f, tc.pattern, tc.v)
		if err != nil || got != tc.want {
			t.Errorf("%s: %s on %s: %v, want %v (%v)", tc.f, tc.pattern, tc.v, got, tc.want, err)
		}
	}
	for _, bad := range [][2]string{{"", "1.0"}, {"[1", "1.0"}, {"*", "$(x)"}} {
		if _, err := Match(Deb, bad[0], bad[1]); err == nil {
			t.Errorf("%q was matched", bad)
		}
	}
}

func TestFamilyOf(t *testing.T) {
	for os, want := range map[string]Family{"debian": Deb, "redhat": RPM, "suse": RPM, "alpine": APK, "arch": Pacman, "windows": "", "": ""} {
		if got, ok := FamilyOf(os); got != want || ok != (want != "") {
			t.Errorf("%s: %s", os, got)
		}
	}
}

// draw makes versions that are nearly alike.
func draw(t *rapid.T, f Family, name string) string {
	form := map[Family]string{
		Deb:    `([01]:)?[0-2][0-9.+~a-c]{0,5}(-[0-9.+~a]{1,3})?`,
		RPM:    `([01]:)?[0-9.+~^_ab]{1,6}(-[0-9.~^a]{1,3})?`,
		APK:    `[0-2](\.[0-2]{1,2}){0,2}[ab]?(_(alpha|rc|p|git)[0-2]?){0,2}(-r[0-2])?`,
		Pacman: `([01]:)?[0-2a]([.+_]{0,2}[0-2ab]){0,4}(-[12])?`,
	}[f]
	return rapid.StringMatching(form).Draw(t, name)
}

// An order: nothing differs from itself, turning round turns the sign, and what
// is sorted stays sorted.
func TestIsAnOrder(t *testing.T) {
	for _, f := range families() {
		t.Run(string(f), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				list := []string{draw(t, f, "a"), draw(t, f, "b"), draw(t, f, "c")}
				compare := func(a, b string) int {
					n, err := Compare(f, a, b)
					if err != nil {
						t.Fatal(err)
					}
					if back, err := Compare(f, b, a); err != nil || back != -n {
						t.Fatalf("%s against %s: %d, the other way %d (%v)", a, b, n, back, err)
					}
					return n
				}
				if f == Pacman { // without releases, which count only in pairs
					for i := range list {
						list[i], _, _ = strings.Cut(list[i], "-")
					}
				}
				slices.SortFunc(list, compare)
				if compare(list[0], list[2]) > 0 {
					t.Fatalf("no order: %s", list)
				}
			})
		})
	}
}

func FuzzCompare(f *testing.F) {
	for family, lists := range ordered {
		for _, list := range lists {
			f.Add(string(family), strings.Fields(list[0])[0], strings.Fields(list[1])[0])
		}
	}
	f.Fuzz(func(t *testing.T, family, a, b string) {
		n, err := Compare(Family(family), a, b)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Fatalf("an error quotes raw text: %q", err)
			}
			return
		}
		back, err := Compare(Family(family), b, a)
		if err != nil || back != -n || n < -1 || n > 1 {
			t.Fatal(fmt.Sprint(n, back, err))
		}
		if _, err := Match(Family(family), "*", a); err != nil {
			t.Fatal(err)
		}
	})
}
