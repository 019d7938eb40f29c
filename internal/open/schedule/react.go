package schedule

import (
	"context"
	"slices"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Told are the kinds of notice of this package.
var Told = []notice.Kind{
	{Name: "schedule.waits", Topic: "version.topic", Title: "schedule.told_waits", Text: "schedule.told_waits_text"},
	{Name: "schedule.came_back", Topic: "version.topic", Title: "schedule.told_came_back", Text: "schedule.told_came_back_text"},
	{Name: "schedule.ended", Topic: "version.topic", Title: "schedule.told_ended", Text: "schedule.told_ended_text"},
	{Name: "schedule.fails", Topic: "version.topic", Title: "schedule.told_fails", Text: "schedule.told_fails_text"},
}

// Teller is how people of the publisher learn what becomes of a schedule.
type Teller struct {
	Schedules *Service
	Notices   *notice.Service
}

// Reactions returns what follows from events of schedules: leads learn that
// one waits for them, its maker that it came back, and both that it ended by
// itself or begins to fail; a source that fails on is not told of again.
// Requirements A25.1.
func (t Teller) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("schedule.tell_proposed", func(_ context.Context, tx *database.Tx, e ledger.Entry[Proposed]) error {
			return t.tell(tx, e.Line, StageProposed, "schedule.waits", "")
		}),
		ledger.On("schedule.tell_returned", func(_ context.Context, tx *database.Tx, e ledger.Entry[Returned]) error {
			return t.tell(tx, e.Line, StageOff, "schedule.came_back", e.Event.Reason)
		}),
		ledger.On("schedule.tell_disabled", func(_ context.Context, tx *database.Tx, e ledger.Entry[Disabled]) error {
			return t.tell(tx, e.Line, StageOff, "schedule.ended", "")
		}),
		ledger.On("schedule.tell_failed", func(_ context.Context, tx *database.Tx, e ledger.Entry[Fetched]) error {
			if e.Event.Failures != 1 {
				return nil
			}
			return t.tell(tx, e.Line, StageOn, "schedule.fails", "")
		}),
	}
}

// tell tells those whom it concerns, unless the schedule has moved on since.
// It is safe to repeat: the key follows from the line.
func (t Teller) tell(tx *database.Tx, l ledger.Line, at Stage, kind, reason string) error {
	x, _, err := load(tx, l.Stream[len(Stream("")):])
	if err != nil || x.Stage != at {
		return err
	}
	e, err := t.Schedules.Entries.GetTx(tx, permit.Platform, x.Dataset)
	if err != nil {
		return err
	}
	leads, err := t.Schedules.Holders.HoldersOf(tx, permit.Platform, x.Organisation, permit.OpnLead)
	if err != nil {
		return err
	}
	var to []string
	switch kind {
	case "schedule.waits":
		to = slices.DeleteFunc(leads, func(account string) bool { return permit.Actor{Account: account}.Is(x.Did["propose"]) })
	case "schedule.came_back":
		to = []string{x.By}
	default:
		if to = leads; !slices.Contains(to, x.By) {
			to = append(to, x.By)
		}
	}
	for _, account := range to {
		err := t.Notices.Tell(tx, permit.Platform, notice.Notice{Key: kind + "." + strconv.FormatInt(l.Seq, 10) + "." + account, Account: account, Kind: kind,
			Args: map[string]any{"title": e.Title.ZH, "reason": reason}, About: "/desk/datasets/" + x.Dataset + "/schedule"})
		if err != nil {
			return err
		}
	}
	return nil
}
