// Package schedule reads the ways in which operators write when something
// begins: systemd's OnCalendar grammar, the nth weekday of a month with an
// offset, and recurrence rules (RFC 5545).
//
// A schedule is two things that do not know each other: a row of local times,
// as a calendar on the wall has them, and the zone in which they are. Only
// zone.go knows that clocks change; everything else counts local times as if
// they were in UTC.
//
// Local times lie in the years 1970 to 2199, as systemd's do.
package schedule
