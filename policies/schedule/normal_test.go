package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// normal writes an expression as systemd does in its normal form.
func (c *calendar) normal() string {
	year, month, day := "*", "*", "*"
	if len(c.years) > 0 {
		year = c.years.normal(4, 1)
	}
	if len(c.months) > 0 {
		month = c.months.normal(2, 1)
	}
	if len(c.days.days) > 0 {
		day = c.days.days.normal(2, 1)
	}
	hour, minute := "*", "*"
	if len(c.hours) > 0 {
		hour = c.hours.normal(2, 1)
	}
	if len(c.minutes) > 0 {
		minute = c.minutes.normal(2, 1)
	}
	sign := "-"
	if c.fromEnd {
		sign = "~"
	}
	return c.normalWeekdays() + year + "-" + month + sign + day + " " + hour + ":" + minute + ":" + c.micros.normal(2, perSecond)
}

func (f field) normal(width, unit int) string {
	if unit > 1 && len(f) == 1 && f[0] == (span{0, open, unit}) {
		return "*"
	}
	number := func(n, width int) string {
		s := fmt.Sprintf("%0*d", width, n/unit)
		if n%unit > 0 {
			s += fmt.Sprintf(".%06d", n%unit)
		}
		return s
	}
	var items []string
	for _, x := range f {
		s := number(x.start, width)
		if x.stop != open {
			s += ".." + number(x.stop, width)
		}
		if x.step > 0 && (x.stop == open || x.step != unit) {
			s += "/" + number(x.step, 1)
		}
		items = append(items, s)
	}
	return strings.Join(items, ",")
}

func (c *calendar) normalWeekdays() string {
	if c.weekdays == everyDay() {
		return ""
	}
	name := func(d int) string { return time.Weekday((d + 1) % 7).String()[:3] }
	var items []string
	for d := 0; d < 7; d++ {
		if !c.weekdays[(d+1)%7] {
			continue
		}
		first := d
		for d < 6 && c.weekdays[(d+2)%7] {
			d++
		}
		switch d - first {
		case 0:
			items = append(items, name(d))
		case 1:
			items = append(items, name(first), name(d))
		default:
			items = append(items, name(first)+".."+name(d))
		}
	}
	return strings.Join(items, ",") + " "
}

// TestNormal: what an expression means, written out; the cases are those of
// systemd.time(7), CALENDAR EVENTS.
func TestNormal(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"},
		{"Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"},
		{"Wed *-1", "Wed *-*-01 00:00:00"},
		{"Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"},
		{"Wed, 17:48", "Wed *-*-* 17:48:00"},
		{"Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"},
		{"*-*-7 0:0:0", "*-*-07 00:00:00"},
		{"10-15", "*-10-15 00:00:00"},
		{"monday *-12-* 17:00", "Mon *-12-* 17:00:00"},
		{"Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"},
		{"12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"},
		{"12..14:10,20,30", "*-*-* 12..14:10,20,30:00"},
		{"mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"},
		{"03-05 08:05:40", "*-03-05 08:05:40"},
		{"08:05:40", "*-*-* 08:05:40"},
		{"05:40", "*-*-* 05:40:00"},
		{"Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"},
		{"Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"},
		{"2003-03-05 05:40", "2003-03-05 05:40:00"},
		{"05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"},
		{"2003-02..04-05", "2003-02..04-05 00:00:00"},
		{"2003-03-05", "2003-03-05 00:00:00"},
		{"03-05", "*-03-05 00:00:00"},
		{"minutely", "*-*-* *:*:00"},
		{"hourly", "*-*-* *:00:00"},
		{"daily", "*-*-* 00:00:00"},
		{"monthly", "*-*-01 00:00:00"},
		{"weekly", "Mon *-*-* 00:00:00"},
		{"yearly", "*-01-01 00:00:00"},
		{"annually", "*-01-01 00:00:00"},
		{"anually", "*-01-01 00:00:00"},
		{"quarterly", "*-01,04,07,10-01 00:00:00"},
		{"semiannually", "*-01,07-01 00:00:00"},
		{"semi-annually", "*-01,07-01 00:00:00"},
		{"BiAnnually", "*-01,07-01 00:00:00"},
		{"bi-annually", "*-01,07-01 00:00:00"},
		{"*:2/3", "*-*-* *:02/3:00"},
		{"Mon *-05~07/1", "Mon *-05~07/1 00:00:00"},
		{"*-02~03", "*-02~03 00:00:00"},
		{"*-*~1..5/3", "*-*~01..04/3 00:00:00"},
		{"2026-1~*", "2026-01-* 00:00:00"},
		{"*-*", "*-*-* 00:00:00"},
		{"1:0:*", "*-*-* 01:00:*"},
		{"Mon..Sun 2:00", "*-*-* 02:00:00"},
		{"1:0:0.12345649999", "*-*-* 01:00:00.123456"},
		{"70..69-1-1", "1970..2069-01-01 00:00:00"},
		{"26/0030-1-1", "2026/30-01-01 00:00:00"},
	} {
		got, err := parseCalendar(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got.normal() != c.want {
			t.Errorf("%s means %s, want %s", c.text, got.normal(), c.want)
		}
	}
}
