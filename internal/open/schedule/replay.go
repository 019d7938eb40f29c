package schedule

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it, and returns the
// number of rows. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := names(tx)
		if err != nil {
			return err
		}
		for _, dataset := range all {
			if err := replays(tx, dataset); err != nil {
				return err
			}
			n++
		}
		return nil
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

func replays(tx *database.Tx, dataset string) error {
	want, revision, err := load(tx, dataset)
	if err != nil {
		return err
	}
	lines, err := ledger.History(tx, Stream(dataset))
	if err != nil {
		return err
	}
	x := Schedule{Dataset: dataset}
	for _, l := range lines {
		e, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		x = Evolve(x, e)
	}
	if !reflect.DeepEqual(x, want) || len(lines) != revision {
		return fmt.Errorf("schedule of %s is not what its %d events make it", dataset, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Proposed{}, &Confirmed{}, &Returned{}, &Stopped{}, &Fetched{}, &Disabled{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
