package intake

import (
	"context"
	"errors"
	"io"
	"strconv"

	"kaishu/internal/base/problem"
)

// The rows of a sheet, and the sheets of a workbook, that are looked at to find
// the one with the table.
const (
	sampledRows   = 200
	sampledSheets = 64
)

// tab is a sheet of a workbook.
type tab struct {
	name   string
	hidden bool
}

func tabNames(tabs []tab) []string {
	names := make([]string, len(tabs))
	for i, t := range tabs {
		names[i] = t.name
	}
	return names
}

// sheetSample is what the first rows of a sheet hold.
type sheetSample struct {
	rows  int // that have a cell, at most sampledRows
	cells int // filled ones, of rows with two of them: a column of prose has none
}

func (s *sheetSample) add(fields [][]byte) {
	s.rows++
	filled := 0
	for _, f := range fields {
		if len(trim(f)) > 0 {
			filled++
		}
	}
	if filled > 1 {
		s.cells += filled
	}
}

// sampleRows looks at the first rows of a pass that fills no merged ranges.
func sampleRows(pass rows) (s sheetSample, err error) {
	var r row
	for s.rows < sampledRows {
		err := pass.next(&r)
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		s.add(r.fields)
	}
	return s, nil
}

// choose returns the number of the sheet that the recipe names, else of the
// one with the best table: visible before hidden, then the most cells. Covers
// with a few lines of prose are thus passed over. It fails with a problem if
// the sheet is not there, or nothing is in it.
func choose(ctx context.Context, tabs []tab, given *Recipe, look func(i int) (sheetSample, error)) (int, error) {
	if given != nil && given.Sheet != "" {
		for i, t := range tabs {
			if t.name != given.Sheet {
				continue
			}
			s, err := look(i)
			if err == nil && s.rows == 0 {
				err = problem.New(problem.Invalid, "intake.empty")
			}
			return i, err
		}
		return 0, problem.New(problem.Invalid, "intake.sheet_missing", "sheet", given.Sheet)
	}
	best, most, prose := -1, 0, -1
	for _, hidden := range []bool{false, true} {
		for i, t := range tabs[:min(len(tabs), sampledSheets)] {
			if t.hidden != hidden {
				continue
			}
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			s, err := look(i)
			if err != nil {
				return 0, err
			}
			if s.cells > most {
				best, most = i, s.cells
			}
			if s.rows > 0 && prose < 0 {
				prose = i
			}
		}
		if best >= 0 {
			return best, nil
		}
	}
	if prose < 0 {
		return 0, problem.New(problem.Invalid, "intake.empty")
	}
	return prose, nil
}

// sheetFormat refuses a recipe for files of another format.
func sheetFormat(given *Recipe, format string) error {
	if given != nil && given.Format != "" && given.Format != format {
		return problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", format)
	}
	return nil
}

// broken refuses a workbook that cannot be read; where says where.
func broken(where string) error {
	return problem.New(problem.Invalid, "intake.workbook_broken", "reason", where)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// sheetFault turns an error about a workbook's content into a problem; work cut
// short stays a fault.
func sheetFault(err error) error {
	if problem.As(err) != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return broken(reasonOf(err))
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
