package duckdb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// TestLongTextsAreReadInSmallParts: where texts are long a part has fewer
// rows, and every row is there once.
func TestLongTextsAreReadInSmallParts(t *testing.T) {
	const rows = 20_000
	var b bytes.Buffer
	long := strings.Repeat("长", 3000)
	for i := range rows {
		cell := "short"
		if i >= 5000 && i < 12_000 {
			cell = long
		}
		fmt.Fprintf(&b, "%d,\"%s\"\n", i, cell)
	}
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "text", Type: selection.Text}}}
	dir := t.TempDir()
	path := filepath.Join(dir, "t.parquet")
	if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), &b, schema, func() int64 { return rows }, 0, path); err != nil {
		t.Fatal(err)
	}
	table := tabular.Table{Schema: schema, Rows: rows}
	db, err := Loader{Dir: t.TempDir()}.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ends, err := bulk{db: db, from: "read_parquet(" + text(path) + ", file_row_number=true)", table: table}.parts(context.Background())
	if err != nil || len(ends) < 3 || ends[len(ends)-1] != rows {
		t.Fatalf("parts end at %v, %v", ends, err)
	}
	files, err := Bulk(context.Background(), path, table, t.TempDir(), tabular.Formats...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Format != tabular.NDJSON {
			continue
		}
		made, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(made)), "\n")
		if len(lines) != rows {
			t.Fatalf("%d lines", len(lines))
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, fmt.Sprintf(`{"id":%d,`, i)) {
				t.Fatalf("line %d: %.40s", i, line)
			}
		}
	}
}

// TestSheetRefusesWhatItWouldCut: the limit is in UTF-16 units; the library
// would cut the rest off without a word.
func TestSheetRefusesWhatItWouldCut(t *testing.T) {
	for _, c := range []struct {
		cell    string
		refused string
	}{
		{strings.Repeat("长", 32_767), ""}, {strings.Repeat("长", 32_768), "tabular.cell_too_long_for_xlsx"},
		{strings.Repeat("𡌶", 16_383), ""}, {strings.Repeat("𡌶", 16_384), "tabular.cell_too_long_for_xlsx"},
	} {
		dir := t.TempDir()
		hash := strings.Repeat("b", 64)
		schema := selection.Schema{Columns: []selection.Column{{Name: "text", Type: selection.Text}, {Name: "n", Type: selection.Integer}, {Name: "day", Type: selection.Date}}}
		rows := "\"" + c.cell + "\",123456789012345678,2026-03-05\n"
		if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), strings.NewReader(rows), schema, func() int64 { return 1 }, 0, filepath.Join(dir, hash)); err != nil {
			t.Fatal(err)
		}
		table := tabular.Table{Parquet: hash, Schema: schema, Rows: 1}
		out := t.TempDir()
		files, err := Bulk(context.Background(), filepath.Join(dir, hash), table, out, tabular.Formats...)
		if err != nil || len(files) != 4 || files[1].Refused != c.refused || (files[1].Path == "") != (c.refused != "") {
			t.Fatalf("%+v, %v", files, err)
		}
		if left, _ := filepath.Glob(filepath.Join(out, "*.xlsx")); c.refused != "" && len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		r, err := newEngine(t, dir, Options{}).Open(context.Background(), table)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Export(context.Background(), selection.Select{}, tabular.XLSX, io.Discard)
		if problem.Is(err, problem.TooLarge) != (c.refused != "") {
			t.Errorf("export: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if c.refused == "" {
			typed(t, files[1].Path)
		}
	}
	if got := sheetRefuses(tabular.MaxXLSXRows+1, 1); got != "tabular.too_many_rows_for_xlsx" || sheetRefuses(tabular.MaxXLSXRows, 16_384) != "" || sheetRefuses(1, 16_385) != "tabular.too_many_columns_for_xlsx" {
		t.Errorf("got %q", got)
	}
}

// typed wants 18 digits as text, days as days, the header bold and frozen.
func typed(t *testing.T, path string) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	number, err1 := f.GetCellValue("Sheet1", "B2")
	day, err2 := f.GetCellValue("Sheet1", "C2")
	panes, err3 := f.GetPanes("Sheet1")
	id, err4 := f.GetCellStyle("Sheet1", "A1")
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		t.Fatal(err1, err2, err3, err4)
	}
	style, err := f.GetStyle(id)
	if err != nil || number != "123456789012345678" || day != "2026-03-05" || !panes.Freeze || panes.YSplit != 1 || style.Font == nil || !style.Font.Bold {
		t.Errorf("%s, %s, %+v, %+v, %v", number, day, panes, style, err)
	}
}

func BenchmarkPageByAnotherOrder(b *testing.B) {
	r := benchTable(b)
	s := selection.Select{Order: []selection.Order{{Column: "v"}}, Limit: 100}
	for b.Loop() {
		if _, err := r.Page(context.Background(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExportCSV(b *testing.B) {
	r := benchTable(b)
	var size counter
	for b.Loop() {
		size = 0
		if _, err := r.Export(context.Background(), selection.Select{}, tabular.CSV, &size); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(size))
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func benchTable(b *testing.B) tabular.Reader {
	b.Helper()
	const rows = 300_000
	dir, hash := b.TempDir(), strings.Repeat("f", 64)
	var csv bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&csv, "%d,\"区%d\",2026-01-%02d,%d.25\n", i, i%16, 1+i%28, (i*7919)%rows)
	}
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "区", Type: selection.Text}, {Name: "day", Type: selection.Date}, {Name: "v", Type: selection.Number}}}
	if _, err := (Loader{Dir: b.TempDir()}).Load(context.Background(), &csv, schema, func() int64 { return rows }, 0, filepath.Join(dir, hash)); err != nil {
		b.Fatal(err)
	}
	e, err := New(Options{Dir: filepath.Join(dir, "serving"), Objects: func(h string) (string, error) { return filepath.Join(dir, h), nil }})
	if err != nil {
		b.Fatal(err)
	}
	r, err := e.Open(context.Background(), tabular.Table{Parquet: hash, Schema: schema, Rows: rows})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { r.Close(); e.Close() })
	return r
}
