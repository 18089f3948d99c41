package schedule

import (
	"fmt"
	"strings"
)

// chooser chooses a number below n; where it comes from is the test's business.
type chooser func(n int) int

// of chooses one of some texts.
func (c chooser) of(all ...string) string { return all[c(len(all))] }

// one is true once in n.
func (c chooser) one(n int) bool { return c(n) == 0 }

// between chooses a number, both ends included.
func (c chooser) between(from, to int) int { return from + c(to-from+1) }

// expression writes an OnCalendar expression by the grammar; some of the numbers and
// ranges do not exist.
func (c chooser) expression() string {
	if c.one(25) {
		return c.cased(c.of("minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "semi-annually",
			"biannually", "bi-annually", "yearly", "annually", "anually"))
	}
	var words []string
	if c.one(3) {
		words = append(words, c.weekdays())
	}
	if !c.one(3) {
		words = append(words, c.date())
	}
	if len(words) == 0 || !c.one(4) {
		words = append(words, c.time())
	}
	space := " "
	if c.one(20) {
		space = "  "
	}
	return strings.Join(words, space)
}

// cased writes a word in capitals now and then.
func (c chooser) cased(s string) string {
	switch c(6) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.ToLower(s)
	}
	return s
}

func (c chooser) weekdays() string {
	day := func() string {
		return c.cased(c.of("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Monday", "Tuesday", "Wednesday", "Thursday",
			"Friday", "Saturday", "Sunday"))
	}
	var items []string
	for range 1 + c(3) {
		item := day()
		if c.one(4) {
			item += c.of("..", "-") + day()
		}
		items = append(items, item)
	}
	comma := ""
	if c.one(10) {
		comma = ","
	}
	return strings.Join(items, ",") + comma
}

func (c chooser) date() string {
	day := "-" + c.place(1, 31)
	if c.one(4) {
		day = "~" + c.place(1, 28)
	}
	date := c.place(1, 12) + day
	switch c(6) {
	case 0:
		return c.place(2024, 2032) + "-" + date
	case 1:
		return c.place(0, 99) + "-" + date
	case 2:
		return c.place(1970, 2199) + "-" + date
	case 3:
		return date
	}
	return "*-" + date
}

func (c chooser) time() string {
	hour := c.place(0, 23)
	if c.one(2) {
		hour = c.place(0, 3) // when clocks change
	}
	s := hour + ":" + c.place(0, 59)
	if c.one(3) {
		s += ":" + c.second()
	}
	return s
}

// place writes everything that may stand in one place, for numbers mostly within a range.
func (c chooser) place(from, to int) string {
	if c.one(4) {
		return "*"
	}
	number := func() string {
		n := c.between(from, to)
		if c.one(60) {
			n = c.between(0, 2*to)
		}
		return fmt.Sprintf("%0*d", c.between(1, 2), n)
	}
	return c.list(number, func() string { return fmt.Sprint(c.between(0, 1+(to-from)/2)) })
}

func (c chooser) second() string {
	if c.one(5) {
		return "*"
	}
	number := func() string {
		s := fmt.Sprint(c.between(0, 60))
		if c.one(4) {
			s += "." + fmt.Sprintf("%0*d", c.between(1, 8), c(1000))
		}
		return s
	}
	return c.list(number, number)
}

// list writes START[..STOP][/STEP],…
func (c chooser) list(number, step func() string) string {
	var items []string
	for range 1 + c(2)*c(3) {
		s := number()
		if c.one(4) {
			s += ".." + number()
		}
		if c.one(5) {
			s += "/" + step()
		}
		items = append(items, s)
	}
	return strings.Join(items, ",")
}
