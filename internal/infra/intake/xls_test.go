package intake

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"kaishu/internal/base/problem"
)

// oleFile packs one stream as an OLE2 file of 4,096 byte sectors: the
// directory, the allocation table, the stream.
func oleFile(name string, stream []byte) []byte {
	const sector, end, free = 4096, 0xfffffffe, 0xffffffff
	stream = append(stream, make([]byte, max(sector-len(stream), 0))...)
	sectors := (len(stream) + sector - 1) / sector
	tables := (sectors+1)/1000 + 1 // of 1,024 entries, its own among them
	le := binary.LittleEndian
	head := make([]byte, sector)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(head[24:], 0x3e)
	le.PutUint16(head[26:], 4)
	le.PutUint16(head[28:], 0xfffe)
	le.PutUint16(head[30:], 12)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[40:], 1)
	le.PutUint32(head[44:], uint32(tables))
	le.PutUint32(head[56:], 4096)
	le.PutUint32(head[60:], end)
	le.PutUint32(head[68:], end)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], free)
		if i < tables {
			le.PutUint32(head[76+4*i:], uint32(1+i))
		}
	}
	directory := make([]byte, sector)
	for i, e := range []struct {
		name  string
		kind  byte
		child uint32
		start uint32
		size  int
	}{{"Root Entry", 5, 1, end, 0}, {name, 2, free, uint32(1 + tables), len(stream)}} {
		b := directory[128*i:]
		for n, c := range utf16.Encode([]rune(e.name)) {
			le.PutUint16(b[2*n:], c)
		}
		le.PutUint16(b[64:], uint16(2*len(e.name)+2))
		b[66], b[67] = e.kind, 1
		le.PutUint32(b[68:], free)
		le.PutUint32(b[72:], free)
		le.PutUint32(b[76:], e.child)
		le.PutUint32(b[116:], e.start)
		le.PutUint64(b[120:], uint64(e.size))
	}
	for i := 2; i < 32; i++ {
		for _, at := range []int{68, 72, 76} {
			le.PutUint32(directory[128*i+at:], free)
		}
	}
	table := make([]byte, tables*sector)
	for i := range len(table) / 4 {
		next := uint32(free)
		switch {
		case i == 0 || i == tables+sectors:
			next = end
		case i <= tables:
			next = 0xfffffffd
		case i < tables+sectors:
			next = uint32(i + 1)
		}
		le.PutUint32(table[4*i:], next)
	}
	file := append(append(append(head, directory...), table...), stream...)
	return append(file, make([]byte, (sectors+1+tables+1)*sector-len(file))...)
}

// rec makes a record of numbers in their size, bytes and text of one byte a
// character.
func rec(kind uint16, parts ...any) []byte {
	var body []byte
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			body = append(body, p...)
		case string:
			body = append(body, p...)
		default:
			body, _ = binary.Append(body, binary.LittleEndian, p)
		}
	}
	head := binary.LittleEndian.AppendUint16(nil, kind)
	return append(binary.LittleEndian.AppendUint16(head, uint16(len(body))), body...)
}

// cellRec makes a record of a cell.
func cellRec(kind uint16, row, column, style int, parts ...any) []byte {
	return rec(kind, append([]any{uint16(row), uint16(column), uint16(style)}, parts...)...)
}

func utf16Bytes(text string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// text8 is a string of BIFF8 with a length of two bytes.
func text8(text string) []byte {
	w := utf16Bytes(text)
	return append([]byte{byte(len(w) / 2), byte(len(w) / 2 >> 8), 1}, w...)
}

type xlsSheet struct {
	name    string
	state   byte
	kind    byte
	records [][]byte
}

// xlsStream makes the stream of a workbook.
func xlsStream(version int, globals [][]byte, sheets ...xlsSheet) []byte {
	begin := func(kind int) []byte { return rec(biffBegin, uint16(version), uint16(kind), make([]byte, 12)) }
	bound := func(s xlsSheet, offset int) []byte {
		if version == 0x500 {
			return rec(biffBoundSheet, uint32(offset), s.state, s.kind, byte(len(s.name)), s.name)
		}
		w := utf16Bytes(s.name)
		return rec(biffBoundSheet, uint32(offset), s.state, s.kind, byte(len(w)/2), byte(1), w)
	}
	head := append(begin(5), bytes.Join(globals, nil)...)
	at := len(head) + 4
	for _, s := range sheets {
		at += len(bound(s, 0))
	}
	var tail []byte
	for _, s := range sheets {
		head = append(head, bound(s, at+len(tail))...)
		tail = append(tail, begin(16)...)
		tail = append(append(tail, bytes.Join(s.records, nil)...), rec(biffEnd)...)
	}
	return append(append(head, rec(biffEnd)...), tail...)
}

func writeXLS(t testing.TB, stream string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.xls")
	if err := os.WriteFile(path, oleFile(stream, content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sst makes the records of three shared strings: the second is cut between its
// characters, goes on with another width and a third; the third is rich.
func sst() []byte {
	first := rec(biffSST, uint32(3), uint32(3), text8("甲"), uint16(8), byte(1), utf16Bytes("中文"))
	second := rec(biffContinue, byte(0), "abc")
	third := rec(biffContinue, byte(1), utf16Bytes("𠮷末"), uint16(4), byte(0x0c), uint16(2), uint32(5), "ri")
	fourth := rec(biffContinue, byte(0), "ch", make([]byte, 3))
	return bytes.Join([][]byte{first, second, third, fourth, rec(biffContinue, make([]byte, 10))}, nil)
}

func TestXLSRecords(t *testing.T) {
	formatted := [][]byte{
		rec(biffFormat, uint16(164), text8("00000")), rec(biffFormat, uint16(165), text8(`yyyy"年"m"月"`)),
		rec(biffXF, uint16(0), uint16(0)), rec(biffXF, uint16(0), uint16(14)), rec(biffXF, uint16(0), uint16(164)), rec(biffXF, uint16(0), uint16(165)),
	}
	text := uint64(0xffff) << 48
	label := func(row, column int, s string) []byte { return cellRec(biffLabel, row, column, 0, text8(s)) }
	for _, c := range []struct {
		name    string
		globals [][]byte
		records [][]byte
		want    string
	}{
		{"shared strings over records", [][]byte{sst()}, [][]byte{cellRec(biffLabelSST, 0, 0, 0, uint32(1)), cellRec(biffLabelSST, 0, 1, 0, uint32(0)), cellRec(biffLabelSST, 0, 2, 0, uint32(2))}, "中文abc𠮷末|甲|rich"},
		{"a shared string that is not there", [][]byte{sst()}, [][]byte{cellRec(biffLabelSST, 0, 0, 0, uint32(3))}, "intake.workbook_broken"},
		{"numbers of 30 bits", nil, [][]byte{
			cellRec(biffRK, 0, 0, 0, uint32(123<<2|2)), cellRec(biffRK, 0, 1, 0, uint32(12345<<2|3)), cellRec(biffRK, 0, 2, 0, uint32(0xfffffffe&^1)),
			cellRec(biffRK, 0, 3, 0, uint32(math.Float64bits(1.5)>>32)), cellRec(biffRK, 0, 4, 0, uint32(math.Float64bits(150)>>32)|1),
		}, "123|123.45|-1|1.5|1.5"},
		{"several in a record, blanks, styles", formatted, [][]byte{
			rec(biffMulRK, uint16(3), uint16(1), uint16(2), uint32(7<<2|2), uint16(1), uint32(43831<<2|2), uint16(2)), rec(0x00be, uint16(3), uint16(3), uint16(0), uint16(0), uint16(4)),
			cellRec(biffNumber, 3, 6, 3, 43862.0), cellRec(biffNumber, 3, 7, 99, 0.1),
		}, "|00007|2020-01-01||||2020-02-01|0.1"},
		{"dates from 1904", append(formatted, rec(biffDateMode, uint16(1))), [][]byte{cellRec(biffNumber, 0, 0, 1, 42369.0)}, "2020-01-01"},
		{"truth and errors", nil, [][]byte{
			cellRec(biffBoolErr, 0, 0, 0, byte(1), byte(0)), cellRec(biffBoolErr, 0, 1, 0, byte(0), byte(0)), cellRec(biffBoolErr, 0, 2, 0, byte(0x2a), byte(1)), cellRec(biffBoolErr, 0, 3, 0, byte(7), byte(1)), cellRec(biffBoolErr, 0, 4, 0, byte(0x77), byte(1)),
		}, "true|false|#N/A|#DIV/0!"},
		{"formulas", nil, [][]byte{
			cellRec(biffFormula, 0, 0, 0, 2.5, "rest"), cellRec(biffFormula, 0, 1, 0, text, "rest"), rec(0x04bc, "shared"), rec(biffString, text8("文")),
			cellRec(biffFormula, 0, 2, 0, text|1|1<<16), cellRec(biffFormula, 0, 3, 0, text|2|0x2a<<16), cellRec(biffFormula, 0, 4, 0, text|3), cellRec(biffNumber, 0, 5, 0, 6.0), rec(biffString, text8("verirrt")),
		}, "2.5|文|true|#N/A||6"},
		{"a long text goes on", nil, [][]byte{
			cellRec(biffFormula, 0, 0, 0, text), rec(biffString, uint16(9000), byte(0), strings.Repeat("a", 8000)), rec(biffContinue, byte(0), strings.Repeat("b", 1000)), cellRec(biffRString, 1, 0, 0, text8("富"), uint16(0)),
		}, strings.Repeat("a", 8000) + strings.Repeat("b", 1000) + "\n富"},
		{"merged ranges", nil, [][]byte{
			label(0, 0, "题"), label(1, 0, "区"), label(1, 1, "x"), label(2, 1, "y"), label(4, 1, "z"),
			rec(biffMerged, uint16(3), uint16(0), uint16(0), uint16(0), uint16(2), uint16(1), uint16(3), uint16(0), uint16(0), uint16(0), uint16(65535), uint16(0), uint16(255)),
		}, "题|题|题\n区|x\n区|y\n|z"},
		{"rows and cells in no order", nil, [][]byte{label(2, 1, "c"), label(0, 1, "b"), label(0, 0, "a"), label(2, 0, "d"), rec(biffMerged, uint16(1), uint16(0), uint16(2), uint16(1), uint16(2))}, "a|b|b\nd|c|b"},
		{"a cell twice", nil, [][]byte{label(0, 0, "a"), label(0, 0, "b")}, "intake.workbook_broken"},
		{"a chart within", nil, [][]byte{label(0, 0, "a"), rec(biffBegin, uint16(0x600), uint16(32)), label(0, 0, "no"), rec(biffEnd), label(0, 1, "b")}, "a|b"},
		{"nothing", nil, nil, "intake.empty"},
		{"a password", [][]byte{rec(biffFilePass, uint16(1))}, [][]byte{label(0, 0, "a")}, "intake.encrypted"},
		{"half a cell", nil, [][]byte{rec(biffNumber, uint16(0), uint16(0))}, "intake.workbook_broken"},
		{"half a number", nil, [][]byte{cellRec(biffNumber, 0, 0, 0, uint32(1))}, "intake.workbook_broken"},
		{"half a text", nil, [][]byte{cellRec(biffLabel, 0, 0, 0, uint16(9), byte(1), "abc")}, "intake.workbook_broken"},
		{"half a style", [][]byte{rec(biffXF, uint16(1))}, [][]byte{label(0, 0, "a")}, "intake.workbook_broken"},
		{"half a merge", nil, [][]byte{label(0, 0, "a"), rec(biffMerged, uint16(2), uint16(0))}, "intake.workbook_broken"},
		{"half the strings", [][]byte{rec(biffSST, uint32(2), uint32(2), uint16(4), byte(0), "ab")}, [][]byte{label(0, 0, "a")}, "intake.workbook_broken"},
	} {
		path := writeXLS(t, "Workbook", xlsStream(0x600, c.globals, xlsSheet{name: "表", records: c.records}))
		form, all, err := records(t, path, nil)
		if strings.HasPrefix(c.want, "intake.") {
			wantCode(t, c.name, err, c.want)
			continue
		}
		if err != nil || form.Sheet != "表" {
			t.Errorf("%s: sheet %s, %v", c.name, form.Sheet, err)
		} else if got := lineUp(all); got != c.want {
			t.Errorf("%s: %.200q, want %.200q", c.name, got, c.want)
		}
	}
}

func TestOldXLS(t *testing.T) {
	chinese := func(row, column int, s string) []byte {
		return cellRec(biffLabel, row, column, 0, uint16(len(s)), s)
	}
	sheet := xlsSheet{name: "\xb1\xed", records: [][]byte{
		chinese(0, 0, "\xc7\xf8\xcf\xd8"), chinese(0, 1, "n"), cellRec(biffRString, 1, 0, 0, uint16(4), "\xd0\xec\xbb\xe3", byte(0)),
		cellRec(biffNumber, 1, 1, 1, 43831.0), cellRec(biffFormula, 2, 0, 0, uint64(0xffff)<<48), rec(biffString, uint16(2), "\xbb\xe3"),
	}}
	globals := [][]byte{rec(biffCodePage, uint16(936)), rec(biffFormat, uint16(164), byte(10), "yyyy-mm-dd"), rec(biffXF, uint16(0), uint16(0)), rec(biffXF, uint16(0), uint16(164))}
	form, all, err := records(t, writeXLS(t, "Book", xlsStream(0x500, globals, sheet)), nil)
	if got := lineUp(all); err != nil || form.Sheet != "表" || got != "区县|n\n徐汇|2020-01-01\n汇" {
		t.Errorf("BIFF5: sheet %s, %q, %v", form.Sheet, got, err)
	}
	globals[0] = rec(biffCodePage, uint16(1361))
	_, _, err = records(t, writeXLS(t, "Book", xlsStream(0x500, globals, sheet)), nil)
	wantCode(t, "unknown code page", err, "intake.workbook_broken")
	_, _, err = records(t, writeXLS(t, "Workbook", xlsStream(0x700, nil, sheet)), nil)
	wantCode(t, "unknown version", err, "intake.format_not_read")
	for stream, format := range map[string]string{"WordDocument": "DOC", "PowerPoint Document": "PPT", "Contents": "OLE2"} {
		_, _, err := records(t, writeXLS(t, stream, nil), nil)
		wantCode(t, stream, err, "intake.format_not_read")
		if p := problem.As(err); p != nil && p.Args["format"] != format {
			t.Errorf("%s: %v, want %s", stream, p.Args, format)
		}
	}
	path := filepath.Join(t.TempDir(), "old.xls")
	if err := os.WriteFile(path, []byte("\x09\x04\x06\x00\x00\x04\x10\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = records(t, path, nil)
	wantCode(t, "Excel 4", err, "intake.format_not_read")
}

func TestXLSSheets(t *testing.T) {
	cell := func(row, column int) []byte {
		return cellRec(biffNumber, row, column, 0, float64(row*10+column))
	}
	path := writeXLS(t, "Workbook", xlsStream(0x600, nil,
		xlsSheet{name: "封面", records: [][]byte{cell(0, 0), cell(1, 0), cell(2, 0)}},
		xlsSheet{name: "图", kind: 2, records: [][]byte{cell(0, 0), cell(0, 1), cell(0, 2)}},
		xlsSheet{name: "底稿", state: 1, records: [][]byte{cell(0, 0), cell(0, 1), cell(0, 2)}},
		xlsSheet{name: "数据", records: [][]byte{cell(0, 0), cell(0, 1), cell(1, 0)}}))
	for sheet, want := range map[string]string{"": "0|1\n10", "封面": "0\n10\n20", "底稿": "0|1|2"} {
		_, all, err := records(t, path, &Recipe{Sheet: sheet})
		if got := lineUp(all); err != nil || got != want {
			t.Errorf("%s: %q, %v", sheet, got, err)
		}
	}
	_, _, err := records(t, path, &Recipe{Sheet: "图"})
	wantCode(t, "a chart", err, "intake.sheet_missing")
}

// A file cut short anywhere, or with any byte changed, is refused or read.
func TestXLSCutAnywhere(t *testing.T) {
	content := oleFile("Workbook", xlsStream(0x600, [][]byte{sst()}, xlsSheet{name: "a", records: [][]byte{cellRec(biffLabelSST, 0, 0, 0, uint32(1)), cellRec(biffRK, 0, 1, 0, uint32(6))}}))
	for i := 0; i < len(content); i += 997 {
		drain(t, &xlsReader{}, content[:i])
	}
	for i := 0; i < 12700; i += 7 {
		content[i] ^= 0xff
		drain(t, &xlsReader{}, content)
		content[i] ^= 0xff
	}
}

func FuzzXLS(f *testing.F) {
	f.Add(sst(), cellRec(biffLabelSST, 0, 0, 0, uint32(1)))
	f.Add(rec(biffXF, uint16(0), uint16(14)), append(cellRec(biffRK, 0, 0, 0, uint32(1<<2)), rec(biffMerged, uint16(1), uint16(0), uint16(3), uint16(0), uint16(3))...))
	f.Add(rec(biffFormat, uint16(164), text8("0000")), append(cellRec(biffFormula, 0, 0, 0, uint64(0xffff)<<48), rec(biffString, text8("a"))...))
	f.Add(rec(biffCodePage, uint16(936)), append(cellRec(biffLabel, 5, 0, 0, text8("a")), rec(biffMulRK, uint16(3), uint16(1), uint16(2), uint32(7), uint16(1), uint32(4), uint16(2))...))
	f.Fuzz(func(t *testing.T, globals, sheet []byte) {
		for _, version := range []int{0x600, 0x500} {
			drain(t, &xlsReader{}, oleFile("Workbook", xlsStream(version, [][]byte{globals}, xlsSheet{name: "a", records: [][]byte{sheet}})))
		}
	})
}

func FuzzOLE(f *testing.F) {
	f.Add(oleFile("Workbook", xlsStream(0x600, nil, xlsSheet{name: "a", records: [][]byte{cellRec(biffRK, 0, 0, 0, uint32(6))}})))
	f.Fuzz(func(t *testing.T, content []byte) { drain(t, &xlsReader{}, content) })
}

func BenchmarkXLS(b *testing.B) {
	var sheet [][]byte
	for row := range 60_000 {
		for column := range 4 {
			sheet = append(sheet, cellRec(biffLabel, row, column, 0, text8(fmt.Sprintf("上海市第%d小学", row))), cellRec(biffNumber, row, column+4, 0, float64(row)/7))
		}
	}
	path := filepath.Join(b.TempDir(), "book.xls")
	if err := os.WriteFile(path, oleFile("Workbook", xlsStream(0x600, nil, xlsSheet{name: "a", records: sheet})), 0o600); err != nil {
		b.Fatal(err)
	}
	measureRows(b, path, 60_000)
}
