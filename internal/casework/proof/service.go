package proof

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/casework/notice"
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

// People is what an accepted proof changes in people/account and
// people/organisation, in the transaction of the decision.
type People interface {
	// Proved reports whether the name of the account is proved.
	Proved(tx *database.Tx, account string) (bool, error)
	// ProvePerson records that the name of the account is proved.
	ProvePerson(tx *database.Tx, officer permit.Actor, account string) error
	// ProveBody enters a body, active, with the account as its administrator,
	// and returns its id. A body of that code there is already is
	// problem.Conflict.
	ProveBody(tx *database.Tx, officer permit.Actor, account string, b Body) (id string, err error)
}

// Body is an organisation that somebody registers.
type Body struct {
	Name locale.Text
	Kind string // of BodyKinds
	USCC string
}

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Words     *locale.Catalogue
	Box       notice.Box
	Book      func() terms.Book // holds the terms of this package
	Materials *material.Service
	Notices   *notice.Service
	People    People
}

// Service keeps the cases.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// View is a case as somebody who may see it sees it.
type View struct {
	Case  Case                `json:"case"`
	Form  Form                `json:"form"` // the zero Form once it is erased
	Files []material.Material `json:"files"`
	Turn  string              `json:"turn"`           // "applicant", "officer" or ""
	Left  int                 `json:"left,omitempty"` // working days until Case.Due, today not counted
	Late  bool                `json:"late,omitempty"`
	Can   []string            `json:"can"` // verbs that are open to the reader
}

// Open begins a draft of who. Whoever has one of the subject goes on with it.
func (s *Service) Open(ctx context.Context, who permit.Actor, subject Subject) (c Case, err error) {
	if err := MayApply.Asked(who); err != nil {
		return c, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		number, err := nextNumber(tx, s.today())
		if err != nil {
			return err
		}
		r, err := s.move(tx, who, row{}, Open{ID: s.IDs.Make("prf"), Number: number, Subject: subject})
		c = r.Case
		return err
	})
	return c, err
}

// Do asks c of a case. Whoever may not see it is told that there is none.
func (s *Service) Do(ctx context.Context, who permit.Actor, caseID string, c Command) (after Case, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, caseID)
		if err != nil {
			return err
		}
		if accept, ok := c.(Accept); ok {
			if accept.Organisation, err = s.prove(tx, who, r); err != nil {
				return err
			}
			c = accept
		}
		r, err = s.move(tx, who, r, c)
		after = r.Case
		return err
	})
	return after, err
}

// prove has the people know what is about to be accepted.
func (s *Service) prove(tx *database.Tx, who permit.Actor, r row) (organisation string, err error) {
	if err := Table.Permit(r.Stage, Accept{}.Verb(), who, r.Did); err != nil {
		return "", err
	}
	if r.Subject == Person {
		return "", s.People.ProvePerson(tx, who, r.Applicant)
	}
	f, err := s.form(r)
	if err != nil {
		return "", err
	}
	return s.People.ProveBody(tx, who, r.Applicant, Body{Name: f.Body, Kind: f.BodyKind, USCC: strings.ToUpper(f.USCC)})
}

// move decides, saves and appends, and does what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command) (row, error) {
	f, err := s.facts(tx, who, before, c)
	if err != nil {
		return before, err
	}
	events, err := Decide(f, before.Case, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Case = Evolve(after.Case, e)
	}
	after.revision += len(events)
	if fill, ok := c.(Fill); ok {
		if after.sealed, err = s.seal(after.ID, fill.Form); err != nil {
			return before, err
		}
	}
	if after.Erased {
		after.sealed = ""
		if err := s.Materials.Purge(tx, permit.Platform, after.ID); err != nil {
			return before, err
		}
	}
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if err := s.schedule(tx, after); err != nil {
		return before, err
	}
	return after, s.tell(tx, before, after)
}

// Stream is the ledger stream of the case with that id.
func Stream(caseID string) string { return "proof/" + caseID }

func (s *Service) facts(tx *database.Tx, who permit.Actor, r row, c Command) (f Facts, err error) {
	f = Facts{Who: who, Today: s.today(), Mine: who.Known() && !who.Has(permit.Clock) && (r.Applicant == "" || r.Applicant == who.Account)}
	if f.Form, err = s.form(r); err != nil {
		return f, err
	}
	files, err := s.Materials.List(tx, who, r.ID)
	if err != nil {
		return f, err
	}
	for _, m := range files {
		if !m.Purged() {
			f.Files++
		}
	}
	if c, ok := c.(Open); ok {
		if f.Proved, err = s.People.Proved(tx, who.Account); err != nil {
			return f, err
		}
		if f.Open, err = countOpen(tx, who.Account, c.Subject); err != nil {
			return f, err
		}
	}
	book := s.Book()
	if f.Decide, err = book.Due(TermDecide, f.Today); err != nil {
		return f, err
	}
	erase, err := book.Due(TermErase, f.Today)
	if err != nil {
		return f, err
	}
	lapse, err := book.Due(TermLapse, f.Today)
	f.Erase, f.Lapse = erase.Day, lapse.Day
	return f, err
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

func (s *Service) seal(caseID string, f Form) (string, error) {
	text, err := json.Marshal(trimmed(f))
	if err != nil {
		return "", fmt.Errorf("encode form of %s: %w", caseID, err)
	}
	return s.Box.Seal(string(text), caseID), nil
}

// trimmed takes away blanks at the ends, which nobody means.
func trimmed(f Form) Form {
	f.Name, f.Number, f.USCC = strings.TrimSpace(f.Name), strings.TrimSpace(f.Number), strings.TrimSpace(f.USCC)
	f.Body = locale.Text{ZH: strings.TrimSpace(f.Body.ZH), EN: strings.TrimSpace(f.Body.EN)}
	return f
}

func (s *Service) form(r row) (f Form, err error) {
	if r.sealed == "" {
		return f, nil
	}
	text, err := s.Box.Open(r.sealed, r.ID)
	if err == nil {
		err = json.Unmarshal([]byte(text), &f)
	}
	if err != nil {
		return f, fmt.Errorf("open form of %s: %w", r.ID, err)
	}
	return f, nil
}

func see(tx *database.Tx, who permit.Actor, caseID string) (row, error) {
	r, err := load(tx, caseID)
	if err == nil && !MaySee(who, r.Case) {
		return row{}, notFound()
	}
	return r, err
}

// View returns a case. Whoever may not see it is told that there is none.
func (s *Service) View(ctx context.Context, who permit.Actor, caseID string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, caseID)
		if err != nil {
			return err
		}
		if v.Form, err = s.form(r); err != nil {
			return err
		}
		files, err := s.Materials.List(tx, who, caseID)
		for _, m := range files {
			if !m.Purged() || r.Erased { // what was taken away from a draft was never handed in
				v.Files = append(v.Files, m)
			}
		}
		v.Case = r.Case
		return err
	})
	if err != nil {
		return v, err
	}
	v.Turn, v.Can = v.Case.Turn(), s.open(who, v.Case)
	v.Left, v.Late, err = s.left(v.Case)
	return v, err
}

// open returns the verbs that are open to who.
func (s *Service) open(who permit.Actor, c Case) (verbs []string) {
	for _, verb := range Table.Open(c.Stage, who, c.Did) {
		switch verb {
		case "open", "fill", "submit", "withdraw":
			if who.Account != c.Applicant {
				continue
			}
		}
		verbs = append(verbs, verb)
	}
	return verbs
}

// left returns how many working days are left to decide, and whether it is
// late.
func (s *Service) left(c Case) (days int, late bool, err error) {
	if c.Due.Day == "" {
		return 0, false, nil
	}
	today := s.today()
	if today > c.Due.Day {
		return 0, true, nil
	}
	n, err := s.Book().Calendar().Between(today, c.Due.Day)
	return n.Days, false, err
}

// Mine returns the cases of who, newest first, at most 200.
func (s *Service) Mine(ctx context.Context, who permit.Actor) ([]View, error) {
	return s.views(ctx, `applicant = ? ORDER BY id DESC`, who.Account)
}

// Queue returns the cases that wait for an officer, the most urgent first, at
// most 200.
func (s *Service) Queue(ctx context.Context, who permit.Actor) ([]View, error) {
	if err := MayDecide.Asked(who); err != nil {
		return nil, err
	}
	return s.views(ctx, `stage = 'submitted' ORDER BY due, id`)
}

// views returns cases without what the applicant wrote.
func (s *Service) views(ctx context.Context, where string, args ...any) (all []View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, where, args...)
		for _, r := range rows {
			v := View{Case: r.Case, Turn: r.Turn()}
			if err == nil {
				v.Left, v.Late, err = s.left(r.Case)
			}
			all = append(all, v)
		}
		return err
	})
	return all, err
}
