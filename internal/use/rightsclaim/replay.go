package rightsclaim

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Filed{}, Asked{}, Attached{}, Suspended{}, Verified{}, Refused{}, Extended{}, Withdrawing{}, Resumed{}, Processing{}, Reopened{},
	Linked{}, Deleted{}, Closed{}, Erased{}, Rang{}, Recounted{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Case], error) {
			return ledger.Row[Case]{Stream: Stream(r.ID), Revision: r.revision, State: r.Case}, nil
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}
