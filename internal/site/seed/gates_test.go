package seed

import (
	"maps"
	"strings"
	"testing"

	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
)

// TestGatesReportTheRealCatalogue: the gates of Article 9 find in the real
// Shanghai catalogue what its data README counts: abstracts that are the name
// over again (letter by letter, blanks and a full stop at the end apart),
// empty ones, no format, and lateness as of 11 June 2023.
func TestGatesReportTheRealCatalogue(t *testing.T) {
	c, err := Read(real(t))
	if err != nil {
		t.Fatal(err)
	}
	codes, err := openlist.LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	found, late, of, publishers := map[string]int{}, map[string]int{}, map[string]int{}, map[string]bool{}
	entries := 0
	for _, e := range c.Entries {
		if !strings.HasPrefix(e.Slug, "sh-") {
			continue
		}
		entries++
		publishers[e.Description.Publisher] = true
		d := e.Description
		d.Items = nil // the tables that stand in for a few of them are ours
		for _, f := range openlist.Examine(codes, openlist.World{Today: "2023-06-11"}, e.Slug, d) {
			if found[f.Code]++; f.Code == "openlist.no_format" && d.Opening == openlist.Unconditional {
				found["unconditional without a format"]++
			}
		}
		of[d.Frequency]++
		if how := timeliness.Of(codes, openlist.Entry{Description: d}, d.UpdatedOn, "2023-06-11"); how.Class.Late() {
			late[d.Frequency]++
		}
	}
	if n := found["openlist.abstract_repeats"]; n < 1129 || n > 1134 {
		t.Errorf("%d abstracts repeat the name", n)
	}
	for code, want := range map[string]int{"openlist.no_abstract": 47, "unconditional without a format": 505, "openlist.no_items": 2228, "openlist.not_graded": 2228, "openlist.tag_says_nothing": 67, "openlist.name_taken": 0} {
		if found[code] != want {
			t.Errorf("%s: %d, want %d", code, found[code], want)
		}
	}
	if entries != 2228 || len(publishers) != 56 {
		t.Errorf("%d entries of %d publishers", entries, len(publishers))
	}
	want := map[string]int{"daily": 212, "weekly": 11, "monthly": 90, "quarterly": 22, "halfyearly": 2, "yearly": 247, "realtime": 74}
	if !maps.Equal(late, want) {
		t.Errorf("late: %v, want %v of %v", late, want, of)
	}
	t.Logf("%d abstracts repeat the name, %d say little more; faults by kind: %v", found["openlist.abstract_repeats"], found["openlist.abstract_says_little"], found)
}
