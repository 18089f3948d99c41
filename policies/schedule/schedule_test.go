package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStarts: expressions and what comes next, in UTC.
func TestStarts(t *testing.T) {
	for _, c := range []struct {
		text, after string
		want        []string
	}{
		{"Tue 02:00", "2026-01-01T00:00:00Z", []string{"2026-01-06T02:00:00Z", "2026-01-13T02:00:00Z"}},
		{"Tue 02:00", "2026-01-06T02:00:00Z", []string{"2026-01-13T02:00:00Z"}},
		{"Tue 02:00", "2026-01-06T01:59:59.999999999Z", []string{"2026-01-06T02:00:00Z"}},
		{"*-02-29", "2096-03-01T00:00:00Z", []string{"2104-02-29T00:00:00Z", "2108-02-29T00:00:00Z"}},
		{"Mon 2027..2090-02-29", "2026-01-01T00:00:00Z", []string{"2044-02-29T00:00:00Z", "2072-02-29T00:00:00Z"}},
		{"Mon *-05~07/1", "2026-01-01T00:00:00Z", []string{"2026-05-25T00:00:00Z", "2027-05-31T00:00:00Z", "2028-05-29T00:00:00Z"}},
		{"*-02~1 12:00", "2026-01-01T00:00:00Z", []string{"2026-02-28T12:00:00Z", "2027-02-28T12:00:00Z", "2028-02-29T12:00:00Z"}},
		{"*-*~1..3/2", "2026-02-01T00:00:00Z", []string{"2026-02-26T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-29T00:00:00Z"}},
		{"*-*-1/25", "2026-12-26T00:00:00Z", []string{"2027-01-01T00:00:00Z", "2027-01-26T00:00:00Z"}},
		{"*-*-31 23:59:59", "2026-01-31T23:59:59Z", []string{"2026-03-31T23:59:59Z", "2026-05-31T23:59:59Z"}},
		{"quarterly", "2026-01-01T00:00:00Z", []string{"2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"}},
		{"semiannually", "2026-01-01T00:00:00Z", []string{"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"}},
		{"8..10/2,20:15,45", "2026-01-01T08:20:00Z", []string{"2026-01-01T08:45:00Z", "2026-01-01T10:15:00Z", "2026-01-01T10:45:00Z", "2026-01-01T20:15:00Z"}},
		{"0:0:0.25/59.7", "2026-01-01T00:00:00Z", []string{"2026-01-01T00:00:00.25Z", "2026-01-01T00:00:59.95Z", "2026-01-02T00:00:00.25Z"}},
		{"0:0:59.999999", "2026-01-01T00:00:59.999998999Z", []string{"2026-01-01T00:00:59.999999Z", "2026-01-02T00:00:59.999999Z"}},
		{"*:*:*", "2026-12-31T23:59:58.5Z", []string{"2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"}},
		{"Sat *-12-31 23:00", "2026-01-01T00:00:00Z", []string{"2033-12-31T23:00:00Z", "2039-12-31T23:00:00Z"}},
		{"1971-1-1 0:0", "0001-01-01T00:00:00Z", []string{"1971-01-01T00:00:00Z"}},
		{"daily", "0001-01-01T00:00:00Z", []string{"1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"}},
		{"daily", "2199-12-30T12:00:00Z", []string{"2199-12-31T00:00:00Z"}},
		{"daily", "2199-12-31T00:00:00Z", []string{}},
		{"daily", "9999-12-31T00:00:00Z", []string{}},
		{"2003-03-05", "2026-01-01T00:00:00Z", []string{}},
		{"2nd Tue 02:00", "2026-01-01T00:00:00Z", []string{"2026-01-13T02:00:00Z", "2026-02-10T02:00:00Z"}},
		{"2nd Tue +3d 02:00", "2026-01-01T00:00:00Z", []string{"2026-01-16T02:00:00Z", "2026-02-13T02:00:00Z"}},
		{"2ND TUESDAY +0d 2:00:30", "2026-01-13T02:00:30Z", []string{"2026-02-10T02:00:30Z"}},
		{"5th Mon 1:00", "2026-01-01T00:00:00Z", []string{"2026-03-30T01:00:00Z", "2026-06-29T01:00:00Z", "2026-08-31T01:00:00Z", "2026-11-30T01:00:00Z"}},
		{"5th Mon +2d 1:00", "2026-04-01T00:30:00Z", []string{"2026-04-01T01:00:00Z", "2026-07-01T01:00:00Z"}},
		{"last Sun 03:00", "2026-02-01T00:00:00Z", []string{"2026-02-22T03:00:00Z", "2026-03-29T03:00:00Z"}},
		{"last Thu +31d 00:00", "2026-01-01T00:00:00Z", []string{"2026-01-25T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-29T00:00:00Z"}},
		{"1st Fri 00:00", "2199-12-01T00:00:00Z", []string{"2199-12-06T00:00:00Z"}},
		{"last Tue +31d 00:00", "2199-12-20T00:00:00Z", []string{"2199-12-27T00:00:00Z"}},
	} {
		t.Run(c.text, func(t *testing.T) {
			s, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			n := len(c.want)
			if n == 0 || strings.HasPrefix(c.after, "2199") {
				n++ // and nothing after
			}
			if d := cmp.Diff(c.want, starts(t, s, c.after, "UTC", n)); d != "" {
				t.Errorf("after %s (-want +got):\n%s", c.after, d)
			}
			if s.String() != c.text {
				t.Errorf("String() is %q", s.String())
			}
		})
	}
}

// TestRefused: what is wrong is named, and what to write.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "empty"},
		{"  ", "nothing but spaces"},
		{" 1:00", "begins with a space"},
		{"1:00 ", "ends with a space"},
		{"1:00\t", `'\t'`},
		{"Tue\n02:00", `'\n'`},
		{"Dí 02:00", "plain letters"},
		{strings.Repeat("1,", 3000) + "1:0", "longer than 4096"},
		{strings.Repeat("1,", 241) + "1:0", "more than 241"},
		{"foo", `weekday "foo": write Mon, Tue`},
		{"Tues 1:0", `"Tues"`},
		{"Sat..Mon 1:0", "write two ranges"},
		{"Mon.. 1:0", `"Mon.."`},
		{"Mon,,Tue", `""`},
		{"Mon Tue", "with commas"},
		{"5:00 Mon", "weekdays first"},
		{"5", "hour:minute"},
		{"24:00", "write 0 to 23"},
		{"12:60", "write 0 to 59"},
		{"12:00:60", "write 0 to 59"},
		{"*/5:00", `write "0/5"`},
		{"0/24:00", "longer than what is left"},
		{"0:0/0", "1 or more"},
		{"0:5..3", "two ranges"},
		{"0:0:5..5", "shorter than a second"},
		{"1:2:3:4", "hour:minute"},
		{"1:x", "not a number"},
		{"1:0 2:0", `too much: "2:0"`},
		{"*-13-1", "write 1 to 12"},
		{"*-*-32", "write 1 to 31"},
		{"*-*~29", "write 1 to 28"},
		{"*-*~20,26", "25 is the most"},
		{"2200-1-1", "write 1970 to 2199"},
		{"1~1-1", "only before the day"},
		{"daily UTC", "set timezone"},
		{"Mon 02:00 Europe/Berlin", "set timezone"},
		{"@1234", "set timezone"},
		{"*-02-30", "never opens"},
		{"2026-02-29", "never opens"},
		{"Mon 2027-01-01", "never opens"},
		{"6th Mon 1:00", "5th or last"},
		{"2th Mon 1:00", "5th or last"},
		{"2nd", "weekday is missing"},
		{"2nd Foo 1:00", `weekday "Foo"`},
		{"2nd Mon,Tue 1:00", `weekday "Mon,Tue"`},
		{"2nd Tue", "time is missing"},
		{"2nd Tue +3d", "time is missing"},
		{"2nd Tue +32d 1:00", "+31d"},
		{"2nd Tue +3 1:00", "+31d"},
		{"2nd Tue -3d 1:00", "+31d"},
		{"2nd Tue 100", "HH:MM"},
		{"2nd Tue 24:00", "23:59:59"},
		{"2nd Tue 1:00,2:00", "23:59:59"},
		{"2nd Tue 1:00 UTC", "set timezone"},
		{"2nd Tue 1:00 2:00", "too much"},
	} {
		s, err := Parse(c.text)
		if err == nil {
			t.Errorf("%q is accepted: %v", c.text, s)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "schedule ") || len(err.Error()) > 400 {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// TestNextFromAnywhere: an instant far outside the years is no reason to fail.
func TestNextFromAnywhere(t *testing.T) {
	s, err := Parse("daily")
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []time.Time{{}, time.Unix(-1<<40, 0), time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if next, ok := s.Next(after, time.UTC); !ok || !next.Equal(beginning()) {
			t.Errorf("after %s: %s %t", after, next, ok)
		}
	}
	for _, after := range []time.Time{time.Unix(1<<40, 0), time.Unix(1<<60, 0), ending()} {
		if next, ok := s.Next(after, time.UTC); ok {
			t.Errorf("after %s: %s", after, next)
		}
	}
}
