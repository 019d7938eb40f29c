package review

import (
	"context"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Handed{}, Taken{}, Recused{}, Ranked{}, Assessed{}, Asked{}, Answered{}, Consulted{}, Opined{}, Resumed{}, Proposed{}, SentBack{}, Decided{}, Withdrawn{}, Rang{}, Recounted{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := ids(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(id string) (ledger.Row[Order], error) {
			r, err := load(tx, id)
			return ledger.Row[Order]{Stream: Stream(id), Revision: r.revision, State: r.Order}, err
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}

// ids returns the ids of the orders that the rest of a query finds.
func ids(tx *database.Tx, rest string, args ...any) (all []string, err error) {
	rows, err := tx.Query(`SELECT id FROM review `+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		all = append(all, id)
	}
	return all, rows.Err()
}
