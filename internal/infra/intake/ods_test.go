package intake

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

const odsMime = "application/vnd.oasis.opendocument.spreadsheet"

func writeODS(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "book.ods")
	if err := os.WriteFile(path, zipped(parts...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// odsContent makes the content of a workbook of one sheet from its rows, in
// which r, c and p stand for the tags.
func odsContent(rows string) string {
	rows = strings.NewReplacer("<r", "<table:table-row", "</r>", "</table:table-row>", "<c", "<table:table-cell", "</c>", "</table:table-cell>",
		"<p", "<text:p", "</p>", "</text:p>", "<v", "<table:covered-table-cell", "</v>", "</table:covered-table-cell>", " n=", " table:number-columns-repeated=", " m=", " table:number-rows-repeated=",
		" across=", " table:number-columns-spanned=", " down=", " table:number-rows-spanned=", " type=", " office:value-type=").Replace(rows)
	return `<office:document-content><office:body><office:spreadsheet><table:table table:name="表">` + rows + `</table:table></office:spreadsheet></office:body></office:document-content>`
}

func TestODSCells(t *testing.T) {
	for _, c := range []struct{ name, rows, want string }{
		{"kinds of values", `<r><c type="float" office:value="1.50"><p>1,5</p></c><c type="percentage" office:value="0.125"><p>12.5%</p></c><c type="currency" office:value="3"><p>¥3</p></c><c type="boolean" office:boolean-value="true"><p>WAHR</p></c><c type="string" office:string-value="ganz"><p>halb</p></c><c><p>ohne</p></c><c calcext:value-type="error" type="string" office:string-value=""><p>#N/A</p></c><c type="float" office:value="42"><p>000042</p></c></r>`, "1.5|0.125|3|true|ganz|ohne|#N/A|000042"},
		{"days and times", `<r><c type="date" office:date-value="2020-05-14"><p>14.5.20</p></c><c type="date" office:date-value="2020-05-14T10:30:00.250000000"/><c type="date" office:date-value="2020-05-14T00:00:00.000Z"><p>14.5.20</p></c><c type="date" office:date-value="2020-05-14T00:00:00"><p>0:00</p></c><c type="time" office:time-value="PT08H30M05.5000S"><p>8:30</p></c><c type="time" office:time-value="PT26H00M00S"><p>26:00:00</p></c><c type="time" office:time-value="P1D"><p>x</p></c></r>`, "2020-05-14|2020-05-14T10:30:00.25|2020-05-14|2020-05-14T00:00:00|08:30:05.5|26:00:00|x"},
		{"paragraphs and blanks", `<r><c type="string"><p> a  b<text:s text:c="3"/>c<text:span>d</text:span><text:tab/>e
 </p><p/><p>f<text:line-break/> g&amp;</p><office:annotation><p>Notiz</p></office:annotation><draw:frame><p>Bild</p></draw:frame></c></r>`, "a b   cd\te\n\nf\ng&"},
		{"repeated", `<r><c n="2"/><c type="float" office:value="7" n="3"/><c n="16379"/></r><r m="1048000"><c n="16384"/></r><r m="3"><c type="string"><p>x</p></c></r><r m="1048573"/>`, "||7|7|7\nx\nx\nx"},
		{"merged", `<r><c type="string" across="3"><p>题</p></c><v n="2"/></r><r><c type="string" down="4"><p>区</p></c><c type="string"><p>a</p></c></r><r><v/><c type="string"><p>b</p></c></r><r m="2"><v/><c/></r><r><v><p>alt</p></v><c type="string"><p>c</p></c></r><r><c/><c type="string" across="16384" down="1048576"><p>d</p></c></r><r><c/><c/><c><p>e</p></c></r>`, "题|题|题\n区|a\n区|b\nalt|c\n|d\n||e"},
		{"groups of rows, a table within", `<table:table-header-rows><r><c><p>a</p></c></r></table:table-header-rows><table:table-row-group><r table:visibility="collapse"><c><p>b</p><table:table><r><c><p>innen</p></c></r></table:table></c></r></table:table-row-group><table:shapes><table:table><r><c><p>Form</p></c></r></table:table></table:shapes><r><c><p>c</p></c></r>`, "a\nb\nc"},
		{"too many filled columns", `<r><c n="16385"><p>a</p></c></r>`, "intake.workbook_broken"},
		{"endless text", `<r><c n="16000"><p>` + strings.Repeat("a", 9000) + `</p></c></r>`, "intake.record_too_long"},
		{"a million full rows", `<r m="1048576"><c n="16384"><p>a</p></c></r>`, "intake.unpacks_too_large"},
		{"many blanks", `<r><c><p>` + strings.Repeat(`<text:s text:c="999999999"/>`, 200) + `.</p></c></r>`, "intake.record_too_long"},
		{"nothing", `<r m="1048576"><c n="1024"/></r>`, "intake.empty"},
		{"cut short", `<r><c><p>a</p></c></r><r><c`, "intake.workbook_broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			form, all, err := records(t, writeODS(t, "mimetype", odsMime, "content.xml", odsContent(c.rows)), nil)
			if strings.HasPrefix(c.want, "intake.") {
				wantCode(t, c.name, err, c.want)
			} else if got := lineUp(all); err != nil || got != c.want || form.Sheet != "表" {
				t.Errorf("sheet %s: %.300q, want %q, %v", form.Sheet, got, c.want, err)
			}
		})
	}
}

func TestODSSheets(t *testing.T) {
	table := func(name, style, rows string) string {
		return odsContent("</table:table>" + `<table:table table:name="` + name + `" table:style-name="` + style + `">` + rows)
	}
	inner := func(s string) string {
		_, s, _ = strings.Cut(s, `</table:table>`)
		s, _, _ = strings.Cut(s, "</office:spreadsheet>")
		return s
	}
	row := func(cells ...string) string {
		return "<r><c><p>" + strings.Join(cells, "</p></c><c><p>") + "</p></c></r>"
	}
	content := `<office:document-content><office:automatic-styles><style:style style:name="ta1"><style:table-properties table:display="true"/></style:style><style:style style:name="ta2"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>` +
		`<table:tracked-changes><table:table><table:table-row/></table:table></table:tracked-changes>` +
		inner(table("封面", "ta1", row("题")+row("说明")+row("更多")+row("还有"))) + inner(table("底稿", "ta2", row("a", "b", "c", "d"))) + inner(table("数据", "ta1", row("x", "y")+`<r><c><p>1</p><table:table><r><c/></r></table:table></c></r>`)) +
		`</office:spreadsheet></office:body></office:document-content>`
	path := writeODS(t, "content.xml", content)
	for sheet, want := range map[string]string{"": "x|y\n1", "封面": "题\n说明\n更多\n还有", "底稿": "a|b|c|d", "数据": "x|y\n1"} {
		_, all, err := records(t, path, &Recipe{Sheet: sheet})
		if got := lineUp(all); err != nil || got != want {
			t.Errorf("%s: %q, %v", sheet, got, err)
		}
	}
	_, _, err := records(t, path, &Recipe{Sheet: "没有"})
	wantCode(t, "no such sheet", err, "intake.sheet_missing")
	_, _, err = records(t, path, &Recipe{Format: "xlsx"})
	wantCode(t, "other format", err, "intake.format_differs")
}

func TestODSRefused(t *testing.T) {
	content := odsContent(`<r><c><p>a</p></c></r>`)
	for _, c := range []struct {
		code, format string
		parts        []string
	}{
		{"intake.encrypted", "", []string{"mimetype", odsMime, "content.xml", "\x00\x01", "META-INF/manifest.xml", `<!DOCTYPE m><manifest:manifest><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`}},
		{"intake.encrypted", "", []string{"mimetype", odsMime, "encrypted-package", "\x00"}},
		{"intake.format_not_read", "ODT", []string{"mimetype", "application/vnd.oasis.opendocument.text", "content.xml", content}},
		{"intake.format_not_read", "ODP", []string{"mimetype", "application/vnd.oasis.opendocument.presentation", "content.xml", content}},
		{"intake.format_not_read", "OpenOffice 1", []string{"mimetype", "application/vnd.sun.xml.calc", "content.xml", content}},
		{"intake.workbook_broken", "", []string{"content.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}},
		{"intake.workbook_broken", "", []string{"content.xml", "<a>&b;</a>"}},
		{"intake.empty", "", []string{"content.xml", "<a/>"}},
	} {
		_, _, err := records(t, writeODS(t, c.parts...), nil)
		wantCode(t, c.parts[1], err, c.code)
		if p := problem.As(err); p != nil && c.format != "" && p.Args["format"] != c.format {
			t.Errorf("%v: %v", c.parts[:2], p.Args)
		}
	}
}

func FuzzODS(f *testing.F) {
	f.Add(odsContent(`<r><c type="float" office:value="1.50" n="3"><p>1,5</p></c><c type="date" office:date-value="2020-05-14T10:30:00"/></r>`))
	f.Add(odsContent(`<r m="9"><c type="time" office:time-value="PT08H30M05.5000S" across="2" down="3"/><v><p> a<text:s text:c="3"/></p></v></r>`))
	f.Add(odsContent(`<r m="1048576"><c n="16384"/></r><table:shapes/><r><c type="string"><p>x</p><p>y</p><office:annotation/></c></r>`))
	f.Fuzz(func(t *testing.T, content string) { drain(t, &odsReader{}, zipped("content.xml", content)) })
}

func BenchmarkODS(b *testing.B) {
	path := filepath.Join(b.TempDir(), "book.ods")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create("content.xml")
	if err != nil {
		b.Fatal(err)
	}
	var rows strings.Builder
	for i := range 50_000 {
		rows.WriteString("<r>")
		for k := range 5 {
			fmt.Fprintf(&rows, `<c table:style-name="ce1" type="string" calcext:value-type="string"><p>上海市第%d小学</p></c><c type="float" office:value="%d.%d" calcext:value-type="float"><p>%d.%d</p></c>`, i, i, k, i, k)
		}
		rows.WriteString("</r>")
	}
	if _, err := io.WriteString(w, odsContent(rows.String())); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	measureRows(b, path, 50_000)
}
