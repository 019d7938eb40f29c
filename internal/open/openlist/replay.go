package openlist

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
		all, err := list(tx, permit.Platform)
		if err != nil {
			return err
		}
		row := func(e Entry) (ledger.Row[Entry], error) {
			e, version, err := load(tx, e.Slug)
			return ledger.Row[Entry]{Stream: Stream(e.Slug), Revision: version, Start: Entry{Slug: e.Slug, Stage: StageDraft}, State: e}, err
		}
		n, err = ledger.Replay(tx, all, row, Evolve, Described{}, Submitted{}, GivenBack{}, Listed{}, Adopted{}, Changed{},
			Suspended{}, Resumed{}, Withdrawn{})
		return err
	})
	return n, err
}
