package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service keeps accounts and tokens.
type Service struct {
	db    *database.DB
	clock clock.Clock
}

// New returns the service on db.
func New(db *database.DB, c clock.Clock) *Service { return &Service{db: db, clock: c} }

// Put enters a, or changes the account of that id.
func (s *Service) Put(ctx context.Context, who permit.Actor, a Account) error {
	if err := MayKeep(who); err != nil {
		return err
	}
	if err := Check(a); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error { return save(tx, a) })
}

// Get returns the account called id, or problem.NotFound. People may see
// themselves, system administrators everybody.
func (s *Service) Get(ctx context.Context, who permit.Actor, id string) (a Account, err error) {
	if who.Account != id {
		if err := MayKeep(who); err != nil {
			return a, err
		}
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		a, err = load(tx, id)
		return err
	})
	return a, err
}

// prefix lets a leaked token be recognised by a scanner.
const prefix = "kaishu_"

// Issue makes a token for account id and returns its secret, which is kept
// nowhere: the database holds its SHA-256 (the secret has 256 random bits, so
// a slow hash would add nothing).
func (s *Service) Issue(ctx context.Context, who permit.Actor, id, label string) (secret string, err error) {
	if err := MayKeep(who); err != nil {
		return "", err
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	secret = prefix + hex.EncodeToString(raw)
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		if _, err := load(tx, id); err != nil {
			return err
		}
		return saveToken(tx, hash(secret), id, label, s.clock.Now())
	})
	return secret, err
}

// SignIn returns the actor whose token is secret. An unknown token is
// problem.Unsigned "account.bad_token".
func (s *Service) SignIn(ctx context.Context, secret string) (permit.Actor, error) {
	if !strings.HasPrefix(secret, prefix) {
		return permit.Actor{}, problem.New(problem.Unsigned, "account.bad_token")
	}
	var a Account
	err := s.db.Read(ctx, func(tx *database.Tx) (err error) {
		a, err = loadByToken(tx, hash(secret))
		return err
	})
	return a.Actor(), err
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
