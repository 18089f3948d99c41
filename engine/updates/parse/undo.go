package parse

import (
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
)

// Undo reads a frame of lines NAME, ARCH, VERSION, yes|packed|no with tabs between; lines
// that do not match the grammar are passed over. plain, if not nil, brings a version
// into the form in which it is compared. It is nil if there is no such frame.
func Undo(a framing.Answer, frame string, g Grammar, plain func(string) string) []updates.Undo {
	f, ok := a.Get(frame)
	if !ok {
		return nil
	}
	list := []updates.Undo{}
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 4 {
			continue
		}
		if plain != nil {
			w[2] = plain(w[2])
		}
		if g.OK(w[0], w[1], w[2]) {
			list = append(list, updates.Undo{Name: w[0], Arch: w[1], Version: w[2], Possible: w[3] == "yes" || w[3] == "packed"})
		}
	}
	return list
}
