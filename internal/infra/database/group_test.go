package database

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kaishu/internal/base/clock"
)

// crowd is a database whose writer is held until enough others wait, so that
// those share one commit.
type crowd struct {
	*testing.T
	db      *DB
	release chan struct{}
	ends    []chan error
}

func newCrowd(t *testing.T) *crowd {
	db, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "test.db"), Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &crowd{T: t, db: db, release: make(chan struct{})}
	err = db.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE thing (id TEXT PRIMARY KEY)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	held := make(chan struct{})
	c.ends = append(c.ends, make(chan error, 1))
	go func() {
		c.ends[0] <- db.Write(context.Background(), func(*Tx) error {
			close(held)
			<-c.release
			return nil
		})
	}()
	<-held
	return c
}

var errPanicked = errors.New("panicked")

// write starts a Write, and returns when it waits.
func (c *crowd) write(ctx context.Context, do func(tx *Tx) error) {
	end := make(chan error, 1)
	c.ends = append(c.ends, end)
	go func() {
		defer func() {
			if recover() != nil {
				end <- errPanicked
			}
		}()
		end <- c.db.Write(ctx, do)
	}()
	for waits := false; !waits; {
		c.db.group.mu.Lock()
		waits = len(c.db.group.waiting) == len(c.ends)-1
		c.db.group.mu.Unlock()
	}
}

// end lets all go on and returns how each ended, and what is there then.
func (c *crowd) end() (errs []error, things []string) {
	c.Helper()
	close(c.release)
	for _, end := range c.ends[1:] {
		errs = append(errs, <-end)
	}
	err := c.db.Read(c.Context(), func(tx *Tx) (err error) {
		things, err = list(tx)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	return errs, things
}

func list(tx *Tx) (things []string, err error) {
	rows, err := tx.Query(`SELECT id FROM thing ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		things = append(things, id)
	}
	return things, rows.Err()
}

func insert(id string) func(tx *Tx) error {
	return func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO thing (id) VALUES (?)`, id)
		return err
	}
}

func TestThoseWhoWaitShareACommit(t *testing.T) {
	c := newCrowd(t)
	c.write(t.Context(), insert("a"))
	c.write(t.Context(), func(tx *Tx) error {
		inside, err := list(tx)
		if err != nil {
			return err
		}
		var outside []string
		err = c.db.Read(t.Context(), func(tx *Tx) error {
			outside, err = list(tx)
			return err
		})
		if !slices.Equal(inside, []string{"a"}) || outside != nil {
			t.Errorf("the second writer sees %v, others see %v; want [a] and nothing", inside, outside)
		}
		return errors.Join(err, insert("b")(tx))
	})
	if errs, things := c.end(); errors.Join(errs...) != nil || !slices.Equal(things, []string{"a", "b"}) {
		t.Errorf("%v, %v", errs, things)
	}
}

// TestOneWhoBreaksTheTransaction is interrupted in the middle of a statement,
// upon which SQLite takes back everything since BEGIN: the others must run
// again, but not the one whose goroutine is gone.
func TestOneWhoBreaksTheTransaction(t *testing.T) {
	c := newCrowd(t)
	ran := 0
	c.write(t.Context(), func(tx *Tx) error {
		ran++
		return insert("a")(tx)
	})
	c.write(t.Context(), func(tx *Tx) error {
		if err := insert("panicked")(tx); err != nil {
			t.Error(err)
		}
		panic("stop")
	})
	c.write(t.Context(), func(tx *Tx) error { return fmt.Errorf("wrapped: %w", errors.Join(insert("failed")(tx), errLeft)) })
	ctx, cancel := context.WithCancel(t.Context())
	c.write(ctx, func(tx *Tx) error {
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := tx.Exec(`
			INSERT INTO thing (id)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
			SELECT 'endless' || i FROM n`)
		return err
	})
	c.write(t.Context(), insert("b"))
	errs, things := c.end()
	if !slices.Equal(things, []string{"a", "b"}) {
		t.Errorf("left %d things, want a and b", len(things))
	}
	if errs[0] != nil || errs[1] != errPanicked || !errors.Is(errs[2], errLeft) || errs[3] == nil || errs[4] != nil {
		t.Errorf("ended with %v", errs)
	}
	if ran != 2 {
		t.Errorf("the first ran %d times, want 2: the transaction was not broken, so this test shows nothing", ran)
	}
}

// TestWhoeverIsTiredOfWaitingLeaves before the turn, and never writes.
func TestWhoeverIsTiredOfWaitingLeaves(t *testing.T) {
	c := newCrowd(t)
	ctx, cancel := context.WithCancel(t.Context())
	c.write(ctx, insert("left"))
	cancel()
	if err := <-c.ends[1]; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	c.ends = c.ends[:1]
	c.write(t.Context(), insert("a"))
	if errs, things := c.end(); errs[0] != nil || !slices.Equal(things, []string{"a"}) {
		t.Errorf("%v, %v", errs, things)
	}
}

// TestMoreThanShareOneCommit still all get their turn.
func TestMoreThanShareOneCommit(t *testing.T) {
	c := newCrowd(t)
	for i := range 2*largest + 1 {
		c.write(t.Context(), insert(fmt.Sprint(i)))
	}
	errs, things := c.end()
	if errors.Join(errs...) != nil || len(things) != 2*largest+1 {
		t.Errorf("%d things, %v", len(things), errors.Join(errs...))
	}
}
