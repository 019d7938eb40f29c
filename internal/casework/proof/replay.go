package proof

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
		of := func(id string) (ledger.Row[Case], error) {
			r, err := load(tx, id)
			return ledger.Row[Case]{Stream: Stream(id), Revision: r.revision, State: r.Case}, err
		}
		n, err = ledger.Replay(tx, all, of, Evolve, Opened{}, Filled{}, Submitted{}, Recounted{}, Withdrawn{}, Accepted{}, Returned{},
			Refused{}, Lapsed{}, Erased{})
		return err
	})
	return n, err
}

// everything returns the id of every case.
func everything(tx *database.Tx) (all []string, err error) {
	for last := ""; ; {
		rows, err := list(tx, `id > ? ORDER BY id`, last)
		if err != nil || len(rows) == 0 {
			return all, err
		}
		for _, r := range rows {
			all, last = append(all, r.ID), r.ID
		}
	}
}
