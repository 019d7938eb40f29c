package organisation

import (
	"context"
	"embed"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service keeps the bodies.
type Service struct{ db *database.DB }

// New returns the service on db.
func New(db *database.DB) *Service { return &Service{db: db} }

// Put enters o, or changes the body of that id.
func (s *Service) Put(ctx context.Context, who permit.Actor, o Organisation) error {
	if err := MayKeep(who); err != nil {
		return err
	}
	if err := Check(o); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error { return save(tx, o) })
}

// Get returns the body called id, or problem.NotFound. Bodies are public.
func (s *Service) Get(ctx context.Context, _ permit.Actor, id string) (o Organisation, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		o, err = load(tx, id)
		return err
	})
	return o, err
}

// List returns every body, by id. Bodies are public.
func (s *Service) List(ctx context.Context, _ permit.Actor) (all []Organisation, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = list(tx)
		return err
	})
	return all, err
}
