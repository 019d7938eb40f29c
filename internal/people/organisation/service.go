package organisation

import (
	"context"
	"embed"
	"slices"

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

// Service keeps the bodies.
type Service struct {
	db *database.DB
	// Clock tells when something was done; the machine's, if it is not set
	// before the first use.
	Clock clock.Clock
}

// New returns the service on db.
func New(db *database.DB) *Service { return &Service{db: db, Clock: clock.System{}} }

// Stream is the ledger stream of the body called id.
func Stream(id string) string { return "organisation/" + id }

// Put enters o as a body that takes part, or brings the body of that id up to
// date: that is how the platform is delivered with bodies. What o leaves out
// of code, parent, district and contact stays as it is; if nothing is new,
// nothing is written.
func (s *Service) Put(ctx context.Context, who permit.Actor, o Organisation) error {
	if err := Keep.Asked(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		before, err := load(tx, o.ID)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		next := kept(before, o.Particulars())
		if before.Revision > 0 && before.Particulars() == next {
			return nil
		}
		_, err = s.do(tx, who, before, Adopt{ID: o.ID, Particulars: next})
		return err
	})
}

// kept returns p with what it leaves out as it was before.
func kept(before Organisation, p Particulars) Particulars {
	if p.Level == District && p.District == "" {
		p.District = districtIn(p.Name.ZH)
	}
	if p.District == "" && before.Level == p.Level {
		p.District = before.District
	}
	if p.USCC == "" {
		p.USCC = before.USCC
	}
	if p.Parent == "" {
		p.Parent = before.Parent
	}
	if p.Contact == (Contact{}) {
		p.Contact = before.Contact
	}
	return p
}

// Enter begins a body, which must then prove itself.
func (s *Service) Enter(ctx context.Context, who permit.Actor, c Enter) (o Organisation, err error) {
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		o, err = s.do(tx, who, Organisation{}, c)
		return err
	})
	return o, err
}

// Do asks c of the body called id on behalf of who.
func (s *Service) Do(ctx context.Context, who permit.Actor, id string, c Command) (o Organisation, err error) {
	if err := Table.Rule("organisation", c.Verb()).Asked(who); err != nil {
		return o, err
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		before, err := load(tx, id)
		if err != nil {
			return err
		}
		o, err = s.do(tx, who, before, c)
		return err
	})
	return o, err
}

func (s *Service) do(tx *database.Tx, who permit.Actor, before Organisation, c Command) (Organisation, error) {
	places, err := places(tx)
	if err != nil {
		return before, err
	}
	events, err := Decide(Facts{Who: who, Bodies: places, Districts: districtCodes()}, before, c)
	if err != nil {
		return before, err
	}
	o := before
	for _, e := range events {
		o = Evolve(o, e)
	}
	if err := save(tx, o, before.Revision); err != nil {
		return before, err
	}
	return o, ledger.Append(tx, Stream(o.ID), before.Revision, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// Get returns the body called id, or problem.NotFound. Bodies that take part
// are public.
func (s *Service) Get(ctx context.Context, who permit.Actor, id string) (o Organisation, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		o, err = load(tx, id)
		return err
	})
	if err == nil && !MaySee(who, o) {
		err = notFound(id)
	}
	if err != nil {
		return Organisation{}, err
	}
	return o, nil
}

// List returns every body that who may see, by id.
func (s *Service) List(ctx context.Context, who permit.Actor) (all []Organisation, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = list(tx)
		return err
	})
	return slices.DeleteFunc(all, func(o Organisation) bool { return !MaySee(who, o) }), err
}

// District returns the code of the district in which the body called id, or
// else the nearest body above it, stands; "" if none does, or there is no such
// body.
func (s *Service) District(ctx context.Context, _ permit.Actor, id string) (code string, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := places(tx)
		if err != nil {
			return err
		}
		for at, steps := id, 0; at != "" && steps <= len(all); at, steps = all[at].Parent, steps+1 {
			if code = all[at].District; code != "" {
				return nil
			}
		}
		return nil
	})
	return code, err
}

// Node is a body in the tree, or a district with the bodies under it.
type Node struct {
	District DistrictName // of a node that stands for a district
	Body     Organisation // of a node that stands for a body
	Depth    int          // 0 at the top
}

// Tree returns the bodies that who may see as the city's tree, in reading
// order: bodies of the state and the city, then each district that has
// bodies, then those of the public realm. A body whose parent is not seen
// stands where it would without one.
func (s *Service) Tree(ctx context.Context, who permit.Actor) ([]Node, error) {
	all, err := s.List(ctx, who)
	if err != nil {
		return nil, err
	}
	return Arrange(all), nil
}
