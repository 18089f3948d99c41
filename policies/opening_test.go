package policies

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

// daily starts at a time of each day that it picks, by the clock.
type daily struct {
	clock time.Duration
	picks func(calendar.Date) bool
}

func (d daily) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	day := calendar.DateOf(after.In(zone)).AddDays(-1)
	for range 3000 {
		if at := day.At(d.clock, zone); at.After(after) && (d.picks == nil || d.picks(day)) {
			return at, true
		}
		day = day.AddDays(1)
	}
	return time.Time{}, false
}

func (d daily) String() string { return "daily" }

// every starts at each multiple of a duration.
type every time.Duration

func (e every) Next(after time.Time, _ *time.Location) (time.Time, bool) {
	at := after.Truncate(time.Duration(e)).Add(time.Duration(e))
	if !at.After(after) {
		at = at.Add(time.Duration(e))
	}
	return at, true
}

func (e every) String() string { return "every " + time.Duration(e).String() }

// never is a schedule that does not move on.
type never struct{}

func (never) Next(after time.Time, _ *time.Location) (time.Time, bool) { return after, true }
func (never) String() string                                           { return "never" }

func in(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(t interface{ Fatal(...any) }, s string) time.Time {
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func on(t interface{ Fatal(...any) }, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func weekday(w time.Weekday) func(calendar.Date) bool {
	return func(d calendar.Date) bool { return d.Weekday() == w }
}

// afterPatchTuesday picks the days that are n days after the second Tuesday of a
// month.
func afterPatchTuesday(n int) func(calendar.Date) bool {
	return func(d calendar.Date) bool {
		tuesday := d.AddDays(-n)
		return tuesday.Weekday() == time.Tuesday && tuesday.Day >= 8 && tuesday.Day <= 14
	}
}

// spans writes openings a line each.
func spans(openings []Opening) []string {
	out := []string{}
	for _, o := range openings {
		line := o.Opens.Format(time.RFC3339) + " " + o.Closes.Sub(o.Opens).String() + " " + o.Closes.Format(time.RFC3339)
		if o.State != OpeningOpen {
			line += " " + string(o.State)
		}
		out = append(out, line)
	}
	return out
}

func TestOpenings(t *testing.T) {
	for _, tt := range []struct {
		name, zone  string
		schedule    daily
		duration    time.Duration
		from, until string
		want        []string
	}{
		{"a spring change within", "Europe/Berlin", daily{clock: time.Hour}, 4 * time.Hour, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", []string{
			"2026-03-29T01:00:00+01:00 4h0m0s 2026-03-29T06:00:00+02:00", "2026-03-30T01:00:00+02:00 4h0m0s 2026-03-30T05:00:00+02:00"}},
		{"a start that is skipped", "Europe/Berlin", daily{clock: 150 * time.Minute}, time.Hour, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", []string{
			"2026-03-29T03:00:00+02:00 1h0m0s 2026-03-29T04:00:00+02:00"}},
		{"a start that is twice", "Europe/Berlin", daily{clock: 150 * time.Minute}, 2 * time.Hour, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", []string{
			"2026-10-25T02:30:00+02:00 2h0m0s 2026-10-25T03:30:00+01:00", "2026-10-26T02:30:00+01:00 2h0m0s 2026-10-26T04:30:00+01:00"}},
		{"New York, autumn", "America/New_York", daily{clock: 90 * time.Minute}, 3 * time.Hour, "2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z", []string{
			"2026-11-01T01:30:00-04:00 3h0m0s 2026-11-01T03:30:00-05:00"}},
		{"New York, spring", "America/New_York", daily{clock: 150 * time.Minute}, time.Hour, "2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z", []string{
			"2026-03-08T03:00:00-04:00 1h0m0s 2026-03-08T04:00:00-04:00"}},
		{"Lord Howe, half an hour back", "Australia/Lord_Howe", daily{clock: 105 * time.Minute}, time.Hour, "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z", []string{
			"2026-04-05T01:45:00+11:00 1h0m0s 2026-04-05T02:15:00+10:30"}},
		{"Lord Howe, half an hour on", "Australia/Lord_Howe", daily{clock: 135 * time.Minute}, time.Hour, "2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z", []string{
			"2026-10-04T02:30:00+11:00 1h0m0s 2026-10-04T03:30:00+11:00"}},
		{"over midnight and the year", "Europe/Berlin", daily{clock: 23 * time.Hour, picks: weekday(time.Thursday)}, 4 * time.Hour, "2026-12-30T00:00:00Z", "2027-01-06T00:00:00Z", []string{
			"2026-12-31T23:00:00+01:00 4h0m0s 2027-01-01T03:00:00+01:00"}},
		{"over a leap day", "UTC", daily{clock: 22 * time.Hour, picks: func(d calendar.Date) bool { return d.Day == 29 && d.Month == time.February }}, 6 * time.Hour, "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z", []string{
			"2028-02-29T22:00:00Z 6h0m0s 2028-03-01T04:00:00Z", "2032-02-29T22:00:00Z 6h0m0s 2032-03-01T04:00:00Z"}},
		{"three days after Patch Tuesday", "Europe/Berlin", daily{clock: 2 * time.Hour, picks: afterPatchTuesday(3)}, 4 * time.Hour, "2026-11-01T00:00:00Z", "2027-02-01T00:00:00Z", []string{
			"2026-11-13T02:00:00+01:00 4h0m0s 2026-11-13T06:00:00+01:00", "2026-12-11T02:00:00+01:00 4h0m0s 2026-12-11T06:00:00+01:00",
			"2027-01-15T02:00:00+01:00 4h0m0s 2027-01-15T06:00:00+01:00"}},
		{"into the next month after it", "Europe/Berlin", daily{clock: 2 * time.Hour, picks: afterPatchTuesday(21)}, time.Hour, "2026-03-01T00:00:00Z", "2026-04-02T00:00:00Z", []string{
			"2026-03-03T02:00:00+01:00 1h0m0s 2026-03-03T03:00:00+01:00", "2026-03-31T02:00:00+02:00 1h0m0s 2026-03-31T03:00:00+02:00"}},
		{"the first instant counts, the last does not", "UTC", daily{clock: 2 * time.Hour}, time.Hour, "2026-11-01T02:00:00Z", "2026-11-03T02:00:00Z", []string{
			"2026-11-01T02:00:00Z 1h0m0s 2026-11-01T03:00:00Z", "2026-11-02T02:00:00Z 1h0m0s 2026-11-02T03:00:00Z"}},
		{"none", "UTC", daily{clock: 2 * time.Hour}, time.Hour, "2026-11-01T03:00:00Z", "2026-11-02T02:00:00Z", []string{}},
		{"the wrong way round", "UTC", daily{clock: 2 * time.Hour}, time.Hour, "2026-11-03T00:00:00Z", "2026-11-01T00:00:00Z", []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &Window{Name: "w", Schedule: tt.schedule, Duration: tt.duration, Zone: in(t, tt.zone)}
			got := spans(w.Openings(at(t, tt.from), at(t, tt.until), in(t, "Asia/Kathmandu"), nil))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestHostLocal: a window without a zone is where it is looked at.
func TestHostLocal(t *testing.T) {
	w := &Window{Schedule: daily{clock: 2 * time.Hour}, Duration: time.Hour}
	for zone, want := range map[string]string{
		"Europe/Berlin": "2026-12-01T02:00:00+01:00", "America/New_York": "2026-12-01T02:00:00-05:00", "Asia/Kathmandu": "2026-12-01T02:00:00+05:45",
	} {
		o, ok := w.Next(at(t, "2026-11-30T12:00:00Z"), in(t, zone))
		if !ok || o.Opens.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v; want %s", zone, o.Opens.Format(time.RFC3339), ok, want)
		}
	}
	if o, ok := w.Next(at(t, "2026-11-30T12:00:00Z"), nil); !ok || !o.Opens.Equal(at(t, "2026-12-01T02:00:00Z")) {
		t.Errorf("nowhere: %s, %v", o.Opens, ok)
	}
}

func TestAt(t *testing.T) {
	nightly := &Window{Schedule: daily{clock: 22 * time.Hour, picks: weekday(time.Monday)}, Duration: 6 * time.Hour, Zone: in(t, "Europe/Berlin")}
	overlapping := &Window{Schedule: every(time.Hour), Duration: 150 * time.Minute}
	dense := &Window{Schedule: every(time.Millisecond), Duration: 30 * 24 * time.Hour}
	for _, tt := range []struct {
		name string
		w    *Window
		t    string
		want string
	}{
		{"it opens", nightly, "2026-11-30T22:00:00+01:00", "2026-11-30T21:00:00Z"},
		{"before", nightly, "2026-11-30T21:59:59+01:00", ""},
		{"past midnight", nightly, "2026-12-01T03:59:59+01:00", "2026-11-30T21:00:00Z"},
		{"it closes", nightly, "2026-12-01T04:00:00+01:00", ""},
		{"overlapping: the last one", overlapping, "2026-12-01T10:59:00Z", "2026-12-01T10:00:00Z"},
		{"overlapping, as it opens", overlapping, "2026-12-01T11:00:00Z", "2026-12-01T11:00:00Z"},
		{"a thousand a second for a month", dense, "2026-12-01T11:00:00Z", "2026-12-01T11:00:00Z"},
		{"none ever", &Window{Schedule: never{}, Duration: time.Hour}, "2026-12-01T11:00:00Z", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, ok := tt.w.At(at(t, tt.t), time.UTC)
			got := ""
			if ok {
				got = o.Opens.UTC().Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("at %s: %q, want %q", tt.t, got, tt.want)
			}
		})
	}
}

// TestAtIsFoundByWalking: At is the last of the openings that have opened and not
// closed, and Next the first that opens later.
func TestAtIsFoundByWalking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := in(t, rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}).Draw(t, "zone"))
		days := rapid.SliceOfN(rapid.Bool(), 7, 7).Draw(t, "weekdays")
		w := &Window{
			Schedule: daily{clock: time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "start")) * time.Minute, picks: func(d calendar.Date) bool { return days[d.Weekday()] }},
			Duration: time.Duration(rapid.IntRange(1, 80*60).Draw(t, "minutes")) * time.Minute,
			Zone:     zone,
		}
		change := on(t, rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04", "2026-12-31"}).Draw(t, "change"))
		from := change.At(0, zone).AddDate(0, 0, -8)
		now := change.At(0, zone).Add(time.Duration(rapid.IntRange(-48*60, 48*60).Draw(t, "now")) * time.Minute)
		openings := w.Openings(from, from.AddDate(0, 0, 20), nil, nil)
		var want *Opening
		for i, o := range openings {
			if !o.Opens.After(now) && now.Before(o.Closes) {
				want = &openings[i]
			}
			if o.Closes.Sub(o.Opens) != w.Duration || i > 0 && !openings[i-1].Opens.Before(o.Opens) {
				t.Fatalf("opening %+v", o)
			}
		}
		got, ok := w.At(now, nil)
		if ok != (want != nil) || ok && !got.Opens.Equal(want.Opens) {
			t.Fatalf("at %s: %+v, %v, want %+v", now, got, ok, want)
		}
		i := slices.IndexFunc(openings, func(o Opening) bool { return o.Opens.After(now) })
		next, ok := w.Next(now, nil)
		if i >= 0 && (!ok || !next.Opens.Equal(openings[i].Opens)) {
			t.Fatalf("after %s: %+v, %v, want %+v", now, next, ok, openings[i])
		}
	})
}

// TestOpeningsAreFoundByWalking: the openings are those minutes at which the clocks
// first show the time, or a later one if the change skips it.
func TestOpeningsAreFoundByWalking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := in(t, rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"}).Draw(t, "zone"))
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "start")
		from := on(t, rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04", "2026-04-24", "2026-10-30"}).Draw(t, "change")).AddDays(-1).At(0, zone)
		w := &Window{Schedule: daily{clock: time.Duration(minute) * time.Minute}, Duration: time.Hour, Zone: zone}
		var want []time.Time
		reached := map[calendar.Date]bool{}
		for m := from; m.Before(from.Add(72 * time.Hour)); m = m.Add(time.Minute) {
			h, mi, _ := m.Clock()
			if d := calendar.DateOf(m); !reached[d] && h*60+mi >= minute {
				reached[d] = true
				want = append(want, m)
			}
		}
		got := w.Openings(from, from.Add(72*time.Hour), nil, nil)
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", spans(got), want)
		}
		for i, o := range got {
			if !o.Opens.Equal(want[i]) {
				t.Fatalf("%v, want %v", spans(got), want)
			}
		}
	})
}

// TestOpeningsAreBounded: a schedule of every minute is cut; Each goes on.
func TestOpeningsAreBounded(t *testing.T) {
	w := &Window{Schedule: every(time.Minute), Duration: time.Minute}
	from := at(t, "2026-01-01T00:00:00Z")
	if n := len(w.Openings(from, from.AddDate(0, 0, 400), nil, nil)); n != MaxOpenings {
		t.Errorf("%d openings, want %d", n, MaxOpenings)
	}
	n := 0
	for o := range w.Each(from, from.AddDate(0, 0, 400), nil, nil) {
		if n++; n == MaxOpenings+10 {
			if want := from.Add((MaxOpenings + 9) * time.Minute); !o.Opens.Equal(want) {
				t.Errorf("%s, want %s", o.Opens, want)
			}
			break
		}
	}
	if n != MaxOpenings+10 {
		t.Errorf("Each ended after %d", n)
	}
}

func TestOpeningsThatOverlap(t *testing.T) {
	w := &Window{Schedule: daily{clock: 2 * time.Hour}, Duration: 36 * time.Hour}
	want := []string{"2026-11-01T02:00:00Z 36h0m0s 2026-11-02T14:00:00Z", "2026-11-02T02:00:00Z 36h0m0s 2026-11-03T14:00:00Z"}
	got := spans(w.Openings(at(t, "2026-11-01T00:00:00Z"), at(t, "2026-11-03T00:00:00Z"), time.UTC, nil))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlainDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"12h": 12 * time.Hour, "1h30m": 90 * time.Minute, "10m": 10 * time.Minute, "30s": 30 * time.Second, "1h0m5s": time.Hour + 5*time.Second, "0s": 0, "20h": 20 * time.Hour,
	} {
		if got := PlainDuration(d); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
