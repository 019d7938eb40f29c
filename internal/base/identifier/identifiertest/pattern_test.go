package identifiertest

import (
	"regexp"
	"slices"
	"testing"

	"kaishu/internal/base/identifier"
)

// TestPatternPassesNoneOver: a cell that holds a kind that is spelled matches,
// in the whole set, and plain figures do not.
func TestPatternPassesNoneOver(t *testing.T) {
	pattern := regexp.MustCompile(identifier.Pattern)
	seen := map[identifier.Kind]int{}
	for _, c := range Large() {
		for _, cell := range c.Cells {
			alone := Alone(cell.Text)
			for _, k := range identifier.Spelled {
				if alone[k] {
					if seen[k]++; !pattern.MatchString(cell.Text) {
						t.Errorf("%s: %q is passed over", k, cell.Text)
					}
				}
			}
		}
	}
	for k := range identifier.Kinds {
		if slices.Contains(identifier.Spelled, k) && seen[k] == 0 {
			t.Errorf("no %s among them", k)
		}
	}
	for _, cell := range []string{"", "12.5", "2026-11-24", "2026-11-24 10:00", "A12", "1,234,567", "https://example.com/a"} {
		if pattern.MatchString(cell) {
			t.Errorf("%q matches", cell)
		}
	}
}
