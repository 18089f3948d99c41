package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// choices takes its numbers from rapid.
func choices(t *rapid.T) chooser {
	return func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }
}

// shows tells, place by place, whether a local time is one of an expression; beside
// calendar.next, and slower.
func (c *calendar) shows(local time.Time) bool {
	length := time.Date(local.Year(), local.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	day := c.days.days
	if c.fromEnd {
		day = day.mirrored(length)
	}
	return c.weekdays[local.Weekday()] && c.years.lists(local.Year()) && c.months.lists(int(local.Month())) && day.lists(local.Day()) &&
		c.hours.lists(local.Hour()) && c.minutes.lists(local.Minute()) && c.micros.lists(local.Second()*perSecond+local.Nanosecond()/1000)
}

// lists counts through the spans of a field.
func (f field) lists(v int) bool {
	for _, s := range f {
		for n := s.start; n <= v && (s.stop == open || n <= s.stop); n += s.step {
			if n == v {
				return true
			}
			if s.step == 0 {
				break
			}
		}
	}
	return len(f) == 0
}

// TestNoStartIsMissed: what Next gives is what a clock shows that is watched minute by
// minute over days with a change of clocks.
func TestNoStartIsMissed(t *testing.T) {
	zones := []struct{ name, from string }{
		{"UTC", "2027-12-30T00:00:00Z"},
		{"Europe/Berlin", "2026-03-28T00:00:00Z"},
		{"Europe/Berlin", "2026-10-24T00:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T00:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
		{"Africa/Cairo", "2026-04-23T00:00:00Z"},
		{"Pacific/Apia", "2011-12-29T00:00:00Z"},
	}
	rapid.Check(t, func(t *rapid.T) {
		c := choices(t)
		text := c.time() + ":0"
		if c.one(2) {
			text = c.date() + " " + text
		}
		s, err := Parse(text)
		if err != nil {
			return
		}
		cal, err := parseCalendar(text)
		if err != nil {
			t.Fatal(err)
		}
		z := zones[c(len(zones))]
		zone, err := time.LoadLocation(z.name)
		if err != nil {
			t.Fatal(err)
		}
		from, err := time.Parse(time.RFC3339, z.from)
		if err != nil {
			t.Fatal(err)
		}
		from = from.Add(-time.Second)
		at := from
		for _, want := range watched(cal, from, from.Add(60*time.Hour), zone) {
			next, ok := s.Next(at, zone)
			if !ok || !next.Equal(want) {
				t.Fatalf("%s in %s after %s: %s %t, the clock showed it at %s", text, z.name, at, next, ok, want.In(zone))
			}
			at = next
		}
		if next, ok := s.Next(at, zone); ok && !next.After(from.Add(60*time.Hour)) {
			t.Fatalf("%s in %s after %s: %s, which the clock does not show", text, z.name, at, next)
		}
	})
}

// watched looks at a clock each minute: a start is where it shows, for the first time,
// or has gone past, a local time of the expression.
func watched(c *calendar, from, to time.Time, zone *time.Location) []time.Time {
	var all []time.Time
	at := from.Add(-30 * time.Hour).Truncate(time.Minute)
	_, off := at.In(zone).Zone()
	shown := at.UTC().Add(time.Duration(off) * time.Second)
	for ; !at.After(to); at = at.Add(time.Minute) {
		_, off := at.In(zone).Zone()
		now := at.UTC().Add(time.Duration(off) * time.Second)
		hit := false
		for ; !shown.After(now); shown = shown.Add(time.Minute) {
			hit = hit || c.shows(shown)
		}
		if hit && at.After(from) {
			all = append(all, at)
		}
	}
	return all
}

// TestNextOfAnything: starts grow, match or are a change of clocks, and there is none
// between an instant and the next start after it.
func TestNextOfAnything(t *testing.T) {
	names := []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"}
	rapid.Check(t, func(t *rapid.T) {
		c := choices(t)
		text := c.expression()
		s, err := Parse(text)
		if err != nil {
			return
		}
		cal, err := parseCalendar(text)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(c.of(names...))
		if err != nil {
			t.Fatal(err)
		}
		after := time.UnixMicro(rapid.Int64Range(beginning().UnixMicro(), ending().UnixMicro()).Draw(t, "after"))
		next, ok := s.Next(after, zone)
		if !ok {
			return
		}
		if !next.After(after) {
			t.Fatalf("%s: %s after %s", text, next, after)
		}
		local := wall(next, offset(next))
		if before := next.Add(-1); !cal.shows(local) && wall(before, offset(before)).Add(1).Equal(local) {
			t.Fatalf("%s: %s neither matches nor is a change of clocks", text, next)
		}
		between := after.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(after))-1).Draw(t, "between")))
		if again, ok := s.Next(between, zone); !ok || !again.Equal(next) {
			t.Fatalf("%s: after %s %s, after %s %s", text, after, next, between, again)
		}
	})
}
