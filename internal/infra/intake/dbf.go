package intake

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

// dbfReader reads dBASE tables, also the attributes of a shapefile with its
// geometry (ESRI Shapefile Technical Description, 1998).
type dbfReader struct {
	layer    *layer // what stands beside the table; nil for nothing
	encoding string
	header   dbfHeader
	shape    *shapeForm
}

type dbfHeader struct {
	records int64
	start   int64 // of the first record
	length  int   // of a record, its mark included
	version byte
	driver  byte // language driver
	fields  []dbfField
}

type dbfField struct {
	name   []byte // as it stands
	kind   byte
	offset int // in the record
	length int
}

func (d *dbfReader) padded() bool { return false }

func (d *dbfReader) columns() (all []RecipeColumn) {
	types := map[byte]selection.Type{'D': selection.Date, 'L': selection.Boolean, 'I': selection.Integer, '+': selection.Integer, 'B': selection.Number, 'O': selection.Number, '@': selection.DateTime}
	for _, f := range d.header.fields {
		c := RecipeColumn{Source: string(d.decode(f.name)), Type: types[f.kind]}
		if f.memo() {
			if c.Type = ""; d.texts() {
				c.Type = selection.Text
			}
		}
		all = append(all, c)
	}
	for _, name := range d.shape.names() {
		all = append(all, RecipeColumn{Source: name})
	}
	return all
}

func (d *dbfReader) coordinates() *Coordinates { return d.shape.coordinates() }

// isDBF takes a file whose header describes exactly the bytes that it has.
func isDBF(head []byte, f *os.File) bool {
	if len(head) < 33 || !slices.Contains([]byte{0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8b, 0xcb, 0xf5}, head[0]) {
		return false
	}
	h, err := readDBFHeader(f)
	return err == nil && len(h.fields) > 0
}

func dbfBroken(reason string) error {
	return problem.New(problem.Invalid, "intake.dbf_broken", "reason", reason)
}

func readDBFHeader(f *os.File) (h dbfHeader, err error) {
	info, err := f.Stat()
	if err != nil {
		return h, fmt.Errorf("stat file: %w", err)
	}
	head := make([]byte, 32)
	if _, err := f.ReadAt(head, 0); err != nil {
		return h, dbfBroken("header")
	}
	h.records = int64(binary.LittleEndian.Uint32(head[4:]))
	h.start = int64(binary.LittleEndian.Uint16(head[8:]))
	h.length = int(binary.LittleEndian.Uint16(head[10:]))
	h.version, h.driver = head[0], head[29]
	if h.start < 65 || h.start > info.Size() || h.length < 2 {
		return h, dbfBroken("header")
	}
	rest := make([]byte, h.start-32)
	if _, err := f.ReadAt(rest, 32); err != nil {
		return h, dbfBroken("header")
	}
	offset := 1
	for len(rest) >= 32 && rest[0] != 0x0d {
		name, _, _ := bytes.Cut(rest[:11], []byte{0})
		one := dbfField{name: bytes.Clone(name), kind: rest[11], offset: offset, length: int(rest[16])}
		if one.kind == 'C' { // the decimals are the high byte of a long text
			one.length |= int(rest[17]) << 8
		}
		if one.length == 0 || offset+one.length > h.length || one.kind < '+' || one.kind > 'Z' {
			return h, dbfBroken("fields")
		}
		offset += one.length
		h.fields, rest = append(h.fields, one), rest[32:]
	}
	if len(rest) == 0 || rest[0] != 0x0d || len(h.fields) == 0 {
		return h, dbfBroken("fields")
	}
	if there := (info.Size() - h.start) / int64(h.length); there < h.records {
		return h, problem.New(problem.Invalid, "intake.dbf_cut", "want", h.records, "got", there)
	}
	return h, nil
}

func (d *dbfReader) look(_ context.Context, f *os.File, given *Recipe) (form Recipe, err error) {
	form = Recipe{Format: "dbf"}
	if d.layer != nil && d.layer.shp != nil {
		form.Format = "shapefile"
	}
	if err := sheetFormat(given, form.Format); err != nil {
		return form, err
	}
	if d.header, err = readDBFHeader(f); err != nil {
		return form, err
	}
	if given != nil {
		d.encoding = given.Encoding
	}
	if d.encoding == "" {
		if d.encoding, err = d.tell(f); err != nil {
			return form, err
		}
	}
	if !slices.Contains([]string{utf8Name, gb18030Name, big5Name}, d.encoding) {
		return form, problem.New(problem.Invalid, "intake.encoding_not_read", "encoding", d.encoding)
	}
	form.Encoding = d.encoding
	if form.Format == "shapefile" {
		var taken []string
		for _, of := range d.header.fields {
			taken = append(taken, string(d.decode(of.name)))
		}
		if d.shape, err = newShapeForm(d.layer, taken); err != nil {
			return form, err
		}
	}
	return form, tooMany(len(d.header.fields) + 4)
}

// tell finds the encoding: as the file beside says, as the driver says, else
// UTF-8 if every text is, else GB18030.
func (d *dbfReader) tell(f *os.File) (string, error) {
	if d.layer != nil {
		switch page := strings.ToUpper(strings.TrimSpace(d.layer.cpg)); {
		case strings.Contains(page, "UTF-8") || strings.Contains(page, "UTF8") || page == "65001":
			return utf8Name, nil
		case strings.Contains(page, "GB") || strings.HasSuffix(page, "936"):
			return gb18030Name, nil
		case strings.Contains(page, "BIG5") || strings.HasSuffix(page, "950"):
			return big5Name, nil
		}
	}
	switch d.header.driver {
	case 0x4d, 0x7a:
		return gb18030Name, nil
	case 0x4f, 0x78:
		return big5Name, nil
	}
	for _, of := range d.header.fields {
		if !validStart(of.name) {
			return gb18030Name, nil
		}
	}
	pass, memos := d.records(f), d.memos()
	for range 100_000 {
		record, err := pass.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		for _, of := range d.header.fields {
			text := record[of.offset : of.offset+of.length]
			if of.memo() && memos != nil {
				if text, _, err = memos.text(of, text); err != nil {
					return "", err
				}
			} else if of.kind != 'C' {
				continue
			}
			if !validStart(bytes.TrimRight(text, " \x00")) {
				return gb18030Name, nil
			}
		}
	}
	return utf8Name, nil
}

// validStart reports whether b is UTF-8, cut off perhaps within a character.
func validStart(b []byte) bool { return utf8.Valid(b[:len(b)-cutRune(b)]) }

// decode returns b as UTF-8. A character that the end of the field has cut off
// is left out; any other fault shows as U+FFFD.
func (d *dbfReader) decode(b []byte) []byte {
	var table transform.Transformer
	switch d.encoding {
	case gb18030Name:
		table = newGB18030()
	case big5Name:
		table = traditionalchinese.Big5.NewDecoder()
	default:
		return bytes.ToValidUTF8(b[:len(b)-cutRune(b)], replacement)
	}
	out, _, err := transform.Bytes(table, b)
	if err != nil {
		return replacement // no table of ours fails
	}
	return bytes.TrimSuffix(out, replacement)
}

// dbfRecords is one pass over the records that are not deleted.
type dbfRecords struct {
	r      io.Reader
	record []byte
	left   int64
	n      int64 // of the present record, counted from 1, deleted ones too
}

func (d *dbfReader) records(f *os.File) *dbfRecords {
	return &dbfRecords{r: newBlocks(f, d.header.start), record: make([]byte, d.header.length), left: d.header.records}
}

func (p *dbfRecords) next() ([]byte, error) {
	for p.left > 0 {
		p.left--
		p.n++
		if _, err := io.ReadFull(p.r, p.record); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		if p.record[0] != '*' {
			return p.record, nil
		}
	}
	return nil, io.EOF
}

func (d *dbfReader) open(f *os.File, _ Recipe) (rows, error) {
	pass := &dbfRows{d: d, records: d.records(f), memos: d.memos()}
	if d.shape != nil {
		pass.shapes = d.shape.open()
	}
	return pass, nil
}

// dbfRows is one pass: the names of the columns, then the records.
type dbfRows struct {
	d       *dbfReader
	records *dbfRecords
	shapes  *shapes
	memos   *memos // nil if there are no texts of memo fields
	texts   int    // bytes of them in the present record
	opened  bool
}

func (p *dbfRows) next(r *row) error {
	*r, p.texts = row{}, 0
	if !p.opened {
		p.opened = true
		for _, c := range p.d.columns() {
			r.fields = append(r.fields, []byte(c.Source))
		}
		return nil
	}
	record, err := p.records.next()
	if err != nil {
		return err
	}
	for _, of := range p.d.header.fields {
		b := record[of.offset : of.offset+of.length]
		if of.memo() && p.memos != nil {
			if err := p.memo(r, of, b); err != nil {
				return err
			}
			continue
		}
		cell := p.d.cell(of, b)
		switch r.fields = append(r.fields, cell); {
		case bytes.Contains(cell, replacement):
			r.code = "intake.text_unreadable"
		case bytes.IndexByte(cell, 0) >= 0:
			r.code = "intake.nul_in_cell"
		}
	}
	if p.shapes == nil {
		return nil
	}
	cells, code, err := p.shapes.at(p.records.n)
	r.fields, r.code = append(r.fields, cells...), cmp.Or(r.code, code)
	return err
}

// cell writes a value as text; what is no value stays as it stands.
func (d *dbfReader) cell(of dbfField, b []byte) []byte {
	text := bytes.Trim(b, " \x00")
	switch {
	case of.kind == 'C':
		return d.decode(bytes.TrimRight(b, " \x00"))
	case of.kind == 'L' && len(text) == 1:
		switch text[0] {
		case 'T', 't', 'Y', 'y':
			return []byte("true")
		case 'F', 'f', 'N', 'n':
			return []byte("false")
		case '?':
			return nil
		}
	case of.memo() && len(b) == 4:
		return pointer(b)
	case (of.kind == 'I' || of.kind == '+') && len(b) == 4:
		return strconv.AppendInt(nil, int64(int32(binary.LittleEndian.Uint32(b))), 10)
	case (of.kind == 'B' || of.kind == 'O') && len(b) == 8:
		return strconv.AppendFloat(nil, math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64)
	case of.kind == '@' && len(b) == 8:
		const julian1970 = 2_440_588
		day, milliseconds := int64(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint32(b[4:]))
		if day == 0 {
			return nil
		}
		return time.Unix((day-julian1970)*86400, milliseconds*1e6).UTC().AppendFormat(nil, "2006-01-02 15:04:05.999")
	case of.kind == 'D' && string(text) == "00000000":
		return nil
	}
	return d.decode(text)
}
