//go:build !linux

package main

import "time"

// sinceBoot is not known here: leases go by the clock.
func sinceBoot() time.Duration { return 0 }
