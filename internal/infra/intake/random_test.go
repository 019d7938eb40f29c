package intake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

// spellOut writes one field, in quotes if it must be or if the draw says so.
func spellOut(t *rapid.T, text, delim, eol string) string {
	if strings.ContainsAny(text, "\"\r\n"+delim) || rapid.Bool().Draw(t, "quote") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// Whatever is in the cells, however it is written: it comes back.
func TestRandomTablesComeBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		delim := rapid.SampledFrom([]string{",", "\t", ";", "|"}).Draw(t, "delimiter")
		eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		width := rapid.IntRange(2, 6).Draw(t, "width")
		cell := rapid.StringMatching(`[a-z区名,;|"'0-9 \t\n€-]{0,8}|-?[0-9]{1,5}(\.[0-9]{1,3})?|2026-0[1-9]-[0-2][1-8]|是|否|NA|0[0-9]{3}`)
		want := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 30).Draw(t, "rows")
		var b strings.Builder
		for i := range width {
			if i > 0 {
				b.WriteString(delim)
			}
			fmt.Fprintf(&b, "\"名称%c\"", 'a'+i)
		}
		b.WriteString(eol)
		for _, cells := range want {
			for i, c := range cells {
				if i > 0 {
					b.WriteString(delim)
				}
				b.WriteString(spellOut(t, c, delim, eol))
			}
			b.WriteString(eol)
		}
		text := b.String()
		recipe := &Recipe{Version: 1, Format: "csv", Encoding: utf8Name, Delimiter: delim, Head: &Head{Rows: 1}, Blanks: KeepBlanks}
		for i := range width {
			name := fmt.Sprintf("名称%c", 'a'+i)
			recipe.Columns = append(recipe.Columns, RecipeColumn{Source: name, Name: name, Type: "text"})
		}
		if rapid.Bool().Draw(t, "GB18030") {
			recipe.Encoding = gb18030Name
			var err error
			if text, err = simplifiedchinese.GB18030.NewEncoder().String(text); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, "upload")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(dir, "set_aside.ndjson")) // of the last round, if it left one
		into := &table{}
		result, err := Read(t.Context(), Request{Path: path, Dir: dir, Recipe: recipe}, into)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, cells := range want {
			if strings.TrimSpace(strings.Join(cells, "")) == "" {
				continue // no record
			}
			for i, c := range cells {
				got := into.rows[n][i]
				if c == "" && got != nil || c != "" && (got == nil || *got != c) {
					t.Fatalf("row %d, column %d: %q is not %q", n+1, i+1, into.text(n), c)
				}
			}
			n++
		}
		if result.RowsOut != int64(n) || result.RowsIn != int64(n) {
			t.Fatalf("%d of %d rows, want %d", result.RowsOut, result.RowsIn, n)
		}
	})
}

// slow is a plain tokenizer to compare with: one byte at a time.
func slow(text string, delim byte) (all [][]string, bad bool) {
	const start, bare, quoted, closed = 0, 1, 2, 3
	var fields []string
	var b strings.Builder
	state, any := start, false
	end := func() { fields = append(fields, b.String()); b.Reset(); state = start }
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case state == quoted && c == '"' && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case state == quoted && c == '"':
			state = closed
		case state == quoted:
			b.WriteByte(c)
		case c == '\r' && (i+1 == len(text) || text[i+1] == '\n'):
		case c == '\n':
			if any {
				end()
				all = append(all, fields)
			}
			fields, any = nil, false
			continue
		case c == delim:
			end()
		case state == start && c == '"':
			state = quoted
		case state == closed && c != ' ' && c != '\t':
			return nil, true
		case state != closed:
			state = bare
			b.WriteByte(c)
		}
		any = any || c != '\r' || i+1 < len(text) && text[i+1] != '\n'
	}
	if state == quoted {
		return nil, true
	}
	if any {
		end()
		all = append(all, fields)
	}
	return all, false
}

func FuzzTokenize(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\n\r\n1,\"x\ny\"", "a,\"", "\"\"", ",\n,", "\"a\" \t,b\r", "a\"b,c\n", "\"x\"y,z\n", "\r\n\n\ra"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\x00") {
			return
		}
		want, bad := slow(text, ',')
		tokens := newTokenizer(iotest{strings.NewReader(text)}, ',', '\n')
		tokens.buf = make([]byte, 1) // so that every record crosses a block
		var all [][]string
		for {
			var r row
			err := tokens.next(&r)
			if err == io.EOF {
				break
			}
			if err != nil || r.code != "" {
				if !bad {
					t.Fatalf("refused %q: %v %s", text, err, r.code)
				}
				return
			}
			var fields []string
			for _, field := range r.fields {
				fields = append(fields, string(field))
			}
			all = append(all, fields)
		}
		if bad {
			t.Fatalf("took %q as %q", text, all)
		}
		if fmt.Sprintf("%q", all) != fmt.Sprintf("%q", want) {
			t.Fatalf("%q: %q, want %q", text, all, want)
		}
		if n := int64(strings.Count(text, "\n")) + 1; tokens.line < n || tokens.line > n+1 {
			t.Fatalf("%q: ended on line %d of %d", text, tokens.line, n)
		}
	})
}

// iotest hands over few bytes at a time.
type iotest struct{ r io.Reader }

func (i iotest) Read(p []byte) (int, error) { return i.r.Read(p[:min(len(p), 3)]) }

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,x\n", "日期;数\n20260305;1,234\n", "\xb9\xab\xb9\xb2,b\n1,2\n", "a\n-\n\"\n", "PK\x03\x04", "\ufeffa|b\r1|2\r",
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a,b\n" + strings.Repeat("1.5,2026-01-02 08:30\n", 30) + "x,y\n", "{\"a\":1}", "lon,lat\n1e3,.5\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "upload")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		into := &table{}
		result, err := Read(t.Context(), Request{Path: path, Dir: t.TempDir()}, into)
		if err != nil {
			if problem.As(err) == nil {
				t.Fatalf("a fault: %v", err)
			}
			return
		}
		if result.RowsIn != result.RowsOut+result.RowsSetAside || int64(len(into.rows)) != result.RowsOut {
			t.Fatalf("%+v", result)
		}
		again, _, err := readFile(t, path, &result.Recipe)
		if err != nil || again.RowsOut != result.RowsOut || again.CellsSetAside != result.CellsSetAside {
			t.Fatalf("with its own recipe: %+v, %v", again, err)
		}
	})
}

// lines is a table like those of 1.3 in research/stack.md.
func lines(size int) []byte {
	var b bytes.Buffer
	b.WriteString("编号,区,日期,时间,类别,数量,金额,经度,纬度\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%d,静安区,2026-%02d-%02d,2026-03-05 %02d:30:00,公共交通,%d,%d.%02d,121.%06d,31.%06d\n",
			i, i%12+1, i%28+1, i%24, i%1000, i%5000, i%100, i%1000000, i*7%1000000)
	}
	return b.Bytes()
}

func BenchmarkTokenize(b *testing.B) {
	for name, text := range map[string][]byte{"bare": lines(16 << 20), "quoted": bytes.ReplaceAll(lines(16<<20), []byte("公共交通"), []byte(`"公共,""交通"`))} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tokens := newTokenizer(bytes.NewReader(text), ',', '\n')
				var r row
				for tokens.next(&r) == nil {
				}
			}
		})
	}
}

// discard is a loader that reads and forgets.
type discard struct{ table }

func (*discard) Load(_ context.Context, csv io.Reader, _ selection.Schema, wantRows func() int64, _ int, _ string) (int64, error) {
	_, err := io.Copy(io.Discard, csv)
	return wantRows(), err
}

func BenchmarkRead(b *testing.B) {
	text := lines(16 << 20)
	path := filepath.Join(b.TempDir(), "upload")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Read(b.Context(), Request{Path: path, Dir: b.TempDir()}, &discard{}); err != nil {
			b.Fatal(err)
		}
	}
}
