package platformrules

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
	err = s.db.Read(ctx, func(tx *database.Tx) error {
		all, err := list(tx)
		for _, r := range all {
			if err == nil {
				err = replays(tx, r)
			}
		}
		n = len(all)
		return err
	})
	return n, err
}

func replays(tx *database.Tx, r row) error {
	lines, err := ledger.History(tx, Stream(r.Number))
	if err != nil {
		return err
	}
	var again Rules
	for _, l := range lines {
		e, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		again = Evolve(again, e)
	}
	a, err := json.Marshal(again)
	if err != nil {
		return fmt.Errorf("encode platform rules: %w", err)
	}
	b, err := json.Marshal(r.Rules)
	if err != nil {
		return fmt.Errorf("encode platform rules: %w", err)
	}
	if !bytes.Equal(a, b) || len(lines) != r.revision {
		return fmt.Errorf("platform rules %v is not what its %d events make it", r.Number, len(lines))
	}
	return nil
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Written{}, &Installed{}, &Published{}, &TookEffect{}, &Superseded{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
