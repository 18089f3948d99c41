package restore

import (
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
)

func frameOf(name string, rc int, lines ...string) framing.Answer {
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: name, RC: rc, Out: []byte(strings.Join(lines, "\n") + "\n")}}}
}

func TestProof(t *testing.T) {
	t.Parallel()
	changes := []updates.Change{{Action: updates.ActionUpgrade, Name: "liba", Arch: "amd64", From: "1", To: "2"}}
	tests := []struct {
		name  string
		a     framing.Answer
		state State
		why   string
	}{
		{"nothing", framing.Answer{}, Pending, ""},
		{"exactly as before", frameOf(frameProof, 0, "total\t0"), Restored, ""},
		{"an older point", framing.Answer{Frames: []framing.Frame{{Name: frameProof, RC: 1, Err: []byte("no \x1b[1mmanifest\n")}}}, Pending, "no  [1mmanifest"},
		{"no total", frameOf(frameProof, 0, "+\tauto\tliba"), Pending, ""},
		{"more than it says", frameOf(frameProof, 0, "total\t0", "+\tauto\tliba"), Pending, "the proof of the host cannot be read"},
		{"a mark", frameOf(frameProof, 0, "total\t1", "+\tauto\tliba"), Restored, "now automatic liba"},
		{"its version", frameOf(frameProof, 0, "total\t3", "-\tpkg\tliba\tamd64\t1\tii ", "+\tpkg\tliba\tamd64\t2\tii ", "-\tauto\tx"), NotRestored,
			"before package liba amd64 1 ii; now package liba amd64 2 ii"},
		{"another package", frameOf(frameProof, 0, "total\t1", "+\tpkg\tlibz\tamd64\t2\tii "), Restored, "now package libz amd64 2 ii"},
		{"a file, cut", frameOf(frameProof, 0, "total\t700", "+\tfile\t/etc/a\x1b.conf\t0123"), Restored, "now file /etc/a .conf and 699 more"},
	}
	for _, tt := range tests {
		if s := ParseProof(changes, tt.a); s.State != tt.state || s.Why != tt.why {
			t.Errorf("%s: %s %q", tt.name, s.State, s.Why)
		}
	}
}

func TestNoRoomForAPoint(t *testing.T) {
	t.Parallel()
	p := PackagePoints{Manager: named{name: "apt"}, Run: "r1"}
	s := p.Read(OpCreate, Point{}, frameOf(frameRoom, 1, "204800 102400"))
	if s.State != Unusable || s.Code != "disk" || !strings.Contains(s.Why, "about 200 MiB") || !strings.Contains(s.Why, "100 MiB are free") {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]int64{"76\t/x": 76 << 10, "": 0, "-1 /x": 0, "99999999999999999999 /x": 0} {
		if got := pointSize(frameOf(frameSize, 0, text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	changes := []updates.Change{{Action: updates.ActionInstall, Name: "kernel-core", To: "2"}, {Action: updates.ActionUpgrade, Name: "linux"}}
	if got := Running(changes, frameOf(frameRunning, 0, "kernel-core\t2", "linux", "kernel-core\t2", "evil\x1b")); len(got) != 1 || got[0] != "kernel-core" {
		t.Errorf("%q", got)
	}
}

func TestSetAgain(t *testing.T) {
	if got := SetAgain(framing.Answer{}); got != "" {
		t.Errorf("%q", got)
	}
	got := SetAgain(frameOf(frameMarks, 0, "auto\tliba.noarch\tDependency", "manual\tb", "held\tx-0:1-1.*", "evil\tx", "held", "held\t\x1b[31m"))
	if want := "liba.noarch (automatic); b (not automatic); x-0:1-1.* (held); "; !strings.HasPrefix(got, want) || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
