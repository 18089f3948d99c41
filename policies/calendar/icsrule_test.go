package calendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

// ruleCase is a rule, and the same said day by day.
type ruleCase struct {
	text string
	on   func(start, d calendar.Date) bool
}

// anyRule draws a rule of a holiday.
func anyRule(t *rapid.T) ruleCase {
	interval := rapid.IntRange(1, 4).Draw(t, "interval")
	month := rapid.IntRange(1, 12).Draw(t, "month")
	days := []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	weekday := rapid.IntRange(0, 6).Draw(t, "weekday")
	switch rapid.SampledFrom([]string{"daily", "weekly", "monthly", "yearly", "nth", "last"}).Draw(t, "kind") {
	case "daily":
		return ruleCase{fmt.Sprintf("FREQ=DAILY;INTERVAL=%d", interval), func(s, d calendar.Date) bool { return between(s, d)%interval == 0 }}
	case "weekly":
		return ruleCase{fmt.Sprintf("FREQ=WEEKLY;WKST=SU;INTERVAL=%d;BYDAY=%s", interval, days[weekday]), func(s, d calendar.Date) bool {
			sunday := s.AddDays(-int(s.Weekday()))
			return int(d.Weekday()) == weekday && between(sunday, d)/7%interval == 0
		}}
	case "monthly":
		day := rapid.IntRange(1, 31).Draw(t, "day")
		return ruleCase{fmt.Sprintf("FREQ=MONTHLY;INTERVAL=%d;BYMONTHDAY=%d", interval, day), func(s, d calendar.Date) bool {
			return d.Day == day && ((d.Year-s.Year)*12+int(d.Month-s.Month))%interval == 0
		}}
	case "yearly":
		return ruleCase{fmt.Sprintf("FREQ=YEARLY;INTERVAL=%d", interval), func(s, d calendar.Date) bool {
			return d.Month == s.Month && d.Day == s.Day && (d.Year-s.Year)%interval == 0
		}}
	case "nth":
		n := rapid.IntRange(1, 5).Draw(t, "nth")
		return ruleCase{fmt.Sprintf("FREQ=YEARLY;INTERVAL=%d;BYMONTH=%d;BYDAY=%d%s", interval, month, n, days[weekday]), func(s, d calendar.Date) bool {
			return int(d.Month) == month && int(d.Weekday()) == weekday && (d.Day+6)/7 == n && (d.Year-s.Year)%interval == 0
		}}
	default:
		return ruleCase{fmt.Sprintf("FREQ=MONTHLY;BYMONTH=%d;BYDAY=-1%s", month, days[weekday]), func(_, d calendar.Date) bool {
			return int(d.Month) == month && int(d.Weekday()) == weekday && d.AddDays(7).Month != d.Month
		}}
	}
}

func between(a, b calendar.Date) int {
	day := func(d calendar.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}

// TestRulesDayByDay holds rules, with counts, ends and days left out, against a
// walk over all days.
func TestRulesDayByDay(t *testing.T) {
	from, to := calendar.Date{Year: 2026, Month: 11, Day: 1}, calendar.Date{Year: 2028, Month: 12, Day: 31}
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t)
		start := from.AddDays(rapid.IntRange(-3000, 500).Draw(t, "start"))
		length := rapid.IntRange(1, 3).Draw(t, "days")
		count := rapid.IntRange(0, 6).Draw(t, "count")
		last := to.AddDays(rapid.IntRange(-600, 100).Draw(t, "until"))
		form := func(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
		text := rule.text
		if count > 0 {
			text += fmt.Sprintf(";COUNT=%d", count)
		}
		var off calendar.Date
		event := fmt.Sprintf("DTSTART;VALUE=DATE:%s\nDURATION:P%dD\nRRULE:%s;UNTIL=%s", form(start), length, text, form(last))

		want := map[string]bool{}
		starts := []calendar.Date{}
		if !rule.on(start, start) {
			starts = append(starts, start) // it counts, whatever the rule says
		}
		for d, n := start, 0; d.Compare(last) <= 0 && d.Compare(to) <= 0 && (count == 0 || n < count); d = d.AddDays(1) {
			if rule.on(start, d) {
				starts, n = append(starts, d), n+1
			}
		}
		if len(starts) > 0 && rapid.Bool().Draw(t, "leave one out") {
			off = rapid.SampledFrom(starts).Draw(t, "left out")
			event += "\nEXDATE;VALUE=DATE:" + form(off)
		}
		if off != start && !slices.Contains(starts, start) {
			starts = append(starts, start) // also where the rule ends before it begins
		}
		for _, s := range starts {
			for i := range length {
				if d := s.AddDays(i); s != off && d.Compare(from) >= 0 && d.Compare(to) <= 0 {
					want[d.String()] = true
				}
			}
		}
		got, _, err := read(t, file(event))
		if err != nil {
			t.Fatalf("%s: %v", event, err)
		}
		days := make([]string, 0, len(want))
		for d := range want {
			days = append(days, d)
		}
		slices.Sort(days)
		if diff := cmp.Diff(days, got); diff != "" {
			t.Fatalf("%s:\n%s", event, diff)
		}
	})
}

// FuzzRule: no rule makes the reader panic or go on for ever, not where the library
// behind it does, and the first day is a holiday whatever else is.
func FuzzRule(f *testing.F) {
	for _, text := range []string{
		"FREQ=YEARLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYDAY=53MO", "FREQ=MONTHLY;BYDAY=-5SU;BYSETPOS=-1",
		"FREQ=WEEKLY;INTERVAL=10000;WKST=SU;BYDAY=SA", "FREQ=YEARLY;BYWEEKNO=53,-53;BYDAY=MO;COUNT=3", "FREQ=YEARLY;BYYEARDAY=-366,366;UNTIL=20271231T235959Z",
	} {
		f.Add(text, uint16(0))
	}
	f.Fuzz(func(t *testing.T, text string, later uint16) {
		if strings.ContainsAny(text, "\r\n") {
			return
		}
		start := date(t, "2026-11-01").AddDays(int(later) % 700)
		day := start.String()
		got, _, err := read(t, file("DTSTART:"+strings.ReplaceAll(day, "-", "")+"\nRRULE:"+text))
		if err == nil && !slices.Contains(got, day) {
			t.Fatalf("%q leaves %s out: %v", text, day, got)
		}
	})
}
