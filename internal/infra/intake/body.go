package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/problem"
)

// What the lines beside the data are.
const (
	kindTitle  = "title"
	kindHeader = "header"
	kindTotal  = "total"
	kindNote   = "note"
)

const (
	maxHeld    = 50  // lines at the end that may be notes and totals
	maxOutside = 200 // of which are kept
)

// Outside is a line of the file that is no row of the table: a title or a unit
// above it, a note or a total below.
type Outside struct {
	Line int64  `json:"line"` // as in [Line]
	Kind string `json:"kind"` // "title", "total", "note"
	Text string `json:"text"` // filled cells with tabs between, at most 2,000 characters
}

// Line is a record of the file as it stands.
type Line struct {
	Number int64    `json:"number"`         // line of a text file; else the record, counted from 1
	Kind   string   `json:"kind,omitempty"` // "title", "header"; "" for a row
	Cells  []string `json:"cells"`
}

// body is one pass over the rows of a table. What stands above it is passed
// over; what may be notes or totals is held back until a row follows, which
// makes rows of it, or the file ends.
type body struct {
	pass                rows
	width               int // columns of the table
	totals              bool
	notes               bool
	record              int64 // of the file, counted from 1
	held                []heldRow
	ready               []heldRow // were held and turned out to be rows
	flooded             bool      // more lines in a row looked like notes than may be held: they are rows
	outside             []Outside
	blank               int64 // records without anything
	eof                 bool
	sawTotals, sawNotes bool
}

type heldRow struct {
	row
	record int64
	kind   string
}

// keep copies a row, whose bytes are valid only until the next is read.
func keep(r row) row {
	r.fields, r.raw = copyFields(r.fields), bytes.Clone(r.raw)
	return r
}

// newBody opens a pass and leaves out what stands above the data. above are
// the lines passed over.
func newBody(r reader, f *os.File, form Recipe) (b *body, above []Line, err error) {
	pass, err := r.open(f, form)
	if err != nil {
		return nil, nil, err
	}
	b = &body{pass: pass, totals: form.Totals == LeaveOut, notes: form.Notes == LeaveOut, width: len(form.Columns)}
	for n := range form.Head.Above + form.Head.Rows {
		var r row
		if err := b.read(&r); err == io.EOF {
			return b, above, nil
		} else if err != nil {
			return nil, nil, err
		}
		l := Line{Number: b.number(r), Kind: kindTitle, Cells: texts(r.fields)}
		if n >= form.Head.Above {
			if l.Kind = kindHeader; r.code != "" {
				return nil, nil, problem.New(problem.Invalid, "intake.header_unreadable", "line", l.Number)
			}
		} else {
			b.outside = append(b.outside, Outside{Line: l.Number, Kind: kindTitle, Text: said(r)})
		}
		above = append(above, l)
	}
	return b, above, nil
}

func (b *body) number(r row) int64 {
	if r.line > 0 {
		return r.line
	}
	return b.record
}

// said returns the filled cells of a record, what is merged once.
func said(r row) string {
	var all []string
	for _, f := range r.fields {
		if cell := string(trim(f)); cell != "" && (len(all) == 0 || all[len(all)-1] != cell) {
			all = append(all, cell)
		}
	}
	return cut(strings.Join(all, "\t"))
}

func texts(fields [][]byte) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = string(f)
	}
	return all
}

// read returns the next record that has anything in it.
func (b *body) read(r *row) error {
	for {
		if err := b.pass.next(r); err != nil {
			return err
		}
		b.record++
		if r.code != "" || len(r.fields) > 0 && len(r.fields[0]) > 0 && r.fields[0][0] > ' ' || blankTail(r.fields) < len(r.fields) {
			return nil
		}
		b.blank++
	}
}

// next returns the next row, or io.EOF; then outside is complete.
func (b *body) next(r *row) error {
	if len(b.ready) > 0 {
		*r, b.ready = b.ready[0].row, b.ready[1:]
		return nil
	}
	for {
		if b.eof {
			return io.EOF
		}
		err := b.read(r)
		if err == io.EOF {
			b.eof = true
			b.leaveHeld()
		}
		if err != nil {
			return err
		}
		kind := ""
		if b.totals || b.notes {
			kind = b.kind(r)
		}
		if kind == "" {
			b.flooded = false
		}
		if kind != "" && !b.flooded && len(b.held) < maxHeld {
			b.held = append(b.held, heldRow{keep(*r), b.record, kind})
			continue
		}
		if len(b.held) == 0 {
			return nil
		}
		b.flooded = kind != ""
		b.ready = append(b.held[1:], heldRow{row: keep(*r)})
		*r, b.held = b.held[0].row, nil
		return nil
	}
}

// leaveHeld puts what is held at the end of the file aside as no rows.
func (b *body) leaveHeld() {
	for _, h := range b.held {
		line := h.line
		if line == 0 {
			line = h.record
		}
		b.sawTotals = b.sawTotals || h.kind == kindTotal
		b.sawNotes = b.sawNotes || h.kind == kindNote
		if len(b.outside) < maxOutside {
			b.outside = append(b.outside, Outside{Line: line, Kind: h.kind, Text: said(h.row)})
		}
	}
	b.held = nil
}

// The words that begin a total or a note.
var (
	totalWords = []string{"合计", "总计", "共计", "累计合计", "总合计", "全市合计", "Total", "TOTAL", "Grand Total", "Sum"}
	noteWords  = []string{"注：", "注:", "注1", "注１", "备注：", "备注:", "说明：", "说明:", "数据来源", "资料来源", "来源：", "来源:", "填表人", "制表", "审核", "负责人", "单位负责人", "统计负责人",
		"填报单位", "填报日期", "联系电话", "打印时间", "导出时间", "Note", "Source", "*", "＊", "※", "①"}
)

// wordStarts are the first letters of these words.
var wordStarts = func() map[rune]bool {
	all := map[rune]bool{}
	for _, w := range slices.Concat(totalWords, noteWords) {
		r, _ := utf8.DecodeRuneInString(w)
		all[r] = true
	}
	return all
}()

// kind says whether a record looks like a total or a note of a table of at
// least two columns.
func (b *body) kind(r *row) string {
	if b.width < 2 || r.code != "" {
		return ""
	}
	first, numbers, same, worded := []byte(nil), 0, true, false
	for _, f := range r.fields {
		cell := trim(f)
		if len(cell) == 0 {
			continue
		}
		if first == nil {
			letter, _ := utf8.DecodeRune(cell)
			first, worded = cell, wordStarts[letter]
			continue
		}
		if bytes.Equal(cell, first) {
			continue
		}
		if !worded {
			return "" // as nearly every row
		}
		same = false
		if c, _ := classify(cell); numeric(c) || c == isMeasure {
			numbers++
		}
	}
	word := strings.Join(strings.Fields(string(first)), "")
	switch {
	case b.notes && same && (prefixed(word, noteWords) || b.width > 2 && utf8.RuneCountInString(word) >= 12):
		return kindNote
	case b.notes && !same && numbers == 0 && prefixed(word, noteWords):
		return kindNote
	case b.totals && numbers > 0 && slices.Contains(totalWords, strings.TrimRight(word, ":：")):
		return kindTotal
	}
	return ""
}

func prefixed(word string, all []string) bool {
	return slices.ContainsFunc(all, func(p string) bool { return strings.HasPrefix(word, p) })
}

// peek returns the first records of a file as they stand.
func peek(ctx context.Context, r reader, f *os.File, form Recipe, most int) (all []Line, err error) {
	pass, err := r.open(f, form)
	if err != nil {
		return nil, err
	}
	b := &body{pass: pass}
	for len(all) < most {
		var r row
		err := b.read(&r)
		if err == io.EOF {
			break
		}
		if err != nil && len(all) > 0 {
			break // the pass that needs the record reports it
		}
		if err != nil {
			return nil, err
		}
		if r.code != "" && len(all) == 0 {
			return nil, problem.New(problem.Invalid, "intake.header_unreadable", "line", b.number(r))
		}
		all = append(all, Line{Number: b.number(r), Cells: texts(r.fields)})
	}
	if len(all) == 0 {
		return nil, problem.New(problem.Invalid, "intake.empty")
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("look at file: %w", err)
	}
	return all, nil
}
