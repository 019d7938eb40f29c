package feed

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// MayKeep is the rule of one's own address.
var MayKeep = permit.Rule{Act: "feed.keep", By: []permit.Role{permit.Signed}}

// Service keeps the addresses.
type Service struct {
	db    *database.DB
	clock clock.Clock
}

// New returns the service.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db, c} }

// Make makes the secret of who's address, in place of an earlier one. It is
// shown once and kept as a hash only.
func (s *Service) Make(ctx context.Context, who permit.Actor) (secret string, err error) {
	if err := MayKeep.Asked(who); err != nil {
		return "", err
	}
	raw := make([]byte, 24)
	rand.Read(raw)
	secret = base64.RawURLEncoding.EncodeToString(raw)
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec(`
			INSERT INTO feed (account, hash, made_at) VALUES (?, ?, ?)
			ON CONFLICT (account) DO UPDATE SET hash = excluded.hash, made_at = excluded.made_at`, who.Account, hash(secret), clock.Format(s.clock.Now()))
		if err != nil {
			return fmt.Errorf("keep feed of %s: %w", who.Account, err)
		}
		return nil
	})
	return secret, err
}

// End ends who's address; again changes nothing.
func (s *Service) End(ctx context.Context, who permit.Actor) error {
	if err := MayKeep.Asked(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.Exec(`DELETE FROM feed WHERE account = ?`, who.Account); err != nil {
			return fmt.Errorf("end feed of %s: %w", who.Account, err)
		}
		return nil
	})
}

// Since returns when who's address was made; the zero time if there is none.
func (s *Service) Since(ctx context.Context, who permit.Actor) (at time.Time, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		var made string
		err := tx.QueryRow(`SELECT made_at FROM feed WHERE account = ?`, who.Account).Scan(&made)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for feed of %s: %w", who.Account, err)
		}
		at, err = clock.Parse(made)
		return err
	})
	return at, err
}

// Whose returns the account of an address; "" if there is none.
func (s *Service) Whose(ctx context.Context, _ permit.Actor, secret string) (account string, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		err := tx.QueryRow(`SELECT account FROM feed WHERE hash = ?`, hash(secret)).Scan(&account)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("find feed: %w", err)
		}
		return nil
	})
	return account, err
}

// hash is what is kept of a secret of 192 random bits.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
