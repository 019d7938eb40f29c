package intake

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kaishu/internal/base/problem"
)

// arrowOf writes batches of the same columns as an Arrow file.
func arrowOf(t testing.TB, fields []arrow.Field, fill ...func(b *array.RecordBuilder)) string {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	path := filepath.Join(t.TempDir(), "sent.arrow")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := ipc.NewFileWriter(out, ipc.WithSchema(schema), ipc.WithZstd())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fill {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		f(b)
		batch := b.NewRecordBatch()
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
		batch.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Fatal(err)
	}
	return path
}

func mixedArrow(t testing.TB) string {
	fields := []arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "u", Type: arrow.PrimitiveTypes.Uint64}, {Name: "名", Type: arrow.BinaryTypes.String}, {Name: "f", Type: arrow.PrimitiveTypes.Float64},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean}, {Name: "d", Type: arrow.FixedWidthTypes.Date32}, {Name: "z", Type: &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}},
		{Name: "t", Type: &arrow.TimestampType{Unit: arrow.Microsecond}}, {Name: "c", Type: &arrow.Decimal128Type{Precision: 20, Scale: 2}}, {Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)},
		{Name: "y", Type: arrow.BinaryTypes.Binary}, {Name: "k", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}},
	}
	fill := func(n int64) func(b *array.RecordBuilder) {
		return func(b *array.RecordBuilder) {
			for _, field := range b.Fields() {
				field.AppendNull()
			}
			b.Field(0).(*array.Int64Builder).Append(n)
			b.Field(1).(*array.Uint64Builder).Append(math.MaxUint64)
			b.Field(2).(*array.StringBuilder).Append("甲\"乙\",\n丙")
			b.Field(3).(*array.Float64Builder).Append(0.1)
			b.Field(4).(*array.BooleanBuilder).Append(true)
			b.Field(5).(*array.Date32Builder).Append(20_000)
			b.Field(6).(*array.TimestampBuilder).Append(1_772_294_400_000 - 3_600_000)
			b.Field(7).(*array.TimestampBuilder).Append(1_772_294_400_250_000)
			if err := b.Field(8).AppendValueFromString("-12.05"); err != nil {
				panic(err)
			}
			list := b.Field(9).(*array.ListBuilder)
			list.Append(true)
			list.ValueBuilder().(*array.Int64Builder).Append(7)
			b.Field(10).(*array.BinaryBuilder).Append([]byte{0, 255})
			if err := b.Field(11).(*array.BinaryDictionaryBuilder).AppendString("静安"); err != nil {
				panic(err)
			}
		}
	}
	return arrowOf(t, fields, fill(math.MaxInt64), fill(math.MinInt64))
}

func TestArrow(t *testing.T) {
	result, got, err := readFile(t, mixedArrow(t), nil)
	if err != nil {
		t.Fatal(err, problem.As(err).Args)
	}
	var types []string
	for _, c := range result.Recipe.Columns {
		types = append(types, string(c.Type))
	}
	const row = "18446744073709551615|甲\"乙\",\n丙|0.1|true|2024-10-04|2026-02-28T23:00:00|2026-02-28T16:00:00.25|-12.05|[7]|00FF|静安"
	if s := strings.Join(types, " "); s != "integer decimal text number boolean date datetime datetime decimal text text text" || result.RowsOut != 2 || result.Recipe.Format != "arrow" {
		t.Errorf("%s, %d rows, %s", s, result.RowsOut, result.Recipe.Format)
	}
	if len(got.rows) != 2 { // a record of nulls only is passed over, as in every format
		t.Fatalf("%d rows", len(got.rows))
	}
	if text := got.text(0); !strings.HasPrefix(text, "9223372036854775807|"+row) || !strings.HasSuffix(text, "|-12.05|[7]|00FF|静安") {
		t.Error(text)
	}
	if text := got.text(1); !strings.HasPrefix(text, "-9223372036854775808|"+row) {
		t.Error(text)
	}
}

// streamOf writes the batches of an Arrow file as a stream.
func streamOf(t testing.TB, path string) []byte {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := ipc.NewFileReader(in)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(r.Schema()))
	for n := range r.NumRecords() {
		batch, err := r.RecordBatch(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const arrowEnd = arrowNext + "\x00\x00\x00\x00"

// A stream is the same table as a file, with or without its end, and in a GZIP
// too; what follows its end is refused, and a file that lacks its end.
func TestArrowStream(t *testing.T) {
	path := mixedArrow(t)
	want, rows, err := readFile(t, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	stream := string(streamOf(t, path))
	if !strings.HasSuffix(stream, arrowEnd) {
		t.Fatal("the stream has no end")
	}
	for name, text := range map[string]string{"whole": stream, "without end": strings.TrimSuffix(stream, arrowEnd), "zeros": stream + "\x00\x00\x00", "gzip": press(t, stream)} {
		got, table, err := readText(t, text, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(got.Recipe, want.Recipe) || len(table.rows) != 2 || table.text(0) != rows.text(0) || table.text(1) != rows.text(1) {
			t.Errorf("%s: %d rows, %v", name, len(table.rows), got.Recipe)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"two streams": stream + stream, "cut within": stream[:len(stream)-20], "cut in the schema": stream[:200], "cut behind a message": stream[:len(stream)-4],
		"file without end": string(file[:bytes.LastIndex(file, []byte(arrowEnd))]),
	} {
		if _, _, err := readText(t, text, nil); problem.As(err) == nil || problem.As(err).Code != "intake.arrow_broken" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema of many columns is longer than what is looked at to tell a stream.
func TestWideArrowStream(t *testing.T) {
	var fields []arrow.Field
	for n := range 400 {
		fields = append(fields, arrow.Field{Name: strings.Repeat("列", 10) + strconv.Itoa(n), Type: arrow.PrimitiveTypes.Int64})
	}
	stream := streamOf(t, arrowOf(t, fields, func(b *array.RecordBuilder) {
		for i, field := range b.Fields() {
			field.(*array.Int64Builder).Append(int64(i))
		}
	}))
	result, _, err := readText(t, string(stream), nil)
	if err != nil || result.RowsOut != 1 || len(result.Recipe.Columns) != 400 {
		t.Errorf("%v: %d columns, %d rows", err, len(result.Recipe.Columns), result.RowsOut)
	}
}

// Bytes that only begin like a stream are none.
func TestNoArrowStream(t *testing.T) {
	batch := streamOf(t, mixedArrow(t))
	first := messageHead + int(binary.LittleEndian.Uint32(batch[4:]))
	for name, text := range map[string]string{"mark": arrowNext, "marks": strings.Repeat(arrowNext, 20), "size": arrowNext + "\xff\xff\xff\x7f" + strings.Repeat("\x00", 40), "zeros": arrowNext + "\x20\x00\x00\x00" + strings.Repeat("\x00", 40), "no schema": string(batch[first:])} {
		if isArrowStream([]byte(text), nil) {
			t.Errorf("%s is taken for a stream", name)
		}
	}
	_, _, err := readText(t, "FEA1"+strings.Repeat("\x00", 40)+"FEA1", nil)
	if p := problem.As(err); p == nil || p.Code != "intake.format_not_read" || p.Args["format"] != "Feather 1" {
		t.Error(err)
	}
}

// A damaged file or stream gives a table or a reason.
func TestDamagedArrow(t *testing.T) {
	path := mixedArrow(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stream := streamOf(t, path)
	random, refused := rand.New(rand.NewPCG(1, 2)), 0
	for n := range 400 {
		whole := file
		if n%2 == 0 {
			whole = stream
		}
		damaged := bytes.Clone(whole)
		if n%3 == 0 {
			damaged = damaged[:8+random.IntN(len(damaged)-8)]
		} else {
			for range 1 + random.IntN(4) {
				damaged[8+random.IntN(len(damaged)-8)] ^= 1 << random.IntN(8)
			}
		}
		if _, _, err := readText(t, string(damaged), nil); err != nil {
			if problem.As(err) == nil {
				t.Fatalf("damage %d: %v", n, err)
			}
			refused++
		}
	}
	if refused < 100 {
		t.Errorf("%d of 400 were refused", refused)
	}
}

func TestRealArrow(t *testing.T) {
	result, _, err := readFile(t, shared(t, "real/scale/flights-200k.arrow"), nil)
	if err != nil || result.RowsOut == 0 || result.RowsSetAside > 0 || result.CellsSetAside > 0 {
		t.Errorf("%v: %d rows, %d set aside", err, result.RowsOut, result.RowsSetAside)
	}
}

func FuzzArrow(f *testing.F) {
	whole, err := os.ReadFile(mixedArrow(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(streamOf(f, mixedArrow(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		passThrough(t, &arrowReader{}, written(t, text))
	})
}
