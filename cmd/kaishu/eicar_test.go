package main

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"kaishu/internal/obtain/application"
)

// eicar is the text by which scanners are tried, in two halves so that this
// file is no such file.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD` + `-ANTIVIRUS-TEST-FILE!$H+H*`

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHarmfulFilesOfAnApplication: what an applicant sends is looked at for
// what it claims to be; nothing harmful is kept, by API or by form.
func TestHarmfulFilesOfAnApplication(t *testing.T) {
	o := openOffice(t)
	p := o.as("person")
	v := asked[application.View](t, p, "POST", "/api/v1/applications", weatherContent(), http.StatusCreated)
	book := map[string]string{"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml": `<workbook/>`}
	with := func(name, text string) string {
		all := map[string]string{name: text}
		for k, x := range book {
			all[k] = x
		}
		return zipped(t, all)
	}
	for what, f := range map[string]struct{ name, text string }{
		"EICAR bare":             {"a.txt", eicar},
		"EICAR called PDF":       {"a.pdf", eicar},
		"EICAR zipped":           {"a.zip", zipped(t, map[string]string{"a.com": eicar})},
		"EICAR in a workbook":    {"a.xlsx", with("xl/media/a.png", eicar)},
		"macros":                 {"a.xlsx", with("xl/vbaProject.bin", "x")},
		"a PDF that acts":        {"a.pdf", "%PDF-1.7\n1 0 obj\n<</Type/Catalog/OpenAction 3 0 R>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"},
		"a picture and a ZIP":    {"a.png", picture(t).String() + zipped(t, map[string]string{"a": "b"})},
		"a picture called PDF":   {"a.pdf", picture(t).String()},
		"a page":                 {"a.pdf", "<html><script>alert(1)</script>"},
		"nothing":                {"a.pdf", ""},
		"more than ten megabyte": {"a.png", picture(t).String() + strings.Repeat("x", 10<<20)},
	} {
		a := p.send(t, "POST", "/api/v1/applications/"+v.Case.ID+"/files?item=hourly-weather%2Fstaff&name="+f.name, "application/octet-stream", strings.NewReader(f.text))
		if a.status < 400 || a.status >= 500 {
			t.Errorf("%s by the API: %d %s", what, a.status, a.body)
		}
		if a := p.upload(t, "/zh/applications/"+v.Case.ID+"/files", f.name, f.text, "item", "hourly-weather/staff"); a.status < 400 || a.status >= 500 {
			t.Errorf("%s by the form: %d", what, a.status)
		}
	}
	if files := asked[application.View](t, p, "GET", "/api/v1/applications/"+v.Case.ID, nil, http.StatusOK).Files; len(files) > 0 {
		t.Errorf("kept: %+v", files)
	}
}
