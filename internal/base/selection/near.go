package selection

import (
	"slices"
	"strings"
)

// nearest returns the name that text was probably meant to be: the one with
// the fewest letters changed, at most half of them, or the only one that
// holds text; "" if there is none.
func nearest(text string, names []string) string {
	typed := []rune(strings.ToLower(text))
	if len(typed) == 0 || len(typed) > 100 {
		return ""
	}
	best, fewest := "", max(1, len(typed)/2)+1
	var holding []string
	for _, n := range names {
		lower := strings.ToLower(n)
		if strings.Contains(lower, string(typed)) {
			holding = append(holding, n)
		}
		if r := []rune(lower); len(r) <= 100 {
			if d := distance(typed, r); d < fewest && d < max(len(typed), len(r)) {
				best, fewest = n, d
			}
		}
	}
	if best == "" && len(holding) == 1 {
		return holding[0]
	}
	return best
}

// distance is the number of characters to insert, delete or change.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// twice returns the names that stand in list more than once, each once.
func twice(list []string) []string {
	seen := map[string]int{}
	var again []string
	for _, n := range list {
		if seen[n]++; seen[n] == 2 {
			again = append(again, n)
		}
	}
	return slices.Clip(again)
}
