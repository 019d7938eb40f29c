package material

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

// pdf is a document of one page whose catalogue holds more.
func pdf(more string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R" + more + ">>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n" +
		"3 0 obj\n<</Length " + fmt.Sprint(len(page)) + "/Filter/FlateDecode>>\nstream\n" + page + "\nendstream\nendobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
}

var page = folded("BT /F1 12 Tf (a page) Tj ET")

func folded(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func stream(dictionary, body string) []byte {
	return bytes.Replace(pdf(""), []byte("trailer"), []byte("4 0 obj\n<<"+dictionary+">>\nstream\r\n"+body+"\nendstream\nendobj\ntrailer"), 1)
}

func picture(t testing.TB, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range 40 {
		m.Set(i, i%30, color.RGBA{uint8(i * 6), 90, 10, 255})
	}
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pictures(t testing.TB) (pngFile, jpegFile []byte) {
	return picture(t, func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) }),
		picture(t, func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) })
}

func archive(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("run.exe")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("MZ"))
	w.Close()
	return b.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestFilesThatLieAreRefused(t *testing.T) {
	pngFile, jpegFile := pictures(t)
	zipped := archive(t)
	comment := join(jpegFile[:2], []byte{0xff, 0xfe, byte((len(zipped) + 2) >> 8), byte(len(zipped) + 2)}, zipped, jpegFile[2:])
	torn := bytes.Clone(pngFile)
	torn[len(torn)-20] ^= 1
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a PDF":                                {pdf(""), PDF},
		"a PNG":                                {pngFile, PNG},
		"a JPEG":                               {jpegFile, JPEG},
		"nothing":                              {nil, "material.empty"},
		"too much":                             {join(pdf(""), make([]byte, MaxBytes)), "material.too_large"},
		"a program":                            {[]byte("MZ\x90"), "material.other_type"},
		"a page":                               {[]byte("<html><script>"), "material.other_type"},
		"SVG":                                  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "material.other_type"},
		"a GIF":                                {[]byte("GIF89a"), "material.other_type"},
		"an archive":                           {zipped, "material.archive"},
		"PDF without its end":                  {pdf("")[:100], "material.cut_off"},
		"PDF and an archive":                   {join(pdf(""), zipped), "material.goes_on"},
		"an archive in a PDF":                  {stream("", string(zipped)), "material.two_in_one"},
		"PDF with a page before it":            {join([]byte("%PDF-1.4 <html>"), pdf("")), "material.two_in_one"},
		"PDF with an action":                   {pdf("/OpenAction 3 0 R"), "material.pdf_acts"},
		"with a script":                        {pdf("/Names<</JavaScript 3 0 R>>"), "material.pdf_acts"},
		"with a name in escapes":               {pdf("/Names<</J#61va#53cript 3 0 R>>"), "material.pdf_acts"},
		"that starts a program":                {pdf("/A<</S/Launch/F(a.exe)>>"), "material.pdf_acts"},
		"with a file inside":                   {pdf("/Names<</EmbeddedFiles 3 0 R>>"), "material.pdf_acts"},
		"that sends a form":                    {pdf("/A<</S/SubmitForm>>"), "material.pdf_acts"},
		"locked":                               {pdf("/Encrypt 9 0 R"), "material.pdf_locked"},
		"a script in folded objects":           {stream("/Type/ObjStm/N 1/Filter/FlateDecode", folded("5 0 <</S/JavaScript/JS(app.alert)>>")), "material.pdf_acts"},
		"an escaped one in folded objects":     {stream("/Type/ObjStm/N 1/Filter/FlateDecode", folded("5 0 <</S/Java#53cript>>")), "material.pdf_acts"},
		"far inside a long stream":             {stream("/Type/ObjStm/Filter/FlateDecode", folded(strings.Repeat("(text) ", 40_000)+"<</S/JavaScript>>")), "material.pdf_acts"},
		"objects folded in a rare way":         {stream("/Type/ObjStm/Filter[/ASCII85Decode/FlateDecode]", "GhQ~>"), "material.pdf_hidden"},
		"objects folded in a rare way, hidden": {stream("/Type/Obj#53tm/Filter/LZ#57Decode", "GhQ"), "material.pdf_hidden"},
		"a stream hidden in a text":            {bytes.Replace(pdf(""), []byte("trailer"), []byte("(>> stream\n) 7 0 obj <</S/JavaScript>> endobj trailer"), 1), "material.pdf_acts"},
		"that unfolds for ever":                {stream("/Filter/FlateDecode", folded(strings.Repeat("\x00", mostUnfolded))), "material.pdf_too_deep"},
		"PNG and more":                         {join(pngFile, []byte("<script>")), "material.goes_on"},
		"PNG and an archive":                   {join(pngFile, zipped), "material.goes_on"},
		"PNG cut":                              {pngFile[:len(pngFile)-5], "material.cut_off"},
		"PNG torn":                             {torn, "material.broken"},
		"PNG with two heads":                   {join(pngFile[:33], pngFile[8:]), "material.broken"},
		"PNG by name only":                     {[]byte(pngMark), "material.broken"},
		"JPEG and more":                        {join(jpegFile, []byte("GIF89a")), "material.goes_on"},
		"JPEG cut":                             {jpegFile[:len(jpegFile)-2], "material.cut_off"},
		"an archive in a JPEG":                 {comment, "material.two_in_one"},
		"JPEG by name only":                    {[]byte("\xff\xd8\xff\xe0"), "material.broken"},
	} {
		media, err := Check(tt.data)
		if err != nil {
			media = problem.As(err).Fields[0].Code
		}
		if media != tt.want {
			t.Errorf("%s: %s, want %s", name, media, tt.want)
		}
	}
}

// TestNamesAcrossWindowsAreFound: wherever a long stream is cut to be searched.
func TestNamesAcrossWindowsAreFound(t *testing.T) {
	for _, middle := range []int{32 << 10, 64 << 10, 64<<10 + 64, 128 << 10} {
		for at := middle - 12; at <= middle+2; at++ {
			data := stream("/Type/ObjStm/Filter/FlateDecode", folded(strings.Repeat("x", at)+"/JavaScript"+strings.Repeat("x", 200_000)))
			if _, err := Check(data); problem.As(err) == nil || problem.As(err).Fields[0].Code != "material.pdf_acts" {
				t.Errorf("at %d: %v", at, err)
			}
		}
	}
}

func TestStreamsInEachOtherAreBounded(t *testing.T) {
	begin := "stream\n\x78\x9c"
	nested := begin + strings.Repeat("\x00\x09\x00\xf6\xff"+begin, 200_000) // each block is also a stream to the end
	data := bytes.Replace(pdf(""), []byte("trailer"), []byte(nested+"trailer"), 1)
	if _, err := Check(data); problem.As(err) == nil {
		t.Errorf("%d bytes: %v", len(data), err)
	}
}

func TestNamesAreCleaned(t *testing.T) {
	for name, want := range map[string]string{
		"营业执照.pdf": "营业执照.pdf", "../../etc/passwd": "passwd.pdf", `C:\x\a b.PDF`: "a b.pdf", "a\u202egpj.exe": "agpj.pdf",
		"": "file.pdf", "...": "file.pdf", "/": "file.pdf", "a\r\nb.pdf": "ab.pdf", strings.Repeat("长", 200): strings.Repeat("长", 80) + ".pdf",
	} {
		if got := clean(name, PDF); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	pngFile, jpegFile := pictures(f)
	for _, seed := range [][]byte{pdf(""), pngFile, jpegFile, stream("/Type/ObjStm", folded("x"))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if media, err := Check(data); (media == "") == (err == nil) || err != nil && problem.As(err) == nil {
			t.Errorf("%q, %v", media, err)
		}
	})
}
