package config

import (
	"bytes"
	"fmt"
	"strings"
)

// diffContext is how many unchanged lines stand around a change.
const diffContext = 3

// Diff returns what changes between two versions of a file as a unified diff, or
// nil if nothing does.
func Diff(name string, before, after []byte) []byte {
	if bytes.Equal(before, after) {
		return nil
	}
	edits := lineEdits(splitLines(before), splitLines(after))
	var b bytes.Buffer
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", name, name)
	for from := 0; from < len(edits); {
		from = nextChange(edits, from)
		if from == len(edits) {
			break
		}
		to := hunkEnd(edits, from)
		writeHunk(&b, edits, max(0, from-diffContext), min(len(edits), to+diffContext))
		from = to
	}
	return b.Bytes()
}

// edit is one line: kept, taken away or added.
type edit struct {
	op   byte // ' ', '-', '+'
	line string
	// old and fresh are the numbers of the line before and after, from 0.
	old, fresh int
}

// splitLines returns the lines without their ends. A last line that has none
// carries the remark of diff, so that it differs from one that has.
func splitLines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	text, ended := strings.CutSuffix(string(b), "\n")
	lines := strings.Split(text, "\n")
	if !ended {
		lines[len(lines)-1] += "\n\\ No newline at end of file"
	}
	return lines
}

// lineEdits compares line by line. Formatting changes lines in place and adds or
// removes few, so that the common ends are cut off and what is between them is
// matched by the longest common subsequence, within bounds.
func lineEdits(a, b []string) []edit {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out []edit
	for i := range head {
		out = append(out, edit{' ', a[i], i, i})
	}
	out = append(out, middle(a[head:len(a)-tail], b[head:len(b)-tail], head)...)
	for i := range tail {
		out = append(out, edit{' ', a[len(a)-tail+i], len(a) - tail + i, len(b) - tail + i})
	}
	return out
}

// maxTable bounds the table of middle in cells.
const maxTable = 4 << 20

func middle(a, b []string, offset int) []edit {
	var out []edit
	if len(a)*len(b) > maxTable {
		for i, s := range a {
			out = append(out, edit{'-', s, offset + i, offset})
		}
		for j, s := range b {
			out = append(out, edit{'+', s, offset + len(a), offset + j})
		}
		return out
	}
	// common[i][j] is the length of the longest common subsequence of a[i:], b[j:].
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', a[i], offset + i, offset + j})
			i, j = i+1, j+1
		case j == len(b) || (i < len(a) && common[i+1][j] >= common[i][j+1]):
			out = append(out, edit{'-', a[i], offset + i, offset + j})
			i++
		default:
			out = append(out, edit{'+', b[j], offset + i, offset + j})
			j++
		}
	}
	return out
}

func nextChange(edits []edit, from int) int {
	for from < len(edits) && edits[from].op == ' ' {
		from++
	}
	return from
}

// hunkEnd is behind the last change that stands close to the one at from.
func hunkEnd(edits []edit, from int) int {
	end := from
	for i := from; i < len(edits) && i-end <= 2*diffContext; i++ {
		if edits[i].op != ' ' {
			end = i + 1
		}
	}
	return end
}

func writeHunk(b *bytes.Buffer, edits []edit, from, to int) {
	olds, news := 0, 0
	for _, e := range edits[from:to] {
		if e.op != '+' {
			olds++
		}
		if e.op != '-' {
			news++
		}
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(edits[from].old, olds), span(edits[from].fresh, news))
	for _, e := range edits[from:to] {
		b.WriteByte(e.op)
		b.WriteString(e.line)
		b.WriteByte('\n')
	}
}

// span is a range of lines as diff writes it; an empty one names the line before.
func span(first, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", first)
	case 1:
		return fmt.Sprint(first + 1)
	default:
		return fmt.Sprintf("%d,%d", first+1, count)
	}
}
