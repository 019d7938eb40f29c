package quality

import (
	"testing"

	"kaishu/internal/infra/tabular"
	"kaishu/internal/open/openlist"
)

func TestNulls(t *testing.T) {
	c := newCity(t)
	c.list("a", func(d *openlist.Description) { d.Key = []string{"id"} })
	full := "id,v\n" + lines(10, "%d,x")
	for _, tt := range []struct{ name, file, want string }{
		{"passes", full, "staged"},
		{"a key is never empty", "id,v\n" + lines(9, "%d,x") + ",y\n", "blocked; key_empty id 1"},
		{"a column of nothing", "id,v\n" + lines(10, "%d,"), "blocked; column_empty v"},
		{"half of it empty, and nothing before", "id,v\n" + lines(5, "%d,x") + lines(5, "1%d,"), "staged"},
	} {
		if got := told(c.send("a", tt.file)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestEmptierThanBefore: the version that was released before is the measure.
func TestEmptierThanBefore(t *testing.T) {
	c := newCity(t)
	c.list("a", nil)
	c.release(c.send("a", "id,v\n"+lines(9, "%d,x")+"9,\n"))
	if got := told(c.send("a", "id,v\n"+lines(7, "%d,x")+lines(3, "1%d,"))); got != "released" {
		t.Errorf("0.2 more: %s", got)
	}
	v := c.send("a", "id,v\n"+lines(4, "%d,x")+lines(6, "1%d,"))
	if got := told(v); got != "blocked; more_empty v 6" || v.Findings[0].Args["share"] != "60.0%" || v.Findings[0].Args["before"] != "30.0%" {
		t.Errorf("0.3 more: %s, %v", got, v.Findings)
	}
}

func TestEmptyCells(t *testing.T) {
	empty := func(n int64) tabular.ColumnProfile { return tabular.ColumnProfile{Name: "v", Nulls: n} }
	for _, tt := range []struct {
		name           string
		now            tabular.ColumnProfile
		rows           int64
		key            bool
		then           tabular.ColumnProfile
		rowsThen       int64
		known          bool
		want           string
		onlyNotedAgain bool
	}{
		{"nothing empty", empty(0), 10, true, empty(0), 10, true, "", false},
		{"no rows", empty(0), 0, true, empty(0), 0, false, "", false},
		{"just 0.2 more", empty(30), 100, false, empty(10), 100, true, "", false},
		{"over 0.2 more", empty(31), 100, false, empty(10), 100, true, "quality.more_empty", false},
		{"the version before had no rows", empty(31), 100, false, empty(0), 0, true, "", false},
		{"wholly empty, as it was", empty(5), 5, false, empty(9), 9, true, "quality.column_empty", true},
		{"wholly empty, as it was not", empty(5), 5, false, empty(8), 9, true, "quality.column_empty", false},
		{"a wholly empty key, as it was", empty(5), 5, true, empty(9), 9, true, "quality.key_empty", false},
	} {
		got := emptyCells(tt.now, tt.rows, tt.key, tt.then, tt.rowsThen, tt.known)
		if len(got) == 0 && tt.want == "" {
			continue
		}
		if len(got) != 1 || got[0].Code != tt.want || got[0].Note != tt.onlyNotedAgain || got[0].Firm {
			t.Errorf("%s: %+v, want %s", tt.name, got, tt.want)
		}
	}
}
