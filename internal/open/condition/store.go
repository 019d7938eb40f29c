package condition

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// row is a set as stored, with the version of its stream.
type row struct {
	Set
	revision int
}

func load(tx *database.Tx, entry string, number int) (row, error) {
	return one(tx, fmt.Sprintf("conditions %d of %s", number, entry), `entry = ? AND number = ?`, entry, number)
}

func loadByID(tx *database.Tx, id string) (row, error) {
	return one(tx, "conditions "+id, `id = ?`, id)
}

// inForce returns the set that is in force; problem.NotFound if none is.
func inForce(tx *database.Tx, entry string) (row, error) {
	return one(tx, "conditions in force of "+entry, `entry = ? AND stage = 'in_force'`, entry)
}

func one(tx *database.Tx, what, where string, args ...any) (row, error) {
	r, err := scan(tx.QueryRow(`
		SELECT revision, body
		FROM   condition_set
		WHERE  `+where, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load %s: %w", what, err)
	}
	return r, nil
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Set)
}

// list returns sets of which where holds, at most 500.
func list(tx *database.Tx, where string, args ...any) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   condition_set
		WHERE  `+where+`
		LIMIT  500`, args...)
	if err != nil {
		return nil, fmt.Errorf("list conditions: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list conditions: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, s Set, from, to int) error {
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode conditions %s: %w", s.ID, err)
	}
	other := 0
	if s.Has(Other) {
		other = 1
	}
	n, err := tx.Exec(`
		INSERT INTO condition_set (id, entry, publisher, number, stage, other, revision, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    stage = excluded.stage, other = excluded.other, revision = excluded.revision, body = excluded.body
		WHERE  condition_set.revision = ?`,
		s.ID, s.Entry, s.Body, s.Version, s.Stage, other, to, string(body), from)
	if err != nil {
		return fmt.Errorf("save conditions %s: %w", s.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// count returns the newest number of the entry's sets, and how many sets other
// than except somebody works on.
func count(tx *database.Tx, entry, except string) (newest, open int, err error) {
	err = tx.QueryRow(`
		SELECT COALESCE(MAX(number), 0), COALESCE(SUM(CASE WHEN stage IN ('draft','proposed','returned') AND id <> ? THEN 1 ELSE 0 END), 0)
		FROM   condition_set
		WHERE  entry = ?`, except, entry).Scan(&newest, &open)
	if err != nil {
		return 0, 0, fmt.Errorf("count conditions of %s: %w", entry, err)
	}
	return newest, open, nil
}

func notFound() error { return problem.New(problem.NotFound, "condition.not_found") }
