package policies

import (
	"slices"
	"time"
)

// DefaultRunTime is how long a host is taken to need where it has no history.
const DefaultRunTime = 20 * time.Minute

// Fits reports whether a host may still begin when so much time is left before its
// window closes: at least its longest recent run, or DefaultRunTime without a
// history. With no time left nothing begins.
func Fits(history []time.Duration, left time.Duration) bool {
	if left <= 0 {
		return false
	}
	if len(history) == 0 {
		return left >= DefaultRunTime
	}
	return left >= slices.Max(history)
}
