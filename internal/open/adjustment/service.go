package adjustment

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Holders knows which accounts hold a role.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, body string, roles ...permit.Role) ([]string, error)
	HoldersAnywhere(tx *database.Tx, who permit.Actor, roles ...permit.Role) ([]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB         *database.DB
	Clock      clock.Clock
	IDs        *id.Source
	Book       func() terms.Book
	Entries    *openlist.Service
	Gradings   *grading.Service
	Conditions *condition.Service
	Versions   *version.Service
	Materials  *material.Service
	Notices    *notice.Service
	Holders    Holders
	// Sources tells how these data items of an entry are hooked.
	Sources func(tx *database.Tx, slug, body string, items []string) (Sourced, error)
}

// Service keeps the work orders.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Stream is the ledger stream of an order.
func Stream(id string) string { return "adjustment/" + id }

// Open begins an order for the entry called slug, with what the list says of
// it today. Article 11(1).
func (s *Service) Open(ctx context.Context, who permit.Actor, slug string, kind Kind) (v View, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		r, err := s.openTx(tx, who, e, kind)
		if err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	return v, err
}

func (s *Service) openTx(tx *database.Tx, who permit.Actor, e openlist.Entry, kind Kind) (r row, err error) {
	c := Draft{ID: s.IDs.Make("adj"), Entry: e.Slug, Body: e.Publisher, Kind: kind}
	if kind == Change {
		if c.Proposed, err = json.Marshal(e.Description); err != nil {
			return r, fmt.Errorf("encode description of %s: %w", e.Slug, err)
		}
	}
	return s.move(tx, who, row{Order: Order{Entry: e.Slug, Body: e.Publisher, Kind: kind, Content: c.Content}}, c)
}

// WithdrawTx begins the order that takes an entry off the list because of what
// was found of it, urgent, or finds the one that is under way, and returns its
// id. Its people add the explaining document and hand it in. It fails with
// problem.Conflict if another order of the entry is under way. Article 31(2).
func (s *Service) WithdrawTx(tx *database.Tx, who permit.Actor, slug, ground, reason, urgent string) (string, error) {
	r, open, err := openOrder(tx, slug)
	if err != nil || open && r.Kind == Withdraw {
		return r.ID, err
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, slug)
	if err != nil {
		return "", err
	}
	c := Draft{ID: s.IDs.Make("adj"), Entry: slug, Body: e.Publisher, Kind: Withdraw, Content: Content{Reason: reason, Ground: ground, Urgent: urgent}}
	r, err = s.move(tx, who, row{Order: Order{Entry: slug, Body: e.Publisher, Kind: Withdraw, Content: c.Content}}, c)
	return r.ID, err
}

// Do asks c of an order. Seen is the revision that whoever asks has seen; 0 if
// he does not say. Whoever may not see it is told that there is none.
func (s *Service) Do(ctx context.Context, who permit.Actor, orderID string, seen int, c Command) (v View, err error) {
	switch c.(type) {
	case Effect, SendBack, Ring, Recount, Draft:
		return v, problem.New(problem.Forbidden, "flow.not_your_step")
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return s.moved(tx, r, seen)
		}
		if f, ok := c.(Fill); ok && f.Documents == nil {
			f.Documents = r.Documents // come and go by ways of their own
			c = f
		}
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	return v, err
}

// moved says what happened since the revision that somebody has seen.
func (s *Service) moved(tx *database.Tx, r row, seen int) error {
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return err
	}
	return ledger.Moved(s.Notices.Words, "adjustment.moved", lines, seen)
}

// move decides, saves and appends, and does to the list what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (row, error) {
	after := before
	if f, ok := c.(Fill); ok {
		after.Content = f.Content
	}
	f, w, err := s.facts(tx, who, after, c)
	if err != nil {
		return before, err
	}
	if submit, ok := c.(Submit); ok && before.Number == "" {
		if submit.Number, err = nextNumber(tx, f.Today); err != nil {
			return before, err
		}
		c = submit
	}
	events, err := Decide(f, before.Order, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after = before
	for _, e := range events {
		after.Order = Evolve(after.Order, e)
	}
	after.revision += len(events)
	after.changed = s.Clock.Now()
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if err := s.follow(tx, who, before.Order, after.Order, w); err != nil {
		return before, err
	}
	if err := s.tell(tx, before, after, events); err != nil {
		return before, err
	}
	if after.Stage == StageAccepted && after.EffectiveOn <= f.Today {
		return s.effect(tx, after)
	}
	return after, nil
}

// follow does to the entry what the order says, in the same transaction.
func (s *Service) follow(tx *database.Tx, who permit.Actor, before, after Order, w openlist.World) error {
	var c openlist.Command
	switch {
	case before.Stage == after.Stage:
		return nil
	case after.Kind == List && after.Stage == StageSubmitted:
		c = openlist.Submit{Order: after.ID}
	case after.Kind == List && (after.Stage == StageReturned || after.Stage == StageCancelled && before.Stage == StageSubmitted):
		c, who = openlist.GiveBack{}, permit.Platform
	case after.Stage != StageEffective:
		return nil
	case after.Kind == List:
		c, who = openlist.List{Order: after.ID, On: after.EffectOn}, permit.Platform
	case after.Kind == Withdraw:
		c, who = openlist.Withdraw{Reasons: []string{after.Reason}, Order: after.ID}, permit.Platform
	default:
		d, err := after.description()
		if err != nil {
			return err
		}
		c, who = openlist.Change{Description: d, Order: after.ID}, permit.Platform
	}
	_, err := s.Entries.MoveTx(tx, who, after.Entry, c, w)
	return err
}

// effect has an accepted order take effect, or sends it back if the gates no
// longer let it pass.
func (s *Service) effect(tx *database.Tx, r row) (row, error) {
	after, err := s.move(tx, permit.Platform, r, Effect{})
	if p := problem.As(err); p != nil && p.Kind == problem.Invalid {
		return s.move(tx, permit.Platform, r, SendBack{Faults: p.Fields})
	}
	return after, err
}

// description is what a change makes of its entry.
func (o Order) description() (d openlist.Description, err error) {
	read := json.NewDecoder(bytes.NewReader(o.Proposed))
	read.DisallowUnknownFields() // what would be lost is told
	if err = read.Decode(&d); err != nil {
		err = fmt.Errorf("decode order %s: %w", o.ID, err)
	}
	return d, err
}

// facts gathers what the rules need to know; the world is that of the entry
// as the order would have it.
func (s *Service) facts(tx *database.Tx, who permit.Actor, r row, c Command) (f Facts, w openlist.World, err error) {
	f = Facts{Who: who.For(r.Body), Today: workday.Of(s.Clock.Now())}
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Entry)
	if err != nil {
		return f, w, err
	}
	d, err := r.proposal(e, &f)
	if err != nil {
		return f, w, err
	}
	switch c.(type) {
	case Draft:
		f.Begins, err = begins(tx, e)
		return f, w, err
	case Fill:
		if d.Publisher != e.Publisher {
			return f, w, problem.New(problem.Forbidden, "openlist.publisher_stays")
		}
		if r.Kind == Change {
			err = s.Entries.Check(who, e, d)
		}
		return f, w, err
	case Submit:
		if err := s.forSubmit(tx, who, r, &f); err != nil {
			return f, w, err
		}
	case Accept, Effect:
	default:
		return f, w, nil
	}
	if r.Kind == Withdraw {
		return f, w, nil
	}
	if w, err = s.world(tx, r.Entry, d); err != nil {
		return f, w, err
	}
	refused := problem.As(openlist.Refuses(openlist.Facts{Codes: s.Entries.Codes(permit.Platform), World: w}, e, d))
	if refused != nil {
		f.Gates = refused.Fields
	}
	return f, w, nil
}

// begins tells what orders the entry has room for.
func begins(tx *database.Tx, e openlist.Entry) (Begins, error) {
	_, open, err := openOrder(tx, e.Slug)
	return Begins{Draft: e.Stage == openlist.StageDraft, Listed: e.Listed(), Open: open}, err
}

// Beginnable returns the kinds of order that who may begin for the entry.
func (s *Service) Beginnable(ctx context.Context, who permit.Actor, slug string) (kinds []Kind, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil || Table.Permit("", Draft{}.Verb(), who.For(e.Publisher), nil) != nil {
			return err
		}
		b, err := begins(tx, e)
		kinds = b.Kinds()
		return err
	})
	return kinds, err
}

// proposal tells f what the order makes of e, and returns the description that
// the entry would have.
func (r row) proposal(e openlist.Entry, f *Facts) (d openlist.Description, err error) {
	was := e.Description
	d = e.Description
	switch r.Kind {
	case Change:
		if d, err = r.description(); err != nil {
			var l problem.List
			l.Add("/proposed", "adjustment.no_description")
			return d, l.Err()
		}
		f.Proposal.Was, f.Proposal.Now = e.Opening, d.Opening
	case Withdraw:
		f.Proposal.Was, f.Proposal.Now = e.Opening, opening.Closed
	case List:
		f.Proposal.Now = e.Opening
		was = unsaid(e)
	}
	f.Proposal.Differences, err = Differences(was, d)
	return d, err
}

func (s *Service) forSubmit(tx *database.Tx, who permit.Actor, r row, f *Facts) error {
	book := s.Book()
	notice, err := book.Due(TermNotice, f.Today)
	if err != nil {
		return err
	}
	f.Earliest = notice.Day
	if f.Clock, err = deadline.Start(book, TermReview, Steps, f.Today); err != nil {
		return err
	}
	if f.Waiting, err = s.Materials.Waiting(tx, who, r.ID); err != nil || r.Into == "" {
		return err
	}
	into, err := s.Entries.ListedTx(tx, who, r.Into)
	f.IntoNone = !into
	return err
}

// see returns an order that who may see.
func (s *Service) see(tx *database.Tx, who permit.Actor, orderID string) (row, error) {
	r, err := load(tx, orderID)
	if err == nil && !MaySee(who.For(r.Body), r.Order) {
		err = notFound()
	}
	if err != nil {
		return row{}, err
	}
	return r, nil
}

// ProposedTx returns what an open order would make of the entry, and whether
// there is one that changes it: what is to be graded are the fields that will
// be open.
func (s *Service) ProposedTx(tx *database.Tx, _ permit.Actor, slug string) (d openlist.Description, ok bool, err error) {
	r, ok, err := openOrder(tx, slug)
	if err != nil || !ok || r.Kind != Change {
		return d, false, err
	}
	d, err = r.description()
	return d, err == nil, err
}

// EntryTx returns the slug of the entry of the order whose stream is named.
func (s *Service) EntryTx(tx *database.Tx, _ permit.Actor, stream string) (string, error) {
	r, err := load(tx, strings.TrimPrefix(stream, Stream("")))
	return r.Entry, err
}
