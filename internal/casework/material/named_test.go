package material

import (
	"archive/zip"
	"bytes"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

func TestNameAndTypeMustNotSayAnother(t *testing.T) {
	b := newBench(t)
	pngFile, jpegFile := pictures(t)
	docx := letter().packed(t, zip.Deflate)
	for _, tt := range []struct {
		name, declared string
		data           []byte
		named, found   string // "" if it is taken
	}{
		{"a.pdf", "", pngFile, "PDF", "PNG"},
		{"a.PDF ", "", pngFile, "PDF", "PNG"},
		{"a.png", "", jpegFile, "PNG", "JPG"},
		{"a.docx", "", book().packed(t, zip.Deflate), "DOCX", "XLSX"},
		{"a.xlsm", "", book().packed(t, zip.Deflate), "XLSM", "XLSX"},
		{"a.exe", "", pdf(""), "EXE", "PDF"},
		{"a.pdf.html", "", pdf(""), "HTML", "PDF"},
		{"a.png", "application/pdf", pngFile, "PDF", "PNG"},
		{"a", "image/png", pdf(""), "PNG", "PDF"},
		{"a", "text/html; charset=utf-8", pdf(""), "text/html", "PDF"},
		{"a.JPEG", "image/pjpeg", jpegFile, "", ""},
		{"a.jfif", "image/jpeg", jpegFile, "", ""},
		{"a", "", pngFile, "", ""},
		{"协议v1.2", "application/octet-stream", pdf(""), "", ""},
		{"a.docx", "application/wps-office.docx", docx, "", ""},
		{"a.docx", "application/zip", docx, "", ""},
		{"a.docx", DOCX, docx, "", ""},
		{"a.pdf", "//", pdf(""), "", ""},
	} {
		f, err := b.ReceiveAs(t.Context(), permit.Actor{}, tt.name, tt.declared, bytes.NewReader(tt.data))
		if tt.named == "" {
			if err != nil {
				t.Errorf("%s, %s: %v", tt.name, tt.declared, err)
				continue
			}
			f.Close()
			continue
		}
		p := problem.As(err)
		if p == nil || p.Fields[0].Code != "material.other_than_named" || p.Fields[0].Args["named"] != tt.named || p.Fields[0].Args["found"] != tt.found {
			t.Errorf("%s, %s: %v", tt.name, tt.declared, err)
		}
	}
}
