package inventory

import (
	"strings"
)

// nearest returns the name that was probably meant by pattern, or "" if there is
// no name at all.
func nearest(pattern string, names []string) string {
	best, bestDistance := "", 0
	word := strings.ToLower(strings.Trim(pattern, "*?"))
	for _, n := range names {
		if n == "" {
			continue
		}
		limit := bestDistance
		if best == "" {
			limit = len(word) + len(n)
		}
		d := EditDistance(word, strings.ToLower(n), limit)
		if best == "" || d < bestDistance || (d == bestDistance && n < best) {
			best, bestDistance = n, d
		}
	}
	return best
}

// EditDistance returns how many bytes have to be inserted, removed, replaced or
// exchanged with their neighbour to turn a into b (optimal string alignment), or
// limit+1 if it is more than limit. It gives up as soon as that is certain, so
// that looking for the closest of many names is cheap.
func EditDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var buffers [3][64]int
	rows := [3][]int{buffers[0][:], buffers[1][:], buffers[2][:]}
	if len(a) >= len(buffers[0]) {
		for i := range rows {
			rows[i] = make([]int, len(a)+1)
		}
	}
	// last is the row of the byte before, beforeLast that of the one before it.
	beforeLast, last, row := rows[0], rows[1], rows[2]
	for i := range len(a) + 1 {
		last[i] = i
	}
	worst := 0 // the least of the row before
	for j := 1; j <= len(b); j++ {
		row[0] = j
		least := j
		for i := 1; i <= len(a); i++ {
			cost := last[i-1]
			if a[i-1] != b[j-1] {
				cost = 1 + min(last[i-1], last[i], row[i-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cost = min(cost, 1+beforeLast[i-2])
			}
			row[i] = cost
			least = min(least, cost)
		}
		// An exchange reaches back two rows.
		if min(least, worst) > limit {
			return limit + 1
		}
		worst = least
		beforeLast, last, row = last, row, beforeLast
	}
	return min(last[len(a)], limit+1)
}
