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

// EditDistance returns how many bytes have to be inserted, removed or replaced to
// turn a into b (Levenshtein), or limit+1 if it is more than limit. It gives up
// as soon as that is certain, so that looking for the closest of many names is
// cheap.
func EditDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var buffer [64]int
	row := buffer[:0]
	for i := 0; i <= len(a); i++ {
		row = append(row, i)
	}
	for j := 1; j <= len(b); j++ {
		diagonal, least := row[0], j
		row[0] = j
		for i := 1; i <= len(a); i++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[i], row[i-1])
			}
			diagonal, row[i] = row[i], cost
			least = min(least, cost)
		}
		if least > limit {
			return limit + 1
		}
	}
	return min(row[len(a)], limit+1)
}
