// Package calendar knows when people work and when nothing may change: workdays,
// hours, holidays, freezes. It reads holidays from iCalendar files and writes
// what is planned as one (RFC 5545).
//
// Days and hours are by the clock in the calendar's zone. A time of day that a
// clock change skips is the first valid instant after it, one that happens twice
// is the first of the two.
//
// What cannot be read is an error, never "no holidays": a calendar that lost
// its holidays would let machines be changed when nobody is there.
package calendar
