package adjustment

import (
	"context"
	"strings"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// View is an order as somebody who may see it sees it.
type View struct {
	Order     Order         `json:"order"`
	Revision  int           `json:"revision"` // to be named by whoever acts on it
	Title     locale.Text   `json:"title"`    // of the entry
	Turn      string        `json:"turn"`     // see Order.Turn
	Left      deadline.Left `json:"left,omitzero"`
	ChangedAt time.Time     `json:"changed_at"`
	Can       []string      `json:"can"` // verbs that are open to the reader
	// Checks are what the gates find of the entry as the order would have it,
	// now; nil for an order that withdraws, or that is over.
	Checks  *Compliance `json:"-"`
	History []Line      `json:"history,omitempty"` // oldest first
}

// Line is one line of an order's history.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor,omitempty"` // account, for those who work with orders
}

// Word is the event's name within this package, e.g. "submitted".
func (l Line) Word() string { return strings.TrimPrefix(l.Kind, "adjustment.") }

// View returns an order.
func (s *Service) View(ctx context.Context, who permit.Actor, orderID string) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err == nil {
			v, err = s.view(tx, who, r)
		}
		return err
	})
	return v, err
}

// Current returns the order of the entry that somebody works on, and whether
// there is one that who may see.
func (s *Service) Current(ctx context.Context, who permit.Actor, slug string) (v View, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, open, err := openOrder(tx, slug)
		if err != nil || !open || !MaySee(who.For(r.Body), r.Order) {
			return err
		}
		ok = true
		v, err = s.view(tx, who, r)
		return err
	})
	return v, ok, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row) (v View, err error) {
	v = View{Order: r.Order, Revision: r.revision, Turn: r.Turn(), ChangedAt: r.changed}
	v.Can = Can(who.For(r.Body), r.Order)
	e, err := s.Entries.GetTx(tx, permit.Platform, r.Entry)
	if err != nil {
		return v, err
	}
	v.Title = e.Title
	works := MaySee(who.For(r.Body), Order{Stage: StageSubmitted})
	if r.Open() && r.Kind != Withdraw {
		was, d := unsaid(e), e.Description
		if r.Kind == Change {
			was = e.Description
			if d, err = r.description(); err != nil {
				return v, err
			}
		}
		if v.Order.Differences, err = Differences(was, d); err != nil {
			return v, err
		}
		checks, err := s.examine(tx, r.Entry, d)
		if err != nil {
			return v, err
		}
		v.Checks = &checks
	}
	if !works {
		v.Order.Did, v.Order.Documents, v.Order.Faults, v.Order.Proposed = nil, nil, nil, nil
	}
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return v, err
	}
	for _, l := range lines {
		if l.Kind == (Filled{}).Kind() || l.Kind == (Recounted{}).Kind() || !works && l.Kind == (Rang{}).Kind() {
			continue
		}
		line := Line{Kind: l.Kind, At: l.At}
		if works {
			line.Actor = l.Actor
		}
		v.History = append(v.History, line)
	}
	v.Left, err = r.Clock.Left(s.Book().Calendar(), workday.Of(s.Clock.Now()))
	return v, err
}

// Page is a part of a list of orders.
type Page struct {
	Items []Listing `json:"items"`
	Next  string    `json:"next,omitempty"` // to be asked for as after; "" at the end
}

// Listing is one order in a list.
type Listing struct {
	Order
	Title     locale.Text   `json:"title"`
	Turn      string        `json:"turn"`
	Left      deadline.Left `json:"left,omitzero"`
	ChangedAt time.Time     `json:"changed_at"`
	Downgrade bool          `json:"downgrade,omitempty"`
}

// Mine returns the orders of the body that who acts for, newest first.
func (s *Service) Mine(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayWork.Asked(who); err != nil {
		return p, err
	}
	return s.page(ctx, who, limit, `WHERE body_id = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, who.Organisation, after, after, limit+1)
}

// Queue returns the orders that wait for the centre or the authority, by the
// day on which they are due.
func (s *Service) Queue(ctx context.Context, who permit.Actor, after string, limit int) (p Page, err error) {
	if err := MayReview.Asked(who); err != nil {
		return p, err
	}
	day, id := "", ""
	if len(after) > 10 {
		day, id = after[:10], after[10:]
	}
	p, err = s.page(ctx, who, limit, `WHERE stage IN ('submitted','reviewing') AND (due > ? OR due = ? AND id > ?) ORDER BY due, id LIMIT ?`, day, day, id, limit+1)
	if p.Next != "" {
		p.Next = string(p.Items[len(p.Items)-1].Clock.Due.Day) + p.Next
	}
	return p, err
}

// Waiting returns how many orders wait for who: as reviewer or officer.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (n int, err error) {
	p, err := s.Queue(ctx, who, "", 200)
	for _, o := range p.Items {
		if o.Turn == "authority" && who.Has(permit.AutOfficer) || o.Turn == "centre" && who.Has(permit.CtrListReviewer) {
			n++
		}
	}
	return n, err
}

// Changes returns what took effect, newest first: of one entry, or for slug ""
// of all. It is public (Article 11, requirements A11.1).
func (s *Service) Changes(ctx context.Context, who permit.Actor, slug, after string, limit int) (p Page, err error) {
	return s.page(ctx, who, limit, `WHERE stage = 'effective' AND (? = '' OR entry = ?) AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?`, slug, slug, after, after, limit+1)
}

func (s *Service) page(ctx context.Context, who permit.Actor, limit int, rest string, args ...any) (p Page, err error) {
	p.Items = []Listing{}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, rest, args...)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			p.Next = rows[limit-1].ID
		}
		calendar, today := s.Book().Calendar(), workday.Of(s.Clock.Now())
		for _, r := range rows {
			x := Listing{Order: r.Order, Turn: r.Turn(), ChangedAt: r.changed, Downgrade: r.Downgrade()}
			x.Proposed = nil
			if !MaySee(who.For(r.Body), Order{Stage: StageSubmitted}) {
				x.Did, x.Documents, x.Faults = nil, nil, nil
			}
			e, err := s.Entries.GetTx(tx, permit.Platform, r.Entry)
			if err != nil {
				return err
			}
			x.Title = e.Title
			if x.Left, err = r.Clock.Left(calendar, today); err != nil {
				return err
			}
			p.Items = append(p.Items, x)
		}
		return nil
	})
	return p, err
}
