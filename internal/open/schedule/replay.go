package schedule

import (
	"context"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := names(tx)
		if err != nil {
			return err
		}
		row := func(dataset string) (ledger.Row[Schedule], error) {
			x, revision, err := load(tx, dataset)
			return ledger.Row[Schedule]{Stream: Stream(dataset), Revision: revision, Start: Schedule{Dataset: dataset}, State: x}, err
		}
		n, err = ledger.Replay(tx, all, row, Evolve, Proposed{}, Confirmed{}, Returned{}, Stopped{}, Fetched{}, Disabled{})
		return err
	})
	return n, err
}

func names(tx *database.Tx) (all []string, err error) {
	rows, err := tx.Query(`SELECT dataset FROM schedule ORDER BY dataset`)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var dataset string
		if err := rows.Scan(&dataset); err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		all = append(all, dataset)
	}
	return all, rows.Err()
}
