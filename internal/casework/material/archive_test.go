package material

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestArchivesAreOneArchive: no other program finds other files in it.
func TestArchivesAreOneArchive(t *testing.T) {
	pngFile, jpegFile := pictures(t)
	good := letter().packed(t, zip.Store)
	directory := bytes.Index(good, []byte("PK\x01\x02"))
	patched := func(at int, by ...byte) []byte { return patchedIn(good, at, by...) }
	commented := bytes.Clone(good)
	binary.LittleEndian.PutUint16(commented[len(commented)-2:], 4)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a picture before it":         {join(pngFile, good), "material.goes_on"},
		"a JPEG before it":            {join(jpegFile, good), "material.goes_on"},
		"a GIF before it":             {join([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), good), "material.other_type"},
		"a PDF before it":             {join(pdf(""), good), "material.goes_on"},
		"bytes before it":             {join([]byte("x"), good), "material.other_type"},
		"a program before it":         {join([]byte("MZ"), good), "material.other_type"},
		"bytes behind it":             {join(good, []byte("x")), "material.goes_on"},
		"another behind it":           {join(good, good), "material.office_odd"},
		"a comment":                   {join(commented, []byte("text")), "material.goes_on"},
		"a comment of records":        {join(commented[:len(commented)-22], []byte("PK\x05\x06"), make([]byte, 16), []byte{22, 0}, good[len(good)-22:]), "material.office_odd"},
		"cut":                         {good[:len(good)/2], "material.cut_off"},
		"a PDF at its head":           {letter().say("<Types", "<!--%PDF-1.4--><Types").packed(t, zip.Store), "material.two_in_one"},
		"a tape at its head":          {letter().say("<Types", "<!--"+strings.Repeat("x", 128)+"-->\x00ustar<Types").packed(t, zip.Store), "material.two_in_one"},
		"another name beside it":      {extra(t, 0x7075, []byte("\x01\x00\x00\x00\x00word/x.xml")), "material.office_odd"},
		"other sizes beside it":       {extra(t, 0x0001, []byte("\x01\x02\x03\x04\x05\x06\x07\x08")), "material.office_odd"},
		"locked beside it":            {extra(t, 0x9901, make([]byte, 7)), "material.office_odd"},
		"the same name beside it":     {extra(t, 0x7075, []byte("\x01\x00\x00\x00\x00word/document.xml")), DOCX},
		"no sizes beside it":          {extra(t, 0x0001, make([]byte, 16)), DOCX},
		"another name before a part":  {patched(30, 'X'), "material.office_odd"},
		"another name in the list":    {patched(directory+46, 'X'), "material.archive"},
		"locked":                      {patched(directory+8, good[directory+8]|1), "material.office_odd"},
		"another method":              {patched(8, 8), "material.office_odd"},
		"a rare method":               {patched(directory+10, 12), "material.office_odd"},
		"another sum":                 {patched(directory+16, 1, 2, 3, 4), "material.office_odd"},
		"another offset":              {patched(directory+42, 1), "material.office_odd"},
		"another number of parts":     {patched(len(good)-12, 3), "material.office_odd"},
		"another number here":         {patched(len(good)-14, 3), "material.office_odd"},
		"a comment that is not there": {patched(len(good)-2, 4), "material.office_odd"},
		"locked in both places":       {bytes.Replace(bytes.Replace(good, []byte("PK\x03\x04\x14\x00\x08"), []byte("PK\x03\x04\x14\x00\x09"), 1), []byte("PK\x01\x02\x14\x00\x14\x00\x08"), []byte("PK\x01\x02\x14\x00\x14\x00\x09"), 1), "material.office_odd"},
		"other flags before a part":   {patched(6, good[6]|2), "material.office_odd"},
		"other sizes behind a part":   {patched(bytes.Index(good, []byte("PK\x07\x08"))+4, 1, 2, 3, 4), "material.office_odd"},
		"half sizes before a part":    {patched(18, 9), "material.office_odd"},
		"sizes known before":          {raw(t, nil), DOCX},
		"other sizes before a part":   {patchedIn(raw(t, nil), 14, 1, 2), "material.office_odd"},
		"a hole between parts":        {pierced(raw(t, nil)), "material.office_odd"},
		"a part of no list":           {hidden(good), "material.office_odd"},
		"a folder that holds bytes":   {raw(t, &rawPart{"word/x/", zip.Store, []byte("x"), []byte("x")}), "material.office_odd"},
		"more behind what unfolds":    {raw(t, &rawPart{"word/x.xml", zip.Deflate, []byte("<a/>"), []byte(rawFolded("<a/>") + "junk")}), "material.broken"},
		"a remark on a part":          {remarked(t), "material.office_odd"},
		"another disk":                {patched(len(good)-18, 1), "material.office_odd"},
		"a hole behind the last part": {join(good[:directory], []byte("hole"), moved(good[directory:], 4)), "material.office_odd"},
		"torn":                        {bytes.Replace(good, []byte("A|B"), []byte("A|C"), 1), "material.broken"},
	} {
		if got := verdict(tt.data); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// rawPart is a part that archive/zip writes as it is told.
type rawPart struct {
	name         string
	method       uint16
	plain, bytes []byte
}

func rawFolded(text string) string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// raw is a letter whose sizes stand before its parts, with one part more.
func raw(t testing.TB, more ...*rawPart) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	var all []*rawPart
	for _, name := range slices.Sorted(maps.Keys(letter())) {
		all = append(all, &rawPart{name, zip.Store, []byte(letter()[name]), []byte(letter()[name])})
	}
	for _, p := range append(all, more...) {
		if p == nil {
			continue
		}
		f, err := w.CreateRaw(&zip.FileHeader{Name: p.name, Method: p.method, ReaderVersion: 20, CreatorVersion: 20,
			CRC32: crc32.ChecksumIEEE(p.plain), CompressedSize64: uint64(len(p.bytes)), UncompressedSize64: uint64(len(p.plain))})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(p.bytes)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pierced is an archive with bytes before its last part that belong to none.
func pierced(data []byte) []byte {
	at, directory := bytes.LastIndex(data, []byte("PK\x03\x04")), bytes.Index(data, []byte("PK\x01\x02"))
	end := moved(data[directory:], 4)
	last := bytes.LastIndex(end, []byte("PK\x01\x02")) + 42
	binary.LittleEndian.PutUint32(end[last:], binary.LittleEndian.Uint32(end[last:])+4)
	return join(data[:at], []byte("hole"), data[at:directory], end)
}

// hidden is an archive whose directory leaves out its first part.
func hidden(data []byte) []byte {
	directory := bytes.Index(data, []byte("PK\x01\x02"))
	first := []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00x")
	rest := bytes.Clone(data[directory : len(data)-22])
	for at := 0; at < len(rest); { // every part begins later
		offset := binary.LittleEndian.Uint32(rest[at+42:])
		binary.LittleEndian.PutUint32(rest[at+42:], offset+uint32(len(first)))
		at += 46 + int(binary.LittleEndian.Uint16(rest[at+28:])) + int(binary.LittleEndian.Uint16(rest[at+30:]))
	}
	return join(first, data[:directory], rest, moved(data[len(data)-22:], uint32(len(first))))
}

// remarked is a letter with a remark on a part.
func remarked(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range letter() {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Comment: "x"})
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchivesAreBounded(t *testing.T) {
	many := letter()
	for i := range mostEntries {
		many[fmt.Sprintf("word/%d.xml", i)] = "<a/>"
	}
	block := make([]byte, 2000) // unfolds to less than two hundred times
	rand.NewChaCha8([32]byte{}).Read(block)
	plain := bytes.Repeat(block, 15_000)
	packed := []byte(rawFolded(string(plain)))
	var large []*rawPart
	for i := range 5 {
		large = append(large, &rawPart{fmt.Sprintf("word/%d.png", i), zip.Deflate, plain, packed})
	}
	few := raw(t, large[:4]...)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"too many parts": {many.packed(t, zip.Store), "material.office_too_deep"},
		"four large":     {few, DOCX},
		"five large":     {raw(t, large...), "material.office_too_deep"},
	} {
		if got := verdict(tt.data); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// moved is the end of an archive whose directory begins by bytes later.
func moved(end []byte, by uint32) []byte {
	end = bytes.Clone(end)
	at := len(end) - 6
	binary.LittleEndian.PutUint32(end[at:], binary.LittleEndian.Uint32(end[at:])+by)
	return end
}

func patchedIn(data []byte, at int, by ...byte) []byte {
	data = bytes.Clone(data)
	copy(data[at:], by)
	return data
}

// extra is a letter whose main part has an extra field.
func extra(t testing.TB, kind uint16, field []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range letter() {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if name == "word/document.xml" {
			h.Extra = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), uint16(len(field)))
			h.Extra = append(h.Extra, field...)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
