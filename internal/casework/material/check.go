package material

import (
	"bytes"

	"kaishu/internal/base/problem"
)

// MaxBytes is the largest file. [D]
const MaxBytes = 10 << 20

// The media types that are taken.
const (
	PDF  = "application/pdf"
	PNG  = "image/png"
	JPEG = "image/jpeg"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)

// Accepted is what the accept attribute of a file's input says, joined by
// commas: the endings, which every system knows, and the media types.
var Accepted = []string{".pdf", ".png", ".jpg", ".jpeg", ".docx", ".xlsx", ".pptx", PDF, PNG, JPEG, DOCX, XLSX, PPTX}

// Check returns what data is, by its content: the name says nothing. It fails
// with problem.Invalid, the fault at "/file", if data is none of the types
// that are taken, is cut off, goes on behind its end, or holds what acts by
// itself. What is taken is one file and only that, so that no other program
// reads something else in it.
func Check(data []byte) (media string, err error) {
	media, code := judge(data)
	if code != "" {
		return "", refuse(code)
	}
	return media, nil
}

func judge(data []byte) (media, code string) {
	switch {
	case len(data) == 0:
		return "", "material.empty"
	case len(data) > MaxBytes:
		return "", "material.too_large"
	case bytes.Contains(data, eicar):
		return "", "material.malware"
	case bytes.HasPrefix(data, []byte(zipMark)):
		return checkOffice(data)
	case bytes.HasPrefix(data, []byte(oleMark)):
		return "", checkOLE(data)
	case packed(data):
		return "", "material.archive"
	case bytes.HasPrefix(data, []byte("%PDF-")):
		media, code = PDF, checkPDF(data)
	case bytes.HasPrefix(data, []byte(pngMark)):
		media, code = PNG, checkPNG(data)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		media, code = JPEG, checkJPEG(data)
	default:
		code = "material.other_type"
	}
	if code == "" && archived(data) {
		code = "material.two_in_one"
	}
	if code != "" && infected(data) {
		code = "material.malware"
	}
	return media, code
}

// refuse says what is wrong with a file.
func refuse(code string, args ...any) error {
	var p problem.List
	p.Add("/file", code, append([]any{"megabytes", MaxBytes >> 20, "name", eicarName}, args...)...)
	return p.Err()
}

// archived reports whether a ZIP archive ends in data: such a file opens as
// two things. The end record lies within the last 64 KiB and a bit.
func archived(data []byte) bool {
	tail := data[max(0, len(data)-(1<<16+22)):]
	return bytes.Contains(tail, []byte("PK\x05\x06"))
}
