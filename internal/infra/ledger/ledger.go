// Package ledger is the append-only record of what happened: the history of
// each case, the outbox that reactions read, and the trail for audit (house.md
// B.7). The Merkle log that seals it reads the same table.
//
// Regulation: Articles 25(5) and 26. Owns the tables "ledger" and
// "ledger_cursor".
package ledger

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Event is a domain event; its JSON is its body.
type Event interface{ Kind() string }

// Line is one line of the ledger.
type Line struct {
	Seq          int64
	Stream       string // e.g. "version/ver_01J…"
	Version      int    // 1, 2, 3 … within the stream
	Kind         string // e.g. "version.released"
	Body         json.RawMessage
	Actor        string // account id, "clock" or "" for a visitor
	Organisation string
	Request      string // trace id of the request or job
	At           time.Time
}

// Append writes events to stream, whose last version the caller read as
// version (0 for a new stream), in the transaction of the act itself. It fails
// with problem.Conflict "moved_meanwhile" if the stream moved meanwhile; a
// version that the stream has not reached is a fault, since it would leave a
// gap.
//
// Each line gets its seq here: SQLite has one writer, so that order of seq is
// order of commit. A database with many writers numbers lines after commit.
func Append[E Event](tx *database.Tx, stream string, version int, who permit.Actor, at time.Time, request string, events []E) error {
	var last int
	err := tx.QueryRow(`SELECT COALESCE(MAX(version), 0) FROM ledger WHERE stream = ?`, stream).Scan(&last)
	switch {
	case err != nil:
		return fmt.Errorf("read end of %s: %w", stream, err)
	case last > version:
		return problem.New(problem.Conflict, "moved_meanwhile")
	case last < version:
		return fmt.Errorf("append to %s after version %d: it ends at %d", stream, version, last)
	}
	for i, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode %s: %w", e.Kind(), err)
		}
		_, err = tx.Exec(`
			INSERT INTO ledger (seq, stream, version, kind, body, actor, organisation, request, at)
			SELECT COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?
			FROM   ledger`,
			stream, version+1+i, e.Kind(), string(body), who.Account, who.Organisation, request, clock.Format(at))
		if database.IsUnique(err) {
			return problem.New(problem.Conflict, "moved_meanwhile")
		}
		if err != nil {
			return fmt.Errorf("append %s to %s: %w", e.Kind(), stream, err)
		}
	}
	return nil
}

const columns = `seq, stream, version, kind, body, actor, organisation, request, at`

// History returns every line of stream, oldest first.
func History(tx *database.Tx, stream string) ([]Line, error) {
	return read(tx, `
		SELECT `+columns+`
		FROM   ledger
		WHERE  stream = ?
		ORDER  BY version`, stream)
}

// Since returns at most limit lines after seq, of the given kinds only; of
// every kind if there are none. A kind that ends in a dot stands for all kinds
// that begin with it.
func Since(tx *database.Tx, seq int64, kinds []string, limit int) ([]Line, error) {
	where, args := after(seq, kinds)
	return read(tx, `
		SELECT `+columns+`
		FROM   ledger
		WHERE  `+where+`
		ORDER  BY seq
		LIMIT  ?`, append(args, limit)...)
}

// countSince returns how many lines of the kinds come after seq.
func countSince(tx *database.Tx, seq int64, kinds []string) (n int, err error) {
	where, args := after(seq, kinds)
	err = tx.QueryRow(`SELECT COUNT(*) FROM ledger WHERE `+where, args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count ledger: %w", err)
	}
	return n, nil
}

// after returns the condition that a line is one of kinds and comes after seq.
func after(seq int64, kinds []string) (where string, args []any) {
	var either []string
	args = []any{seq}
	for _, k := range kinds {
		if prefix, ok := strings.CutSuffix(k, "."); ok {
			either, args = append(either, `(kind >= ? AND kind < ?)`), append(args, k, prefix+"/") // "/" follows "."
		} else {
			either, args = append(either, `kind = ?`), append(args, k)
		}
	}
	if len(either) == 0 {
		return `seq > ?`, args
	}
	return `seq > ? AND (` + strings.Join(either, ` OR `) + `)`, args
}

// Last returns the seq of the newest line; 0 if there is none.
func Last(tx *database.Tx) (seq int64, err error) {
	err = tx.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM ledger`).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read end of ledger: %w", err)
	}
	return seq, nil
}

func read(tx *database.Tx, query string, args ...any) ([]Line, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	defer rows.Close()
	var all []Line
	for rows.Next() {
		var l Line
		var body, at string
		if err := rows.Scan(&l.Seq, &l.Stream, &l.Version, &l.Kind, &body, &l.Actor, &l.Organisation, &l.Request, &at); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		l.Body = json.RawMessage(body)
		if l.At, err = clock.Parse(at); err != nil {
			return nil, fmt.Errorf("read ledger line %d: %w", l.Seq, err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Check reports every stream whose versions have a gap.
func Check(tx *database.Tx) error {
	rows, err := tx.Query(`
		SELECT stream, COUNT(*), MAX(version)
		FROM   ledger
		GROUP  BY stream
		HAVING COUNT(*) <> MAX(version)`)
	if err != nil {
		return fmt.Errorf("check ledger: %w", err)
	}
	defer rows.Close()
	var gaps []string
	for rows.Next() {
		var stream string
		var n, last int
		if err := rows.Scan(&stream, &n, &last); err != nil {
			return fmt.Errorf("check ledger: %w", err)
		}
		gaps = append(gaps, fmt.Sprintf("%s has %d lines up to version %d", stream, n, last))
	}
	if len(gaps) > 0 {
		return fmt.Errorf("check ledger:\n%s", strings.Join(gaps, "\n"))
	}
	return rows.Err()
}
