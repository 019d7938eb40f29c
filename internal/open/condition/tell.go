package condition

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
	{Name: "condition.waits", Topic: "condition.topic", Title: "condition.told_waits", Text: "condition.told_waits_text"},
	{Name: "condition.came_back", Topic: "condition.topic", Title: "condition.told_came_back", Text: "condition.told_came_back_text"},
	{Name: "condition.accepted", Topic: "condition.topic", Title: "condition.told_accepted", Text: "condition.told_accepted_text"},
}

// Holders finds who holds a role in a body; people/account does.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, organisation string, roles ...permit.Role) ([]string, error)
}

// Teller is how people of the publisher learn what waits for them.
type Teller struct {
	Conditions *Service
	Notices    *notice.Service
	Holders    Holders
}

// Reactions returns what follows from events of sets: leads learn that one
// waits for them, whoever proposed it that it came back or is in force.
// Requirements A25.1.
func (t Teller) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("condition.tell_proposed", func(_ context.Context, tx *database.Tx, e ledger.Entry[Proposed]) error {
			return t.tell(tx, e.Line, StageProposed, "condition.waits", "")
		}),
		ledger.On("condition.tell_returned", func(_ context.Context, tx *database.Tx, e ledger.Entry[Returned]) error {
			return t.tell(tx, e.Line, StageReturned, "condition.came_back", e.Event.Reason)
		}),
		ledger.On("condition.tell_accepted", func(_ context.Context, tx *database.Tx, e ledger.Entry[Accepted]) error {
			return t.tell(tx, e.Line, StageInForce, "condition.accepted", "")
		}),
	}
}

// tell tells those whom it concerns, unless the set has moved on since. It is
// safe to repeat: the key follows from the line.
func (t Teller) tell(tx *database.Tx, l ledger.Line, at Stage, kind, reason string) error {
	r, err := loadByID(tx, l.Stream[len(Stream("")):])
	if err != nil || r.Stage != at {
		return err
	}
	e, err := t.Conditions.Entries.GetTx(tx, permit.Platform, r.Entry)
	if err != nil {
		return err
	}
	to := []string{r.Did["propose"]}
	if kind == "condition.waits" {
		leads, err := t.Holders.HoldersOf(tx, permit.Platform, r.Body, permit.OpnLead)
		if err != nil {
			return err
		}
		to = slices.DeleteFunc(leads, func(account string) bool { return account == r.Did["propose"] || account == r.Did["fill"] })
	}
	for _, account := range to {
		err := t.Notices.Tell(tx, permit.Platform, notice.Notice{Key: kind + "." + strconv.FormatInt(l.Seq, 10) + "." + account, Account: account, Kind: kind,
			Args: map[string]any{"title": e.Title.ZH, "number": r.Version, "reason": reason}, About: "/desk/datasets/" + r.Entry + "/conditions/" + strconv.Itoa(r.Version)})
		if err != nil {
			return err
		}
	}
	return nil
}
