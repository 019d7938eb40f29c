package yearlyreview

import (
	"context"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// View is a review as somebody who may see it sees it, with a page of its items.
type View struct {
	Review    Review        `json:"review"` // without its items
	Revision  int           `json:"revision"`
	Name      locale.Text   `json:"name"` // of the publisher
	Tally     Tally         `json:"tally"`
	Turn      string        `json:"turn"` // see Review.Turn
	Left      deadline.Left `json:"left,omitzero"`
	ChangedAt time.Time     `json:"changed_at"`
	Can       []string      `json:"can"` // verbs that are open to the reader
	Items     []Shown       `json:"items"`
	Next      string        `json:"next,omitempty"`    // to be asked for as after; "" at the end
	Unbegun   []Item        `json:"unbegun,omitempty"` // once it is reviewed: whose work order is still to be begun
	// Named are the titles of the items that the reasons of a return name.
	Named   map[string]locale.Text `json:"named,omitempty"`
	History []Line                 `json:"history"` // oldest first
}

// Shown is an item with what is known of it today, and what its decision lacks.
type Shown struct {
	Item
	Evidence Evidence        `json:"evidence"`
	Lacks    []problem.Field `json:"-"` // pointers within the item
}

// Line is one line of a review's history.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"` // account
}

// Word is the event's name within this package, e.g. "signed".
func (l Line) Word() string { return strings.TrimPrefix(l.Kind, "yearlyreview.") }

// Shows are the parts of a review that can be asked for.
var Shows = []string{"all", "lacking", "listed", "unopened", "orders"}

// Wanted is the part of a review that is asked for.
type Wanted struct {
	Show  string // of Shows; "" for all
	After string // id of an item
	Limit int    // 0 for no items
}

func (w Wanted) takes(i Item) bool {
	switch w.Show {
	case "lacking":
		return !i.Gone && !i.Decided()
	case "listed", "unopened":
		return string(i.Kind) == w.Show
	case "orders":
		return !i.Gone && i.Verdict.Orders()
	}
	return true
}

// View returns a review and a page of its items.
func (s *Service) View(ctx context.Context, who permit.Actor, reviewID string, w Wanted) (v View, err error) {
	if w.Show != "" && !slices.Contains(Shows, w.Show) {
		var l problem.List
		l.Add("/show", "yearlyreview.unknown_show", "show", w.Show)
		return v, l.Err()
	}
	var r row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if r, err = s.see(tx, who, reviewID); err == nil {
			v, err = s.view(tx, who, r)
		}
		return err
	})
	if err != nil || w.Limit == 0 {
		return v, err
	}
	page := r.page(w)
	if len(page) > w.Limit {
		page = page[:w.Limit]
		v.Next = page[w.Limit-1].ID
	}
	known, err := s.evidence(ctx, r.Review, page)
	if err != nil {
		return v, err
	}
	for _, i := range page {
		x := Shown{Item: i, Evidence: known[i.ID]}
		if !i.Gone {
			for _, f := range i.Lacks() {
				x.Lacks = append(x.Lacks, problem.Field{Pointer: "/" + f[0], Code: f[1]})
			}
		}
		v.Items = append(v.Items, x)
	}
	return v, nil
}

// page returns the wanted items after the one that is named, one more than the
// limit if there are more.
func (r Review) page(w Wanted) (page []Item) {
	for _, i := range r.Items[r.Item(w.After)+1:] {
		if w.takes(i) && len(page) <= w.Limit {
			page = append(page, i)
		}
	}
	return page
}

func (s *Service) view(tx *database.Tx, who permit.Actor, r row) (v View, err error) {
	v = View{Review: r.Review, Revision: r.revision, Tally: r.Tally(), Turn: r.Turn(), ChangedAt: r.changed, Can: Can(who.For(r.Body), r.Review), Items: []Shown{}}
	if r.Stage == StageReviewed {
		for _, id := range r.Unbegun() {
			v.Unbegun = append(v.Unbegun, r.Items[r.Item(id)])
		}
	}
	for _, f := range r.Faults {
		if i := r.Item(f.Item); i >= 0 {
			if v.Named == nil {
				v.Named = map[string]locale.Text{}
			}
			v.Named[f.Item] = r.Items[i].Title
		}
	}
	v.Review.Items = nil
	o, err := s.Organisations.GetTx(tx, permit.Platform, r.Body)
	if err != nil {
		return v, err
	}
	v.Name = o.Name
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return v, err
	}
	for _, l := range lines {
		if l.Kind != (Decided{}).Kind() && l.Kind != (Recounted{}).Kind() {
			v.History = append(v.History, Line{Kind: l.Kind, At: l.At, Actor: l.Actor})
		}
	}
	v.Left, err = r.Clock.Left(s.Book().Calendar(), s.today())
	return v, err
}

// Listing is one review in a list.
type Listing struct {
	ID        string        `json:"id"`
	Body      string        `json:"body"`
	Name      locale.Text   `json:"name"`
	Year      int           `json:"year"`
	Stage     Stage         `json:"stage"`
	Turn      string        `json:"turn"`
	Due       string        `json:"due"`
	Left      deadline.Left `json:"left,omitzero"`
	Late      bool          `json:"late,omitempty"`
	SignedOn  string        `json:"signed_on,omitempty"`
	Tally     Tally         `json:"tally"`
	Share     float64       `json:"share"` // decided, 0 to 1
	ChangedAt time.Time     `json:"changed_at"`
}

// Listings is the answer of the lists.
type Listings struct {
	Year  int       `json:"year,omitempty"` // 0 for all
	Items []Listing `json:"items"`
	Share float64   `json:"share"` // decided of everything, 0 to 1
	// Signed and Late are how many reviews the publishers have answered for,
	// and how many they have not, or not in time.
	Signed int `json:"signed"`
	Late   int `json:"late"`
}

// Mine returns the reviews of the body that who acts for, the newest year first.
func (s *Service) Mine(ctx context.Context, who permit.Actor) (Listings, error) {
	if err := MayWork.Asked(who); err != nil {
		return Listings{}, err
	}
	return s.listings(ctx, 0, `WHERE body_id = ? ORDER BY year DESC`, who.Organisation)
}

// All returns every publisher's review of a year, for those who oversee: what
// is late first, then what is least complete.
func (s *Service) All(ctx context.Context, who permit.Actor, year int) (Listings, error) {
	if err := MayOversee.Asked(who); err != nil {
		return Listings{}, err
	}
	x, err := s.listings(ctx, year, `WHERE year = ? ORDER BY body_id`, year)
	slices.SortStableFunc(x.Items, func(a, b Listing) int {
		switch {
		case a.overdue() != b.overdue():
			if a.overdue() {
				return -1
			}
			return 1
		case a.Share < b.Share:
			return -1
		case a.Share > b.Share:
			return 1
		}
		return 0
	})
	return x, err
}

func (l Listing) overdue() bool { return l.Late && l.SignedOn == "" }

func (s *Service) listings(ctx context.Context, year int, rest string, args ...any) (x Listings, err error) {
	x = Listings{Year: year, Items: []Listing{}}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, rest, args...)
		if err != nil {
			return err
		}
		calendar, today := s.Book().Calendar(), s.today()
		var whole Tally
		for _, r := range rows {
			o, err := s.Organisations.GetTx(tx, permit.Platform, r.Body)
			if err != nil {
				return err
			}
			l := Listing{ID: r.ID, Body: r.Body, Name: o.Name, Year: r.Year, Stage: r.Stage, Turn: r.Turn(), Due: string(r.Due), Late: r.Late, SignedOn: string(r.SignedOn), Tally: r.tally, Share: r.tally.Share(), ChangedAt: r.changed}
			if l.Left, err = r.Clock.Left(calendar, today); err != nil {
				return err
			}
			whole.Items += r.tally.Items
			whole.Decided += r.tally.Decided
			if r.SignedOn != "" {
				x.Signed++
			}
			if r.Late {
				x.Late++
			}
			x.Items = append(x.Items, l)
		}
		x.Share = whole.Share()
		return nil
	})
	return x, err
}

// Waiting returns how many reviews wait for who.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (n int, err error) {
	var all Listings
	switch {
	case who.Has(permit.AutOfficer):
		all, err = s.listings(ctx, 0, `WHERE stage = 'signed'`)
	case MayWork.Asked(who) == nil:
		all, err = s.Mine(ctx, who)
	}
	for _, l := range all.Items {
		if l.Turn == "authority" && who.Has(permit.AutOfficer) || l.Turn == "lead" && who.Has(permit.OpnLead) || l.Turn == "publisher" && who.Has(permit.OpnEditor) {
			n++
		}
	}
	return n, err
}
