package material

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
)

// The marks with which files begin.
const (
	zipMark = "PK\x03\x04"
	oleMark = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" // Office until 2003, and Office with a password
)

// office is a document of Office while it is walked: what its small parts say
// of the others.
type office struct {
	types []contentType
	main  []string // what the root names as its main part
	names []string
}

// contentType is what the list says of a part, or of all parts of an ending.
type contentType struct{ part, ending, kind string }

// checkOffice returns what a ZIP archive is if it is a document of Office,
// and the message key of what is wrong.
//
// Parts are held to a list of what may be inside, and what acts is looked for
// by every way that names it: content types, relations, names and the words of
// fields and formulas. Text must be plain UTF-8, so that what is looked for
// cannot stand there in other letters.
func checkOffice(data []byte) (media, code string) {
	if head := data[:min(len(data), 1024)]; bytes.Contains(head, []byte("%PDF-")) || bytes.Contains(head, []byte("\x00ustar")) {
		return "", "material.two_in_one"
	}
	headers, _, code := readDirectory(data)
	listed := bytes.Contains(data, []byte(listName))
	if code == "" {
		listed = slices.ContainsFunc(headers, func(h archiveHeader) bool { return strings.EqualFold(h.name, listName) })
	}
	var o office
	switch {
	case !listed:
		code = plainArchive(headers)
	case code == "":
		code = walkArchive(data, o.take)
	}
	if code != "" && infected(data) {
		code = "material.malware"
	}
	if code != "" {
		return "", code
	}
	return o.media()
}

// listName is the part that every document of Office has.
const listName = "[Content_Types].xml"

// plainArchive tells an archive that people made from a document of a kind
// that is not taken.
func plainArchive(headers []archiveHeader) string {
	for _, h := range headers {
		if h.name == "mimetype" || h.name == "OFD.xml" {
			return "material.other_type"
		}
	}
	return "material.archive"
}

// mainType ends the content type of the part that makes a document what it is;
// before it stands the document's own.
const mainType = ".main+xml"

// declared is whether the list declares by its ending a kind that acts, and a
// part has that ending: many programs list kinds of which they write none.
func (o *office) declared() string {
	used := map[string]bool{}
	for _, name := range o.names {
		used[strings.ToLower(path.Ext(name))] = true
	}
	for _, t := range o.types {
		if code := actingType(t.kind); code != "" && t.part == "" && used["."+strings.ToLower(t.ending)] {
			return code
		}
	}
	return ""
}

// media returns the type of the document by its main part.
func (o *office) media() (media, code string) {
	if code := o.declared(); code != "" {
		return "", code
	}
	if len(o.main) != 1 {
		return "", "material.broken"
	}
	part, kinds := strings.ToLower(o.main[0]), map[string]bool{}
	for _, t := range o.types {
		if strings.ToLower(t.part) == part {
			kinds[t.kind] = true
		}
	}
	if len(kinds) == 0 { // declared by its ending, as some programs do
		for _, t := range o.types {
			if t.part == "" && strings.HasSuffix(t.kind, mainType) {
				kinds[t.kind] = true
			}
		}
	}
	if len(kinds) != 1 {
		return "", "material.broken"
	}
	for kind := range kinds {
		media, _ = strings.CutSuffix(kind, mainType)
	}
	if media != DOCX && media != XLSX && media != PPTX {
		return "", "material.other_type"
	}
	if !slices.ContainsFunc(o.names, func(name string) bool { return strings.ToLower("/"+name) == part }) {
		return "", "material.broken"
	}
	return media, ""
}

// inside are the kinds of part that a document may hold besides XML: pictures
// and fonts.
var inside = map[string]bool{
	".png": true, ".jpg": true, ".jpeg": true, ".jpe": true, ".jfif": true, ".gif": true, ".bmp": true, ".tif": true, ".tiff": true,
	".emf": true, ".wmf": true, ".wdp": true, ".odttf": true, ".fntdata": true, ".ttf": true,
}

// take looks at one part of the document.
func (o *office) take(name string, data []byte) string {
	if bytes.Contains(data, eicar) {
		return "material.malware"
	}
	if strings.HasSuffix(name, "/") {
		return ""
	}
	o.names = append(o.names, name)
	low := strings.ToLower(name)
	switch ending := path.Ext(low); {
	case strings.Contains(low, "vbaproject") || strings.Contains(low, "vbadata") || strings.Contains(low, "macrosheets/") || strings.Contains(low, "jdedata"):
		return "material.office_macros"
	case otherFile(data):
		return "material.office_inside"
	case strings.EqualFold(name, listName):
		return o.readTypes(data)
	case ending == ".rels":
		return o.readRelations(low, data)
	case ending == ".xml" || ending == ".vml" || ending == ".svg":
		return checkPart(low, data)
	case ending == ".sigs" && len(data) == 0: // where signatures begin
		return ""
	case inside[ending] || ending == ".bin" && strings.Contains(low, "/printersettings/"):
		return ""
	}
	return "material.office_inside"
}

// others are how files begin that have no place in a document.
var others = []string{zipMark, "PK\x05\x06", oleMark, "MZ", "\x7fELF", "%PDF-", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08", "BZh", "\xfd7zXZ\x00", "MSCF", "{\\rtf", "#!"}

func otherFile(data []byte) bool {
	return slices.ContainsFunc(others, func(mark string) bool { return bytes.HasPrefix(data, []byte(mark)) })
}

// checkOLE tells why a file of the old form is not taken.
func checkOLE(data []byte) string {
	var locked []byte
	for _, unit := range utf16.Encode([]rune("EncryptedPackage")) {
		locked = append(locked, byte(unit), byte(unit>>8))
	}
	if bytes.Contains(data, locked) {
		return "material.office_locked"
	}
	return "material.office_old"
}

// packed reports whether data is an archive of a kind that people send.
func packed(data []byte) bool {
	for _, mark := range []string{"PK\x05\x06", "PK\x07\x08", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "\x1f\x8b\x08", "BZh", "\xfd7zXZ\x00", "MSCF", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(data, []byte(mark)) {
			return true
		}
	}
	return len(data) > 262 && string(data[257:262]) == "ustar"
}
