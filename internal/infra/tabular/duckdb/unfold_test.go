package duckdb

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular"
)

// parquetOf writes what a query returns, as another tool might.
func parquetOf(t testing.TB, query string) string {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "sent.parquet")
	if _, err := db.Exec("COPY (" + query + ") TO " + text(path) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	return path
}

func readParquet(t testing.TB, path string) (intake.Result, error) {
	t.Helper()
	dir := t.TempDir()
	return intake.Read(t.Context(), intake.Request{Path: path, Dir: dir}, Loader{Dir: dir})
}

// Every type of a Parquet file arrives as a type of ours with the same values.
func TestReadsParquet(t *testing.T) {
	for _, c := range []struct{ value, column, want string }{
		{"true", "boolean", "true"},
		{"CAST(-128 AS TINYINT)", "integer", "-128"},
		{"9223372036854775807", "integer", "9223372036854775807"},
		{"CAST(18446744073709551615 AS UBIGINT)", "decimal", "18446744073709551615"},
		{"CAST(1.5e-7 AS DOUBLE)", "number", "1.5e-07"},
		{"CAST('NaN' AS DOUBLE)", "number", "∅"},
		{"CAST(0.1 AS FLOAT)", "number", "0.1"},
		{"CAST(-0.05 AS DECIMAL(9, 2))", "decimal 2", "-0.05"},
		{"'007'", "text", "007"},
		{"'a \"b\"' || chr(10) || '甲,乙'", "text", "a \"b\"\n甲,乙"},
		{"''", "text", "∅"},
		{"DATE '2026-02-28'", "date", "2026-02-28"},
		{"TIMESTAMP '2026-02-28 08:30:00.25'", "datetime", "2026-02-28T08:30:00.25"},
		{"TIMESTAMPTZ '2026-02-28 23:30:00+00'", "datetime", "2026-03-01T07:30:00"},
		{"TIME '08:30:00'", "text", "08:30:00"},
		{"[1, NULL]", "text", "[1,null]"},
		{"{'a': 1, 'b': ['x']}", "text", `{"a":1,"b":["x"]}`},
		{"'\\x00\\xFF'::BLOB", "text", "00FF"},
		{"UUID '00000000-0000-0000-0000-000000000001'", "text", "00000000-0000-0000-0000-000000000001"},
	} {
		path := parquetOf(t, "SELECT 1 AS n, "+c.value+" AS v UNION ALL SELECT 2, NULL")
		result, err := readParquet(t, path)
		if err != nil {
			t.Errorf("%s: %v", c.value, err)
			continue
		}
		of := result.Recipe.Columns[1]
		column := string(of.Type)
		if of.Scale > 0 {
			column += fmt.Sprint(" ", of.Scale)
		}
		got := valueIn(t, result.Parquet)
		if column != c.column || got != c.want || result.RowsOut != 2 || result.CellsSetAside != 0 || result.Recipe.Format != "parquet" {
			t.Errorf("%s: %s %q, %d rows, %d set aside; want %s %q", c.value, column, got, result.RowsOut, result.CellsSetAside, c.column, c.want)
		}
	}
}

// valueIn returns column v of the row n = 1.
func valueIn(t *testing.T, parquet string) string {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var v sql.NullString
	if err := db.QueryRow("SELECT replace(CAST(v AS VARCHAR), ' ', CASE WHEN typeof(v) = 'TIMESTAMP' THEN 'T' ELSE ' ' END) FROM read_parquet(" + text(parquet) + ") WHERE n = 1").Scan(&v); err != nil {
		t.Fatal(err)
	}
	if !v.Valid {
		return "∅"
	}
	return v.String
}

func TestParquetIsBounded(t *testing.T) {
	dir := t.TempDir()
	bomb := parquetOf(t, "SELECT repeat('x', 1000) AS v FROM range(3_000_000)")
	if info, err := os.Stat(bomb); err != nil || info.Size() > 2<<20 {
		t.Fatalf("no bomb: %v, %v", info, err)
	}
	if _, err := (Loader{Dir: dir}).Unfold(t.Context(), bomb, filepath.Join(dir, "rows.csv"), 5, 64<<20); err != tabular.ErrTooLarge {
		t.Errorf("3 GB in 64 MB: %v", err)
	}
	var wide []string
	for i := range 5001 {
		wide = append(wide, fmt.Sprintf("1 AS c%d", i))
	}
	_, err := readParquet(t, parquetOf(t, "SELECT "+strings.Join(wide, ", ")))
	if p := problem.As(err); p == nil || p.Code != "intake.too_many_columns" {
		t.Errorf("5,001 columns: %v", err)
	}
}

// A damaged file gives a table or a reason, and the reason does not name
// folders of ours.
func TestDamagedParquet(t *testing.T) {
	whole, err := os.ReadFile(parquetOf(t, "SELECT i AS n, 'x' || i AS v, [i] AS l FROM range(100) t(i)"))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for n := range 120 {
		damaged := append([]byte(nil), whole...)
		if n%3 == 0 {
			damaged = damaged[:4+random.IntN(len(damaged)-4)]
		} else {
			for range 1 + random.IntN(4) {
				damaged[4+random.IntN(len(damaged)-8)] ^= byte(1 << random.IntN(8))
			}
		}
		path := filepath.Join(t.TempDir(), "sent.parquet")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readParquet(t, path); err != nil {
			p := problem.As(err)
			if p == nil || strings.Contains(fmt.Sprint(p.Args), os.TempDir()) {
				t.Fatalf("damage %d: %v %v", n, err, p.Args)
			}
			refused++
		}
	}
	if refused < 40 {
		t.Errorf("%d of 120 were refused", refused)
	}
}

// FuzzParquet: whatever is sent becomes a table or has a reason.
func FuzzParquet(f *testing.F) {
	for _, query := range []string{"SELECT i AS n, 'x' || i AS v FROM range(9) t(i)", "SELECT [i, NULL] AS l, {'a': i} AS s, DATE '2026-01-01' AS d FROM range(3) t(i)", "SELECT 'same' AS v, 1.5::DECIMAL(9,2) AS c FROM range(50)"} {
		text, err := os.ReadFile(parquetOf(f, query))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "sent")
		if err := os.WriteFile(path, append([]byte("PAR1"), text[min(4, len(text)):]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readParquet(t, path); err != nil && problem.As(err) == nil {
			t.Fatal(err)
		}
	})
}
