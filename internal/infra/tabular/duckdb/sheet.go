package duckdb

import (
	"errors"
	"io"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// Limits of XLSX.
const (
	maxXLSXColumns = 16_384
	maxXLSXCell    = 32_767 // UTF-16 units; the library would cut the rest off
)

// errCellTooLong stops the writing of a sheet.
var errCellTooLong = errors.New("cell too long")

// sheetRefuses returns why a sheet cannot hold a table of that size, as a
// message code, or "".
func sheetRefuses(rows int64, columns int) string {
	switch {
	case rows > tabular.MaxXLSXRows:
		return "tabular.too_many_rows_for_xlsx"
	case columns > maxXLSXColumns:
		return "tabular.too_many_columns_for_xlsx"
	}
	return ""
}

// writeSheet writes a workbook of one sheet. dir holds what does not fit in
// memory meanwhile. It fails with errCellTooLong before anything is written.
func writeSheet(w io.Writer, dir string, columns []selection.Column, each func(func([]any) error) error) error {
	f := excelize.NewFile(excelize.Options{TmpDir: dir})
	s, err := newSheet(f, columns)
	if err == nil {
		err = each(s.add)
	}
	if err == nil {
		err = s.w.Flush()
	}
	if err == nil {
		err = f.Write(w)
	}
	return errors.Join(err, f.Close())
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
			if longerThanCell(v) {
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

// longerThanCell reports whether v has more UTF-16 units than a cell holds.
func longerThanCell(v string) bool {
	if len(v) <= maxXLSXCell {
		return false
	}
	units := 0
	for _, r := range v {
		units += utf16.RuneLen(r)
	}
	return units > maxXLSXCell
}
