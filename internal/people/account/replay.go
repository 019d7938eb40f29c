package account

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every account is what its events make it, and every row
// of a membership what its account says. It returns the number of accounts,
// and fails at the first that differs. It is part of kaishu check. Accounts
// from before there were events have none to follow.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		ids, err := s.listed(tx, Filter{}, "", 1<<31-1)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := replays(tx, id); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func replays(tx *database.Tx, id string) error {
	want, err := load(tx, id)
	if err != nil || want.version == 0 {
		return err
	}
	lines, err := ledger.History(tx, Stream(id))
	if err != nil {
		return err
	}
	h := Holder{ID: id}
	for _, l := range lines {
		event, err := decodeEvent(l.Kind, l.Body)
		if err != nil {
			return fmt.Errorf("replay %s at %d: %w", l.Stream, l.Version, err)
		}
		h = Evolve(h, event)
	}
	if len(lines) != want.version || !same(h, want.Holder) {
		return fmt.Errorf("account %s is not what its %d events make it", id, len(lines))
	}
	rows, err := memberships(tx, `account = ?`, id)
	if err != nil {
		return err
	}
	if len(rows) != len(h.Memberships) {
		return fmt.Errorf("account %s has %d memberships, and %d rows of them", id, len(h.Memberships), len(rows))
	}
	for _, row := range rows {
		if m, _ := h.Membership(row.ID); !same(m, row) {
			return fmt.Errorf("membership %s of %s is not what its events make it", row.ID, id)
		}
	}
	return nil
}

// same compares what would be stored: instants have other insides in memory.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// decodeEvent reads an event as the ledger keeps it.
func decodeEvent(kind string, body []byte) (Event, error) {
	for _, e := range []Event{&Registered{}, &Invited{}, &Entered{}, &Confirmed{}, &Enrolled{}, &Verified{}, &Proposed{}, &Granted{},
		&Delegated{}, &Ended{}, &Suspended{}, &Resumed{}, &Restricted{}, &Lifted{}, &Closed{}, &Kept{}} {
		if e.Kind() == kind {
			err := json.Unmarshal(body, e)
			return reflect.ValueOf(e).Elem().Interface().(Event), err
		}
	}
	return nil, fmt.Errorf("unknown event %s", kind)
}
