package debug

import (
	"context"
	"slices"
	"strconv"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/schedule"
	"kaishu/internal/open/version"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/layout"
)

// Tools are what the pages work with.
type Tools struct {
	Actor         func(ctx context.Context, account string) (permit.Actor, error)
	DB            *database.DB
	Entries       *openlist.Service
	Versions      *version.Service
	Schedules     *schedule.Service
	Accounts      *account.Service
	Organisations *organisation.Service
	Rules         *platformrules.Service
	Proofs        *proof.Service
	Calendar      *calendar.Service
	Layout        *layout.Layout
}

// Case is one thing, and the workflow that moves it.
type Case struct {
	Name  string            // e.g. "seattle-daily-weather · 1"
	Stage string            // code; "" for none yet
	Of    permit.Thing      // whose it is
	Did   map[string]string // verb → doer

	moves  func(verb string) bool // some row does verb; nil if nothing moves the thing
	steps  func(verb string, who permit.Actor) []flow.Why
	permit func(verb string, who permit.Actor) error
}

func caseOf[S ~string](name string, t flow.Table[S], at S, of permit.Thing, did map[string]string) *Case {
	return &Case{Name: name, Stage: string(at), Of: of, Did: did, moves: t.Has,
		steps:  func(verb string, who permit.Actor) []flow.Why { return t.Explain(at, verb, who, did) },
		permit: func(verb string, who permit.Actor) error { return t.Permit(at, verb, who, did) }}
}

// all is whoever may look at everything: the answers are for developers.
var all = permit.Actor{Account: "clock", Roles: append(slices.Clone(permit.OfficeRoles), permit.Clock)}

// find finds the thing that is asked about, seen as the platform sees it; nil
// if none is named.
func (s *Service) find(ctx context.Context, concept string, q question) (*Case, error) {
	switch {
	case q.Slug != "":
		return s.dataset(ctx, concept, q)
	case q.Thing == "":
		return nil, nil
	}
	switch concept {
	case "account":
		return s.account(ctx, q.Thing)
	case "organisation":
		o, err := s.Organisations.Get(ctx, permit.Platform, q.Thing)
		return caseOf(q.Thing, organisation.Table, o.Stage, permit.Thing{Body: o.ID, District: o.District}, o.Did), err
	case "platformrules":
		n, err := number("/thing", q.Thing)
		if err != nil {
			return nil, err
		}
		r, err := s.Rules.Get(ctx, all, n)
		return caseOf(q.Thing, platformrules.Table, r.Stage, permit.Thing{}, r.Did), err
	case "proof":
		v, err := s.Proofs.View(ctx, permit.Platform, q.Thing)
		return caseOf(q.Thing, proof.Table, v.Case.Stage, permit.Thing{Account: v.Case.Applicant}, v.Case.Did), err
	case "calendar":
		notices, err := s.Calendar.Notices(ctx, all)
		for _, n := range notices {
			if n.ID == q.Thing {
				return caseOf(q.Thing, calendar.Table, n.Stage, permit.Thing{}, n.Did), nil
			}
		}
		if err != nil {
			return nil, err
		}
	}
	var wrong problem.List
	wrong.Add("/thing", "debug.unknown_thing", "concept", concept)
	return nil, wrong.Err()
}

// account finds an account: of its own things, and of the body of its first
// membership.
func (s *Service) account(ctx context.Context, id string) (c *Case, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		h, err := s.Accounts.HolderTx(tx, permit.Platform, id)
		of := permit.Thing{Account: id}
		if len(h.Memberships) > 0 {
			of.Body = h.Memberships[0].Organisation
		}
		c = caseOf(id, account.Table, h.Stage, of, h.Did)
		return err
	})
	return c, err
}

// dataset finds an entry, a version of it, or its schedule.
func (s *Service) dataset(ctx context.Context, concept string, q question) (*Case, error) {
	e, err := s.Entries.Get(ctx, permit.Platform, q.Slug)
	if err != nil {
		return nil, err
	}
	of := permit.Thing{Body: e.Publisher}
	if body, err := s.Organisations.Get(ctx, permit.Platform, e.Publisher); err == nil {
		of.District = body.District
	}
	switch {
	case concept == "schedule":
		near := all
		near.Organisation = e.Publisher
		x, err := s.Schedules.Get(ctx, near, q.Slug)
		return caseOf(q.Slug, schedule.Table, x.Stage, of, x.Did), err
	case q.Number != "":
		n, err := number("/number", q.Number)
		if err != nil {
			return nil, err
		}
		v, err := s.Versions.Find(ctx, permit.Platform, q.Slug, n)
		c := caseOf(q.Slug+" · "+q.Number, version.Table, v.Stage, of, v.Did)
		if concept != "version" {
			c.moves = nil
		}
		return c, err
	}
	c := caseOf(q.Slug, openlist.Table, e.Stage, of, e.Did)
	if concept != "openlist" {
		c.moves = nil
	}
	return c, nil
}

func number(pointer, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		var wrong problem.List
		wrong.Add(pointer, "web.not_an_integer", "value", text)
		return 0, wrong.Err()
	}
	return n, nil
}
