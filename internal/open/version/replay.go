package version

import (
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
		all, err := everything(tx)
		if err != nil {
			return err
		}
		for _, r := range all {
			if err := replays(tx, r); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func replays(tx *database.Tx, r row) error {
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return err
	}
	var v Version
	for _, l := range lines {
		e, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		v = Evolve(v, e)
	}
	if !reflect.DeepEqual(v, r.Version) || len(lines) != r.revision {
		return fmt.Errorf("version %s is not what its %d events make it", r.ID, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Received{}, &Rereading{}, &Profiled{}, &FileRefused{}, &Blocked{}, &Waived{}, &Staged{}, &Returned{}, &Discarded{}, &Released{}, &Superseded{}, &Recalled{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
