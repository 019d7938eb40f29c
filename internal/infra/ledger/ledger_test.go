package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

type filed struct {
	Purpose string `json:"purpose"`
	Due     string `json:"due"`
}

func (filed) Kind() string { return "case.filed" }

type closed struct{ Reason string }

func (closed) Kind() string { return "case.closed" }

// other has a kind that begins like those above, but is none of them.
type other struct{}

func (other) Kind() string { return "casework" }

var who = permit.Actor{Account: "acc_1", Organisation: "org_1", Roles: []permit.Role{permit.OpnEditor}, Address: "192.0.2.1"}

func appendTo[E Event](t *testing.T, db *database.DB, stream string, version int, events ...E) error {
	t.Helper()
	ctx := id.WithTrace(t.Context(), "trace-"+stream)
	return db.Write(ctx, func(tx *database.Tx) error {
		return Append(tx, stream, version, who, databasetest.Noon, id.Trace(tx.Context()), events)
	})
}

func mustAppend[E Event](t *testing.T, db *database.DB, stream string, version int, events ...E) {
	t.Helper()
	if err := appendTo(t, db, stream, version, events...); err != nil {
		t.Fatal(err)
	}
}

func lines(t *testing.T, db *database.DB, read func(tx *database.Tx) ([]Line, error)) []Line {
	t.Helper()
	var all []Line
	err := db.Read(t.Context(), func(tx *database.Tx) (err error) {
		all, err = read(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestHistoryIsWhatWasAppended(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "case/1", 0, filed{"路况研究", "2026-12-07"}, filed{"second", ""})
	mustAppend(t, db, "case/2", 0, closed{"elsewhere"})
	mustAppend(t, db, "case/1", 2, closed{"done"})
	got := lines(t, db, func(tx *database.Tx) ([]Line, error) { return History(tx, "case/1") })
	if len(got) != 3 {
		t.Fatalf("%d lines", len(got))
	}
	for i, l := range got {
		if l.Version != i+1 || l.Stream != "case/1" || !l.At.Equal(databasetest.Noon) || l.At.Location() != time.UTC {
			t.Errorf("line %d: %+v", i, l)
		}
	}
	first := got[0]
	if first.Seq != 1 || first.Kind != "case.filed" || first.Actor != "acc_1" || first.Organisation != "org_1" || first.Request != "trace-case/1" {
		t.Errorf("first line: %+v", first)
	}
	if string(first.Body) != `{"purpose":"路况研究","due":"2026-12-07"}` {
		t.Errorf("body %s", first.Body)
	}
	if got[2].Seq != 4 {
		t.Errorf("third line of the case is number %d of the ledger, want 4", got[2].Seq)
	}
}

func TestAppendRefusesAStreamThatMoved(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "case/1", 0, filed{}, filed{})
	for _, version := range []int{0, 1} {
		err := appendTo(t, db, "case/1", version, closed{})
		if p := problem.As(err); p == nil || p.Kind != problem.Conflict || p.Code != "moved_meanwhile" {
			t.Errorf("after version %d: %v", version, err)
		}
	}
	for _, version := range []int{3, 10} {
		if err := appendTo(t, db, "case/1", version, closed{}); err == nil || problem.As(err) != nil {
			t.Errorf("after version %d, which does not exist: %v, want a fault", version, err)
		}
	}
	if n := len(lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, 0, nil, 10) })); n != 2 {
		t.Errorf("%d lines, want the first two only", n)
	}
}

func TestOneOfManyMovesTheCase(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var all sync.WaitGroup
	won := make(chan int, 10)
	for i := range cap(won) {
		all.Go(func() {
			switch err := appendTo(t, db, "case/1", 0, filed{Purpose: fmt.Sprint(i)}); {
			case err == nil:
				won <- i
			case !problem.Is(err, problem.Conflict):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("%d won", len(won))
	}
}

func TestAFailedActLeavesNoLine(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	err := db.Write(t.Context(), func(tx *database.Tx) error {
		if err := Append(tx, "case/1", 0, who, databasetest.Noon, "", []filed{{}}); err != nil {
			return err
		}
		return errors.New("the act failed")
	})
	if err == nil {
		t.Fatal("no error")
	}
	mustAppend(t, db, "case/1", 0, closed{})
	got := lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, 0, nil, 10) })
	if len(got) != 1 || got[0].Seq != 1 || got[0].Kind != "case.closed" {
		t.Errorf("%+v", got)
	}
}

func TestSince(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "a", 0, filed{}, filed{}) // 1, 2
	mustAppend(t, db, "b", 0, closed{})         // 3
	mustAppend(t, db, "c", 0, other{})          // 4
	mustAppend(t, db, "a", 2, closed{})         // 5
	for _, tt := range []struct {
		seq   int64
		kinds []string
		limit int
		want  string
	}{
		{0, nil, 10, "[1 2 3 4 5]"},
		{0, nil, 2, "[1 2]"},
		{2, nil, 2, "[3 4]"},
		{5, nil, 2, "[]"},
		{0, []string{"case.closed"}, 10, "[3 5]"},
		{3, []string{"case.closed"}, 10, "[5]"},
		{0, []string{"case."}, 10, "[1 2 3 5]"},
		{0, []string{"case"}, 10, "[]"},
		{0, []string{"casework", "case.closed"}, 10, "[3 4 5]"},
		{4, []string{"casework", "case.closed"}, 10, "[5]"},
	} {
		var got []int64
		for _, l := range lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, tt.seq, tt.kinds, tt.limit) }) {
			got = append(got, l.Seq)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("since %d, %v, at most %d: %v, want %s", tt.seq, tt.kinds, tt.limit, got, tt.want)
		}
	}
}

// TestNoReaderSkipsALine reads the ledger as it grows, as cursors do.
func TestNoReaderSkipsALine(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	const writers, each = 4, 50
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := appendTo(t, db, fmt.Sprint("case/", w), i, filed{}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	seen := int64(0)
	for seen < writers*each && !t.Failed() {
		for _, l := range lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, seen, nil, 7) }) {
			if l.Seq != seen+1 {
				t.Errorf("line %d follows %d", l.Seq, seen)
			}
			seen = l.Seq
		}
	}
	all.Wait()
}

func TestCheckSeesAGap(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "case/1", 0, filed{}, filed{}, filed{})
	mustAppend(t, db, "case/2", 0, filed{}, filed{})
	check := func() error { return db.Read(t.Context(), Check) }
	if err := check(); err != nil {
		t.Errorf("a whole ledger: %v", err)
	}
	for _, tt := range []struct{ damage, says string }{
		{`DELETE FROM ledger WHERE stream = 'case/1' AND version = 2`, "case/1"},
		{`DELETE FROM ledger WHERE stream = 'case/2' AND version = 1`, "case/2"},
	} {
		err := db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec(tt.damage)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := check(); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.damage, err)
		}
	}
}

type unwritable struct{ F func() }

func (unwritable) Kind() string { return "case.unwritable" }

func TestAnEventThatCannotBeWrittenIsAFault(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	if err := appendTo(t, db, "case/1", 0, unwritable{}); err == nil || problem.As(err) != nil {
		t.Errorf("got %v", err)
	}
}

func TestContextOfAppendIsChecked(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := db.Write(ctx, func(tx *database.Tx) error {
		return Append(tx, "case/1", 0, who, databasetest.Noon, "", []filed{{}})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
