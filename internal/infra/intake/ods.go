package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

// odsReader reads ODS workbooks (OpenDocument 1.0 to 1.4, part 3). All sheets
// stand in one file, which is streamed.
type odsReader struct {
	parts   map[string]*zip.File
	tabs    []tab
	samples []sheetSample
}

func (o *odsReader) padded() bool { return true }

// sheets returns the names of the sheets in the order of the tabs.
func (o *odsReader) sheets() []string { return tabNames(o.tabs) }

func (o *odsReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	form := Recipe{Format: "ods"}
	if err := sheetFormat(given, form.Format); err != nil {
		return form, err
	}
	info, err := f.Stat()
	if err != nil {
		return form, fmt.Errorf("stat file: %w", err)
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return form, sheetFault(err)
	}
	o.parts = partsOf(z)
	if err := o.admit(); err != nil {
		return form, err
	}
	if err := o.survey(ctx); err != nil {
		return form, sheetFault(err)
	}
	n, err := choose(ctx, o.tabs, given, func(i int) (sheetSample, error) { return o.samples[i], nil })
	if err != nil {
		return form, err
	}
	form.Sheet = o.tabs[n].name
	return form, nil
}

// admit refuses what is encrypted and what is a document of another kind.
func (o *odsReader) admit() error {
	if o.parts["encrypted-package"] != nil {
		return problem.New(problem.Invalid, "intake.encrypted")
	}
	manifest, err := o.start("META-INF/manifest.xml", 4<<20)
	if err != nil {
		return err
	}
	if bytes.Contains(manifest, []byte("encryption-data")) {
		return problem.New(problem.Invalid, "intake.encrypted")
	}
	kind, err := o.start("mimetype", 200)
	if err != nil {
		return err
	}
	for suffix, name := range map[string]string{"text": "ODT", "presentation": "ODP", "graphics": "ODG", "chart": "ODC", "formula": "ODF"} {
		if strings.HasPrefix(string(kind), "application/vnd.oasis.opendocument."+suffix) {
			return problem.New(problem.Unsupported, "intake.format_not_read", "format", name)
		}
	}
	if bytes.HasPrefix(kind, []byte("application/vnd.sun.xml")) {
		return problem.New(problem.Unsupported, "intake.format_not_read", "format", "OpenOffice 1")
	}
	return nil
}

// start returns the first bytes of a part, none if it is not there.
func (o *odsReader) start(name string, most int64) ([]byte, error) {
	if o.parts[strings.ToLower(name)] == nil {
		return nil, nil
	}
	r, err := openPart(o.parts, name, most)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return nil, sheetFault(err)
	}
	return text, nil
}

func (o *odsReader) content() (*markupReader, error) {
	r, err := openPart(o.parts, "content.xml", maxSheetBytes)
	if err != nil {
		return nil, err
	}
	return newMarkupReader(r), nil
}

// maxTabs is the most sheets of a workbook.
const maxTabs = 10_000

// survey reads the names of all sheets and the first rows of each.
func (o *odsReader) survey(ctx context.Context) error {
	x, err := o.content()
	if err != nil {
		return err
	}
	hidden := map[string]bool{} // styles of sheets
	style := ""
	for len(o.tabs) <= maxTabs && ctx.Err() == nil {
		err := x.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if x.kind != openTag {
			continue
		}
		switch string(x.name) {
		case "style":
			style, err = x.word("name")
		case "table-properties":
			var shown string
			if shown, err = x.word("display"); shown == "false" && len(hidden) < maxTabs {
				hidden[style] = true
			}
		case "table":
			err = o.table(ctx, x, hidden)
		case "tracked-changes":
			err = x.skip()
		}
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return problem.New(problem.Invalid, "intake.unpacks_too_large")
}

// word returns a copy of an attribute.
func (m *markupReader) word(name string) (string, error) {
	v, err := m.attr(name)
	return string(v), err
}

// table reads a whole sheet, the first rows of it with their cells.
func (o *odsReader) table(ctx context.Context, x *markupReader, hidden map[string]bool) error {
	name, err := x.word("name")
	if err != nil {
		return err
	}
	style, err := x.word("style-name")
	if err != nil {
		return err
	}
	pass := &odsRows{xml: x}
	s, err := sampleRows(pass)
	if err != nil {
		return err
	}
	for depth, n := 0, 0; !pass.ended; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := x.next(); err != nil {
			return noEOF(err)
		}
		switch {
		case string(x.name) != "table" || x.kind == someText:
		case x.kind == openTag:
			depth++
		case depth > 0:
			depth--
		default:
			pass.ended = true
		}
	}
	o.tabs, o.samples = append(o.tabs, tab{name: name, hidden: hidden[style]}), append(o.samples, s)
	return nil
}

func (o *odsReader) open(_ *os.File, form Recipe) (rows, error) {
	want := slices.IndexFunc(o.tabs, func(t tab) bool { return t.name == form.Sheet })
	if want < 0 {
		return nil, fmt.Errorf("open sheet %q: not in the workbook", form.Sheet)
	}
	x, err := o.content()
	if err != nil {
		return nil, err
	}
	for depth, n := 0, -1; ; {
		if err := x.next(); err != nil {
			return nil, sheetFault(noEOF(err))
		}
		switch {
		case x.kind == openTag && string(x.name) == "tracked-changes":
			if err := x.skip(); err != nil {
				return nil, sheetFault(err)
			}
		case x.kind == someText || string(x.name) != "table":
		case x.kind == closeTag:
			depth--
		default:
			if depth == 0 {
				n++
			}
			if depth++; n == want {
				return &odsRows{xml: x, spread: true}, nil
			}
		}
	}
}
