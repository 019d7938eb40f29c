package adjustment

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is an order as stored, with the version of its stream.
type row struct {
	Order
	revision int
	changed  time.Time
}

const columns = `revision, changed_at, body`

func load(tx *database.Tx, id string) (row, error) {
	r, err := scan(tx.QueryRow(`SELECT `+columns+` FROM adjustment WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load order %s: %w", id, err)
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
	return r, json.Unmarshal(body, &r.Order)
}

// list returns the orders that the rest of a query finds.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM adjustment `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// openOrder returns the order of the entry that somebody works on, and whether
// there is one.
func openOrder(tx *database.Tx, entry string) (row, bool, error) {
	all, err := list(tx, `WHERE entry = ? AND stage NOT IN ('effective','cancelled')`, entry)
	if err != nil || len(all) == 0 {
		return row{}, false, err
	}
	return all[0], true, nil
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Order)
	if err != nil {
		return fmt.Errorf("encode order %s: %w", r.ID, err)
	}
	due := workday.Date("")
	if r.Clock.Running() {
		due = r.Clock.Due.Day
	}
	n, err := tx.Exec(`
		INSERT INTO adjustment (id, number, entry, body_id, kind, stage, revision, due, next_on, changed_at, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    number = excluded.number, stage = excluded.stage, revision = excluded.revision, due = excluded.due, next_on = excluded.next_on,
		       changed_at = excluded.changed_at, body = excluded.body
		WHERE  adjustment.revision = ?`,
		r.ID, r.Number, r.Entry, r.Body, r.Kind, r.Stage, r.revision, due, next(r.Order), clock.Format(r.changed), string(body), from)
	if err != nil {
		return fmt.Errorf("save order %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// next is the day on which the clock has something to do; "" for none.
func next(o Order) workday.Date {
	if o.Stage == StageAccepted {
		return o.EffectiveOn
	}
	return o.Clock.Next()
}

// nextNumber returns the number by which people call the next order of a year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("QD-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM adjustment WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next order: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next order after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func notFound() error { return problem.New(problem.NotFound, "adjustment.not_found") }
