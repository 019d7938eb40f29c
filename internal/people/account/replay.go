package account

import (
	"context"
	"fmt"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Replay checks that every account is what its events make it, see
// [ledger.Replay], and every row of a membership what its account says. It is
// part of kaishu check. Accounts from before there were events have none to
// follow.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		ids, err := s.listed(tx, Filter{}, "", 1<<31-1)
		if err != nil {
			return err
		}
		row := func(id string) (ledger.Row[Holder], error) {
			r, err := load(tx, id)
			if err == nil && r.version > 0 {
				err = r.checkMemberships(tx)
			}
			return ledger.Row[Holder]{Stream: Stream(id), Revision: r.version, Start: Holder{ID: id}, State: r.Holder}, err
		}
		n, err = ledger.Replay(tx, ids, row, Evolve, Registered{}, Invited{}, Entered{}, Confirmed{}, Enrolled{}, Verified{}, Proposed{}, Granted{},
			Delegated{}, Ended{}, Suspended{}, Resumed{}, Restricted{}, Lifted{}, Closed{}, Kept{})
		return err
	})
	return n, err
}

// checkMemberships holds the rows of memberships to the account.
func (r row) checkMemberships(tx *database.Tx) error {
	rows, err := memberships(tx, `account = ?`, r.ID)
	if err != nil {
		return err
	}
	if len(rows) != len(r.Memberships) {
		return fmt.Errorf("account %s has %d memberships, and %d rows of them", r.ID, len(r.Memberships), len(rows))
	}
	for _, row := range rows {
		if m, _ := r.Membership(row.ID); !same(m, row) {
			return fmt.Errorf("membership %s of %s is not what its events make it", row.ID, r.ID)
		}
	}
	return nil
}
