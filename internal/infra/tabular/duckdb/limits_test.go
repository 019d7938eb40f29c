package duckdb

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

// endlessQuery would take days.
func endlessQuery(r *reader) *statement {
	q := r.statement()
	q.WriteString("SELECT count(*) FROM range(10000000) AS a(x), range(10000000) AS b(y) WHERE (x * y) % 7 = 3")
	return q
}

func openWide(t *testing.T, o Options, rows int) (*reader, *Engine) {
	t.Helper()
	dir := t.TempDir()
	table := wideTable(t, dir, rows)
	if err := newEngine(t, dir, Options{}).Prepare(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, dir, o)
	r, err := e.Open(context.Background(), table)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r.(*reader), e
}

// TestQueryStopsWhenItsReaderLeaves: there is one connection; were the query
// still running, nobody else would be answered.
func TestQueryStopsWhenItsReaderLeaves(t *testing.T) {
	r, _ := openWide(t, Options{Connections: 1, Timeout: time.Hour}, 100)
	ctx, leave := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer leave()
	if err := r.scan(ctx, endlessQuery(r), 1, func([]any) error { return nil }); !errors.Is(err, context.DeadlineExceeded) || problem.As(err) != nil {
		t.Errorf("the reader's own deadline: %v", err)
	}
	if n, err := r.Total(context.Background(), selection.Select{}); n != 100 || err != nil {
		t.Errorf("after it: %d rows, %v", n, err)
	}
}

func TestQueryOverItsTimeIsTooHeavy(t *testing.T) {
	r, e := openWide(t, Options{Connections: 1, Timeout: 100 * time.Millisecond}, 100)
	ctx, cancel := e.bounded(context.Background())
	defer cancel()
	err := r.scan(ctx, endlessQuery(r), 1, func([]any) error { return nil })
	if p := problem.As(err); p == nil || p.Kind != problem.Exhausted || p.Code != "tabular.too_heavy" {
		t.Errorf("over its time: %v", err)
	}
	if n, err := r.Total(context.Background(), selection.Select{}); n != 100 || err != nil {
		t.Errorf("after it: %d rows, %v", n, err)
	}
}

// TestQueryOverItsMemoryIsTooHeavy: neither memory nor disk is given without
// bounds, and the next query is answered.
func TestQueryOverItsMemoryIsTooHeavy(t *testing.T) {
	r, _ := openWide(t, Options{Connections: 1, Memory: 24 << 20, Spill: 1 << 20, Timeout: time.Minute}, 600_000)
	heavy := selection.Select{Group: []string{"x"}, Aggregates: []selection.Aggregate{{Function: selection.CountDistinct, Column: "id"}}, Order: []selection.Order{{Column: "count_distinct(id)"}}, Limit: 10}
	_, err := r.Page(context.Background(), heavy)
	if p := problem.As(err); p == nil || p.Kind != problem.Exhausted || p.Code != "tabular.too_heavy" {
		t.Errorf("over its memory: %v", err)
	}
	if n, err := r.Total(context.Background(), selection.Select{}); n != 600_000 || err != nil {
		t.Errorf("after it: %d rows, %v", n, err)
	}
	if _, err := r.Page(context.Background(), selection.Select{Limit: 10_001}); err == nil {
		t.Error("a page without bounds")
	}
}

// slow takes one write and then its reader leaves.
type slow struct{ leave context.CancelFunc }

func (s slow) Write(p []byte) (int, error) {
	s.leave()
	return len(p), nil
}

func TestExportEndsWithItsReader(t *testing.T) {
	r, e := openWide(t, Options{}, 200_000)
	for _, order := range [][]selection.Order{nil, {{Column: "x"}}} {
		ctx, leave := context.WithCancel(context.Background())
		n, err := r.Export(ctx, selection.Select{Order: order}, tabular.CSV, slow{leave})
		if !errors.Is(err, context.Canceled) || n == 200_000 {
			t.Errorf("%d rows, %v", n, err)
		}
		leave()
	}
	if _, err := r.Export(context.Background(), selection.Select{Order: []selection.Order{{Column: "x"}}}, tabular.CSV, failing{}); !errors.Is(err, errFull) {
		t.Errorf("a writer that fails: %v", err)
	}
	if left := e.spilt(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

var errFull = errors.New("no room")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

// TestSumsBeyondSixtyFourBitsCanBeTurned: a page may end at such a sum.
func TestSumsBeyondSixtyFourBitsCanBeTurned(t *testing.T) {
	dir, hash := t.TempDir(), strings.Repeat("9", 64)
	schema := selection.Schema{Columns: []selection.Column{{Name: "g", Type: selection.Integer}, {Name: "n", Type: selection.Integer}}}
	rows := "1,9223372036854775807\n1,9223372036854775807\n2,9223372036854775807\n2,9223372036854775806\n3,5\n4,\n"
	if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), strings.NewReader(rows), schema, func() int64 { return 6 }, 0, filepath.Join(dir, hash)); err != nil {
		t.Fatal(err)
	}
	r, err := newEngine(t, dir, Options{}).Open(context.Background(), tabular.Table{Parquet: hash, Schema: schema, Rows: 6})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := selection.Select{Group: []string{"g"}, Aggregates: []selection.Aggregate{{Function: selection.Sum, Column: "n"}}, Order: []selection.Order{{Column: "sum(n)", Descending: true}}, Limit: 1}
	var got []any
	for {
		p, err := r.Page(context.Background(), s)
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("after %v: %v, %v", s.After, p.Rows, err)
		}
		got = append(got, p.Rows[0][1])
		if s.After = p.Last; p.Last == nil {
			break
		}
	}
	if want := []any{tabular.Exact("18446744073709551614"), tabular.Exact("18446744073709551613"), int64(5), nil}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
