// Package tabulartest holds every table engine to the same answers: random
// tables and queries, compared with the plainest reference there is.
package tabulartest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Sample is a table in memory, in natural order.
type Sample struct {
	Table tabular.Table
	Rows  [][]any
}

// CleanCSV writes s as loaders read it.
func (s Sample) CleanCSV() string {
	var b bytes.Buffer
	for _, row := range s.Rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if v != nil && s.Table.Columns[i].Type == selection.Text {
				b.WriteString(`"` + strings.ReplaceAll(v.(string), `"`, `""`) + `"`)
			} else {
				b.WriteString(tabular.Text(v))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// words are texts that trip readers: quotes, line ends, half-width and full-
// width, rare characters, signs that queries know.
var words = []string{"", "静安区", "浦东新区", "𡌶村", "a,b", `say "hi"`, "line\nend", "50%", "under_score", `back\slash`, " spaced ", "NULL", "-", "0012", "Ａ"}

// Random returns a table of rows rows with every type and many nulls.
func Random(r *rand.Rand, rows int) Sample {
	s := Sample{Table: tabular.Table{Rows: int64(rows), Schema: selection.Schema{
		Columns: []selection.Column{
			{Name: "区", Type: selection.Text}, {Name: `odd "name"`, Type: selection.Integer}, {Name: "value", Type: selection.Number},
			{Name: "money", Type: selection.Decimal, Scale: 2}, {Name: "yes", Type: selection.Boolean},
			{Name: "day", Type: selection.Date}, {Name: "at", Type: selection.DateTime},
			{Name: "lon", Type: selection.Number}, {Name: "lat", Type: selection.Number},
		},
		Geometry: &selection.Geometry{Longitude: "lon", Latitude: "lat"},
	}}}
	for range rows {
		row := []any{
			words[r.IntN(len(words))], int64(r.IntN(9) - 4), float64(r.IntN(11)-5) / 4, tabular.Exact(fmt.Sprintf("%d.%02d", r.IntN(20), r.IntN(100))),
			r.IntN(2) == 0, fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28)), fmt.Sprintf("2026-01-%02dT%02d:30:00", 1+r.IntN(28), r.IntN(24)),
			121 + float64(r.IntN(10))/10, 31 + float64(r.IntN(10))/10,
		}
		if r.IntN(20) == 0 {
			row[1] = int64(9007199254740993) + int64(r.IntN(3))
		}
		for i := range row {
			if r.IntN(6) == 0 {
				row[i] = nil
			}
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// Run holds the engine to the reference. open loads a sample and returns its
// reader.
func Run(t *testing.T, open func(t *testing.T, s Sample) tabular.Reader) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			s := Random(r, []int{0, 1, 37, 200, 500, 500}[seed])
			reader := open(t, s)
			defer reader.Close()
			for range 40 {
				q, err := selection.Check(query(r), s.Table.Schema)
				if err != nil {
					t.Fatalf("query of our own: %v", err)
				}
				compare(t, reader, s, q)
			}
			groups(t, reader, s)
			exports(t, reader, s)
		})
	}
}

// query returns a random query.
func query(r *rand.Rand) selection.Select {
	var q selection.Select
	if r.IntN(4) > 0 {
		q.Where = condition(r, 2)
	}
	for _, name := range []string{"区", `odd "name"`, "value", "money", "yes", "day", "at"} {
		if r.IntN(5) == 0 {
			q.Order = append(q.Order, selection.Order{Column: name, Descending: r.IntN(2) == 0})
		}
	}
	if r.IntN(3) == 0 {
		q.Columns = []string{"day", "区"}
	}
	return q
}

func condition(r *rand.Rand, depth int) selection.Expr {
	if depth > 0 && r.IntN(2) == 0 {
		a, b := condition(r, depth-1), condition(r, depth-1)
		switch r.IntN(3) {
		case 0:
			return selection.And{a, b}
		case 1:
			return selection.Or{a, b}
		}
		return selection.Not{Part: a}
	}
	ops := []selection.Op{selection.Equal, selection.NotEqual, selection.Less, selection.LessEqual, selection.Greater, selection.GreaterEqual}
	op := ops[r.IntN(len(ops))]
	number := selection.Literal{Type: selection.Number, Text: fmt.Sprint(r.IntN(5) - 2)}
	switch r.IntN(8) {
	case 0:
		return selection.Compare{Column: "区", Op: op, Value: selection.Literal{Type: selection.Text, Text: words[r.IntN(len(words))]}}
	case 1:
		return selection.Compare{Column: `odd "name"`, Op: op, Value: number}
	case 2:
		return selection.Between{Column: "money", Low: number, High: selection.Literal{Type: selection.Number, Text: "10.5"}}
	case 3:
		return selection.In{Column: "value", Values: []selection.Literal{number, {Type: selection.Number, Text: "0.25"}}}
	case 4:
		return selection.Like{Column: "区", Pattern: []string{"%区", "_a_y%", `50\%`, "%_%", `back\\%`, "", "%"}[r.IntN(7)]}
	case 5:
		return selection.IsNull{Column: []string{"区", "day", "yes"}[r.IntN(3)]}
	case 6:
		return selection.Intersects{West: 121.2, South: 31.2, East: 121.6, North: 31.9}
	}
	return selection.Compare{Column: "day", Op: op, Value: selection.Literal{Type: selection.Date, Text: "2026-06-15"}}
}

// compare walks through all pages of q and wants exactly the reference's rows
// in the reference's order.
func compare(t *testing.T, reader tabular.Reader, s Sample, q selection.Select) {
	t.Helper()
	want := reference(s, q)
	var got [][]any
	page := q
	page.Limit = 7
	for {
		p, err := reader.Page(context.Background(), page)
		if err != nil {
			t.Fatalf("%v: %v", selection.Values(q), err)
		}
		got = append(got, p.Rows...)
		if p.Last == nil {
			break
		}
		if len(p.Rows) != page.Limit || len(got) > len(s.Rows) {
			t.Fatalf("%v: a page of %d, %d rows so far", selection.Values(q), len(p.Rows), len(got))
		}
		page.After = p.Last
	}
	if !same(got, want) {
		t.Fatalf("%v\ngot  %v\nwant %v", selection.Values(q), got, want)
	}
	n, err := reader.Total(context.Background(), q)
	if err != nil || n != int64(len(want)) {
		t.Fatalf("%v: total %d, %v; want %d", selection.Values(q), n, err, len(want))
	}
}

func reference(s Sample, q selection.Select) [][]any {
	at := map[string]int{}
	for i, c := range s.Table.Columns {
		at[c.Name] = i
	}
	var rows [][]any
	for _, row := range s.Rows {
		cellOf := func(name string) any {
			if e, ok := row[at[name]].(tabular.Exact); ok {
				return string(e)
			}
			return row[at[name]]
		}
		if q.Where == nil || selection.Matches(q.Where, cellOf, s.Table.Geometry) == selection.True {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b []any) int {
		for _, o := range q.Order {
			x, y := a[at[o.Column]], b[at[o.Column]]
			switch {
			case x == nil && y == nil:
				continue
			case x == nil:
				return 1
			case y == nil:
				return -1
			}
			if c := order(x, y); c != 0 {
				if o.Descending {
					return -c
				}
				return c
			}
		}
		return 0
	})
	if len(q.Columns) == 0 {
		return rows
	}
	var cut [][]any
	for _, row := range rows {
		var some []any
		for _, name := range q.Columns {
			some = append(some, row[at[name]])
		}
		cut = append(cut, some)
	}
	return cut
}

func order(x, y any) int {
	switch x := x.(type) {
	case string:
		return cmp.Compare(x, y.(string))
	case int64:
		return cmp.Compare(x, y.(int64))
	case float64:
		return cmp.Compare(x, y.(float64))
	case tabular.Exact: // two decimals each, below 100: shorter is smaller
		return cmp.Or(cmp.Compare(len(x), len(y.(tabular.Exact))), cmp.Compare(x, y.(tabular.Exact)))
	case bool:
		return cmp.Compare(fmt.Sprint(x), fmt.Sprint(y))
	}
	panic("tabulartest: cannot order")
}

func same(a, b [][]any) bool { return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b)) }

// groups compares counts and sums per value with a map.
func groups(t *testing.T, reader tabular.Reader, s Sample) {
	t.Helper()
	counts, sums := map[string]int64{}, map[string]int64{}
	for _, row := range s.Rows {
		key := fmt.Sprint(row[0])
		counts[key]++
		if row[1] != nil && row[1].(int64) < 100 {
			sums[key] += row[1].(int64)
		}
	}
	q, err := selection.Check(selection.Select{Group: []string{"区"}, Where: selection.Or{
		selection.Compare{Column: `odd "name"`, Op: selection.Less, Value: selection.Literal{Type: selection.Number, Text: "100"}},
		selection.Not{Part: selection.Compare{Column: `odd "name"`, Op: selection.Less, Value: selection.Literal{Type: selection.Number, Text: "100"}}},
		selection.IsNull{Column: `odd "name"`}},
		Aggregates: []selection.Aggregate{{Function: selection.Count}, {Function: selection.Min, Column: "day"}},
		Order:      []selection.Order{{Column: "count(*)", Descending: true}}}, s.Table.Schema)
	if err != nil {
		t.Fatal(err)
	}
	q.Limit = 3
	seen := 0
	last := int64(1 << 60)
	for {
		p, err := reader.Page(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range p.Rows {
			n := row[1].(int64)
			if n != counts[fmt.Sprint(row[0])] || n > last {
				t.Fatalf("group %v: %d, want %d, after %d", row[0], n, counts[fmt.Sprint(row[0])], last)
			}
			last = n
			seen++
		}
		if q.After = p.Last; p.Last == nil {
			break
		}
	}
	total, err := reader.Total(context.Background(), q)
	if err != nil || seen != len(counts) || total != int64(len(counts)) {
		t.Fatalf("%d groups, total %d, %v; want %d", seen, total, err, len(counts))
	}
}

// exports reads every format back that a standard reader reads.
func exports(t *testing.T, reader tabular.Reader, s Sample) {
	t.Helper()
	for _, f := range []tabular.Format{tabular.CSV, tabular.NDJSON, tabular.JSON, tabular.GeoJSON, tabular.Parquet} {
		var b bytes.Buffer
		n, err := reader.Export(context.Background(), selection.Select{}, f, &b)
		if err != nil || n != int64(len(s.Rows)) {
			t.Fatalf("%s: %d rows, %v; want %d", f, n, err, len(s.Rows))
		}
		switch f {
		case tabular.CSV:
			all, err := csv.NewReader(&b).ReadAll()
			if err != nil || len(all) != len(s.Rows)+1 {
				t.Fatalf("csv: %d records, %v", len(all), err)
			}
			for i, row := range s.Rows {
				if want := tabular.Text(row[0]); all[i+1][0] != want {
					t.Fatalf("csv row %d: %q, want %q", i, all[i+1][0], want)
				}
			}
		case tabular.JSON:
			var all []map[string]any
			if err := json.Unmarshal(b.Bytes(), &all); err != nil || len(all) != len(s.Rows) {
				t.Fatalf("json: %d objects, %v", len(all), err)
			}
		case tabular.NDJSON:
			if lines := bytes.Count(b.Bytes(), []byte("\n")); lines != len(s.Rows) {
				t.Fatalf("ndjson: %d lines, want %d", lines, len(s.Rows))
			}
		case tabular.GeoJSON:
			var g struct {
				Features []struct {
					Geometry *struct{ Coordinates []float64 }
				}
			}
			if err := json.Unmarshal(b.Bytes(), &g); err != nil || len(g.Features) != len(s.Rows) {
				t.Fatalf("geojson: %d features, %v", len(g.Features), err)
			}
		case tabular.Parquet:
			if !bytes.HasPrefix(b.Bytes(), []byte("PAR1")) || !bytes.HasSuffix(b.Bytes(), []byte("PAR1")) {
				t.Fatal("parquet: no magic numbers")
			}
		}
	}
}
