package hostile

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

const table = "区,人数\n静安,1\n黄浦,2\n"

type entry struct {
	name string
	body []byte
	mode os.FileMode
}

func zipped(entries ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(e.body)
		}
		if err != nil {
			panic(err) // memory does not fail
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func gzipped(body io.Reader) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, body); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// endless yields the same line n bytes long in all.
func endless(line string, n int64) io.Reader {
	return io.LimitReader(&repeated{line: line}, n)
}

type repeated struct {
	line string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.line[r.at%len(r.line)]
		r.at++
	}
	return len(p), nil
}

func bomb(n int64) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("rows.csv")
	if err == nil {
		_, err = io.Copy(w, endless("1,2,3\n", n))
	}
	if err != nil || z.Close() != nil {
		panic(err)
	}
	return b.Bytes()
}

// overlapping lets each central entry point at the first local one.
func overlapping(n int) []byte {
	var entries []entry
	for i := range n {
		entries = append(entries, entry{name: fmt.Sprintf("t%04d.csv", i), body: []byte(table)})
	}
	b := zipped(entries...)
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return b
		}
		at += i
		copy(b[at+42:at+46], []byte{0, 0, 0, 0}) // offset of the local header
		at += 46
	}
}

func encryptedZip() []byte {
	b := zipped(entry{name: "t.csv", body: []byte(table)})
	for _, at := range []int{bytes.Index(b, []byte("PK\x03\x04")) + 6, bytes.Index(b, []byte("PK\x01\x02")) + 8} {
		b[at] |= 1
	}
	return b
}

func archives(add func(string, ...File)) {
	large := []string{"intake.unpacks_too_large"}
	add("zip-bomb", File{Codes: large, Make: func() []byte { return bomb(300 << 20) }}, File{Codes: large, Make: func() []byte { return bomb(100 << 20) }})
	add("gzip-bomb", File{Codes: large, Make: func() []byte { return gzipped(endless("0,0\n", 300<<20)) }})
	nested := []string{"intake.archive_nested"}
	inner := zipped(entry{name: "t.csv", body: []byte(table)})
	add("nested",
		File{Codes: nested, Make: fixed(zipped(entry{name: "t.zip", body: inner}))},
		File{Codes: nested, Make: func() []byte { return gzipped(bytes.NewReader(inner)) }},
		File{Codes: nested, Make: func() []byte { return gzipped(bytes.NewReader(gzipped(bytes.NewReader([]byte(table))))) }},
		File{Codes: nested, Make: func() []byte {
			b := inner
			for range 12 {
				b = zipped(entry{name: "t.zip", body: b})
			}
			return b
		}})
	overlap := []string{"intake.packed_overlap", "intake.archive_broken"}
	add("overlapping", File{Codes: overlap, Make: func() []byte { return overlapping(2) }}, File{Codes: overlap, Make: func() []byte { return overlapping(9000) }})
	add("many-entries", File{Codes: []string{"intake.too_many_packed"}, Make: func() []byte { return overlapping(10_001) }})
	var names []File
	for _, name := range []string{"../t.csv", "a/../../t.csv", "/etc/t.csv", `..\t.csv`, `\\host\t.csv`, "t\x00.csv", "a/.."} {
		names = append(names, File{Codes: []string{"intake.packed_name", "intake.archive_broken"}, Make: fixed(zipped(entry{name: name, body: []byte(table)}))})
	}
	add("name", names...)
	add("odd-name", File{Loads: true, Make: fixed(zipped(entry{name: "con.csv", body: []byte(table)}))}, File{Loads: true, Make: fixed(zipped(entry{name: "C:t.csv", body: []byte(table)}))},
		File{Loads: true, Make: fixed(zipped(entry{name: "\xb1\xed.csv", body: []byte(table)}))}, File{Loads: true, Make: fixed(zipped(entry{name: "-rf.csv", body: []byte(table)}))})
	add("link", File{Loads: true, Make: fixed(zipped(entry{name: "t.csv", body: []byte("/etc/passwd"), mode: os.ModeSymlink | 0o777}))})
	add("encrypted-zip", File{Codes: []string{"intake.encrypted"}, Make: encryptedZip})
	add("no-table", File{Codes: []string{"intake.no_table_packed", "intake.format_not_read"}, Make: fixed(zipped())}, File{Codes: []string{"intake.no_table_packed"}, Make: fixed(zipped(entry{name: "a/"}))},
		File{Codes: []string{"intake.several_tables"}, Make: fixed(zipped(entry{name: "a.csv", body: []byte(table)}, entry{name: "b.csv", body: []byte(table)}))})
	script := []byte("<script>alert(1)</script>" + table)
	add("polyglot",
		File{Codes: []string{"intake.format_not_read"}, Make: fixed(append([]byte("%PDF-1.7\n"), inner...))},
		File{Codes: []string{"intake.format_not_read"}, Make: said("GIF89a" + table)},
		File{Codes: []string{"intake.format_not_read"}, Make: said("\x89PNG\r\n\x1a\n" + table)},
		File{Loads: true, Make: fixed(append([]byte("MZ\n"), inner...))},
		File{Loads: true, Make: fixed(script)},
		File{Loads: true, Make: said("<html><script>fetch('http://127.0.0.1')</script><table><tr><td>a<td>b<tr><td>1<td>2</table>")},
		File{Loads: true, Make: fixed(append(append([]byte(nil), inner...), script...))},
		File{Codes: []string{"intake.format_not_read"}, Make: said("{\\rtf1 " + table)})
}
