package rightsclaim

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is a complaint as stored, with the version of its stream.
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
	r, err := scan(tx.QueryRow(`SELECT `+columns+` FROM rightsclaim `+where, arg).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load complaint %s: %w", arg, err)
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

// list returns the complaints that the rest of a query finds.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT `+columns+` FROM rightsclaim `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list complaints: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list complaints: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Case)
	if err != nil {
		return fmt.Errorf("encode complaint %s: %w", r.ID, err)
	}
	due := workday.Date("")
	if r.Clock.Running() {
		due = r.Clock.Due.Day
	}
	live := r.Stage != StageInvalid && r.Stage != StageClosed
	n, err := tx.Exec(`
		INSERT INTO rightsclaim (id, number, dataset, body_id, stage, held, public, live, revision, due, next_on, changed_at, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    stage = excluded.stage, held = excluded.held, public = excluded.public, live = excluded.live, revision = excluded.revision, due = excluded.due,
		       next_on = excluded.next_on, changed_at = excluded.changed_at, body = excluded.body
		WHERE  rightsclaim.revision = ?`,
		r.ID, r.Number, r.Dataset, r.Body, r.Stage, flag(r.Held), flag(r.Public()), flag(live), r.revision, due, next(r.Case), clock.Format(r.changed), string(body), from)
	if err != nil {
		return fmt.Errorf("save complaint %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	for _, d := range r.Deletions {
		if _, err := tx.Exec(`
			INSERT INTO rightsclaim_user (case_id, application, account, organisation)
			VALUES (?, ?, ?, ?)
			ON CONFLICT (case_id, application) DO NOTHING`, r.ID, d.ID, d.Account, d.Organisation); err != nil {
			return fmt.Errorf("save user of complaint %s: %w", r.ID, err)
		}
	}
	return nil
}

func flag(on bool) int {
	if on {
		return 1
	}
	return 0
}

// holders is how many other complaints keep the opening of a dataset stopped.
func holders(tx *database.Tx, dataset, but string) (n int, err error) {
	if err = tx.QueryRow(`SELECT COUNT(*) FROM rightsclaim WHERE dataset = ? AND held = 1 AND id <> ?`, dataset, but).Scan(&n); err != nil {
		err = fmt.Errorf("count what stops %s: %w", dataset, err)
	}
	return n, err
}

// nextNumber returns the number by which people call the next complaint of a
// year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("QY-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM rightsclaim WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next complaint: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next complaint after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func notFound() error { return problem.New(problem.NotFound, "rightsclaim.not_found") }

// without is all without doubles, sorted.
func without(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }
