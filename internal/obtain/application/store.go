package application

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

// row is an application as stored: with the version of its stream, what stands
// in the draft, and who the applicant is, sealed.
type row struct {
	Case
	revision int
	draft    Content
	identity string
	changed  time.Time
}

const columns = `revision, body, draft, identity, changed_at`

func load(tx *database.Tx, id string) (row, error) {
	r, err := scan(tx.QueryRow(`SELECT `+columns+` FROM application WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load application %s: %w", id, err)
	}
	return r, nil
}

func scan(into func(...any) error) (r row, err error) {
	var body, draft []byte
	var changed string
	if err := into(&r.revision, &body, &draft, &r.identity, &changed); err != nil {
		return r, err
	}
	if r.changed, err = clock.Parse(changed); err != nil {
		return r, err
	}
	if err := json.Unmarshal(body, &r.Case); err != nil {
		return r, err
	}
	return r, json.Unmarshal(draft, &r.draft)
}

// list returns the applications that the rest of a query finds.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM application `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list applications: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Case)
	if err != nil {
		return fmt.Errorf("encode application %s: %w", r.ID, err)
	}
	draft, err := json.Marshal(r.draft)
	if err != nil {
		return fmt.Errorf("encode draft %s: %w", r.ID, err)
	}
	due := workday.Date("")
	if r.Clock.Running() {
		due = r.Clock.Due.Day
	}
	n, err := tx.Exec(`
		INSERT INTO application (id, number, account, organisation, applicant, stage, revision, due, next_on, late_faults, changed_at, body, draft, identity)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    number = excluded.number, stage = excluded.stage, revision = excluded.revision, due = excluded.due, next_on = excluded.next_on,
		       late_faults = excluded.late_faults, changed_at = excluded.changed_at, body = excluded.body, draft = excluded.draft, identity = excluded.identity
		WHERE  application.revision = ?`,
		r.ID, r.Number, r.Account, r.Organisation, r.Applicant, r.Stage, r.revision, due, next(r.Case), r.LateFaults, clock.Format(r.changed), string(body), string(draft), r.identity, from)
	if err != nil {
		return fmt.Errorf("save application %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// next is the day on which the clock has something to do; "" for none.
func next(c Case) workday.Date {
	if c.LapseOn != "" {
		return c.LapseOn.AddDays(1)
	}
	return c.Clock.Next()
}

// nextNumber returns the number by which people call the next case of a year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("SQ-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM application WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next application: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next application after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func notFound() error { return problem.New(problem.NotFound, "application.not_found") }
