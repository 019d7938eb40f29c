package application

import (
	"context"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var events = []ledger.Event{Opened{}, Filled{}, Submitted{}, Withdrawn{}, Taken{}, Accepted{}, Declined{}, Allowed{}, Concluded{}, Rang{}, Recounted{}, Lapsed{}}

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := ids(tx, `SELECT id FROM application ORDER BY id`)
		if err != nil {
			return err
		}
		of := func(id string) (ledger.Row[Case], error) {
			r, err := load(tx, id)
			return ledger.Row[Case]{Stream: Stream(id), Revision: r.revision, State: r.Case}, err
		}
		n, err = ledger.Replay(tx, all, of, Evolve, events...)
		return err
	})
	return n, err
}

func ids(tx *database.Tx, query string, args ...any) (all []string, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list applications: %w", err)
		}
		all = append(all, id)
	}
	return all, rows.Err()
}
