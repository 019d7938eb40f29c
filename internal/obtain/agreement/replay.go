package agreement

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Generated{}, Proposed{}, Agreed{}, Declined{}, Signed{}, Effective{}, Amending{}, Amended{}, Rejected{}, Breached{}, Restored{}, Terminated{}, Rang{}, Recounted{}, Expired{}, Lapsed{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay], and that the text of each is what its hash says. It is part
// of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Agreement], error) {
			_, err := s.textOf(tx, r.Agreement, r.SHA256)
			return ledger.Row[Agreement]{Stream: Stream(r.ID), Revision: r.revision, State: r.Agreement}, err
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}
