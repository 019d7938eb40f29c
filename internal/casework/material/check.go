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
)

// Check returns what data is, by its content: the name says nothing. It fails
// with problem.Invalid, the fault at "/file", if data is none of the types
// that are taken, is cut off, goes on behind its end, or holds what acts by
// itself. What is taken is one file and only that, so that no other program
// reads something else in it.
func Check(data []byte) (media string, err error) {
	code := ""
	switch {
	case len(data) == 0:
		code = "material.empty"
	case len(data) > MaxBytes:
		code = "material.too_large"
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
	if code != "" {
		var p problem.List
		p.Add("/file", code, "megabytes", MaxBytes>>20)
		return "", p.Err()
	}
	return media, nil
}

// archived reports whether a ZIP archive ends in data: such a file opens as
// two things. The end record lies within the last 64 KiB and a bit.
func archived(data []byte) bool {
	tail := data[max(0, len(data)-(1<<16+22)):]
	return bytes.Contains(tail, []byte("PK\x05\x06"))
}
