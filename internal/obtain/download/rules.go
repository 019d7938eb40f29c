package download

import (
	"cmp"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

// Extensions are the formats that are handed out, as file name extensions.
var Extensions = []string{"csv", "xlsx", "json", "ndjson", "parquet", "geojson"}

// Encodings are the character sets in which CSV is handed out. UTF-8 comes
// from the stored file; the others are for spreadsheet programs that guess.
var Encodings = []string{"utf-8", "utf-8-bom", "gb18030"}

// FileName returns the name under which a dataset's file is saved: its title
// without characters that file systems refuse, then the extension.
func FileName(title, extension string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, strings.TrimSpace(title))
	for len(name) > 180 { // room for the extension within 255 bytes
		_, size := lastRune(name)
		name = name[:len(name)-size]
	}
	return cmp.Or(strings.Trim(name, ". "), "data") + "." + extension
}

func lastRune(s string) (rune, int) {
	r := []rune(s)
	last := r[len(r)-1]
	return last, len(string(last))
}

// Wanted is what one request asks for.
type Wanted struct {
	Extension string
	Encoding  string // one of Encodings
}

// Parse reads the file name of an address and the encoding asked for. The
// extension decides; the name before it is for people. Every fault is told.
func Parse(file, encoding string) (Wanted, error) {
	var p problem.List
	w := Wanted{Encoding: encoding}
	dot := strings.LastIndexByte(file, '.')
	w.Extension = strings.ToLower(file[dot+1:])
	if dot < 0 || !slices.Contains(Extensions, w.Extension) {
		return w, problem.New(problem.NotFound, "download.unknown_format", "file", file, "formats", strings.Join(Extensions, ", "))
	}
	if w.Encoding == "" {
		w.Encoding = Encodings[0]
	}
	if !slices.Contains(Encodings, w.Encoding) {
		p.Add("?encoding", "download.unknown_encoding", "encoding", encoding, "encodings", strings.Join(Encodings, ", "))
	} else if w.Encoding != Encodings[0] && w.Extension != "csv" {
		p.Add("?encoding", "download.encoding_is_for_csv", "extension", w.Extension)
	}
	return w, p.Err()
}
