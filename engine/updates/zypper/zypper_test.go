package zypper

import (
	"os"
	"testing"

	"patchwave/connectors/posix"
)

func TestDump(t *testing.T) {
	o, _ := os.ReadFile("testdata/scan.out")
	e, _ := os.ReadFile("testdata/scan.err")
	l := New().ParseScan(posix.Parse("ab", o, e))
	for _, u := range l.Updates {
		t.Logf("%+v", u)
	}
	l.Updates = nil
	t.Logf("%+v %v", l, l.Problem)
}
