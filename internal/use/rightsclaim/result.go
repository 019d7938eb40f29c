package rightsclaim

import (
	"context"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/openlist"
)

// follow does to the open list what a step says, by the list's own commands and
// in the same transaction.
func (s *Service) follow(tx *database.Tx, who permit.Actor, before, after row, c Command) (row, error) {
	if after.Held && !before.Held {
		if err := s.stop(tx, who, after.Case); err != nil {
			return before, err
		}
	}
	if before.Held && !after.Held && (after.Stage == StageResume || after.Stage == StageReopened) {
		if err := s.letGo(tx, who, after.Case); err != nil {
			return before, err
		}
	}
	switch c.(type) {
	case Withdraw:
		if !after.Held { // it is off the list
			return s.move(tx, permit.Platform, after, Close{})
		}
		order, err := s.Orders.WithdrawTx(tx, permit.Platform, after.Dataset, grounds[after.Right], after.Report.Summary, s.Notices.Words.Say(locale.ZH, "rightsclaim.urgent", map[string]any{"number": after.Number}))
		if err != nil {
			return before, err
		}
		return s.move(tx, permit.Platform, after, Link{Order: order})
	case Resume, Reopen, Acknowledge:
		return s.move(tx, permit.Platform, after, Close{})
	case Erase:
		return after, s.erase(tx, after.ID)
	}
	return after, nil
}

// grounds are those of a work order that withdraws, by the right that is hurt.
var grounds = map[string]string{"privacy": "privacy", "secret": "secret", "other": "law"}

// stop stops the opening, unless it is stopped already. The reason begins with
// its class.
func (s *Service) stop(tx *database.Tx, who permit.Actor, o Case) error {
	e, err := s.Entries.GetTx(tx, permit.Platform, o.Dataset)
	if err != nil || e.Stage == openlist.StageSuspended {
		return err
	}
	reason := o.Reason
	if o.Result != "" {
		reason = o.Report.Summary
	}
	class := s.Notices.Words.Say(locale.ZH, "rightsclaim.right."+o.Right, nil)
	_, err = s.Entries.SuspendTx(tx, who, o.Dataset, []string{class, reason})
	return err
}

// letGo has the opening go on, unless another complaint holds it, or it is not
// stopped any more.
func (s *Service) letGo(tx *database.Tx, who permit.Actor, o Case) error {
	others, err := holders(tx, o.Dataset, o.ID)
	if err != nil || others > 0 {
		return err
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, o.Dataset)
	if err != nil || e.Stage != openlist.StageSuspended {
		return err
	}
	_, err = s.Entries.ResumeTx(tx, who, o.Dataset)
	return err
}

// Acknowledge takes the receipt of a data user who deleted what is withdrawn.
// Article 31(2).
func (s *Service) Acknowledge(ctx context.Context, who permit.Actor, caseID string, c Acknowledge) (d Instruction, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, caseID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(r.Deletions, func(d Deletion) bool { return d.ID == c.User && Uses(who, d.User) })
		if i < 0 {
			return notFound()
		}
		if r, err = s.move(tx, who, r, c); err != nil {
			return err
		}
		d, err = s.instruction(tx, r, r.Deletions[i])
		return err
	})
	return d, err
}

// Reactions returns what follows from events of others: the case of data that
// is off the list ends.
func (s *Service) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("rightsclaim.off_the_list", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Withdrawn]) error {
			return s.end(tx, e.Stream[len(openlist.Stream("")):])
		}),
	}
}

// end closes the cases of a dataset that is withdrawn. It may run again.
func (s *Service) end(tx *database.Tx, slug string) error {
	all, err := list(tx, `WHERE dataset = ? AND stage = ? ORDER BY id`, slug, StageWithdraw)
	for _, r := range all {
		if _, err := s.move(tx, permit.Platform, r, Close{}); err != nil {
			return err
		}
	}
	return err
}
