package duckdb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// lay writes a table and returns it with the engine that can read it.
func lay(t testing.TB, o Options, schema selection.Schema, tables ...string) (*Engine, []tabular.Table) {
	t.Helper()
	dir := t.TempDir()
	var all []tabular.Table
	for i, rows := range tables {
		n := int64(strings.Count(rows, "\n"))
		hash := fmt.Sprintf("%064d", i)
		if _, err := (Loader{Dir: t.TempDir()}).Load(t.Context(), strings.NewReader(rows), schema, func() int64 { return n }, 0, filepath.Join(dir, hash)); err != nil {
			t.Fatal(err)
		}
		all = append(all, tabular.Table{Parquet: hash, Schema: schema, Rows: n})
	}
	return newEngine(t, dir, o), all
}

var examined = selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: `a "name"`, Type: selection.Text}, {Name: "day", Type: selection.Date}}}

func TestRepeats(t *testing.T) {
	e, all := lay(t, Options{}, examined, "1,\"x\",2026-01-01\n1,\"x\",2026-01-01\n,,\n,,\n,,\n2,\"\",\n2,,\n3,\"x\",2026-01-02\n", "")
	for _, tt := range []struct {
		table   tabular.Table
		columns []string
		limit   int
		want    string
	}{
		{all[0], []string{"id", `a "name"`, "day"}, 5, "3 [[<nil> <nil> <nil> 3] [1 x 2026-01-01 2]]"},
		{all[0], []string{"id", `a "name"`, "day"}, 1, "3 [[<nil> <nil> <nil> 3]]"},
		{all[0], []string{"id"}, 5, "4 [[<nil> 3] [1 2] [2 2]]"},
		{all[0], []string{"day"}, 5, "5 [[<nil> 5] [2026-01-01 2]]"},
		{all[1], []string{"id"}, 5, "0 []"},
	} {
		r, err := e.Repeats(t.Context(), tt.table, tt.columns, tt.limit)
		if got := fmt.Sprint(r.Total, r.First); got != tt.want || err != nil {
			t.Errorf("%v: %s, %v, want %s", tt.columns, got, err, tt.want)
		}
	}
}

func TestStrangers(t *testing.T) {
	e, all := lay(t, Options{}, examined, "1,\"x\",\n2,\"y\",\n3,\"y\",\n4,\"z\",\n5,,\n", "4,\"x\",\n1,,\n", "")
	for _, tt := range []struct {
		column, among string
		known         int
		want          string
	}{
		{`a "name"`, `a "name"`, 1, "3 [[y 2] [z 1]]"},
		{"id", "id", 1, "3 [[2 1] [3 1] [5 1]]"},
		{"id", "id", 0, "0 []"},
		{`a "name"`, "id", 0, "4 [[y 2] [x 1] [z 1]]"},
		{`a "name"`, "day", 2, "4 [[y 2] [x 1] [z 1]]"},
	} {
		r, err := e.Strangers(t.Context(), all[0], tt.column, all[tt.known], tt.among, 5)
		if got := fmt.Sprint(r.Total, r.First); got != tt.want || err != nil {
			t.Errorf("%s in %s of %d: %s, %v, want %s", tt.column, tt.among, tt.known, got, err, tt.want)
		}
	}
}

func TestDigits(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: "t", Type: selection.Text}, {Name: "n", Type: selection.Integer}, {Name: "d", Type: selection.Decimal}}}
	e, all := lay(t, Options{}, schema, strings.Join([]string{
		`"手机13812345678。",1234567890,12345678901234567890`, `"１３８ １２３４ ５６７８",12345678901,`, `"31010119900101123X，另",,`,
		`"a1234567890b",-12345678901,`, `"https://x.cn/12345678901.html 与 10000000001",,`, `"0.12345678901",,`, `"1- 2 3 4 5 6 7 8 9 0 1",,`,
		`"12345678901,12345678902",,`, `,,`, `"1234567890",,`, `"1   2   3   4   5   6   7   8   9   0   1",,`, `"+86-138-1234-5678ab9",,`,
	}, "\n")+"\n")
	want := []string{
		"0 13812345678", "2 12345678901234567890", "0 １３８ １２３４ ５６７８", "1 12345678901", "0 31010119900101123X", "1 12345678901", "0 10000000001",
		"0 0.12345678901", "0 1- 2 3 4 5 6 7 8 9 0 1", "0 12345678901|12345678902", "0 +86-138-1234-5678ab",
	}
	slices.Sort(want)
	var got []string
	collect := func(column int, runs string) error {
		got = append(got, fmt.Sprint(column, " ", strings.ReplaceAll(runs, "\n", "|")))
		return nil
	}
	if err := e.Digits(t.Context(), all[0], []string{"t", "n", "d"}, collect); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = nil
	if err := e.Digits(t.Context(), all[0], []string{"d"}, collect); err != nil || !slices.Equal(got, []string{"0 12345678901234567890"}) {
		t.Errorf("one column: %q, %v", got, err)
	}
	stop := errors.New("enough")
	if err := e.Digits(t.Context(), all[0], []string{"t"}, func(int, string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each says stop: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Digits(ctx, all[0], []string{"t"}, collect); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
}

// TestDigitsOfLongCells: neither long texts nor many columns nor many parts
// lose a cell, and memory is bounded: 8,000 texts of 20 kB of digits are
// 160 MB, of an engine that has 128.
func TestDigitsOfLongCells(t *testing.T) {
	long := strings.Repeat("12345678901,", 1700)
	schema := selection.Schema{Columns: []selection.Column{{Name: "t", Type: selection.Text}}}
	const rows = 8_000
	e, all := lay(t, Options{Memory: 128 << 20}, schema, strings.Repeat(`"`+long+`"`+"\n", rows))
	n := 0
	err := e.Digits(t.Context(), all[0], []string{"t"}, func(_ int, runs string) error {
		if len(runs) != tabular.MaxRuns {
			return fmt.Errorf("%d characters", len(runs))
		}
		n++
		return nil
	})
	if err != nil || n != rows {
		t.Errorf("%d cells, %v", n, err)
	}
	wide, list, row := selection.Schema{}, []string(nil), ""
	for i := range 2*digitColumns + 1 {
		wide.Columns = append(wide.Columns, selection.Column{Name: fmt.Sprint("c", i), Type: selection.Integer})
		list, row = append(list, fmt.Sprint("c", i)), row+fmt.Sprintf(",%d", 20_000_000_000+i)
	}
	e, all = lay(t, Options{}, wide, row[1:]+"\n")
	seen := make([]bool, len(list))
	if err := e.Digits(t.Context(), all[0], list, func(column int, runs string) error {
		seen[column] = runs == fmt.Sprint(20_000_000_000+column)
		return nil
	}); err != nil || slices.Contains(seen, false) {
		t.Errorf("a column is lost: %v, %v", seen, err)
	}
}
