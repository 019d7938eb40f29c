package organisation

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it, and returns the
// number of rows; one that is older than its history counts and is not
// checked. See [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx)
		if err != nil {
			return err
		}
		row := func(o Organisation) (ledger.Row[Organisation], error) {
			return ledger.Row[Organisation]{Stream: Stream(o.ID), Revision: o.Revision, State: o}, nil
		}
		n, err = ledger.Replay(tx, all, row, Evolve, Entered{}, Adopted{}, Changed{}, Verified{}, Activated{}, Suspended{}, Resumed{})
		return err
	})
	return n, err
}
