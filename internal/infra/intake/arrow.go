package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

// arrowReader reads the batches of Arrow IPC files (Feather 2) and streams in
// the order in which they were written. A file is a stream between two marks,
// so its footer, whose numbers would have to be believed, is not needed.
type arrowReader struct {
	fields []arrow.Field
	start  int64 // of the messages: behind the mark of a file
}

const arrowMark = "ARROW1\x00\x00"

func (a *arrowReader) padded() bool { return false }

func (a *arrowReader) coordinates() *Coordinates { return nil }

func (a *arrowReader) columns() (all []RecipeColumn) {
	for _, f := range a.fields {
		c := RecipeColumn{Source: f.Name}
		c.Type, c.Scale = arrowType(f.Type)
		all = append(all, c)
	}
	return all
}

// arrowType returns the type that values of an Arrow type have here; what is
// none of ours is text.
func arrowType(t arrow.DataType) (selection.Type, int) {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return arrowType(t.ValueType)
	case arrow.DecimalType:
		return selection.Decimal, int(max(t.GetScale(), 0))
	}
	switch id := t.ID(); {
	case id == arrow.BOOL:
		return selection.Boolean, 0
	case id == arrow.UINT64:
		return selection.Decimal, 0
	case arrow.IsInteger(id):
		return selection.Integer, 0
	case arrow.IsFloating(id):
		return selection.Number, 0
	case id == arrow.DATE32 || id == arrow.DATE64:
		return selection.Date, 0
	case id == arrow.TIMESTAMP:
		return selection.DateTime, 0
	}
	return selection.Text, 0
}

func (a *arrowReader) look(_ context.Context, f *os.File, given *Recipe) (form Recipe, err error) {
	form = Recipe{Format: "arrow"}
	if err := sheetFormat(given, form.Format); err != nil {
		return form, err
	}
	defer arrowBroken(&err)
	if a.start, err = checkArrow(f); err != nil {
		return form, err
	}
	r, err := a.batches(f)
	if err != nil {
		return form, err
	}
	defer r.Release()
	a.fields = r.Schema().Fields()
	if len(a.fields) == 0 {
		return form, problem.New(problem.Invalid, "intake.empty")
	}
	return form, tooMany(len(a.fields))
}

func (a *arrowReader) batches(f *os.File) (*ipc.Reader, error) {
	return ipc.NewReader(newBlocks(f, a.start), ipc.WithAllocator(capped{memory.DefaultAllocator}))
}

// arrowBroken turns what the library says of a broken file, or dies of, into a
// problem. Beyond that the worker process is bounded.
func arrowBroken(err *error) {
	if dead := recover(); dead != nil {
		*err = fmt.Errorf("%v", dead)
	}
	if *err != nil && *err != io.EOF && problem.As(*err) == nil {
		*err = problem.New(problem.Invalid, "intake.arrow_broken", "reason", cut(reasonOf(*err)))
	}
}

func (a *arrowReader) open(f *os.File, _ Recipe) (r rows, err error) {
	defer arrowBroken(&err)
	all, err := a.batches(f)
	if err != nil {
		return nil, err
	}
	return &arrowRows{all: all}, nil
}

// arrowRows is one pass: the names of the columns, then row by row.
type arrowRows struct {
	all    *ipc.Reader
	opened bool
	batch  arrow.RecordBatch
	at     int
	text   []byte
	ends   []int
	fields [][]byte
}

func (p *arrowRows) next(r *row) (err error) {
	defer arrowBroken(&err)
	p.text, p.ends, p.fields = p.text[:0], p.ends[:0], p.fields[:0]
	*r = row{}
	if !p.opened {
		p.opened = true
		for _, f := range p.all.Schema().Fields() {
			r.fields = append(r.fields, []byte(f.Name))
		}
		return nil
	}
	for p.batch == nil || p.at >= int(p.batch.NumRows()) {
		if p.batch, err = p.all.Read(); err != nil {
			p.all.Release()
			return err
		}
		p.at = 0
	}
	for _, column := range p.batch.Columns() {
		p.text = appendArrow(p.text, column, p.at)
		if p.ends = append(p.ends, len(p.text)); len(p.text) > maxRecord {
			return problem.New(problem.Invalid, "intake.record_too_long", "line", p.at+1, "mebibytes", maxRecord>>20)
		}
	}
	from := 0
	for _, end := range p.ends {
		p.fields = append(p.fields, p.text[from:end])
		from = end
	}
	p.at++
	r.fields = p.fields
	if slices.Contains(p.text, 0) {
		r.code = "intake.nul_in_cell"
	}
	return nil
}

// appendArrow appends the text of a value: nothing for null, instants as the
// time of day in China (UTC+8), bytes as hexadecimal digits, lists, maps and
// structures as JSON.
func appendArrow(dst []byte, column arrow.Array, i int) []byte {
	if column.IsNull(i) {
		return dst
	}
	switch a := column.(type) {
	case *array.String:
		return append(dst, a.Value(i)...)
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(i), 10)
	case *array.Float64:
		return strconv.AppendFloat(dst, a.Value(i), 'g', -1, 64)
	case *array.Float32:
		return strconv.AppendFloat(dst, float64(a.Value(i)), 'g', -1, 32)
	case *array.Date32:
		return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly)
	case *array.Date64:
		return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly)
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		at := a.Value(i).ToTime(t.Unit)
		if t.TimeZone != "" {
			at = at.UTC().Add(8 * time.Hour)
		}
		return at.AppendFormat(dst, "2006-01-02 15:04:05.999999")
	case *array.Binary:
		return fmt.Appendf(dst, "%X", a.Value(i))
	case *array.FixedSizeBinary:
		return fmt.Appendf(dst, "%X", a.Value(i))
	case *array.Dictionary:
		return appendArrow(dst, a.Dictionary(), a.GetValueIndex(i))
	case array.ListLike, *array.Struct:
		text, err := json.Marshal(column.GetOneForMarshal(i))
		if err != nil { // a number that JSON has no word for
			return append(dst, column.ValueStr(i)...)
		}
		return append(dst, text...)
	}
	return append(dst, column.ValueStr(i)...)
}

// capped gives no more memory at once than a batch may need. Its panic ends in
// arrowBroken.
type capped struct{ memory.Allocator }

const mostAtOnce = 256 << 20

func (c capped) Allocate(size int) []byte {
	if size < 0 || size > mostAtOnce {
		panic(fmt.Sprintf("%d bytes at once", size))
	}
	return c.Allocator.Allocate(size)
}

func (c capped) Reallocate(size int, old []byte) []byte {
	if size < 0 || size > mostAtOnce {
		panic(fmt.Sprintf("%d bytes at once", size))
	}
	return c.Allocator.Reallocate(size, old)
}
