package policies

// Size returns how many hosts a wave takes of total, of which left are still in
// no wave. A wave with neither count nor percent takes all that is left.
func (w Wave) Size(total, left int) int {
	switch {
	case w.Count > 0:
		return min(w.Count, left)
	case w.Percent > 0:
		return min(Amount{Percent: w.Percent, Given: true}.Of(total), left)
	default:
		return left
	}
}

// LeftOver returns how many of total hosts are in no wave.
func (r Rollout) LeftOver(total int) int {
	left := total
	for _, w := range r.Waves {
		left -= w.Size(total, left)
	}
	return left
}

// BatchSize returns how many hosts of the wave are worked on at once, of total
// hosts of the rollout: never more than may be unavailable, at least one.
func (w Wave) BatchSize(total int) int {
	size := DefaultBatch
	if w.Batch.Given {
		size = w.Batch.Of(total)
	}
	if w.MaxUnavailable.Given {
		size = min(size, w.MaxUnavailable.Of(total))
	}
	return max(1, size)
}
