package openlist

import (
	"context"
	"embed"
	"fmt"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service keeps the open list.
type Service struct {
	db    *database.DB
	clock clock.Clock
	codes CodeSource
}

// New returns the service on db.
func New(db *database.DB, c clock.Clock, codes CodeSource) *Service {
	return &Service{db: db, clock: c, codes: codes}
}

// Codes returns the code lists in force. They are public.
func (s *Service) Codes(permit.Actor) Codes { return s.codes.InForce() }

// Request is one command on one entry.
type Request struct {
	Who     permit.Actor
	Slug    string
	Command Command
}

// Do asks c of entry slug on behalf of who. Describing a slug that does not
// exist begins an entry. On error nothing is written.
func (s *Service) Do(ctx context.Context, who permit.Actor, slug string, c Command) (e Entry, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		e, err = s.do(tx, who, slug, c)
		return err
	})
	return e, err
}

// DoAll carries out many commands, each in the name of its own Request.Who,
// in one transaction: all or none.
func (s *Service) DoAll(ctx context.Context, _ permit.Actor, all []Request) error {
	return s.db.Write(ctx, func(tx *database.Tx) error {
		for _, r := range all {
			if _, err := s.do(tx, r.Who, r.Slug, r.Command); err != nil {
				return fmt.Errorf("%s %s: %w", r.Command.Verb(), r.Slug, err)
			}
		}
		return nil
	})
}

func (s *Service) do(tx *database.Tx, who permit.Actor, slug string, c Command) (Entry, error) {
	e, version, err := load(tx, slug)
	body := e.Publisher
	if d, ok := c.(Describe); ok && problem.Is(err, problem.NotFound) {
		e, body, err = Entry{Slug: slug, Stage: StageDraft}, d.Publisher, nil
	}
	if err != nil {
		return e, err
	}
	if d, ok := c.(Describe); ok && d.Publisher != body {
		return e, problem.New(problem.Forbidden, "openlist.publisher_stays")
	}
	events, err := Decide(Facts{Who: who.For(body), Codes: s.codes.InForce()}, e, c)
	if err != nil {
		return e, err
	}
	for _, event := range events {
		e = Evolve(e, event)
	}
	if err := save(tx, e, version, version+len(events)); err != nil {
		return e, err
	}
	return e, ledger.Append(tx, Stream(slug), version, who, s.clock.Now(), id.Trace(tx.Context()), events)
}

// Stream is the ledger stream of the entry called slug.
func Stream(slug string) string { return "openlist/" + slug }

// Get returns the entry called slug. A draft exists only for those who work
// on it; for others the answer is problem.NotFound.
func (s *Service) Get(ctx context.Context, who permit.Actor, slug string) (e Entry, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		e, err = s.GetTx(tx, who, slug)
		return err
	})
	return e, err
}

// GetTx is [Service.Get] within tx.
func (s *Service) GetTx(tx *database.Tx, who permit.Actor, slug string) (Entry, error) {
	e, _, err := load(tx, slug)
	if err == nil && !MaySee(who, e) {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// MayWork is the rule of seeing what is being worked on in the open list.
var MayWork = permit.Rule{Act: "openlist.work", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.CtrEngineer, permit.CtrQuality}, Article: "25(1)"}

// Proposed returns the entries whose new dictionary waits for the lead, or was
// given back: of every body for whoever works for all, else of who's own.
func (s *Service) Proposed(ctx context.Context, who permit.Actor) (all []Entry, err error) {
	if err := MayWork.Asked(who); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = proposed(tx, who.Organisation, MayWork.Allows(who, permit.Thing{}))
		return err
	})
	return all, err
}

// List returns every entry that who may see, by slug.
func (s *Service) List(ctx context.Context, who permit.Actor) (all []Entry, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = list(tx, who)
		return err
	})
	return all, err
}
