package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
)

// Entry is one line of the ledger with its body decoded.
type Entry[E Event] struct {
	Line
	Event E
}

// Reaction is work to do when events arrive: after the commit that wrote
// them, in ledger order, at least once, together with its cursor in a
// transaction of its own. Name keeps its place across restarts.
type Reaction struct {
	Name string
	Kind string
	do   func(ctx context.Context, tx *database.Tx, l Line) error
}

// On returns the reaction name, which runs do for every event of type E.
func On[E Event](name string, do func(ctx context.Context, tx *database.Tx, e Entry[E]) error) Reaction {
	var zero E
	return Reaction{name, zero.Kind(), func(ctx context.Context, tx *database.Tx, l Line) error {
		e := Entry[E]{Line: l}
		if err := json.Unmarshal(l.Body, &e.Event); err != nil {
			return fmt.Errorf("decode %s at %d: %w", l.Kind, l.Seq, err)
		}
		return do(ctx, tx, e)
	}}
}

// Listener keeps something in memory up to date. It hears every line after
// its start, in order; it has no cursor, since memory has none.
type Listener struct {
	Name  string
	Kinds []string // as for [Since]
	Do    func(ctx context.Context, l Line) error
}

// Runner runs reactions and listeners as the ledger grows.
type Runner struct {
	db        *database.DB
	log       *slog.Logger
	reactions []Reaction
	listeners []Listener
	wake      chan struct{}
	heard     int64
}

// NewRunner returns a runner that is woken by each write to db.
func NewRunner(db *database.DB, log *slog.Logger, reactions []Reaction, listeners []Listener) *Runner {
	r := &Runner{db: db, log: log, reactions: reactions, listeners: listeners, wake: make(chan struct{}, 1)}
	db.OnWrite(r.Wake)
	return r
}

// Wake has the runner look at the ledger now.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Start fixes the place from which listeners hear. Whatever a listener keeps
// must be read from the database after Start and before Run.
func (r *Runner) Start(ctx context.Context) error {
	return r.db.Read(ctx, func(tx *database.Tx) (err error) {
		r.heard, err = Last(tx)
		return err
	})
}

// retryAfter is how long a runner waits after a reaction failed.
const retryAfter = 5 * time.Second

// Run works until ctx ends. What fails is logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	for {
		retry := (<-chan time.Time)(nil)
		if err := r.CatchUp(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("react to ledger", "error", err)
			retry = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-retry:
		}
	}
}

// CatchUp runs everything that is due and returns when nothing is left.
func (r *Runner) CatchUp(ctx context.Context) error {
	for _, reaction := range r.reactions {
		for {
			more, err := r.react(ctx, reaction)
			if err != nil {
				return fmt.Errorf("reaction %s: %w", reaction.Name, err)
			}
			if !more {
				break
			}
		}
	}
	return r.tell(ctx)
}

// react runs reaction for the next line that it has not seen. It looks first
// and writes only if there is one, since each write wakes the runner.
func (r *Runner) react(ctx context.Context, reaction Reaction) (more bool, err error) {
	err = r.db.Read(ctx, func(tx *database.Tx) error {
		lines, err := next(tx, reaction)
		more = len(lines) > 0
		return err
	})
	if err != nil || !more {
		return false, err
	}
	err = r.db.Write(ctx, func(tx *database.Tx) error {
		lines, err := next(tx, reaction)
		if err != nil || len(lines) == 0 {
			return err
		}
		if err := reaction.do(id.WithTrace(ctx, lines[0].Request), tx, lines[0]); err != nil {
			return err
		}
		_, err = tx.Exec(`
			INSERT INTO ledger_cursor (reaction, seq)
			VALUES (?, ?)
			ON CONFLICT (reaction) DO UPDATE SET seq = excluded.seq`, reaction.Name, lines[0].Seq)
		return err
	})
	return more, err
}

func next(tx *database.Tx, reaction Reaction) ([]Line, error) {
	var seq int64
	err := tx.QueryRow(`
		SELECT COALESCE(MAX(seq), 0)
		FROM   ledger_cursor
		WHERE  reaction = ?`, reaction.Name).Scan(&seq)
	if err != nil {
		return nil, err
	}
	return Since(tx, seq, []string{reaction.Kind}, 1)
}

func (r *Runner) tell(ctx context.Context) error {
	for {
		var lines []Line
		err := r.db.Read(ctx, func(tx *database.Tx) (err error) {
			lines, err = Since(tx, r.heard, nil, 500)
			return err
		})
		if err != nil || len(lines) == 0 {
			return err
		}
		for _, l := range lines {
			for _, listener := range r.listeners {
				if !hears(listener.Kinds, l.Kind) {
					continue
				}
				if err := listener.Do(ctx, l); err != nil {
					return fmt.Errorf("listener %s: %w", listener.Name, err)
				}
			}
			r.heard = l.Seq
		}
	}
}

func hears(kinds []string, kind string) bool {
	for _, k := range kinds {
		if k == kind || k[len(k)-1] == '.' && len(kind) > len(k) && kind[:len(k)] == k {
			return true
		}
	}
	return len(kinds) == 0
}
