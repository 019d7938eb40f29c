package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// spilt lists what lies in the engine's folder for what is under way.
func (e *Engine) spilt(t *testing.T) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(e.options.Dir, "tmp", "export-*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// TestBoundsAreRoundAndHoldTheRange: at most 20 buckets, in order, each as
// wide as the last, for ranges of any size anywhere.
func TestBoundsAreRoundAndHoldTheRange(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	c := selection.Column{Name: "n", Type: selection.Number}
	check := func(low, high float64) {
		t.Helper()
		all := bucketsOf(c, tabular.ColumnProfile{Min: low, Max: high})
		if len(all) < 1 || len(all) > maxBuckets || all[0].Low.(float64) > low || all[len(all)-1].High.(float64) < high {
			t.Fatalf("%v to %v: %v", low, high, all)
		}
		for i := range all {
			if all[i].Low.(float64) >= all[i].High.(float64) || i > 0 && all[i].Low != all[i-1].High {
				t.Fatalf("%v to %v: %v", low, high, all)
			}
		}
	}
	for range 20_000 {
		low := (r.Float64() - 0.5) * math.Pow10(r.IntN(40)-20)
		check(low, low+r.Float64()*math.Pow10(r.IntN(40)-20))
	}
	for _, one := range []float64{0, 0.1, -7, 1e15, 1e300, -1e300, 5e-324} {
		check(one, one)
	}
	check(0, 5e-324)
	check(0, 1e-300)
	check(-1e307, 1e307)
	for _, w := range []struct {
		c         selection.Column
		low, high any
		want      string
	}{
		{selection.Column{Type: selection.Integer}, int64(0), int64(100), "[{0 5 0} … {95 100 0}]"},
		{selection.Column{Type: selection.Integer}, int64(3), int64(3), "[{3 4 0} … {3 4 0}]"},
		{selection.Column{Type: selection.Integer}, "-9223372036854775808", "9223372036854775807", "[{-9223372036854775808 -9000000000000000000 0} … {9000000000000000000 9223372036854775807 0}]"},
		{selection.Column{Type: selection.Decimal, Scale: 2}, "0.00", "0.05", "[{0.00 0.01 0} … {0.04 0.05 0}]"},
		{selection.Column{Type: selection.Decimal, Scale: 2}, "-1.50", "998.40", "[{-100 0 0} … {900 1000 0}]"},
		{selection.Column{Type: selection.Date}, "2026-01-01", "2026-01-03", "[{2026-01-01 2026-01-02 0} … {2026-01-02 2026-01-03 0}]"},
		{selection.Column{Type: selection.DateTime}, "2026-01-01T00:00:00", "2026-01-01T00:01:00", "[{2026-01-01T00:00:00 2026-01-01T00:00:05 0} … {2026-01-01T00:00:55 2026-01-01T00:01:00 0}]"},
		{selection.Column{Type: selection.Text}, "a", "b", "none"},
	} {
		all, got := bucketsOf(w.c, tabular.ColumnProfile{Min: w.low, Max: w.high}), "none"
		if len(all) > 0 {
			got = fmt.Sprintf("[%v … %v]", all[0], all[len(all)-1])
		}
		if got != w.want {
			t.Errorf("%s %v to %v: %s, want %s", w.c.Type, w.low, w.high, got, w.want)
		}
	}
}

// TestBarsCountWhatTheirLinksShow: a bar leads to a filter by its bounds; both
// count the same rows, also after the profile was stored as JSON, and values
// that are no finite numbers stand aside.
func TestBarsCountWhatTheirLinksShow(t *testing.T) {
	dir, rnd := t.TempDir(), rand.New(rand.NewPCG(5, 6))
	const rows = 3000
	hash := fmt.Sprintf("%064x", 77)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	values := "(CAST('inf' AS DOUBLE), CAST(0.3 AS DECIMAL(38,2))), (CAST('nan' AS DOUBLE), NULL), (CAST('-inf' AS DOUBLE), 0.1)"
	for range rows - 3 {
		values += fmt.Sprintf(", (%s, %s)", strconv.FormatFloat(float64(rnd.IntN(300))/100, 'f', -1, 64), strconv.FormatFloat(float64(rnd.IntN(90))/100, 'f', 2, 64))
	}
	if _, err := db.Exec("COPY (SELECT * FROM (VALUES " + values + ") AS t(n, d)) TO " + text(filepath.Join(dir, hash)) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	schema := selection.Schema{Columns: []selection.Column{{Name: "n", Type: selection.Number}, {Name: "d", Type: selection.Decimal, Scale: 2}}}
	file := filepath.Join(dir, hash)
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	r, err := newEngine(t, dir, Options{}).Open(context.Background(), tabular.Table{Parquet: hash, Schema: schema, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.Total(context.Background(), selection.Select{Where: selection.IsNull{Column: "n"}}); n != 3 || err != nil {
		t.Errorf("%d numbers that are none, %v; want 3", n, err)
	}
	for _, c := range []tabular.ColumnProfile{{Name: "n", Min: 0.0, Max: 2.99}, {Name: "d", Min: "0.00", Max: "0.89"}} {
		column, _ := schema.Column(c.Name)
		c.Buckets = bucketsOf(column, c)
		stored, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var like tabular.ColumnProfile
		if err := json.Unmarshal(stored, &like); err != nil {
			t.Fatal(err)
		}
		got, err := r.Histogram(context.Background(), nil, c.Name, like)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range got.Buckets {
			op := selection.Less
			if i == len(got.Buckets)-1 {
				op = selection.LessEqual
			}
			q, err := selection.Check(selection.Select{Where: selection.And{
				selection.Compare{Column: c.Name, Op: selection.GreaterEqual, Value: selection.Literal{Type: selection.Number, Text: boundText(b.Low)}},
				selection.Compare{Column: c.Name, Op: op, Value: selection.Literal{Type: selection.Number, Text: boundText(b.High)}}}}, schema)
			if err != nil {
				t.Fatalf("%s from %v to %v: %v", c.Name, b.Low, b.High, err)
			}
			if n, err := r.Total(context.Background(), q); n != b.Rows || err != nil {
				t.Errorf("%s from %v to %v: bar of %d, filter finds %d, %v", c.Name, b.Low, b.High, b.Rows, n, err)
			}
		}
	}
}

// TestEstimatedBucketsAreTheComparedOnes: values on the bounds, one step of a
// double beside them, beyond them, and no numbers.
func TestEstimatedBucketsAreTheComparedOnes(t *testing.T) {
	db, err := Loader{Dir: t.TempDir()}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := rand.New(rand.NewPCG(5, 6))
	sure, unsure := 0, 0
	for round := range 60 {
		c := selection.Column{Name: "v", Type: selection.Number}
		low := math.Round((r.Float64()-0.5)*1000) / 10
		p := tabular.ColumnProfile{Min: low, Max: low + math.Pow10(r.IntN(6)-2)}
		if round%3 == 0 {
			c.Type = selection.Integer
			p = tabular.ColumnProfile{Min: int64(low), Max: int64(low) + int64(r.IntN(5000))}
		}
		buckets := bucketsOf(c, p)
		if _, err := db.Exec("CREATE OR REPLACE TABLE t (k VARCHAR, v " + native(c) + ")"); err != nil {
			t.Fatal(err)
		}
		var values []float64
		for _, b := range buckets {
			for _, end := range []any{b.Low, b.High} {
				x, _ := number(c, end)
				values = append(values, x, x, x+r.Float64()*100, x-r.Float64()*3)
				if c.Type == selection.Number && round%2 == 0 {
					values = append(values, math.Nextafter(x, math.Inf(-1)), math.Nextafter(x, math.Inf(1)))
				}
			}
		}
		if c.Type == selection.Number && round%5 == 0 {
			values = append(values, math.Inf(1), math.NaN(), -1e300)
		}
		for _, v := range values {
			if c.Type == selection.Integer {
				v = math.Round(v)
			}
			if _, err := db.Exec("INSERT INTO t VALUES ('k', CAST(? AS DOUBLE)), ('k', NULL), (NULL, 1)", v); err != nil {
				t.Fatal(err)
			}
		}
		f := figures{ctx: t.Context(), db: db, from: "t", column: c}
		compared, err := f.compare(buckets, []any{"k"}, " AND k = ?")
		if err != nil {
			t.Fatal(err)
		}
		estimated, ok, err := f.estimate(buckets, []any{"k"}, " AND k = ?")
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			unsure++
			continue
		}
		if sure++; fmt.Sprint(estimated) != fmt.Sprint(compared) {
			t.Fatalf("%v, want %v", estimated, compared)
		}
	}
	if sure < 20 || unsure < 10 {
		t.Errorf("%d sure, %d unsure", sure, unsure)
	}
}
