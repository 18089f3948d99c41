package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"patchwave/engine/report/safe"
)

// isTerminal reports whether w is one.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// color reports whether w gets colours: a terminal, and nobody said no.
func (a *app) color(w io.Writer) bool {
	if a.flags.noColor || !isTerminal(w) {
		return false
	}
	if v, ok := a.env("NO_COLOR"); ok && v != "" {
		return false
	}
	t, _ := a.env("TERM")
	return t != "dumb"
}

// style is a colour of the terminal.
type style string

const (
	plain  style = ""
	good   style = "\x1b[32m"
	bad    style = "\x1b[31m"
	warn   style = "\x1b[33m"
	dim    style = "\x1b[2m"
	strong style = "\x1b[1m"
)

// cell is one cell of a table; text is neutralised when it is printed.
type cell struct {
	text  string
	style style
}

func c(text string) cell { return cell{text: text} }

// table prints rows under a head, columns aligned by what a terminal shows. On
// a terminal the last column is cut at its edge.
func (a *app) table(head []string, rows [][]cell) error {
	color := a.color(a.out)
	width := 0
	if isTerminal(a.out) {
		if w, _, err := term.GetSize(int(a.out.(*os.File).Fd())); err == nil {
			width = w
		}
	}
	all := make([][]cell, 0, len(rows)+1)
	first := make([]cell, len(head))
	for i, h := range head {
		first[i] = cell{strings.ToUpper(h), dim}
	}
	all = append(append(all, first), rows...)
	widths := make([]int, len(head))
	for _, row := range all {
		for i := range row {
			row[i].text = safe.Text(row[i].text)
			widths[i] = max(widths[i], ansi.StringWidth(row[i].text))
		}
	}
	var b strings.Builder
	for _, row := range all {
		used := 0
		for i, cl := range row {
			text := cl.text
			if i == len(row)-1 && width > 0 && used+ansi.StringWidth(text) > width {
				text = safe.Truncate(text, max(8, width-used))
			}
			pad := ""
			if i < len(row)-1 {
				pad = strings.Repeat(" ", widths[i]-ansi.StringWidth(cl.text)+2)
				used += widths[i] + 2
			}
			b.WriteString(paint(text, cl.style, color) + pad)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(a.out, trimLines(b.String()))
	return err
}

// columns aligns rows without a head and without colours.
func columns(rows [][]cell) string {
	var widths []int
	for _, row := range rows {
		for i := range row {
			row[i].text = safe.Text(row[i].text)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(row[i].text))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cl := range row {
			b.WriteString(cl.text + strings.Repeat(" ", widths[i]-ansi.StringWidth(cl.text)+2))
		}
		b.WriteString("\n")
	}
	return trimLines(b.String())
}

// trimLines drops the spaces at the ends of lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func paint(s string, st style, color bool) string {
	if !color || st == plain || s == "" {
		return s
	}
	return string(st) + s + "\x1b[0m"
}

// say prints a line of progress or explanation to standard error.
func (a *app) say(format string, args ...any) {
	if a.flags.quiet {
		return
	}
	// progress that cannot be shown is no reason to stop working
	_, _ = fmt.Fprintln(a.err, safe.Text(fmt.Sprintf(format, args...)))
}

// printf prints to standard output; the arguments must be neutralised.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format, args...)
	return err
}

// stateStyle is the colour of a state's word.
func stateStyle(s string) style {
	switch s {
	case "done", "ok", "installed", "finished", "unchanged":
		return good
	case "failed", "lost", "unreachable", "stopped", "failed-but-present", "claimed-but-still-offered":
		return bad
	case "rolled-back", "skipped", "deferred", "cancelled", "stale", "interrupted", "soaking", "pending-reboot":
		return warn
	default:
		return plain
	}
}

func stateCell(s string) cell { return cell{s, stateStyle(s)} }

// bytesText says a number of bytes for people.
func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
