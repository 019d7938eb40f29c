package timeliness

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// Stream is the ledger stream of a dataset's watch.
func Stream(dataset string) string { return "timeliness/" + dataset }

// FindingStream is the ledger stream of a finding.
func FindingStream(id string) string { return "timeliness_finding/" + id }

// row is a state as stored, with the version of its stream.
type row[S any] struct {
	state    S
	revision int
}

func read[S any](rows *sql.Rows, err error, what string) (all []row[S], _ error) {
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row[S]
		var body []byte
		if err := rows.Scan(&r.revision, &body); err != nil {
			return nil, fmt.Errorf("list %s: %w", what, err)
		}
		if err := json.Unmarshal(body, &r.state); err != nil {
			return nil, fmt.Errorf("decode %s: %w", what, err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// watches returns the watches that the rest of a query finds.
func watches(tx *database.Tx, rest string, args ...any) ([]row[Watch], error) {
	rows, err := tx.Query(`SELECT revision, body FROM timeliness `+rest, args...)
	return read[Watch](rows, err, "watches")
}

// findings returns the findings that the rest of a query finds.
func findings(tx *database.Tx, rest string, args ...any) ([]row[Finding], error) {
	rows, err := tx.Query(`SELECT revision, body FROM timeliness_finding `+rest, args...)
	return read[Finding](rows, err, "findings")
}

func loadWatch(tx *database.Tx, dataset string) (row[Watch], error) {
	all, err := watches(tx, `WHERE dataset = ?`, dataset)
	if err != nil || len(all) == 0 {
		return row[Watch]{state: Watch{Dataset: dataset}}, err
	}
	return all[0], nil
}

func loadFinding(tx *database.Tx, id string) (row[Finding], error) {
	all, err := findings(tx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = notFound()
	}
	if err != nil {
		return row[Finding]{}, err
	}
	return all[0], nil
}

func notFound() error { return problem.New(problem.NotFound, "timeliness.not_found") }

func saveWatch(tx *database.Tx, w Watch, from, to int) error {
	body, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode watch of %s: %w", w.Dataset, err)
	}
	n, err := tx.Exec(`
		INSERT INTO timeliness (dataset, revision, body_id, class, since, reminded, reminded_on, body)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (dataset) DO UPDATE
		SET    revision = excluded.revision, body_id = excluded.body_id, class = excluded.class, since = excluded.since,
		       reminded = excluded.reminded, reminded_on = excluded.reminded_on, body = excluded.body
		WHERE  timeliness.revision = ?`, w.Dataset, to, w.Body, w.Class, w.Since, w.Reminded, w.On, string(body), from)
	return saved(n, err, "watch of "+w.Dataset)
}

func saveFinding(tx *database.Tx, x Finding, from, to int) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode finding %s: %w", x.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO timeliness_finding (id, revision, problem, body_id, stage, found_on, body)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage, found_on = excluded.found_on, body = excluded.body
		WHERE  timeliness_finding.revision = ?`, x.ID, to, x.Problem, x.Body, x.Stage, x.FoundOn, string(body), from)
	return saved(n, err, "finding "+x.ID)
}

func saved(n int64, err error, what string) error {
	if err != nil {
		return fmt.Errorf("save %s: %w", what, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// news is a publisher and its datasets that something happened to on a day.
type news struct {
	body     string
	datasets []string
}

// byBody gathers, per publisher, the datasets that the rest of a query finds.
func byBody(tx *database.Tx, rest string, args ...any) (all []news, err error) {
	rows, err := watches(tx, rest+` ORDER BY body_id, dataset`, args...)
	for _, r := range rows {
		if n := len(all); n == 0 || all[n-1].body != r.state.Body {
			all = append(all, news{body: r.state.Body})
		}
		last := &all[len(all)-1]
		last.datasets = append(last.datasets, r.state.Dataset)
	}
	return all, err
}

func movedOn(tx *database.Tx, day workday.Date, to Class) ([]news, error) {
	return byBody(tx, `WHERE since = ? AND class = ?`, day, to)
}

func remindedOn(tx *database.Tx, day workday.Date, step Reminder) ([]news, error) {
	return byBody(tx, `WHERE reminded_on = ? AND reminded = ?`, day, step)
}
