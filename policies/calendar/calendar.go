package calendar

import (
	"time"
)

// Date is a day, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Calendar says when people work and when nothing may change. All its days and
// hours are in its Zone.
type Calendar struct {
	Name string
	Zone *time.Location
	// Workdays has an element for each weekday, Sunday first.
	Workdays [7]bool
	// From and To are the working hours as time since midnight by the clock; To
	// may be before From: the hours then pass midnight and belong to the day they
	// begin on.
	From, To time.Duration
	Holidays []Holiday
	Freezes  []Freeze
}

// Holiday is a day on which nobody works.
type Holiday struct {
	Date Date
	Name string // "" if it has none
}

// Freeze is a time in which nothing is changed, both days included.
type Freeze struct {
	Name     string
	From, To Date
	Reason   string
}
