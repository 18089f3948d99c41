package schedule

import "time"

// Schedule says when something begins, again and again. It is a pure value, safe
// for concurrent use.
type Schedule interface {
	// Next returns the first start strictly after an instant, with its local times
	// in zone; false if there is none ever again. A start that a clock change skips
	// is at the first valid instant after it; one that happens twice is at the
	// first only; starts that fall on one instant are one.
	Next(after time.Time, zone *time.Location) (time.Time, bool)
	// String is the schedule as it was written.
	String() string
}
