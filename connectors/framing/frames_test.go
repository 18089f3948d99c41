package framing

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, out, err string
		want           Answer
	}{
		{"nothing", "", "", Answer{}},
		{"whole", "@@ab BEGIN a\nhi\n\n@@ab END a rc=3\n@@ab DONE\n", "@@ab BEGIN a\nE: bad\n\n@@ab END a rc=3\n",
			Answer{Frames: []Frame{{Name: "a", RC: 3, Out: []byte("hi\n"), Err: []byte("E: bad\n")}}, Complete: true}},
		{"noise around", "motd\n@@ab BEGIN a\nx\n@@ab END a rc=0\nbye\n@@ab DONE\n", "sudo: unable to resolve host\n",
			Answer{Frames: []Frame{{Name: "a", Out: []byte("x")}}, Complete: true}},
		{"no end", "@@ab BEGIN a\nhi\n", "", Answer{}},
		{"other nonce", "@@cd BEGIN a\nhi\n@@cd END a rc=0\n@@cd DONE\n", "", Answer{}},
		{"end of another", "@@ab BEGIN a\n\n@@ab END b rc=0\n@@ab DONE\n", "", Answer{}},
		{"nested begin is content", "@@ab BEGIN a\n@@ab BEGIN b\n\n@@ab END a rc=0\n@@ab DONE\n", "",
			Answer{Frames: []Frame{{Name: "a", Out: []byte("@@ab BEGIN b\n")}}, Complete: true}},
		{"crlf", "@@ab BEGIN a\r\nx\r\n@@ab END a rc=0\r\n@@ab DONE\r\n", "",
			Answer{Frames: []Frame{{Name: "a", Out: []byte("x\r")}}, Complete: true}},
		{"lengths", "@@ab BEGIN a\nhi\n\n@@ab END a rc=3 len=3\n@@ab BEGIN b\n\n@@ab END b rc=0 len=0\n@@ab DONE frames=2\n", "",
			Answer{Frames: []Frame{{Name: "a", RC: 3, Out: []byte("hi\n")}, {Name: "b", Out: []byte{}}}, Complete: true}},
		{"a piece is missing", "@@ab BEGIN a\nh\n\n@@ab END a rc=3 len=3\n@@ab BEGIN b\nx\n@@ab END b rc=0 len=1\n@@ab DONE\n", "",
			Answer{Frames: []Frame{{Name: "b", Out: []byte("x")}}}},
		{"a piece came twice", "@@ab BEGIN a\nhh\n@@ab END a rc=0 len=1\n@@ab DONE\n", "", Answer{}},
		{"a piece of standard error is missing", "@@ab BEGIN a\nx\n@@ab END a rc=0\n@@ab DONE\n", "@@ab BEGIN a\nE\n@@ab END a rc=0 len=2\n",
			Answer{Frames: []Frame{{Name: "a", Out: []byte("x")}}}},
		{"a frame is missing", "@@ab BEGIN a\nx\n@@ab END a rc=0 len=1\n@@ab DONE frames=2\n", "",
			Answer{Frames: []Frame{{Name: "a", Out: []byte("x")}}}},
		{"a frame came twice", "@@ab BEGIN a\n\n@@ab END a rc=0 len=0\n@@ab BEGIN a\n\n@@ab END a rc=0 len=0\n@@ab DONE frames=1\n", "",
			Answer{Frames: []Frame{{Name: "a", Out: []byte{}}, {Name: "a", Out: []byte{}}}}},
		{"an end and a beginning are missing", "@@ab BEGIN a\nx\n@@ab END b rc=0 len=1\n@@ab DONE frames=2\n", "", Answer{}},
		{"numbers that are none", "@@ab BEGIN a\nx\n@@ab END a rc=0 len=-1\n@@ab END a rc=0 len=\n@@ab END a rc=0 len=9999999999999999999\n", "", Answer{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Parse("ab", []byte(tt.out), []byte(tt.err))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Both streams of a job are in its log: a frame is longer there than its end says.
func TestParseLogComparesNoLengths(t *testing.T) {
	got := ParseLog("ab", []byte("@@ab BEGIN a\nout\nerr\n\n@@ab END a rc=0 len=4\n@@ab DONE frames=1\n"))
	want := Answer{Frames: []Frame{{Name: "a", Out: []byte("out\nerr\n")}}, Complete: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinesOfHostileText(t *testing.T) {
	f := Frame{Out: []byte("a\r\nb\x00c\n\xff\xfe\n")}
	if diff := cmp.Diff([]string{"a", "bc", "\uFFFD"}, f.Lines()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("@@ab BEGIN a\nhi\n\n@@ab END a rc=3\n@@ab DONE\n"), []byte(""))
	f.Add([]byte("@@ab BEGIN a\n@@ab BEGIN a\n@@ab END a rc=999\n"), []byte("@@ab BEGIN a\n"))
	f.Add([]byte("@@ab BEGIN a\nhi\n@@ab END a rc=3 len=2\n@@ab BEGIN b\n@@ab END b rc=3 len=7\n@@ab DONE frames=2\n"), []byte("@@ab BEGIN a\n@@ab END a rc=0 len=1\n"))
	f.Fuzz(func(t *testing.T, out, errs []byte) {
		for _, frame := range Parse("ab", out, errs).Frames {
			if len(frame.Out) > len(out) || len(frame.Err) > len(errs) || frame.RC < 0 {
				t.Fatalf("impossible frame %+v", frame)
			}
			frame.Lines()
		}
	})
}

// Whatever piece of an answer with numbers is lost, or comes twice, it is seen.
func TestEveryLossIsSeen(t *testing.T) {
	whole := "noise\n@@ab BEGIN a\none\ntwo\n\n@@ab END a rc=0 len=8\n@@ab BEGIN b\n\n@@ab END b rc=0 len=0\n@@ab BEGIN c\nthree\n@@ab END c rc=1 len=5\n@@ab DONE frames=3\n"
	want := Parse("ab", []byte(whole), nil)
	if !want.Complete || len(want.Frames) != 3 {
		t.Fatalf("the answer is %+v", want)
	}
	for from := range whole {
		for to := from + 1; to <= len(whole); to++ {
			changes := []string{whole[:from] + whole[to:]}
			if strings.Contains(whole[from:to], "\n") { // within a mark, a digit may come twice
				changes = append(changes, whole[:to]+whole[from:])
			}
			for _, changed := range changes {
				if got := Parse("ab", []byte(changed), nil); got.Complete && !cmp.Equal(want, got) {
					t.Fatalf("nothing is seen of a change at %d to %d: %q", from, to, changed)
				}
			}
		}
	}
}
