package tabulartest

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// exports writes q in every format, and reads back what a standard reader
// reads.
func exports(t *testing.T, reader tabular.Reader, s Sample, q selection.Select) {
	t.Helper()
	q, err := selection.Check(q, s.Table.Schema)
	if err != nil {
		t.Fatalf("query of our own: %v", err)
	}
	want, _ := reference(s, q)
	if len(want) > 3 && len(want)%3 == 0 {
		q.Limit = len(want) - 2
		want = want[:q.Limit]
	}
	columns := selection.Fields(q, s.Table.Schema)
	for _, f := range tabular.Formats {
		if f == tabular.GeoJSON && (at(columns, "lon") < 0 || at(columns, "lat") < 0) {
			continue
		}
		var b bytes.Buffer
		n, err := reader.Export(context.Background(), q, f, &b)
		if err != nil || n != int64(len(want)) {
			t.Fatalf("%v as %s: %d rows, %v; want %d", selection.Values(q), f, n, err, len(want))
		}
		var all []json.RawMessage
		switch f {
		case tabular.CSV:
			readCSV(t, b.Bytes(), columns, want)
		case tabular.JSON:
			if err := json.Unmarshal(b.Bytes(), &all); err != nil {
				t.Fatalf("json: %v", err)
			}
			readObjects(t, all, columns, want)
		case tabular.NDJSON:
			for line := range bytes.Lines(b.Bytes()) {
				all = append(all, line)
			}
			readObjects(t, all, columns, want)
		case tabular.GeoJSON:
			readFeatures(t, b.Bytes(), columns, want)
		case tabular.XLSX:
			readSheet(t, b.Bytes(), columns, want)
		case tabular.Parquet:
			if !bytes.HasPrefix(b.Bytes(), []byte("PAR1")) || !bytes.HasSuffix(b.Bytes(), []byte("PAR1")) {
				t.Fatal("parquet: no magic numbers")
			}
		}
	}
}

func readCSV(t *testing.T, text []byte, columns []selection.Column, want [][]any) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = len(columns)
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("csv: %v", err)
	}
	if len(columns) == 1 {
		return // Go's reader passes over the empty line of a single null
	}
	if len(all) != len(want)+1 {
		t.Fatalf("csv: %d records, want %d and a header", len(all), len(want))
	}
	for i, row := range want {
		for j := range columns {
			if all[i+1][j] != tabular.Text(row[j]) {
				t.Fatalf("csv row %d: %q, want %v", i, all[i+1], row)
			}
		}
	}
}

// readObjects wants every member to be the cell: large and exact numbers as
// text, others as numbers.
func readObjects(t *testing.T, all []json.RawMessage, columns []selection.Column, want [][]any) {
	t.Helper()
	if len(all) != len(want) {
		t.Fatalf("%d objects, want %d", len(all), len(want))
	}
	for i, text := range all {
		var members map[string]any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&members); err != nil || len(members) != len(columns) {
			t.Fatalf("object %d has %d members of %d, %v", i, len(members), len(columns), err)
		}
		for j, c := range columns {
			got, cell := members[c.Name], want[i][j]
			switch v := cell.(type) {
			case int64:
				cell = json.Number(tabular.Text(v))
				if v > 1<<53 || v < -1<<53 {
					cell = tabular.Text(v)
				}
			case float64:
				cell = json.Number(tabular.Text(v))
			case tabular.Exact:
				cell = string(v)
			}
			if !reflect.DeepEqual(got, cell) {
				t.Fatalf("object %d: %q is %#v, want %#v", i, c.Name, got, cell)
			}
		}
	}
}

func readFeatures(t *testing.T, text []byte, columns []selection.Column, want [][]any) {
	t.Helper()
	var g struct {
		Type     string
		Features []struct {
			Geometry   *struct{ Coordinates []float64 }
			Properties json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &g); err != nil || g.Type != "FeatureCollection" || len(g.Features) != len(want) {
		t.Fatalf("geojson: %d features, %v; want %d", len(g.Features), err, len(want))
	}
	all := make([]json.RawMessage, len(want))
	for i, f := range g.Features {
		lon, lat := want[i][at(columns, "lon")], want[i][at(columns, "lat")]
		if none := lon == nil || lat == nil; none != (f.Geometry == nil) || !none && !reflect.DeepEqual(f.Geometry.Coordinates, []float64{lon.(float64), lat.(float64)}) {
			t.Fatalf("feature %d lies at %v, want %v %v", i, f.Geometry, lon, lat)
		}
		all[i] = f.Properties
	}
	readObjects(t, all, columns, want)
}

// readSheet wants texts and exact numbers as they are; other numbers and days
// are the library's to write.
func readSheet(t *testing.T, book []byte, columns []selection.Column, want [][]any) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil || len(rows) == 0 || len(rows) > len(want)+1 {
		t.Fatalf("workbook: %d rows, %v; want %d and a header", len(rows), err, len(want))
	}
	cell := func(i, j int) string {
		if i < len(rows) && j < len(rows[i]) {
			return rows[i][j]
		}
		return ""
	}
	for j, c := range columns {
		if cell(0, j) != c.Name {
			t.Fatalf("workbook header %q, want %q", cell(0, j), c.Name)
		}
		for i, row := range want {
			exact := c.Type == selection.Text || c.Type == selection.Decimal || c.Type == selection.Integer
			if exact && cell(i+1, j) != tabular.Text(row[j]) {
				t.Fatalf("workbook row %d: %q is %q, want %q", i, c.Name, cell(i+1, j), tabular.Text(row[j]))
			}
		}
	}
}

// histogram wants buckets to count exactly what lies between the bounds they
// show, and the most frequent values to be that.
func histogram(t *testing.T, reader tabular.Reader, s Sample, c selection.Column, where selection.Expr) {
	t.Helper()
	q, err := selection.Check(selection.Select{Where: where, Columns: []string{c.Name}}, s.Table.Schema)
	if err != nil {
		t.Fatal(err)
	}
	like := tabular.ColumnProfile{Name: c.Name, Top: []tabular.ValueRows{}}
	bounds := map[selection.Type][]any{
		selection.Integer: {int64(-5), int64(0), "9007199254740993", "9223372036854775807"}, selection.Number: {-2.0, 0.25, 1.0, 200.0},
		selection.Decimal: {"0", "4.50", "20"}, selection.Date: {"2026-01-01", "2026-06-15", "2027-01-01"},
		selection.DateTime: {"2026-01-01T00:00:00", "2026-01-10T10:30:00", "2026-02-01T00:00:00"}}[c.Type]
	for i := 1; i < len(bounds); i++ {
		like.Buckets = append(like.Buckets, tabular.Bucket{Low: bounds[i-1], High: bounds[i]})
	}
	got, err := reader.Histogram(context.Background(), q.Where, c.Name, like)
	if err != nil || len(got.Buckets) != len(like.Buckets) {
		t.Fatalf("histogram of %q: %d buckets, %v", c.Name, len(got.Buckets), err)
	}
	values, _ := reference(s, q)
	rows, counts := make([]int64, len(like.Buckets)), map[string]int64{}
	for _, row := range values {
		if row[0] == nil {
			continue
		}
		counts[tabular.Text(row[0])]++
		i := len(like.Buckets) - 1
		for i > 0 && below(c, row[0], like.Buckets[i].Low) {
			i--
		}
		if i >= 0 {
			rows[i]++
		}
	}
	for i, b := range got.Buckets {
		if b.Rows != rows[i] {
			t.Fatalf("%q from %v to %v: %d rows, want %d", c.Name, b.Low, b.High, b.Rows, rows[i])
		}
	}
	if len(got.Top) != min(len(counts), 10) {
		t.Fatalf("%q: %d frequent values of %d", c.Name, len(got.Top), len(counts))
	}
	for i, v := range got.Top {
		if want := counts[tabular.Text(v.Value)]; v.Rows != want || i > 0 && v.Rows > got.Top[i-1].Rows {
			t.Fatalf("%q: %v in %d rows, want %d", c.Name, v.Value, v.Rows, want)
		}
	}
}

// below compares a cell with a bound as it stands in a profile.
func below(c selection.Column, cell, bound any) bool {
	if c.Type.Numeric() {
		return rational(cell).Cmp(rational(bound)) < 0
	}
	return compareCells(cell, bound) < 0
}
