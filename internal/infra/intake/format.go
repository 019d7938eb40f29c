package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"kaishu/internal/base/problem"
)

// reader reads the files of one format.
type reader interface {
	// look examines the whole file as far as the format needs it and returns
	// the part of a recipe that tells how to open it. What the publisher's
	// recipe says of that, if there is one, is kept, or refused.
	look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error)
	// open starts one pass over the file's records, as look said.
	open(f *os.File, form Recipe) (rows, error)
	// padded reports that a record ends with its last cell, so that short
	// records are no fault.
	padded() bool
}

// declared is a reader whose files say what their columns are: the first
// record of a pass names them, and no title stands above it.
type declared interface {
	// columns returns one per field of a record, after look. Type is "" where
	// only the cells can tell.
	columns() []RecipeColumn
	// coordinates returns the columns of a place and their system, as far as
	// the file says so; nil if it says nothing of places.
	coordinates() *Coordinates
}

// rows is one pass over the records of a file.
type rows interface {
	// next fills r, or returns io.EOF or a problem that names the line.
	next(r *row) error
}

// format is a kind of file, told by its content and never by its name.
type format struct {
	name string                             // as people call it
	is   func(head []byte, f *os.File) bool // head is the first 4 KiB
	read func() reader                      // nil: known, but not read
}

// formats are tried in order. Delimited text comes last: it is what nothing
// else is.
var formats = []format{
	{name: "XLSX", is: inZip("xl/workbook.xml"), read: func() reader { return &sheetReader{} }},
	{name: "XLSB", is: inZip("xl/workbook.bin")},
	{name: "ODS", is: inZip("content.xml"), read: func() reader { return &odsReader{} }},
	{name: "ODS", is: inZip("encrypted-package"), read: func() reader { return &odsReader{} }},
	{name: "DOCX", is: inZip("word/document.xml")},
	{name: "PPTX", is: inZip("ppt/presentation.xml")},
	{name: "ZIP", is: starts("PK\x03\x04", "PK\x05\x06")},
	{name: "XLS", is: starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), read: func() reader { return &xlsReader{} }},
	{name: "Excel 2–4", is: starts("\x09\x00\x04\x00", "\x09\x00\x06\x00", "\x09\x02\x06\x00", "\x09\x04\x06\x00")},
	{name: "PDF", is: starts("%PDF-")},
	{name: "Parquet", is: starts("PAR1"), read: func() reader { return &parquetReader{} }},
	{name: "Parquet (encrypted)", is: starts("PARE")},
	{name: "Arrow", is: starts(arrowMark), read: func() reader { return &arrowReader{} }},
	{name: "Arrow", is: isArrowStream, read: func() reader { return &arrowReader{} }},
	{name: "Feather 1", is: starts("FEA1")},
	{name: "GZIP", is: starts("\x1f\x8b")},
	{name: "7z", is: starts("7z\xbc\xaf\x27\x1c")},
	{name: "RAR", is: starts("Rar!\x1a\x07")},
	{name: "XZ", is: starts("\xfd7zXZ\x00")},
	{name: "Zstandard", is: starts("\x28\xb5\x2f\xfd")},
	{name: "BZIP2", is: starts("BZh1AY&SY", "BZh9", "BZh6")},
	{name: "DBF", is: isDBF, read: func() reader { return &dbfReader{} }},
	{name: "SQLite", is: starts("SQLite format 3\x00")},
	{name: "PNG", is: starts("\x89PNG")},
	{name: "JPEG", is: starts("\xff\xd8\xff")},
	{name: "GIF", is: starts("GIF87a", "GIF89a")},
	{name: "RTF", is: starts(`{\rtf`)},
	{name: "UTF-32", is: starts("\xff\xfe\x00\x00", "\x00\x00\xfe\xff")},
	{name: "CSV", is: starts("\xff\xfe", "\xfe\xff"), read: func() reader { return &textReader{} }},
	{name: "HTML", is: markup("<!doctype html", "<html", "<table", "<head", "<body", "<meta"), read: func() reader { return &pageReader{} }},
	{name: "XML", is: markup("<?xml")},
	{name: "JSON", is: isJSON, read: func() reader { return &jsonReader{} }},
	{name: "CSV", is: func([]byte, *os.File) bool { return true }, read: func() reader { return &textReader{} }},
}

// sniff returns the reader for f, or a problem that names the format.
func sniff(f *os.File) (reader, error) {
	head := make([]byte, 4096)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read head of file: %w", err)
	}
	if n == 0 {
		return nil, problem.New(problem.Invalid, "intake.empty")
	}
	for _, k := range formats {
		if !k.is(head[:n], f) {
			continue
		}
		if k.read != nil {
			return k.read(), nil
		}
		return nil, problem.New(problem.Unsupported, "intake.format_not_read", "format", k.name)
	}
	return nil, fmt.Errorf("sniff file: no format took it")
}

func starts(prefixes ...string) func([]byte, *os.File) bool {
	return func(head []byte, _ *os.File) bool {
		for _, p := range prefixes {
			if bytes.HasPrefix(head, []byte(p)) {
				return true
			}
		}
		return false
	}
}

func markup(tags ...string) func([]byte, *os.File) bool {
	return func(head []byte, _ *os.File) bool {
		text := strings.ToLower(string(trim(head)))
		for _, tag := range tags {
			if strings.HasPrefix(text, tag) {
				return true
			}
		}
		return false
	}
}

// isJSON takes an object or an array of objects, arrays or nothing.
func isJSON(head []byte, _ *os.File) bool {
	text := trim(head)
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return false
	}
	rest := trim(text[1:])
	if len(rest) == 0 {
		return false
	}
	if text[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return rest[0] == '{' || rest[0] == '[' || rest[0] == ']'
}

func inZip(entry string) func([]byte, *os.File) bool {
	return func(head []byte, f *os.File) bool {
		if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
			return false
		}
		info, err := f.Stat()
		if err != nil {
			return false
		}
		z, err := zip.NewReader(f, info.Size())
		if err != nil {
			return false
		}
		for _, e := range z.File {
			if strings.EqualFold(strings.ReplaceAll(e.Name, `\`, "/"), entry) {
				return true
			}
		}
		return false
	}
}

// encrypted refuses a workbook that needs a password: an OLE2 file with a
// stream of this name.
func encrypted(f *os.File, size int64) error {
	var name []byte
	for _, c := range "EncryptedPackage" {
		name = append(name, byte(c), 0)
	}
	const step, most = 1 << 20, 256 << 20
	buf := make([]byte, step+len(name))
	for at := int64(0); at < min(size, most); at += step {
		n, err := f.ReadAt(buf, at)
		if err != nil && err != io.EOF {
			return fmt.Errorf("read file: %w", err)
		}
		if bytes.Contains(buf[:n], name) {
			return problem.New(problem.Invalid, "intake.encrypted")
		}
	}
	return nil
}
