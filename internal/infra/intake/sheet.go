package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// sheetReader reads XLSX workbooks. It streams the sheet's XML itself, since
// only there a cell's value and its number format stand together.
type sheetReader struct {
	book  *workbook
	spans []span // of the sheet to read
}

func (s *sheetReader) padded() bool { return true }

// sheets returns the names of the sheets, visible ones first.
func (s *sheetReader) sheets() []string { return tabNames(s.book.tabs()) }

func (b *workbook) tabs() []tab {
	tabs := make([]tab, len(b.sheets))
	for i, part := range b.sheets {
		tabs[i] = part.tab
	}
	return tabs
}

func (s *sheetReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	form := Recipe{Format: "xlsx"}
	if err := sheetFormat(given, form.Format); err != nil {
		return form, err
	}
	var err error
	if s.book, err = openWorkbook(ctx, f); err != nil {
		return form, err
	}
	n, err := choose(ctx, s.book.tabs(), given, func(i int) (sheetSample, error) {
		pass, err := s.book.pass(s.book.sheets[i], nil)
		if err != nil {
			return sheetSample{}, err
		}
		return sampleRows(pass)
	})
	if err != nil {
		return form, err
	}
	form.Sheet = s.book.sheets[n].name
	s.spans, err = s.book.readMerges(ctx, s.book.sheets[n])
	return form, err
}

func (s *sheetReader) open(_ *os.File, form Recipe) (rows, error) {
	for _, sheet := range s.book.sheets {
		if sheet.name == form.Sheet {
			return s.book.pass(sheet, s.spans)
		}
	}
	return nil, fmt.Errorf("open sheet %q: not in the workbook", form.Sheet)
}

func (b *workbook) pass(sheet sheetPart, spans []span) (*sheetRows, error) {
	text, err := b.entry(sheet.path)
	if err != nil {
		return nil, err
	}
	return &sheetRows{book: b, xml: newMarkupReader(text), merges: merges{spans: spans}}, nil
}

// sheetRows is one pass over a sheet.
type sheetRows struct {
	book *workbook
	xml  *markupReader
	grid
	merges
	row   int64 // number of the row, counted from 1
	value []byte
}

// next returns the next row that has a cell with something in it.
func (s *sheetRows) next(r *row) error {
	for {
		err := s.xml.next()
		if err == io.EOF {
			return io.EOF
		}
		if err != nil {
			return s.fault(err)
		}
		if s.xml.kind != openTag || string(s.xml.name) != "row" {
			continue
		}
		number, err := s.xml.attr("r")
		if err != nil {
			return s.fault(err)
		}
		s.row++
		if n, ok := shortNumber(number); ok && n > 0 {
			s.row = n
		}
		if err := s.cells(); err != nil {
			return s.fault(err)
		}
		if s.filled() {
			fields, err := s.fill(s.cut(), int(s.row-1))
			*r = row{fields: fields}
			return err
		}
	}
}

// shortNumber reads a number of at most nine digits.
func shortNumber(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' || n > 99_999_999 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

func (s *sheetRows) fault(err error) error {
	if err == errTokenTooLong {
		return tooLong(s.row)
	}
	return sheetFault(noEOF(err))
}

// cells reads to the end of a row.
func (s *sheetRows) cells() error {
	s.reset()
	column := 0
	for {
		if err := s.xml.next(); err != nil {
			return err
		}
		switch s.xml.kind {
		case closeTag:
			if string(s.xml.name) == "row" {
				return nil
			}
		case openTag:
			if string(s.xml.name) != "c" {
				continue
			}
			style, kind := -1, cellNumber
			for _, a := range s.xml.attrs {
				if len(a.name) != 1 {
					continue
				}
				switch a.name[0] {
				case 'r':
					if n := columnOf(a.raw); n >= 0 {
						column = n
					}
				case 's':
					if n, ok := shortNumber(a.raw); ok {
						style = int(n)
					}
				case 't':
					kind = kindOfCell(a.raw)
				}
			}
			if err := s.cell(); err != nil {
				return err
			}
			from := len(s.text)
			s.text = s.book.show(s.text, s.value, kind, style)
			if err := s.add(from, column, s.row); err != nil {
				return err
			}
			column++
		}
	}
}

// columnOf returns the column of a cell reference such as AB12, counted from
// 0; -1 if there is none.
func columnOf(ref []byte) int {
	column := 0
	for _, c := range ref {
		if c < 'A' || c > 'Z' || column > maxSheetColumns {
			break
		}
		column = column*26 + int(c-'A'+1)
	}
	return column - 1
}

// cell reads the text of <v> or <is> into value, to the end of the cell.
func (s *sheetRows) cell() error {
	s.value = s.value[:0]
	in := false
	for {
		if err := s.xml.next(); err != nil {
			return err
		}
		switch s.xml.kind {
		case openTag:
			name := string(s.xml.name)
			in = name == "v" || name == "t"
			if name == "rPh" {
				if err := s.xml.skip(); err != nil {
					return err
				}
			}
		case someText:
			if in {
				if s.value = append(s.value, s.xml.text...); len(s.value) > maxRecord {
					return errTokenTooLong
				}
			}
		case closeTag:
			if in = false; string(s.xml.name) == "c" {
				return nil
			}
		}
	}
}

type cellKind uint8

const (
	cellNumber  cellKind = iota
	cellShared           // the number of a shared string
	cellString           // text
	cellBoolean          // 0, 1
	cellAsIs             // errors, dates in ISO 8601
)

func kindOfCell(t []byte) cellKind {
	switch string(t) {
	case "s":
		return cellShared
	case "str", "inlineStr":
		return cellString
	case "b":
		return cellBoolean
	case "e", "d":
		return cellAsIs
	}
	return cellNumber
}

// show appends a cell's text: strings as they are, numbers with the digits
// that the file means, dates in ISO 8601.
func (b *workbook) show(dst, value []byte, kind cellKind, style int) []byte {
	switch kind {
	case cellShared:
		if n, ok := shortNumber(trimXMLSpace(value)); ok && n < int64(len(b.strings.all)) {
			dst = append(dst, b.strings.all[n]...)
		}
		return dst
	case cellString:
		return append(dst, unescape(value)...)
	case cellBoolean:
		value = bytes.TrimSpace(value)
		switch {
		case string(value) == "1" || string(value) == "true":
			return append(dst, "true"...)
		case len(value) == 0:
			return dst
		}
		return append(dst, "false"...)
	case cellAsIs:
		return append(dst, value...)
	}
	l := look{}
	if style >= 0 && style < len(b.looks) {
		l = b.looks[style]
	}
	return l.show(dst, bytes.TrimSpace(value), b.date1904)
}

// show appends the number written in value as it is meant.
func (l look) show(dst, value []byte, date1904 bool) []byte {
	if len(value) == 0 {
		return dst
	}
	n, ok := parseNumeral(value)
	if ok && l == (look{}) && !n.exponent && !n.point && !n.grouped && n.digits <= 15 {
		return append(dst, value...)
	}
	v, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return append(dst, value...)
	}
	if ok && !n.exponent && !n.point && !n.grouped && n.digits <= 15 && !l.date && !l.clock {
		return l.padded(dst, value, v)
	}
	return l.number(dst, v, date1904)
}

// number appends a number as it is meant.
func (l look) number(dst []byte, v float64, date1904 bool) []byte {
	if text, ok := l.moment(v, date1904); ok {
		return append(dst, text...)
	}
	if l.zeros == 0 {
		return plainNumber(dst, v)
	}
	return l.padded(dst, plainNumber(nil, v), v)
}

// padded appends text, filled up with the zeros of the number format.
func (l look) padded(dst, text []byte, v float64) []byte {
	if v >= 0 && v == math.Trunc(v) {
		for range l.zeros - len(text) {
			dst = append(dst, '0')
		}
	}
	return append(dst, text...)
}

// plainNumber writes the fewest digits that read back as v, without an
// exponent where that is short.
func plainNumber(dst []byte, v float64) []byte {
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e21) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// unescape turns _x000D_ into the character it stands for. Without one, text
// is returned as it is.
func unescape(text []byte) []byte {
	at := bytes.Index(text, []byte("_x"))
	if at < 0 {
		return text
	}
	var b []byte
	for at >= 0 {
		code, err := uint64(0), error(strconv.ErrSyntax)
		if len(text) >= at+7 && text[at+6] == '_' {
			code, err = strconv.ParseUint(string(text[at+2:at+6]), 16, 16)
		}
		b = append(b, text[:at]...)
		if err != nil || code == 0 {
			b, text = append(b, "_x"...), text[at+2:]
		} else {
			b, text = append(b, string(rune(code))...), text[at+7:]
		}
		at = bytes.Index(text, []byte("_x"))
	}
	return append(b, text...)
}
