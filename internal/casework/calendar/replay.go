package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every notice and term is what its events make it, and
// returns how many there are. It fails at the first that differs. It is part
// of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := notices(tx)
		if err != nil {
			return err
		}
		for _, want := range all {
			if err := replays(tx, want.ID, want, Evolve); err != nil {
				return err
			}
		}
		terms, err := entered(tx)
		if err != nil {
			return err
		}
		for _, want := range terms {
			if err := replays(tx, want.ID, want, EvolveTerm); err != nil {
				return err
			}
		}
		n = len(all) + len(terms)
		return nil
	})
	return n, err
}

func replays[X any](tx *database.Tx, id string, want X, evolve func(X, Event) X) error {
	lines, err := ledger.History(tx, Stream(id))
	if err != nil {
		return err
	}
	var x X
	for _, l := range lines {
		event, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		x = evolve(x, event)
	}
	if !reflect.DeepEqual(x, want) {
		return fmt.Errorf("%s is not what its %d events make it", id, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Entered{}, &Changed{}, &Discarded{}, &Replaced{}, &TermEntered{}, &TermConfirmed{}, &TermDiscarded{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
