package account

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

func save(tx *database.Tx, a Account) error {
	roles, err := json.Marshal(a.Roles)
	if err != nil {
		return fmt.Errorf("encode roles: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO account (id, name, organisation, roles)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    name = excluded.name, organisation = excluded.organisation, roles = excluded.roles`,
		a.ID, a.Name, a.Organisation, string(roles))
	if err != nil {
		return fmt.Errorf("save account %s: %w", a.ID, err)
	}
	return nil
}

func saveToken(tx *database.Tx, hash, account, label string, at time.Time) error {
	_, err := tx.Exec(`
		INSERT INTO token (hash, account, label, issued_at)
		VALUES (?, ?, ?, ?)`,
		hash, account, label, clock.Format(at))
	if err != nil {
		return fmt.Errorf("save token of %s: %w", account, err)
	}
	return nil
}

func load(tx *database.Tx, id string) (Account, error) {
	a, err := scan(tx.QueryRow(`
		SELECT id, name, organisation, roles
		FROM   account
		WHERE  id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return a, problem.New(problem.NotFound, "account.not_found", "id", id)
	}
	if err != nil {
		return a, fmt.Errorf("load account %s: %w", id, err)
	}
	return a, nil
}

func loadByToken(tx *database.Tx, hash string) (Account, error) {
	a, err := scan(tx.QueryRow(`
		SELECT a.id, a.name, a.organisation, a.roles
		FROM   account a
		JOIN   token t ON t.account = a.id
		WHERE  t.hash = ?`, hash))
	if errors.Is(err, sql.ErrNoRows) {
		return a, problem.New(problem.Unsigned, "account.bad_token")
	}
	if err != nil {
		return a, fmt.Errorf("load account by token: %w", err)
	}
	return a, nil
}

func scan(row *sql.Row) (a Account, err error) {
	var roles string
	if err := row.Scan(&a.ID, &a.Name, &a.Organisation, &roles); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(roles), &a.Roles)
}
