package intake

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
)

// xlsRows is one pass over the sheet of an XLS file. A row ends where the next
// cell stands in another one, or further left.
type xlsRows struct {
	book *xlsBook
	in   *biff
	grid
	merges
	seen    []span // merged ranges met so far
	row     int    // counted from 0
	depth   int    // of charts within the sheet
	held    bool   // the record read last belongs to the row to come
	pending int    // column of a formula whose text comes next; -1 if none does
	ended   bool
}

func (b *xlsBook) pass(f *os.File, n int) (*xlsRows, error) {
	in, err := newBiff(f, b.offsets[n])
	if err != nil {
		return nil, err
	}
	if _, err := in.begin(); err != nil {
		return nil, sheetFault(err)
	}
	return &xlsRows{book: b, in: in, pending: -1}, nil
}

func (x *xlsRows) next(r *row) error {
	x.reset()
	for !x.ended {
		if !x.held {
			if err := x.in.next(); err != nil {
				return sheetFault(noEOF(err))
			}
		}
		x.held = false
		whole, err := x.record()
		if err != nil {
			return sheetFault(err)
		}
		if whole {
			break
		}
	}
	if !x.filled() {
		return io.EOF
	}
	fields, err := x.fill(x.cut(), x.row)
	*r = row{fields: fields}
	return err
}

// record takes up a record; whole is true if it belongs to the next row.
func (x *xlsRows) record() (whole bool, err error) {
	kind, body := x.in.kind, x.in.body
	switch {
	case kind == biffBegin:
		x.depth++
	case kind == biffEnd:
		x.depth--
		x.ended = x.depth < 0
	case x.depth > 0:
	case kind == biffFilePass:
		return false, fmt.Errorf("FILEPASS")
	case kind == biffMerged:
		return false, x.merged(body)
	case kind == biffString:
		return false, x.formulaText()
	case isCellRecord(kind):
		if len(body) < 6 {
			return false, errRecordShort
		}
		line, column := le16(body), le16(body[2:])
		if x.filled() && (line != x.row || column < len(x.ends)) {
			x.held = true
			return true, nil
		}
		x.row, x.pending = line, -1
		return false, x.cell(kind, column, body)
	}
	return false, nil
}

func isCellRecord(kind uint16) bool {
	switch kind {
	case biffLabelSST, biffLabel, biffRString, biffNumber, biffRK, biffMulRK, biffBoolErr, biffFormula:
		return true
	}
	return false
}

// cell takes up a record that begins with row, column and style.
func (x *xlsRows) cell(kind uint16, column int, body []byte) error {
	style, value := le16(body[4:]), body[6:]
	from := len(x.text)
	switch kind {
	case biffMulRK:
		for body = body[4:]; len(body) >= 8; body = body[6:] { // at the end stands the last column
			from := len(x.text)
			x.number(float64OfRK(binary.LittleEndian.Uint32(body[2:])), le16(body))
			if err := x.add(from, column, int64(x.row)+1); err != nil {
				return err
			}
			column++
		}
		return nil
	case biffRK:
		if len(value) < 4 {
			return errRecordShort
		}
		x.number(float64OfRK(binary.LittleEndian.Uint32(value)), style)
	case biffNumber:
		if len(value) < 8 {
			return errRecordShort
		}
		x.number(math.Float64frombits(binary.LittleEndian.Uint64(value)), style)
	case biffLabelSST:
		if len(value) < 4 {
			return errRecordShort
		}
		n := binary.LittleEndian.Uint32(value)
		if int64(n) >= int64(len(x.book.strings.all)) {
			return fmt.Errorf("string %d of %d", n, len(x.book.strings.all))
		}
		x.text = append(x.text, x.book.strings.all[n]...)
	case biffLabel, biffRString:
		x.in.body = value
		if err := x.string(); err != nil {
			return err
		}
	case biffBoolErr:
		if len(value) < 2 {
			return errRecordShort
		}
		x.boolErr(value[0], value[1] != 0)
	case biffFormula:
		if len(value) < 8 {
			return errRecordShort
		}
		x.formula(column, value[:8], style)
	}
	return x.add(from, column, int64(x.row)+1)
}

func (x *xlsRows) string() error {
	text, err := x.book.text(x.in, 2)
	x.text = append(x.text, text...)
	return err
}

func (x *xlsRows) number(v float64, style int) {
	if !math.IsInf(v, 0) && !math.IsNaN(v) {
		x.text = x.book.look(style).number(x.text, v, x.book.date1904)
	}
}

func (x *xlsRows) boolErr(v byte, isErr bool) {
	words := map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0f: "#VALUE!", 0x17: "#REF!", 0x1d: "#NAME?", 0x24: "#NUM!", 0x2a: "#N/A", 0x2b: "#GETTING_DATA"}
	switch {
	case isErr:
		x.text = append(x.text, words[v]...)
	case v == 0:
		x.text = append(x.text, "false"...)
	default:
		x.text = append(x.text, "true"...)
	}
}

// formula takes up the result of a formula. Text follows in a record of its
// own.
func (x *xlsRows) formula(column int, result []byte, style int) {
	if !bytes.Equal(result[6:], []byte{0xff, 0xff}) {
		x.number(math.Float64frombits(binary.LittleEndian.Uint64(result)), style)
		return
	}
	switch result[0] {
	case 0:
		x.pending = column
	case 1:
		x.boolErr(result[2], false)
	case 2:
		x.boolErr(result[2], true)
	}
}

func (x *xlsRows) formulaText() error {
	if x.pending < 0 {
		return nil
	}
	from, column := len(x.text), x.pending
	x.pending = -1
	if err := x.string(); err != nil {
		return err
	}
	return x.add(from, column, int64(x.row)+1)
}

// merged takes up ranges of rows and columns.
func (x *xlsRows) merged(body []byte) (err error) {
	n := le16(body)
	if len(body) < 2+8*n {
		return errRecordShort
	}
	for body = body[2:]; n > 0; n, body = n-1, body[8:] {
		s := span{top: le16(body), bottom: le16(body[2:]), left: le16(body[4:]), right: le16(body[6:])}
		if x.seen, err = addSpan(x.seen, s); err != nil {
			return err
		}
	}
	return nil
}

// float64OfRK unpacks a number of 30 bits: an integer or the first bits of a
// double, both perhaps to be divided by 100.
func float64OfRK(rk uint32) float64 {
	v := float64(int32(rk) >> 2)
	if rk&2 == 0 {
		v = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		v /= 100
	}
	return v
}
