package agreement

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/sign"
)

// row is an agreement as stored, with the version of its stream.
type row struct {
	Agreement
	revision int
}

func notFound() error { return problem.New(problem.NotFound, "agreement.not_found") }

func load(tx *database.Tx, id string) (row, error) {
	r, err := scan(tx.QueryRow(`SELECT revision, body FROM agreement WHERE id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return r, notFound()
	}
	if err != nil {
		return r, fmt.Errorf("load agreement %s: %w", id, err)
	}
	return r, nil
}

func scan(into func(...any) error) (r row, err error) {
	var body []byte
	if err := into(&r.revision, &body); err != nil {
		return r, err
	}
	return r, json.Unmarshal(body, &r.Agreement)
}

// list returns the agreements that the rest of a query finds.
func list(tx *database.Tx, rest string, args ...any) (all []row, err error) {
	rows, err := tx.Query(`SELECT revision, body FROM agreement `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list agreements: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list agreements: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// nextOn is the day on which time does something to a; "" if it does not.
func nextOn(a Agreement) workday.Date {
	next := a.Clock.Next()
	if a.Clock.Running() && a.Stage != StageSigned {
		if end := a.Clock.Due.Day.AddDays(1); next == "" || end < next {
			next = end
		}
	}
	return next
}

func save(tx *database.Tx, r row, from int) error {
	body, err := json.Marshal(r.Agreement)
	if err != nil {
		return fmt.Errorf("encode agreement %s: %w", r.ID, err)
	}
	n := int64(0)
	if from == 0 {
		n, err = tx.Exec(`
			INSERT INTO agreement (id, number, application, review, publisher, account, organisation, stage, revision, next_on, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Number, r.Application, r.Order, r.Publisher, r.Account, r.Organisation, r.Stage, r.revision, nextOn(r.Agreement), string(body))
	} else {
		n, err = tx.Exec(`
			UPDATE agreement
			SET    stage = ?, revision = ?, next_on = ?, body = ?
			WHERE  id = ? AND revision = ?`,
			r.Stage, r.revision, nextOn(r.Agreement), string(body), r.ID, from)
	}
	if err != nil {
		return fmt.Errorf("save agreement %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

// saveDatasets keeps until when each dataset may be used.
func saveDatasets(tx *database.Tx, a Agreement) error {
	for _, g := range a.Datasets {
		if _, err := tx.Exec(`INSERT INTO agreement_dataset (agreement, dataset, until) VALUES (?, ?, ?)`, a.ID, g.Dataset, g.Until); err != nil {
			return fmt.Errorf("save datasets of %s: %w", a.ID, err)
		}
	}
	return nil
}

func saveText(tx *database.Tx, id, hash, sealed string) error {
	_, err := tx.Exec(`INSERT INTO agreement_text (agreement, sha256, sealed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, hash, sealed)
	if err != nil {
		return fmt.Errorf("save text of %s: %w", id, err)
	}
	return nil
}

func loadText(tx *database.Tx, id, hash string) (sealed string, err error) {
	err = tx.QueryRow(`SELECT sealed FROM agreement_text WHERE agreement = ? AND sha256 = ?`, id, hash).Scan(&sealed)
	if err != nil {
		return "", fmt.Errorf("load text %s of %s: %w", hash, id, err)
	}
	return sealed, nil
}

func saveSeal(tx *database.Tx, id string, edition int, s sign.Seal, public string) error {
	_, err := tx.Exec(`INSERT INTO agreement_seal (agreement, edition, ed25519, sm2, public) VALUES (?, ?, ?, ?, ?)`, id, edition, s.Ed25519, s.SM2, public)
	if err != nil {
		return fmt.Errorf("save seal of %s: %w", id, err)
	}
	return nil
}

func loadSeal(tx *database.Tx, id string, edition int) (s sign.Seal, public string, err error) {
	err = tx.QueryRow(`SELECT ed25519, sm2, public FROM agreement_seal WHERE agreement = ? AND edition = ?`, id, edition).Scan(&s.Ed25519, &s.SM2, &public)
	if errors.Is(err, sql.ErrNoRows) {
		return s, "", problem.New(problem.Conflict, "agreement.not_sealed")
	}
	if err != nil {
		return s, "", fmt.Errorf("load seal of %s: %w", id, err)
	}
	return s, public, nil
}

// nextNumber returns the number by which people call the next agreement of a
// year.
func nextNumber(tx *database.Tx, today workday.Date) (string, error) {
	prefix := fmt.Sprintf("XY-%d-", today.Year())
	var last string
	err := tx.QueryRow(`SELECT COALESCE(MAX(number), '') FROM agreement WHERE number >= ? AND number < ?`, prefix, prefix+":").Scan(&last)
	if err != nil {
		return "", fmt.Errorf("number the next agreement: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(last, prefix))
	if last != "" && err != nil {
		return "", fmt.Errorf("number the next agreement after %q: %w", last, err)
	}
	return fmt.Sprintf("%s%06d", prefix, n+1), nil
}

// stagesIn writes stages for a query.
func stagesIn(all []Stage) string {
	var names []string
	for _, s := range all {
		names = append(names, "'"+string(s)+"'")
	}
	slices.Sort(names)
	return "(" + strings.Join(names, ",") + ")"
}
