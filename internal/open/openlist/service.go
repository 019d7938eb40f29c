package openlist

import (
	"context"
	"embed"
	"fmt"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/people/organisation"
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
	names names
}

// New returns the service on db.
func New(db *database.DB, c clock.Clock, codes CodeSource) *Service {
	return &Service{db: db, clock: c, codes: codes, names: names{bodies: organisation.New(db)}}
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
	switch c.(type) {
	case Submit, GiveBack, List, Change, Withdraw:
		return Entry{}, problem.New(problem.Forbidden, "openlist.by_order")
	}
	return s.MoveTx(tx, who, slug, c, World{})
}

// MoveTx is [Service.Do] within tx, of what a work order asks for too, in a
// world that was looked at in the same transaction. Only package adjustment
// calls it: an entry on the list changes by order alone (Article 11(1)).
func (s *Service) MoveTx(tx *database.Tx, who permit.Actor, slug string, c Command, w World) (Entry, error) {
	e, version, err := load(tx, slug)
	body := e.Publisher
	if of := publisherOf(c); of != "" {
		if problem.Is(err, problem.NotFound) {
			e, body, err = Entry{Slug: slug, Stage: StageDraft}, of, nil
		} else if err == nil && of != body {
			err = problem.New(problem.Forbidden, "openlist.publisher_stays")
		}
	}
	if err != nil {
		return e, err
	}
	events, err := Decide(Facts{Who: who.For(body), Codes: s.codes.InForce(), World: w}, e, c)
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

// SuspendTx is [Service.Do] of a Suspend within tx, for what makes it necessary.
func (s *Service) SuspendTx(tx *database.Tx, who permit.Actor, slug string, reasons []string) (Entry, error) {
	return s.do(tx, who, slug, Suspend{Reasons: reasons})
}

// ResumeTx is [Service.Do] of a Resume within tx, for what makes it right.
func (s *Service) ResumeTx(tx *database.Tx, who permit.Actor, slug string) (Entry, error) {
	return s.do(tx, who, slug, Resume{})
}

// publisherOf is the body whose entry a command may begin; "" if it may begin
// none.
func publisherOf(c Command) string {
	switch c := c.(type) {
	case Describe:
		return c.Publisher
	case Adopt:
		return c.Publisher
	}
	return ""
}

// Check returns every fault for which d cannot be kept of e, even as a draft;
// nil for none.
func (s *Service) Check(_ permit.Actor, e Entry, d Description) error {
	var l problem.List
	checkDescription(&l, Facts{Codes: s.codes.InForce()}, e, d)
	return l.Err()
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
var MayWork = permit.Rule{Act: "openlist.work", By: []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.CtrListReviewer, permit.CtrEngineer, permit.CtrQuality, permit.AutOfficer}, Article: "25(1)"}

// Drafts returns the entries that are being written or wait for their work
// order, of every body for whoever works for all, else of who's own; at most
// limit, by slug after the given one.
func (s *Service) Drafts(ctx context.Context, who permit.Actor, after string, limit int) (all []Entry, err error) {
	if err := MayWork.Asked(who); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = of(tx, own(who), []Stage{StageDraft, StageReview}, after, limit)
		return err
	})
	return slices.DeleteFunc(all, func(e Entry) bool { return !MaySee(who, e) }), err
}

// own is the body whose entries who works on; "" for all.
func own(who permit.Actor) string {
	if MayWork.Allows(who, permit.Thing{}) {
		return ""
	}
	return who.Organisation
}

// ListedTx reports whether the entry called slug is on the list.
func (s *Service) ListedTx(tx *database.Tx, _ permit.Actor, slug string) (bool, error) {
	return listed(tx, slug)
}

// LookAroundTx tells w which other entries bear the name of d, or are on the
// list with a near duplicate of it, at most [MaxNear] of the latter, which bodies
// mean its publisher, and which entries that its relations name are on the list.
func (s *Service) LookAroundTx(tx *database.Tx, _ permit.Actor, w *World, slug string, d Description) error {
	same, err := called(tx, d.Title.ZH, slug)
	if err != nil {
		return err
	}
	alike, err := s.names.nearTx(tx, slug, d, MaxNear+len(same))
	if err != nil {
		return err
	}
	w.Near = near(same, alike)
	if w.Twice, err = s.names.twiceTx(tx, d.Publisher); err != nil {
		return err
	}
	w.Listed = map[string]bool{}
	for _, r := range d.Relations {
		if w.Listed[r.To], err = listed(tx, r.To); err != nil {
			return err
		}
	}
	return nil
}

// near puts those of the same name first; of the others none is as like.
func near(same []Entry, alike []Near) (all []Near) {
	taken := map[string]bool{}
	for _, e := range same {
		taken[e.Slug] = true
		all = append(all, Near{Slug: e.Slug, Title: e.Title.ZH, Publisher: e.Publisher, Likeness: 1})
	}
	for _, n := range alike {
		if !taken[n.Slug] && len(all) < len(same)+MaxNear {
			n.Likeness = min(n.Likeness, 0.99)
			all = append(all, n)
		}
	}
	return all
}

// List returns every entry that who may see, by slug.
func (s *Service) List(ctx context.Context, who permit.Actor) (all []Entry, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = list(tx, who)
		return err
	})
	return all, err
}
