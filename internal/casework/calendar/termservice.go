package calendar

import (
	"cmp"
	"context"
	"slices"

	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// DoTerm is [Service.Do] for a term: EnterTerm, Confirm, Discard.
func (s *Service) DoTerm(ctx context.Context, who permit.Actor, termID string, c Command) (t Term, err error) {
	if err := TermTable.Rule("calendar", c.Verb()).Asked(who); err != nil {
		return t, err
	}
	var names []string
	for _, n := range s.delivered {
		names = append(names, n.Name)
	}
	err = s.db.Write(ctx, func(tx *database.Tx) error {
		before, revision := Term{}, 0
		if termID != "" {
			if before, revision, err = loadTerm(tx, termID); err != nil {
				return err
			}
		}
		events, err := DecideTerm(TermFacts{Facts{Who: who, Now: s.clock.Now(), ID: s.ids.Make("trm")}, names}, before, c)
		if err != nil {
			return err
		}
		t = before
		for _, e := range events {
			t = EvolveTerm(t, e)
		}
		if err := saveTerm(tx, t, revision, revision+len(events)); err != nil {
			return err
		}
		return ledger.Append(tx, Stream(t.ID), revision, who, s.clock.Now(), id.Trace(tx.Context()), events)
	})
	if err != nil {
		return t, err
	}
	return t, s.refresh(ctx)
}

func (s *Service) effective(tx *database.Tx) ([]terms.Term, error) {
	all, err := entered(tx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t Term) bool { return t.Stage != StageInForce })
	slices.SortFunc(all, func(a, b Term) int { return cmp.Or(cmp.Compare(a.ConfirmedAt, b.ConfirmedAt), cmp.Compare(a.ID, b.ID)) })
	var first, confirmed []terms.Term
	for _, t := range s.delivered {
		first = append(first, t.Term)
	}
	for _, t := range all {
		confirmed = append(confirmed, t.Term())
	}
	return Effective(first, confirmed), nil
}

// Terms returns every term that was entered, the newest first.
func (s *Service) Terms(ctx context.Context, who permit.Actor) (all []Term, err error) {
	if err := Look.Asked(who); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err = entered(tx)
		return err
	})
	slices.Reverse(all)
	return all, err
}
