package framing

import (
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

func TestLinesOfHostileText(t *testing.T) {
	f := Frame{Out: []byte("a\r\nb\x00c\n\xff\xfe\n")}
	if diff := cmp.Diff([]string{"a", "bc", "\uFFFD"}, f.Lines()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("@@ab BEGIN a\nhi\n\n@@ab END a rc=3\n@@ab DONE\n"), []byte(""))
	f.Add([]byte("@@ab BEGIN a\n@@ab BEGIN a\n@@ab END a rc=999\n"), []byte("@@ab BEGIN a\n"))
	f.Fuzz(func(t *testing.T, out, errs []byte) {
		for _, frame := range Parse("ab", out, errs).Frames {
			if len(frame.Out) > len(out) || len(frame.Err) > len(errs) || frame.RC < 0 {
				t.Fatalf("impossible frame %+v", frame)
			}
			frame.Lines()
		}
	})
}
