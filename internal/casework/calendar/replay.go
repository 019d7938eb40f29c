package calendar

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every notice and term is what its events make it, and
// returns how many there are, see [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := notices(tx)
		if err != nil {
			return err
		}
		n, err = ledger.Replay(tx, all, func(n Notice) (ledger.Row[Notice], error) {
			n, revision, err := loadNotice(tx, n.ID)
			return ledger.Row[Notice]{Stream: Stream(n.ID), Revision: revision, State: n}, err
		}, Evolve, Entered{}, Changed{}, Discarded{}, Replaced{})
		if err != nil {
			return err
		}
		terms, err := entered(tx)
		if err != nil {
			return err
		}
		more, err := ledger.Replay(tx, terms, func(t Term) (ledger.Row[Term], error) {
			t, revision, err := loadTerm(tx, t.ID)
			return ledger.Row[Term]{Stream: Stream(t.ID), Revision: revision, State: t}, err
		}, EvolveTerm, TermEntered{}, TermConfirmed{}, TermDiscarded{})
		n += more
		return err
	})
	return n, err
}
