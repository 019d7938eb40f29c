package version

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := everything(tx)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Version], error) {
			return ledger.Row[Version]{Stream: Stream(r.ID), Revision: r.revision, State: r.Version}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, Received{}, Rereading{}, Profiled{}, FileRefused{}, Blocked{}, Waived{}, Ruled{}, Freed{},
			Staged{}, Returned{}, Discarded{}, Released{}, Superseded{}, Recalled{})
		return err
	})
	return n, err
}
