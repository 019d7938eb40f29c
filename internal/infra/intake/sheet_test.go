package intake

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/problem"
)

// workbookFile writes a workbook with another hand than ours.
func workbookFile(t *testing.T, fill func(*excelize.File) error) string {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	if err := fill(x); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := x.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func set(x *excelize.File, sheet, format string, cells map[string]any) error {
	style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	for cell, v := range cells {
		if err := x.SetCellValue(sheet, cell, v); err != nil {
			return err
		}
		if err := x.SetCellStyle(sheet, cell, cell, style); err != nil {
			return err
		}
	}
	return nil
}

func TestReadsWorkbook(t *testing.T) {
	day := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	path := workbookFile(t, func(x *excelize.File) error {
		if _, err := x.NewSheet("数据"); err != nil {
			return err
		}
		if _, err := x.NewSheet("说明"); err != nil {
			return err
		}
		if err := x.SetCellValue("说明", "A1", "不读"); err != nil {
			return err
		}
		plain := map[string]any{
			"A1": "日期", "B1": "时刻", "C1": "人数", "D1": "比例", "E1": "编码", "F1": "有效", "G1": "备注", "H1": "钟点",
			"C2": 1234567, "D2": 0.3, "F2": true, "G2": "  甲\n乙 ",
			"C4": 5, "D4": 3.1, "F4": false, "I4": "无名",
		}
		if err := set(x, "数据", "General", plain); err != nil {
			return err
		}
		for format, cells := range map[string]map[string]any{
			`yyyy"年"m"月"d"日";@`:       {"A2": day},
			"yyyy/m/d":                {"A4": day.AddDate(0, 0, 1)},
			"[$-804]yyyy-mm-dd hh:mm": {"B2": day.Add(8*time.Hour + 30*time.Minute), "B4": day},
			"000000":                  {"E2": 42, "E4": 310101},
			"#,##0":                   {"C2": 1234567},
			"h:mm":                    {"H2": 0.354166666666667, "H4": 0.5},
		} {
			if err := set(x, "数据", format, cells); err != nil {
				return err
			}
		}
		return nil
	})
	result, got, err := readFile(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "日期:date 时刻:datetime 人数:integer 比例:number 编码:text 有效:boolean 备注:text 钟点:text 列9:text"; types(result.Recipe) != want {
		t.Errorf("types %s", types(result.Recipe))
	}
	for i, want := range []string{
		"2026-03-05|2026-03-05T08:30:00|1234567|0.3|000042|true|甲\n乙|08:30:00|∅",
		"2026-03-06|2026-03-05T00:00:00|5|3.1|310101|false|∅|12:00:00|无名",
	} {
		if got.text(i) != want {
			t.Errorf("row %d: %q, want %q", i+1, got.text(i), want)
		}
	}
	if result.Recipe.Sheet != "数据" || result.RowsIn != 2 {
		t.Errorf("sheet %q, %d rows", result.Recipe.Sheet, result.RowsIn)
	}
	again, two, err := readFile(t, path, &result.Recipe)
	if err != nil || two.text(1) != got.text(1) || again.Recipe.Sheet != "数据" {
		t.Errorf("with its own recipe: %v", err)
	}
	result.Recipe.Sheet = "统计"
	if _, _, err := readFile(t, path, &result.Recipe); problem.As(err) == nil || problem.As(err).Code != "intake.sheet_missing" {
		t.Errorf("other sheet: %v", err)
	}
}

func TestNumberFormats(t *testing.T) {
	for code, want := range map[string]look{
		"General": {}, "0.00": {}, "0": {}, "00000": {zeros: 5}, "#,##0.00_);[Red](#,##0.00)": {}, `0"days"`: {}, `0\d`: {},
		"yyyy-mm-dd": {date: true}, "mmm-yy": {date: true}, "m": {date: true}, `yyyy"年"m"月"`: {date: true}, "[$-F800]dddd": {date: true},
		"h:mm:ss AM/PM": {clock: true}, "mm:ss.0": {clock: true}, "yyyy-mm-dd hh:mm": {date: true, clock: true},
	} {
		if got := lookOf(code); got != want {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
	}
	for _, c := range []struct {
		look look
		v    float64
		from bool // 1904
		want string
	}{
		{look{date: true}, 1, false, "1900-01-01"},
		{look{date: true}, 59, false, "1900-02-28"},
		{look{date: true}, 60, false, "60"},
		{look{date: true}, 61, false, "1900-03-01"},
		{look{date: true}, 46086, false, "2026-03-05"},
		{look{date: true}, 44624, true, "2026-03-05"},
		{look{date: true}, 46086.5, false, "2026-03-05T12:00:00"},
		{look{date: true, clock: true}, 46086.999999999, false, "2026-03-06T00:00:00"},
		{look{clock: true}, 1.5, false, ""},
		{look{date: true}, -1, false, ""},
		{look{date: true}, 2958466, false, ""},
		{look{}, 46086, false, ""},
	} {
		if got, _ := c.look.moment(c.v, c.from); got != c.want {
			t.Errorf("%+v %v: %q, want %q", c.look, c.v, got, c.want)
		}
	}
}

// handmade writes a workbook from parts; what excelize never writes.
func handmade(t *testing.T, parts map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="一" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Target="/xl/worksheets/sheet1.xml"/></Relationships>`,
	} {
		if parts[name] == "" {
			parts[name] = text
		}
	}
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "book.xlsx")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOddWorkbooks(t *testing.T) {
	const sheet = "xl/worksheets/sheet1.xml"
	for _, c := range []struct {
		name, sheet, want string // the first row, or a code
	}{
		{"cells without places, a prefix", `<x:worksheet><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>名</x:t></x:is></x:c></x:row><x:row><x:c t="str"><x:v>甲</x:v></x:c></x:row></x:sheetData></x:worksheet>`, "甲"},
		{"shared string with phonetics", `<worksheet><row><c t="str"><v>名</v></c></row><row><c t="s"><v>0</v></c></row></worksheet>`, "东京"},
		{"shared string that is not there", `<worksheet><row><c t="str"><v>名</v></c><c t="str"><v>b</v></c></row><row><c t="s"><v>7</v></c><c t="str"><v>x</v></c></row></worksheet>`, "x"},
		{"errors stay", `<worksheet><row><c t="str"><v>名</v></c></row><row><c t="e"><v>#DIV/0!</v></c></row></worksheet>`, "#DIV/0!"},
		{"escaped characters", `<worksheet><row><c t="str"><v>名</v></c></row><row><c t="str"><v>a_x000D_b_x005F_x0041_ _xyz</v></c></row></worksheet>`, "a\rb_x0041_ _xyz"},
		{"digits of a double", `<worksheet><row><c t="str"><v>名</v></c></row><row><c><v>3.1000000000000001</v></c></row></worksheet>`, "3.1"},
		{"exponent", `<worksheet><row><c t="str"><v>名</v></c></row><row><c><v>1.2E+5</v></c></row></worksheet>`, "120000"},
		{"cell too far right", `<worksheet><row><c r="XFE1"><v>1</v></c></row></worksheet>`, "intake.workbook_broken"},
		{"cells back to front", `<worksheet><row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row></worksheet>`, "intake.workbook_broken"},
		{"cut short", `<worksheet><row><c r="A1"><v>1</v>`, "intake.workbook_broken"},
		{"undefined entity", `<worksheet><row><c t="str"><v>&lol;</v></c></row></worksheet>`, "intake.workbook_broken"},
		{"endless row", `<worksheet><row r="7"><c t="str"><v>` + strings.Repeat("长", maxRecord/3+1) + `</v></c></row></worksheet>`, "intake.record_too_long"},
		{"nothing in it", `<worksheet><row><c r="A1"/></row></worksheet>`, "intake.empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := handmade(t, map[string]string{sheet: c.sheet, "xl/sharedStrings.xml": `<sst><si><r><t>东</t></r><r><t>京</t></r><rPh><t>とうきょう</t></rPh></si></sst>`})
			_, got, err := readFile(t, path, nil)
			switch p := problem.As(err); {
			case p != nil && p.Code == c.want:
			case err != nil:
				t.Error(err)
			case !strings.Contains(got.text(0), c.want):
				t.Errorf("row %s, want %s", got.text(0), c.want)
			}
		})
	}
}

func TestZipBombIsRefused(t *testing.T) {
	path := handmade(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet/>", "xl/styles.xml": "<styleSheet>" + strings.Repeat(" ", maxPartBytes) + "</styleSheet>"})
	_, _, err := readFile(t, path, nil)
	if p := problem.As(err); p == nil || p.Code != "intake.unpacks_too_large" {
		t.Errorf("got %v", err)
	}
}
