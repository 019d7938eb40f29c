package yearlyreview

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// row is a review as stored, with the version of its stream.
type row struct {
	Review
	tally    Tally
	revision int
	changed  time.Time
}

// list returns the reviews that the rest of a query finds, without their items.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT revision, changed_at, tally, body FROM yearlyreview `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list yearly reviews: %w", err)
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		var r row
		var changed string
		var tally, body []byte
		if err := rows.Scan(&r.revision, &changed, &tally, &body); err != nil {
			return nil, fmt.Errorf("list yearly reviews: %w", err)
		}
		if r.changed, err = clock.Parse(changed); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(tally, &r.tally); err != nil {
			return nil, fmt.Errorf("decode tally: %w", err)
		}
		if err := json.Unmarshal(body, &r.Review); err != nil {
			return nil, fmt.Errorf("decode yearly review: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// withItems returns the reviews that the rest of a query finds, with their items.
func withItems(tx *database.Tx, rest string, args ...any) ([]row, error) {
	all, err := list(tx, rest, args...)
	for i := range all {
		if err == nil {
			all[i].Items, err = items(tx, all[i].ID)
		}
	}
	return all, err
}

func load(tx *database.Tx, id string) (row, error) {
	all, err := withItems(tx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = notFound()
	}
	if err != nil {
		return row{}, err
	}
	return all[0], nil
}

// loadYear returns the review of a body in a year, and whether there is one.
func loadYear(tx *database.Tx, body string, year int) (row, bool, error) {
	all, err := withItems(tx, `WHERE body_id = ? AND year = ?`, body, year)
	if err != nil || len(all) == 0 {
		return row{}, false, err
	}
	return all[0], true, nil
}

func items(tx *database.Tx, review string) ([]Item, error) {
	rows, err := tx.Query(`SELECT body FROM yearlyreview_item WHERE review = ?`, review)
	if err != nil {
		return nil, fmt.Errorf("list items of %s: %w", review, err)
	}
	defer rows.Close()
	var all []Item
	for rows.Next() {
		var body []byte
		var i Item
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("list items of %s: %w", review, err)
		}
		if err := json.Unmarshal(body, &i); err != nil {
			return nil, fmt.Errorf("decode item of %s: %w", review, err)
		}
		all = append(all, i)
	}
	return inOrder(all), rows.Err()
}

// save writes what a step has changed: the review, and the items that it
// touched.
func save(tx *database.Tx, before, after row) error {
	bare := after.Review
	bare.Items = nil
	body, err := json.Marshal(bare)
	if err != nil {
		return fmt.Errorf("encode yearly review %s: %w", after.ID, err)
	}
	tally, err := json.Marshal(after.Tally())
	if err != nil {
		return fmt.Errorf("encode tally of %s: %w", after.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO yearlyreview (id, body_id, year, stage, revision, due, next_on, changed_at, tally, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    stage = excluded.stage, revision = excluded.revision, due = excluded.due, next_on = excluded.next_on,
		       changed_at = excluded.changed_at, tally = excluded.tally, body = excluded.body
		WHERE  yearlyreview.revision = ?`,
		after.ID, after.Body, after.Year, after.Stage, after.revision, due(after.Review), after.Clock.Next(), clock.Format(after.changed), string(tally), string(body), before.revision)
	if err != nil {
		return fmt.Errorf("save yearly review %s: %w", after.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	was := map[string]Item{}
	for _, i := range before.Items {
		was[i.ID] = i
	}
	for _, i := range after.Items {
		if old, ok := was[i.ID]; ok && reflect.DeepEqual(old, i) {
			continue
		}
		body, err := json.Marshal(i)
		if err != nil {
			return fmt.Errorf("encode item %s: %w", i.ID, err)
		}
		if _, err := tx.Exec(`
			INSERT INTO yearlyreview_item (review, item, kind, body)
			VALUES (?, ?, ?, ?)
			ON CONFLICT (review, item) DO UPDATE
			SET    body = excluded.body`, after.ID, i.ID, i.Kind, string(body)); err != nil {
			return fmt.Errorf("save item %s: %w", i.ID, err)
		}
	}
	return nil
}

// due is the last day of whoever's turn it is; "" if nothing is owed.
func due(r Review) workday.Date {
	if !r.Clock.Running() {
		return ""
	}
	return r.Clock.Due.Day
}

func notFound() error { return problem.New(problem.NotFound, "yearlyreview.not_found") }
