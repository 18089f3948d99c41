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
