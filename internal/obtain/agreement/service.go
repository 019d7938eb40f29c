package agreement

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/sign"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/openlist"
	"kaishu/internal/people/organisation"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Box seals texts that name people.
type Box interface {
	Seal(plain, aad string) string
	Open(text, aad string) (string, error)
}

// Prover has somebody prove again who he is; see people/account.
type Prover interface {
	ProveAgain(ctx context.Context, who permit.Actor, present, code string) error
}

// Tools are what the service works with.
type Tools struct {
	DB            *database.DB
	Clock         clock.Clock
	Book          func() terms.Book
	Box           Box
	Keys          *sign.Keys
	Notices       *notice.Service
	Applications  *application.Service
	Reviews       *review.Service
	Entries       *openlist.Service
	Organisations *organisation.Service
	People        review.People
	Prover        Prover
}

// Service keeps the agreements.
type Service struct {
	Tools
	templates []Template
}

// New returns the service. It fails if a template lacks a clause.
func New(t Tools) (*Service, error) {
	all, err := Templates()
	return &Service{t, all}, err
}

// Stream is the ledger stream of an agreement.
func Stream(id string) string { return "agreement/" + id }

// IDFor is the agreement of an order: there is one.
func IDFor(order string) string { return "agr_" + strings.TrimPrefix(order, "ord_") }

// Reactions returns what follows from events of others: an approved
// application gets its agreements (Article 20).
func (s *Service) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("agreement.generate", func(_ context.Context, tx *database.Tx, e ledger.Entry[application.Concluded]) error {
			if e.Event.Approved == 0 {
				return nil
			}
			return s.generate(tx, strings.TrimPrefix(e.Stream, application.Stream("")))
		}),
	}
}

// generate makes the agreements of an application. It is safe to repeat: an
// agreement's id follows from its order's.
func (s *Service) generate(tx *database.Tx, caseID string) error {
	orders, err := s.Reviews.OrdersTx(tx, permit.Platform, caseID)
	if err != nil {
		return err
	}
	for _, o := range orders {
		id := IDFor(o.ID)
		if _, err := load(tx, id); err == nil {
			continue
		} else if !problem.Is(err, problem.NotFound) {
			return err
		}
		about, err := s.approved(tx, o)
		if err != nil {
			return err
		}
		if len(about.Datasets) == 0 {
			continue
		}
		number, err := nextNumber(tx, s.today())
		if err != nil {
			return err
		}
		if _, err := s.move(tx, permit.Platform, row{}, Generate{ID: id, Number: number, Subject: about}, false); err != nil {
			return err
		}
	}
	return nil
}

// approved reads what an order approved, from the order and the application.
func (s *Service) approved(tx *database.Tx, o review.Order) (about Subject, err error) {
	c, err := s.Applications.Get(tx, permit.Platform, o.Application)
	if err != nil {
		return about, err
	}
	body, err := s.Organisations.GetTx(tx, permit.Platform, o.Body)
	if err != nil {
		return about, err
	}
	form, err := current(s.templates, s.today())
	if err != nil {
		return about, err
	}
	x := c.Content.Scenario
	about = Subject{Application: c.ID, ApplicationNumber: c.Number, Order: o.ID, OrderNumber: o.Number, Account: c.Account, Organisation: c.Organisation, Publisher: o.Body, PublisherName: body.Name,
		Scenario: Scenario{Code: x.Code, Title: x.Title, Purpose: x.Purpose, Serves: x.Serves, Benefit: x.Benefit, External: x.External}}
	if o.Stage != review.StageDecided {
		return about, nil
	}
	for _, v := range o.Verdicts {
		if !v.Approve {
			continue
		}
		e, err := s.Entries.GetTx(tx, permit.Platform, v.Dataset)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return about, err
		}
		want, _ := o.Want(v.Dataset)
		g := Given{Dataset: v.Dataset, Title: e.Title, Set: want.Set, Fields: v.Fields, From: v.From, To: v.To, Mode: v.Mode, Months: v.Months}
		if i := slices.IndexFunc(c.Pins, func(p application.Pin) bool { return p.Dataset == v.Dataset }); i >= 0 {
			g.Version = c.Pins[i].Version
		}
		if g.Title.ZH == "" {
			g.Title = locale.Text{ZH: v.Dataset}
		}
		if g.Mode == "api" {
			g.PerMinute = form.PerMinute
		}
		about.Datasets = append(about.Datasets, g)
	}
	return about, nil
}

// Do asks c of an agreement. Seen is the revision that whoever asks has seen; 0
// if he does not say. Whoever may not see it is told that there is none. What
// takes a signature is asked by [Service.Sign].
func (s *Service) Do(ctx context.Context, who permit.Actor, agreementID string, seen int, c Command) (View, error) {
	return s.do(ctx, who, agreementID, seen, c, false)
}

// Proof is by what somebody proves again that it is he.
type Proof struct {
	Present string `json:"present"` // password
	Code    string `json:"code"`    // of the second factor
}

// Sign asks c, which signs, of an agreement, once who has proved himself again
// by password and second factor. It tells every fault at once, those of the
// proof among them; what is not to be signed at all takes no password.
func (s *Service) Sign(ctx context.Context, who permit.Actor, agreementID string, seen int, c Command, proof Proof) (v View, err error) {
	var faults problem.List
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, agreementID)
		if err != nil {
			return err
		}
		f, err := s.facts(tx, who, r.Agreement, c)
		if err != nil {
			return err
		}
		f.Proved = true
		_, err = Decide(f, r.Agreement, c)
		return err
	})
	if !gather(&faults, err) {
		return v, err
	}
	if err = s.Prover.ProveAgain(ctx, who, proof.Present, proof.Code); !gather(&faults, err) {
		return v, err
	}
	if err := faults.Err(); err != nil {
		return v, err
	}
	return s.do(ctx, who, agreementID, seen, c, true)
}

// gather adds the faults of err, and reports whether it is nothing else.
func gather(all *problem.List, err error) bool {
	if err == nil {
		return true
	}
	told := problem.As(err)
	if told == nil || told.Kind != problem.Invalid || len(told.Fields) == 0 {
		return false
	}
	for _, f := range told.Fields {
		all.Add(f.Pointer, f.Code, pairs(f.Args)...)
	}
	return true
}

func pairs(args map[string]any) (all []any) {
	for k, v := range args {
		all = append(all, k, v)
	}
	return all
}

func (s *Service) do(ctx context.Context, who permit.Actor, agreementID string, seen int, c Command, proved bool) (v View, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, agreementID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			lines, err := ledger.History(tx, Stream(r.ID))
			if err != nil {
				return err
			}
			return ledger.Moved(s.Notices.Words, "agreement.moved", lines, seen)
		}
		_, err = s.move(tx, who, r, c, proved)
		return err
	})
	if err != nil {
		return v, err
	}
	return s.View(ctx, who, agreementID)
}

func (s *Service) see(tx *database.Tx, who permit.Actor, agreementID string) (row, error) {
	r, err := load(tx, agreementID)
	if err == nil && !MaySee(who, r.Agreement) {
		return row{}, notFound()
	}
	return r, err
}

// move decides, saves and appends, and does what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command, proved bool) (row, error) {
	f, err := s.facts(tx, who, before.Agreement, c)
	if err != nil {
		return before, err
	}
	f.Proved = proved
	events, err := Decide(f, before.Agreement, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Agreement = Evolve(after.Agreement, e)
	}
	after.revision += len(events)
	if err := save(tx, after, before.revision); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if err := s.keep(tx, after.Agreement, f, events); err != nil {
		return before, err
	}
	return after, s.tell(tx, before, after, events)
}

// keep keeps the text that an event gives, and the seal of one that both sides
// have signed.
func (s *Service) keep(tx *database.Tx, a Agreement, f Facts, events []Event) (err error) {
	for _, e := range events {
		switch e.(type) {
		case Generated, Proposed, Amending:
			hash, clauses := a.SHA256, a.Clauses
			if a.Change != nil {
				hash, clauses = a.Change.SHA256, a.With(a.Change.Edits)
			}
			text, terr := s.text(tx, a, f.Template, clauses)
			err = errors.Join(err, terr)
			if err == nil {
				err = saveText(tx, a.ID, hash, s.Box.Seal(text, a.ID))
			}
		case Effective:
			err = errors.Join(err, saveDatasets(tx, a), s.seal(tx, a))
		case Amended:
			err = errors.Join(err, s.seal(tx, a))
		}
	}
	return err
}

// facts gathers what the rules need for c.
func (s *Service) facts(tx *database.Tx, who permit.Actor, a Agreement, c Command) (f Facts, err error) {
	f = Facts{Who: Parts(who, a), Now: s.Clock.Now(), Today: s.today()}
	clauses := a.Clauses
	switch c := c.(type) {
	case Ring, Recount, Expire, Lapse:
		return f, nil
	case Generate:
		if f.Template, err = current(s.templates, f.Today); err != nil {
			return f, err
		}
		a = Agreement{ID: c.ID, Number: c.Number, Subject: c.Subject}
		clauses = f.Template.Fill(c.Number, c.Subject)
		if f.Signing, err = deadline.Start(s.Book(), TermSigning, SigningSteps, f.Today); err != nil {
			return f, err
		}
	case Propose:
		clauses = a.With(c.Edits)
	case Amend:
		clauses = a.With(c.Edits)
	}
	if _, made := c.(Generate); !made {
		f.Template = s.templates[a.Template-1]
		if f.Approved, err = s.approvedOf(tx, a); err != nil {
			return f, err
		}
	}
	switch c.(type) {
	case Generate, Propose, Amend:
		text, err := s.text(tx, a, f.Template, clauses)
		if err != nil {
			return f, err
		}
		f.Next = Hash(text)
	case Sign:
		f.Countersign, err = deadline.Start(s.Book(), TermCountersign, CountersignSteps, f.Today)
	case Countersign:
		f.WarnDays = map[string]int{}
		for _, name := range Warnings {
			t, err := s.Book().Find("agreement."+name, f.Today)
			if err != nil {
				return f, err
			}
			f.WarnDays[name] = t.Length
		}
	}
	return f, err
}

// approvedOf reads what was approved of a again.
func (s *Service) approvedOf(tx *database.Tx, a Agreement) (Subject, error) {
	orders, err := s.Reviews.OrdersTx(tx, permit.Platform, a.Application)
	if err != nil {
		return Subject{}, err
	}
	i := slices.IndexFunc(orders, func(o review.Order) bool { return o.ID == a.Order })
	if i < 0 {
		return Subject{}, notFound()
	}
	return s.approved(tx, orders[i])
}

// text writes the text of a, with the applicant's name as it was approved.
func (s *Service) text(tx *database.Tx, a Agreement, form Template, clauses []Clause) (string, error) {
	shown, err := s.Applications.ShowTx(tx, permit.Platform, a.Application, nil)
	if err != nil {
		return "", err
	}
	return form.Write(locale.ZH, a.Number, a.Subject, shown.Identity.Name, clauses), nil
}

// Hash is the SHA-256 of a text, in hexadecimal.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }
