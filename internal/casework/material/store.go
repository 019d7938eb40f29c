package material

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/infra/database"
)

func save(tx *database.Tx, m Material) error {
	_, err := tx.Exec(`
		INSERT INTO material (id, case_id, owner, name, media, bytes, sha256, at, purged_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')`,
		m.ID, m.Case, m.Owner, m.Name, m.Media, m.Bytes, m.SHA256, clock.Format(m.At))
	if err != nil {
		return fmt.Errorf("save material %s: %w", m.ID, err)
	}
	return nil
}

const columns = `id, case_id, owner, name, media, bytes, sha256, at, purged_at`

func scan(into func(...any) error) (m Material, err error) {
	var at, purged string
	if err := into(&m.ID, &m.Case, &m.Owner, &m.Name, &m.Media, &m.Bytes, &m.SHA256, &at, &purged); err != nil {
		return m, err
	}
	if purged != "" {
		if m.PurgedAt, err = clock.Parse(purged); err != nil {
			return m, err
		}
	}
	m.At, err = clock.Parse(at)
	return m, err
}

func load(tx *database.Tx, caseID, material string) (Material, error) {
	m, err := scan(tx.QueryRow(`
		SELECT `+columns+`
		FROM   material
		WHERE  id = ? AND case_id = ?`, material, caseID).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return m, notFound()
	}
	if err != nil {
		return m, fmt.Errorf("load material %s: %w", material, err)
	}
	return m, nil
}

func list(tx *database.Tx, caseID string) ([]Material, error) {
	return find(tx, `case_id = ?`, caseID)
}

func unpurged(tx *database.Tx) ([]Material, error) { return find(tx, `purged_at = ?`, "") }

func find(tx *database.Tx, where, arg string) ([]Material, error) {
	rows, err := tx.Query(`
		SELECT `+columns+`
		FROM   material
		WHERE  `+where+`
		ORDER  BY id`, arg)
	if err != nil {
		return nil, fmt.Errorf("list materials: %w", err)
	}
	defer rows.Close()
	var all []Material
	for rows.Next() {
		m, err := scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list materials: %w", err)
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// markPurged forgets the name with the bytes: it may be a person's.
func markPurged(tx *database.Tx, material string, now time.Time) error {
	_, err := tx.Exec(`UPDATE material SET purged_at = ?, name = '' WHERE id = ?`, clock.Format(now), material)
	if err != nil {
		return fmt.Errorf("purge material %s: %w", material, err)
	}
	return nil
}

func isNeeded(tx *database.Tx, hash string) (bool, error) {
	var n int
	err := tx.QueryRow(`SELECT COUNT(*) FROM material WHERE sha256 = ? AND purged_at = ''`, hash).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("ask for material %s: %w", hash, err)
	}
	return n > 0, nil
}
