package advice

import (
	"slices"
	"strings"
)

// nearest returns the one of the names that a misspelt name most likely
// means, or "".
func nearest(name string, names []string) string {
	best, limit := "", min(len(name)/3, 3)+1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n), limit); d < limit {
			best, limit = n, d
		}
	}
	return best
}

// distance counts the letters to insert, to leave out or to change between
// two names, up to a limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
		if slices.Min(row) >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}
