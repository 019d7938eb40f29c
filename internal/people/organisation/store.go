package organisation

import (
	"database/sql"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

const columns = `id, name_zh, name_en, kind, level, district, sample`

func save(tx *database.Tx, o Organisation) error {
	_, err := tx.Exec(`
		INSERT INTO organisation (`+columns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    name_zh = excluded.name_zh, name_en = excluded.name_en, kind = excluded.kind,
		       level = excluded.level, district = excluded.district, sample = excluded.sample`,
		o.ID, o.Name.ZH, o.Name.EN, o.Kind, o.Level, o.District, o.Sample)
	if err != nil {
		return fmt.Errorf("save organisation %s: %w", o.ID, err)
	}
	return nil
}

func load(tx *database.Tx, id string) (Organisation, error) {
	o, err := scan(tx.QueryRow(`
		SELECT `+columns+`
		FROM   organisation
		WHERE  id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return o, problem.New(problem.NotFound, "organisation.not_found", "id", id)
	}
	if err != nil {
		return o, fmt.Errorf("load organisation %s: %w", id, err)
	}
	return o, nil
}

func list(tx *database.Tx) ([]Organisation, error) {
	rows, err := tx.Query(`
		SELECT ` + columns + `
		FROM   organisation
		ORDER  BY id`)
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	defer rows.Close()
	var all []Organisation
	for rows.Next() {
		o, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list organisations: %w", err)
		}
		all = append(all, o)
	}
	return all, rows.Err()
}

func scan(into func(...any) error) (o Organisation, err error) {
	err = into(&o.ID, &o.Name.ZH, &o.Name.EN, &o.Kind, &o.Level, &o.District, &o.Sample)
	return o, err
}

// Exists reports whether there is a body called id, within the caller's
// transaction. Bodies are public.
func Exists(tx *database.Tx, id string) (bool, error) {
	_, err := load(tx, id)
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// DistrictOf returns the district of the body called id; "" if it has none or
// there is no such body.
func DistrictOf(tx *database.Tx, id string) (string, error) {
	o, err := load(tx, id)
	if problem.Is(err, problem.NotFound) {
		return "", nil
	}
	return o.District, err
}
