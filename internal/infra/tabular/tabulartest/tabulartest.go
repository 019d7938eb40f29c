// Package tabulartest holds every table engine to the same answers: random
// tables and queries, compared with the plainest reference there is.
package tabulartest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/paging"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Sample is a table in memory, in the order of the file.
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
		switch r.IntN(20) {
		case 0:
			row[1] = int64(9007199254740993) + int64(r.IntN(3))
		case 1:
			row[1] = int64(math.MaxInt64) - int64(r.IntN(2))
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

// Keyed returns s with a declared key. Rows stay in the order of the file.
func (s Sample) Keyed(key ...string) Sample {
	s.Table.Key = key
	return s
}

// Natural returns the rows by declared key, then as in the file: the order in
// which readers see them.
func (s Sample) Natural() [][]any {
	order := make([]selection.Order, len(s.Table.Key))
	for i, name := range s.Table.Key {
		order[i].Column = name
	}
	rows := slices.Clone(s.Rows)
	slices.SortStableFunc(rows, func(a, b []any) int { return compareRows(s.Table.Columns, order, a, b) })
	return rows
}

// Run holds the engine to the reference. open loads a sample and returns its
// reader.
func Run(t *testing.T, open func(t *testing.T, s Sample) tabular.Reader) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			key := [][]string{nil, nil, {"day"}, {"day", `odd "name"`}, nil, {"区"}}[seed]
			s := Random(r, []int{0, 1, 37, 200, 500, 500}[seed]).Keyed(key...)
			reader := open(t, s)
			defer reader.Close()
			for range 30 {
				q, err := selection.Check(query(r), s.Table.Schema)
				if err != nil {
					t.Fatalf("query of our own: %v", err)
				}
				compare(t, reader, s, q)
			}
			for range 20 {
				q, err := selection.Check(groupQuery(r), s.Table.Schema)
				if err != nil {
					t.Fatalf("query of our own: %v", err)
				}
				compare(t, reader, s, q)
			}
			for range 3 {
				exports(t, reader, s, query(r))
				exports(t, reader, s, groupQuery(r))
			}
			exports(t, reader, s, selection.Select{})
			for _, c := range s.Table.Columns {
				histogram(t, reader, s, c, condition(r, 1))
			}
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
	if r.IntN(4) == 0 { // perhaps the order in which the rows lie
		q.Order = []selection.Order{{Column: "day", Descending: r.IntN(3) == 0}}
	}
	if r.IntN(3) == 0 {
		q.Columns = []string{"day", "区"}
	}
	return q
}

// groupQuery returns a random query of groups, or of figures of the whole.
func groupQuery(r *rand.Rand) selection.Select {
	q := selection.Select{Aggregates: []selection.Aggregate{{Function: selection.Count}}}
	if r.IntN(2) == 0 {
		q.Where = condition(r, 1)
	}
	for _, name := range []string{"区", "yes", "day", "money", `odd "name"`} {
		if r.IntN(3) == 0 {
			q.Group = append(q.Group, name)
		}
	}
	for _, a := range []selection.Aggregate{
		{Function: selection.Count, Column: "day"}, {Function: selection.CountDistinct, Column: "区"}, {Function: selection.Sum, Column: `odd "name"`},
		{Function: selection.Sum, Column: "money"}, {Function: selection.Sum, Column: "value"}, {Function: selection.Avg, Column: "value"},
		{Function: selection.Min, Column: "at"}, {Function: selection.Max, Column: "money"}, {Function: selection.Max, Column: "区"},
	} {
		if r.IntN(3) == 0 {
			q.Aggregates = append(q.Aggregates, a)
		}
	}
	for _, a := range q.Aggregates {
		if r.IntN(3) == 0 {
			q.Order = append(q.Order, selection.Order{Column: a.Name(), Descending: r.IntN(2) == 0})
		}
	}
	for _, name := range q.Group {
		if r.IntN(4) == 0 {
			q.Order = append(q.Order, selection.Order{Column: name, Descending: r.IntN(2) == 0})
		}
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
	want, places := reference(s, q)
	var got [][]any
	var numbers []int64
	page := q
	page.Limit = 7 + len(want)/15
	for {
		p, err := reader.Page(context.Background(), page)
		if err != nil {
			t.Fatalf("%v: %v", selection.Values(q), err)
		}
		got = append(got, p.Rows...)
		numbers = append(numbers, p.Numbers...)
		if p.Last == nil {
			break
		}
		if len(p.Rows) != page.Limit || len(got) > len(s.Rows) {
			t.Fatalf("%v: a page of %d, %d rows so far", selection.Values(q), len(p.Rows), len(got))
		}
		// The place goes through a cursor, as readers send it back.
		sent, err := paging.Parse(paging.Cursor{Query: "q", Key: p.Last}.String(), "q")
		if err == nil {
			page.After, err = selection.Place(sent, q, s.Table.Schema)
		}
		if err != nil {
			t.Fatalf("%v: place %v: %v", selection.Values(q), p.Last, err)
		}
	}
	if !same(got, want) {
		t.Fatalf("%v\ngot  %v\nwant %v", selection.Values(q), got, want)
	}
	if !slices.Equal(numbers, places) {
		t.Fatalf("%v\nplaces %v\nwant   %v", selection.Values(q), numbers, places)
	}
	n, err := reader.Total(context.Background(), q)
	if err != nil || n != int64(len(want)) {
		t.Fatalf("%v: total %d, %v; want %d", selection.Values(q), n, err, len(want))
	}
}

func same(a, b [][]any) bool { return len(a) == len(b) && (len(a) == 0 || reflect.DeepEqual(a, b)) }
