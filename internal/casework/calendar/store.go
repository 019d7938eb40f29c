package calendar

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

func loadNotice(tx *database.Tx, id string) (n Notice, revision int, err error) {
	err = load(tx, `
		SELECT revision, body
		FROM   calendar_notice
		WHERE  id = ?`, id, &revision, &n)
	return n, revision, err
}

func loadTerm(tx *database.Tx, id string) (t Term, revision int, err error) {
	err = load(tx, `
		SELECT revision, body
		FROM   calendar_term
		WHERE  id = ?`, id, &revision, &t)
	return t, revision, err
}

func load(tx *database.Tx, query, id string, revision *int, into any) error {
	var body string
	err := tx.QueryRow(query, id).Scan(revision, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return problem.New(problem.NotFound, "calendar.not_found", "id", id)
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), into)
	}
	if err != nil {
		return fmt.Errorf("load %s: %w", id, err)
	}
	return nil
}

func saveNotice(tx *database.Tx, n Notice, from, to int) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode notice %s: %w", n.ID, err)
	}
	changed, err := tx.Exec(`
		INSERT INTO calendar_notice (id, revision, stage, year, body)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, body = excluded.body
		WHERE  calendar_notice.revision = ?`, n.ID, to, n.Stage, n.Year, string(body), from)
	return saved(n.ID, changed, err)
}

func saveTerm(tx *database.Tx, t Term, from, to int) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode term %s: %w", t.ID, err)
	}
	changed, err := tx.Exec(`
		INSERT INTO calendar_term (id, revision, stage, body)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, body = excluded.body
		WHERE  calendar_term.revision = ?`, t.ID, to, t.Stage, string(body), from)
	return saved(t.ID, changed, err)
}

func saved(id string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("save %s: %w", id, err)
	}
	if rows == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// notices returns every notice, the newest first.
func notices(tx *database.Tx) ([]Notice, error) {
	return list[Notice](tx, `
		SELECT body
		FROM   calendar_notice
		ORDER  BY id DESC`)
}

// entered returns every term, the oldest first.
func entered(tx *database.Tx) ([]Term, error) {
	return list[Term](tx, `
		SELECT body
		FROM   calendar_term
		ORDER  BY id`)
}

func list[X any](tx *database.Tx, query string) ([]X, error) {
	rows, err := tx.Query(query)
	if err != nil {
		return nil, fmt.Errorf("list calendar: %w", err)
	}
	defer rows.Close()
	all := []X{}
	for rows.Next() {
		var body string
		var x X
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("list calendar: %w", err)
		}
		if err := json.Unmarshal([]byte(body), &x); err != nil {
			return nil, fmt.Errorf("decode calendar: %w", err)
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

func saveRecomputed(tx *database.Tx, notice, concept string, changed int, at string) error {
	_, err := tx.Exec(`
		INSERT INTO calendar_recomputed (notice, concept, changed, at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (notice, concept) DO UPDATE
		SET    changed = calendar_recomputed.changed + excluded.changed, at = excluded.at`, notice, concept, changed, at)
	if err != nil {
		return fmt.Errorf("note due days of %s: %w", concept, err)
	}
	return nil
}

// recomputed returns, per notice, what was counted again.
func recomputed(tx *database.Tx) (map[string][]Moved, error) {
	rows, err := tx.Query(`
		SELECT notice, concept, changed
		FROM   calendar_recomputed
		ORDER  BY notice, concept`)
	if err != nil {
		return nil, fmt.Errorf("list recomputed due days: %w", err)
	}
	defer rows.Close()
	all := map[string][]Moved{}
	for rows.Next() {
		var notice string
		var m Moved
		if err := rows.Scan(&notice, &m.Concept, &m.Changed); err != nil {
			return nil, fmt.Errorf("list recomputed due days: %w", err)
		}
		all[notice] = append(all[notice], m)
	}
	return all, rows.Err()
}
