package condition

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every row is what its events make it: the ledger is the
// proof, the row a convenience. It returns the number of rows, and fails at
// the first that differs. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		for last := ""; ; {
			rows, err := list(tx, `id > ? ORDER BY id`, last)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, r := range rows {
				if err := replays(tx, r); err != nil {
					return err
				}
				last, n = r.ID, n+1
			}
		}
	})
	return n, err
}

func replays(tx *database.Tx, r row) error {
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return err
	}
	var again Set
	for _, l := range lines {
		e, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		again = Evolve(again, e)
	}
	a, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("encode conditions: %w", err)
	}
	b, err := json.Marshal(r.Set)
	if err != nil {
		return fmt.Errorf("encode conditions: %w", err)
	}
	if !bytes.Equal(a, b) || len(lines) != r.revision {
		return fmt.Errorf("conditions %v are not what their %d events make them", r.ID, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Drafted{}, &Filled{}, &Proposed{}, &Endorsed{}, &Accepted{}, &Returned{}, &Discarded{}, &Superseded{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
