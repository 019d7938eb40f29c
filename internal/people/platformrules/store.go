package platformrules

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// row is a version as stored, with the version of its stream.
type row struct {
	Rules
	revision int
}

func load(tx *database.Tx, number int) (row, error) {
	r, err := scan(tx.QueryRow(`
		SELECT revision, body
		FROM   platform_rules
		WHERE  number = ?`, number).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound(number)
	}
	if err != nil {
		return r, fmt.Errorf("load platform rules %d: %w", number, err)
	}
	return r, nil
}

// inForce returns the version in force; ok is false if there is none.
func inForce(tx *database.Tx) (r row, ok bool, err error) {
	r, err = scan(tx.QueryRow(`
		SELECT revision, body
		FROM   platform_rules
		WHERE  stage = 'effective'
		ORDER  BY number DESC
		LIMIT  1`).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("load platform rules in force: %w", err)
	}
	return r, true, nil
}

// list returns every version, newest first.
func list(tx *database.Tx) ([]row, error) {
	rows, err := tx.Query(`
		SELECT revision, body
		FROM   platform_rules
		ORDER  BY number DESC`)
	if err != nil {
		return nil, fmt.Errorf("list platform rules: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list platform rules: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Rules)
}

func nextNumber(tx *database.Tx) (n int, err error) {
	err = tx.QueryRow(`SELECT COALESCE(MAX(number), 0) + 1 FROM platform_rules`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("number the next platform rules: %w", err)
	}
	return n, nil
}

func save(tx *database.Tx, r Rules, from, to int) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode platform rules %d: %w", r.Number, err)
	}
	n, err := tx.Exec(`
		INSERT INTO platform_rules (number, revision, stage, effective_on, body)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (number) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, effective_on = excluded.effective_on, body = excluded.body
		WHERE  platform_rules.revision = ?`,
		r.Number, to, r.Stage, r.EffectiveOn, string(body), from)
	if err != nil {
		return fmt.Errorf("save platform rules %d: %w", r.Number, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// owes reports whether account has not accepted the version in force.
func owes(tx *database.Tx, account string) (yes bool, err error) {
	var n int
	err = tx.QueryRow(`
		SELECT COUNT(*)
		FROM   platform_rules r
		WHERE  r.stage = 'effective'
		AND    NOT EXISTS (
			SELECT 1
			FROM   platform_rules_acceptance a
			WHERE  a.account = ? AND a.number = r.number)`, account).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("ask who accepted the platform rules: %w", err)
	}
	return n > 0, nil
}

// acceptances returns what account accepted, oldest first.
func acceptances(tx *database.Tx, account string) ([]Acceptance, error) {
	rows, err := tx.Query(`
		SELECT number, at
		FROM   platform_rules_acceptance
		WHERE  account = ?
		ORDER  BY at, number`, account)
	if err != nil {
		return nil, fmt.Errorf("list acceptances: %w", err)
	}
	defer rows.Close()
	var all []Acceptance
	for rows.Next() {
		var a Acceptance
		var at string
		if err := rows.Scan(&a.Number, &at); err != nil {
			return nil, fmt.Errorf("list acceptances: %w", err)
		}
		if a.At, err = clock.Parse(at); err != nil {
			return nil, fmt.Errorf("list acceptances: %w", err)
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

func accept(tx *database.Tx, account string, a Acceptance, request string) error {
	_, err := tx.Exec(`
		INSERT INTO platform_rules_acceptance (account, number, at, request)
		VALUES (?, ?, ?, ?)`,
		account, a.Number, clock.Format(a.At), request)
	if err != nil {
		return fmt.Errorf("save acceptance: %w", err)
	}
	return nil
}
