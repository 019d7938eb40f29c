package duckdb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/tabulartest"
)

// TestNoRowIsLostInAPipe is the reason for Load: DuckDB's reader, left to
// detect by itself on a pipe, drops what it sniffed. Load must not, and must
// notice if rows go missing.
func TestNoRowIsLostInAPipe(t *testing.T) {
	const rows = 700_000
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "%d,\"区%d\",%d.5\n", i, i%16, i%1000)
	}
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "区", Type: selection.Text}, {Name: "v", Type: selection.Number}}}
	l := Loader{Dir: t.TempDir()}
	out := filepath.Join(l.Dir, "t.parquet")
	n, err := l.Load(context.Background(), bytes.NewReader(b.Bytes()), schema, func() int64 { return rows }, 0, out)
	if err != nil || n != rows {
		t.Fatalf("loaded %d rows, %v; want %d", n, err, rows)
	}
	if _, err := l.Load(context.Background(), bytes.NewReader(b.Bytes()), schema, func() int64 { return rows + 1 }, 0, out); err == nil {
		t.Error("a missing row went unnoticed")
	}
}

// load writes s to a folder of tables by name, as objects are by hash.
func load(t *testing.T, dir string, s *tabulartest.Sample) string {
	t.Helper()
	scratch := t.TempDir()
	path := filepath.Join(dir, fmt.Sprintf("%064x", rand.Uint64()))
	n, err := Loader{Dir: scratch}.Load(context.Background(), strings.NewReader(s.CleanCSV()), s.Table.Schema, func() int64 { return int64(len(s.Rows)) }, 0, path)
	if err != nil || n != int64(len(s.Rows)) {
		t.Fatalf("load: %d rows, %v", n, err)
	}
	s.Table.Parquet = filepath.Base(path)
	return path
}

func newEngine(t testing.TB, dir string, o Options) *Engine {
	t.Helper()
	o.Dir = filepath.Join(dir, "serving")
	o.Objects = func(hash string) (string, error) { return filepath.Join(dir, hash), nil }
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngineAgreesWithTheReference(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{MaxAttached: 2})
	tabulartest.Run(t, func(t *testing.T, s tabulartest.Sample) tabular.Reader {
		load(t, dir, &s)
		r, err := e.Open(context.Background(), s.Table)
		if err != nil {
			t.Fatal(err)
		}
		return r
	})
}

func TestServingCopyIsSortedByKey(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{})
	s := tabulartest.Random(rand.New(rand.NewPCG(1, 2)), 300)
	load(t, dir, &s)
	s.Table.Key = []string{"day", "区"}
	r, err := e.Open(context.Background(), s.Table)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := r.Page(context.Background(), selection.Select{Columns: []string{"day"}, Limit: 300})
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for i, row := range p.Rows {
		day := tabular.Text(row[0])
		if day == "" {
			day = "null" // last
		}
		if day < last || p.Numbers[i] != int64(i) {
			t.Fatalf("row %d: %s after %s, number %d", i, day, last, p.Numbers[i])
		}
		last = day
	}
	one, err := r.Page(context.Background(), selection.Select{After: []any{json.Number("41")}, Limit: 1})
	if err != nil || one.Numbers[0] != 42 {
		t.Errorf("row at place 42: %v, %v", one.Numbers, err)
	}
}

// TestNaturalOrderOfALargeTable: pages without an order come as the rows lie,
// across row groups, from any place, with and without a filter.
func TestNaturalOrderOfALargeTable(t *testing.T) {
	const rows = 400_000
	dir := t.TempDir()
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d\n", i, (i*7919)%1000)
	}
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "v", Type: selection.Integer}}}
	hash := strings.Repeat("a", 64)
	if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), &b, schema, func() int64 { return rows }, 0, filepath.Join(dir, hash)); err != nil {
		t.Fatal(err)
	}
	r, err := newEngine(t, dir, Options{}).Open(context.Background(), tabular.Table{Parquet: hash, Schema: schema, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, where := range []selection.Expr{nil, selection.Compare{Column: "v", Op: selection.Less, Value: selection.Literal{Type: selection.Integer, Text: "900"}}} {
		s, want, n := selection.Select{Where: where, Limit: 10_000}, int64(0), 0
		for {
			p, err := r.Page(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range p.Rows {
				for where != nil && (want*7919)%1000 >= 900 {
					want++
				}
				if row[0] != want || p.Numbers[i] != want {
					t.Fatalf("row %v at place %d, want %d", row[0], p.Numbers[i], want)
				}
				want, n = want+1, n+1
			}
			if s.After = p.Last; p.Last == nil {
				break
			}
		}
		if total, err := r.Total(context.Background(), selection.Select{Where: where}); err != nil || int64(n) != total {
			t.Fatalf("%d rows of %d, %v", n, total, err)
		}
	}
}

func TestDamagedCopyIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	s := tabulartest.Random(rand.New(rand.NewPCG(1, 3)), 50)
	load(t, dir, &s)
	serving := filepath.Join(dir, "serving")
	if err := os.MkdirAll(serving, 0o755); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(serving, copyName(s.Table)+making)
	for _, f := range []string{half, filepath.Join(serving, copyName(s.Table))} {
		if err := os.WriteFile(f, []byte("half a file"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e := newEngine(t, dir, Options{})
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Error("what a killed process left is still there")
	}
	r, err := e.Open(context.Background(), s.Table)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.Total(context.Background(), selection.Select{}); n != 50 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestLimitsAndLeaving(t *testing.T) {
	dir := t.TempDir()
	s := tabulartest.Random(rand.New(rand.NewPCG(1, 4)), 2000)
	load(t, dir, &s)
	e := newEngine(t, dir, Options{Timeout: time.Nanosecond})
	r, err := e.Open(context.Background(), s.Table)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Page(context.Background(), selection.Select{Limit: 10}); !problem.Is(err, problem.Exhausted) {
		t.Errorf("over its time: %v", err)
	}
	left, leave := context.WithCancel(context.Background())
	leave()
	if _, err := r.Page(left, selection.Select{Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("reader left: %v", err)
	}
	if _, err := r.Page(context.Background(), selection.Select{Limit: 10_001}); err == nil {
		t.Error("a page without bounds")
	}
}

func TestEngineIsLockedDown(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{})
	for _, q := range []string{
		"SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/kaishu-out.csv'",
		"ATTACH '/tmp/other.duckdb'", "INSTALL httpfs", "SET enable_external_access=true", "SET allowed_directories=['/']",
	} {
		if _, err := e.db.Exec(q); err == nil {
			t.Errorf("%s was done", q)
		}
	}
}

func TestBulkFiles(t *testing.T) {
	dir := t.TempDir()
	s := tabulartest.Random(rand.New(rand.NewPCG(1, 5)), 400)
	path := load(t, dir, &s)
	files, err := Bulk(context.Background(), path, s.Table, t.TempDir(), tabular.Formats...)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, dir, Options{})
	r, err := e.Open(context.Background(), s.Table)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(files) != 5 {
		t.Fatalf("%d files", len(files))
	}
	for _, f := range files {
		made, err := os.ReadFile(f.Path)
		if err != nil || int64(len(made)) != f.Bytes {
			t.Fatalf("%s: %v", f.Format, err)
		}
		if f.Format == tabular.XLSX {
			checkWorkbook(t, made, s)
			continue
		}
		var export bytes.Buffer
		if _, err := r.Export(context.Background(), selection.Select{}, f.Format, &export); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, export.Bytes()) {
			t.Errorf("%s of release and of query differ", f.Format)
		}
	}
}

func checkWorkbook(t *testing.T, made []byte, s tabulartest.Sample) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(made))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Sheet1", excelize.Options{RawCellValue: true})
	if err != nil || len(rows) < 300 || rows[0][0] != "区" {
		t.Fatalf("workbook: %d rows, %v", len(rows), err)
	}
	for i, row := range s.Rows {
		if want, ok := row[0].(string); ok && want != "" && rows[i+1][0] != want {
			t.Fatalf("workbook row %d: %q, want %q", i, rows[i+1][0], want)
		}
	}
}

func TestProfile(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: "n", Type: selection.Integer}, {Name: "t", Type: selection.Text}, {Name: "d", Type: selection.Date}}}
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "%d,\"%s\",2026-01-%02d\n", i, []string{"甲", "乙", "甲"}[i%3], 1+i%31)
	}
	b.WriteString(",,\n")
	l := Loader{Dir: t.TempDir()}
	out := filepath.Join(l.Dir, "t.parquet")
	if _, err := l.Load(context.Background(), strings.NewReader(b.String()), schema, func() int64 { return 101 }, 0, out); err != nil {
		t.Fatal(err)
	}
	p, err := l.Profile(context.Background(), out, schema)
	if err != nil {
		t.Fatal(err)
	}
	n, text, day := p.Columns[0], p.Columns[1], p.Columns[2]
	if n.Nulls != 1 || n.Distinct != 100 || n.Min != int64(0) || n.Max != int64(99) || *n.Mean != 49.5 || len(n.Buckets) != 20 || n.Buckets[3].Rows != 5 {
		t.Errorf("%+v", n)
	}
	if text.Top[0] != (tabular.ValueRows{Value: "甲", Rows: 67}) || text.Distinct != 2 || text.MaxChars != 1 || text.Buckets != nil {
		t.Errorf("%+v", text)
	}
	sum := int64(0)
	for _, b := range day.Buckets {
		sum += b.Rows
	}
	if day.Min != "2026-01-01" || day.Max != "2026-01-31" || sum != 100 {
		t.Errorf("%+v", day)
	}
}

func TestSingleColumnKeepsItsNulls(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: "only", Type: selection.Text}}}
	l := Loader{Dir: t.TempDir()}
	out := filepath.Join(l.Dir, "t.parquet")
	n, err := l.Load(context.Background(), strings.NewReader("\"a\"\n\n\"\"\n\n"), schema, func() int64 { return 4 }, 0, out)
	if n != 4 || err != nil {
		t.Errorf("%d rows, %v; want 4", n, err)
	}
}

func TestCompare(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{})
	table := func(name, rows string, columns ...selection.Column) tabular.Table {
		schema := selection.Schema{Columns: columns}
		n := int64(strings.Count(rows, "\n"))
		hash := strings.Repeat(name, 64)
		if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), strings.NewReader(rows), schema, func() int64 { return n }, 0, filepath.Join(dir, hash)); err != nil {
			t.Fatal(err)
		}
		return tabular.Table{Parquet: hash, Schema: schema, Rows: n}
	}
	id, v, gone, came := selection.Column{Name: "id", Type: selection.Integer}, selection.Column{Name: "v", Type: selection.Text},
		selection.Column{Name: "gone", Type: selection.Text}, selection.Column{Name: "came", Type: selection.Date}
	from := table("a", "1,\"x\",\"\"\n2,\"y\",\"\"\n3,\"z\",\"\"\n", id, v, gone)
	to := table("b", "2,\"y\",2026-01-01\n3,\"Z\",2026-01-01\n4,,\n", id, v, came)
	d, err := e.Compare(context.Background(), from, to, []string{"id"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(d.Fields, d.Added, d.Removed, d.Changed, d.Before); got != "[{came  date} {gone text }] {1 [[4 <nil>]]} {1 [[1 x]]} {1 [[3 Z]]} [[3 z]]" {
		t.Error(got)
	}
	if d, err = e.Compare(context.Background(), from, to, nil, 1); err != nil || d.Added.Total != 2 || d.Removed.Total != 2 || len(d.Added.First) != 1 || d.Changed.Total != 0 {
		t.Errorf("whole rows: %+v, %v", d, err)
	}
}

// TestColumnsMayHaveAnyName: names that the engine's own queries use must not
// meet those of the data.
func TestColumnsMayHaveAnyName(t *testing.T) {
	names := []string{"n", "b", "v", "f0", "f1", "r", "rowid", "a", "groups", "count(*)", "file_row_number2", "t", "c2", "c0", "x0", "v1", "k0"}
	schema := selection.Schema{}
	for _, name := range names {
		schema.Columns = append(schema.Columns, selection.Column{Name: name, Type: selection.Integer})
	}
	var b strings.Builder
	for i := range 30 {
		row := make([]string, len(names))
		for j := range row {
			row[j] = fmt.Sprint((i * (j + 1)) % 5)
		}
		b.WriteString(strings.Join(row, ",") + "\n")
	}
	dir := t.TempDir()
	hash := strings.Repeat("c", 64)
	l := Loader{Dir: t.TempDir()}
	if _, err := l.Load(context.Background(), strings.NewReader(b.String()), schema, func() int64 { return 30 }, 0, filepath.Join(dir, hash)); err != nil {
		t.Fatal(err)
	}
	p, err := l.Profile(context.Background(), filepath.Join(dir, hash), schema)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newEngine(t, dir, Options{}).Open(context.Background(), tabular.Table{Parquet: hash, Schema: schema, Rows: 30})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, name := range names {
		if got := p.Columns[i].Top; len(got) == 0 || got[0].Rows != 6 && (i+1)%5 != 0 {
			t.Errorf("top of %q: %v", name, got)
		}
		s := selection.Select{Group: []string{name}, Aggregates: []selection.Aggregate{{Function: selection.Count}, {Function: selection.Sum, Column: "f1"}}, Limit: 10}
		page, err := r.Page(context.Background(), s)
		if err != nil {
			t.Errorf("group by %q: %v", name, err)
			continue
		}
		sum := int64(0)
		for _, row := range page.Rows {
			sum += row[1].(int64)
		}
		if sum != 30 {
			t.Errorf("group by %q: %v", name, page.Rows)
		}
		first, err := r.Page(context.Background(), selection.Select{Order: []selection.Order{{Column: name, Descending: true}}, Limit: 5})
		if err != nil {
			t.Errorf("order by %q: %v", name, err)
			continue
		}
		next, err := r.Page(context.Background(), selection.Select{Order: []selection.Order{{Column: name, Descending: true}}, Limit: 30, After: first.Last})
		var export bytes.Buffer
		if n, err := r.Export(context.Background(), selection.Select{Columns: []string{name}, Order: []selection.Order{{Column: name, Descending: true}}}, tabular.CSV, &export); err != nil || n != 30 ||
			!slices.IsSortedFunc(strings.Fields(export.String())[1:], func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("export by %q: %d rows, %v: %s", name, n, err, export.String())
		}
		if err != nil || len(next.Rows) != 25 || slices.Contains(next.Numbers, first.Numbers[4]) {
			t.Errorf("order by %q: %v, then %v, %v", name, first.Numbers, next.Numbers, err)
		}
	}
}
