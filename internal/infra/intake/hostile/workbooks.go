package hostile

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

const (
	types    = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
	rels     = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	book     = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>`
	bookRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
	cells    = `<row r="1"><c r="A1" t="inlineStr"><is><t>区</t></is></c><c r="B1" t="inlineStr"><is><t>数</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>静安</t></is></c><c r="B2"><v>1</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>黄浦</t></is></c><c r="B3"><v>2</v></c></row>`
)

// xlsx packs a sheet and its shared strings; prolog stands before the sheet.
func xlsx(prolog, sheet, shared string) []byte {
	body := prolog + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + sheet + `</worksheet>`
	return zipped(entry{name: "[Content_Types].xml", body: []byte(types)}, entry{name: "_rels/.rels", body: []byte(rels)}, entry{name: "xl/workbook.xml", body: []byte(book)},
		entry{name: "xl/_rels/workbook.xml.rels", body: []byte(bookRels)}, entry{name: "xl/worksheets/sheet1.xml", body: []byte(body)},
		entry{name: "xl/sharedStrings.xml", body: []byte(`<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + shared + `</sst>`)})
}

func ods(content string) []byte {
	return zipped(entry{name: "mimetype", body: []byte("application/vnd.oasis.opendocument.spreadsheet")}, entry{name: "content.xml", body: []byte(
		`<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>` + content + `</office:spreadsheet></office:body></office:document-content>`)})
}

const odsRows = `<table:table-row><table:table-cell><text:p>区</text:p></table:table-cell><table:table-cell><text:p>数</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell><text:p>静安</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>`

func laughs() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">`)
	for i := range 30 {
		fmt.Fprintf(&b, `<!ENTITY a%d "&a%d;&a%d;">`, i+1, i, i)
	}
	return b.String() + `]>`
}

func workbooks(add func(string, ...File)) {
	data := func(rows string) string { return "<sheetData>" + rows + "</sheetData>" }
	entity := `<row r="9"><c r="A9" t="inlineStr"><is><t>&a30;</t></is></c></row>`
	add("xml-bomb", File{Make: func() []byte { return xlsx(laughs(), data(cells+entity), "") }, Loads: true},
		File{Make: func() []byte {
			return xlsx(`<!DOCTYPE x [<!ENTITY a30 SYSTEM "file:///etc/passwd">]>`, data(cells+entity), "")
		}, Loads: true},
		File{Make: func() []byte { return xlsx("", data(cells+strings.Repeat("<x>", 1_000_000)), "") }, Loads: true},
		File{Make: func() []byte {
			return ods(`<!DOCTYPE x>` + `<table:table table:name="s">` + odsRows + `<table:table-row>&a30;</table:table-row></table:table>`)
		}, Loads: true})
	long := "<si><t>" + strings.Repeat("长", 30_000) + "</t></si>"
	add("shared-strings", File{Slow: true, Loads: true, Make: func() []byte {
		return xlsx("", data(cells+strings.Repeat(`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 2)+`</row>`, 20_000)), long)
	}}, File{Loads: true, Make: func() []byte {
		return xlsx("", data(cells+`<row>`+strings.Repeat(`<c t="s"><v>0</v></c>`, 4000)+`</row>`), long)
	}}, File{Loads: true, Make: func() []byte {
		return xlsx("", data(cells+`<row><c t="s"><v>99999999999</v></c><c t="s"><v>-1</v></c></row>`), long)
	}}, File{Loads: true, Make: func() []byte { return xlsx("", data(cells), strings.Repeat("<si><t>x</t></si>", 3_000_000)) }})
	add("cells", File{Make: func() []byte {
		var b strings.Builder
		for i := range 16_384 {
			fmt.Fprintf(&b, `<c><v>%d</v></c>`, i)
		}
		return xlsx("", data("<row>"+b.String()+"</row><row>"+b.String()+"</row>"), "")
	}, Codes: []string{"intake.too_many_columns"}},
		File{Loads: true, Make: func() []byte { return xlsx("", data(cells+`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`), "") }},
		File{Loads: true, Make: func() []byte {
			return xlsx("", data(cells+`<row r="99999999999999"><c r="XFD1"><v>1</v></c></row>`), "")
		}},
		File{Loads: true, Make: func() []byte { return xlsx("", data(cells+`<row><c r="ZZZZZZZZ1"><v>1</v></c></row>`), "") }},
		File{Loads: true, Make: func() []byte {
			return xlsx("", data(cells)+`<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>`, "")
		}},
		File{Loads: true, Make: func() []byte {
			return xlsx("", data(cells)+`<mergeCells>`+strings.Repeat(`<mergeCell ref="A2:B1048576"/>`, 100_000)+`</mergeCells>`, "")
		}},
		File{Loads: true, Make: func() []byte {
			return xlsx("", data(cells+`<row><c><v>1e999</v></c><c t="e"><v>#REF!</v></c><c t="b"><v>7</v></c><c t="d"><v>9999999-99-99</v></c></row>`), "")
		}})
	row := `<table:table table:name="s">` + odsRows
	add("repeats", File{Slow: true, Loads: true, Make: func() []byte {
		return ods(row + `<table:table-row table:number-rows-repeated="1000000000"><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>`)
	}},
		File{Loads: true, Make: func() []byte {
			return ods(row + `<table:table-row><table:table-cell table:number-columns-repeated="1000000000"><text:p>x</text:p></table:table-cell></table:table-row></table:table>`)
		}},
		File{Loads: true, Make: func() []byte {
			return ods(row + `<table:table-row table:number-rows-repeated="1000000000"><table:table-cell table:number-columns-repeated="1000000000"/></table:table-row></table:table>`)
		}},
		File{Loads: true, Make: func() []byte {
			return ods(row + `<table:table-row><table:table-cell><text:p><text:s text:c="2000000000"/></text:p></table:table-cell></table:table-row></table:table>`)
		}},
		File{Make: func() []byte { return ods(strings.Repeat(`<table:table table:name="s"/>`, 20_000)) }})
	add("parts", File{Make: fixed(zipped(entry{name: "xl/workbook.xml", body: []byte(book)}))}, File{Make: fixed(zipped(entry{name: "[Content_Types].xml", body: []byte(types)}, entry{name: "xl/workbook.xml", body: []byte(book)}, entry{name: "xl/_rels/workbook.xml.rels", body: []byte(strings.ReplaceAll(bookRels, "worksheets/sheet1.xml", "../../../../etc/passwd"))}))},
		File{Loads: true, Make: fixed(zipped(entry{name: "xl/workbook.bin", body: []byte("x")}))}, File{Loads: true, Make: fixed(zipped(entry{name: "word/document.xml", body: []byte("x")}))}, File{Make: fixed(zipped(entry{name: "content.xml", body: nil}))}, File{Loads: true, Make: fixed(zipped(entry{name: "encrypted-package", body: []byte("x")}))})
}

// compound is an OLE2 file of a header and sectors of 512 bytes.
func compound(header func(h []byte), sectors ...[]byte) []byte {
	h := make([]byte, 512)
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(h[at:], v) }
	binary.LittleEndian.PutUint16(h[24:], 0x3e)
	binary.LittleEndian.PutUint16(h[26:], 3)
	binary.LittleEndian.PutUint16(h[28:], 0xfffe)
	binary.LittleEndian.PutUint16(h[30:], 9)
	binary.LittleEndian.PutUint16(h[32:], 6)
	put(44, 1)
	put(48, 1) // first sector of the directory
	put(56, 4096)
	put(60, 0xfffffffe)
	put(68, 0xfffffffe)
	for at := 76; at < 512; at += 4 {
		put(at, 0xffffffff)
	}
	put(76, 0)
	if header != nil {
		header(h)
	}
	for _, s := range sectors {
		h = append(h, append(s, make([]byte, 512-len(s))...)...)
	}
	return h
}

func fat(next ...uint32) []byte {
	b := make([]byte, 512)
	for i := range 128 {
		v := uint32(0xffffffff)
		if i < len(next) {
			v = next[i]
		}
		binary.LittleEndian.PutUint32(b[4*i:], v)
	}
	return b
}

func stream(name string, kind byte, left, right, child, start, size uint32) []byte {
	b := make([]byte, 128)
	for i, u := range utf16.Encode([]rune(name)) {
		binary.LittleEndian.PutUint16(b[2*i:], u)
	}
	binary.LittleEndian.PutUint16(b[64:], uint16(2*len([]rune(name))+2))
	b[66], b[67] = kind, 1
	for at, v := range map[int]uint32{68: left, 72: right, 76: child, 116: start, 120: size} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	return b
}

func compounds(add func(string, ...File)) {
	const none, end, special = 0xffffffff, 0xfffffffe, 0xfffffffd
	root := func(child uint32) []byte { return stream("Root Entry", 5, none, none, child, end, 0) }
	join := func(all ...[]byte) (b []byte) {
		for _, s := range all {
			b = append(b, s...)
		}
		return b
	}
	deep := func(n int) []byte { // a directory that is one long branch
		var sectors [][]byte
		chain := []uint32{special}
		for at := 0; at < n; at += 4 {
			var s []byte
			for i := at; i < at+4; i++ {
				if i == 0 {
					s = append(s, root(1)...)
				} else {
					s = append(s, stream(fmt.Sprintf("s%d", i), 2, none, uint32(i+1), none, end, 0)...)
				}
			}
			sectors, chain = append(sectors, s), append(chain, uint32(len(chain)+1))
		}
		chain[len(chain)-1] = end
		return compound(nil, append([][]byte{fat(chain...)}, sectors...)...)
	}
	add("ole2", File{Codes: []string{"intake.encrypted"}, Make: fixed(compound(nil, fat(special, end), join(root(1), stream("EncryptedPackage", 2, none, none, none, end, 0))))},
		File{Make: fixed(compound(nil, fat(special, 1), join(root(1))))},                                                                                                      // directory without end
		File{Make: fixed(compound(nil, fat(special, end), join(root(1), stream("Workbook", 2, 1, 1, 1, end, 5000))))},                                                         // its own child
		File{Make: fixed(compound(nil, fat(special, end, 2), join(root(1), stream("Workbook", 2, none, none, none, 2, 0xffffffff))))},                                         // stream in a circle
		File{Make: fixed(compound(nil, fat(special, end, 77777), join(root(1), stream("Workbook", 2, none, none, none, 2, 1<<30))))},                                          // beyond the file
		File{Make: fixed(compound(func(h []byte) { binary.LittleEndian.PutUint32(h[44:], 0xffffffff) }, fat(special, end), root(none)))},                                      // sectors of the table
		File{Make: fixed(compound(func(h []byte) { binary.LittleEndian.PutUint32(h[68:], 0); binary.LittleEndian.PutUint32(h[72:], 1<<30) }, fat(special, end), root(none)))}, // table of tables in a circle
		File{Make: fixed(compound(func(h []byte) { binary.LittleEndian.PutUint16(h[30:], 31) }, fat(special, end), root(none)))},                                              // sectors of 2 GiB
		File{Make: func() []byte { return deep(480) }},
		File{Make: said("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")})
}

// bases are good files of each format, to be damaged.
func bases() []File {
	json := `[{"区":"静安","数":1},{"区":"黄浦","数":2.5,"备注":null}]`
	return []File{
		{Kind: "csv", Make: said(strings.Repeat(table, 20))}, {Kind: "gb18030", Make: said(strings.Repeat(gbk, 20))}, {Kind: "utf16", Make: func() []byte {
			b := []byte("\xff\xfe")
			for _, u := range utf16.Encode([]rune(strings.Repeat(table, 10))) {
				b = binary.LittleEndian.AppendUint16(b, u)
			}
			return b
		}},
		{Kind: "json", Make: said(json)}, {Kind: "ndjson", Make: said(strings.Repeat("{\"区\":\"静安\",\"数\":1}\n", 20))}, {Kind: "html", Make: said("<html><table><tr><td>区<td>数<tr><td>静安<td>1<tr><td>黄浦<td>2</table></html>")},
		{Kind: "xlsx", Make: func() []byte { return xlsx("", "<sheetData>"+cells+"</sheetData>", "") }}, {Kind: "ods", Make: func() []byte { return ods(`<table:table table:name="s">` + odsRows + `</table:table>`) }},
		{Kind: "parquet", Make: fixed(parquet)}, {Kind: "zip", Make: fixed(zipped(entry{name: "t.csv", body: []byte(table)}))}, {Kind: "gzip", Make: func() []byte { return gzipped(strings.NewReader(table)) }},
		{Kind: "arrow", Make: fixed(arrows)},
	}
}
