// Package databasetest holds what every kind of database must do (house.md
// B.7), and opens databases for the tests of others.
package databasetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/infra/database"
)

// Noon is the instant at which databases opened by [Open] are made.
var Noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// Open returns a new SQLite database with the tables of migrations, which is
// closed and checked when the test ends. It turns [database.Strict] on.
func Open(t testing.TB, migrations ...fs.FS) *database.DB {
	t.Helper()
	database.Strict()
	return At(t, filepath.Join(t.TempDir(), "test.db"), migrations...)
}

// At is [Open] on the file at path, which may exist.
func At(t testing.TB, path string, migrations ...fs.FS) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), database.Options{Path: path, Migrations: migrations, Clock: clock.At(Noon)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Check(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Tables are the tables that the suite works on.
var Tables = fstest.MapFS{"migrations/20260101_suite.sql": {Data: []byte(`
CREATE TABLE thing (
	id      TEXT PRIMARY KEY,
	version INTEGER NOT NULL CHECK (version > 0),
	at      TEXT NOT NULL
);
CREATE TABLE part (
	id    TEXT PRIMARY KEY,
	thing TEXT NOT NULL REFERENCES thing (id)
);`)}}

// Suite runs every test on a new database that open returns, which holds
// [Tables].
func Suite(t *testing.T, open func(t *testing.T) *database.DB) {
	for _, tt := range []struct {
		name string
		run  func(*testing.T, *database.DB)
	}{
		{"upsert returns the row", upsertReturns},
		{"optimistic lock lets one through", optimisticLock},
		{"concurrent writers lose nothing", concurrentWriters},
		{"one bad writer among many harms nobody", badWriterAmongMany},
		{"an error rolls back", errorRollsBack},
		{"a panic rolls back", panicRollsBack},
		{"a cancelled context rolls back", cancelRollsBack},
		{"a read sees one snapshot", readSeesOneSnapshot},
		{"a read cannot write", readCannotWrite},
		{"text order of instants is time order", textOrder},
		{"constraints hold and are told apart", constraints},
		{"placeholders in quotes and comments are text", placeholders},
		{"transactions do not nest", noNesting},
		{"slow deeds inside a transaction are caught", mustBeOutside},
		{"whoever waits hears of each write", onWrite},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, open(t)) })
	}
}

const upsert = `
	INSERT INTO thing (id, version, at)
	VALUES (?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET version = thing.version + excluded.version
	RETURNING version`

func write(t *testing.T, db *database.DB, do func(tx *database.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func put(tx *database.Tx, id string, version int, at time.Time) (now int, err error) {
	err = tx.QueryRow(upsert, id, version, clock.Format(at)).Scan(&now)
	return now, err
}

// count returns how many things there are, and the sum of their versions.
func count(t *testing.T, db *database.DB) (things, versions int) {
	t.Helper()
	err := db.Read(t.Context(), func(tx *database.Tx) (err error) {
		things, versions, err = countIn(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return things, versions
}

func countIn(tx *database.Tx) (things, versions int, err error) {
	err = tx.QueryRow(`SELECT COUNT(*), COALESCE(SUM(version), 0) FROM thing`).Scan(&things, &versions)
	return things, versions, err
}

func upsertReturns(t *testing.T, db *database.DB) {
	for i, want := range []int{3, 6, 9} {
		write(t, db, func(tx *database.Tx) error {
			got, err := put(tx, "a", 3, Noon)
			if got != want {
				t.Errorf("upsert %d returned %d, want %d", i, got, want)
			}
			return err
		})
	}
}

func optimisticLock(t *testing.T, db *database.DB) {
	write(t, db, func(tx *database.Tx) error {
		_, err := put(tx, "a", 1, Noon)
		return err
	})
	var all sync.WaitGroup
	moved := make(chan int64, 8)
	for range cap(moved) {
		all.Go(func() {
			err := db.Write(t.Context(), func(tx *database.Tx) error {
				n, err := tx.Exec(`UPDATE thing SET version = 2 WHERE id = 'a' AND version = ?`, 1)
				moved <- n
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(moved)
	var sum int64
	for n := range moved {
		sum += n
	}
	if sum != 1 {
		t.Errorf("%d writers moved the row from version 1", sum)
	}
}

func concurrentWriters(t *testing.T, db *database.DB) {
	const writers, times = 8, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range times {
				err := db.Write(t.Context(), func(tx *database.Tx) error {
					if _, err := put(tx, "shared", 1, Noon); err != nil {
						return err
					}
					_, err := put(tx, fmt.Sprintf("own/%d/%d", w, i), 1, Noon)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	things, versions := count(t, db)
	if things != 1+writers*times || versions != 2*writers*times {
		t.Errorf("%d things, sum %d; want %d, %d", things, versions, 1+writers*times, 2*writers*times)
	}
}

// badWriterAmongMany has writers that fail, panic, break a constraint or are
// cancelled in the middle of a statement between others that do their work.
func badWriterAmongMany(t *testing.T, db *database.DB) {
	var all sync.WaitGroup
	good := 0
	for i := range 100 {
		bad := i % 5
		if bad == 0 {
			good++
		}
		all.Go(func() {
			defer func() {
				if r := recover(); (r != nil) != (bad == 2) {
					t.Errorf("writer %d of kind %d: recovered %v", i, bad, r)
				}
			}()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := db.Write(ctx, func(tx *database.Tx) error {
				if _, err := put(tx, fmt.Sprint(i), 1, Noon); err != nil {
					return err
				}
				switch bad {
				case 1:
					return errStop
				case 2:
					panic("stop")
				case 3:
					_, err := tx.Exec(`INSERT INTO thing (id, version, at) VALUES (?, 0, '')`, fmt.Sprint("bad", i))
					return err
				case 4:
					cancel()
					_, err := put(tx, fmt.Sprint("late", i), 1, Noon)
					return err
				}
				return nil
			})
			if (err == nil) != (bad == 0) {
				t.Errorf("writer %d of kind %d: %v", i, bad, err)
			}
		})
	}
	all.Wait()
	if things, _ := count(t, db); things != good {
		t.Errorf("%d things, want %d", things, good)
	}
}

var errStop = errors.New("stop")
