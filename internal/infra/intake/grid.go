package intake

import (
	"bytes"
	"cmp"
	"slices"

	"kaishu/internal/base/problem"
)

// The most columns of a sheet, and the rows and columns that a merged range
// may have before it is no longer a cell of a table but a whole column or line.
const (
	maxSheetColumns = 1 << 14
	maxMergedRows   = 1 << 16
	maxMergedWidth  = 1 << 10
	maxMerges       = 1 << 20
	maxFilled       = 1 << 26 // cells that one pass takes from merged ranges and repeated cells
)

// grid holds the cells of one row of a sheet.
type grid struct {
	text   []byte // of all cells
	ends   []int  // of each cell in text
	fields [][]byte
}

func (g *grid) reset() { g.text, g.ends = g.text[:0], g.ends[:0] }

func (g *grid) filled() bool { return len(g.ends) > 0 }

// add makes a cell of what stands in text behind from; of nothing, none.
// Columns count from 0 and must come in their order.
func (g *grid) add(from, column int, line int64) error {
	switch {
	case len(g.text) == from:
		return nil
	case column >= maxSheetColumns || column < len(g.ends):
		return broken("row " + itoa(line) + ", column " + itoa(int64(column)+1))
	case len(g.text) > maxRecord:
		return tooLong(line)
	}
	for len(g.ends) < column {
		g.ends = append(g.ends, from)
	}
	g.ends = append(g.ends, len(g.text))
	return nil
}

func tooLong(line int64) error {
	return problem.New(problem.Invalid, "intake.record_too_long", "line", line, "mebibytes", maxRecord>>20)
}

func (g *grid) cut() [][]byte {
	g.fields = g.fields[:0]
	from := 0
	for _, end := range g.ends {
		g.fields = append(g.fields, g.text[from:end:end])
		from = end
	}
	return g.fields
}

// span is a merged range: rows and columns, counted from 0, both ends in it.
type span struct{ top, bottom, left, right int }

// spread reports whether a range is one whose value is meant for each of its
// cells. Whole columns and lines are not.
func (s span) spread() bool {
	return s.top >= 0 && s.left >= 0 && s.bottom >= s.top && s.right >= s.left && s.right < maxSheetColumns &&
		s.bottom-s.top < maxMergedRows && s.right-s.left < maxMergedWidth && (s.bottom > s.top || s.right > s.left)
}

// merges fills the ranges of one pass with the value of their first cell, in
// rows that have a cell of their own. Of ranges that overlap one is filled.
type merges struct {
	spans  []span // by top; those before next are done with
	next   int
	active []spread // by left, without overlaps
	used   int64    // of maxFilled
}

type spread struct {
	span
	value []byte
}

func sortSpans(spans []span) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.top-b.top, a.left-b.left) })
}

// fill completes the fields of a row, which is counted from 0.
func (m *merges) fill(fields [][]byte, row int) ([][]byte, error) {
	if m.next == len(m.spans) && len(m.active) == 0 {
		return fields, nil
	}
	m.activate(fields, row)
	size := 0
	for _, a := range m.active {
		if m.used += int64(a.right - a.left + 1); m.used > maxFilled {
			return nil, problem.New(problem.Invalid, "intake.unpacks_too_large")
		}
		for len(fields) <= a.right {
			fields = append(fields, nil)
		}
		for i := a.left; i <= a.right; i++ {
			if len(fields[i]) == 0 {
				fields[i] = a.value
				size += len(a.value)
			}
		}
		if size > maxRecord {
			return nil, tooLong(int64(row) + 1)
		}
	}
	return fields, nil
}

// activate takes up the ranges that begin in a row, and drops those that ended
// above it.
func (m *merges) activate(fields [][]byte, row int) {
	m.active = slices.DeleteFunc(m.active, func(s spread) bool { return s.bottom < row })
	before := len(m.active)
	for ; m.next < len(m.spans) && m.spans[m.next].top <= row; m.next++ {
		s := m.spans[m.next]
		if s.top == row && s.left < len(fields) && len(fields[s.left]) > 0 {
			m.active = append(m.active, spread{s, bytes.Clone(fields[s.left])})
		}
	}
	if len(m.active) == before {
		return
	}
	slices.SortStableFunc(m.active, func(a, b spread) int { return a.left - b.left })
	last := -1
	m.active = slices.DeleteFunc(m.active, func(s spread) bool {
		if s.left <= last {
			return true
		}
		last = s.right
		return false
	})
}
