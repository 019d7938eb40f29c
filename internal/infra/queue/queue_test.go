package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/database/databasetest"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

type work struct{ N int }

// bench is a database with a clock that tests move.
type bench struct {
	*testing.T
	db    *database.DB
	clock *clock.Manual
}

func newBench(t *testing.T) bench {
	return bench{t, databasetest.Open(t, Migrations), clock.At(databasetest.Noon)}
}

func (b bench) pool(do func(ctx context.Context, w work) error) *Pool {
	return NewPool(b.db, b.clock, id.New(b.clock), quiet, Options{Lease: time.Minute, Attempts: 3, Pause: time.Second}, Handle("work", do))
}

func (b bench) enqueue(key string, n int) {
	b.Helper()
	err := b.db.Write(id.WithTrace(b.Context(), "trace-1"), func(tx *database.Tx) error {
		return Enqueue(tx, key, "work", work{n}, b.clock.Now())
	})
	if err != nil {
		b.Fatal(err)
	}
}

// step fails the test unless the pool finds work as expected.
func (b bench) step(p *Pool, want bool) {
	b.Helper()
	if did, err := p.Step(b.Context()); did != want || err != nil {
		b.Fatalf("step: did %v, %v; want %v", did, err, want)
	}
}

func (b bench) list(read func(tx *database.Tx) ([]Job, error)) (all []Job) {
	b.Helper()
	err := b.db.Read(b.Context(), func(tx *database.Tx) (err error) {
		all, err = read(tx)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

func (b bench) count() (n int) {
	b.Helper()
	err := b.db.Read(b.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT COUNT(*) FROM job`).Scan(&n)
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func TestAJobRunsOnceWithItsArgumentsAndTrace(t *testing.T) {
	b := newBench(t)
	var got []string
	p := b.pool(func(ctx context.Context, w work) error {
		got = append(got, fmt.Sprint(w.N, id.Trace(ctx)))
		if database.InTransaction(ctx) {
			t.Error("a job runs inside a transaction")
		}
		return nil
	})
	b.enqueue("a", 1)
	b.enqueue("a", 2) // of the same cause: the first
	b.clock.Advance(time.Second)
	b.enqueue("b", 3)
	b.step(p, true)
	b.step(p, true)
	b.step(p, false)
	if fmt.Sprint(got) != "[1trace-1 3trace-1]" || b.count() != 0 {
		t.Errorf("ran %v, %d left", got, b.count())
	}
}

func TestAJobOfAFailedActIsNotThere(t *testing.T) {
	b := newBench(t)
	_ = b.db.Write(t.Context(), func(tx *database.Tx) error {
		if err := Enqueue(tx, "a", "work", work{1}, b.clock.Now()); err != nil {
			t.Error(err)
		}
		return errors.New("the act failed")
	})
	if b.count() != 0 {
		t.Error("the job is there")
	}
}

func TestAJobWaitsForItsTime(t *testing.T) {
	b := newBench(t)
	p := b.pool(func(context.Context, work) error { return nil })
	err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		return Enqueue(tx, "a", "work", work{1}, b.clock.Now().Add(time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
	b.step(p, false)
	b.clock.Advance(time.Hour - time.Millisecond)
	b.step(p, false)
	b.clock.Advance(time.Millisecond)
	b.step(p, true)
}

func TestAFailingJobWaitsLongerEachTimeAndIsParked(t *testing.T) {
	for name, do := range map[string]func(context.Context, work) error{
		"not today":        func(context.Context, work) error { return errors.New("not today") },
		"panic: not today": func(context.Context, work) error { panic("not today") },
	} {
		b := newBench(t)
		p := b.pool(do)
		b.enqueue("a", 1)
		for _, pause := range []time.Duration{time.Second, 2 * time.Second} {
			b.step(p, true)
			b.clock.Advance(pause - time.Millisecond)
			b.step(p, false)
			b.clock.Advance(time.Millisecond)
			if w := b.list(Waiting); len(w) != 1 || w[0].Fault != name {
				t.Errorf("waiting: %+v", w)
			}
		}
		b.step(p, true)
		b.clock.Advance(time.Hour)
		b.step(p, false)
		parked := b.list(Parked)
		if len(parked) != 1 || parked[0].Attempts != 3 || parked[0].Fault != name || parked[0].Problem != nil || string(parked[0].Args) != `{"N":1}` {
			t.Errorf("parked: %+v", parked)
		}
	}
}

func TestAProblemParksAtOnceAndKeepsItsCode(t *testing.T) {
	b := newBench(t)
	wrong := true
	p := b.pool(func(context.Context, work) error {
		if wrong {
			var l problem.List
			l.Add("/column", "intake.too_wide", "max", 5)
			return fmt.Errorf("read file: %w", l.Err())
		}
		return nil
	})
	b.enqueue("a", 1)
	b.step(p, true)
	b.clock.Advance(time.Hour)
	b.step(p, false)
	parked := b.list(Parked)
	if len(parked) != 1 || parked[0].Problem == nil || parked[0].Problem.Code != "invalid_input" || parked[0].Problem.Fields[0].Code != "intake.too_wide" {
		t.Fatalf("parked: %+v", parked)
	}
	wrong = false
	retry := func() error {
		return b.db.Write(t.Context(), func(tx *database.Tx) error { return Retry(tx, "a", b.clock.Now()) })
	}
	if err := retry(); err != nil {
		t.Fatal(err)
	}
	if err := retry(); !problem.Is(err, problem.Conflict) {
		t.Errorf("a job that is no longer parked was let go again: %v", err)
	}
	if w := b.list(Waiting); len(w) != 1 || w[0].Problem != nil || w[0].Fault != "" || w[0].Attempts != 0 {
		t.Errorf("waiting: %+v", w)
	}
	b.step(p, true)
	if b.count() != 0 {
		t.Error("the job is still there")
	}
}

func TestWhatNobodyHandlesIsParkedInTheEnd(t *testing.T) {
	b := newBench(t)
	p := NewPool(b.db, b.clock, id.New(b.clock), quiet, Options{Attempts: 1})
	b.enqueue("a", 1)
	b.step(p, true)
	if parked := b.list(Parked); len(parked) != 1 || !strings.Contains(parked[0].Fault, "kind work") {
		t.Errorf("parked: %+v", parked)
	}
}

// TestALostJobIsSettledByItsNewHolderOnly: the first holder lives, but its
// lease has ended, as if its machine had been asleep.
func TestALostJobIsSettledByItsNewHolderOnly(t *testing.T) {
	b := newBench(t)
	began, end := make(chan int), []chan error{make(chan error), make(chan error)}
	holders := 0
	p := b.pool(func(context.Context, work) error {
		me := holders // steps begin one after the other
		holders++
		began <- me
		return <-end[me]
	})
	b.enqueue("a", 1)
	done := []chan error{make(chan error), make(chan error)}
	step := func(i int) {
		_, err := p.Step(context.Background())
		done[i] <- err
	}
	go step(0)
	<-began
	b.clock.Advance(time.Minute)
	b.step(p, false) // until its last instant the lease holds
	b.clock.Advance(time.Millisecond)
	go step(1) // even in the same pool it is another lease
	<-began
	end[0] <- errors.New("too late")
	if err := <-done[0]; err != nil {
		t.Error(err)
	}
	if b.count() != 1 || len(b.list(Waiting)) != 0 {
		t.Error("the old holder gave away the new one's job")
	}
	end[1] <- nil
	if err := <-done[1]; err != nil || b.count() != 0 {
		t.Errorf("%d jobs left, %v", b.count(), err)
	}
}

func TestAJobWhoseProcessDiesEachTimeIsParked(t *testing.T) {
	b := newBench(t)
	b.enqueue("a", 1)
	ran := 0
	p := b.pool(func(context.Context, work) error { ran++; return nil })
	for range 3 { // three processes take it and die
		if _, ok, err := p.take(t.Context()); err != nil || !ok {
			t.Fatal(ok, err)
		}
		b.clock.Advance(time.Minute + time.Millisecond)
	}
	b.step(p, true)
	if parked := b.list(Parked); ran != 0 || len(parked) != 1 {
		t.Errorf("ran %d times, parked %+v", ran, parked)
	}
}

func TestStoppingThePoolGivesJobsBack(t *testing.T) {
	b := newBench(t)
	began := make(chan struct{})
	p := b.pool(func(ctx context.Context, w work) error {
		began <- struct{}{}
		<-ctx.Done()
		if w.N == 2 {
			return nil // managed to finish all the same
		}
		return ctx.Err()
	})
	p.options.Workers = 2
	b.enqueue("a", 1)
	b.enqueue("b", 2)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		p.Run(ctx)
		close(done)
	}()
	<-began
	<-began
	stop()
	<-done
	if w := b.list(Waiting); len(w) != 1 || w[0].ID != "a" || w[0].Attempts != 0 || b.count() != 1 {
		t.Errorf("waiting: %+v of %d", w, b.count())
	}
}

// TestTheLeaseIsRenewed: the job outlives its lease several times, and nobody
// else may take it.
func TestTheLeaseIsRenewed(t *testing.T) {
	b := newBench(t)
	wrote := make(chan struct{}, 1)
	var p *Pool
	p = NewPool(b.db, b.clock, id.New(b.clock), quiet, Options{Lease: 30 * time.Millisecond}, Handle("work", func(ctx context.Context, _ work) error {
		for range 5 {
			for range 3 { // one may wait in the channel, one may be under way with the old time
				select {
				case <-wrote:
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			b.clock.Advance(20 * time.Millisecond)
			if _, ok, err := p.take(context.Background()); ok || err != nil {
				return fmt.Errorf("taken by another: %v, %v", ok, err)
			}
		}
		return nil
	}))
	b.enqueue("a", 1)
	b.db.OnWrite(func() {
		select {
		case wrote <- struct{}{}:
		default:
		}
	})
	b.step(p, true)
	if b.count() != 0 {
		t.Errorf("failed: %+v", append(b.list(Waiting), b.list(Parked)...))
	}
}

func TestWhoeverLosesTheLeaseIsTold(t *testing.T) {
	b := newBench(t)
	var p *Pool
	p = NewPool(b.db, b.clock, id.New(b.clock), quiet, Options{Lease: 30 * time.Millisecond}, Handle("work", func(ctx context.Context, _ work) error {
		b.clock.Advance(time.Second)
		if _, ok, err := p.take(context.Background()); !ok || err != nil {
			t.Errorf("not taken back: %v, %v", ok, err)
		}
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), errLost) {
			t.Errorf("told %v", context.Cause(ctx))
		}
		return ctx.Err()
	}))
	b.enqueue("a", 1)
	b.step(p, true)
	if b.count() != 1 || len(b.list(Waiting)) != 0 {
		t.Error("the old holder settled the job")
	}
}
