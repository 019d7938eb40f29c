package tabular_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

func TestCellsInEveryFormat(t *testing.T) {
	for _, c := range []struct {
		cell      any
		json, csv string
	}{
		{nil, "null", ""}, {"", `""`, `""`}, {true, "true", "true"},
		{"静安,区", `"静安,区"`, `"静安,区"`}, {`say "hi"`, `"say \"hi\""`, `"say ""hi"""`}, {"a\nb", `"a\nb"`, "\"a\nb\""}, {"a\rb\t\x01\\", `"a\rb\t\u0001\\"`, "\"a\rb\t\x01\\\""},
		{int64(1) << 53, "9007199254740992", "9007199254740992"}, {int64(1)<<53 + 1, `"9007199254740993"`, "9007199254740993"},
		{-(int64(1) << 53), "-9007199254740992", "-9007199254740992"}, {int64(math.MinInt64), `"-9223372036854775808"`, "-9223372036854775808"},
		{0.1, "0.1", "0.1"}, {1e20, "100000000000000000000", "100000000000000000000"}, {1e21, "1e+21", "1e+21"}, {1e-7, "1e-07", "1e-07"},
		{tabular.Exact("0.10"), `"0.10"`, "0.10"}, {tabular.Exact("12345678901234567890"), `"12345678901234567890"`, "12345678901234567890"},
	} {
		if got := string(tabular.AppendJSON(nil, c.cell)); got != c.json {
			t.Errorf("%#v as JSON: %s, want %s", c.cell, got, c.json)
		}
		if got := string(tabular.AppendCSV(nil, []any{c.cell})); got != c.csv {
			t.Errorf("%#v as CSV: %s, want %s", c.cell, got, c.csv)
		}
		if text, ok := c.cell.(string); ok {
			var back string
			if err := json.Unmarshal(tabular.AppendJSON(nil, text), &back); err != nil || back != text {
				t.Errorf("%q comes back from JSON as %q, %v", text, back, err)
			}
		}
	}
	for _, none := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(tabular.AppendJSON(nil, none)); got != "null" {
			t.Errorf("%v as JSON: %s", none, got)
		}
	}
}

func TestRowsInEveryFormat(t *testing.T) {
	columns := []selection.Column{{Name: `区"`, Type: selection.Text}, {Name: "lon", Type: selection.Number}, {Name: "lat", Type: selection.Number}}
	row := []any{"静安区", 121.5, 31.25}
	if got := string(tabular.AppendObject(nil, columns, row)); got != `{"区\"":"静安区","lon":121.5,"lat":31.25}` {
		t.Error(got)
	}
	if got := string(tabular.AppendFeature(nil, columns, row, [2]int{1, 2})); got != `{"type":"Feature","geometry":{"type":"Point","coordinates":[121.5,31.25]},"properties":{"区\"":"静安区","lon":121.5,"lat":31.25}}` {
		t.Error(got)
	}
	if got := string(tabular.AppendFeature(nil, columns, []any{nil, 121.5, nil}, [2]int{1, 2})); got != `{"type":"Feature","geometry":null,"properties":{"区\"":null,"lon":121.5,"lat":null}}` {
		t.Error(got)
	}
	line := append(tabular.AppendCSV(nil, []any{"a\"b", nil, "", "x,y", int64(7)}), '\n')
	if got, err := csv.NewReader(bytes.NewReader(line)).Read(); err != nil || len(got) != 5 || got[0] != `a"b` || got[1] != "" || got[3] != "x,y" {
		t.Errorf("%q, %v", got, err)
	}
}
