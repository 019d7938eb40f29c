package proof

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is a case as stored, with the version of its stream and what the
// applicant wrote, sealed; "" once it is erased.
type row struct {
	Case
	revision int
	sealed   string
}

func load(tx *database.Tx, id string) (row, error) {
	r, err := scan(tx.QueryRow(`
		SELECT revision, body, sealed
		FROM   proof
		WHERE  id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load proof %s: %w", id, err)
	}
	return r, nil
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	if err := into(&r.revision, &body, &r.sealed); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Case)
}

// list returns cases of which where holds, at most 200.
func list(tx *database.Tx, where string, args ...any) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body, sealed
		FROM   proof
		WHERE  `+where+`
		LIMIT  200`, args...)
	if err != nil {
		return nil, fmt.Errorf("list proofs: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list proofs: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Case)
	if err != nil {
		return fmt.Errorf("encode proof %s: %w", r.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO proof (id, number, subject, applicant, stage, revision, due, body, sealed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    stage = excluded.stage, revision = excluded.revision, due = excluded.due, body = excluded.body, sealed = excluded.sealed
		WHERE  proof.revision = ?`,
		r.ID, r.Number, r.Subject, r.Applicant, r.Stage, r.revision, r.Due.Day, string(body), r.sealed, from)
	if err != nil {
		return fmt.Errorf("save proof %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// nextNumber returns the number by which people call the next case of a year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("RZ-%d-", today.Year())
	var n int
	err := tx.QueryRow(`SELECT COUNT(*) FROM proof WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&n)
	if err != nil {
		return "", fmt.Errorf("number the next proof: %w", err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func countOpen(tx *database.Tx, applicant string, s Subject) (n int, err error) {
	err = tx.QueryRow(`
		SELECT COUNT(*)
		FROM   proof
		WHERE  applicant = ? AND subject = ? AND stage IN ('draft','submitted','returned')`, applicant, s).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count proofs of %s: %w", applicant, err)
	}
	return n, nil
}

func notFound() error { return problem.New(problem.NotFound, "proof.not_found") }
