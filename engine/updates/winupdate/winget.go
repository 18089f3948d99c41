package winupdate

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchwave/engine/updates/parse"
)

// maxWinget bounds a text of winget in bytes, maxWingetLine a line of it, and
// maxWingetRows the rows that are read.
const (
	maxWinget     = 1 << 20
	maxWingetLine = 8 << 10
	maxWingetRows = 2000
)

var (
	wingetID    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)+$`)
	wingetRule  = regexp.MustCompile(`^-{10,}$`)
	wingetToken = regexp.MustCompile(`(^|\s)[A-Za-z0-9][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)+(\x{2026}|\.\.\.)?\s+\S`)
	escapes     = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)
)

// wingetRow is one package as a table of winget has it. available is "" where
// nothing newer is known.
type wingetRow struct{ title, id, version, available string }

// wingetTable is what was read of a text: the rows, and how many lines look like a
// row and are none that can be used.
type wingetTable struct {
	rows    []wingetRow
	refused int
}

// byID is a row by its Id.
func (t wingetTable) byID(id string) (wingetRow, bool) {
	for _, r := range t.rows {
		if strings.EqualFold(r.id, id) {
			return r, true
		}
	}
	return wingetRow{}, false
}

// parseWinget reads the tables of winget's text: a line of words, a line of dashes,
// and rows whose values begin in the columns in which the words begin. The words are
// in the host's language: what a column is, its place says (name, Id, version,
// available, source; the last two are not there where nobody has them). A row whose
// Id or version was cut, or that does not keep to the columns, is refused; so are
// rows of one Id, which is installed more than once: nobody could say which is meant.
func parseWinget(text string) wingetTable {
	var t wingetTable
	if len(text) > maxWinget {
		text, t.refused = text[:maxWinget], 1
	}
	seen := map[string]int{}
	var starts []int
	before := ""
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > maxWingetLine {
			t.refused++
			before = ""
			continue
		}
		line = wingetLine(line)
		switch {
		case wingetRule.MatchString(line):
			if starts = wingetColumns(before); starts == nil {
				t.refused++
			}
		case starts != nil:
			row, ok := wingetFields(line, starts)
			if ok && len(t.rows) < maxWingetRows {
				seen[strings.ToLower(row.id)]++
				t.rows = append(t.rows, row)
			} else if ok || wingetToken.MatchString(line) {
				t.refused++
			}
		}
		before = line
	}
	whole := len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(r wingetRow) bool { return seen[strings.ToLower(r.id)] > 1 })
	t.refused += whole - len(t.rows)
	return t
}

// wingetLine is what a console would show of a line in the end: after the last
// return or backspace of a progress, without colours.
func wingetLine(line string) string {
	line = strings.TrimRight(escapes.ReplaceAllString(line, ""), "\r ")
	if i := strings.LastIndexAny(line, "\r\b"); i >= 0 {
		line = line[i+1:]
	}
	return strings.TrimRight(strings.TrimPrefix(line, "\ufeff"), " ")
}

// wingetColumns are the cells in which the words of a header begin; nil if those are
// too few or too many for a table of packages.
func wingetColumns(header string) []int {
	var starts []int
	cell, blank := 0, true
	for _, r := range header {
		if r != ' ' && blank {
			starts = append(starts, cell)
		}
		blank = r == ' '
		cell += cells(r)
	}
	if len(starts) < 3 || len(starts) > 5 || starts[0] != 0 {
		return nil
	}
	return starts
}

// wingetFields cuts a row at the columns.
func wingetFields(line string, starts []int) (wingetRow, bool) {
	if !utf8.ValidString(line) {
		return wingetRow{}, false
	}
	fields := make([]string, len(starts))
	column, cell, last := 0, 0, ' '
	for _, r := range line {
		width := cells(r)
		if width > 0 && column+1 < len(starts) && cell >= starts[column+1] {
			column++
			if cell != starts[column] || last != ' ' {
				return wingetRow{}, false
			}
		}
		fields[column] += string(r)
		cell += width
		last = r
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	row := wingetRow{title: fields[0], id: fields[1], version: fields[2]}
	if len(fields) > 3 && fields[3] != "winget" {
		row.available = fields[3]
	}
	if strings.HasSuffix(row.title, "\u2026") || strings.HasSuffix(row.title, "...") {
		row.title = "" // cut: a name is only shown
	}
	ok := len(row.id) <= 200 && wingetID.MatchString(row.id) && parse.Windows().NameOK(row.id) && wingetVersion(row.version) &&
		(row.available == "" || wingetVersion(row.available)) && (len(fields) < 5 || fields[4] == "winget" || fields[4] == "")
	return row, ok
}

// wingetVersion is a version that can stand in a plan, and is none of Windows Update.
func wingetVersion(s string) bool {
	return parse.Windows().VersionOK(s) && !identity.MatchString(s) && !strings.HasSuffix(s, "...")
}

// cells is how many cells of a console a character takes.
func cells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0x303e, r >= 0x3041 && r <= 0xa4cf, r >= 0xa960 && r <= 0xa97f, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1f6ff, r >= 0x1f900 && r <= 0x1f9ff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	default:
		return 1
	}
}
