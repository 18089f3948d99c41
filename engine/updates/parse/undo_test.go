package parse

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
)

func TestUndo(t *testing.T) {
	text := "a\tall\t0:1-1\tyes\nb\tall\t1:2\tno\np\tall\t1\tpacked\n$(id)\tall\t1\tyes\n-y\tall\t1\tyes\nc\tall\t1\nd\tall\t1\tyes\tmore\n\n"
	a := framing.Answer{Frames: []framing.Frame{{Name: "x.undo", Out: []byte(text)}, {Name: "empty"}}}
	plain := func(v string) string { return strings.TrimPrefix(v, "0:") }
	want := []updates.Undo{{Name: "a", Arch: "all", Version: "1-1", Possible: true}, {Name: "b", Arch: "all", Version: "1:2"}, {Name: "p", Arch: "all", Version: "1", Possible: true}}
	if diff := cmp.Diff(want, Undo(a, "x.undo", Deb(), plain)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := Undo(a, "x.undo", Deb(), nil); got[0].Version != "0:1-1" {
		t.Errorf("versions as they are: %+v", got)
	}
	if Undo(a, "none", Deb(), nil) != nil || Undo(a, "empty", Deb(), nil) == nil {
		t.Error("only an absent frame is nil")
	}
}
