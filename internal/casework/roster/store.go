package roster

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kaishu/internal/base/clock"
	"kaishu/internal/infra/database"
)

func (s *Service) save(tx *database.Tx, i Invitation, hash string) error {
	roles, err := json.Marshal(i.Roles)
	if err != nil {
		return fmt.Errorf("encode roles: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO invitation (id, organisation, roles, hash, sealed, made_by, at, until_on, state)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')`,
		i.ID, i.Organisation, string(roles), hash, s.Box.Seal(i.Email, i.ID), i.By, clock.Format(s.Clock.Now()), i.Until)
	if err != nil {
		return fmt.Errorf("save invitation %s: %w", i.ID, err)
	}
	return nil
}

const columns = `id, organisation, roles, sealed, made_by, until_on`

func (s *Service) scan(into func(...any) error) (i Invitation, err error) {
	var roles, sealed string
	if err := into(&i.ID, &i.Organisation, &roles, &sealed, &i.By, &i.Until); err != nil {
		return i, err
	}
	if i.Email, err = s.Box.Open(sealed, i.ID); err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(roles), &i.Roles)
}

// invited returns the open invitations of an organisation that are still
// valid, oldest first.
func (s *Service) invited(tx *database.Tx, organisation string) ([]Invitation, error) {
	rows, err := tx.Query(`
		SELECT `+columns+`
		FROM   invitation
		WHERE  organisation = ? AND state = 'open' AND until_on >= ?
		ORDER  BY id`, organisation, s.today())
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	defer rows.Close()
	var all []Invitation
	for rows.Next() {
		i, err := s.scan(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("list invitations: %w", err)
		}
		all = append(all, i)
	}
	return all, rows.Err()
}

func (s *Service) load(tx *database.Tx, hash string) (Invitation, error) {
	i, err := s.scan(tx.QueryRow(`
		SELECT `+columns+`
		FROM   invitation
		WHERE  hash = ? AND state = 'open'`, hash).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return i, NotFound()
	}
	if err != nil {
		return i, fmt.Errorf("load invitation: %w", err)
	}
	return i, nil
}

// settle ends an invitation and forgets the address.
func settle(tx *database.Tx, invitation, state string) error {
	n, err := tx.Exec(`UPDATE invitation SET state = ?, sealed = '' WHERE id = ? AND state = 'open'`, state, invitation)
	if err != nil {
		return fmt.Errorf("settle invitation %s: %w", invitation, err)
	}
	if n == 0 {
		return NotFound()
	}
	return nil
}
