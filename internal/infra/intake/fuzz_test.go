package intake

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"kaishu/internal/base/problem"
)

func written(t testing.TB, text []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// passThrough lets a reader go through a file: it ends in rows that end and, if
// the columns are declared, are as wide as these, or in a problem.
func passThrough(t *testing.T, r reader, file *os.File) {
	t.Helper()
	form, err := r.look(t.Context(), file, nil)
	if err != nil {
		if problem.As(err) == nil {
			t.Fatal(err)
		}
		return
	}
	pass, err := r.open(file, form)
	if err != nil {
		if problem.As(err) == nil {
			t.Fatal(err)
		}
		return
	}
	known, declares := r.(declared)
	var one row
	for range 1 << 22 {
		if err := pass.next(&one); err != nil {
			return
		}
		if declares && len(one.fields) != len(known.columns()) {
			t.Fatalf("%d fields of %d columns", len(one.fields), len(known.columns()))
		}
	}
	t.Fatal("rows without end")
}

// FuzzArchive: whatever is sent, there is one file of ours, or a reason.
func FuzzArchive(f *testing.F) {
	var z, g bytes.Buffer
	w := zip.NewWriter(&z)
	for _, name := range []string{"t.csv", "../t.csv", "a/readme.txt"} {
		part, err := w.Create(name)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := io.WriteString(part, "a,b\n1,2\n"); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	p := gzip.NewWriter(&g)
	if _, err := io.WriteString(p, "a,b\n1,2\n"); err != nil || p.Close() != nil {
		f.Fatal(err)
	}
	f.Add(z.Bytes())
	f.Add(g.Bytes())
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		upload := written(t, text)
		inner, _, l, err := unpack(t.Context(), upload, dir, nil)
		if err != nil {
			if problem.As(err) == nil {
				t.Fatal(err)
			}
			return
		}
		if inner != upload {
			inner.Close()
		}
		if l != nil {
			l.close()
			return
		}
		if left, _ := os.ReadDir(dir); len(left) > 1 || len(left) == 1 && left[0].Name() != "unpacked" {
			t.Fatalf("%d files", len(left))
		}
	})
}

// FuzzPage: a page is a table or has a reason, and its rows end.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		"<html><table><tr><td>a<td colspan=2>b<tr><td rowspan=3>1<td>2<td>3</table>", "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;1&#20013;</td></tr></tbody></table>",
		"<table><tr><td><table><tr><td>x</table></table>", "<!doctype html><meta charset=gbk><table><tr><td style='mso-number-format:\\@'>007</table>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		passThrough(t, &pageReader{}, written(t, text))
	})
}
