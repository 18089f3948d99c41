package schedule

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
)

func inZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// starts returns the next n starts, as local times with the offset.
func starts(t testing.TB, s Schedule, after, zone string, n int) []string {
	t.Helper()
	loc := inZone(t, zone)
	at, err := time.Parse(time.RFC3339Nano, after)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for range n {
		next, ok := s.Next(at, loc)
		if !ok {
			return all
		}
		if !next.After(at) {
			t.Fatalf("%s: %s is not after %s", s, next, at)
		}
		if next.Location() != loc {
			t.Errorf("%s: in %s, want %s", s, next.Location(), loc)
		}
		all = append(all, next.Format(time.RFC3339Nano))
		at = next
	}
	return all
}

// TestClockChanges: what is skipped is at the change, what is repeated at the first of
// the two, and what falls on one instant is one.
func TestClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, text, zone, after string
		want                    []string
	}{
		{
			"skipped hour", "Sun 02:30", "Europe/Berlin", "2026-03-25T00:00:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-04-05T02:30:00+02:00"},
		},
		{
			"skipped hour, every ten minutes: one start", "Sun 02:0/10", "Europe/Berlin", "2026-03-25T00:00:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-04-05T02:00:00+02:00"},
		},
		{
			"what is skipped and what is written there are one", "02,03:00", "Europe/Berlin", "2026-03-28T12:00:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
		},
		{
			"asked at the change", "02:30", "Europe/Berlin", "2026-03-29T01:00:00Z",
			[]string{"2026-03-30T02:30:00+02:00"},
		},
		{
			"asked just before the change", "02:30", "Europe/Berlin", "2026-03-29T00:59:59.999999999Z",
			[]string{"2026-03-29T03:00:00+02:00"},
		},
		{
			"repeated hour: the first", "02:30", "Europe/Berlin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		{
			"repeated hour, asked in the second", "*:0/30", "Europe/Berlin", "2026-10-25T01:10:00Z",
			[]string{"2026-10-25T03:00:00+01:00"},
		},
		{
			"repeated hour, every half hour: an hour without", "*:0/30", "Europe/Berlin", "2026-10-25T00:00:00Z",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-25T03:00:00+01:00"},
		},
		{
			"west", "Sun 02:30", "America/New_York", "2026-03-07T00:00:00Z",
			[]string{"2026-03-08T03:00:00-04:00", "2026-03-15T02:30:00-04:00"},
		},
		{
			"south: skipped in October", "02:30", "Australia/Sydney", "2026-10-03T00:00:00Z",
			[]string{"2026-10-04T03:00:00+11:00", "2026-10-05T02:30:00+11:00"},
		},
		{
			"south: repeated in April", "02:30", "Australia/Sydney", "2026-04-04T00:00:00Z",
			[]string{"2026-04-05T02:30:00+11:00", "2026-04-06T02:30:00+10:00"},
		},
		{
			"half an hour skipped", "02:10", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:10:00+11:00"},
		},
		{
			"half an hour repeated", "01:45", "Australia/Lord_Howe", "2026-04-04T00:00:00Z",
			[]string{"2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"},
		},
		{
			"a day skipped: Friday's is at the begin of Saturday", "Fri 02:00", "Pacific/Apia", "2011-12-29T00:00:00Z",
			[]string{"2011-12-31T00:00:00+14:00", "2012-01-06T02:00:00+14:00"},
		},
		{
			"a day skipped: Friday's and Saturday's midnight are one", "daily", "Pacific/Apia", "2011-12-29T09:00:00Z",
			[]string{"2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"},
		},
		{
			"midnight skipped, Cairo", "daily", "Africa/Cairo", "2026-04-23T12:00:00Z",
			[]string{"2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"},
		},
		{
			"midnight skipped, Beirut", "*-*-29", "Asia/Beirut", "2026-03-20T12:00:00Z",
			[]string{"2026-03-29T01:00:00+03:00", "2026-04-29T00:00:00+03:00"},
		},
		{
			"midnight skipped, São Paulo", "Sun", "America/Sao_Paulo", "2018-11-01T12:00:00Z",
			[]string{"2018-11-04T01:00:00-02:00", "2018-11-11T00:00:00-02:00"},
		},
		{
			"the hour before midnight repeated, São Paulo", "23:30", "America/Sao_Paulo", "2018-02-17T12:00:00Z",
			[]string{"2018-02-17T23:30:00-02:00", "2018-02-18T23:30:00-03:00"},
		},
		{
			"winter is the other time, Dublin", "01:30", "Europe/Dublin", "2026-10-24T12:00:00Z",
			[]string{"2026-10-25T01:30:00+01:00", "2026-10-26T01:30:00Z"},
		},
		{
			"the last day of a leap year", "*-12-31 02:00", "Europe/Berlin", "2040-12-30T12:00:00Z",
			[]string{"2040-12-31T02:00:00+01:00", "2041-12-31T02:00:00+01:00"},
		},
		{
			"the last hours of a leap year, south", "*:0/30", "Australia/Lord_Howe", "2044-12-31T12:50:00Z",
			[]string{"2045-01-01T00:00:00+11:00", "2045-01-01T00:30:00+11:00"},
		},
		{
			"a change far ahead", "02:30", "Europe/Berlin", "2188-03-29T12:00:00Z",
			[]string{"2188-03-30T03:00:00+02:00", "2188-03-31T02:30:00+02:00"},
		},
		{
			"nth weekday in the skipped hour", "last Sun 02:30", "Europe/Berlin", "2026-03-25T00:00:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-04-26T02:30:00+02:00"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, starts(t, s, c.after, c.zone, len(c.want))); d != "" {
				t.Errorf("%s in %s after %s (-want +got):\n%s", c.text, c.zone, c.after, d)
			}
		})
	}
}

// TestInstantEverywhere: in every zone, over two centuries, the start that belongs to
// a local time is found, shows it or is a change that skips it, and nothing before it
// shows as much; and following is its inverse.
func TestInstantEverywhere(t *testing.T) {
	for _, name := range []string{
		"UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/Scoresbysund", "America/Santiago",
		"Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Australia/Lord_Howe",
		"Pacific/Apia", "Pacific/Auckland", "Pacific/Kwajalein", "Pacific/Kiritimati", "Antarctica/Troll", "Etc/GMT+12",
	} {
		zone := inZone(t, name)
		for local := beginning(); local.Before(ending()); local = local.Add(97*time.Hour + 13*time.Minute) {
			at := instant(local, zone)
			shown := wall(at, offset(at))
			if shown.Before(local) {
				t.Fatalf("%s: at %s the clock shows %s, not yet %s", name, at, shown, local)
			}
			before := at.Add(-time.Microsecond)
			if last := wall(before, offset(before)); shown.After(local) && !last.Before(local) {
				t.Fatalf("%s: %s is the start of %s, which was shown before", name, at, local)
			}
			if from := following(before, zone); from.After(local) {
				t.Fatalf("%s: after %s, %s comes next and %s is passed over", name, before, from, local)
			}
			if from := following(at, zone); !from.After(local) {
				t.Fatalf("%s: after %s, %s comes again", name, at, local)
			}
		}
	}
}
