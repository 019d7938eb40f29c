package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// heardBy collects what reactions and listeners take.
type heardBy struct {
	mu  sync.Mutex
	all []string
}

func (h *heardBy) add(name string, l Line) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, fmt.Sprint(name, l.Seq))
}

// take returns what was heard since the last call.
func (h *heardBy) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := strings.Join(h.all, " ")
	h.all = nil
	return all
}

func (h *heardBy) reaction(name string) Reaction {
	return On(name, func(_ context.Context, _ *database.Tx, e Entry[filed]) error {
		h.add(name, e.Line)
		return nil
	})
}

func catchUp(t *testing.T, r *Runner) {
	t.Helper()
	if err := r.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantHeard(t *testing.T, h *heardBy, want string) {
	t.Helper()
	if got := h.take(); got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestReactionsRunInOrderAndRememberTheirPlace(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var h heardBy
	mustAppend(t, db, "a", 0, filed{}, filed{}) // 1, 2
	mustAppend(t, db, "b", 0, closed{})         // 3
	catchUp(t, NewRunner(db, quiet, []Reaction{h.reaction("x")}, nil))
	wantHeard(t, &h, "x1 x2")
	mustAppend(t, db, "b", 1, filed{}) // 4
	r := NewRunner(db, quiet, []Reaction{h.reaction("x"), h.reaction("new")}, nil)
	catchUp(t, r)
	wantHeard(t, &h, "x4 new1 new2 new4")
	catchUp(t, r)
	wantHeard(t, &h, "")
}

// TestReactionCarriesTraceAndMark: what a reaction writes can be followed to
// the click, and its slow deeds are caught.
func TestReactionCarriesTraceAndMark(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "a", 0, filed{Purpose: "p"})
	ran := 0
	catchUp(t, NewRunner(db, quiet, []Reaction{On("x", func(ctx context.Context, tx *database.Tx, e Entry[filed]) error {
		ran++
		for _, c := range []context.Context{ctx, tx.Context()} {
			if id.Trace(c) != "trace-a" || !database.InTransaction(c) {
				t.Errorf("trace %q, inside %v", id.Trace(c), database.InTransaction(c))
			}
		}
		if e.Event.Purpose != "p" || e.Stream != "a" || e.Actor != "acc_1" {
			t.Errorf("entry %+v", e)
		}
		return nil
	})}, nil))
	if ran != 1 {
		t.Errorf("ran %d times", ran)
	}
}

// TestAFailingReactionHoldsUpNobody also shows that what it wrote before it
// failed is gone, and that it is tried again from the same line.
func TestAFailingReactionHoldsUpNobody(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var h heardBy
	fault := errors.New("not today")
	failing := func(kind string) Reaction {
		return On(kind, func(_ context.Context, tx *database.Tx, e Entry[filed]) error {
			if err := Append(tx, "made/"+kind+e.Stream, 0, who, e.At, e.Request, []closed{{}}); err != nil {
				return err
			}
			if kind == "panics" && fault != nil {
				panic("not today")
			}
			return fault
		})
	}
	r := NewRunner(db, quiet, []Reaction{failing("fails"), failing("panics"), h.reaction("good")},
		[]Listener{{Name: "ear", Do: func(_ context.Context, l Line) error { h.add("ear", l); return nil }}})
	mustAppend(t, db, "a", 0, filed{})
	mustAppend(t, db, "b", 0, filed{})
	for range 2 {
		err := r.CatchUp(t.Context())
		if err == nil || !strings.Contains(err.Error(), "fails: line 1: not today") || !strings.Contains(err.Error(), "panics: panic: not today") {
			t.Fatalf("got %v", err)
		}
	}
	wantHeard(t, &h, "good1 good2 ear1 ear2")
	lag, err := r.Lag(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Lag{{"fails", 2, 2, "line 1: not today"}, {"panics", 2, 2, "panic: not today"}, {"good", 0, 0, ""}, {"ear", 0, 0, ""}}
	if !slices.Equal(lag, want) {
		t.Errorf("lag %+v\nwant %+v", lag, want)
	}
	fault = nil
	catchUp(t, r)
	made := lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, 2, nil, 100) })
	if len(made) != 4 {
		t.Errorf("two reactions to two lines made %d lines", len(made))
	}
	wantHeard(t, &h, "ear3 ear4 ear5 ear6")
	if lag, err = r.Lag(t.Context()); err != nil || lag[0] != (Lag{Name: "fails"}) || lag[1] != (Lag{Name: "panics"}) {
		t.Errorf("lag after it was mended: %+v, %v", lag, err)
	}
}

// TestOneReactionMakesWorkForAnother, also for one that was wired before it.
func TestOneReactionMakesWorkForAnother(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var h heardBy
	last := On("last", func(_ context.Context, _ *database.Tx, e Entry[closed]) error {
		h.add("last", e.Line)
		return nil
	})
	first := On("first", func(_ context.Context, tx *database.Tx, e Entry[filed]) error {
		return Append(tx, e.Stream, e.Version, who, e.At, e.Request, []closed{{}})
	})
	r := NewRunner(db, quiet, []Reaction{last, first}, nil)
	mustAppend(t, db, "a", 0, filed{})
	catchUp(t, r)
	wantHeard(t, &h, "last2")
}

func TestListenersHearFromTheirStart(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var h heardBy
	broken := true
	r := NewRunner(db, quiet, nil, []Listener{
		{Name: "some", Kinds: []string{"case."}, Do: func(_ context.Context, l Line) error { h.add("some", l); return nil }},
		{Name: "weak", Do: func(_ context.Context, l Line) error {
			if broken && l.Seq == 4 {
				return errors.New("not today")
			}
			h.add("weak", l)
			return nil
		}},
	})
	mustAppend(t, db, "a", 0, filed{}, filed{}) // 1, 2: before the start
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, db, "b", 0, other{})          // 3
	mustAppend(t, db, "c", 0, filed{}, filed{}) // 4, 5
	if r.CatchUp(t.Context()) == nil {
		t.Error("the failure was not told")
	}
	wantHeard(t, &h, "some4 some5 weak3")
	broken = false
	catchUp(t, r)
	wantHeard(t, &h, "weak4 weak5")
}

func TestNamesAreNotShared(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	var h heardBy
	for _, names := range [][]string{{"x", "x"}, {""}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q were wired", names)
				}
			}()
			var all []Reaction
			for _, n := range names {
				all = append(all, h.reaction(n))
			}
			NewRunner(db, quiet, all, nil)
		}()
	}
}

// run runs r until the test ends.
func run(t *testing.T, r *Runner) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		r.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
}

func TestEachWriteWakesTheRunner(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	heard := make(chan int64)
	r := NewRunner(db, quiet, []Reaction{On("x", func(_ context.Context, _ *database.Tx, e Entry[filed]) error {
		heard <- e.Seq
		return nil
	})}, nil)
	run(t, r)
	for want := range int64(3) {
		mustAppend(t, db, fmt.Sprint("case/", want), 0, filed{})
		if got := <-heard; got != want+1 {
			t.Errorf("heard %d, want %d", got, want+1)
		}
	}
}

func TestRunTriesAgain(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	tries := make(chan int64)
	n := 0
	r := NewRunner(db, quiet, []Reaction{On("x", func(_ context.Context, _ *database.Tx, e Entry[filed]) error {
		tries <- e.Seq
		if n++; n < 4 {
			return errors.New("not yet")
		}
		return nil
	})}, nil)
	r.Pause = time.Millisecond
	mustAppend(t, db, "a", 0, filed{}, filed{})
	run(t, r)
	for i, want := range []int64{1, 1, 1, 1, 2} {
		if got := <-tries; got != want {
			t.Errorf("try %d was of line %d, want %d", i+1, got, want)
		}
	}
}

// TestWhatFailedRestsWhileOthersGoOn: writes wake the runner, but not whoever
// has to rest.
func TestWhatFailedRestsWhileOthersGoOn(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	tries, heard := 0, make(chan int64)
	r := NewRunner(db, quiet, []Reaction{
		On("fails", func(context.Context, *database.Tx, Entry[filed]) error {
			tries++
			return errors.New("not today")
		}),
		On("good", func(_ context.Context, _ *database.Tx, e Entry[filed]) error {
			heard <- e.Seq
			return nil
		})}, nil)
	r.Pause = time.Hour
	run(t, r)
	for i := range 3 {
		mustAppend(t, db, fmt.Sprint("case/", i), 0, filed{})
		<-heard
	}
	if tries != 1 {
		t.Errorf("%d tries within an hour", tries)
	}
}

// TestTwoRunnersShareAReaction, as two processes on one database would: each
// line is taken by one of them.
func TestTwoRunnersShareAReaction(t *testing.T) {
	db := databasetest.Open(t, Migrations)
	mustAppend(t, db, "a", 0, slices.Repeat([]filed{{}}, 100)...)
	var all sync.WaitGroup
	for range 2 {
		r := NewRunner(db, quiet, []Reaction{On("x", func(_ context.Context, tx *database.Tx, e Entry[filed]) error {
			return Append(tx, fmt.Sprint("made/", e.Seq), 0, who, e.At, "", []closed{{}}) // a conflict, if it is done already
		})}, nil)
		all.Go(func() {
			if err := r.CatchUp(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(lines(t, db, func(tx *database.Tx) ([]Line, error) { return Since(tx, 0, []string{"case.closed"}, 1000) })); n != 100 {
		t.Errorf("%d lines were made of 100", n)
	}
}

// TestPollFindsWhatOthersWrote: nobody wakes this runner.
func TestPollFindsWhatOthersWrote(t *testing.T) {
	path := t.TempDir() + "/test.db"
	db, elsewhere := databasetest.At(t, path, Migrations), databasetest.At(t, path, Migrations)
	heard := make(chan int64)
	r := NewRunner(db, quiet, nil, []Listener{{Name: "ear", Do: func(_ context.Context, l Line) error { heard <- l.Seq; return nil }}})
	r.Poll = time.Millisecond
	run(t, r)
	mustAppend(t, elsewhere, "a", 0, filed{})
	if got := <-heard; got != 1 {
		t.Errorf("heard %d", got)
	}
}
