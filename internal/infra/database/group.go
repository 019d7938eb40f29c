package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// group lets writers that wait at the same time share one commit, since a
// commit costs a flush of the disk whatever it holds. Each still has a
// transaction to itself: they run one after the other, each within a
// savepoint, and one that fails takes back only what it did itself.
type group struct {
	writer   *sql.DB
	dialect  Dialect
	patience time.Duration

	mu      sync.Mutex
	waiting []*member
	led     bool // a goroutine is at work on what waits
}

// member is one call of Write. Its function runs in its own goroutine, when it
// is given its turn, so that a panic ends up where it belongs.
type member struct {
	ctx  context.Context
	do   func(tx *Tx) error
	turn chan *sql.Tx
	ran  chan error // how the turn ended
	done chan error // how all ended
	gone bool       // its goroutine panicked: it takes no further turn
}

const (
	largest  = 32 // members that share a commit
	attempts = 5  // at a database that another process keeps busy
)

// errLeft is how a turn ends whose goroutine panicked.
var errLeft = errors.New("transaction was left by a panic")

// write runs do within some transaction of the group and returns when that
// is committed or do's part of it is taken back.
func (g *group) write(ctx context.Context, do func(tx *Tx) error) error {
	m := &member{ctx: ctx, do: do, turn: make(chan *sql.Tx), ran: make(chan error, 1), done: make(chan error, 1)}
	g.join(m)
	bored := time.NewTimer(g.patience)
	defer bored.Stop()
	ended := ctx.Done()
	for {
		select {
		case tx := <-m.turn:
			m.take(tx, g.dialect)
		case err := <-m.done:
			return err
		case <-ended:
			ended = nil // too late to leave: the turn will fail
			if g.leave(m) {
				return fmt.Errorf("wait for turn to write: %w", ctx.Err())
			}
		case <-bored.C:
			if g.leave(m) {
				return fmt.Errorf("wait for turn to write: %w", context.DeadlineExceeded)
			}
		}
	}
}

// take runs m's function on tx. The answer is given also if it panics.
func (m *member) take(tx *sql.Tx, d Dialect) {
	err := errLeft
	defer func() { m.ran <- err }()
	if err = m.ctx.Err(); err != nil {
		return
	}
	err = errLeft
	if err = m.do(&Tx{tx: tx, ctx: mark(m.ctx), dialect: d}); err == nil {
		err = m.ctx.Err()
	}
}

// give lets m take its turn and returns how that ended.
func (m *member) give(tx *sql.Tx) error {
	m.turn <- tx
	err := <-m.ran
	m.gone = err == errLeft
	return err
}

func (g *group) join(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, m)
	if !g.led {
		g.led = true
		go g.lead()
	}
}

// leave reports whether m was still waiting, and is no more.
func (g *group) leave(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, m)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}

// lead works until nobody waits. Each member waits for it, so it has owners.
func (g *group) lead() {
	for {
		g.mu.Lock()
		n := min(len(g.waiting), largest)
		batch := slices.Clone(g.waiting[:n])
		g.waiting = slices.Delete(g.waiting, 0, n)
		if g.led = n > 0; !g.led {
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.commit(batch)
	}
}

// commit runs the members and tells each how it ended. They run again if the
// database was busy, or if one of them broke the whole transaction.
func (g *group) commit(batch []*member) {
	for try := 1; ; {
		batch = slices.DeleteFunc(batch, func(m *member) bool { return m.gone })
		if len(batch) == 0 {
			return
		}
		left, err := g.attempt(batch)
		if isBusy(err) {
			if try++; try <= attempts {
				continue
			}
		}
		if err != nil {
			tell(batch, func(int) error { return err })
			return
		}
		batch = left
	}
}

func tell(batch []*member, err func(i int) error) {
	for i, m := range batch {
		m.done <- err(i)
	}
}

// attempt runs all members in one transaction, and tells them if that
// succeeds. left are those that must run again.
func (g *group) attempt(batch []*member) (left []*member, err error) {
	tx, err := g.writer.BeginTx(context.Background(), nil)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() // does nothing after a commit
	if len(batch) == 1 {
		m := batch[0]
		if err := m.give(tx); err != nil {
			return nil, err
		}
		if err := tx.Commit(); err != nil {
			return nil, fmt.Errorf("commit transaction: %w", err)
		}
		m.done <- nil
		return nil, nil
	}
	failed := make([]error, len(batch))
	for i, m := range batch {
		broken := false
		if failed[i], broken = inSavepoint(tx, m); isBusy(failed[i]) {
			return nil, failed[i]
		}
		if broken {
			m.done <- failed[i]
			return slices.Delete(batch, i, i+1), nil
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit transaction: %w", err)
	}
	tell(batch, func(i int) error { return failed[i] })
	return nil, nil
}

// inSavepoint gives m its turn. If it fails, what it did is taken back. broken
// tells that the whole transaction is gone, as SQLite does to one whose
// statement is interrupted or finds the disk full.
func inSavepoint(tx *sql.Tx, m *member) (failed error, broken bool) {
	if _, err := tx.Exec(`SAVEPOINT member`); err != nil {
		return fmt.Errorf("begin savepoint: %w", err), true
	}
	failed = m.give(tx)
	if failed != nil {
		if _, err := tx.Exec(`ROLLBACK TO SAVEPOINT member`); err != nil {
			return failed, true
		}
	}
	if _, err := tx.Exec(`RELEASE SAVEPOINT member`); err != nil {
		return errors.Join(failed, fmt.Errorf("end savepoint: %w", err)), true
	}
	return failed, false
}
