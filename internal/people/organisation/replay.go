package organisation

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
// number of rows; one that is older than its history counts and is not
// checked. It fails at the first that differs. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx)
		if err != nil {
			return err
		}
		for _, o := range all {
			if err := replays(tx, o); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func replays(tx *database.Tx, want Organisation) error {
	if want.Revision == 0 {
		return nil
	}
	lines, err := ledger.History(tx, Stream(want.ID))
	if err != nil {
		return err
	}
	var o Organisation
	for _, l := range lines {
		event, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		o = Evolve(o, event)
	}
	if !reflect.DeepEqual(o, want) {
		return fmt.Errorf("organisation %s is not what its %d events make it", want.ID, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Entered{}, &Adopted{}, &Changed{}, &Verified{}, &Activated{}, &Suspended{}, &Resumed{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
