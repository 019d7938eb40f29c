package adjustment

import (
	"encoding/json"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
)

// Wish is an order that a decision made elsewhere asks for, such as that of the
// yearly review (Article 10).
type Wish struct {
	Entry   string // slug
	Kind    Kind
	Content                             // Proposed is left to Shape
	Shape   func(*openlist.Description) // what a Change makes of the entry; nil for nothing yet
}

// BeginTx begins the order that w asks for, or finds the one that asks for it
// already: an open one of the same kind, or for a listed entry the one that
// listed it. It fails as [Service.Open] does.
func (s *Service) BeginTx(tx *database.Tx, who permit.Actor, w Wish) (order string, err error) {
	e, err := s.Entries.GetTx(tx, who, w.Entry)
	if err != nil {
		return "", err
	}
	if r, open, err := openOrder(tx, w.Entry); err != nil || open && r.Kind == w.Kind && r.Body == e.Publisher {
		return r.ID, err
	}
	if w.Kind == List && e.Listed() && e.Order != "" {
		return e.Order, nil
	}
	if w.Kind == Change {
		d := e.Description
		if w.Shape != nil {
			w.Shape(&d)
		}
		if w.Proposed, err = json.Marshal(d); err != nil {
			return "", fmt.Errorf("encode description of %s: %w", w.Entry, err)
		}
	}
	c := Draft{ID: s.IDs.Make("adj"), Entry: w.Entry, Body: e.Publisher, Kind: w.Kind, Content: w.Content}
	r, err := s.move(tx, who, row{Order: Order{Entry: w.Entry, Body: e.Publisher, Kind: w.Kind, Content: c.Content}}, c)
	return r.ID, err
}

// ChangedOnTx returns the day on which an order last changed the entry; "" for
// none.
func (s *Service) ChangedOnTx(tx *database.Tx, _ permit.Actor, slug string) (workday.Date, error) {
	all, err := list(tx, `WHERE stage = 'effective' AND entry = ? ORDER BY id DESC LIMIT 1`, slug)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].EffectOn, nil
}
