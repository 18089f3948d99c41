// Package schedule reads the ways in which operators write when something
// begins: systemd's OnCalendar grammar, the nth weekday of a month with an
// offset, and recurrence rules (RFC 5545).
package schedule
