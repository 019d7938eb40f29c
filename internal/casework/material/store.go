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
		INSERT INTO material (id, case_id, owner, name, media, bytes, sha256, at, purged_at, state, found)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, '')`,
		m.ID, m.Case, m.Owner, m.Name, m.Media, m.Bytes, m.SHA256, clock.Format(m.At), m.State)
	if err != nil {
		return fmt.Errorf("save material %s: %w", m.ID, err)
	}
	return nil
}

const columns = `id, case_id, owner, name, media, bytes, sha256, at, purged_at, state, found`

func scan(into func(...any) error) (m Material, err error) {
	var at, purged string
	if err := into(&m.ID, &m.Case, &m.Owner, &m.Name, &m.Media, &m.Bytes, &m.SHA256, &at, &purged, &m.State, &m.Found); err != nil {
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

// byID returns a file of whatever case.
func byID(tx *database.Tx, material string) (Material, error) {
	all, err := find(tx, `id = ?`, material)
	if err == nil && len(all) == 0 {
		err = notFound()
	}
	if err != nil {
		return Material{}, err
	}
	return all[0], nil
}

func list(tx *database.Tx, caseID string) ([]Material, error) {
	return find(tx, `case_id = ?`, caseID)
}

// kept returns the files whose bytes the shelf should hold.
func kept(tx *database.Tx) ([]Material, error) {
	return find(tx, `state <> 'infected' AND purged_at = ?`, "")
}

// sameContent returns the files whose bytes the shelf holds under hash.
func sameContent(tx *database.Tx, hash string) ([]Material, error) {
	return find(tx, `state <> 'infected' AND purged_at = '' AND sha256 = ?`, hash)
}

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

// mark notes what is known of a file now.
func mark(tx *database.Tx, material string, state State, found string) error {
	_, err := tx.Exec(`UPDATE material SET state = ?, found = ? WHERE id = ?`, state, found, material)
	if err != nil {
		return fmt.Errorf("mark material %s: %w", material, err)
	}
	return nil
}

func isNeeded(tx *database.Tx, hash string) (bool, error) {
	all, err := sameContent(tx, hash)
	return len(all) > 0, err
}
