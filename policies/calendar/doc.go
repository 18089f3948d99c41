// Package calendar knows when people work: workdays, hours, holidays, freezes.
package calendar
