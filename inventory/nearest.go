package inventory

import "strings"

// nearest returns the name that was probably meant by pattern, or "" if there is
// no name at all. It counts the characters that would have to change.
func nearest(pattern string, names []string) string {
	best, bestDistance := "", 0
	word := strings.ToLower(strings.Trim(pattern, "*?"))
	row := make([]int, 0, len(word)+1)
	for _, n := range names {
		if n == "" {
			continue
		}
		d := distance(word, strings.ToLower(n), row)
		if best == "" || d < bestDistance || (d == bestDistance && n < best) {
			best, bestDistance = n, d
		}
	}
	return best
}

// distance is Levenshtein's, in one row that the caller lends.
func distance(a, b string, row []int) int {
	row = row[:0]
	for i := 0; i <= len(a); i++ {
		row = append(row, i)
	}
	for j := 1; j <= len(b); j++ {
		diagonal := row[0]
		row[0] = j
		for i := 1; i <= len(a); i++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[i], row[i-1])
			}
			diagonal, row[i] = row[i], cost
		}
	}
	return row[len(a)]
}
