package intake

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/problem"
)

// The most that the parts of a workbook may unpack to. The sheet is streamed;
// the strings are kept in memory.
const (
	maxSheetBytes  = 8 << 30
	maxStringBytes = 512 << 20
	maxStrings     = 1 << 24
	maxPartBytes   = 64 << 20
)

// workbook is what is needed of an XLSX file to read its sheets.
type workbook struct {
	parts    map[string]*zip.File // by lower-case path
	sheets   []sheetPart          // visible ones first, in the order of the tabs
	strings  sheetStrings
	looks    []look // by cell style
	date1904 bool
}

type sheetPart struct {
	tab
	path string
}

func openWorkbook(ctx context.Context, f *os.File) (*workbook, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat file: %w", err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, sheetFault(err)
	}
	b := &workbook{parts: partsOf(z)}
	if err := b.readSheets(); err != nil {
		return nil, err
	}
	if err := b.readStyles(); err != nil {
		return nil, err
	}
	return b, b.readStrings(ctx)
}

// partsOf returns the files of an archive by lower-case path.
func partsOf(z *zip.Reader) map[string]*zip.File {
	parts := map[string]*zip.File{}
	for _, part := range z.File {
		parts[strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))] = part
	}
	return parts
}

// entry opens a part; it fails with a problem if the part unpacks to more than
// its kind may.
func (b *workbook) entry(name string) (io.Reader, error) {
	most := int64(maxPartBytes)
	switch {
	case strings.Contains(strings.ToLower(name), "sharedstrings"):
		most = maxStringBytes
	case strings.Contains(strings.ToLower(name), "worksheets"):
		most = maxSheetBytes
	}
	return openPart(b.parts, name, most)
}

// openPart opens a file of an archive; what it unpacks to beyond most bytes is
// refused.
func openPart(parts map[string]*zip.File, name string, most int64) (io.Reader, error) {
	part := parts[strings.ToLower(name)]
	if part == nil {
		return nil, broken(name)
	}
	r, err := part.Open()
	if err != nil {
		return nil, sheetFault(err)
	}
	return &bounded{r: r, left: most}, nil
}

// bounded refuses to unpack a zip bomb.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	return n, err
}

// decode reads a small part. A missing part leaves v as it is.
func (b *workbook) decode(name string, v any) error {
	if b.parts[strings.ToLower(name)] == nil {
		return nil
	}
	r, err := b.entry(name)
	if err != nil {
		return err
	}
	if err := xml.NewDecoder(r).Decode(v); err != nil {
		return sheetFault(err)
	}
	return nil
}

func (b *workbook) readSheets() error {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			State string     `xml:"state,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := b.decode("xl/workbook.xml", &book); err != nil {
		return err
	}
	if err := b.decode("xl/_rels/workbook.xml.rels", &links); err != nil {
		return err
	}
	b.date1904 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	var hidden []sheetPart
	for _, s := range book.Sheets {
		at := slices.IndexFunc(s.Attrs, func(a xml.Attr) bool { return a.Name.Local == "id" })
		for _, l := range links.Links {
			if at < 0 || l.ID != s.Attrs[at].Value {
				continue
			}
			part := sheetPart{tab{name: s.Name}, path.Join("xl", l.Target)}
			if strings.HasPrefix(l.Target, "/") {
				part.path = l.Target[1:]
			}
			switch {
			case b.parts[strings.ToLower(part.path)] == nil || strings.Contains(part.path, "chartsheets"):
			case s.State == "" || s.State == "visible":
				b.sheets = append(b.sheets, part)
			default:
				part.hidden = true
				hidden = append(hidden, part)
			}
		}
	}
	b.sheets = append(b.sheets, hidden...)
	if len(b.sheets) == 0 {
		return broken("xl/workbook.xml")
	}
	return nil
}

func (b *workbook) readStyles() error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode("xl/styles.xml", &styles); err != nil {
		return err
	}
	own := map[int]look{}
	for _, f := range styles.Formats {
		own[f.ID] = lookOf(f.Code)
	}
	for _, c := range styles.Cells {
		l, ok := own[c.Format]
		if !ok {
			l = builtin(c.Format)
		}
		b.looks = append(b.looks, l)
	}
	return nil
}

// readStrings keeps the shared strings, without their phonetic guides.
func (b *workbook) readStrings(ctx context.Context) error {
	const name = "xl/sharedStrings.xml"
	if b.parts[strings.ToLower(name)] == nil {
		return nil
	}
	r, err := b.entry(name)
	if err != nil {
		return err
	}
	x := newMarkupReader(r)
	var text []byte
	in := false // <t>
	for {
		err := x.next()
		if err == io.EOF {
			return ctx.Err()
		}
		switch {
		case err != nil:
		case x.kind == someText:
			if in {
				text = append(text, x.text...)
			}
		case x.kind == openTag:
			in = string(x.name) == "t"
			if string(x.name) == "rPh" {
				err = x.skip()
			}
		default:
			if in = false; string(x.name) == "si" {
				err = b.strings.add(unescape(text))
				text = text[:0]
			}
		}
		if err != nil {
			return sheetFault(err)
		}
	}
}

// sheetStrings are the strings that the cells of a workbook share.
type sheetStrings struct {
	all   []string
	bytes int64
}

// add keeps a copy of text, or refuses more than fits into memory.
func (s *sheetStrings) add(text []byte) error {
	if s.bytes += int64(len(text)); s.bytes > maxStringBytes || len(s.all) >= maxStrings {
		return problem.New(problem.Invalid, "intake.unpacks_too_large")
	}
	s.all = append(s.all, string(text))
	return nil
}

// look is what a number format makes of a number.
type look struct {
	date, clock bool
	zeros       int // 00000: digits to fill with zeros
}

// builtin knows the formats that files name by number only; 27 to 36 and 50 to
// 58 are dates in Chinese workbooks.
func builtin(id int) look {
	switch {
	case id >= 14 && id <= 17 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58:
		return look{date: true}
	case id == 22:
		return look{date: true, clock: true}
	case id >= 18 && id <= 21 || id >= 32 && id <= 35 || id >= 45 && id <= 47 || id == 55 || id == 56:
		return look{clock: true}
	}
	return look{}
}

// lookOf reads a format code: y and d make a date, h and s a time of day. What
// is quoted, escaped, or in brackets is no part of it.
func lookOf(code string) look {
	code, _, _ = strings.Cut(code, ";")
	var l look
	month := false
	if strings.Trim(code, "0") == "" && len(code) > 1 {
		l.zeros = len(code)
	}
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			i = skipTo(code, i, '"')
		case '[':
			i = skipTo(code, i, ']')
		case '\\', '_', '*':
			i++
		case 'y', 'Y', 'd', 'D':
			l.date = true
		case 'm', 'M':
			month = true
		case 'h', 'H', 's', 'S':
			l.clock = true
		case 'G', 'g':
			if strings.HasPrefix(strings.ToLower(code[i:]), "general") {
				return look{}
			}
		}
	}
	if month && !l.clock {
		l.date = true
	}
	return l
}

func skipTo(code string, from int, end byte) int {
	if n := strings.IndexByte(code[from+1:], end); n >= 0 {
		return from + 1 + n
	}
	return len(code)
}

// moment writes a serial number as the date, instant or time of day that it is
// shown as. Days count from 1899-12-30, since the format has a 29 February
// 1900, or from 1904-01-01.
func (l look) moment(v float64, date1904 bool) (string, bool) {
	if !l.date && !l.clock || v < 0 || v >= 2958466 {
		return "", false
	}
	days, part := math.Modf(v)
	clock := time.Duration(math.Round(part*86_400_000)) * time.Millisecond
	if !l.date {
		if days > 0 || clock >= 24*time.Hour {
			return "", false
		}
		return time.Time{}.Add(clock).Format("15:04:05.999"), true
	}
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date1904:
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 60:
		from = from.AddDate(0, 0, 1)
	case days == 60:
		return strconv.Itoa(60), true // the day that never was
	}
	t := from.AddDate(0, 0, int(days)).Add(clock)
	if l.clock || clock != 0 {
		return t.Format("2006-01-02T15:04:05.999"), true
	}
	return t.Format(time.DateOnly), true
}
