package application

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Asking tells what datasets ask of their applicants.
type Asking interface {
	// Now returns what the dataset asks today; known is false if there is no
	// such dataset in the open list.
	Now(tx *database.Tx, who permit.Actor, kind Kind, dataset string) (a Ask, known bool, err error)
	// Then returns what it asked in the version of the pin.
	Then(tx *database.Tx, who permit.Actor, kind Kind, p Pin) (Ask, error)
	// Scenarios returns the codes of scenarios.
	Scenarios() []string
}

// Orders are the work orders of the publishers; package review keeps them.
type Orders interface {
	// Hand opens an order for each publisher, in the transaction of the
	// acceptance: accept and hand over are one act (Article 19(1)).
	Hand(tx *database.Tx, who permit.Actor, c Case) error
	// Drop ends the orders of a case that its applicant withdraws.
	Drop(tx *database.Tx, who permit.Actor, caseID string) error
}

// Identity is who an applicant is, as proved, frozen when it is handed in.
type Identity struct {
	Kind     Kind        `json:"kind"`
	Name     locale.Text `json:"name"`             // of the person, or the body
	USCC     string      `json:"uscc,omitempty"`   // of a body
	Member   string      `json:"member,omitempty"` // name of whoever hands in for a body
	Proved   bool        `json:"proved"`
	Rules    bool        `json:"rules"`    // the platform's rules are accepted
	Standing bool        `json:"standing"` // no measure is in force
	Salt     string      `json:"salt"`     // keeps the hash in the record from being guessed
}

// People knows who somebody is.
type People interface {
	// Identity returns who would apply if who did, now.
	Identity(ctx context.Context, who permit.Actor) (Identity, error)
	// Holders returns the accounts that hold one of roles: in the body, or for
	// body "" anywhere.
	Holders(tx *database.Tx, body string, roles ...permit.Role) ([]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Box       notice.Box
	Book      func() terms.Book
	Materials *material.Service
	Notices   *notice.Service
	Asking    Asking
	People    People
	Orders    Orders // set once package review is wired
}

// Service keeps the applications.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Stream is the ledger stream of an application.
func Stream(id string) string { return "application/" + id }

// Open begins a draft of who, for himself or for the body that he acts for.
func (s *Service) Open(ctx context.Context, who permit.Actor, first Content) (v View, err error) {
	first.Files = nil // come by a way of their own, which looks at them
	return s.open(ctx, who, func(*database.Tx) (Content, error) { return first, nil })
}

// Copy begins a draft with what stands in another application of the
// applicant, without its files: those prove how things stood then.
func (s *Service) Copy(ctx context.Context, who permit.Actor, from string) (v View, err error) {
	return s.open(ctx, who, func(tx *database.Tx) (Content, error) {
		r, err := see(tx, who, from)
		if err == nil && !Mine(who, r.Case) {
			err = notFound()
		}
		c := r.Content
		if r.Round == 0 {
			c = r.draft
		}
		c.Files, c.Pledge = nil, Pledge{}
		return c, err
	})
}

func (s *Service) open(ctx context.Context, who permit.Actor, first func(*database.Tx) (Content, error)) (v View, err error) {
	if err := MayApply.Asked(who); err != nil {
		return v, err
	}
	identity, err := s.People.Identity(ctx, who)
	if err != nil {
		return v, err
	}
	caseID := ""
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		content, err := first(tx)
		if err != nil {
			return err
		}
		if err := tooMuch(content); err != nil {
			return err
		}
		r, err := s.move(tx, who, identity, row{draft: content}, Open{ID: s.IDs.Make("app")})
		caseID = r.ID
		return err
	})
	if err != nil {
		return v, err
	}
	return s.View(ctx, who, caseID)
}

// Do asks c of an application. Seen is the revision that whoever asks has
// seen; 0 if he does not say. Whoever may not see it is told that there is
// none.
func (s *Service) Do(ctx context.Context, who permit.Actor, caseID string, seen int, c Command) (v View, err error) {
	identity, err := s.People.Identity(ctx, who)
	if err != nil {
		return v, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, caseID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return s.moved(tx, r, seen)
		}
		_, err = s.move(tx, who, identity, r, c)
		return err
	})
	if err != nil {
		return v, err
	}
	return s.View(ctx, who, caseID)
}

// moved says what happened since the revision that somebody has seen.
func (s *Service) moved(tx *database.Tx, r row, seen int) error {
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return err
	}
	return ledger.Moved(s.Notices.Words, "application.moved", lines, seen)
}

// tooMuch bounds a draft.
func tooMuch(c Content) error {
	var p problem.List
	if len(c.Datasets) > MaxDatasets {
		p.Add("/datasets", "application.too_many_datasets", "most", MaxDatasets)
	}
	if text, err := json.Marshal(c); err != nil || len(text) > 256<<10 {
		p.Add("", "application.too_much", "kilobytes", 256)
	}
	return p.Err()
}

// move decides, saves and appends, and does what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, identity Identity, before row, c Command) (row, error) {
	after := before
	switch c := c.(type) {
	case Fill:
		if err := tooMuch(c.Content); err != nil {
			return before, err
		}
		c.Content.Files = before.draft.Files // come and go by ways of their own
		after.draft = c.Content
	case attach:
		after.draft.Files = c.files
	}
	f, err := s.facts(tx, who, identity, after, c)
	if err != nil {
		return before, err
	}
	if submit, ok := c.(Submit); ok {
		if c, after.identity, err = s.prepare(tx, f, before, identity, submit); err != nil {
			return before, err
		}
	}
	events, err := Decide(f, before.Case, plain(c))
	if err != nil || len(events) == 0 {
		return before, err
	}
	for _, e := range events {
		after.Case = Evolve(after.Case, e)
	}
	after.revision += len(events)
	after.changed = s.Clock.Now()
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	switch c.(type) {
	case Accept:
		err = s.Orders.Hand(tx, who, after.Case)
	case Withdraw:
		if err = s.Orders.Drop(tx, who, after.ID); err == nil && before.Stage == StageDraft {
			err = s.Materials.Purge(tx, permit.Platform, after.ID)
		}
	case Lapse:
		err = s.Materials.Purge(tx, permit.Platform, after.ID)
	}
	if err != nil {
		return before, err
	}
	return after, s.tell(tx, before, after, events)
}

// attach is a [Fill] of which only the files change.
type attach struct {
	Fill
	files []File
}

// plain returns the command as the rules know it.
func plain(c Command) Command {
	if a, ok := c.(attach); ok {
		return a.Fill
	}
	return c
}

// prepare gives a submission its number, and seals who the applicant is.
func (s *Service) prepare(tx *database.Tx, f Facts, before row, identity Identity, c Submit) (Command, string, error) {
	if !f.Mine || Incomplete(f) != nil {
		return c, before.identity, nil // will be refused
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	identity.Salt = hex.EncodeToString(salt)
	text, err := json.Marshal(identity)
	if err != nil {
		return c, "", fmt.Errorf("encode identity of %s: %w", before.ID, err)
	}
	sum := sha256.Sum256(text)
	c.Identity = hex.EncodeToString(sum[:])
	if c.Number = before.Number; c.Number == "" {
		if c.Number, err = nextNumber(tx, f.Today); err != nil {
			return c, "", err
		}
	}
	return c, s.Box.Seal(string(text), before.ID), nil
}

func (s *Service) facts(tx *database.Tx, who permit.Actor, identity Identity, r row, c Command) (f Facts, err error) {
	f = Facts{Who: who, Today: s.today(), Applicant: identity.Kind, Proved: identity.Proved, Rules: identity.Rules, Standing: identity.Standing,
		Draft: r.draft, Asks: map[string]Ask{}, Scenarios: s.Asking.Scenarios()}
	if f.Mine = Mine(who, r.Case); r.Stage == "" {
		f.Mine = MayApply.Asked(who) == nil
	}
	book := s.Book()
	lapse, err := book.Due(TermLapse, f.Today)
	if err != nil {
		return f, err
	}
	f.Lapse = lapse.Day
	switch c.(type) {
	case Submit:
		if f.Asks, err = s.asks(tx, who, r); err != nil {
			return f, err
		}
		if f.Gone, err = s.gone(tx, who, r); err != nil {
			return f, err
		}
		f.Intake, err = deadline.Start(book, TermIntake, Steps, f.Today)
	case Accept:
		f.Waiting, err = s.Materials.Waiting(tx, who, r.ID)
	}
	return f, err
}

// gone returns the copies of a draft whose bytes are not there any more:
// malware was found in them.
func (s *Service) gone(tx *database.Tx, who permit.Actor, r row) (all []string, err error) {
	files, err := s.Materials.List(tx, who, r.ID)
	for _, m := range files {
		if m.Purged() || m.State == material.Infected {
			all = append(all, m.ID)
		}
	}
	return all, err
}

// asks returns what the datasets of a draft ask: as pinned, if it was handed
// in before, or as of today.
func (s *Service) asks(tx *database.Tx, who permit.Actor, r row) (map[string]Ask, error) {
	all := map[string]Ask{}
	for _, w := range r.draft.Datasets {
		pinned := false
		for _, pin := range r.Pins {
			if pin.Dataset == w.Dataset {
				a, err := s.Asking.Then(tx, who, r.Applicant, pin)
				if err != nil {
					return nil, err
				}
				all[w.Dataset], pinned = a, true
			}
		}
		if pinned {
			continue
		}
		a, known, err := s.Asking.Now(tx, who, r.Applicant, w.Dataset)
		if err != nil {
			return nil, err
		}
		if known {
			all[w.Dataset] = a
		}
	}
	return all, nil
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

func see(tx *database.Tx, who permit.Actor, caseID string) (row, error) {
	r, err := load(tx, caseID)
	if err == nil && !MaySee(who, r.Case) {
		return row{}, notFound()
	}
	return r, err
}
