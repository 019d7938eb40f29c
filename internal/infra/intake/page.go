package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"kaishu/internal/base/problem"
)

// The most that a page of HTML may be, and that its spans may fill.
const (
	maxPage        = 64 << 20
	maxPageColumns = maxColumns
	maxPageCells   = 20_000_000
)

// pageReader reads a table of a page of HTML, as offices save it under the
// name of a workbook.
type pageReader struct{ tables [][][]string }

func (p *pageReader) padded() bool { return true }

func (p *pageReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	if given == nil {
		given = &Recipe{}
	}
	form := Recipe{Format: "html"}
	if given.Format != "" && given.Format != form.Format {
		return form, problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", form.Format)
	}
	info, err := f.Stat()
	if err != nil {
		return form, fmt.Errorf("stat file: %w", err)
	}
	if info.Size() > maxPage {
		return form, problem.New(problem.Invalid, "intake.page_too_large", "mebibytes", maxPage>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return form, fmt.Errorf("rewind file: %w", err)
	}
	// What a page declares is often not what it is; its bytes are.
	s, err := spell(ctx, f, given.Encoding)
	if err != nil {
		return form, err
	}
	form.Encoding = s.encoding
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return form, fmt.Errorf("rewind file: %w", err)
	}
	if p.tables, err = readPage(decoded(f, s.encoding)); err != nil {
		return form, err
	}
	best, most := 0, -1
	for i, t := range p.tables {
		cells := 0
		for _, r := range t {
			cells += len(r)
		}
		if cells > most {
			best, most = i+1, cells
		}
	}
	if form.Sheet = given.Sheet; form.Sheet == "" {
		form.Sheet = strconv.Itoa(best)
	}
	if n, err := strconv.Atoi(form.Sheet); err != nil || n < 1 || n > len(p.tables) {
		if len(p.tables) == 0 {
			return form, problem.New(problem.Invalid, "intake.empty")
		}
		return form, problem.New(problem.Invalid, "intake.sheet_missing", "sheet", form.Sheet)
	}
	return form, nil
}

func (p *pageReader) open(_ *os.File, form Recipe) (rows, error) {
	n, err := strconv.Atoi(form.Sheet)
	if err != nil || n < 1 || n > len(p.tables) {
		return nil, fmt.Errorf("open table %q: not in the page", form.Sheet)
	}
	return &pageRows{all: p.tables[n-1]}, nil
}

func (p *pageReader) sheets() (all []string) {
	for i := range p.tables {
		all = append(all, strconv.Itoa(i+1))
	}
	return all
}

type pageRows struct {
	all [][]string
	at  int
}

func (p *pageRows) next(r *row) error {
	if p.at == len(p.all) {
		return io.EOF
	}
	fields := make([][]byte, len(p.all[p.at]))
	for i, cell := range p.all[p.at] {
		fields[i] = []byte(cell)
	}
	*r = row{fields: fields}
	p.at++
	return nil
}

// pageTable is a table under way. What spans several rows waits in below.
type pageTable struct {
	rows  [][]string
	row   []string
	below map[int]spanned // by column
	cell  *strings.Builder
	span  spanned
	wide  int
}

type spanned struct {
	text string
	rows int
}

// readPage returns the tables of a page; one within another is text of the
// outer cell.
func readPage(r io.Reader) (all [][][]string, err error) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxRecord)
	var t *pageTable
	depth, cells := 0, 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				return nil, problem.New(problem.Invalid, "intake.page_broken", "reason", z.Err().Error())
			}
			if t != nil {
				all = append(all, t.end())
			}
			return all, nil
		}
		if kind == html.TextToken {
			if t != nil && t.cell != nil {
				t.cell.Write(bytes.Join(bytes.Fields(z.Text()), []byte{' '}))
			}
			continue
		}
		name, more := z.TagName()
		start := kind == html.StartTagToken || kind == html.SelfClosingTagToken
		switch tag := string(name); {
		case tag == "table" && start:
			if depth++; depth == 1 {
				t = &pageTable{below: map[int]spanned{}}
			}
		case tag == "table" && depth > 0:
			if depth--; depth == 0 {
				all, t = append(all, t.end()), nil
			}
		case t == nil || depth > 1:
		case tag == "br" && t.cell != nil:
			t.cell.WriteByte('\n')
		case tag == "tr":
			t.endRow()
			if cells += len(t.below); start {
				t.row = []string{}
			}
		case tag == "td" || tag == "th":
			if t.endCell(); start {
				t.begin(z, more)
				cells += t.wide
			}
		}
		if cells > maxPageCells {
			return nil, problem.New(problem.Invalid, "intake.unpacks_too_large")
		}
	}
}

func (t *pageTable) begin(z *html.Tokenizer, more bool) {
	t.cell, t.wide, t.span = &strings.Builder{}, 1, spanned{}
	if t.row == nil {
		t.row = []string{}
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		n, err := strconv.Atoi(strings.TrimSpace(string(value)))
		if err != nil || n < 1 {
			continue
		}
		switch string(key) {
		case "colspan":
			t.wide = min(n, 1000)
		case "rowspan":
			t.span.rows = min(n, 65_534) - 1
		}
	}
}

// fill puts what comes down from rows above before the next cell.
func (t *pageTable) fill() {
	for {
		s, ok := t.below[len(t.row)]
		if !ok {
			return
		}
		if s.rows--; s.rows == 0 {
			delete(t.below, len(t.row))
		} else {
			t.below[len(t.row)] = s
		}
		t.row = append(t.row, s.text)
	}
}

func (t *pageTable) endCell() {
	if t.cell == nil {
		return
	}
	text := strings.TrimSpace(t.cell.String())
	t.cell = nil
	for range t.wide {
		if t.fill(); len(t.row) > maxPageColumns {
			return // refused as too many columns
		}
		if t.span.rows > 0 {
			t.below[len(t.row)] = spanned{text, t.span.rows}
		}
		t.row = append(t.row, text)
	}
}

func (t *pageTable) endRow() {
	if t.endCell(); t.row == nil {
		return
	}
	t.fill()
	t.rows, t.row = append(t.rows, t.row), nil
}

func (t *pageTable) end() [][]string {
	t.endRow()
	return t.rows
}
