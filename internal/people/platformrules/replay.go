package platformrules

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Rules], error) {
			return ledger.Row[Rules]{Stream: Stream(r.Number), Revision: r.revision, State: r.Rules}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, Written{}, Installed{}, Published{}, TookEffect{}, Superseded{})
		return err
	})
	return n, err
}
