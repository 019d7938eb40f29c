package intake

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
)

// sheetReader reads XLSX workbooks. It streams the sheet's XML itself, since
// only there a cell's value and its number format stand together.
type sheetReader struct{ book *workbook }

func (s *sheetReader) padded() bool { return true }

func (s *sheetReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	form := Recipe{Format: "xlsx"}
	if given != nil && given.Format != form.Format {
		return form, problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", form.Format)
	}
	var err error
	if s.book, err = openWorkbook(ctx, f); err != nil {
		return form, err
	}
	for _, sheet := range s.book.sheets {
		if given != nil && sheet.name != given.Sheet {
			continue
		}
		form.Sheet = sheet.name
		pass, err := s.open(f, form)
		if err != nil {
			return form, err
		}
		err = pass.next(&row{})
		switch {
		case err == nil:
			return form, nil
		case err != io.EOF:
			return form, err
		case given != nil:
			return form, problem.New(problem.Invalid, "intake.empty")
		}
	}
	if given != nil {
		return form, problem.New(problem.Invalid, "intake.sheet_missing", "sheet", given.Sheet)
	}
	return form, problem.New(problem.Invalid, "intake.empty")
}

func (s *sheetReader) open(_ *os.File, form Recipe) (rows, error) {
	for _, sheet := range s.book.sheets {
		if sheet.name == form.Sheet {
			text, err := s.book.entry(sheet.path)
			if err != nil {
				return nil, err
			}
			return &sheetRows{book: s.book, xml: xml.NewDecoder(text)}, nil
		}
	}
	return nil, fmt.Errorf("open sheet %q: not in the workbook", form.Sheet)
}

// sheetRows is one pass over a sheet.
type sheetRows struct {
	book   *workbook
	xml    *xml.Decoder
	row    int64  // number of the row, counted from 1
	text   []byte // of all cells of the row
	ends   []int  // of each cell in text
	fields [][]byte
}

// next returns the next row that has a cell with something in it.
func (s *sheetRows) next(r *row) error {
	for {
		token, err := s.xml.RawToken()
		if err == io.EOF {
			return io.EOF
		}
		if err != nil {
			return sheetFault(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "row" {
			if s.row++; attribute(start, "r") != "" {
				s.row, _ = strconv.ParseInt(attribute(start, "r"), 10, 64) // only for messages
			}
			filled, err := s.cells()
			if err != nil {
				return err
			}
			if filled {
				*r = row{fields: s.cut()}
				return nil
			}
		}
	}
}

func sheetFault(err error) error {
	if problem.As(err) != nil {
		return err
	}
	return problem.New(problem.Invalid, "intake.workbook_broken", "reason", err.Error())
}

func (s *sheetRows) cut() [][]byte {
	s.fields = s.fields[:0]
	from := 0
	for _, end := range s.ends {
		s.fields = append(s.fields, s.text[from:end:end])
		from = end
	}
	return s.fields
}

// cells reads to the end of a row.
func (s *sheetRows) cells() (filled bool, err error) {
	s.text, s.ends = s.text[:0], s.ends[:0]
	for {
		token, err := s.xml.RawToken()
		if err != nil {
			return false, sheetFault(noEOF(err))
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return filled, nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			place := attribute(t, "r")
			style, kind := attribute(t, "s"), attribute(t, "t")
			value, err := s.value()
			if err != nil {
				return false, err
			}
			if value = s.book.show(value, kind, style); value == "" {
				continue
			}
			if err := s.place(place); err != nil {
				return false, err
			}
			filled = true
			if s.text = append(s.text, value...); len(s.text) > maxRecord {
				return false, problem.New(problem.Invalid, "intake.record_too_long", "line", s.row, "mebibytes", maxRecord>>20)
			}
			s.ends = append(s.ends, len(s.text))
		}
	}
}

// place fills up to the column of a cell reference such as AB12.
func (s *sheetRows) place(ref string) error {
	column := 0
	for _, c := range []byte(ref) {
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A'+1); column > 1<<14 {
			return problem.New(problem.Invalid, "intake.workbook_broken", "reason", "cell "+ref)
		}
	}
	if column > 0 && column <= len(s.ends) {
		return problem.New(problem.Invalid, "intake.workbook_broken", "reason", "cell "+ref)
	}
	for len(s.ends) < column-1 {
		s.ends = append(s.ends, len(s.text))
	}
	return nil
}

// value returns the text of <v> or <is> and reads to the end of the cell.
func (s *sheetRows) value() (string, error) {
	var b strings.Builder
	in := ""
	for {
		token, err := s.xml.RawToken()
		if err != nil {
			return "", sheetFault(noEOF(err))
		}
		switch t := token.(type) {
		case xml.StartElement:
			in = t.Name.Local
			if in == "rPh" {
				if err := skip(s.xml, "rPh"); err != nil {
					return "", err
				}
			}
		case xml.CharData:
			if in == "v" || in == "t" {
				b.Write(t)
			}
		case xml.EndElement:
			if in = ""; t.Name.Local == "c" {
				return b.String(), nil
			}
		}
	}
}

// skip reads to the end of the element called name.
func skip(d *xml.Decoder, name string) error {
	for {
		token, err := d.RawToken()
		if err != nil {
			return sheetFault(noEOF(err))
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == name {
			return nil
		}
	}
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// show returns a cell's text: strings as they are, numbers with the digits
// that the file means, dates in ISO 8601.
func (b *workbook) show(value, kind, style string) string {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n >= len(b.strings) {
			return ""
		}
		return b.strings[n]
	case "str", "inlineStr":
		return unescape(value)
	case "b":
		if strings.TrimSpace(value) == "1" {
			return "true"
		}
		return "false"
	case "e", "d":
		return value
	}
	value = strings.TrimSpace(value)
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return value
	}
	look := look{}
	if n, err := strconv.Atoi(style); err == nil && n >= 0 && n < len(b.looks) {
		look = b.looks[n]
	}
	if text, ok := look.moment(v, b.date1904); ok {
		return text
	}
	text := value
	if n, ok := parseNumeral([]byte(value)); !ok || n.exponent || n.point || n.digits > 15 {
		text = plainNumber(v)
	}
	if pad := look.zeros - len(text); pad > 0 && v >= 0 && v == math.Trunc(v) {
		text = strings.Repeat("0", pad) + text
	}
	return text
}

// plainNumber writes the fewest digits that read back as v, without an
// exponent where that is short.
func plainNumber(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-9 || size >= 1e21) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// unescape turns _x000D_ into the character it stands for.
func unescape(text string) string {
	at := strings.Index(text, "_x")
	if at < 0 {
		return text
	}
	var b strings.Builder
	for at >= 0 {
		code, err := uint64(0), error(strconv.ErrSyntax)
		if len(text) >= at+7 && text[at+6] == '_' {
			code, err = strconv.ParseUint(text[at+2:at+6], 16, 16)
		}
		if err != nil || code == 0 {
			b.WriteString(text[:at+2])
			text = text[at+2:]
		} else {
			b.WriteString(text[:at])
			b.WriteRune(rune(code))
			text = text[at+7:]
		}
		at = strings.Index(text, "_x")
	}
	b.WriteString(text)
	return b.String()
}
