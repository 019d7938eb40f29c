package intake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

func sample() *Recipe {
	return &Recipe{Version: 1, Format: "csv", Encoding: "utf-8", Delimiter: ",", Head: &Head{Rows: 1}, Columns: []RecipeColumn{
		{Source: " 区 ", Name: "行政区", Type: selection.Text},
		{Source: "人数", Name: "人数", Type: selection.Integer},
		{Source: "金额", Name: "金额", Type: selection.Decimal, Scale: 2},
	}}
}

func TestRecipeIsApplied(t *testing.T) {
	result, got, err := readText(t, "区,人数,金额,\n静安,12,1.50\n007,x,1.555\n黄浦,\"1,234\",99999999999999999999.99,\n", sample())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"静安|12|1.50", "007|∅|∅", "黄浦|1234|99999999999999999999.99"} {
		if got.text(i) != want {
			t.Errorf("row %d: %s, want %s", i+1, got.text(i), want)
		}
	}
	if types(result.Recipe) != "行政区:text 人数:integer 金额:decimal2" || result.CellsSetAside != 2 {
		t.Errorf("%+v", result)
	}
	all := setAside(t, result)
	if len(all) != 2 || all[0].Code != "intake.not_an_integer" || all[1].Code != "intake.number_too_long" {
		t.Errorf("%+v", all)
	}
}

// What one file taught reads the next of the same make, and the same.
func TestRecipeRepeats(t *testing.T) {
	const text = "日期\t编号\twgs84_lon\twgs84_lat\n2026/3/5\t007\t121.5\t31.2\n"
	first, one, err := readText(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, two, err := readText(t, text, &first.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	if one.text(0) != two.text(0) || types(first.Recipe) != types(second.Recipe) || second.Geometry == nil {
		t.Errorf("%s, then %s", one.text(0), two.text(0))
	}
}

func TestRecipeDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name, text string
		change     func(*Recipe)
		want       string // code and fields
	}{
		{"every difference at once", "金额,区,电话\n", nil,
			"intake.recipe_does_not_fit /columns/2 intake.column_moved /columns/0 intake.column_moved /header/2 intake.column_new /columns/1 intake.column_missing"},
		{"a column less", "区,人数\n", nil, "intake.recipe_does_not_fit /columns/2 intake.column_missing"},
		{"no header, too few", "静安,1\n", func(r *Recipe) { r.Head = &Head{} }, "intake.column_count"},
		{"other encoding", "区,人数,金额\n静安,1,1\n", func(r *Recipe) { r.Encoding = gb18030Name }, "intake.encoding_differs"},
		{"unknown encoding", "区,人数,金额\n", func(r *Recipe) { r.Encoding = "euc-kr" }, "intake.encoding_not_read"},
		{"no UTF-16", "区,人数,金额\n静安,1,1\n", func(r *Recipe) { r.Encoding = utf16leName }, "intake.encoding_differs"},
		{"unknown delimiter", "区,人数,金额\n", func(r *Recipe) { r.Delimiter = "x" }, "intake.delimiter_unknown"},
		{"no delimiter", "区,人数,金额\n", func(r *Recipe) { r.Delimiter = "" }, "intake.delimiter_unknown"},
		{"other format", "区,人数,金额\n", func(r *Recipe) { r.Format = "xlsx" }, "intake.format_differs"},
		{"nothing in the file", "\n", nil, "intake.empty"},
		{"bad in itself", "区,人数,金额\n", func(r *Recipe) {
			r.Version = 2
			r.Columns[0].Name, r.Columns[0].Type = " ", "varchar"
			r.Columns[1].Scale = 2
			r.Columns[2].Scale = 39
			r.Columns = append(r.Columns, RecipeColumn{Name: "人数", Type: selection.Text},
				RecipeColumn{Name: "a\nb", Type: selection.Text}, RecipeColumn{Name: strings.Repeat("名", 201), Type: selection.Text})
		}, "invalid_input /version intake.recipe_version /columns/0/name intake.name_missing /columns/0/type intake.type_unknown" +
			" /columns/1/scale intake.scale_out_of_range /columns/2/scale intake.scale_out_of_range /columns/3/name intake.name_repeated" +
			" /columns/4/name intake.name_unprintable /columns/5/name intake.name_too_long"},
		{"nothing published", "a\n", func(r *Recipe) {
			r.Columns = []RecipeColumn{{Source: "a", Drop: DropColumn}}
			r.Totals, r.Head = "maybe", &Head{Above: -1}
			r.Coordinates = &Coordinates{Longitude: "x", Latitude: "y", System: "beijing54"}
		}, "invalid_input /head intake.head_out_of_range /totals intake.choice_unknown /columns intake.no_columns /coordinates/system intake.choice_unknown" +
			" /coordinates/longitude intake.no_such_number /coordinates/latitude intake.no_such_number"},
	} {
		recipe := sample()
		if c.change != nil {
			c.change(recipe)
		}
		_, _, err := readText(t, c.text, recipe)
		p := problem.As(err)
		if p == nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := []string{p.Code}
		for _, f := range p.Fields {
			got = append(got, f.Pointer, f.Code)
		}
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

func TestGivenTypesReadMoreThanGuessedOnes(t *testing.T) {
	for _, c := range []struct {
		typ   selection.Type
		scale int
		cell  string
		want  string // ∅ and the code if it does not fit
	}{
		{selection.Integer, 0, "9223372036854775807", "9223372036854775807"},
		{selection.Integer, 0, "9223372036854775808", "∅ intake.number_too_long"},
		{selection.Integer, 0, "007", "∅ intake.not_an_integer"},
		{selection.Integer, 0, "1.0", "∅ intake.not_an_integer"},
		{selection.Integer, 0, "１２", "12"},
		{selection.Number, 0, "1e400", "∅ intake.number_too_long"},
		{selection.Number, 0, "1e-400", "∅ intake.number_too_long"},
		{selection.Number, 0, "12345678901234567890", "∅ intake.number_too_long"},
		{selection.Number, 0, "1,234.5", "1234.5"},
		{selection.Number, 0, "1.", "∅ intake.not_a_number"},
		{selection.Number, 0, "00.5", "∅ intake.not_a_number"},
		{selection.Number, 0, "1e", "∅ intake.not_a_number"},
		{selection.Decimal, 2, "-1.5", "-1.5"},
		{selection.Decimal, 2, "1e2", "∅ intake.not_a_number"},
		{selection.Decimal, 36, "123.5", "∅ intake.number_too_long"},
		{selection.Boolean, 0, "是", "true"},
		{selection.Boolean, 0, "1", "∅ intake.not_a_boolean"},
		{selection.Date, 0, "20260305", "2026-03-05"},
		{selection.Date, 0, "2024-02-29", "2024-02-29"},
		{selection.Date, 0, "2026-02-29", "∅ intake.not_a_date"},
		{selection.Date, 0, "2026/03-05", "∅ intake.not_a_date"},
		{selection.Date, 0, "0000-01-01", "∅ intake.not_a_date"},
		{selection.DateTime, 0, "2026年3月5日 8:05", "2026-03-05T08:05:00"},
		{selection.DateTime, 0, "2026-03-05 24:00", "∅ intake.not_a_datetime"},
		{selection.DateTime, 0, "2026-03-05 8:5", "∅ intake.not_a_datetime"},
		{selection.DateTime, 0, "2026-03-05", "∅ intake.not_a_datetime"},
		{selection.DateTime, 0, "2026-03-05 08:30:00.1234567", "∅ intake.not_a_datetime"},
	} {
		g := &glimpse{}
		g.look([]byte(c.cell))
		out, code := (&column{RecipeColumn: RecipeColumn{Type: c.typ, Scale: c.scale}}).convert(nil, []byte(c.cell), g)
		got := string(out)
		if code != "" {
			got = "∅" + got + " " + code
		}
		if got != c.want {
			t.Errorf("%s %q: %q, want %q", c.typ, c.cell, got, c.want)
		}
	}
}

func TestResultsNeedAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "set_aside.ndjson")
	if err := os.WriteFile(path, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), Request{Path: path, Dir: dir}, &table{}); err == nil || problem.As(err) != nil {
		t.Errorf("got %v", err)
	}
}
