package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
)

// maxNotes bounds the notes of a source; the last one says how many more there
// were.
const maxNotes = 1000

func (r *reader) note(pos inventory.Position, format string, args ...any) {
	r.notes = append(r.notes, Note{Pos: pos, Text: fmt.Sprintf(format, args...)})
}

// lose notes that a host or a group is not in the result.
func (r *reader) lose(pos inventory.Position, format string, args ...any) {
	r.notes = append(r.notes, Note{Pos: pos, Text: fmt.Sprintf(format, args...), Lost: true})
}

// countedNote is one note for many hosts.
type countedNote struct {
	note  Note
	hosts int
}

// noteOnce notes something that many hosts have in common: once, at the first
// place, with the number of hosts.
func (r *reader) noteOnce(pos inventory.Position, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c, ok := r.counted[text]
	if !ok {
		c = &countedNote{note: Note{Pos: pos, Text: text}}
		r.counted[text] = c
	}
	c.hosts++
}

func (r *reader) flushCounted() {
	for _, c := range r.counted {
		if c.hosts > 1 {
			c.note.Text += fmt.Sprintf(" (%d hosts)", c.hosts)
		}
		r.notes = append(r.notes, c.note)
	}
	clear(r.counted)
}

func compareNotes(a, b Note) int {
	return cmp.Or(
		strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
		cmp.Compare(a.Pos.Column, b.Pos.Column), strings.Compare(a.Text, b.Text))
}

// capNotes keeps the first notes and says how many more there were.
func (r *reader) capNotes() {
	if len(r.notes) <= maxNotes {
		return
	}
	rest := r.notes[maxNotes-1:]
	lost := slices.ContainsFunc(rest, func(n Note) bool { return n.Lost })
	r.notes = append(r.notes[:maxNotes-1:maxNotes-1], Note{Text: fmt.Sprintf("and %d more notes", len(rest)), Lost: lost})
}
