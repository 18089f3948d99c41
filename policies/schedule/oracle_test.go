//go:build oracle

package schedule

import (
	"bytes"
	"math/rand/v2"
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
			"--base-time=" + base.UTC().Format("2006-01-02 15:04:05.000000") + " UTC", "--"}, batch...)
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

// TestAgreesWithSystemd: an expression is valid exactly if it is for systemd, means
// the same, and has the same starts.
func TestAgreesWithSystemd(t *testing.T) {
	bases := []time.Time{
		time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC),
		time.Date(2026, 3, 27, 12, 34, 56, 0, time.UTC),
		time.Date(2199, 11, 30, 0, 0, 0, 0, time.UTC),
	}
	for i, base := range bases {
		expressions := drawn(uint64(1000+i), 10_000, false)
		said := systemd(t, "UTC", base, rows, expressions)
		valid, starts, lost := 0, 0, 0
		for _, e := range expressions {
			v := said[e]
			s, err := Parse(e)
			if err != nil && strings.Contains(err.Error(), "never opens") {
				if c, err := parseCalendar(e); err != nil || c.normal() != v.normal {
					t.Errorf("%s: %v, systemd means %s", e, err, v.normal)
				}
				if v := systemd(t, "UTC", bases[0], 1, []string{e})[e]; !v.valid || len(v.starts) > 0 {
					t.Errorf("%s: %v, systemd has %v", e, err, v)
				}
				continue
			}
			if (err == nil) != v.valid {
				t.Errorf("%s: %v, systemd says valid %t, %s", e, err, v.valid, v.normal)
				continue
			}
			if err != nil {
				continue
			}
			valid++
			if c, err := parseCalendar(e); err != nil || c.normal() != v.normal {
				t.Errorf("%s means %s (%v), systemd means %s", e, c.normal(), err, v.normal)
			}
			all, n := nominal(t, s, base, v)
			starts, lost = starts+len(all), lost+n
		}
		t.Logf("after %s: %d expressions, %d valid, %d starts, of which systemd loses %d in a row", base, len(expressions), valid, starts, lost)
	}
}

// TestZonesOfSystemdAreRefused: what names a zone is valid for systemd, and here an
// error that says where the zone belongs.
func TestZonesOfSystemdAreRefused(t *testing.T) {
	for _, e := range []string{"daily UTC", "Mon UTC", "2:00 utc", "*-*-* 02:00 Europe/Berlin", "weekly Pacific/Auckland", "1-1 CET", "@1234"} {
		if !systemd(t, "UTC", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1, []string{e})[e].valid {
			t.Errorf("%s is not valid for systemd", e)
		}
		if _, err := Parse(e); err == nil || !strings.Contains(err.Error(), "timezone") {
			t.Errorf("%s: %v", e, err)
		}
	}
}

// broken changes some characters of a text.
func (c chooser) broken(s string) string {
	const signs = "0123456789*-~:,./ @MonSuedy+"
	b := []byte(s)
	for range 1 + c(2) {
		i := c(len(b) + 1)
		switch {
		case c.one(2) || i == len(b):
			b = append(b[:i:i], append([]byte{signs[c(len(signs))]}, b[i:]...)...)
		case len(b) > 1:
			b = append(b[:i:i], b[i+1:]...)
		}
	}
	return string(b)
}

// seeded is the same row of choices for the same seed.
func seeded(seed uint64) chooser { return rand.New(rand.NewPCG(seed, 0)).IntN }
