package databasetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kaishu/internal/infra/database"
)

func errorRollsBack(t *testing.T, db *database.DB) {
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		if _, err := put(tx, "a", 1, Noon); err != nil {
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Errorf("got %v, want the function's own error", err)
	}
	if things, _ := count(t, db); things != 0 {
		t.Error("a failed transaction left a row")
	}
}

func panicRollsBack(t *testing.T, db *database.DB) {
	func() {
		defer func() {
			if recover() != "stop" {
				t.Error("the panic did not reach the caller")
			}
		}()
		_ = db.Write(t.Context(), func(tx *database.Tx) error {
			if _, err := put(tx, "a", 1, Noon); err != nil {
				t.Error(err)
			}
			panic("stop")
		})
	}()
	if things, _ := count(t, db); things != 0 {
		t.Error("a panicking transaction left a row")
	}
	write(t, db, func(tx *database.Tx) error { // the writer is free again
		_, err := put(tx, "b", 1, Noon)
		return err
	})
}

func cancelRollsBack(t *testing.T, db *database.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *database.Tx) error {
		_, err := put(tx, "a", 1, Noon)
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
	if things, _ := count(t, db); things != 0 {
		t.Error("a cancelled transaction left a row")
	}
}

func readSeesOneSnapshot(t *testing.T, db *database.DB) {
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		before, _, err := countIn(tx)
		if err != nil {
			return err
		}
		write(t, db, func(tx *database.Tx) error {
			_, err := put(tx, "a", 1, Noon)
			return err
		})
		after, _, err := countIn(tx)
		if before != 0 || after != 0 {
			t.Errorf("one read saw %d things, then %d", before, after)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if things, _ := count(t, db); things != 1 {
		t.Error("the next read does not see the write")
	}
}

func readCannotWrite(t *testing.T, db *database.DB) {
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(`INSERT INTO thing (id, version, at) VALUES ('a', 1, '')`)
		return err
	})
	if err == nil {
		t.Error("a read has written")
	}
}

func textOrder(t *testing.T, db *database.DB) {
	instants := []time.Time{ // ascending
		time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(2027, 1, 1, 8, 0, 0, 0, time.FixedZone("Shanghai", 8*3600)),
		time.Date(2027, 1, 1, 0, 0, 0, 1e6, time.UTC),
		time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC),
	}
	write(t, db, func(tx *database.Tx) error {
		for i := range instants {
			at := len(instants) - 1 - i
			if _, err := put(tx, fmt.Sprint(at), 1, instants[at]); err != nil {
				return err
			}
		}
		return nil
	})
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		rows, err := tx.Query(`SELECT id FROM thing ORDER BY at`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for i := 0; rows.Next(); i++ {
			var id string
			if err := rows.Scan(&id); err != nil || id != fmt.Sprint(i) {
				t.Errorf("place %d holds instant %s, %v", i, id, err)
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
}

func constraints(t *testing.T, db *database.DB) {
	insert := `INSERT INTO thing (id, version, at) VALUES (?, ?, '')`
	write(t, db, func(tx *database.Tx) error {
		_, err := tx.Exec(insert, "a", 1)
		return err
	})
	for _, tt := range []struct {
		name, query string
		args        []any
		unique      bool
	}{
		{"same key", insert, []any{"a", 1}, true},
		{"broken check", insert, []any{"b", 0}, false},
		{"missing value", insert, []any{"b", nil}, false},
		{"reference to nothing", `INSERT INTO part (id, thing) VALUES (?, ?)`, []any{"p", "nothing"}, false},
	} {
		err := db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec(tt.query, tt.args...)
			return err
		})
		if err == nil || database.IsUnique(err) != tt.unique {
			t.Errorf("%s: IsUnique is %v of %v", tt.name, database.IsUnique(err), err)
		}
	}
	if database.IsUnique(nil) || database.IsUnique(errStop) {
		t.Error("IsUnique takes anything for a double key")
	}
}

func placeholders(t *testing.T, db *database.DB) {
	write(t, db, func(tx *database.Tx) error {
		var literal, first, second, name string
		err := tx.QueryRow(`
			SELECT 'it''s ?', ? /* really? */, -- and this?
			       ?, "what?"
			FROM   (SELECT 'x' AS "what?") AS q`, "one", "two").Scan(&literal, &first, &second, &name)
		if literal != "it's ?" || first != "one" || second != "two" || name != "x" {
			t.Errorf("got %q, %q, %q, %q", literal, first, second, name)
		}
		return err
	})
}

func noNesting(t *testing.T, db *database.DB) {
	nothing := func(*database.Tx) error { return nil }
	write(t, db, func(tx *database.Tx) error {
		if db.Write(tx.Context(), nothing) == nil {
			t.Error("a write inside a write went through")
		}
		if db.Read(tx.Context(), nothing) == nil {
			t.Error("a read inside a write went through")
		}
		return nil
	})
	err := db.Read(t.Context(), func(tx *database.Tx) error {
		if db.Write(tx.Context(), nothing) == nil {
			t.Error("a write inside a read went through")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func mustBeOutside(t *testing.T, db *database.DB) {
	database.Strict()
	caught := func(ctx context.Context) (r any) {
		defer func() { r = recover() }()
		database.MustBeOutside(ctx)
		return nil
	}
	if caught(t.Context()) != nil || database.InTransaction(t.Context()) {
		t.Error("a plain context counts as inside")
	}
	write(t, db, func(tx *database.Tx) error {
		if caught(tx.Context()) == nil || !database.InTransaction(tx.Context()) {
			t.Error("a slow deed inside a transaction was not caught")
		}
		return nil
	})
}

func onWrite(t *testing.T, db *database.DB) {
	var heard atomic.Int32
	db.OnWrite(func() { heard.Add(1) })
	write(t, db, func(tx *database.Tx) error {
		if heard.Load() != 0 {
			t.Error("told before the commit")
		}
		return nil
	})
	_ = db.Write(t.Context(), func(*database.Tx) error { return errStop })
	count(t, db)
	if n := heard.Load(); n != 1 {
		t.Errorf("told %d times of one write, one failure and one read", n)
	}
}
