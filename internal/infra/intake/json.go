package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

// jsonReader reads the records of JSON (RFC 8259), of JSON Lines, and the
// features of GeoJSON (RFC 7946). The columns are the members of all records,
// in the order in which they first appear.
type jsonReader struct {
	encoding string
	lines    bool         // a record per line
	whole    bool         // the document is the only record
	arrays   []*jsonArray // that hold records; one, of no path, for lines
	array    *jsonArray   // the chosen one
	crs      []byte       // member "crs" of the document
	kind     string       // member "type"
}

// jsonArray is an array of records.
type jsonArray struct {
	path  []string // members that lead to it
	count int64    // of records
	bad   int64    // of other elements
	shape jsonShape
}

func (a *jsonArray) name() string { return strings.Join(a.path, ".") }

func (j *jsonReader) padded() bool { return false }

// sheets returns where the document has records, if in several places.
func (j *jsonReader) sheets() (all []string) {
	for _, a := range j.arrays {
		if len(j.arrays) > 1 {
			all = append(all, a.name())
		}
	}
	return all
}

func (j *jsonReader) columns() []RecipeColumn { return j.array.shape.columns() }

func (j *jsonReader) coordinates() *Coordinates { return j.array.shape.place }

func (j *jsonReader) look(ctx context.Context, f *os.File, given *Recipe) (Recipe, error) {
	if given == nil {
		given = &Recipe{}
	}
	form := Recipe{Format: "json"}
	s, err := spell(ctx, f, given.Encoding)
	if err != nil {
		return form, err
	}
	form.Encoding, j.encoding = s.encoding, s.encoding
	if j.lines, err = j.areLines(f); err != nil {
		return form, err
	}
	if j.lines {
		form.Format = "ndjson"
		err = j.surveyLines(ctx, f)
	} else {
		err = j.surveyDocument(ctx, f)
	}
	if err != nil {
		return form, err
	}
	if err := j.choose(given.Sheet); err != nil {
		return form, err
	}
	form.Sheet = j.array.name()
	if j.array.shape.geo {
		form.Format = "geojson"
	}
	if given.Format != "" && given.Format != form.Format {
		return form, problem.New(problem.Invalid, "intake.format_differs", "want", given.Format, "got", form.Format)
	}
	return form, j.array.shape.settle(j.crs)
}

// choose takes the array that the recipe names, else the longest.
func (j *jsonReader) choose(name string) error {
	for _, a := range j.arrays {
		if name != "" && a.name() == name {
			j.array = a
			return nil
		}
		if j.array == nil || a.count > j.array.count {
			j.array = a
		}
	}
	switch {
	case name != "":
		return problem.New(problem.Invalid, "intake.sheet_missing", "sheet", name)
	case j.array == nil:
		return problem.New(problem.Invalid, "intake.no_records")
	}
	return nil
}

// text returns the file from its start as UTF-8.
func (j *jsonReader) text(f *os.File) (io.Reader, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("rewind file: %w", err)
	}
	return decoded(f, j.encoding), nil
}

// areLines reports whether the first line is an object, and another line
// follows that begins like one.
func (j *jsonReader) areLines(f *os.File) (bool, error) {
	r, err := j.text(f)
	if err != nil {
		return false, err
	}
	lines := bufio.NewReaderSize(r, maxRecord)
	first := true
	for {
		line, err := lines.ReadSlice('\n')
		text := trim(line)
		switch {
		case err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull):
			return false, fmt.Errorf("read file: %w", err)
		case len(text) == 0:
		case !first:
			return text[0] == '{', nil
		case text[0] != '{' || !json.Valid(text):
			return false, nil
		default:
			first = false
		}
		if err != nil {
			return false, nil
		}
	}
}

// surveyLines learns the members of every line.
func (j *jsonReader) surveyLines(ctx context.Context, f *os.File) error {
	r, err := j.text(f)
	if err != nil {
		return err
	}
	a := &jsonArray{}
	j.arrays = []*jsonArray{a}
	firstBad := int64(0)
	pass := &jsonLines{lines: bufio.NewReaderSize(r, maxRecord)}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		element, line, err := pass.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if a.add(element); a.bad > 0 && firstBad == 0 {
			firstBad = line
		}
		if err := tooMany(len(a.shape.names)); err != nil {
			return err
		}
	}
	if a.bad > a.count {
		return problem.New(problem.Invalid, "intake.json_broken", "line", firstBad)
	}
	return nil
}

// add notes one element: a record, or something else.
func (a *jsonArray) add(element []byte) {
	if len(element) == 0 || element[0] != '{' && element[0] != '[' || !json.Valid(element) {
		a.bad++
		return
	}
	a.count++
	a.shape.see(element)
}

// maxPath is how deep in a document arrays of records are looked for.
const maxPath = 3

// maxArrays is in how many places.
const maxArrays = 200

// surveyDocument finds the arrays of records and learns their members.
func (j *jsonReader) surveyDocument(ctx context.Context, f *os.File) error {
	r, err := j.text(f)
	if err != nil {
		return err
	}
	d := newJSONDocument(r)
	first, err := d.token()
	if err == nil {
		switch first {
		case json.Delim('['):
			err = j.surveyArray(ctx, d, nil)
		case json.Delim('{'):
			err = j.surveyObject(ctx, d, nil)
		}
	}
	if err == nil {
		if _, err = d.token(); err == nil {
			err = &json.SyntaxError{Offset: d.InputOffset()}
		} else if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		return j.fault(f, d, err)
	}
	j.arrays = slices.DeleteFunc(j.arrays, func(a *jsonArray) bool {
		return a.count == 0 || a.bad > a.count || j.kind == "Feature" || j.kind == "FeatureCollection" && a.name() != "features"
	})
	if len(j.arrays) == 0 && first == json.Delim('{') {
		return j.surveyWhole(f)
	}
	return nil
}

func (j *jsonReader) surveyObject(ctx context.Context, d *jsonDocument, path []string) error {
	for d.More() {
		key, err := d.token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if name == "crs" && len(path) == 0 {
			raw, err := d.element()
			if err != nil {
				return err
			}
			j.crs = bytes.Clone(raw)
			continue
		}
		value, err := d.token()
		if err != nil {
			return err
		}
		within := append(slices.Clone(path), name)
		switch {
		case value == json.Delim('[') && len(path) < maxPath && len(j.arrays) < maxArrays:
			err = j.surveyArray(ctx, d, within)
		case value == json.Delim('{') && len(path) < maxPath-1:
			err = j.surveyObject(ctx, d, within)
		case value == json.Delim('[') || value == json.Delim('{'):
			err = d.leave()
		case name == "type" && len(path) == 0:
			j.kind, _ = value.(string)
		}
		if err != nil {
			return err
		}
	}
	_, err := d.token()
	return err
}

func (j *jsonReader) surveyArray(ctx context.Context, d *jsonDocument, path []string) error {
	a := &jsonArray{path: path}
	for n := 0; d.More(); n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		element, err := d.element()
		if err != nil {
			return err
		}
		a.add(element)
		if err := tooMany(len(a.shape.names)); err != nil {
			return err
		}
	}
	j.arrays = append(j.arrays, a)
	_, err := d.token()
	return err
}

// surveyWhole takes a document without an array of records as one record.
func (j *jsonReader) surveyWhole(f *os.File) error {
	r, err := j.text(f)
	if err != nil {
		return err
	}
	d := newJSONDocument(r)
	element, err := d.element()
	if err != nil {
		return j.fault(f, d, err)
	}
	a := &jsonArray{}
	a.add(element)
	if len(a.shape.names) == 0 {
		return problem.New(problem.Invalid, "intake.no_records")
	}
	j.whole, j.arrays = true, []*jsonArray{a}
	return tooMany(len(a.shape.names))
}

// fault names the line at which a document cannot be read.
func (j *jsonReader) fault(f *os.File, d *jsonDocument, err error) error {
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, e.Offset)
	} else if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) && !errors.Is(err, errRecordTooLong) {
		return err
	} else if !errors.Is(err, errRecordTooLong) {
		at = 1 << 62
	}
	r, failed := j.text(f)
	if failed != nil {
		return failed
	}
	line, buf := int64(1), make([]byte, blockSize)
	for at > 0 {
		n, failed := r.Read(buf[:min(int64(len(buf)), at)])
		line += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if at -= int64(n); failed == io.EOF {
			break
		} else if failed != nil {
			return fmt.Errorf("read file: %w", failed)
		}
	}
	if errors.Is(err, errRecordTooLong) {
		return problem.New(problem.Invalid, "intake.record_too_long", "line", line, "mebibytes", maxRecord>>20)
	}
	return problem.New(problem.Invalid, "intake.json_broken", "line", line)
}

func (j *jsonReader) open(f *os.File, _ Recipe) (rows, error) {
	r, err := j.text(f)
	if err != nil {
		return nil, err
	}
	pass := &jsonRows{shape: &j.array.shape, fields: make([][]byte, len(j.array.shape.names))}
	if j.lines {
		pass.from = &jsonLines{lines: bufio.NewReaderSize(r, maxRecord)}
		return pass, nil
	}
	d := newJSONDocument(r)
	pass.from = &jsonElements{d: d, one: j.whole}
	if j.whole {
		return pass, nil
	}
	if err := d.enter(j.array.path); err != nil {
		return nil, j.fault(f, d, err)
	}
	return pass, nil
}
