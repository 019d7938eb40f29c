package openlist

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
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx, permit.Platform)
		if err != nil {
			return err
		}
		for _, e := range all {
			if err := replays(tx, e); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func replays(tx *database.Tx, want Entry) error {
	lines, err := ledger.History(tx, Stream(want.Slug))
	if err != nil {
		return err
	}
	e := Entry{Slug: want.Slug, Stage: StageDraft}
	for _, l := range lines {
		event, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		e = Evolve(e, event)
	}
	if !reflect.DeepEqual(e, want) {
		return fmt.Errorf("entry %s is not what its %d events make it", want.Slug, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Described{}, &Published{}, &ItemsProposed{}, &ItemsAccepted{}, &ItemsReturned{}, &Suspended{}, &Resumed{}, &Withdrawn{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
