package intake

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

// dbt makes a file of texts of dBASE III, each in blocks of 512 from block 1 on.
func dbt(texts ...string) []byte {
	b := make([]byte, memoHeader)
	for _, text := range texts {
		b = append(b, text+"\x1a\x1a"...)
		b = append(b, make([]byte, (memoHeader-len(b)%memoHeader)%memoHeader)...)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)/memoHeader))
	return b
}

// dbt4 makes one of dBASE IV, each text in a block of 1,024 from block 1 on.
func dbt4(texts ...string) []byte {
	b := make([]byte, 1024)
	binary.LittleEndian.PutUint16(b[20:], 1024)
	for _, text := range texts {
		b = append(append(append(b, memoMark...), little(len(text)+8)...), text...)
		b = append(b, make([]byte, (1024-len(b)%1024)%1024)...)
	}
	return b
}

// fpt makes one of FoxPro, each text in a block of 64 from block 8 on. A text
// that begins with NUL is a picture.
func fpt(texts ...string) []byte {
	b := make([]byte, memoHeader)
	binary.BigEndian.PutUint16(b[6:], 64)
	for _, text := range texts {
		kind := uint32(1)
		if strings.HasPrefix(text, "\x00") {
			kind = 0
		}
		b = binary.BigEndian.AppendUint32(b, kind)
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
		b = append(b, make([]byte, (64-len(b)%64)%64)...)
	}
	return b
}

// memoTable makes a table of one memo field of ten digits.
func memoTable(version byte, pointers ...string) string {
	var records []string
	for i, p := range pointers {
		records = append(records, " "+string(rune('a'+i))+strings.Repeat(" ", 10-len(p))+p)
	}
	b := dbf([]string{"n C 1", "NOTE M 10"}, records...)
	b[0] = version
	return string(b)
}

func asideOf(t *testing.T, result Result) (all []SetAside) {
	t.Helper()
	if result.SetAside == "" {
		return nil
	}
	text, err := os.ReadFile(result.SetAside)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var one SetAside
		if err := json.Unmarshal(line, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// The texts of the three makes, in several blocks and in GBK; a pointer of zero
// or of blanks says nothing.
func TestMemos(t *testing.T) {
	long := gbkOf(strings.Repeat("静安区，\r\n", 200))
	want := strings.Repeat("静安区，\r\n", 200)
	fox := dbf([]string{"n C 1", "NOTE M 4"}, " a"+string(little(8)), " b"+string(little(9)), " c"+string(little(0)), " d"+string(little(0)))
	fox[0] = 0x30
	for name, c := range map[string]struct {
		table, ext string
		memo       []byte
	}{
		"dBASE III": {memoTable(0x83, "1", "2", "", "0"), ".DBT", dbt(gbkOf("短"), long)},
		"dBASE IV":  {memoTable(0x8b, "0000000001", "2", "", "0000000000"), ".dbt", dbt4(gbkOf("短"), long)},
		"FoxPro 2":  {memoTable(0xf5, "8", "9", "", "0"), ".FPT", fpt(gbkOf("短"), long)},
		"FoxPro":    {string(fox), ".fpt", fpt(gbkOf("短"), long)},
	} {
		result, got, err := readText(t, pack(t, "表/甲.DBF", c.table, "表/甲"+c.ext, string(c.memo), "表/甲.cdx", "x"), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if result.RowsOut != 4 || result.CellsSetAside != 0 || len(result.Remarks) > 0 || result.Recipe.Format != "dbf" || result.Recipe.Entry != "表/甲.DBF" || result.Recipe.Encoding != gb18030Name ||
			got.text(0) != "a|短" || strings.TrimSpace(strings.TrimPrefix(got.text(1), "b|")) != strings.TrimSpace(want) || got.text(2) != "c|∅" || got.text(3) != "d|∅" {
			t.Errorf("%s: %d rows, %d cells set aside, %v, %s: %s", name, result.RowsOut, result.CellsSetAside, result.Remarks, result.Recipe.Encoding, got.text(0))
		}
	}
}

// A pointer that leads nowhere sets its cell aside, as the number that it is.
func TestBrokenMemos(t *testing.T) {
	pictures := dbf([]string{"n C 1", "G G 10", "NOTE M 10"}, " a         1         1")
	pictures[0] = 0x83
	cut, noEnd, block := dbt4("text"), dbt("text"), fpt("text")
	binary.LittleEndian.PutUint32(cut[1028:], 5000)
	noEnd = bytes.ReplaceAll(noEnd, []byte{memoEnd}, []byte{'x'})
	block[7] = 0
	utf := func(b []byte) string { return string(b) }
	for name, c := range map[string]struct {
		table, ext, memo string
		column, text     string
		code             string
	}{
		"beyond the end":  {memoTable(0x83, "2"), ".dbt", utf(dbt("text")), "NOTE", "2", "intake.memo_unreadable"},
		"huge":            {memoTable(0x83, "9999999999"), ".dbt", utf(dbt("text")), "NOTE", "9999999999", "intake.memo_unreadable"},
		"no number":       {memoTable(0x83, "1-2"), ".dbt", utf(dbt("text")), "NOTE", "1-2", "intake.memo_unreadable"},
		"within a header": {memoTable(0xf5, "7"), ".fpt", utf(fpt("text")), "NOTE", "7", "intake.memo_unreadable"},
		"no end":          {memoTable(0x83, "1"), ".dbt", utf(noEnd), "NOTE", "1", "intake.memo_unreadable"},
		"no mark":         {memoTable(0x8b, "1"), ".dbt", utf(make([]byte, 4096)), "NOTE", "1", "intake.memo_unreadable"},
		"longer than it":  {memoTable(0x8b, "1"), ".dbt", utf(cut), "NOTE", "1", "intake.memo_unreadable"},
		"no block size":   {memoTable(0xf5, "8"), ".fpt", utf(block), "NOTE", "8", "intake.memo_unreadable"},
		"empty file":      {memoTable(0x83, "1"), ".dbt", "", "NOTE", "1", "intake.memo_unreadable"},
		"a picture":       {memoTable(0xf5, "8"), ".fpt", utf(fpt("\x00PNG")), "NOTE", "8", "intake.memo_no_text"},
		"picture field":   {string(pictures), ".dbt", utf(dbt("text")), "G", "1", "intake.memo_no_text"},
		"no text":         {memoTable(0x83, "1"), ".dbt", utf(dbt("\xff\xffab")), "NOTE", "1", "intake.text_unreadable"},
		"NUL":             {memoTable(0x83, "1"), ".dbt", utf(dbt("a\x00b")), "NOTE", "1", "intake.nul_in_cell"},
		"too long":        {memoTable(0x8b, "1"), ".dbt", utf(dbt4(strings.Repeat("x", maxRecord+1))), "NOTE", "1", "intake.memo_too_long"},
		"endless":         {memoTable(0x83, "1"), ".dbt", utf(dbt(strings.Repeat("x", 2*maxRecord))), "NOTE", "1", "intake.memo_too_long"},
	} {
		result, got, err := readText(t, pack(t, "a.dbf", c.table, "a"+c.ext, c.memo), &Recipe{Version: 1, Encoding: utf8Name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		aside := asideOf(t, result)
		if result.RowsOut != 1 || result.CellsSetAside != 1 || len(aside) != 1 || aside[0].Column != c.column || aside[0].Text != c.text || aside[0].Code != c.code || !strings.HasPrefix(got.text(0), "a|∅") {
			t.Errorf("%s: %d rows, %s, %+v", name, result.RowsOut, got.text(0), aside)
		}
	}
}

// Two long texts of one record do not fit: the second is set aside.
func TestLongMemosOfOneRecord(t *testing.T) {
	table := dbf([]string{"n C 1", "A M 10", "B M 10"}, " a         1         1", " b         1")
	table[0] = 0x83
	result, _, err := readText(t, pack(t, "a.dbf", string(table), "a.dbt", string(dbt(strings.Repeat("x", maxRecord*3/4)))), nil)
	if aside := asideOf(t, result); err != nil || result.RowsOut != 2 || len(aside) != 1 || aside[0].Column != "B" || aside[0].Row != 1 || aside[0].Code != "intake.memo_too_long" {
		t.Errorf("%v: %d rows, %+v", err, result.RowsOut, aside)
	}
}

// One text that all records point to takes no more than its share.
func TestMemoBomb(t *testing.T) {
	memo := dbt(strings.Repeat("x", 4_000_000))
	_, _, err := readText(t, pack(t, "a.dbf", memoTable(0x83, slices.Repeat([]string{"1"}, 26)...), "a.dbt", string(memo)), nil)
	if p := problem.As(err); p == nil || p.Code != "intake.dbf_broken" {
		t.Error(err)
	}
}

// Without the file, and in a ZIP where it belongs to another table, the number
// stays and the result says so.
func TestMemoMissing(t *testing.T) {
	fox := dbf([]string{"n C 1", "NOTE M 4"}, " a"+string(little(70_000)), " b"+string(little(0)))
	fox[0] = 0xf5
	for name, c := range map[string]struct{ file, want string }{
		"alone":  {memoTable(0x83, "70000", ""), "a|70000"},
		"fox":    {string(fox), "a|70000"},
		"packed": {pack(t, "a.dbf", memoTable(0x83, "70000", "")), "a|70000"},
	} {
		result, got, err := readText(t, c.file, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := slices.ContainsFunc(result.Remarks, func(w Word) bool { return w.Code == "intake.says_memo_missing" && w.Args["columns"] == "NOTE" })
		if result.RowsOut != 2 || got.text(0) != c.want || got.text(1) != "b|∅" || !said {
			t.Errorf("%s: %d rows, %s, %v", name, result.RowsOut, got.text(0), result.Remarks)
		}
	}
	_, _, err := readText(t, pack(t, "a.dbf", memoTable(0x83, "1"), "b.dbt", string(dbt("text"))), nil)
	if p := problem.As(err); p == nil || p.Code != "intake.several_tables" {
		t.Error(err)
	}
}

// Memos beside a shapefile are read too, and a table's memos tell its encoding.
func TestMemoOfShapefile(t *testing.T) {
	files := []string{"a.shp", string(shp(1, doubles(little(1), 1, 2), doubles(little(1), 3, 4))), "a.dbf", memoTable(0x83, "1", "2"), "a.dbt", string(dbt(gbkOf("静安"), gbkOf("黄浦")))}
	result, got, err := readText(t, pack(t, files...), nil)
	if err != nil || result.Recipe.Format != "shapefile" || result.Recipe.Encoding != gb18030Name || got.text(0) != "a|静安|1|2" || got.text(1) != "b|黄浦|3|4" {
		t.Errorf("%v: %s", err, result.Recipe.Encoding)
	}
}

func FuzzMemo(f *testing.F) {
	f.Add([]byte(memoTable(0x83, "1", "2")), dbt("text", strings.Repeat("x", 600)), false)
	f.Add([]byte(memoTable(0x8b, "1", "2")), dbt4("text", "b"), false)
	f.Add([]byte(memoTable(0xf5, "8", "9")), fpt("text", "\x00"), true)
	f.Fuzz(func(t *testing.T, table, memo []byte, foxPro bool) {
		passThrough(t, &dbfReader{layer: &layer{memo: written(t, memo), foxPro: foxPro}}, written(t, table))
	})
}
