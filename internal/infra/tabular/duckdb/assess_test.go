package duckdb

import (
	"fmt"
	"strings"
	"testing"

	"kaishu/internal/base/probe"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

var assessed = selection.Schema{Columns: []selection.Column{
	{Name: `the "name"`, Type: selection.Text}, {Name: "n", Type: selection.Integer}, {Name: "x", Type: selection.Number}, {Name: "d", Type: selection.Decimal, Scale: 3},
	{Name: "from", Type: selection.Date}, {Name: "to", Type: selection.Date}, {Name: "text", Type: selection.Text}},
	Geometry: &selection.Geometry{Longitude: "x", Latitude: "n"}}

// Six rows; blanks are nulls.
const assessedRows = `"a",1,121.5,1.500,2026-01-01,2026-01-02,"2026-02-28"
"b",2,0.25,1.125,2026-01-03,2026-01-02,"2026-02-30"
"a",3,-7,,2026-01-01,,"12.50"
"",,,2.000,,2026-01-01,"http://a.example/b c"
,5,31,0.001,2026-01-01,2026-01-01,"91310000MA1FL3LG7X"
"a",1,121.5,1.500,2026-01-01,2026-01-02,
`

func filter(t *testing.T, text string) selection.Expr {
	t.Helper()
	e, err := selection.ParseWhere(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := selection.Check(selection.Select{Where: e}, assessed)
	if err != nil {
		t.Fatal(err)
	}
	return s.Where
}

func TestAssess(t *testing.T) {
	e, all := lay(t, Options{}, assessed, assessedRows, "\"b\",1,,,,,\n,2,,,,,\n", "")
	name := `the "name"`
	for _, tt := range []struct {
		name string
		test probe.Test
		want string // looked, failed, rows
	}{
		{"blank text and null are empty", probe.Filled{Column: name}, "6 2 [3 4]"},
		{"a number is filled", probe.Filled{Column: "n"}, "6 1 [3]"},
		{"between", probe.Holds{Column: "n", Then: filter(t, "n BETWEEN 1 AND 2")}, "5 2 [2 4]"},
		{"a null is not looked at", probe.Holds{Column: "d", Then: filter(t, "d < 1.5")}, "5 3 [0 3 5]"},
		{"in", probe.Holds{Column: name, Then: filter(t, `"the ""name""" IN ('a')`)}, "5 2 [1 3]"},
		{"if and then", probe.Holds{When: filter(t, `"the ""name""" = 'a'`), Then: filter(t, "text IS NOT NULL AND n < 3")}, "3 2 [2 5]"},
		{"a condition of unknown truth is not met", probe.Holds{When: filter(t, "n > 1"), Then: filter(t, `"the ""name""" <> 'zz'`)}, "3 1 [4]"},
		{"a box", probe.Holds{Column: "x", Then: filter(t, "S_INTERSECTS(geometry, BBOX(120, 0, 122, 10))")}, "5 3 [1 2 4]"},
		{"a pattern covers the whole cell", probe.Matching{Column: "text", Pattern: "[0-9.]+"}, "5 4 [0 1 3 4]"},
		{"a pattern of a number", probe.Matching{Column: "n", Pattern: "[12]"}, "5 2 [2 4]"},
		{"length", probe.Long{Column: "text", Least: 10, Most: 18}, "5 2 [2 3]"},
		{"length without end", probe.Long{Column: "text", Least: 10}, "5 1 [2]"},
		{"order", probe.Ordered{First: "from", Second: "to"}, "4 1 [1]"},
		{"days there are", probe.Reads{Column: "text", As: probe.Date}, "5 4 [1 2 3 4]"},
		{"numbers", probe.Reads{Column: "text", As: probe.Number}, "5 4 [0 1 3 4]"},
		{"addresses have no blanks", probe.Reads{Column: "text", As: probe.URL}, "5 5 [0 1 2 3 4]"},
		{"credit codes", probe.Reads{Column: "text", As: probe.CreditCode}, "5 4 [0 1 2 3]"},
		{"a column of days holds days", probe.Reads{Column: "from", As: probe.Date}, "5 0 []"},
		{"whole numbers are read as numbers", probe.Reads{Column: "n", As: probe.Number}, "5 0 []"},
		{"decimals", probe.Rounded{Column: "d", Most: 1}, "5 2 [1 4]"},
		{"doubles", probe.Rounded{Column: "x", Most: 1}, "5 1 [1]"},
		{"known elsewhere", probe.Known{Column: name, In: "other", Among: name}, "5 4 [0 2 3 5]"},
		{"known as text", probe.Known{Column: "n", In: "other", Among: "n"}, "5 2 [2 4]"},
		{"known of none", probe.Known{Column: "n", In: "none", Among: "n"}, "5 5 [0 1 2 4 5]"},
		{"a key", probe.Once{Columns: []string{"n"}}, "5 1 [5]"},
		{"a key of two", probe.Once{Columns: []string{"n", "text"}}, "4 0 []"},
		{"whole rows", probe.Once{Columns: []string{name, "n", "x", "d", "from", "to"}, Nulls: true}, "6 1 [5]"},
	} {
		got, err := e.Assess(t.Context(), all[0], []probe.Test{tt.test}, map[string]tabular.Table{"other": all[1], "none": all[2]})
		if err != nil || len(got) != 1 || fmt.Sprint(got[0].Looked, got[0].Failed, got[0].Rows) != tt.want {
			t.Errorf("%s: %v, %v, want %s", tt.name, got, err, tt.want)
		}
	}
	// All at once, and of an empty table, nothing changes.
	together, err := e.Assess(t.Context(), all[0], []probe.Test{probe.Once{Columns: []string{"n"}}, probe.Matching{Column: "text", Pattern: "[0-9.]+"}, probe.Holds{Column: "n", Then: filter(t, "n < 3")}}, nil)
	if got := fmt.Sprint(together); err != nil || got != "[{5 1 [5]} {5 4 [0 1 3 4]} {5 2 [2 4]}]" {
		t.Errorf("together: %s, %v", got, err)
	}
	none, err := e.Assess(t.Context(), all[2], []probe.Test{probe.Filled{Column: "n"}, probe.Once{Columns: []string{"n"}}}, nil)
	if got := fmt.Sprint(none); err != nil || got != "[{0 0 []} {0 0 []}]" {
		t.Errorf("no rows: %s, %v", got, err)
	}
}

// TestWholeNumbersThatRepeat: however far apart they lie, and whatever is
// known of another key, each repeat is found.
func TestWholeNumbersThatRepeat(t *testing.T) {
	one := selection.Schema{Columns: []selection.Column{{Name: "n", Type: selection.Integer}, {Name: "t", Type: selection.Text}}}
	for _, tt := range []struct{ rows, key, whole string }{
		{"1,\"a\"\n2,\"a\"\n3,\"a\"\n", "3 0 []", "3 0 []"},
		{"-3,\"a\"\n2,\"a\"\n-3,\"b\"\n", "3 1 [2]", "3 0 []"},
		{"-9223372036854775808,\n9223372036854775807,\n", "2 0 []", "2 0 []"},
		{"-9223372036854775808,\n9223372036854775807,\n9223372036854775807,\n", "3 1 [2]", "3 1 [2]"},
		{"0,\n268435455,\n0,\n", "3 1 [2]", "3 1 [2]"},
		{"0,\n268435456,\n", "2 0 []", "2 0 []"},
		{"7,\n7,\n", "2 1 [1]", "2 1 [1]"},
		{",\"a\"\n,\"a\"\n1,\n", "1 0 []", "3 1 [1]"},
		{",\n", "0 0 []", "1 0 []"},
	} {
		e, all := lay(t, Options{}, one, tt.rows)
		got, err := e.Assess(t.Context(), all[0], []probe.Test{probe.Once{Columns: []string{"n", "t"}, Nulls: true}, probe.Once{Columns: []string{"n"}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		write := func(a probe.Answer) string { return fmt.Sprint(a.Looked, a.Failed, a.Rows) }
		if write(got[1]) != tt.key || write(got[0]) != tt.whole {
			t.Errorf("%q: %v, want %s and %s", tt.rows, got, tt.key, tt.whole)
		}
	}
}

func TestOnlySoManyRowsAreNamed(t *testing.T) {
	e, all := lay(t, Options{}, examined, strings.Repeat("7,,\n", 100))
	got, err := e.Assess(t.Context(), all[0], []probe.Test{probe.Filled{Column: "day"}, probe.Once{Columns: []string{"id"}}}, nil)
	if err != nil || got[0].Failed != 100 || len(got[0].Rows) != probe.Shown || got[0].Rows[19] != 19 || got[1].Failed != 99 || got[1].Rows[0] != 1 || len(got[1].Rows) != probe.Shown {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCells(t *testing.T) {
	e, all := lay(t, Options{}, assessed, assessedRows)
	got, err := e.Cells(t.Context(), all[0], []int64{3, 1, 99}, []string{"d", "to", `the "name"`})
	if err != nil || fmt.Sprint(got) != "[[2.000 2026-01-01 ] [1.125 2026-01-02 b]]" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := e.Cells(t.Context(), all[0], nil, []string{"d"}); err != nil || got != nil {
		t.Errorf("no rows: %v, %v", got, err)
	}
}
