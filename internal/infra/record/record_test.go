package record_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
	"kaishu/internal/infra/record"
)

func newRecorder(t *testing.T) (*record.Recorder, *database.DB) {
	db := databasetest.Open(t, record.Migrations)
	return record.New(db, id.New(clock.At(databasetest.Noon)), slog.New(slog.NewTextHandler(io.Discard, nil))), db
}

func read(dataset string, route record.Route, rows, bytes int64) record.Read {
	return record.Read{Dataset: dataset, Version: 1, Route: route, Format: "csv", Rows: rows, Bytes: bytes, At: databasetest.Noon}
}

func totals(t *testing.T, db *database.DB, dataset string) (sums map[record.Route]record.Figures) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *database.Tx) (err error) {
		sums, err = record.Totals(tx, dataset)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func wantTotals(t *testing.T, db *database.DB, dataset string, want map[record.Route]record.Figures) {
	t.Helper()
	if got := totals(t, db, dataset); !maps.Equal(got, want) {
		t.Errorf("%q: %v, want %v", dataset, got, want)
	}
}

type sums = map[record.Route]record.Figures

func TestSumsPerDatasetAndRoute(t *testing.T) {
	r, db := newRecorder(t)
	for range 2 { // the second time adds to what is there
		r.Count(read("a", record.Download, 10, 100))
		r.Count(read("a", record.Download, 10, 100))
		r.Count(read("a", record.Call, 3, 0))
		r.Count(read("b", record.View, 0, 0))
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantTotals(t, db, "a", sums{record.Download: {Reads: 4, Rows: 40, Bytes: 400}, record.Call: {Reads: 2, Rows: 6}})
	wantTotals(t, db, "b", sums{record.View: {Reads: 2}})
	wantTotals(t, db, "", sums{record.Download: {Reads: 4, Rows: 40, Bytes: 400}, record.Call: {Reads: 2, Rows: 6}, record.View: {Reads: 2}})
	wantTotals(t, db, "c", sums{})
}

// TestDaysAreThoseOfShanghai: a read at 00:30 belongs to the day that began.
func TestDaysAreThoseOfShanghai(t *testing.T) {
	r, db := newRecorder(t)
	late := read("a", record.View, 0, 0)
	late.At = time.Date(2026, 11, 23, 15, 59, 59, 0, time.UTC)
	early := late
	early.At = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	r.Count(late)
	r.Count(early)
	r.Count(early)
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		for day, want := range map[string]int{"2026-11-23": 1, "2026-11-24": 2} {
			var n int
			if err := tx.QueryRow(`SELECT SUM(reads) FROM read_total WHERE day = ?`, day).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, %v; want %d", day, n, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSumsThatCannotBeWrittenWait(t *testing.T) {
	r, db := newRecorder(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		r.Count(read("a", record.Call, 1, 2))
		if err := r.Flush(cancelled); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
	wantTotals(t, db, "a", sums{})
	meanwhile := &counting{Context: cancelled, count: func() { r.Count(read("a", record.Call, 1, 2)) }}
	if err := r.Flush(meanwhile); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	for range 2 { // the second finds nothing more
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantTotals(t, db, "a", sums{record.Call: {Reads: 4, Rows: 4, Bytes: 8}})
}

// counting is a context that counts one read when it is first looked at, in
// the middle of a flush.
type counting struct {
	context.Context
	once  sync.Once
	count func()
}

func (c *counting) Err() error {
	c.once.Do(c.count)
	return c.Context.Err()
}

func (c *counting) Done() <-chan struct{} {
	c.once.Do(c.count)
	return c.Context.Done()
}

// run runs r and returns what stops it and waits.
func run(r *record.Recorder) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		r.Run(ctx)
		close(done)
	}()
	return func() {
		cancel()
		<-done
	}
}

// wrote returns a channel that hears of each write.
func wrote(db *database.DB) <-chan struct{} {
	heard := make(chan struct{}, 1)
	db.OnWrite(func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	})
	return heard
}

func TestShutdownWritesWhatWaits(t *testing.T) {
	r, db := newRecorder(t)
	stop := run(r)
	r.Count(read("a", record.View, 0, 0))
	stop()
	wantTotals(t, db, "a", sums{record.View: {Reads: 1}})
}

func TestSumsAreWrittenWithinASecond(t *testing.T) {
	r, db := newRecorder(t)
	heard := wrote(db)
	r.Count(read("a", record.View, 0, 0))
	stop := run(r)
	defer stop()
	<-heard
	wantTotals(t, db, "a", sums{record.View: {Reads: 1}})
}

func TestManyReadersAtOnce(t *testing.T) {
	r, db := newRecorder(t)
	stop := run(r)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 500 { // more than wait for a full second
				r.Count(read(fmt.Sprint("own/", i, "/", j), record.Download, 1, 1))
				r.Count(read("shared", record.Call, 1, 1))
			}
		})
	}
	all.Wait()
	stop()
	wantTotals(t, db, "shared", sums{record.Call: {Reads: 4000, Rows: 4000, Bytes: 4000}})
	if got := totals(t, db, "")[record.Download].Reads; got != 4000 {
		t.Errorf("%d reads of single datasets", got)
	}
}

func TestANoteIsDurableWhenItReturns(t *testing.T) {
	r, db := newRecorder(t)
	note := read("a", record.Download, 5, 50)
	note.Actor = "acc_1"
	for range 2 { // each read is a line of its own
		if err := r.Note(id.WithTrace(t.Context(), "trace-1"), note); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		var n, version int
		var dataset, route, format, actor, request, at string
		var rows, bytes int64
		err := tx.QueryRow(`
			SELECT COUNT(DISTINCT id), dataset, version, route, format, rows, bytes, actor, request, at
			FROM   read_note
			GROUP  BY dataset, version, route, format, rows, bytes, actor, request, at`).Scan(
			&n, &dataset, &version, &route, &format, &rows, &bytes, &actor, &request, &at)
		got := fmt.Sprint(n, dataset, version, route, format, rows, bytes, actor, request, at)
		if want := fmt.Sprint(2, "a", 1, "download", "csv", 5, 50, "acc_1", "trace-1", "2026-11-23T04:00:00.000Z"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	wantTotals(t, db, "a", sums{})
}

// TestNoRecordNoData: whoever hands out data must learn that the read was not
// written down.
func TestNoRecordNoData(t *testing.T) {
	r, db := newRecorder(t)
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`DROP TABLE read_note`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Note(t.Context(), read("a", record.Download, 5, 50)) == nil {
		t.Error("the read was not recorded, and nobody was told")
	}
}

// TestSince: downloads and calls, counted and noted, from a day on; and whether
// anybody can know.
func TestSince(t *testing.T) {
	r, db := newRecorder(t)
	since := func(day workday.Date) (all map[string]int64, known bool) {
		t.Helper()
		err := db.Read(t.Context(), func(tx *database.Tx) (err error) {
			all, known, err = record.Since(tx, day)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all, known
	}
	if all, known := since("2026-01-01"); len(all) != 0 || known {
		t.Errorf("before any read: %v, %t", all, known)
	}
	at := func(dataset string, route record.Route, day workday.Date) record.Read {
		x := read(dataset, route, 1, 1)
		x.At = day.Time().Add(time.Hour)
		return x
	}
	r.Count(at("a", record.Download, "2026-01-01"))
	r.Count(at("a", record.Call, "2026-02-01"))
	r.Count(at("a", record.Download, "2026-02-02"))
	r.Count(at("b", record.View, "2026-02-02"))
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, x := range []record.Read{at("c", record.Call, "2026-02-01"), at("c", record.View, "2026-02-03"), at("d", record.Call, "2026-01-31")} {
		if err := r.Note(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[workday.Date]map[string]int64{"2026-01-01": {"a": 3, "c": 1, "d": 1}, "2026-02-01": {"a": 2, "c": 1}, "2026-02-02": {"a": 1}} {
		if all, known := since(day); !maps.Equal(all, want) || !known {
			t.Errorf("since %s: %v, %t", day, all, known)
		}
	}
	if _, known := since("2025-12-31"); known {
		t.Error("known for a day before the first read")
	}
}
