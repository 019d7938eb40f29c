package organisation

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

const columns = `id, revision, stage, name_zh, name_en, kind, level, district, sample,
		       uscc, parent, contact_name, contact_phone, contact_email, reason, did`

// save writes o over the row that stood at revision before.
func save(tx *database.Tx, o Organisation, before int) error {
	did, err := json.Marshal(o.Did)
	if err != nil {
		return fmt.Errorf("encode organisation %s: %w", o.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO organisation (`+columns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    revision = excluded.revision, stage = excluded.stage,
		       name_zh = excluded.name_zh, name_en = excluded.name_en, kind = excluded.kind,
		       level = excluded.level, district = excluded.district, sample = excluded.sample,
		       uscc = excluded.uscc, parent = excluded.parent, contact_name = excluded.contact_name,
		       contact_phone = excluded.contact_phone, contact_email = excluded.contact_email,
		       reason = excluded.reason, did = excluded.did
		WHERE  organisation.revision = ?`,
		o.ID, o.Revision, o.Stage, o.Name.ZH, o.Name.EN, o.Kind, o.Level, o.District, o.Sample,
		o.USCC, o.Parent, o.Contact.Name, o.Contact.Phone, o.Contact.Email, o.Reason, string(did), before)
	if err != nil {
		return fmt.Errorf("save organisation %s: %w", o.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	return nil
}

func notFound(id string) error {
	return problem.New(problem.NotFound, "organisation.not_found", "id", id)
}

func load(tx *database.Tx, id string) (Organisation, error) {
	o, err := scan(tx.QueryRow(`
		SELECT `+columns+`
		FROM   organisation
		WHERE  id = ?`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Organisation{}, notFound(id)
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

// places returns where every body stands.
func places(tx *database.Tx) (map[string]Place, error) {
	rows, err := tx.Query(`
		SELECT id, parent, district, uscc, level
		FROM   organisation`)
	if err != nil {
		return nil, fmt.Errorf("read tree of organisations: %w", err)
	}
	defer rows.Close()
	all := map[string]Place{}
	for rows.Next() {
		var id string
		var p Place
		if err := rows.Scan(&id, &p.Parent, &p.District, &p.USCC, &p.Level); err != nil {
			return nil, fmt.Errorf("read tree of organisations: %w", err)
		}
		all[id] = p
	}
	return all, rows.Err()
}

func scan(into func(...any) error) (o Organisation, err error) {
	var did string
	err = into(&o.ID, &o.Revision, &o.Stage, &o.Name.ZH, &o.Name.EN, &o.Kind, &o.Level, &o.District, &o.Sample,
		&o.USCC, &o.Parent, &o.Contact.Name, &o.Contact.Phone, &o.Contact.Email, &o.Reason, &did)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(did), &o.Did)
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
