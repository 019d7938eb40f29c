package intake

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/problem"
)

// records reads a file with its reader alone: no header, no types.
func records(t testing.TB, path string, given *Recipe) (form Recipe, all [][]string, err error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := sniff(f)
	if err != nil {
		return Recipe{}, nil, err
	}
	form, err = r.look(t.Context(), f, given)
	if err != nil {
		return form, nil, err
	}
	for range 2 { // a pass cut short must not harm the next
		all = nil
		pass, err := r.open(f, form)
		if err != nil {
			return form, nil, err
		}
		var one row
		if err := pass.next(&one); err != nil {
			return form, nil, err
		}
		all = append(all, texts(one.fields))
		other, err := r.open(f, form)
		if err != nil {
			return form, nil, err
		}
		for pass = other; ; {
			err := pass.next(&one)
			if err == io.EOF {
				break
			}
			if err != nil {
				return form, nil, err
			}
			all = append(all, texts(one.fields))
		}
		if !slices.Equal(all[0], all[1]) {
			t.Errorf("two passes begin with %q and %q", all[0], all[1])
		}
		all = all[1:]
	}
	return form, all, nil
}

func lineUp(all [][]string) string {
	var lines []string
	for _, r := range all {
		lines = append(lines, strings.Join(r, "|"))
	}
	return strings.Join(lines, "\n")
}

func wantCode(t *testing.T, name string, err error, code string) {
	t.Helper()
	if p := problem.As(err); p == nil || p.Code != code {
		t.Errorf("%s: %v, want %s", name, err, code)
	}
}

func TestMergedRangesAreFilled(t *testing.T) {
	path := workbookFile(t, func(x *excelize.File) error {
		for i, r := range [][]any{
			{"上海市", nil, nil, nil},
			{"区", "人数", nil, "备注"},
			{nil, "男", "女", nil},
			{"徐汇区", 1, 2, "甲"},
			{nil, 3, 4, nil},
			{nil, nil, nil, nil},
			{nil, 5, 6, "自有"},
			{"长宁区", 7, 8, nil},
		} {
			if err := x.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &r); err != nil {
				return err
			}
		}
		for _, m := range [][2]string{{"A1", "D1"}, {"A2", "A3"}, {"B2", "C2"}, {"D2", "D3"}, {"A4", "A7"}, {"D4", "D6"}, {"E1", "XFD1"}, {"F1", "F1048576"}} {
			if err := x.MergeCell("Sheet1", m[0], m[1]); err != nil {
				return err
			}
		}
		// Excelize clears what a range covers; other programs keep it.
		return x.SetCellValue("Sheet1", "D7", "自有")
	})
	form, all, err := records(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := "上海市|上海市|上海市|上海市\n区|人数|人数|备注\n区|男|女|备注\n徐汇区|1|2|甲\n徐汇区|3|4|甲\n徐汇区|5|6|自有\n长宁区|7|8"
	if got := lineUp(all); got != want {
		t.Errorf("sheet %s:\n%s\nwant\n%s", form.Sheet, got, want)
	}
}

// A merge of everything, of many columns, of overlapping and unreadable ranges
// costs nothing.
func TestAbsurdMerges(t *testing.T) {
	rows := strings.Repeat(`<row><c t="str"><v>a</v></c><c/><c><v>1</v></c></row>`, 2000)
	for _, c := range []struct{ merges, second string }{
		{`<mergeCell ref="A1:XFD1048576"/>`, "a||1"},
		{`<mergeCell ref="B1:B99"/>`, "a||1"},
		{`<mergeCell ref="A1:AMK3"/>`, "a||1"},
		{`<mergeCell ref="A1:B3"/><mergeCell ref="B1:C9"/>`, "a|a|1"},
		{`<mergeCell ref="A1:B2"/><mergeCell ref="B1:D9"/><mergeCell ref="C1:D2"/><mergeCell ref="A2:C3"/>`, "a|a|1|1"},
		{`<mergeCell ref="A1:C2"/><mergeCell ref="C1:D9"/>`, "a|a|1"},
		{`<mergeCell ref="C2:A1"/><mergeCell ref="A1"/><mergeCell ref="A0:B2"/><mergeCell ref="1:2"/><mergeCell/><mergeCell ref="A99999999999:B2"/>`, "a||1"},
		{strings.Repeat(`<mergeCell ref="A1:B9"/>`, 9999), "a|a|1"},
	} {
		for _, prefix := range []string{"", "x:"} {
			merges := strings.ReplaceAll(c.merges, "<", "<"+prefix)
			path := handmade(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet>" + rows + "<" + prefix + `mergeCells count="9">` + merges + "</" + prefix + "mergeCells></worksheet>"})
			_, all, err := records(t, path, nil)
			if err != nil || len(all) != 2000 {
				t.Fatalf("%.60s: %d rows, %v", c.merges, len(all), err)
			}
			if got := strings.Join(all[0], "|"); got != c.second {
				t.Errorf("%.60s: %s, want %s", c.merges, got, c.second)
			}
		}
	}
	many := strings.Repeat(`<mergeCell ref="A1:B9"/>`, maxMerges+1)
	path := handmade(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet>" + rows + "<mergeCells>" + many + "</mergeCells></worksheet>"})
	_, _, err := records(t, path, nil)
	wantCode(t, "too many merges", err, "intake.unpacks_too_large")
}

func TestFillingIsBounded(t *testing.T) {
	m := merges{spans: []span{{0, 60000, 0, 999}}, used: maxFilled - 5000}
	for row := range 6 {
		fields, err := m.fill([][]byte{[]byte("a")}, row)
		if row == 5 {
			wantCode(t, "filled cells", err, "intake.unpacks_too_large")
		} else if err != nil || len(fields) != 1000 {
			t.Fatal(row, len(fields), err)
		}
	}
	m = merges{spans: []span{{0, 1, 0, 1000}}}
	_, err := m.fill([][]byte{bytes.Repeat([]byte("a"), 32767)}, 0)
	wantCode(t, "filled bytes", err, "intake.record_too_long")
}

func TestSheetWithTheTableIsChosen(t *testing.T) {
	path := workbookFile(t, func(x *excelize.File) error {
		for _, name := range []string{"数据", "代码", "底稿", "空"} {
			if _, err := x.NewSheet(name); err != nil {
				return err
			}
		}
		if err := x.SetSheetName("Sheet1", "封面"); err != nil {
			return err
		}
		for i := range 12 {
			if err := x.SetCellValue("封面", fmt.Sprint("A", i+1), "填报说明"); err != nil {
				return err
			}
		}
		for name, size := range map[string][2]int{"数据": {20, 4}, "代码": {30, 2}, "底稿": {100, 9}} {
			for r := range size[0] {
				for c := range size[1] {
					cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
					if err := x.SetCellValue(name, cell, fmt.Sprint(name, r, c)); err != nil {
						return err
					}
				}
			}
		}
		if err := x.MergeCell("封面", "A1", "Z12"); err != nil {
			return err
		}
		return x.SetSheetVisible("底稿", false)
	})
	for _, c := range []struct {
		given *Recipe
		sheet string
		code  string
	}{
		{nil, "数据", ""},
		{&Recipe{}, "数据", ""},
		{&Recipe{Format: "xlsx"}, "数据", ""},
		{&Recipe{Sheet: "代码"}, "代码", ""},
		{&Recipe{Sheet: "封面"}, "封面", ""},
		{&Recipe{Sheet: "底稿"}, "底稿", ""},
		{&Recipe{Sheet: "空"}, "", "intake.empty"},
		{&Recipe{Sheet: "没有"}, "", "intake.sheet_missing"},
		{&Recipe{Format: "csv"}, "", "intake.format_differs"},
	} {
		form, _, err := records(t, path, c.given)
		if c.code != "" {
			wantCode(t, fmt.Sprint(c.given), err, c.code)
		} else if err != nil || form.Sheet != c.sheet {
			t.Errorf("%v: %s, want %s, %v", c.given, form.Sheet, c.sheet, err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &sheetReader{}
	if _, err := r.look(t.Context(), f, nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.sheets(), " "); got != "封面 数据 代码 空 底稿" {
		t.Errorf("sheets %s", got)
	}
}

func TestSheetChoiceFallsBack(t *testing.T) {
	sizes := map[string]sheetSample{"hidden": {rows: 9, cells: 50}, "prose": {rows: 3}, "empty": {}}
	for _, c := range []struct{ tabs, want string }{
		{"empty prose hidden", "hidden"}, {"empty prose", "prose"}, {"prose prose", "prose"}, {"empty", "intake.empty"},
	} {
		var tabs []tab
		for _, name := range strings.Fields(c.tabs) {
			tabs = append(tabs, tab{name, name == "hidden"})
		}
		n, err := choose(t.Context(), tabs, nil, func(i int) (sheetSample, error) { return sizes[tabs[i].name], nil })
		if p := problem.As(err); p != nil && p.Code != c.want || p == nil && tabs[n].name != c.want {
			t.Errorf("%s: %d, %v", c.tabs, n, err)
		}
	}
}

// tokensOf lists the tokens of XML as encoding/xml sees them; ok is false for
// what it refuses, and for document type declarations.
func tokensOf(text []byte) (all []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			return all, true
		}
		if err != nil {
			return nil, false
		}
		switch t := t.(type) {
		case xml.StartElement:
			one := "<" + t.Name.Local
			for _, a := range t.Attr {
				one += " " + a.Name.Local + "=" + a.Value
			}
			all = append(all, one)
		case xml.EndElement:
			all = append(all, "</"+t.Name.Local)
		case xml.CharData:
			all = append(all, "="+string(t))
		case xml.Directive:
			return nil, false
		}
	}
}

func ourTokens(text []byte) (all []string, err error) {
	m := newMarkupReader(iotest{bytes.NewReader(text)})
	for {
		err := m.next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		switch m.kind {
		case openTag:
			one := "<" + string(m.name)
			for _, a := range m.attrs {
				v, err := m.decode(a.raw, true)
				if err != nil {
					return nil, err
				}
				one += " " + string(a.name) + "=" + string(v)
			}
			all = append(all, one)
		case closeTag:
			all = append(all, "</"+string(m.name))
		case someText:
			all = append(all, "="+string(m.text))
		}
	}
}

func FuzzMarkup(f *testing.F) {
	for _, s := range []string{
		`<a b="1" c:d='x>y'>t&amp;&#x4e2d;&#20013;<e/><![CDATA[<&]]>` + "\r\n\r</a >", `<?xml version="1.0" encoding="UTF-8"?><!-- c --><x:a/>`,
		`<a b = "&lt;"c='"'></a>`, `<a b=1>`, `<a`, `</a`, `<a b="`, `&`, `&#0;`, `<!-- `, `<![CDATA[]]`, `<>`, `< a>`, "\x00", "\xff", `<?xml encoding='gbk'?>`, `<a b='1' b='2'>]]&gt;`, "<?xml encoding`'abk'?>", `<?xml encoding=''bk'?>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want, ok := tokensOf(text)
		got, err := ourTokens(text)
		if !ok {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v, want %q", text, err, want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	})
}

// zipped packs parts as a workbook.
func zipped(parts ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: parts[i], Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, parts[i+1])
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// drain reads everything that a reader makes of a file. Only problems are
// allowed.
func drain(t *testing.T, r reader, content []byte) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	form, err := r.look(t.Context(), f, nil)
	var pass rows
	if err == nil {
		pass, err = r.open(f, form)
	}
	for n := 0; err == nil && n < 5000; n++ {
		var one row
		if err = pass.next(&one); err == nil && (len(one.fields) == 0 || len(one.fields) > maxSheetColumns) {
			t.Errorf("%d fields", len(one.fields))
		}
	}
	if err != nil && err != io.EOF && problem.As(err) == nil {
		t.Errorf("a fault: %v", err)
	}
}

func FuzzXLSX(f *testing.F) {
	const book = `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="一" r:id="a"/></sheets></workbook>`
	const styles = `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/><xf numFmtId="22"/></cellXfs></styleSheet>`
	f.Add(`<worksheet><sheetData><row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>44000.5</v></c></row><row r="3"><c r="C3" t="inlineStr"><is><t>x_x000D_</t></is></c></row></sheetData><mergeCells><mergeCell ref="A2:A3"/></mergeCells></worksheet>`, `<sst><si><t>a</t><rPh><t>b</t></rPh></si></sst>`)
	f.Add(`<row><c t="e"><v>#N/A</v></c><c t="b"><v>1</v></c><c t="d"><v>2020</v></c><c><v>1e5</v></c></row><mergeCells/>`, ``)
	f.Add(`<row r="0"/><row r="999999999999"><c r="XFD1"><v>1</v></c></row><mergeCell ref="A1:B2"/>`, `<si/>`)
	f.Fuzz(func(t *testing.T, sheet, shared string) {
		drain(t, &sheetReader{}, zipped("xl/workbook.xml", book, "xl/styles.xml", styles, "xl/sharedStrings.xml", shared,
			"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>`, "xl/worksheets/sheet1.xml", sheet))
	})
}

func BenchmarkXLSX(b *testing.B) {
	const lines = 100_000
	path := filepath.Join(b.TempDir(), "book.xlsx")
	x := excelize.NewFile()
	w, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	day, err := x.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		b.Fatal(err)
	}
	for i := range lines {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		err := w.SetRow(cell, []any{i, fmt.Sprintf("上海市某某区第%d小学", i), "徐汇区", float64(i) / 7, 121.4737 + float64(i)/1e6, 31.2304, excelize.Cell{StyleID: day, Value: 44000 + i%999}, "公办", i % 13, "说明文字"})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := x.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	measureRows(b, path, lines)
}

// measureRows reports rows a second of look and one pass.
func measureRows(b *testing.B, path string, lines int) {
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r, err := sniff(f)
		if err != nil {
			b.Fatal(err)
		}
		form, err := r.look(b.Context(), f, nil)
		if err != nil {
			b.Fatal(err)
		}
		pass, err := r.open(f, form)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		var one row
		for err = pass.next(&one); err == nil; err = pass.next(&one) {
			n++
		}
		if err != io.EOF || n != lines {
			b.Fatal(n, err)
		}
		f.Close()
	}
	b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
