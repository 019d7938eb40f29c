package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/tabulartest"
)

// wideTable is a table whose serving copy takes several blocks.
func wideTable(t *testing.T, dir string, rows int) tabular.Table {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "%d,\"%x\"\n", i, r.Uint64())
	}
	s := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "x", Type: selection.Text}}}
	hash := strings.Repeat("d", 64)
	if _, err := (Loader{Dir: t.TempDir()}).Load(context.Background(), &b, s, func() int64 { return int64(rows) }, 0, filepath.Join(dir, hash)); err != nil {
		t.Fatal(err)
	}
	return tabular.Table{Parquet: hash, Schema: s, Rows: int64(rows)}
}

func export(r tabular.Reader) (int64, error) {
	return r.Export(context.Background(), selection.Select{}, tabular.NDJSON, io.Discard)
}

// TestDamagedFilesAreNeverServed: whatever a kill or a bad disk leaves in the
// place of a copy, readers get all rows.
func TestDamagedFilesAreNeverServed(t *testing.T) {
	dir := t.TempDir()
	table := wideTable(t, dir, 100_000)
	first := newEngine(t, dir, Options{})
	if err := first.Prepare(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "serving", copyName(table))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"empty": {}, "garbage": []byte("half a file"), "first half": whole[:len(whole)/2], "last byte missing": whole[:len(whole)-1], "header only": whole[:12288],
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			r, err := newEngine(t, dir, Options{}).Open(context.Background(), table)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if n, err := export(r); n != table.Rows || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
}

// TestCopyThatRotsIsMadeAgain: damage inside a block shows only when it is
// read. That reader fails, the next one is served.
func TestCopyThatRotsIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	table := wideTable(t, dir, 100_000)
	e := newEngine(t, dir, Options{Connections: 1})
	if err := e.Prepare(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "serving", copyName(table))
	rotten, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(rotten) * 4 / 10; i < len(rotten)*6/10; i++ {
		rotten[i] ^= 0x55
	}
	if err := os.WriteFile(path, rotten, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := e.Open(context.Background(), table)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := export(r); err == nil {
		t.Fatalf("damage went unnoticed, %d rows", n)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if r, err = e.Open(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := export(r); n != table.Rows || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestHalfMadeIsSweptUnlessSomebodyMakesIt(t *testing.T) {
	dir := t.TempDir()
	half := filepath.Join(dir, "serving", "x.duckdb"+making+"1")
	spilt := filepath.Join(dir, "serving", "tmp", "export-1", "rows.parquet")
	leave := func() {
		for _, f := range []string{half, spilt} {
			if err := errors.Join(os.MkdirAll(filepath.Dir(f), 0o755), os.WriteFile(f, []byte("half"), 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave()
	newEngine(t, dir, Options{})
	for _, f := range []string{half, spilt} {
		if _, err := os.Stat(f); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s of a killed process is still there", f)
		}
	}
	leave()
	newEngine(t, dir, Options{}) // the first engine lives
	for _, f := range []string{half, spilt} {
		if _, err := os.Stat(f); err != nil {
			t.Errorf("%s was taken from a living engine: %v", f, err)
		}
	}
}

// TestManyOpenTheSameDamagedCopy: it is made again once, and all are served.
func TestManyOpenTheSameDamagedCopy(t *testing.T) {
	dir := t.TempDir()
	table := wideTable(t, dir, 5000)
	e := newEngine(t, dir, Options{})
	if err := os.WriteFile(filepath.Join(dir, "serving", copyName(table)), []byte("half a file"), 0o644); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r, err := e.Open(context.Background(), table)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			if n, err := export(r); n != table.Rows || err != nil {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
	all.Wait()
}

// TestCopyInUseStaysAttached: more readers than may be attached, all at once;
// and what nobody reads is detached.
func TestCopyInUseStaysAttached(t *testing.T) {
	dir := t.TempDir()
	e := newEngine(t, dir, Options{MaxAttached: 2})
	var readers []tabular.Reader
	for i := range 5 {
		s := tabulartest.Random(rand.New(rand.NewPCG(9, uint64(i))), 20+i)
		load(t, dir, &s)
		r, err := e.Open(context.Background(), s.Table)
		if err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	for i, r := range readers {
		if n, err := r.Total(context.Background(), selection.Select{}); n != int64(20+i) || err != nil {
			t.Errorf("table %d: %d rows, %v", i, n, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil { // twice does not count twice
			t.Error(err)
		}
	}
	for _, c := range e.copies {
		if c.readers != 0 {
			t.Errorf("%d readers of a copy that nobody reads", c.readers)
		}
	}
	before := len(e.copies)
	s := tabulartest.Random(rand.New(rand.NewPCG(9, 9)), 3)
	load(t, dir, &s)
	r, err := e.Open(context.Background(), s.Table)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(e.copies) != before {
		t.Errorf("%d copies attached, %d before", len(e.copies), before)
	}
}

func TestCopyThatLacksRowsIsNotKept(t *testing.T) {
	dir := t.TempDir()
	table := wideTable(t, dir, 10)
	table.Rows = 11
	e := newEngine(t, dir, Options{})
	if err := e.Prepare(context.Background(), table); err == nil {
		t.Error("a row was missing and nobody said so")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "serving", "*.duckdb*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Bulk(context.Background(), filepath.Join(dir, table.Parquet), table, t.TempDir(), tabular.Formats...); err == nil {
		t.Error("files were made without the missing row")
	}
}
