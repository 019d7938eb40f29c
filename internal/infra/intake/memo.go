package intake

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
)

// A memo field holds the number of a block in a file beside the table (.dbt of
// dBASE, .fpt of FoxPro), where its text begins.
const (
	memoHeader = 512  // bytes of the header, and of a block of dBASE III
	memoEnd    = 0x1a // ends a text of dBASE III
	memoMark   = "\xff\xff\x08\x00"
)

// memo reports whether the field is such a number. A "B" is one in dBASE 5 and
// a number of eight bytes in FoxPro.
func (of dbfField) memo() bool {
	return of.kind == 'M' || of.kind == 'G' || of.kind == 'P' || of.kind == 'B' && of.length == 10
}

// texts reports whether the texts of memo fields are there.
func (d *dbfReader) texts() bool { return d.layer != nil && d.layer.memo != nil }

// remarks says what of the table is not in the rows.
func (d *dbfReader) remarks() (all []Word) {
	var without []string
	for _, of := range d.header.fields {
		if of.memo() && !d.texts() {
			without = append(without, string(d.decode(of.name)))
		}
	}
	if len(without) > 0 {
		all = append(all, word("intake.says_memo_missing", "columns", strings.Join(without, "  ")))
	}
	return append(all, d.shape.remarks()...)
}

// pointer returns the digits of a number of four bytes; none for nothing.
func pointer(b []byte) []byte {
	if n := binary.LittleEndian.Uint32(b); n > 0 {
		return strconv.AppendUint(nil, uint64(n), 10)
	}
	return nil
}

// memos is one pass over the texts of memo fields. Each block belongs to one
// record, so a pass reads no more than the file holds; a table whose records
// share blocks over and over is a bomb.
type memos struct {
	f      *os.File
	size   int64
	block  int64 // bytes; 0 if the file does not say
	foxPro bool
	ended  bool // a text has an end and no length, as in dBASE III
	left   int64
}

// memos begins a pass, nil if there are no texts.
func (d *dbfReader) memos() *memos {
	if !d.texts() {
		return nil
	}
	m := &memos{f: d.layer.memo, foxPro: d.layer.foxPro, block: memoHeader}
	info, err := m.f.Stat()
	if err != nil {
		return m // as if it were empty
	}
	m.size = info.Size()
	m.left = max(freeRatio, 4*m.size)
	head := make([]byte, memoHeader)
	if _, err := m.f.ReadAt(head, 0); err != nil {
		return m
	}
	switch version := d.header.version; {
	case m.foxPro:
		m.block = int64(binary.BigEndian.Uint16(head[6:]))
	case version == 0x02 || version == 0x03 || version == 0x83:
		m.ended = true
	default:
		if n := int64(binary.LittleEndian.Uint16(head[20:])); n > 0 {
			m.block = n
		}
	}
	return m
}

const (
	memoUnreadable = "intake.memo_unreadable"
	memoNoText     = "intake.memo_no_text"
	memoTooLong    = "intake.memo_too_long"
)

// text returns the text that a field points to, or why there is none: a
// problem for the whole file only when it is a bomb.
func (m *memos) text(of dbfField, b []byte) (text []byte, code string, err error) {
	digits := bytes.Trim(b, " \x00")
	if of.length == 4 {
		digits = pointer(b)
	}
	if len(bytes.Trim(digits, "0")) == 0 {
		return nil, "", nil
	}
	n, err := strconv.ParseUint(string(digits), 10, 32)
	at := int64(n) * m.block
	switch {
	case err != nil || at < memoHeader || at >= m.size:
		return nil, memoUnreadable, nil
	case of.kind != 'M':
		return nil, memoNoText, nil
	case m.ended:
		text, code, err = m.until(at)
	default:
		text, code, err = m.counted(at)
	}
	if m.left -= int64(len(text)); m.left < 0 {
		return nil, "", problem.New(problem.Invalid, "intake.dbf_broken", "reason", "memo: one text of many records")
	}
	if code != "" {
		text = nil
	}
	return text, code, err
}

// counted reads a text whose block says how long it is.
func (m *memos) counted(at int64) (text []byte, code string, err error) {
	head := make([]byte, 8)
	if _, err := m.f.ReadAt(head, at); err == io.EOF {
		return nil, memoUnreadable, nil
	} else if err != nil {
		return nil, "", fmt.Errorf("read memo: %w", err)
	}
	size := int64(0)
	if m.foxPro {
		if binary.BigEndian.Uint32(head) != 1 {
			return nil, memoNoText, nil
		}
		size = int64(binary.BigEndian.Uint32(head[4:]))
	} else {
		if string(head[:4]) != memoMark {
			return nil, memoUnreadable, nil
		}
		size = int64(binary.LittleEndian.Uint32(head[4:])) - 8 // it counts itself
	}
	switch {
	case size < 0 || size > m.size-at-8:
		return nil, memoUnreadable, nil
	case size > maxRecord:
		return nil, memoTooLong, nil
	}
	text = make([]byte, size)
	if _, err := m.f.ReadAt(text, at+8); err != nil && (err != io.EOF || size > 0) {
		return nil, "", fmt.Errorf("read memo: %w", err)
	}
	return text, "", nil
}

// until reads a text up to its end. What has none is read all the same, so it
// counts as read.
func (m *memos) until(at int64) (text []byte, code string, err error) {
	for len(text) <= maxRecord {
		piece := make([]byte, min(memoHeader<<min(len(text)/memoHeader, 6), m.size-at))
		if len(piece) == 0 {
			break
		}
		if _, err := m.f.ReadAt(piece, at); err != nil {
			return text, "", fmt.Errorf("read memo: %w", err)
		}
		if i := bytes.IndexByte(piece, memoEnd); i >= 0 {
			return append(text, piece[:i]...), "", nil
		}
		text, at = append(text, piece...), at+int64(len(piece))
	}
	if len(text) > maxRecord {
		return text, memoTooLong, nil
	}
	return text, memoUnreadable, nil
}

// memo adds the text that a field points to. Where there is none to read, the
// cell is set aside as the number that stands in the table.
func (p *dbfRows) memo(r *row, of dbfField, b []byte) error {
	text, code, err := p.memos.text(of, b)
	if err != nil {
		return err
	}
	cell := p.d.decode(bytes.TrimRight(text, "\x00"))
	switch {
	case code != "":
	case bytes.Contains(cell, replacement):
		code = "intake.text_unreadable"
	case bytes.IndexByte(cell, 0) >= 0:
		code = "intake.nul_in_cell"
	case p.texts+len(cell) > maxRecord:
		code = memoTooLong
	default:
		p.texts += len(cell)
	}
	if code != "" {
		for len(r.codes) < len(r.fields) {
			r.codes = append(r.codes, "")
		}
		r.codes = append(r.codes, code)
		if cell = p.d.decode(bytes.Trim(b, " \x00")); len(b) == 4 {
			cell = pointer(b)
		}
	}
	r.fields = append(r.fields, cell)
	return nil
}
