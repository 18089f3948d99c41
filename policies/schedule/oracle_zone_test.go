//go:build oracle

package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

// rows is how many starts are compared for each expression.
const rows = 30

// step divides the instants of all clock changes of the zones that are compared.
const step = 15 * time.Minute

// ahead is how far the clock is ahead of UTC; beside zone.go.
func ahead(at time.Time, zone *time.Location) time.Duration {
	_, s := at.In(zone).Zone()
	return time.Duration(s) * time.Second
}

// documented is the rule for clock changes as it is written down, looked for step by
// step: the first instant at which the clock shows a local time or, if it was not
// shown, a later one.
func documented(local time.Time, zone *time.Location) time.Time {
	for at := local.Add(-20 * time.Hour).Truncate(step); ; at = at.Add(step) {
		shown := at.Add(ahead(at, zone))
		if !shown.Before(local) {
			return at
		}
		if shown.Add(step).After(local) {
			return at.Add(local.Sub(shown))
		}
	}
}

// shownBefore is the last microsecond that a clock has shown up to an instant.
func shownBefore(at time.Time, zone *time.Location) time.Time {
	last := at.Add(ahead(at, zone))
	for g := at.Truncate(step); at.Sub(g) < 60*time.Hour; g = g.Add(-step) {
		before := g.Add(-time.Microsecond)
		if shown := before.Add(ahead(before, zone)); shown.After(last) {
			last = shown
		}
	}
	return last
}

// confirmed tells whether systemd, asked a microsecond before a start, gives it: in a
// long row it loses some whose predecessor is the last of an hour, month or year, and
// in some zones it finds no end.
func confirmed(t *testing.T, zone, expression string, start time.Time) bool {
	t.Helper()
	said := systemd(t, zone, start.Add(-time.Microsecond), 1, []string{expression})[expression]
	return len(said.starts) == 1 && said.starts[0].Equal(start.Truncate(time.Second))
}

// nominal returns the local times of an expression that systemd gives, fractions of a
// second added, and those that it gives if asked for them alone.
func nominal(t *testing.T, s Schedule, base time.Time, said verdict) (all []time.Time, lost int) {
	t.Helper()
	theirs := said.starts
	ended := len(theirs) < rows // systemd has no more
	for at := base; len(all) < rows && (ended || len(theirs) > 0); {
		next, ok := s.Next(at, time.UTC)
		switch {
		case !ok && len(theirs) > 0:
			t.Errorf("%s: ends after %s, systemd has %s", s, at, theirs[0])
			return all, lost
		case !ok:
			return all, lost
		case len(theirs) > 0 && theirs[0].Equal(next.Truncate(time.Second)):
			theirs = theirs[1:]
		case confirmed(t, "UTC", s.String(), next):
			lost++
		default:
			t.Errorf("%s: %s, systemd has %v", s, next, theirs)
			return all, lost
		}
		all = append(all, next)
		at = next
	}
	return all, lost
}

// tally counts what was compared.
type tally struct{ rows, starts, skipped, repeated, lost, endless int }

// TestZonesAgreeWithSystemd: around clock changes, starts are the documented rule
// applied to the local times that systemd gives; and systemd's own starts in the zone
// are the same, except where the rule differs from what it does, or it loses one.
func TestZonesAgreeWithSystemd(t *testing.T) {
	for _, z := range []struct {
		name    string
		changes []string // UTC
	}{
		{"UTC", []string{"2026-12-31T23:00", "2028-02-29T00:00"}},
		{"Europe/Berlin", []string{"2026-03-29T01:00", "2026-10-25T01:00", "2088-10-31T01:00"}},
		{"America/New_York", []string{"2026-03-08T07:00", "2026-11-01T06:00"}},
		{"Australia/Lord_Howe", []string{"2026-04-04T15:00", "2026-10-03T15:30"}},
		{"America/Sao_Paulo", []string{"2018-02-18T02:00", "2018-11-04T03:00"}},
		{"Africa/Cairo", []string{"2026-04-23T22:00", "2026-10-29T21:00"}},
		{"Asia/Beirut", []string{"2026-03-28T22:00", "2026-10-24T21:00"}},
		{"Pacific/Auckland", []string{"2026-04-04T14:00", "2026-09-26T14:00"}},
		{"Pacific/Apia", []string{"2011-12-30T10:00"}},
		{"Asia/Kathmandu", []string{"1985-12-31T18:30"}},
	} {
		t.Run(z.name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(z.name)
			if err != nil {
				t.Fatal(err)
			}
			var sum tally
			for i, change := range z.changes {
				at, err := time.Parse("2006-01-02T15:04", change)
				if err != nil {
					t.Fatal(err)
				}
				for j, before := range []time.Duration{26 * time.Hour, 130 * time.Minute, -10 * time.Minute} {
					compareZone(t, zone, at.Add(-before), drawn(uint64(i*10+j), 400, true), &sum)
				}
			}
			t.Logf("%d rows, %d starts: %d more than systemd where the clock skips, %d fewer or elsewhere where it repeats or skips, "+
				"%d that systemd loses in a row, %d rows in which systemd finds no end", sum.rows, sum.starts, sum.skipped, sum.repeated, sum.lost, sum.endless)
		})
	}
}

func compareZone(t *testing.T, zone *time.Location, base time.Time, expressions []string, sum *tally) {
	t.Helper()
	shown := shownBefore(base, zone)
	local := systemd(t, "UTC", shown, rows, expressions)
	theirs := systemd(t, zone.String(), base, rows, expressions)
	for _, e := range expressions {
		s, err := Parse(e)
		if err != nil {
			continue // validity is the other test's business
		}
		times, _ := nominal(t, s, shown, local[e])
		want := []time.Time{}
		for _, l := range times {
			want = append(want, documented(l, zone))
		}
		want = slices.CompactFunc(want, time.Time.Equal)
		got := row(s, base, zone, len(want))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s in %s after %s (-documented rule +got):\n%s", e, zone, base, d)
		}
		sum.rows++
		sum.starts += len(got)
		if theirs[e].lost {
			sum.endless++
			continue
		}
		explain(t, zone, e, got, theirs[e].starts, sum)
	}
}

// explain accounts for every start that only one of two rows has, as far as both go.
func explain(t *testing.T, zone *time.Location, expression string, ours, theirs []time.Time, sum *tally) {
	t.Helper()
	ended := len(theirs) < rows // systemd has no more
	for len(ours) > 0 && (ended || len(theirs) > 0) {
		start := ours[0].Truncate(time.Second)
		switch {
		case len(theirs) > 0 && start.Equal(theirs[0]):
			ours, theirs = ours[1:], theirs[1:]
		case len(theirs) == 0 || start.Before(theirs[0]):
			switch {
			case skips(start, zone) > 0:
				sum.skipped++
			case confirmed(t, zone.String(), expression, ours[0]):
				sum.lost++
			default:
				t.Errorf("%s in %s: %s is not systemd's, which has %v", expression, zone, ours[0], theirs)
			}
			ours = ours[1:]
		case second(theirs[0], zone), afterSkippedDay(theirs[0], zone):
			sum.repeated++
			theirs = theirs[1:]
		default:
			t.Errorf("%s in %s: systemd has %s, which is not ours: %s", expression, zone, theirs[0], ours[0])
			theirs = theirs[1:]
		}
	}
}

// afterSkippedDay tells whether the day of an instant began with a change that skips a
// whole one: systemd gives starts of the skipped day at their time of day on this one.
func afterSkippedDay(at time.Time, zone *time.Location) bool {
	midnight := at.Add(ahead(at, zone)).Truncate(24 * time.Hour).Add(-ahead(at, zone))
	return skips(midnight, zone) >= 24*time.Hour
}

// skips is how much a clock skips at an instant.
func skips(at time.Time, zone *time.Location) time.Duration {
	return ahead(at, zone) - ahead(at.Add(-time.Microsecond), zone)
}

// second tells whether a clock shows for the second time what it shows at an instant.
func second(at time.Time, zone *time.Location) bool {
	return documented(at.Add(ahead(at, zone)), zone).Before(at)
}

// drawn returns expressions, each once; the same for the same seed.
func drawn(seed uint64, n int, whole bool) []string {
	c := seeded(seed)
	var all []string
	for seen := map[string]bool{}; len(all) < n; {
		e := c.expression()
		if !whole && c.one(4) {
			e = c.broken(e)
		}
		if _, err := Parse(e); whole && err != nil || seen[e] || strings.Contains(e, "@") {
			continue
		}
		seen[e] = true
		all = append(all, e)
	}
	return all
}
