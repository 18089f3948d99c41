package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is the time since this machine was booted, its sleep included; 0 if
// nobody knows. No operator and no time server sets it.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
