package review

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/obtain/application"
)

// row is an order as stored, with the version of its stream.
type row struct {
	Order
	revision int
}

func load(tx *database.Tx, id string) (row, error) {
	r, err := scan(tx.QueryRow(`SELECT revision, body FROM review WHERE id = ?`, id).Scan)
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
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Order)
}

// list returns the orders that the rest of a query finds. Many are decoded by
// all processors.
func list(tx *database.Tx, rest string, args ...any) ([]row, error) {
	rows, err := tx.Query(`SELECT revision, body FROM review `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer rows.Close()
	var all []row
	var bodies [][]byte
	for rows.Next() {
		var r row
		var body []byte
		if err := rows.Scan(&r.revision, &body); err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		all, bodies = append(all, r), append(bodies, body)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	workers := 1
	if len(all) > 1000 {
		workers = runtime.NumCPU()
	}
	faults := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(all) && faults[w] == nil; i += workers {
				faults[w] = json.Unmarshal(bodies[i], &all[i].Order)
			}
		})
	}
	wait.Wait()
	return all, errors.Join(faults...)
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Order)
	if err != nil {
		return fmt.Errorf("encode order %s: %w", r.ID, err)
	}
	n := int64(0)
	if from == 0 {
		n, err = tx.Exec(`
			INSERT INTO review (id, number, application, publisher, stage, revision, due, score, next_on, late, decided_on, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Number, r.Application, r.Body, r.Stage, r.revision, r.Clock.Due.Day, r.Score.Sum(), r.Clock.Next(), truth(r.Clock.Late), r.DecidedOn, string(body))
	} else {
		n, err = tx.Exec(`
			UPDATE review
			SET    stage = ?, revision = ?, due = ?, score = ?, next_on = ?, late = ?, decided_on = ?, body = ?
			WHERE  id = ? AND revision = ?`,
			r.Stage, r.revision, r.Clock.Due.Day, r.Score.Sum(), r.Clock.Next(), truth(r.Clock.Late), r.DecidedOn, string(body), r.ID, from)
	}
	if err != nil {
		return fmt.Errorf("save order %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// saveExperts keeps of whom an opinion is waited for.
func saveExperts(tx *database.Tx, r row) error {
	if _, err := tx.Exec(`DELETE FROM review_expert WHERE review = ?`, r.ID); err != nil {
		return fmt.Errorf("save experts of %s: %w", r.ID, err)
	}
	for _, e := range r.Experts {
		if _, err := tx.Exec(`INSERT INTO review_expert (review, account, open) VALUES (?, ?, ?)`, r.ID, e.Account, truth(e.Advice == "" && r.Stage == StageExperts)); err != nil {
			return fmt.Errorf("save experts of %s: %w", r.ID, err)
		}
	}
	return nil
}

// saveRecused keeps who stepped aside: the order is on no list of theirs.
func saveRecused(tx *database.Tx, r row) error {
	for _, account := range application.Accounts(r.Recused...) {
		if _, err := tx.Exec(`INSERT INTO review_recused (review, account) VALUES (?, ?) ON CONFLICT DO NOTHING`, r.ID, account); err != nil {
			return fmt.Errorf("save who stepped aside from %s: %w", r.ID, err)
		}
	}
	return nil
}

// saveDecisions keeps what is counted; it holds nobody's name.
func saveDecisions(tx *database.Tx, o Order) error {
	for _, v := range o.Verdicts {
		var codes []string
		for _, r := range v.Reasons {
			codes = append(codes, r.Code)
		}
		want, _ := o.Want(v.Dataset)
		_, err := tx.Exec(`
			INSERT INTO review_decision (review, dataset, publisher, applicant, scenario, approved, narrowed, reasons, days, late, decided_on)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			o.ID, v.Dataset, o.Body, o.Applicant, o.Scenario, truth(v.Approve), truth(v.Approve && len(Narrowed(want, v)) > 0), strings.Join(codes, " "), o.Days, truth(o.Clock.Late), o.DecidedOn)
		if err != nil {
			return fmt.Errorf("save decision %s: %w", o.ID, err)
		}
	}
	return nil
}

// nextNumber returns the number by which people call the next order of a year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("GD-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM review WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next order: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next order after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

func notFound() error { return problem.New(problem.NotFound, "review.not_found") }
