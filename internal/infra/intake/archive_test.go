package intake

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"kaishu/internal/base/problem"
)

// pack returns a ZIP of names and contents in turn.
func pack(t *testing.T, all ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(all); i += 2 {
		w, err := z.CreateHeader(&zip.FileHeader{Name: all[i], Method: zip.Deflate, NonUTF8: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, all[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func press(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchives(t *testing.T) {
	const table = "区,数\n静安,1\n黄浦,2\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("数据/区.csv")
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.Repeat("0,0\n", 30<<20)
	overlap := pack(t, "a.csv", table)
	// Both entries of the directory lead to the same bytes.
	end := strings.LastIndex(overlap, "PK\x01\x02")
	tail := strings.LastIndex(overlap, "PK\x05\x06")
	entry, last := overlap[end:tail], []byte(overlap[tail:])
	last[8], last[10], last[12] = 2, 2, byte(2*len(entry))
	overlap = overlap[:end] + entry + entry + string(last)
	for _, c := range []struct {
		name, file string
		given      *Recipe
		entry      string
		code       string
	}{
		{"one table, name in GBK", pack(t, gbk, table), nil, "数据/区.csv", ""},
		{"junk beside it", pack(t, "a/", "", "__MACOSX/._a.csv", "x", "readme.txt", "hello", "a.csv", table), nil, "a.csv", ""},
		{"GZIP", press(t, table), nil, "", ""},
		{"several", pack(t, "a.csv", table, "b.csv", table), nil, "", "intake.several_tables"},
		{"one of several", pack(t, "a.csv", "x\n", "b.csv", table), &Recipe{Version: 1, Entry: "b.csv"}, "b.csv", ""},
		{"none of that name", pack(t, "a.csv", table), &Recipe{Version: 1, Entry: "c.csv"}, "", "intake.no_table_packed"},
		{"empty", pack(t, "a/", ""), nil, "", "intake.no_table_packed"},
		{"out of the folder", pack(t, "../../a.csv", table), nil, "", "intake.packed_name"},
		{"out of the folder, backwards", pack(t, `..\a.csv`, table), nil, "", "intake.packed_name"},
		{"absolute", pack(t, "/etc/a.csv", table), nil, "", "intake.packed_name"},
		{"ZIP in ZIP", pack(t, "a.zip", pack(t, "a.csv", table)), nil, "", "intake.archive_nested"},
		{"GZIP in GZIP", press(t, press(t, table)), nil, "", "intake.archive_nested"},
		{"flat bomb", press(t, flat), nil, "", "intake.unpacks_too_large"},
		{"flat bomb in ZIP", pack(t, "a.csv", flat), nil, "", "intake.unpacks_too_large"},
		{"overlapping", overlap, nil, "", "intake.packed_overlap"},
		{"cut short", press(t, table)[:20], nil, "", "intake.archive_broken"},
	} {
		path := filepath.Join(t.TempDir(), "upload")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		result, got, err := readFile(t, path, c.given)
		if p := problem.As(err); c.code != "" {
			if p == nil || p.Code != c.code {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
			continue
		}
		if err != nil || result.Recipe.Entry != c.entry || len(got.rows) != 2 || got.text(1) != "黄浦|2" {
			t.Errorf("%s: %v, %q", c.name, err, result.Recipe.Entry)
		}
	}
}

// The file within has another name each month; the recipe that was kept takes
// it as long as it is the only one.
func TestArchiveOfNextMonth(t *testing.T) {
	read := func(file string, given *Recipe) (Result, *table, error) {
		path := filepath.Join(t.TempDir(), "upload")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		return readFile(t, path, given)
	}
	first, _, err := read(pack(t, "2026-10.csv", "区,数\n静安,1\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	next, got, err := read(pack(t, "2026-11.csv", "区,数\n黄浦,2\n"), &first.Recipe)
	if err != nil || got.text(0) != "黄浦|2" || next.Recipe.Entry != "2026-11.csv" {
		t.Errorf("%v, %q", err, next.Recipe.Entry)
	}
	if _, _, err := read(pack(t, "2026-11.csv", "区,数\n", "2026-12.csv", "区,数\n"), &first.Recipe); problem.As(err) == nil {
		t.Errorf("one of two was chosen: %v", err)
	}
}

// Notes and totals are left out at the end of a table, and only there.
func TestNotesAndTotals(t *testing.T) {
	const head, note = "区,数,率\n", "注：数据由各区填报\n"
	for _, c := range []struct {
		name, text    string
		rows, outside int
	}{
		{"at the end", head + "静安,1,2\n黄浦,2,3\n合计,3,5\n" + note, 2, 2},
		{"in the middle they are rows", head + "静安,1,2\n合计,1,2\n黄浦,2,3\n徐汇,4,5\n", 4, 0},
		{"a whole table that looks so is one", head + "静安,1,2\n黄浦,2,3\n" + strings.Repeat("合计,3,5\n", maxHeld+9), maxHeld + 11, 0},
	} {
		result, got, err := readText(t, c.text, nil)
		if err != nil || len(got.rows) != c.rows || len(result.Outside) != c.outside {
			t.Errorf("%s: %v, %d rows, outside %+v", c.name, err, len(got.rows), result.Outside)
		}
	}
}

func TestUTF16(t *testing.T) {
	for _, order := range []unicode.Endianness{unicode.LittleEndian, unicode.BigEndian} {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String("区\t数\r\n静安\t1\r\n𠮷\t2\r\n")
		if err != nil {
			t.Fatal(err)
		}
		result, got, err := readText(t, text, nil)
		if err != nil || got.text(1) != "𠮷|2" || types(result.Recipe) != "区:text 数:integer" || !strings.HasPrefix(result.Recipe.Encoding, "utf-16") {
			t.Errorf("%v: %v %+v", order, err, result.Recipe)
		}
	}
}

func TestPages(t *testing.T) {
	for _, c := range []struct {
		name, page string
		rows       []string
		code       string
	}{
		{"spans", "<table><tr><th>区<th>类<th>数</tr><tr><td rowspan=2>静安<td>甲<td>1<tr><td>乙<td>2</table>", []string{"静安|甲|1", "静安|乙|2"}, ""},
		{"the larger of two, entities, line breaks", "<table><tr><td>x</table><table><tr><td>名<td>数<tr><td>a&amp;b<br>c<td>1</table>", []string{"a&b\nc|1"}, ""},
		{"a bomb of spans", "<table>" + strings.Repeat("<tr><td colspan=1000 rowspan=60000>a", 30_000) + "</table>", nil, "intake.unpacks_too_large"},
		{"no table", "<html><p>x</html>", nil, "intake.empty"},
	} {
		_, got, err := readText(t, c.page, nil)
		if p := problem.As(err); c.code != "" {
			if p == nil || p.Code != c.code {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
			continue
		}
		if err != nil || len(got.rows) != len(c.rows) {
			t.Errorf("%s: %v, %d rows", c.name, err, len(got.rows))
			continue
		}
		for i, want := range c.rows {
			if got.text(i) != want {
				t.Errorf("%s: %q, want %q", c.name, got.text(i), want)
			}
		}
	}
}
