package condition

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Drafted{}, Filled{}, Proposed{}, Endorsed{}, Accepted{}, Returned{}, Discarded{}, Superseded{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		var all []row
		for last := ""; ; last = all[len(all)-1].ID {
			some, err := list(tx, `id > ? ORDER BY id`, last)
			if err != nil {
				return err
			}
			if all = append(all, some...); len(some) == 0 {
				break
			}
		}
		of := func(r row) (ledger.Row[Set], error) {
			return ledger.Row[Set]{Stream: Stream(r.ID), Revision: r.revision, State: r.Set}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}
