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
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Enqueue adds a job in tx, to be run at or after the instant at. key follows
// from the job's cause: a second job of the same key, while the first exists,
// is the first. It carries the trace of tx's context.
func Enqueue(tx *database.Tx, key, kind string, args any, at time.Time) error {
	text, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", key, err)
	}
	due := clock.Format(at)
	_, err = tx.Exec(`
		INSERT INTO job (id, kind, args, request, state, run_at, leased_to, leased_till, attempts, fault, problem, added_at)
		VALUES (?, ?, ?, ?, 'waiting', ?, '', '', 0, '', '', ?)
		ON CONFLICT (id) DO NOTHING`,
		key, kind, string(text), id.Trace(tx.Context()), due, due)
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
// parks the job at once, since trying again cannot help; any other error, and
// a panic, is tried again. The context ends when the pool stops, and when the
// lease was lost: another process may then have begun the same job.
func Handle[A any](kind string, do func(ctx context.Context, args A) error) Handler {
	return Handler{kind, func(ctx context.Context, text []byte) error {
		var args A
		if err := json.Unmarshal(text, &args); err != nil {
			return fmt.Errorf("decode arguments of %s: %w", kind, err)
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
	// Problem is what parked the job, for people to read; nil if it was not
	// a problem but a fault, which is ours.
	Problem *problem.Error
	AddedAt string
}

const columns = `id, kind, args, request, state, attempts, fault, problem, added_at`

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
	var args, parkedBy string
	if err := into(&j.ID, &j.Kind, &args, &j.Request, &j.State, &j.Attempts, &j.Fault, &parkedBy, &j.AddedAt); err != nil {
		return j, err
	}
	j.Args = json.RawMessage(args)
	if parkedBy != "" {
		err = json.Unmarshal([]byte(parkedBy), &j.Problem)
	}
	return j, err
}

// Retry lets a parked job run again, from its first attempt. It fails with
// problem.Conflict "moved_meanwhile" if there is no such parked job.
func Retry(tx *database.Tx, id string, now time.Time) error {
	n, err := tx.Exec(`
		UPDATE job
		SET    state = 'waiting', attempts = 0, fault = '', problem = '', run_at = ?
		WHERE  id = ? AND state = 'parked'`, clock.Format(now), id)
	if err != nil {
		return fmt.Errorf("retry job %s: %w", id, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// Counts is how many jobs there are.
type Counts struct {
	Waiting int `json:"waiting"`
	Running int `json:"running"`
	Parked  int `json:"parked"`
}

// Count counts the jobs.
func Count(tx *database.Tx) (c Counts, err error) {
	err = tx.QueryRow(`
		SELECT COALESCE(SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0),
		       COALESCE(SUM(CASE WHEN state = 'leased' THEN 1 ELSE 0 END), 0),
		       COALESCE(SUM(CASE WHEN state = 'parked' THEN 1 ELSE 0 END), 0)
		FROM   job`).Scan(&c.Waiting, &c.Running, &c.Parked)
	if err != nil {
		return c, fmt.Errorf("count jobs: %w", err)
	}
	return c, nil
}
