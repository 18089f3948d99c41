package parse

import (
	"testing"

	"patchwave/inventory/version"
)

func TestCompare(t *testing.T) {
	for family, pairs := range map[version.Family][]struct {
		a, b string
		want int
	}{
		// Pairs of vercmp(8) and of pacman's own tests, as far as they differ in kind.
		version.Pacman: {
			{"1.5.0", "1.5.0", 0},
			{"1.5.1", "1.5.0", 1},
			{"1.5.1", "1.5", 1},
			{"1.5.0-1", "1.5.0-2", -1},
			{"1.5-1", "1.5", 0},
			{"1.5b", "1.5", -1},
			{"1.5b-1", "1.5.0-1", -1},
			{"1.0a", "1.0alpha", -1},
			{"1.0rc", "1.0", -1},
			{"1.0.", "1.0.1", -1},
			{"1..0", "1.0", 1},
			{"1.1b", "1.1", -1},
			{"001", "1", 0},
			{"9", "10", -1},
			{"1.5.a", "1.5.8", -1},
			{"2:1.0-1", "1:3.6-1", 1},
			{"0:1.0-1", "1.0-1", 0},
			{"1:1.0-1", "2.0-1", 1},
			{"20240101.abc-1", "20240101-1", 1},
		},
		// What is no version comes last, as text.
		version.RPM: {
			{"1.0-1", "1.0-2", -1},
			{"1.0-1", "not a version", -1},
			{"a b", "a c", -1},
			{"a b", "a b", 0},
		},
	} {
		for _, p := range pairs {
			if got := Compare(family, p.a, p.b); got != p.want {
				t.Errorf("%s: Compare(%s, %s) = %d, want %d", family, p.a, p.b, got, p.want)
			}
			if got := Compare(family, p.b, p.a); got != -p.want {
				t.Errorf("%s: Compare(%s, %s) = %d, want %d", family, p.b, p.a, got, -p.want)
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("1:1.0rc1-1", "1.0.1-2")
	f.Add("1:1.0~rc1-1", "1.0^git-2")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, family := range []version.Family{version.Deb, version.RPM, version.APK, version.Pacman} {
			if Compare(family, a, b) != -Compare(family, b, a) {
				t.Errorf("%s: Compare(%q, %q) is not antisymmetric", family, a, b)
			}
		}
	})
}
