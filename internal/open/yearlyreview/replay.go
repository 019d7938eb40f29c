package yearlyreview

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Opened{}, Decided{}, Added{}, Completed{}, GivenBack{}, Signed{}, Returned{}, Accepted{}, OrdersBegun{}, Closed{}, Refreshed{}, Rang{}, Recounted{}}

// Replay checks that every review, with its items, is what its events make it,
// see [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := withItems(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Review], error) {
			return ledger.Row[Review]{Stream: Stream(r.ID), Revision: r.revision, State: r.Review}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}
