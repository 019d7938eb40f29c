package intake

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"kaishu/internal/base/problem"
)

// xlsReader reads workbooks of Excel 97 to 2003 (BIFF8) and of Excel 5 and 95
// (BIFF5), from [MS-XLS].
type xlsReader struct {
	book  *xlsBook
	spans []span    // of the sheet to read
	loose *xlsLoose // nil if the rows of the sheet stand in their order
}

// xlsBook is what the first part of a workbook says.
type xlsBook struct {
	biff8    bool
	date1904 bool
	page     encoding.Encoding // of strings in BIFF5
	tabs     []tab
	offsets  []int64      // of the sheets in the stream
	formats  map[int]look // by number
	cells    []int        // number of the format by cell style
	strings  sheetStrings
}

func (x *xlsReader) padded() bool { return true }

// sheets returns the names of the sheets in the order of the tabs.
func (x *xlsReader) sheets() []string { return tabNames(x.book.tabs) }

func (x *xlsReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	form := Recipe{Format: "xls"}
	if err := sheetFormat(given, form.Format); err != nil {
		return form, err
	}
	var err error
	if x.book, err = readXLSBook(ctx, f); err != nil {
		return form, sheetFault(err)
	}
	n, err := choose(ctx, x.book.tabs, given, func(i int) (sheetSample, error) {
		pass, err := x.book.pass(f, i)
		if err != nil {
			return sheetSample{}, err
		}
		return sampleRows(pass)
	})
	if err != nil {
		return form, err
	}
	form.Sheet = x.book.tabs[n].name
	return form, x.survey(ctx, f, n)
}

// survey reads the whole sheet for its merged ranges, which stand behind the
// cells, and to see whether its rows stand in their order. If not, they are
// kept in memory.
func (x *xlsReader) survey(ctx context.Context, f *os.File, n int) error {
	for _, loose := range []*xlsLoose{nil, {}} {
		pass, err := x.book.pass(f, n)
		if err != nil {
			return err
		}
		last, ordered := -1, true
		var r row
		for i := 0; ; i++ {
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			err := pass.next(&r)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			ordered = ordered && pass.row > last
			last = pass.row
			if loose != nil {
				if err := loose.add(pass.row, r.fields); err != nil {
					return err
				}
			}
		}
		x.spans, x.loose = pass.seen, loose
		if ordered {
			break
		}
	}
	if x.loose != nil {
		x.loose.sort()
	}
	sortSpans(x.spans)
	return nil
}

func (x *xlsReader) open(f *os.File, form Recipe) (rows, error) {
	n := slices.IndexFunc(x.book.tabs, func(t tab) bool { return t.name == form.Sheet })
	if n < 0 {
		return nil, fmt.Errorf("open sheet %q: not in the workbook", form.Sheet)
	}
	if x.loose != nil {
		return &looseRows{xlsLoose: x.loose, merges: merges{spans: x.spans}}, nil
	}
	pass, err := x.book.pass(f, n)
	if err != nil {
		return nil, err
	}
	pass.merges.spans = x.spans
	return pass, nil
}

// readXLSBook reads up to the first sheet.
func readXLSBook(ctx context.Context, f *os.File) (*xlsBook, error) {
	in, err := newBiff(f, 0)
	if err != nil {
		return nil, err
	}
	b := &xlsBook{page: charmap.Windows1252, formats: map[int]look{}}
	if b.biff8, err = in.begin(); err != nil {
		return nil, err
	}
	for {
		if err := in.next(); err != nil {
			return nil, noEOF(err)
		}
		if in.kind == biffEnd {
			break
		}
		if err := b.global(ctx, in); err != nil {
			return nil, err
		}
	}
	if len(b.tabs) == 0 {
		return nil, broken("BOUNDSHEET")
	}
	return b, nil
}

// global takes up one record of the workbook.
func (b *xlsBook) global(ctx context.Context, in *biff) error {
	switch in.kind {
	case biffFilePass:
		return problem.New(problem.Invalid, "intake.encrypted")
	case biffDateMode:
		b.date1904 = le16(in.body) == 1
	case biffCodePage:
		return b.codePage(le16(in.body))
	case biffXF:
		if len(in.body) < 4 {
			return errRecordShort
		}
		b.cells = append(b.cells, le16(in.body[2:]))
	case biffFormat:
		id, err := in.take(2)
		if err != nil {
			return err
		}
		code, err := b.text(in, 2)
		if err != nil {
			return err
		}
		b.formats[int(id)] = lookOf(string(code))
	case biffBoundSheet:
		return b.sheet(in)
	case biffSST:
		return in.readSST(ctx, &b.strings)
	}
	return nil
}

// sheet takes up the name and the place of a sheet. Charts and macros are none.
func (b *xlsBook) sheet(in *biff) error {
	if len(in.body) < 6 {
		return errRecordShort
	}
	offset, state, kind := binary.LittleEndian.Uint32(in.body), in.body[4]&3, in.body[5]
	in.body = in.body[6:]
	name, err := b.text(in, 1)
	if err != nil || kind != 0 {
		return err
	}
	b.tabs = append(b.tabs, tab{name: string(name), hidden: state != 0})
	b.offsets = append(b.offsets, int64(offset))
	return nil
}

// text reads a string whose length takes up to 2 bytes; the code of a format
// in BIFF5 has but one.
func (b *xlsBook) text(in *biff, size int) ([]byte, error) {
	if !b.biff8 && in.kind == biffFormat {
		size = 1
	}
	n, err := in.take(size)
	if err != nil {
		return nil, err
	}
	if b.biff8 {
		return in.text(nil, int(n))
	}
	if int(n) > len(in.body) {
		return nil, errRecordShort
	}
	return b.page.NewDecoder().Bytes(in.body[:n])
}

// codePage decides how the strings of BIFF5 are read.
func (b *xlsBook) codePage(number int) error {
	pages := map[int]encoding.Encoding{
		437: charmap.CodePage437, 850: charmap.CodePage850, 874: charmap.Windows874, 932: japanese.ShiftJIS,
		936: simplifiedchinese.GB18030, 949: korean.EUCKR, 950: traditionalchinese.Big5,
		1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253,
		1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257,
		1258: charmap.Windows1258, 10008: simplifiedchinese.GB18030, 0x8000: charmap.Macintosh, 10000: charmap.Macintosh, 0x8001: charmap.Windows1252,
	}
	page, ok := pages[number]
	if !ok && !b.biff8 {
		return broken(fmt.Sprintf("code page %d", number))
	}
	if ok {
		b.page = page
	}
	return nil
}

// look returns what the style of a cell makes of its number.
func (b *xlsBook) look(style int) look {
	if style >= len(b.cells) {
		return look{}
	}
	if l, ok := b.formats[b.cells[style]]; ok {
		return l
	}
	return builtin(b.cells[style])
}

// maxLoose is the most bytes of a sheet whose rows stand in no order, with 16
// for each cell.
const maxLoose = 256 << 20

// xlsLoose holds the cells of a sheet whose rows stand in no order.
type xlsLoose struct {
	cells []looseCell
	text  []byte
}

type looseCell struct {
	row, column uint16
	from, to    uint32 // in text
}

func (l *xlsLoose) add(row int, fields [][]byte) error {
	for column, f := range fields {
		if len(f) == 0 {
			continue
		}
		from := len(l.text)
		l.text = append(l.text, f...)
		l.cells = append(l.cells, looseCell{uint16(row), uint16(column), uint32(from), uint32(len(l.text))})
	}
	if len(l.text)+16*len(l.cells) > maxLoose {
		return problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	return nil
}

func (l *xlsLoose) sort() {
	slices.SortStableFunc(l.cells, func(a, b looseCell) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.column, b.column))
	})
}

// looseRows is one pass over an [xlsLoose].
type looseRows struct {
	*xlsLoose
	grid
	merges
	at int
}

func (l *looseRows) next(r *row) error {
	if l.at == len(l.cells) {
		return io.EOF
	}
	l.reset()
	number := l.cells[l.at].row
	for ; l.at < len(l.cells) && l.cells[l.at].row == number; l.at++ {
		c := l.cells[l.at]
		from := len(l.grid.text)
		l.grid.text = append(l.grid.text, l.xlsLoose.text[c.from:c.to]...)
		if err := l.grid.add(from, int(c.column), int64(number)+1); err != nil {
			return err
		}
	}
	fields, err := l.fill(l.cut(), int(number))
	*r = row{fields: fields}
	return err
}
