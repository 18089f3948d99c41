package agenda_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies"
	"patchwave/policies/agenda"
	"patchwave/policies/calendar"
	"patchwave/policies/schedule"
)

func parsed(t testing.TB, text string) schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAYearOfTuesdays: two policies in an attended window over the closing of the
// books and both clock changes, with the real schedule, calendar and openings.
func TestAYearOfTuesdays(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	c := office(berlin, calendar.Date{Year: 2027, Month: 1, Day: 6})
	c.Freezes = []calendar.Freeze{{Name: "year-end", From: calendar.Date{Year: 2026, Month: 12, Day: 18}, To: calendar.Date{Year: 2027, Month: 1, Day: 4}, Reason: "closing the books"}}
	w := &policies.Window{Name: "tuesday-night", Schedule: parsed(t, "Tue 02:00"), Duration: 4 * time.Hour, Zone: berlin, Calendar: c, Attended: true, Attendance: 12 * time.Hour}
	ps := pols(t, w, "web>db 90m", "db")
	got := agenda.Of(ps, agenda.Input{From: at(0), Until: at(365 * day)})
	launches, frozen := 0, []string{}
	for i, l := range got {
		local := l.Opens.In(berlin)
		if local.Weekday() != time.Tuesday || local.Hour() != 2 {
			t.Errorf("opens at %s", local)
		}
		if l.State == policies.OpeningFrozen {
			frozen = append(frozen, l.Policy+local.Format(" 01-02"))
			continue
		}
		launches++
		if l.Policy != []string{"db", "web"}[i%2] || l.Launch.Sub(l.Opens) != []time.Duration{0, 90 * time.Minute}[i%2] {
			t.Errorf("%v", drawn(got[i:i+1]))
		}
	}
	if diff := cmp.Diff([]string{"db 12-22", "web 12-22", "db 12-29", "web 12-29"}, frozen); diff != "" || launches != 2*50 {
		t.Errorf("%d launches, frozen:\n%s", launches, diff)
	}
	if got := agenda.Check(ps, agenda.CheckInput{Now: at(0)}); len(got) != 0 {
		t.Errorf("%v", found(got))
	}
}

// TestSkippedAndTwice: a night's start that the clock skips is at the first instant
// after it, one that happens twice is at the first, and every policy is due in it
// once.
func TestSkippedAndTwice(t *testing.T) {
	tests := []struct {
		zone, schedule, date string
		want                 []string
	}{
		{"Europe/Berlin", "*-*-* 02:30", "2027-03-28", []string{"a 03:00 CEST", "b 04:00 CEST"}},
		{"Europe/Berlin", "*-*-* 02:30", "2027-10-31", []string{"a 02:30 CEST", "b 02:30 CET"}},
		{"Australia/Lord_Howe", "*-*-* 02:15", "2027-10-03", []string{"a 02:30 +11", "b 03:30 +11"}},
		{"Australia/Lord_Howe", "*-*-* 01:45", "2027-04-04", []string{"a 01:45 +11", "b 02:15 +1030"}},
		{"America/New_York", "2nd Tue +3d 23:30", "2027-01-15", []string{"a 23:30 EST", "b 00:30 EST"}},
		{"Europe/Berlin", "*-2-29 23:30", "2028-02-29", []string{"a 23:30 CET", "b 00:30 CET"}},
		{"Europe/Berlin", "*-12-31 23:30", "2027-12-31", []string{"a 23:30 CET", "b 00:30 CET"}},
	}
	for _, tt := range tests {
		t.Run(tt.zone+" "+tt.schedule+" "+tt.date, func(t *testing.T) {
			z := zone(t, tt.zone)
			date, err := time.ParseInLocation(time.DateOnly, tt.date, z)
			if err != nil {
				t.Fatal(err)
			}
			ps := pols(t, &policies.Window{Name: "w", Schedule: parsed(t, tt.schedule), Duration: 2 * time.Hour, Zone: z}, "a", "b 60m")
			var planned, due []string
			for _, l := range agenda.Of(ps, agenda.Input{From: date, Until: date.AddDate(0, 0, 1)}) {
				planned = append(planned, l.Policy+l.Launch.In(z).Format(" 15:04 MST"))
			}
			if diff := cmp.Diff(tt.want, planned); diff != "" {
				t.Errorf("planned:\n%s", diff)
			}
			progress := agenda.Progress{Looked: date.Add(-time.Hour), Runs: map[agenda.Occurrence]agenda.Run{}}
			for now := date; now.Before(date.Add(27 * time.Hour)); now = now.Add(time.Minute) {
				o := agenda.Due(ps, now, agenda.Input{}, progress)
				for _, l := range o.Due {
					if l.Opens.Before(date.AddDate(0, 0, 1)) { // the next night is another occurrence
						due = append(due, l.Policy+now.In(z).Format(" 15:04 MST"))
					}
					progress.Runs[l.Occurrence] = agenda.Run{Launched: now, Finished: now}
				}
				if len(o.Missed) > 0 {
					t.Errorf("missed: %v", drawn(o.Missed))
				}
				progress.Looked = now
			}
			if diff := cmp.Diff(tt.want, due); diff != "" {
				t.Errorf("due:\n%s", diff)
			}
		})
	}
}
