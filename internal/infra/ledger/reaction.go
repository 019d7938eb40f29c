package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

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
// transaction of its own. Name keeps its place across restarts; a new name
// begins with the first line ever written.
type Reaction struct {
	Name string
	Kind string
	do   func(ctx context.Context, tx *database.Tx, l Line) error
}

// On returns the reaction name, which runs do for every event of type E. The
// context carries the trace of what caused the event, and is inside the
// transaction.
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
// its start, in order, at least once; it has no cursor in the database, since
// memory has none.
type Listener struct {
	Name  string
	Kinds []string // as for [Since]
	Do    func(ctx context.Context, l Line) error
}

// track is one reaction or listener on its way along the ledger.
type track struct {
	name  string
	kinds []string
	// step takes the next line, if there is one.
	step func(ctx context.Context) (more bool, err error)
	// seen returns the seq up to which it has come.
	seen func(tx *database.Tx) (int64, error)

	failures int // since the last success
	fault    string
	resting  bool // until its pause after a failure is over
}

// trackReaction looks before it writes, since each write wakes the runner.
func trackReaction(db *database.DB, reaction Reaction) *track {
	t := &track{name: reaction.Name, kinds: []string{reaction.Kind}}
	t.seen = func(tx *database.Tx) (int64, error) { return cursor(tx, reaction.Name) }
	next := func(tx *database.Tx) (l Line, ok bool, err error) {
		seq, err := t.seen(tx)
		if err != nil {
			return l, false, err
		}
		lines, err := Since(tx, seq, t.kinds, 1)
		if err != nil || len(lines) == 0 {
			return l, false, err
		}
		return lines[0], true, nil
	}
	t.step = func(ctx context.Context) (more bool, err error) {
		var line Line
		err = db.Read(ctx, func(tx *database.Tx) error {
			line, more, err = next(tx)
			return err
		})
		if err != nil || !more {
			return false, err
		}
		return true, db.Write(id.WithTrace(ctx, line.Request), func(tx *database.Tx) error {
			now, ok, err := next(tx)
			if err != nil || !ok || now.Seq != line.Seq {
				return err // another process was faster: look again
			}
			if err := reaction.do(tx.Context(), tx, line); err != nil {
				return fmt.Errorf("line %d: %w", line.Seq, err)
			}
			return moveCursor(tx, reaction.Name, line.Seq)
		})
	}
	return t
}

// trackListener keeps its place in heard, which [Runner.Start] sets.
func trackListener(db *database.DB, listener Listener, heard *atomic.Int64) *track {
	t := &track{name: listener.Name, kinds: listener.Kinds}
	t.seen = func(*database.Tx) (int64, error) { return heard.Load(), nil }
	t.step = func(ctx context.Context) (more bool, err error) {
		var lines []Line
		err = db.Read(ctx, func(tx *database.Tx) (err error) {
			lines, err = Since(tx, heard.Load(), listener.Kinds, 500)
			return err
		})
		if err != nil {
			return false, err
		}
		for _, l := range lines {
			if err := listener.Do(id.WithTrace(ctx, l.Request), l); err != nil {
				return true, fmt.Errorf("line %d: %w", l.Seq, err)
			}
			heard.Store(l.Seq)
		}
		return len(lines) > 0, nil
	}
	return t
}

func cursor(tx *database.Tx, reaction string) (seq int64, err error) {
	err = tx.QueryRow(`
		SELECT COALESCE(MAX(seq), 0)
		FROM   ledger_cursor
		WHERE  reaction = ?`, reaction).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read cursor of %s: %w", reaction, err)
	}
	return seq, nil
}

func moveCursor(tx *database.Tx, reaction string, seq int64) error {
	_, err := tx.Exec(`
		INSERT INTO ledger_cursor (reaction, seq)
		VALUES (?, ?)
		ON CONFLICT (reaction) DO UPDATE SET seq = excluded.seq`, reaction, seq)
	if err != nil {
		return fmt.Errorf("move cursor of %s: %w", reaction, err)
	}
	return nil
}
