package intake

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var writtenDay = regexp.MustCompile(`^(\d{4})[-年/](\d{1,2})[-月/](\d{1,2})日?$`)

// plainCell makes cells comparable: days in ISO 8601, — and NaN as nothing,
// numbers by value.
func plainCell(cell string) string {
	cell = strings.TrimSpace(cell)
	if cell == "—" || cell == "NaN" {
		return ""
	}
	if m := writtenDay.FindStringSubmatch(cell); m != nil {
		return fmt.Sprintf("%s-%02s-%02s", m[1], m[2], m[3])
	}
	if n, ok := new(big.Rat).SetString(cell); ok {
		return n.RatString()
	}
	return cell
}

// agree compares records from one on with the rows of a truth.
func agree(t *testing.T, name string, got, want [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", name, len(got), len(want))
	}
	wrong := 0
	for i, row := range want {
		for n, cell := range row {
			has := ""
			if n < len(got[i]) {
				has = got[i][n]
			}
			if plainCell(has) != plainCell(cell) && wrong < 5 {
				wrong++
				t.Errorf("%s, row %d, column %d: %q, want %q", name, i+1, n+1, has, cell)
			}
		}
	}
}

func TestRealWorkbookAgreesWithTheTruth(t *testing.T) {
	const name = "real/dirty/derived/03_three_header_rows_merged.xlsx"
	_, all, err := records(t, shared(t, name), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := truth(t, "real/dirty/derived/truth/03_three_header_rows_merged.xlsx.truth.csv")
	if len(all) < 5+len(rows) {
		t.Fatal(len(all))
	}
	agree(t, name, all[5:5+len(rows)-1], rows[1:])
	for n, header := range rows[0] {
		var said []string
		for _, line := range all[2:5] {
			if word := line[n]; len(said) == 0 || said[len(said)-1] != word {
				said = append(said, word)
			}
		}
		if got := strings.Join(said, "_"); got != header {
			t.Errorf("header %d: %s, want %s", n+1, got, header)
		}
	}
}

func TestRealXLSAgreesWithTheTruth(t *testing.T) {
	const name = "real/dirty/derived/04_vertical_merge_text_numbers.xls"
	_, all, err := records(t, shared(t, name), nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := truth(t, "real/dirty/derived/truth/04_vertical_merge_text_numbers.xls.truth.csv")
	var got [][]string
	for _, r := range all[2:] {
		if len(r) != 8 {
			t.Fatalf("%q", r)
		}
		got = append(got, []string{r[2], r[3], r[1], r[4], r[5], r[6], r[7]})
	}
	agree(t, name, got, rows[1:])
}

// The days of this file are numbers without a style: only the header says that
// they are days.
func TestRealODSAgreesWithTheTruth(t *testing.T) {
	const name = "real/dirty/derived/08_dates.ods"
	form, all, err := records(t, shared(t, name), nil)
	if err != nil || form.Sheet != "目录" {
		t.Fatal(form.Sheet, err)
	}
	rows := truth(t, "real/dirty/derived/truth/08_dates.ods.truth.csv")
	for _, r := range all[1:] {
		for _, n := range []int{3, 4} {
			if v, err := strconv.ParseFloat(r[n], 64); err == nil {
				r[n], _ = look{date: true}.moment(v, false)
			}
		}
	}
	agree(t, name, all, rows)
}

func TestRealWorkbooks(t *testing.T) {
	for _, c := range []struct{ file, sheet, want string }{
		{"real/dirty/fixtures/Book1.xlsx", "Sheet2", "Monitor||Brand||inlineStr\n> 23 Inch|19|HP|200\n20-23 Inch|24|DELL|450\n17-20 Inch|56|Lenove|200"},
		{"real/dirty/fixtures/MergeCell.xlsx", "Sheet1", "A1|A1|C1|D1\nA2|B2|C2|D2\nA2|B3|C3|D3\nA4|A4|C4|D4\nA4|A4|C5|D5\nA6|B6|C6|D6\nA7|A7|A7|D7\nA7|A7|A7|D8\nA7|A7|A7|D9\nA7|A7|A7|D10"},
		{"conformance/xlsx/SharedStrings.xlsx", "Sheet1", "A"},
		{"conformance/xlsx/OverflowNumericCell.xlsx", "Sheet1", "8595602512225"},
		{"conformance/xlsx/CalcChain.xlsx", "Sheet1", "0|1"},
		{"conformance/frictionless/data/multiline-headers.xlsx", "Лист1", "Region|Caloric contribution|Cumulative impact of changes on cost of food basket|Cumulative impact of changes on cost of food basket\nRegion|Caloric contribution|from previous quarter|from baseline (%)\nRegion|(%)|from previous quarter|from baseline (%)\nA|B|C|D"},
		{"conformance/frictionless/data/table-infer-boolean.xlsx", "Sheet1", "number|string|boolean\n1|two|true\n3|four|false"},
		{"conformance/frictionless/data/cast-int-to-string-issue-1251.xlsx", "Feuille1", "A|B|C|D|E\n001|b|1|a|1\n002|c|1|1|1"},
		{"conformance/frictionless/data/table.ods", "Лист1", "id|name\n1|english\n2|中国人"},
		{"conformance/frictionless/data/table-output.ods", "Sheet 1", "id|name\n1|english\n2|german"},
		{"conformance/frictionless/data/table-with-two-sheets.ods", "Лист1", "id|name\n1|english\n2|中国人"},
		{"conformance/frictionless/data/table-with-booleans.ods", "test", "id|boolean\n1|true\n2|false"},
		{"conformance/frictionless/data/table-with-ints-floats-dates.ods", "test", "Int|Float|Date|Datetime\n2013|3.3|2009-08-16|2009-08-16T05:43:21\n1997|5.6|2009-09-20|2009-09-20T15:30:00"},
		{"real/dirty/fixtures/Table.xls", "Table", "Code|Name|Description\ncode1|name1|description1"},
		{"conformance/frictionless/data/table.xls", "Лист1", "id|name\n1|english\n2|中国人"},
		{"conformance/frictionless/data/sheet2.xls", "Sheet2", "id|name\n1|english\n2|中国人"},
		{"conformance/frictionless/data/table-with-booleans.xls", "Лист1", "id|boolean\n1|true\n2|false"},
		{"conformance/frictionless/data/table-with-ints-floats-dates.xls", "Лист1", "Int|Float|Date\n2013|3.3|2009-08-16\n1997|5.6|2009-09-20\n1969|11.7|2012-08-23"},
		{"conformance/frictionless/data/merged-cells.xls", "Лист1", "data|data"},
		{"conformance/frictionless/data/merged-cells-boolean.xls", "Лист1", "true|true"},
		{"conformance/frictionless/data/cast-int-to-string-issue-1251.xls", "Feuille1", "A|B|C|D|E\n001|b|1|a|1\n002|c|1|1|1"},
	} {
		form, all, err := records(t, shared(t, c.file), nil)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if got := lineUp(all); form.Sheet != c.sheet || !strings.HasPrefix(got+"\n", c.want+"\n") {
			t.Errorf("%s: sheet %s\n%s\nwant\n%s", c.file, form.Sheet, got, c.want)
		}
	}
}
