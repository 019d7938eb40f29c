package assessment

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
		sets, err := list[Set](tx, "assessment", `ORDER BY dataset`)
		if err != nil {
			return err
		}
		if n, err = ledger.Replay(tx, sets, func(r row[Set]) (ledger.Row[Set], error) {
			return ledger.Row[Set]{Stream: Stream(r.state.Dataset), Revision: r.revision, Start: Set{Dataset: r.state.Dataset}, State: r.state}, nil
		}, Evolve, WasProposed{}, WasConfirmed{}, WasDeclined{}); err != nil {
			return err
		}
		waivers, err := list[Waiver](tx, "assessment_waiver", `ORDER BY id`)
		if err != nil {
			return err
		}
		more, err := ledger.Replay(tx, waivers, func(r row[Waiver]) (ledger.Row[Waiver], error) {
			return ledger.Row[Waiver]{Stream: WaiverStream(r.state.ID), Revision: r.revision, State: r.state}, nil
		}, EvolveWaiver, WaiverWasAsked{}, WaiverWasGranted{}, WaiverWasRefused{}, WaiverWasTakenBack{}, WaiverLapsed{})
		if n += more; err != nil {
			return err
		}
		runs, err := list[Run](tx, "assessment_run", `ORDER BY version`)
		if err != nil {
			return err
		}
		more, err = ledger.Replay(tx, runs, func(r row[Run]) (ledger.Row[Run], error) {
			return ledger.Row[Run]{Stream: RunStream(r.state.Version), Revision: r.revision, State: r.state}, nil
		}, EvolveRun, Assessed{}, Scored{})
		n += more
		return err
	})
	return n, err
}
