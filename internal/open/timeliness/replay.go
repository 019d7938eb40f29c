package timeliness

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
		watched, err := watches(tx, `ORDER BY dataset`)
		if err != nil {
			return err
		}
		if n, err = ledger.Replay(tx, watched, func(r row[Watch]) (ledger.Row[Watch], error) {
			return ledger.Row[Watch]{Stream: Stream(r.state.Dataset), Revision: r.revision, Start: Watch{Dataset: r.state.Dataset}, State: r.state}, nil
		}, Evolve, Moved{}, Reminded{}); err != nil {
			return err
		}
		found, err := findings(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		more, err := ledger.Replay(tx, found, func(r row[Finding]) (ledger.Row[Finding], error) {
			return ledger.Row[Finding]{Stream: FindingStream(r.state.ID), Revision: r.revision, State: r.state}, nil
		}, EvolveFinding, WasFound{}, FoundOtherwise{}, WasKept{}, TakenUp{}, Lapsed{}, WasEnded{})
		n += more
		return err
	})
	return n, err
}
