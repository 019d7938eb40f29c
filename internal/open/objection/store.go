package objection

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is an objection as stored, with the version of its stream.
type row struct {
	Case
	revision int
	changed  time.Time
}

const columns = `revision, changed_at, body`

func load(tx *database.Tx, id string) (row, error) {
	return findOne(tx, `WHERE id = ?`, id)
}

func byNumber(tx *database.Tx, number string) (row, error) {
	return findOne(tx, `WHERE number = ?`, number)
}

func findOne(tx *database.Tx, where, arg string) (row, error) {
	r, err := scan(tx.QueryRow(`SELECT `+columns+` FROM objection `+where, arg).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load objection %s: %w", arg, err)
	}
	return r, nil
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	var changed string
	if err := into(&r.revision, &changed, &body); err != nil {
		return r, err
	}
	if r.changed, err = clock.Parse(changed); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Case)
}

// list returns the objections that the rest of a query finds.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM objection `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list objections: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list objections: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Case)
	if err != nil {
		return fmt.Errorf("encode objection %s: %w", r.ID, err)
	}
	due := workday.Date("")
	if r.Clock.Running() {
		due = r.Clock.Due.Day
	}
	told := Works(permit.Actor{Roles: []permit.Role{permit.OpnLead}}, r.Case)
	n, err := tx.Exec(`
		INSERT INTO objection (id, number, dataset, body_id, stage, public, told, turn, revision, due, next_on, changed_at, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    stage = excluded.stage, public = excluded.public, told = excluded.told, turn = excluded.turn, revision = excluded.revision, due = excluded.due,
		       next_on = excluded.next_on, changed_at = excluded.changed_at, body = excluded.body
		WHERE  objection.revision = ?`,
		r.ID, r.Number, r.Dataset, r.Body, r.Stage, flag(r.Public), flag(told), r.Turn(), r.revision, due, next(r.Case), clock.Format(r.changed), string(body), from)
	if err != nil {
		return fmt.Errorf("save objection %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// next is the day on which the clock has something to do; "" for none.
func next(o Case) workday.Date {
	if o.Stage == StageClosed || o.Stage == StageNotInScope {
		if o.Erased {
			return ""
		}
		return o.EraseOn
	}
	return o.Clock.Next()
}

// nextNumber returns the number by which people call the next objection of a
// year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("YY-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM objection WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next objection: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next objection after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func notFound() error { return problem.New(problem.NotFound, "objection.not_found") }
