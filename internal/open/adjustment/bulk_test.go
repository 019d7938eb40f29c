package adjustment

import (
	"fmt"
	"slices"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
)

// TestWayOfAnEntry: what becomes of an entry that an import names.
func TestWayOfAnEntry(t *testing.T) {
	draft, listed, open := Begins{Draft: true}, Begins{Listed: true}, Begins{Listed: true, Open: true}
	for _, x := range []struct {
		b               Begins
		fillable, moved bool
		want            Way
		code            string
	}{
		{draft, false, true, WayDrafted, ""}, {draft, false, false, WayKept, ""},
		{listed, false, true, WayOrdered, ""}, {listed, false, false, WayKept, ""},
		{open, true, true, WayFilled, ""}, {open, false, true, "", "adjustment.one_at_a_time"}, {open, false, false, WayKept, ""},
		{Begins{Open: true}, false, true, "", "adjustment.one_at_a_time"}, {Begins{}, false, true, "", "adjustment.not_listed"},
	} {
		got, err := WayOf(x.b, x.fillable, x.moved)
		code := ""
		if p := problem.As(err); p != nil {
			code = p.Code
		}
		if got != x.want || code != x.code {
			t.Errorf("%+v: %q %q", x, got, code)
		}
	}
}

// TestABulkIsChecked: none, too many, twice the same.
func TestABulkIsChecked(t *testing.T) {
	many := make([]string, MostEntries+1)
	for i := range many {
		many[i] = fmt.Sprint("e", i)
	}
	for _, x := range []struct {
		slugs []string
		want  []string
	}{
		{nil, []string{"/entries required"}}, {many, []string{"/entries adjustment.too_many_entries"}}, {many[:MostEntries], nil},
		{[]string{"a", "b", "a"}, []string{"/entries/2/slug adjustment.twice"}},
	} {
		var got []string
		if err := CheckBulk(x.slugs); err != nil {
			for _, f := range problem.As(err).Fields {
				got = append(got, f.Pointer+" "+f.Code)
			}
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%d entries: %q, want %q", len(x.slugs), got, x.want)
		}
	}
}

// TestWhatIsLeftBlankStays when one description is written over another.
func TestWhatIsLeftBlankStays(t *testing.T) {
	d := openlist.Description{Title: locale.Text{ZH: "甲", EN: "A"}, Publisher: "weather", Domain: "economy", Tags: []string{"x"}, Unrelated: true,
		Period: openlist.Period{From: "2020-01-01", To: "2021-01-01"}, Items: []openlist.Item{{Name: "id", Title: locale.Text{ZH: "号"}, Unit: "米"}, {Name: "n"}}}
	same, err := Over(d, openlist.Description{})
	if all, derr := Differences(d, same); err != nil || derr != nil || len(all) > 0 {
		t.Errorf("nothing said: %v %v %v", all, err, derr)
	}
	got, err := Over(d, openlist.Description{Title: locale.Text{ZH: "乙"}, Tags: []string{"y", "z"}, Period: openlist.Period{To: workday.Date("2022-01-01")},
		Items: []openlist.Item{{Name: "id", Title: locale.Text{EN: "No."}, Unit: "千米"}, {Name: "new"}}})
	if err != nil || got.Title != (locale.Text{ZH: "乙", EN: "A"}) || got.Domain != "economy" || !slices.Equal(got.Tags, []string{"y", "z"}) || !got.Unrelated ||
		got.Period != (openlist.Period{From: "2020-01-01", To: "2022-01-01"}) || len(got.Items) != 3 || got.Items[0] != (openlist.Item{Name: "id", Title: locale.Text{ZH: "号", EN: "No."}, Unit: "千米"}) {
		t.Errorf("%+v: %v", got, err)
	}
	if d.Items[0].Unit != "米" {
		t.Error("what it was laid over has changed")
	}
}
