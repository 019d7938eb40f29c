package duckdb

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kaishu/internal/base/selection"
)

// TestEveryValueArrivesThroughThePipe holds Load to the values, not only to
// their number. What the engine makes of the same pipe when it may detect the
// format by itself stands in the log (research/stack.md 1.2).
func TestEveryValueArrivesThroughThePipe(t *testing.T) {
	const rows = 1_300_000 // more than the engine's first buffer, 32 MB
	var b bytes.Buffer
	want := fnv.New64a()
	for i := range rows {
		cell := []string{"静安区", "a,b", `say ""hi""`, "two\nlines", "", "cr\r\nlf"}[i%6]
		fmt.Fprintf(&b, "%d,\"%s%d\",%d.5,\"some more words\"\n", i, cell, i%16, i%1000)
		fmt.Fprintf(want, "%d|%s%d|%d.5\n", i, strings.ReplaceAll(cell, `""`, `"`), i%16, i%1000)
	}
	t.Logf("%d MB; detecting by itself: %s rows of %d", b.Len()>>20, countDetected(t, b.Bytes()), rows)
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "区", Type: selection.Text}, {Name: "v", Type: selection.Number}, {Name: "w", Type: selection.Text}}}
	l := Loader{Dir: t.TempDir()}
	out := filepath.Join(l.Dir, "t.parquet")
	if n, err := l.Load(context.Background(), &b, schema, func() int64 { return rows }, 0, out); err != nil || n != rows {
		t.Fatalf("loaded %d rows, %v; want %d", n, err, rows)
	}
	db, err := l.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got := fnv.New64a()
	for from := 0; from < rows; from += 100_000 {
		q := &statement{}
		fmt.Fprintf(q, `SELECT id, "区", v FROM read_parquet(%s) LIMIT 100000 OFFSET %d`, text(out), from)
		err := scanQuery(context.Background(), db, q, 3, func(row []any) error {
			_, err := fmt.Fprintf(got, "%d|%s|%.1f\n", row...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got.Sum64() != want.Sum64() {
		t.Error("the rows that arrived are not those that were sent")
	}
}

// countDetected counts the rows that the engine reads from a pipe when left to
// find out the format by itself. The engine opens the pipe twice; were it not
// for nudge, it would wait for ever for what it has thrown away.
func countDetected(t *testing.T, rows []byte) (counted string) {
	t.Helper()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	written, counting, nudged := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		f.Write(rows)
		f.Close()
	}()
	go func() { defer close(nudged); nudge(pipe, counting) }()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT CAST(count(*) AS VARCHAR) FROM read_csv(" + text(pipe) + ", header=false)").Scan(&counted); err != nil {
		counted = "error (" + strings.SplitN(err.Error(), "\n", 2)[0] + "), no"
	}
	close(counting)
	f.Close() // or a writer whose reader gave up would stay
	<-written
	<-nudged
	return counted
}

// nudge gives a reader that opens the pipe once more, after everything was
// written, its end; until done is closed.
func nudge(pipe string, done <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if fd, err := unix.Open(pipe, unix.O_WRONLY|unix.O_NONBLOCK, 0); err == nil {
			unix.Close(fd)
		}
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}

func TestRowsThatDoNotFitAreAFault(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: "n", Type: selection.Integer}}}
	l := Loader{Dir: t.TempDir()}
	for _, rows := range []string{"1\nnot a number\n3\n", "1\n2,3\n4\n", "1\n9223372036854775808\n3\n", "1\n\"2\n3\n"} {
		if _, err := l.Load(context.Background(), strings.NewReader(rows), schema, func() int64 { return 3 }, 0, filepath.Join(l.Dir, "t.parquet")); err == nil {
			t.Errorf("%q was swallowed", rows)
		}
	}
}

// TestLoadEndsWhenTheEngineRefuses: the engine may fail before it opens the
// pipe; whoever feeds it must not wait for ever.
func TestLoadEndsWhenTheEngineRefuses(t *testing.T) {
	schema := selection.Schema{Columns: []selection.Column{{Name: "a", Type: selection.Integer}}}
	for range 20 {
		l := Loader{Dir: t.TempDir()}
		if _, err := l.Load(context.Background(), strings.NewReader("1\n"), schema, func() int64 { return 1 }, 0, filepath.Join(l.Dir, "no", "t.parquet")); err == nil {
			t.Fatal("wrote into a folder that is not there")
		}
	}
}

// endless sends rows for ever.
type endless struct{}

var someRows = strings.Repeat("1\n", 1<<15)

func (endless) Read(p []byte) (int, error) { return copy(p, someRows), nil }

var _ io.Reader = endless{}

func TestLoadCanBeLeft(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	l := Loader{Dir: t.TempDir()}
	schema := selection.Schema{Columns: []selection.Column{{Name: "n", Type: selection.Integer}}}
	if _, err := l.Load(ctx, endless{}, schema, func() int64 { return 0 }, 0, filepath.Join(l.Dir, "t.parquet")); err == nil {
		t.Error("rows without end were loaded")
	}
	if left, _ := filepath.Glob(filepath.Join(l.Dir, "*.fifo")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAppendKeepsBoth: the rows of the table before come first, then the new
// ones, none lost.
func TestAppendKeepsBoth(t *testing.T) {
	l := Loader{Dir: t.TempDir()}
	schema := selection.Schema{Columns: []selection.Column{{Name: "id", Type: selection.Integer}, {Name: "区", Type: selection.Text}}}
	at := func(name string) string { return filepath.Join(l.Dir, name) }
	for name, csv := range map[string]string{"a": "1,\"静安\"\n2,\n", "b": "3,\"黄浦\"\n1,\"静安\"\n"} {
		if _, err := l.Load(context.Background(), strings.NewReader(csv), schema, func() int64 { return 2 }, 0, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := l.Append(context.Background(), at("a"), at("b"), at("whole")); err != nil || n != 4 {
		t.Fatalf("%d rows, %v", n, err)
	}
	db, err := l.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	if err := db.QueryRow(`SELECT string_agg(id || coalesce("区", '∅'), ' ') FROM read_parquet(` + text(at("whole")) + `)`).Scan(&got); err != nil || got != "1静安 2∅ 3黄浦 1静安" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := l.Append(context.Background(), at("a"), at("missing"), at("x")); err == nil {
		t.Error("a missing file was appended")
	}
}
