package account

import (
	"context"
	"embed"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
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

// Messenger takes a mail to its reader. Send is called inside the transaction
// that gives the reason, so it only keeps the mail; what it keeps is sent if
// the transaction commits.
type Messenger interface {
	Send(tx *database.Tx, m Message) error
}

// Message is a mail about an account. Its subject is the message
// "account.subject." and its text "account.mail." with Code behind.
type Message struct {
	Account string // id; "" if it is not about one
	To      string // address
	Lang    locale.Lang
	Code    string         // e.g. "recover"
	Args    map[string]any // "name", and "link" where there is one: it holds a secret
}

// Tools are what the service works with.
type Tools struct {
	DB        *database.DB
	Clock     clock.Clock
	IDs       *id.Source
	Passwords *auth.Passwords
	Box       *auth.Box
	Messenger Messenger
	Public    string // address of the platform for links in mails, e.g. https://data.example.cn
	Dev       bool   // one click signs in as anybody
}

// Service keeps accounts and all that proves them.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// mayLoad: only whoever is both administrators at once may enter an account
// whole. No account can be: it is the console, since whoever holds the shell
// of the machine holds everything anyway.
func mayLoad(who permit.Actor) error {
	if who.Has(permit.SysAdmin) && who.Has(permit.SecAdmin) {
		return nil
	}
	return problem.New(problem.Forbidden, "account.only_console")
}

// home is the id of the membership that [Service.Put] enters.
func home(account string) string { return "home-" + account }

// Put enters a with its membership, in force, or changes the account of that
// id. It is for the console and its samples; see [Service.Invite].
func (s *Service) Put(ctx context.Context, who permit.Actor, a Account) error {
	if err := mayLoad(who); err != nil {
		return err
	}
	if err := Check(a); err != nil {
		return err
	}
	stage := StageActive
	if a.realm() == Public {
		stage = StageVerified
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.enter(tx, who, a, stage) })
}

// enter writes what of a is new.
func (s *Service) enter(tx *database.Tx, who permit.Actor, a Account, stage Stage) error {
	r, err := load(tx, a.ID)
	switch {
	case problem.Is(err, problem.NotFound):
		r = row{Holder: Holder{ID: a.ID}}
	case err != nil:
		return err
	case r.Realm != a.realm():
		return problem.New(problem.Conflict, "account.realm_stays")
	default:
		stage = r.Stage
	}
	m := Membership{ID: home(a.ID), Organisation: a.Organisation, From: s.today(), By: who.Account, GrantedBy: who.Account,
		Roles: slices.DeleteFunc(slices.Clone(a.Roles), func(r permit.Role) bool { return r == permit.Person })}
	if old, ok := r.Membership(m.ID); ok {
		m.From = old.From
		if r.name == a.Name && old.Organisation == m.Organisation && slices.Equal(old.Roles, m.Roles) && old.EndedAt.IsZero() {
			return nil
		}
	}
	var p problem.List
	others := r.Holder
	others.Memberships = slices.DeleteFunc(slices.Clone(r.Memberships), func(x Membership) bool { return x.ID == m.ID })
	checkApart(&p, others, m.Roles, s.today())
	if err := p.Err(); err != nil {
		return err
	}
	r.name = a.Name
	e := Entered{Realm: a.realm(), Stage: stage}
	if len(m.Roles) > 0 {
		e.Membership = &m
	}
	return s.record(tx, who, &r, e)
}

// Get returns the account called id as it acts in its first membership that is
// in force, or problem.NotFound. People may see themselves, system
// administrators everybody.
func (s *Service) Get(ctx context.Context, who permit.Actor, id string) (a Account, err error) {
	if who.Account != id {
		if err := MayKeep.Asked(who); err != nil {
			return a, err
		}
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		a = Account{ID: r.ID, Name: r.name}
		m := first(r.Holder, s.today())
		a.Roles = rolesOf(r.Realm, r.Stage, m, nil, s.today())
		if m != nil {
			a.Organisation = m.Organisation
		}
		return nil
	})
	return a, err
}

// first returns the membership of its own in which h acts when it comes in;
// nil for none.
func first(h Holder, today workday.Date) *Membership {
	for _, m := range h.Memberships {
		if m.Behalf == "" && m.InForce(today) {
			return &m
		}
	}
	return nil
}

// Do asks c of the account called id on behalf of who. On success the new row
// and the events are both written; on error, nothing is.
func (s *Service) Do(ctx context.Context, who permit.Actor, id string, c Command) (h Holder, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if _, admits := c.(Admit); !admits || r.Realm != Public { // who is to be admitted is no member yet, and tells his id
			if err := s.maySee(who, r.Holder); err != nil {
				return err
			}
		}
		switch c.(type) {
		case Register, Invite, Confirm, Enrol: // these have ways of their own, with proofs
			return problem.New(problem.Forbidden, "flow.not_your_step")
		case Close:
			if who.Account == id { // see Shut, which asks for the password
				return problem.New(problem.Forbidden, "account.in_browser")
			}
		}
		if err := s.move(tx, who, &r, c, false); err != nil {
			return err
		}
		h = r.Holder
		return nil
	})
	return h, err
}

// move decides and records c, with what follows from it.
func (s *Service) move(tx *database.Tx, who permit.Actor, r *row, c Command, proven bool) error {
	known, err := bodyExists(tx, named(c))
	if err != nil {
		return err
	}
	f := Facts{Who: who, Now: s.Clock.Now(), New: s.IDs.Make("mem"), Body: known, Proven: proven}
	events, err := Decide(f, r.Holder, c)
	if err != nil {
		return err
	}
	if _, ok := c.(Close); ok {
		r.forget()
	}
	if err := s.record(tx, who, r, events...); err != nil {
		return err
	}
	if err := s.note(tx, r.ID, c.Verb(), who.Account, reasonOf(c)); err != nil {
		return err
	}
	switch c.(type) {
	case Suspend, Restrict:
		return s.endSignIns(tx, r.ID, "", whyClosed)
	case Close:
		return s.erase(tx, r.ID)
	}
	return nil
}

// named returns the body that c names.
func named(c Command) string {
	switch c := c.(type) {
	case Invite:
		return c.Organisation
	case Propose:
		return c.Organisation
	case Admit:
		return c.Organisation
	case Verify:
		return c.Organisation
	}
	return ""
}

func reasonOf(c Command) string {
	switch c := c.(type) {
	case End:
		return c.Reason
	case Suspend:
		return c.Reason
	case Resume:
		return c.Reason
	case Restrict:
		return c.Reason
	case Lift:
		return c.Reason
	case Close:
		return c.Reason
	}
	return ""
}

func bodyExists(tx *database.Tx, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	return organisation.Exists(tx, id)
}

// forget takes everything out of r that is about the person: the address and
// the credentials, and in the public realm the name (个人信息保护法 47).
func (r *row) forget() {
	r.email, r.password, r.factor, r.recovery = "", "", "", ""
	if r.Realm == Public {
		r.name = "—"
	}
}

// maySee: administrators, the auditor and intake see every account, people
// their own, leads those of their body. For others there is no such account.
func (s *Service) maySee(who permit.Actor, h Holder) error {
	switch {
	case who.Account == h.ID && who.Known(), who.HasAny(permit.SysAdmin, permit.SecAdmin, permit.Auditor):
		return nil
	case who.Has(permit.CtrIntake) && h.Realm == Public:
		return nil
	case who.HasAny(permit.OpnLead, permit.OrgAdmin) && who.Organisation != "":
		if slices.ContainsFunc(h.Memberships, func(m Membership) bool { return m.Organisation == who.Organisation && m.Open(s.today()) }) {
			return nil
		}
	}
	return problem.New(problem.NotFound, "account.not_found")
}
