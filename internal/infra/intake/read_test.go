package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// table is a loader that keeps the rows: a nil cell is null.
type table struct {
	schema selection.Schema
	rows   [][]*string
	lose   int64 // rows to drop, as a faulty engine would
}

func (t *table) Load(_ context.Context, csv io.Reader, schema selection.Schema, wantRows func() int64, _ int, _ string) (int64, error) {
	clean, err := io.ReadAll(csv)
	if err != nil {
		return 0, err
	}
	t.schema, t.rows = schema, nil
	for len(clean) > 0 {
		var cells []*string
		cells, clean, err = cutClean(clean)
		if err != nil {
			return 0, err
		}
		if len(cells) != len(schema.Columns) {
			return 0, fmt.Errorf("%d cells for %d columns", len(cells), len(schema.Columns))
		}
		for i, c := range cells {
			if c != nil && (*c == "" || schema.Columns[i].Type != selection.Text && strings.ContainsAny(*c, "\"\n ")) {
				return 0, fmt.Errorf("unclean cell %q", *c)
			}
		}
		t.rows = append(t.rows, cells)
	}
	if n := int64(len(t.rows)); n != wantRows() {
		return n, fmt.Errorf("%d rows, want %d", n, wantRows())
	}
	return int64(len(t.rows)) - t.lose, nil
}

// cutClean reads one line of clean CSV.
func cutClean(b []byte) (cells []*string, rest []byte, err error) {
	for {
		var cell *string
		if b[0] == '"' {
			text := []byte{}
			for b = b[1:]; ; {
				i := bytes.IndexByte(b, '"')
				if i < 0 {
					return nil, nil, errors.New("quote not closed")
				}
				text, b = append(text, b[:i]...), b[i+1:]
				if b[0] != '"' {
					break
				}
				text, b = append(text, '"'), b[1:]
			}
			s := string(text)
			cell = &s
		} else if i := bytes.IndexAny(b, ",\n"); i > 0 {
			s := string(b[:i])
			cell, b = &s, b[i:]
		}
		cells = append(cells, cell)
		switch b[0] {
		case '\n':
			return cells, b[1:], nil
		case ',':
			b = b[1:]
		default:
			return nil, nil, fmt.Errorf("after a cell: %q", b[0])
		}
	}
}

func (t *table) Append(context.Context, string, string, string) (int64, error) {
	return 0, errors.New("this loader keeps no files")
}

func (t *table) Unfold(context.Context, string, string, int, int64) ([]selection.Column, error) {
	return nil, errors.New("this loader reads no Parquet")
}

func (t *table) Profile(_ context.Context, _ string, schema selection.Schema) (tabular.Profile, error) {
	t.schema = schema
	return tabular.Profile{Rows: int64(len(t.rows))}, nil
}

// text shows a row, null as ∅.
func (t *table) text(i int) string {
	var b strings.Builder
	for n, c := range t.rows[i] {
		if n > 0 {
			b.WriteByte('|')
		}
		if c == nil {
			b.WriteString("∅")
		} else {
			b.WriteString(*c)
		}
	}
	return b.String()
}

func readFile(t *testing.T, path string, recipe *Recipe) (Result, *table, error) {
	t.Helper()
	into := &table{}
	result, err := Read(t.Context(), Request{Path: path, Name: filepath.Base(path), Dir: t.TempDir(), Recipe: recipe}, into)
	if err == nil && result.RowsIn != result.RowsOut+result.RowsSetAside {
		t.Errorf("%d rows in, %d out, %d set aside", result.RowsIn, result.RowsOut, result.RowsSetAside)
	}
	return result, into, err
}

func readText(t *testing.T, text string, recipe *Recipe) (Result, *table, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readFile(t, path, recipe)
}

// types shows a recipe's columns as name:type.
func types(r Recipe) string {
	var all []string
	for _, c := range r.Columns {
		s := c.Name + ":" + string(c.Type)
		if c.Scale > 0 {
			s += fmt.Sprint(c.Scale)
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func setAside(t *testing.T, r Result) (all []SetAside) {
	t.Helper()
	if r.SetAside == "" {
		return nil
	}
	f, err := os.Open(r.SetAside)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var a SetAside
		if err := d.Decode(&a); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
}

func TestReadText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		types      string
		rows       []string
	}{
		{"comma", "a,b\n1,x\n2,y\n", "a:integer b:text", []string{"1|x", "2|y"}},
		{"no last line end", "a,b\n1,x\n2,y", "a:integer b:text", []string{"1|x", "2|y"}},
		{"CRLF", "a,b\r\n1,x\r\n", "a:integer b:text", []string{"1|x"}},
		{"CR alone", "a,b\r1,x\r2,\"y\rz\"\r", "a:integer b:text", []string{"1|x", "2|y\rz"}},
		{"tab", "a\tb,c\n1\tx,y\n", "a:integer b,c:text", []string{"1|x,y"}},
		{"semicolon with decimal commas", "a;b;c\n1;0,4;x\n2;0,5;y\n", "a:integer b:text c:text", []string{"1|0,4|x", "2|0,5|y"}},
		{"pipe", "a|b\n1|x;y;z\n2|x;y;z\n", "a:integer b:text", []string{"1|x;y;z", "2|x;y;z"}},
		{"one column", "名称\n甲\n乙\n", "名称:text", []string{"甲", "乙"}},
		{"byte order mark", "\ufeff甲,乙\n1,2\n", "甲:integer 乙:integer", []string{"1|2"}},
		{"quotes", "a,b\n\"x\ny\",\"he said \"\"no\"\"\"\n", "a:text b:text", []string{"x\ny|he said \"no\""}},
		{"quote inside a bare field", "a,b\n3'6\" N,x\n", "a:text b:text", []string{"3'6\" N|x"}},
		{"blanks after a quote", "a,b\n\"x\" ,\"y\"\t\n", "a:text b:text", []string{"x|y"}},
		{"blank lines", "\n\na,b\n\n1,x\n\r\n2,y\n\n", "a:integer b:text", []string{"1|x", "2|y"}},
		{"empty cells are null, quoted or not", "a,b,c\n,\"\",x\n1,,y\n", "a:integer b:text c:text", []string{"∅|∅|x", "1|∅|y"}},
		{"blanks around text do not count", "a,b\n x\u3000,1\n", "a:text b:integer", []string{"x|1"}},
		{"padded numbers", "a,b\n 1 ,\u30002\u00a0\n", "a:integer b:integer", []string{"1|2"}},
		{"extra empty fields", "a,b\n1,x,,\n2,y\n", "a:integer b:text", []string{"1|x", "2|y"}},
		{"unnamed empty columns at the end", "a,b,,\n1,x,,\n2,y,,\n", "a:integer b:text", []string{"1|x", "2|y"}},
		{"unnamed column with cells", "a,,c\n1,x,2\n", "a:integer 列2:text c:integer", []string{"1|x|2"}},
		{"repeated names, letters of either case", "a,A,a,a_2\n1,2,3,4\n", "a:integer A_2:integer a_3:integer a_2_2:integer", []string{"1|2|3|4"}},
		{"names without blanks around", "\u3000日 期 ,\"人\n数\"\nx,1\n", "日期:text 人数:integer", []string{"x|1"}},
		{"no header: numbers in the first row", "甲,1\n乙,2\n丙,3\n", "列1:text 列2:integer", []string{"甲|1", "乙|2", "丙|3"}},
		{"no header: dates in the first row", "甲,2026-01-01\n乙,2026-01-02\n", "列1:text 列2:date", []string{"甲|2026-01-01", "乙|2026-01-02"}},
		{"header of years", "区,2019,2020,2021\n静安,1,2,3\n", "区:text 2019:integer 2020:integer 2021:integer", []string{"静安|1|2|3"}},
		{"header alone", "a,b\n", "a:text b:text", nil},
		{"integers and fractions are numbers", "a\n1\n2.50\n-.5\n1.5e3\n", "a:number", []string{"1", "2.50", "-0.5", "1.5e3"}},
		{"leading zeros are codes", "a,b\n007,1\n8,2\n", "a:text b:integer", []string{"007|1", "8|2"}},
		{"18 digits are codes", "a,b\n123456789012345678,1\n", "a:text b:integer", []string{"123456789012345678|1"}},
		{"17 digits are not", "a,b\n12345678901234567,1\n", "a:integer b:integer", []string{"12345678901234567|1"}},
		{"digits that a double loses", "a\n1.10\n123456789012.123456\n", "a:decimal6", []string{"1.10", "123456789012.123456"}},
		{"digits that a double keeps", "a\n31.218570925094642\n", "a:number", []string{"31.218570925094642"}},
		{"digits beyond 38", "a\n1.1\n1234567890123456789012345678901234567.123\n", "a:text", []string{"1.1", "1234567890123456789012345678901234567.123"}},
		{"thousands", "a;b\n1,234;x\n12;x\n1,234,567;x\n", "a:integer b:text", []string{"1234|x", "12|x", "1234567|x"}},
		{"thousands with a fraction", "a;b\n1,234.5;x\n", "a:number b:text", []string{"1234.5|x"}},
		{"thousands now and then", "a;b\n1,234;x\n1234;x\n", "a:integer b:text", []string{"1234|x", "1234|x"}},
		{"groups of the wrong size", "a;b\n1,23;x\n12,34;x\n", "a:text b:text", []string{"1,23|x", "12,34|x"}},
		{"true and false", "a,b\nTRUE,是\nfalse,否\n", "a:boolean b:boolean", []string{"true|true", "false|false"}},
		{"one and zero are integers", "a\n1\n0\n-0\n", "a:integer", []string{"1", "0", "0"}},
		{"dates", "a,b\n2026-03-05,x\n2026/3/5,x\n2026年3月5日,x\n", "a:date b:text", []string{"2026-03-05|x", "2026-03-05|x", "2026-03-05|x"}},
		{"no date of the calendar", "a,b\n2026-02-30,x\n", "a:text b:text", []string{"2026-02-30|x"}},
		{"eight digits under a date header", "统计日期,b\n20260305,x\n", "统计日期:date b:text", []string{"2026-03-05|x"}},
		{"eight digits elsewhere", "编号,b\n20260305,x\n", "编号:text b:text", []string{"20260305|x"}},
		{"instants", "a\n2026-03-05 08:30\n2026-03-05T08:30:01\n2026/3/5 8:30:01.250\n", "a:datetime", []string{"2026-03-05T08:30:00", "2026-03-05T08:30:01", "2026-03-05T08:30:01.25"}},
		{"instants with a zone stay text", "a,b\n2026-03-05T08:30:00Z,x\n", "a:text b:text", []string{"2026-03-05T08:30:00Z|x"}},
		{"dates and instants stay text", "a,b\n2026-03-05,x\n2026-03-05 08:30,x\n", "a:text b:text", []string{"2026-03-05|x", "2026-03-05 08:30|x"}},
		{"null words in a number", "a,b\n1,x\n-,x\nNA,x\nN/A,x\nNaN,x\nnull,x\nNULL,x\n—,x\n/,x\n", "a:integer b:text",
			[]string{"1|x", "∅|x", "∅|x", "∅|x", "∅|x", "∅|x", "∅|x", "∅|x", "∅|x"}},
		{"null words in text", "a,b\nx,1\n-,2\n暂无,3\n", "a:text b:integer", []string{"x|1", "∅|2", "∅|3"}},
		{"null words alone", "a,b\nNaN,1\n", "a:text b:integer", []string{"∅|1"}},
		{"plus signs are not numbers", "a,b\n+8613800000000,1\n", "a:text b:integer", []string{"+8613800000000|1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, got, err := readText(t, c.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			if types(result.Recipe) != c.types {
				t.Errorf("types %s, want %s", types(result.Recipe), c.types)
			}
			var rows []string
			for i := range got.rows {
				rows = append(rows, got.text(i))
			}
			if !reflect.DeepEqual(rows, c.rows) {
				t.Errorf("rows %q, want %q", rows, c.rows)
			}
			if result.SetAside != "" {
				t.Errorf("set aside: %v", setAside(t, result))
			}
		})
	}
}

func TestRefused(t *testing.T) {
	gbk := "\xb9\xab\xb9\xb2\xca\xfd\xbe\xdd\xbf\xaa\xb7\xc5" // 公共数据开放
	for _, c := range []struct {
		name, text, code string
		line             int64 // 0: none named
	}{
		{"nothing", "", "intake.empty", 0},
		{"blank lines", "\n\r\n\n", "intake.empty", 0},
		{"a mark alone", "\ufeff", "intake.empty", 0},
		{"NUL", "a,b\n1,x\n2,\x00\n", "intake.nul_byte", 3},
		{"open quote", "a,b\n1,\"x\n2,y\n", "intake.quote_not_closed", 2},
		{"open quote further down its record", "a,b\n\"x\ny\",\"z\n", "intake.quote_not_closed", 3},
		{"endless record", "a,b\n1,x\n" + strings.Repeat("x", maxRecord+1), "intake.record_too_long", 3},
		{"bad header", "\"a\"x,b\n1,2\n", "intake.header_unreadable", 1},
		{"UTF-8, then GB18030", "a,b\n公共数据开放,1\n公共数据开放,1\n" + gbk + ",2\n", "intake.encoding_mixed", 4},
		{"GB18030, then UTF-8", "a,b\n" + gbk + ",2\n公共数据开放,1\n", "intake.encoding_mixed", 3},
		{"neither", "a,b\ncaf\xe9 noir,1\n", "intake.encoding_unknown", 2},
		{"UTF-8 cut short", "a,b\n公共数据开放,1\n\xe5\n", "intake.encoding_unknown", 3},
		{"rows unlike the header", "a,b\n1,2,3\n1,2,3\n1,2\n", "intake.rows_unlike_header", 2},
		{"too many columns", strings.Repeat("a,", 5000) + "a\n", "intake.too_many_columns", 0},
		{"long name", strings.Repeat("名", 201) + ",b\n1,2\n", "invalid_input", 0},
		{"PDF", "%PDF-1.7\n", "intake.format_not_read", 0},
		{"HTML without a table", "\ufeff\n<!DOCTYPE html>\n", "intake.empty", 0},
		{"JSON cut short", " [ {\"a\":1}", "intake.json_broken", 1},
		{"UTF-16 cut short", "\xff\xfea\x00,\x00\n\x00\xd8", "intake.encoding_unknown", 2},
		{"ZIP", "PK\x03\x04 and so on", "intake.archive_broken", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readText(t, c.text, nil)
			p := problem.As(err)
			if p == nil || p.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if line, _ := p.Args["line"].(int64); line != c.line {
				t.Errorf("line %v, want %d", p.Args["line"], c.line)
			}
		})
	}
}

func TestSetAside(t *testing.T) {
	var b strings.Builder
	b.WriteString("n,日期\n")
	for i := range 300 {
		fmt.Fprintf(&b, "%d,2026-01-02\n", i)
	}
	text := b.String() + "三百,2026-01-02\n\"301\nx\",2026-01-02\n7\n\n1,2026-13-01\n8,2026-01-02,9\n,\n\"9\"x,2026-01-02\n"
	result, got, err := readText(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []SetAside{
		{301, 302, "n", "三百", "intake.not_an_integer"},
		{302, 303, "n", "301\nx", "intake.not_an_integer"},
		{303, 305, "", "7", "intake.wrong_field_count"},
		{304, 307, "日期", "2026-13-01", "intake.not_a_date"},
		{305, 308, "", "8,2026-01-02,9", "intake.wrong_field_count"},
		{306, 310, "", `"9"x,2026-01-02`, "intake.stray_quote"},
	}
	if all := setAside(t, result); !reflect.DeepEqual(all, want) {
		t.Errorf("set aside %+v", all)
	}
	if result.RowsIn != 306 || result.RowsOut != 303 || result.RowsSetAside != 3 || result.CellsSetAside != 3 {
		t.Errorf("%+v", result)
	}
	if got.text(300) != "∅|2026-01-02" || got.text(302) != "1|∅" {
		t.Errorf("rows %s, %s", got.text(300), got.text(302))
	}
}

func TestTooManyMisfitsMakeText(t *testing.T) {
	for _, c := range []struct {
		good, bad int
		want      selection.Type
	}{{99, 1, selection.Integer}, {98, 1, selection.Text}, {198, 2, selection.Integer}, {19, 0, selection.Integer}, {5, 1, selection.Text}} {
		text := "a,b\n" + strings.Repeat("1,x\n", c.good) + strings.Repeat("x,x\n", c.bad)
		result, _, err := readText(t, text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Recipe.Columns[0].Type; got != c.want {
			t.Errorf("%d good, %d bad: %s, want %s", c.good, c.bad, got, c.want)
		}
	}
}

func TestSetAsideIsCappedAndCounted(t *testing.T) {
	n := maxSetAside + 5
	result, _, err := readText(t, "a,b\n"+strings.Repeat("1,2\n", n+1)+strings.Repeat("1,2,3\n", n), nil)
	if err != nil {
		t.Fatal(err)
	}
	if kept := len(setAside(t, result)); kept != maxSetAside || result.RowsSetAside != int64(n) {
		t.Errorf("kept %d, counted %d", kept, result.RowsSetAside)
	}
}

func TestLostRowsAreAFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(path, []byte("a\n1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(t.Context(), Request{Path: path, Dir: t.TempDir()}, &table{lose: 1})
	if err == nil || problem.As(err) != nil || !strings.Contains(err.Error(), "2 out") {
		t.Errorf("got %v", err)
	}
}

// failing is a loader that stops in the middle.
type failing struct{ table }

var errDisk = errors.New("disk full")

func (f *failing) Load(_ context.Context, csv io.Reader, _ selection.Schema, _ func() int64, _ int, _ string) (int64, error) {
	_, _ = io.ReadFull(csv, make([]byte, 10)) // the rest is left unread
	return 0, errDisk
}

func TestLoaderFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(path, []byte("a,b\n"+strings.Repeat("1,xxxxxxxxxxxxxxxx\n", 1<<17)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), Request{Path: path, Dir: t.TempDir()}, &failing{}); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, Request{Path: path, Dir: t.TempDir()}, &table{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// One code among a thousand numbers would lose its zeros in a column of
// integers, or be set aside: the column is text.
func TestOneCodeMakesText(t *testing.T) {
	for _, code := range []string{"007", "123456789012345678"} {
		result, got, err := readText(t, "a,b\n"+strings.Repeat("1,x\n", 999)+code+",x\n", nil)
		if err != nil {
			t.Fatal(err)
		}
		if result.Recipe.Columns[0].Type != selection.Text || got.text(999) != code+"|x" {
			t.Errorf("%s: %s, %s", code, result.Recipe.Columns[0].Type, got.text(999))
		}
	}
}
