package yearlyreview

import (
	"cmp"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
)

// WithdrawGrounds are the grounds from which one chooses for Withdraw. That it
// cannot be updated any more stands among them to be answered: it is refused,
// and Static offered. Article 10(1).
func WithdrawGrounds() []string {
	return slices.DeleteFunc(slices.Clone(adjustment.Grounds), func(g string) bool { return g == adjustment.Merged })
}

// ground is what is wrong with the ground of a withdrawal, as far as one is
// said.
func ground(x Choice) []problem.Field {
	if x.Ground == "" {
		return nil
	}
	if !slices.Contains(WithdrawGrounds(), x.Ground) {
		return []problem.Field{{Pointer: "/ground", Code: "yearlyreview.unknown_ground"}}
	}
	faults := adjustment.GroundFaults(x.Item, adjustment.Content{Ground: x.Ground}, false)
	for n := range faults {
		if faults[n].Code == "adjustment.make_static" {
			faults[n].Code = "yearlyreview.make_static" // the same, with the way to do it here
		}
	}
	return faults
}

// beginOrders begins the work orders of decisions, or links those that have
// begun: all of them, or none with every reason.
func (s *Service) beginOrders(tx *database.Tx, who permit.Actor, r row, c Begin) (row, error) {
	f := Facts{Who: who.For(r.Body), Today: s.today(), Refused: map[string][]problem.Field{}}
	if _, err := Decide(f, r.Review, c); err != nil {
		return r, err
	}
	c.Begins = slices.Clone(c.Begins)
	for n := range c.Begins {
		x := &c.Begins[n]
		item := r.Items[r.Item(x.Item)]
		at := "/item"
		if item.Verdict.New() {
			at = "/entry"
		} else {
			x.Entry = ""
		}
		err := s.beginOrder(tx, who, r.Body, item, x)
		if p := problem.As(err); p != nil {
			f.Refused[x.Item] = []problem.Field{{Pointer: at, Code: p.Code, Args: p.Args}}
			continue
		}
		if err != nil {
			return r, err
		}
	}
	return s.decide(tx, who, r, c, f)
}

// beginOrder begins the order of one decision. An entry that has left the list
// since needs none.
func (s *Service) beginOrder(tx *database.Tx, who permit.Actor, body string, i Item, x *Begun) (err error) {
	slug := cmp.Or(x.Entry, i.ID)
	e, err := s.Entries.GetTx(tx, who, slug)
	if err != nil {
		return err
	}
	if e.Publisher != body {
		return problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	if !i.Verdict.New() && !e.Listed() {
		x.NoOrder = true
		return nil
	}
	w := adjustment.Wish{Entry: slug, Content: adjustment.Content{Reason: i.Reason}}
	switch i.Verdict {
	case Open, OpenAfter:
		w.Kind = adjustment.List
	case Withdraw:
		w.Kind, w.Ground = adjustment.Withdraw, i.Ground
	case Merge:
		w.Kind, w.Ground, w.Into = adjustment.Withdraw, adjustment.Merged, i.Into
	case Static:
		w.Kind, w.Shape = adjustment.Change, func(d *openlist.Description) {
			d.Frequency = openlist.StaticCode
			d.Period.To = cmp.Or(d.Period.To, i.Seen.UpdatedOn)
		}
	default:
		w.Kind = adjustment.Change
	}
	x.Order, err = s.Orders.BeginTx(tx, who, w)
	return err
}
