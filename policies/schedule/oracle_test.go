//go:build oracle

package schedule

import (
	"bytes"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// verdict is what systemd says about an expression.
type verdict struct {
	valid  bool
	normal string
	// lost: its search did not end.
	lost bool
	// starts are whole seconds: it does not print fractions.
	starts []time.Time
}

// systemd asks systemd-analyze about expressions, in as few calls as it can.
func systemd(t *testing.T, zone string, base time.Time, n int, expressions []string) map[string]verdict {
	t.Helper()
	said := map[string]verdict{}
	for len(expressions) > 0 {
		batch := expressions[:min(len(expressions), 400)]
		expressions = expressions[len(batch):]
		args := append([]string{"calendar", "--iterations=" + strconv.Itoa(n),
			"--base-time=" + base.UTC().Format("2006-01-02 15:04:05") + " UTC", "--"}, batch...)
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", args...)
		cmd.Env = []string{"LC_ALL=C", "TZ=" + zone, "PATH=/usr/bin:/bin"}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run() // fails if one of them is invalid
		heard := hear(t, out.String())
		for _, e := range batch {
			if strings.Contains(errs.String(), "Failed to parse calendar specification '"+e+"'") {
				said[e] = verdict{}
				continue
			}
			if strings.Contains(errs.String(), "Failed to determine next elapse for '"+e+"'") {
				said[e] = verdict{valid: true, lost: true}
				continue
			}
			v, ok := heard[strings.TrimRight(e, " ")] // which is printed, or not
			if !ok {
				t.Fatalf("systemd-analyze said nothing about %q: %v\n%.500s", e, err, errs.String())
			}
			said[e] = v
		}
	}
	return said
}

// hear reads what systemd-analyze printed: a block for each valid expression, which
// names it only if the normal form is another.
func hear(t *testing.T, out string) map[string]verdict {
	t.Helper()
	said := map[string]verdict{}
	for block := range strings.SplitSeq(out, "\n\n") {
		name, v := "", verdict{valid: true}
		for line := range strings.Lines(block) {
			label, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			label = strings.TrimSpace(label)
			switch {
			case label == "Original form":
				name = strings.TrimRight(value, " ")
			case label == "Normalized form":
				v.normal = value
			case strings.HasSuffix(value, " UTC") && label != "From now":
				at, err := time.Parse("Mon 2006-01-02 15:04:05 MST", value)
				if err != nil {
					t.Fatal(err)
				}
				v.starts = append(v.starts, at)
			}
		}
		if name == "" {
			name = v.normal
		}
		said[name] = v
	}
	return said
}
