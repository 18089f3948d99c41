package pacman

import (
	"testing"
)

func TestCompareVersions(t *testing.T) {
	// Pairs of vercmp(8) and of pacman's own tests, as far as they differ in kind.
	tests := []struct {
		a, b string
		want int
	}{
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
	}
	for _, tt := range tests {
		if got := compareVersions(tt.a, tt.b); got != tt.want {
			t.Errorf("compareVersions(%s, %s) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := compareVersions(tt.b, tt.a); got != -tt.want {
			t.Errorf("compareVersions(%s, %s) = %d, want %d", tt.b, tt.a, got, -tt.want)
		}
	}
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1:1.0rc1-1", "1.0.1-2")
	f.Fuzz(func(t *testing.T, a, b string) {
		compareVersions(a, b)
	})
}
