package intake

import (
	"bytes"
	"io"
	"strconv"

	"kaishu/internal/base/problem"
)

// odsRows is one pass over a sheet of an ODS file, from behind its opening tag.
type odsRows struct {
	xml *markupReader
	grid
	merges
	spread bool  // merged ranges are to be filled
	row    int64 // counted from 0, of the next row
	again  int64 // how many times more the row in grid comes
	ended  bool
	value  []byte // attribute of the cell
	shown  []byte // its paragraphs
}

func (o *odsRows) next(r *row) error {
	for o.again == 0 {
		if o.ended {
			return io.EOF
		}
		if err := o.step(); err != nil {
			if err == errTokenTooLong {
				return tooLong(o.row + 1)
			}
			return sheetFault(noEOF(err))
		}
	}
	o.again--
	fields, err := o.fill(o.cut(), int(o.row))
	o.row++
	if o.used += int64(len(fields)); o.used > maxFilled && o.again > 0 {
		return problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	*r = row{fields: fields}
	return err
}

// step reads on to the next row with something in it, or to the end.
func (o *odsRows) step() error {
	if err := o.xml.next(); err != nil {
		return err
	}
	if o.xml.kind == closeTag && string(o.xml.name) == "table" {
		o.ended = true
	}
	if o.xml.kind != openTag {
		return nil
	}
	switch string(o.xml.name) {
	case "table", "shapes", "named-expressions", "desc":
		return o.xml.skip()
	case "table-row":
		n, err := o.count("number-rows-repeated")
		if err != nil {
			return err
		}
		if err := o.cells(); err != nil {
			return err
		}
		if o.filled() {
			o.again = n
		} else {
			o.row += n
		}
	}
	return nil
}

// count returns how often something is repeated, or over how many it goes; 1
// if the tag does not say. What no sheet can hold is as much as it can.
func (o *odsRows) count(name string) (int64, error) {
	v, err := o.xml.attr(name)
	if err != nil || v == nil {
		return 1, err
	}
	n, err := strconv.ParseUint(string(trimXMLSpace(v)), 10, 32)
	if err != nil || n > 1<<24 {
		n = 1 << 24
	}
	return max(int64(n), 1), nil
}

// cells reads to the end of a row.
func (o *odsRows) cells() error {
	o.reset()
	o.spans, o.merges.next = o.spans[:0], 0 // those of rows above are taken up, or never will be
	column := int64(0)
	for {
		if err := o.xml.next(); err != nil {
			return err
		}
		name := string(o.xml.name)
		switch {
		case o.xml.kind == closeTag && name == "table-row":
			return nil
		case o.xml.kind == openTag && (name == "table-cell" || name == "covered-table-cell"):
			n, err := o.count("number-columns-repeated")
			if err != nil {
				return err
			}
			if err := o.span(column); err != nil {
				return err
			}
			if err := o.cell(column, n); err != nil {
				return err
			}
			column += n
		}
	}
}

// span takes up that a cell goes over several columns or rows.
func (o *odsRows) span(column int64) error {
	columns, err := o.count("number-columns-spanned")
	if err != nil {
		return err
	}
	rows, err := o.count("number-rows-spanned")
	if err != nil || !o.spread || columns*rows == 1 || column > maxSheetColumns {
		return err
	}
	s := span{top: int(o.row), bottom: int(o.row + rows - 1), left: int(column), right: int(column + columns - 1)}
	o.spans, err = addSpan(o.spans, s)
	return err
}

// cell reads a cell that stands n times in the row from column on.
func (o *odsRows) cell(column, n int64) error {
	kind := ""
	for _, a := range o.xml.attrs {
		if string(a.name) == "value-type" && string(a.prefix) != "calcext" {
			kind = string(a.raw)
		}
	}
	name := "value"
	switch kind {
	case "date", "time", "boolean", "string":
		name = kind + "-value"
	}
	value, err := o.xml.attr(name)
	if err != nil {
		return err
	}
	o.value = append(o.value[:0], value...)
	if err := o.paragraphs(); err != nil {
		return err
	}
	from := len(o.text)
	o.text = odsText(o.text, kind, o.value, o.shown)
	text := o.text[from:]
	if len(text) == 0 {
		return nil
	}
	if column+n > maxSheetColumns {
		return broken("row " + itoa(o.row+1) + ", column " + itoa(column+n))
	}
	for i := range n {
		if i > 0 {
			from = len(o.text)
			o.text = append(o.text, text...)
		}
		if err := o.add(from, int(column+i), o.row+1); err != nil {
			return err
		}
	}
	return nil
}

// paragraphs reads the text of a cell to the cell's end. Paragraphs stand in
// lines of their own; notes and pictures are no text of the cell.
func (o *odsRows) paragraphs() error {
	o.shown = o.shown[:0]
	depth, blank, any := 0, true, false // of the paragraph; after a blank; after a paragraph
	for {
		if err := o.xml.next(); err != nil {
			return err
		}
		if len(o.shown) > maxRecord {
			return errTokenTooLong
		}
		switch o.xml.kind {
		case someText:
			if depth > 0 {
				blank = o.words(o.xml.text, blank)
			}
		case closeTag:
			switch string(o.xml.name) {
			case "table-cell", "covered-table-cell":
				return nil
			case "p", "h":
				if depth--; depth == 0 && blank {
					o.shown = bytes.TrimSuffix(o.shown, []byte(" "))
				}
			}
		case openTag:
			switch string(o.xml.name) {
			case "p", "h":
				if depth++; any {
					o.shown = append(o.shown, '\n')
				}
				blank, any = true, true
			case "s":
				n, err := o.count("c")
				if err != nil {
					return err
				}
				o.shown, blank = append(o.shown, bytes.Repeat([]byte(" "), int(min(n, maxCellText)))...), false
			case "tab":
				o.shown, blank = append(o.shown, '\t'), false
			case "line-break":
				o.shown, blank = append(o.shown, '\n'), true
			case "annotation", "frame", "table", "shapes", "ruby-text", "note", "custom-shape", "g", "control", "detective":
				if err := o.xml.skip(); err != nil {
					return err
				}
			}
		}
	}
}

// maxCellText is the most characters that spreadsheets keep in a cell.
const maxCellText = 32767

// words appends text with single blanks. blank says that one stands before it,
// and returns whether one ends it.
func (o *odsRows) words(text []byte, blank bool) bool {
	for _, c := range text {
		space := isXMLSpace(c)
		switch {
		case !space:
			o.shown = append(o.shown, c)
		case !blank:
			o.shown = append(o.shown, ' ')
		}
		blank = space
	}
	return blank
}

// odsText appends a cell's text: the value where the cell has one, in ISO 8601
// if it is a day or a time; a number with leading zeros as it is shown.
func odsText(dst []byte, kind string, value, shown []byte) []byte {
	if len(value) == 0 {
		return append(dst, shown...)
	}
	switch kind {
	case "float", "currency", "percentage":
		if len(shown) > 1 && shown[0] == '0' && bytes.Equal(bytes.TrimLeft(shown, "0"), value) {
			return append(dst, shown...)
		}
		return look{}.show(dst, value, false)
	case "date":
		return appendODSDate(dst, value, shown)
	case "time":
		return appendODSTime(dst, value, shown)
	}
	return append(dst, value...)
}

// appendODSDate appends a day, or an instant without a zone. Midnight is an
// instant only if it is shown.
func appendODSDate(dst, value, shown []byte) []byte {
	day, clock, ok := bytes.Cut(bytes.TrimSuffix(value, []byte("Z")), []byte("T"))
	if !ok {
		return append(dst, day...)
	}
	if bytes.IndexByte(clock, '.') >= 0 {
		clock = bytes.TrimSuffix(bytes.TrimRight(clock, "0"), []byte("."))
	}
	if string(clock) == "00:00:00" && bytes.IndexByte(shown, ':') < 0 {
		return append(dst, day...)
	}
	return append(append(append(dst, day...), 'T'), clock...)
}

// appendODSTime appends PT08H30M00S as 08:30:00, and what is no time of day as
// it is shown.
func appendODSTime(dst, value, shown []byte) []byte {
	parts := [3][]byte{}
	rest, ok := bytes.CutPrefix(value, []byte("PT"))
	for i, unit := range []byte("HMS") {
		var found bool
		if parts[i], rest, found = bytes.Cut(rest, []byte{unit}); !found {
			ok = false
		}
	}
	seconds, fraction, _ := bytes.Cut(parts[2], []byte("."))
	hour, a := shortNumber(parts[0])
	minute, b := shortNumber(parts[1])
	second, c := shortNumber(seconds)
	if !ok || !a || !b || !c || len(rest) > 0 || hour > 23 || minute > 59 || second > 59 {
		return append(dst, shown...)
	}
	dst = append(appendDigits(dst, int(hour), 2), ':')
	dst = append(appendDigits(dst, int(minute), 2), ':')
	dst = appendDigits(dst, int(second), 2)
	if fraction = bytes.TrimRight(fraction, "0"); len(fraction) > 0 {
		dst = append(append(dst, '.'), fraction[:min(len(fraction), 3)]...)
	}
	return dst
}
