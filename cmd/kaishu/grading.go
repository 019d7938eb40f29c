package main

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// openGradings wires the grading of entries.
func (p *platform) openGradings() (err error) {
	p.gradings, err = grading.New(grading.Tools{DB: p.db, Clock: p.clock, Book: p.calendar.Book, Subjects: subjects{p}})
	return err
}

// gradingReactions are what follows from gradings, and the look at an entry
// whenever what it says of its fields changes.
func (p *platform) gradingReactions() []ledger.Reaction {
	refresh := func(tx *database.Tx, stream string) error {
		err := p.gradings.RefreshTx(tx, permit.Platform, stream[len(openlist.Stream("")):])
		if problem.Is(err, problem.NotFound) {
			return nil // it is withdrawn since
		}
		return err
	}
	ordered := func(tx *database.Tx, stream string) error { // what an order says of the fields
		slug, err := p.adjustments.EntryTx(tx, permit.Platform, stream)
		if err != nil {
			return err
		}
		return refresh(tx, openlist.Stream(slug))
	}
	read := func(tx *database.Tx, stream string) error { // what the rows of a version hold
		slug, err := p.versions.DatasetTx(tx, permit.Platform, stream)
		if err != nil {
			return err
		}
		return refresh(tx, openlist.Stream(slug))
	}
	return append(grading.Teller{Gradings: p.gradings, Notices: p.casework.notices, Holders: p.accounts}.Reactions(),
		ledger.On("grading.look_described", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Described]) error {
			return refresh(tx, e.Stream)
		}),
		ledger.On("grading.look_changed", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Changed]) error {
			return refresh(tx, e.Stream)
		}),
		ledger.On("grading.look_rows", func(_ context.Context, tx *database.Tx, e ledger.Entry[version.Profiled]) error {
			return read(tx, e.Stream)
		}),
		ledger.On("grading.look_ruled", func(_ context.Context, tx *database.Tx, e ledger.Entry[version.Ruled]) error {
			return read(tx, e.Stream)
		}),
		ledger.On("grading.look_order", func(_ context.Context, tx *database.Tx, e ledger.Entry[adjustment.Filled]) error {
			return ordered(tx, e.Stream)
		}),
		ledger.On("grading.look_cancelled", func(_ context.Context, tx *database.Tx, e ledger.Entry[adjustment.Cancelled]) error {
			return ordered(tx, e.Stream)
		}),
	)
}

// subjects are the entries of the open list, for their grading: with the fields
// that they have, or would have by the order that is being written.
type subjects struct{ *platform }

func (s subjects) Subject(tx *database.Tx, who permit.Actor, slug string) (grading.Subject, error) {
	e, err := s.entries.GetTx(tx, who, slug)
	if err == nil && e.Stage == openlist.StageWithdrawn {
		err = problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if err != nil {
		return grading.Subject{}, err
	}
	subject := grading.Subject{Slug: e.Slug, Body: e.Publisher, Title: e.Title}
	items := e.Items
	if d, ok, err := s.adjustments.ProposedTx(tx, permit.Platform, slug); err != nil {
		return subject, err
	} else if ok {
		items = d.Items // an order that changes the entry is graded before it is handed in
	}
	for _, i := range items {
		subject.Fields = append(subject.Fields, grading.FieldName{Name: i.Name, Title: i.Title})
	}
	return subject, err
}

func (s subjects) Slugs(ctx context.Context, who permit.Actor) (slugs []string, err error) {
	all, err := s.entries.List(ctx, who)
	for _, e := range all {
		if e.Stage != openlist.StageWithdrawn {
			slugs = append(slugs, e.Slug)
		}
	}
	return slugs, err
}
