package duckdb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Bulk makes the files for download of a table, but for Parquet, which is the
// canonical file itself, in folder dir. name is the title of the dataset. It
// runs in the worker process, in memory that does not grow with the table.
func Bulk(ctx context.Context, parquet string, t tabular.Table, name, dir string) ([]tabular.Bulk, error) {
	db, err := Loader{Dir: dir}.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	b := bulk{ctx: ctx, db: db, from: "read_parquet(" + text(parquet) + ", file_row_number=true)", table: t, name: name, dir: dir}
	makers := []struct {
		format tabular.Format
		make   func(w io.Writer) error
	}{
		{tabular.CSV, b.csv}, {tabular.XLSX, nil}, {tabular.JSON, b.json}, {tabular.NDJSON, b.ndjson}, {tabular.GeoJSON, b.geojson},
	}
	var all []tabular.Bulk
	for _, m := range makers {
		if m.format == tabular.GeoJSON && t.Geometry == nil {
			continue
		}
		one := tabular.Bulk{Format: m.format, Path: filepath.Join(dir, "table."+string(m.format))}
		if m.format == tabular.XLSX {
			one.Refused, err = b.xlsx(one.Path)
		} else {
			err = write(one.Path, m.make)
		}
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", m.format, err)
		}
		if one.Refused != "" {
			one.Path = ""
		} else if info, err := os.Stat(one.Path); err != nil {
			return nil, err
		} else {
			one.Bytes = info.Size()
		}
		all = append(all, one)
	}
	return all, nil
}

// selectList writes the columns as cells, under their names.
func selectList(columns []selection.Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = output(c, quote(c.Name)) + " AS " + quote(c.Name)
	}
	return strings.Join(all, ", ")
}

func write(path string, make func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(make(w), w.Flush(), f.Close())
}

// bulk makes the files of one table.
type bulk struct {
	ctx   context.Context
	db    *sql.DB
	from  string
	table tabular.Table
	name  string
	dir   string
}

// each hands over every row in the order of the file, read in parts, since
// the driver holds a whole answer in memory (research/stack.md 1.5).
func (b bulk) each(do func(row []any) error) error {
	columns := b.table.Columns
	for from := int64(0); from < b.table.Rows; from += rowGroup {
		rows, err := b.db.QueryContext(b.ctx, fmt.Sprintf("SELECT %s FROM %s WHERE file_row_number BETWEEN %d AND %d ORDER BY file_row_number",
			selectList(columns), b.from, from, from+rowGroup-1))
		if err != nil {
			return err
		}
		err = scanAll(rows, len(columns), func(row []any) error { return do(cellsOf(columns, row)) })
		if err := errors.Join(err, rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (b bulk) csv(w io.Writer) error { return encloseCSV(w, b.table.Columns, b.each) }

func (b bulk) json(w io.Writer) error {
	return enclose(w, "[\n", ",\n", "\n]\n", b.each, func(buf []byte, row []any) []byte {
		return tabular.AppendObject(buf, b.table.Columns, row)
	})
}

func (b bulk) ndjson(w io.Writer) error {
	return enclose(w, "", "\n", "\n", b.each, func(buf []byte, row []any) []byte {
		return tabular.AppendObject(buf, b.table.Columns, row)
	})
}

func (b bulk) geojson(w io.Writer) error {
	at := pointAt(b.table.Columns, *b.table.Geometry)
	return enclose(w, `{"type":"FeatureCollection","features":[`+"\n", ",\n", "\n]}\n", b.each, func(buf []byte, row []any) []byte {
		return tabular.AppendFeature(buf, b.table.Columns, row, at)
	})
}

// pointAt returns the places of longitude and latitude among columns.
func pointAt(columns []selection.Column, g selection.Geometry) (at [2]int) {
	for i, c := range columns {
		if c.Name == g.Longitude {
			at[0] = i
		}
		if c.Name == g.Latitude {
			at[1] = i
		}
	}
	return at
}

// enclose writes rows between begin and end, with a mark between two.
func enclose(w io.Writer, begin, between, end string, each func(func([]any) error) error, add func([]byte, []any) []byte) error {
	buf := []byte(begin)
	first := true
	err := each(func(row []any) error {
		if !first {
			buf = append(buf, between...)
		}
		first = false
		if buf = add(buf, row); len(buf) < 64<<10 {
			return nil
		}
		_, err := w.Write(buf)
		buf = buf[:0]
		return err
	})
	if err != nil {
		return err
	}
	if first && begin == "" {
		end = "" // no rows: nothing, not an empty line
	}
	_, err = w.Write(append(buf, end...))
	return err
}

// Limits of XLSX.
const (
	maxXLSXColumns = 16_384
	maxXLSXCell    = 32_767 // UTF-16 units; counted as characters, doubled outside the BMP
)

// errCellTooLong stops the writing of a sheet.
var errCellTooLong = errors.New("cell too long")

// xlsx writes a workbook of one sheet, or says why the format cannot hold it.
func (b bulk) xlsx(path string) (refused string, err error) {
	switch {
	case b.table.Rows > tabular.MaxXLSXRows:
		return "tabular.too_many_rows_for_xlsx", nil
	case len(b.table.Columns) > maxXLSXColumns:
		return "tabular.too_many_columns_for_xlsx", nil
	}
	f := excelize.NewFile(excelize.Options{TmpDir: b.dir})
	defer f.Close()
	s, err := newSheet(f, b.table.Columns)
	if err != nil {
		return "", err
	}
	err = b.each(s.add)
	if errors.Is(err, errCellTooLong) {
		return "tabular.cell_too_long_for_xlsx", nil
	}
	if err != nil {
		return "", err
	}
	if err := s.w.Flush(); err != nil {
		return "", err
	}
	return "", f.SaveAs(path)
}

// sheet writes typed cells row by row.
type sheet struct {
	w        *excelize.StreamWriter
	columns  []selection.Column
	day, sec int // styles of dates and date-times
	row      int
}

func newSheet(f *excelize.File, columns []selection.Column) (*sheet, error) {
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, err
	}
	s := &sheet{w: w, columns: columns}
	bold, err1 := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	day, second := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	var err2, err3 error
	s.day, err2 = f.NewStyle(&excelize.Style{CustomNumFmt: &day})
	s.sec, err3 = f.NewStyle(&excelize.Style{CustomNumFmt: &second})
	err4 := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	head := make([]any, len(columns))
	for i, c := range columns {
		head[i] = excelize.Cell{StyleID: bold, Value: c.Name}
	}
	s.row = 1
	return s, w.SetRow("A1", head)
}

func (s *sheet) add(row []any) error {
	s.row++
	cells := make([]any, len(row))
	for i, v := range row {
		switch c := s.columns[i]; v := v.(type) {
		case tabular.Exact:
			cells[i] = string(v) // a number of a spreadsheet would round it
		case int64:
			cells[i] = v
			if v > 999_999_999_999_999 || v < -999_999_999_999_999 {
				cells[i] = tabular.Text(v)
			}
		case string:
			if utf8.RuneCountInString(v) > maxXLSXCell {
				return errCellTooLong
			}
			cells[i] = s.text(c, v)
		default:
			cells[i] = v
		}
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.w.SetRow(at, cells)
}

// text writes days as days where the calendar of spreadsheets has them.
func (s *sheet) text(c selection.Column, v string) any {
	layout, style := time.DateOnly, s.day
	if c.Type == selection.DateTime {
		layout, style = "2006-01-02T15:04:05", s.sec
	}
	if !c.Type.Temporal() {
		return v
	}
	t, err := time.Parse(layout, v)
	if err != nil || t.Year() < 1901 || t.Year() > 9999 {
		return v
	}
	return excelize.Cell{StyleID: style, Value: t}
}
