// Package queue does heavy work after the act that asks for it: jobs are
// enqueued in the act's transaction, taken under a lease, tried again with a
// pause that grows, and parked for a person when trying does not help.
//
// A job runs at least once: a process may die after the work and before the
// job is struck off. Owns the table "job".
package queue

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/infra/database"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Enqueue adds a job in tx. key follows from the job's cause: a second job of
// the same key, while the first exists, is the first.
func Enqueue(tx *database.Tx, key, kind string, args any, now time.Time) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", key, err)
	}
	at := clock.Format(now)
	_, err = tx.Exec(`
		INSERT INTO job (id, kind, args, request, state, run_at, leased_to, leased_till, attempts, fault, added_at)
		VALUES (?, ?, ?, ?, 'waiting', ?, '', '', 0, '', ?)
		ON CONFLICT (id) DO NOTHING`,
		key, kind, string(text), id.Trace(tx.Context()), at, at)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", key, err)
	}
	return nil
}

// Handler does the jobs of one kind.
type Handler struct {
	kind string
	do   func(ctx context.Context, args []byte) error
}

// Handle returns the handler that runs do for jobs of kind. A *problem.Error
// parks the job at once, since trying again cannot help; any other error is
// tried again.
func Handle[A any](kind string, do func(ctx context.Context, args A) error) Handler {
	return Handler{kind, func(ctx context.Context, text []byte) error {
		var args A
		if err := json.Unmarshal(text, &args); err != nil {
			return fmt.Errorf("decode arguments: %w", err)
		}
		return do(ctx, args)
	}}
}

// Job is one job as stored.
type Job struct {
	ID       string
	Kind     string
	Args     json.RawMessage
	Request  string // trace id of what asked for it
	State    string // "waiting", "leased" or "parked"
	Attempts int
	Fault    string // of the last try; "" if there was none
	AddedAt  string
}

const columns = `id, kind, args, request, state, attempts, fault, added_at`

// Parked returns the jobs that wait for a person, oldest first, at most 500.
func Parked(tx *database.Tx) ([]Job, error) { return list(tx, "parked") }

// Waiting returns the jobs that wait for their turn, oldest first, at most 500.
func Waiting(tx *database.Tx) ([]Job, error) { return list(tx, "waiting") }

func list(tx *database.Tx, state string) ([]Job, error) {
	rows, err := tx.Query(`
		SELECT `+columns+`
		FROM   job
		WHERE  state = ?
		ORDER  BY added_at, id
		LIMIT  500`, state)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	var all []Job
	for rows.Next() {
		j, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list jobs: %w", err)
		}
		all = append(all, j)
	}
	return all, rows.Err()
}

func scan(into func(...any) error) (j Job, err error) {
	var args string
	err = into(&j.ID, &j.Kind, &args, &j.Request, &j.State, &j.Attempts, &j.Fault, &j.AddedAt)
	j.Args = json.RawMessage(args)
	return j, err
}

// Retry lets a parked job run again, from its first attempt.
func Retry(tx *database.Tx, id string, now time.Time) error {
	_, err := tx.Exec(`
		UPDATE job
		SET    state = 'waiting', attempts = 0, run_at = ?
		WHERE  id = ? AND state = 'parked'`, clock.Format(now), id)
	if err != nil {
		return fmt.Errorf("retry job %s: %w", id, err)
	}
	return nil
}
