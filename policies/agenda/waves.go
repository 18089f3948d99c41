package agenda

import "time"

// Waves returns when each wave of a rollout can begin at the earliest. The first
// is ready at start, each other when the soak of the one before it (soaks, one a
// wave) has passed since that began; a soak counts from the wave's end, which
// nobody knows yet, so it may be later, never earlier. A wave that is ready begins
// in the first of the launches that has not closed by then, not before the launch.
// Launches are those of the policy, of Of. Without a window (windowed is false) a
// wave begins when it is ready. The time is zero for a wave that none of the
// launches has room for, and for those behind it.
func Waves(soaks []time.Duration, start time.Time, windowed bool, launches []Launch) []time.Time {
	out := make([]time.Time, len(soaks))
	ready := start
	for i, soak := range soaks {
		begin := ready
		if windowed {
			begin = firstRoom(ready, launches)
		}
		if begin.IsZero() {
			break
		}
		out[i] = begin
		ready = begin.Add(max(0, soak))
	}
	return out
}

// firstRoom is the first instant from ready on at which one of the launches has
// come and its opening is open; zero if there is none.
func firstRoom(ready time.Time, launches []Launch) time.Time {
	var first time.Time
	for _, l := range launches {
		if l.Launch.IsZero() || !l.Closes.After(ready) {
			continue
		}
		if t := later(l.Launch, ready); first.IsZero() || t.Before(first) {
			first = t
		}
	}
	return first
}
