package config

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"0KB": 0, "1KB": 1000, "2MB": 2e6, "3GB": 3e9, "4TB": 4e12, "1KiB": 1024, "200MiB": 200 << 20, "2GiB": 2 << 30, "8TiB": 8 << 40,
		"007KB": 7000,
	} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "KB", "-1KB", "+1KB", "1 KB", "1kb", "1K", "1B", "1.5GB", "1KBKB", "9999999999999TB", "8388608TiB", "99999999999999999999KB", "１KB"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q: %d and no error", in, got)
		}
	}
}

// TestSizesAreLinear: a size is its number times its unit, or refused.
func TestSizesAreLinear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
		unit := rapid.SampledFrom([]string{"KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"}).Draw(t, "unit")
		one, err := parseSize("1" + unit)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseSize(itoa(n) + unit)
		if fits := n <= math.MaxInt64/one; fits != (err == nil) || (fits && got != n*one) {
			t.Fatalf("%d%s is %d, %v", n, unit, got, err)
		}
	})
}

func itoa(n int64) string {
	var b strings.Builder
	if n >= 10 {
		b.WriteString(itoa(n / 10))
	}
	b.WriteByte(byte('0' + n%10))
	return b.String()
}

func TestIsMAC(t *testing.T) {
	for in, want := range map[string]bool{
		"52:54:00:12:34:56": true, "00:00:00:00:00:01": true,
		"": false, "52:54:00:12:34": false, "52:54:00:12:34:5g": false, "52:54:00:12:34:567": false, "5254.0012.3456": false,
		"525:4:00:12:34:56": false, "52:54:00:12:34:5:": false, "00:00:00:00:00:00": false, "ff:ff:ff:ff:ff:ff": false,
	} {
		if got := isMAC(in); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestParseHop(t *testing.T) {
	for in, want := range map[string]string{
		"gate": "|gate|0", "op@gate": "op|gate|0", "gate:2222": "|gate|2222", "op@10.0.0.1:22": "op|10.0.0.1|22",
		"op@[2001:db8::1]:22": "op|2001:db8::1|22", "2001:db8::1": "|2001:db8::1|0", "[2001:db8::1]": "|2001:db8::1|0",
	} {
		got, ok := parseHop(in)
		if s := got.User + "|" + got.Address + "|" + itoa(int64(got.Port)); !ok || s != want {
			t.Errorf("%q: %q, %v", in, s, ok)
		}
	}
	for _, in := range []string{"", "@gate", "op@", "-op@gate", "op@-gate", "gate:0", "gate:70000", "gate:x", "a b@gate", "op@ga te", "op@gate,op@other"} {
		if got, ok := parseHop(in); ok {
			t.Errorf("%q: %+v", in, got)
		}
	}
}

func TestFullStop(t *testing.T) {
	for in, want := range map[string]string{"": "", "is it": "Is it.", "is it?": "Is it?", "it is.": "It is."} {
		if got := fullStop(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
