package version

import (
	"cmp"
	"context"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Told are the kinds of notice of this package.
var Told = []notice.Kind{
	{Name: "version.refused", Topic: "version.topic", Title: "version.told_refused", Text: "version.told_refused_text"},
	{Name: "version.held", Topic: "version.topic", Title: "version.told_held", Text: "version.told_held_text"},
	{Name: "version.returned", Topic: "version.topic", Title: "version.told_returned", Text: "version.told_returned_text"},
	{Name: "version.staged", Topic: "version.topic", Title: "version.told_staged", Text: "version.told_staged_text"},
	{Name: "version.by_rule", Topic: "version.topic", Title: "version.told_by_rule", Text: "version.told_by_rule_text"},
}

// Holders finds who holds a role in a body; people/account does.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, organisation string, roles ...permit.Role) ([]string, error)
}

// Teller is how people of the publisher learn what waits for them.
type Teller struct {
	Versions *Service
	Notices  *notice.Service
	Holders  Holders
}

// Reactions returns what follows from events of versions: the maker is told
// what became of his file, and those who may release it that it waits.
// Requirements A25.1.
func (t Teller) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("version.tell_refused", func(_ context.Context, tx *database.Tx, e ledger.Entry[FileRefused]) error {
			return t.tell(tx, e.Line, StageRefused, "version.refused", "")
		}),
		ledger.On("version.tell_held", func(_ context.Context, tx *database.Tx, e ledger.Entry[Blocked]) error {
			return t.tell(tx, e.Line, StageBlocked, "version.held", "")
		}),
		ledger.On("version.tell_returned", func(_ context.Context, tx *database.Tx, e ledger.Entry[Returned]) error {
			return t.tell(tx, e.Line, StageReturned, "version.returned", e.Event.Reason)
		}),
		ledger.On("version.tell_staged", func(_ context.Context, tx *database.Tx, e ledger.Entry[Staged]) error {
			return t.tell(tx, e.Line, StageStaged, "version.staged", "")
		}),
		ledger.On("version.tell_released", func(_ context.Context, tx *database.Tx, e ledger.Entry[Released]) error {
			if !e.Event.ByRule {
				return nil
			}
			return t.tell(tx, e.Line, StageReleased, "version.by_rule", "")
		}),
	}
}

// DatasetTx returns the dataset of the version whose events stand in stream.
func (s *Service) DatasetTx(tx *database.Tx, _ permit.Actor, stream string) (string, error) {
	v, _, err := loadByID(tx, stream[len(Stream("")):])
	return v.Dataset, err
}

// tell tells whose turn it is, unless the version has moved on since. It is
// safe to repeat: the key follows from the line.
func (t Teller) tell(tx *database.Tx, l ledger.Line, at Stage, kind, reason string) error {
	v, _, err := loadByID(tx, l.Stream[len(Stream("")):])
	if err != nil || v.Stage != at {
		return err
	}
	e, err := t.Versions.Entries.GetTx(tx, permit.Platform, v.Dataset)
	if err != nil {
		return err
	}
	editor, _ := permit.Doers(cmp.Or(v.Did["reread"], v.Did["ingest"]))
	to := []string{editor}
	if at == StageStaged || at == StageBlocked {
		leads, err := t.Holders.HoldersOf(tx, permit.Platform, e.Publisher, permit.OpnLead)
		if err != nil {
			return err
		}
		if to = append(to, leads...); at == StageStaged {
			to = leads
		}
	}
	told := map[string]bool{}
	for _, account := range to {
		lead := permit.Actor{Account: account}
		mayNot := at == StageStaged && (lead.Is(v.Did["ingest"]) || lead.Is(v.Did["reread"]))
		if told[account] || mayNot {
			continue
		}
		told[account] = true
		err := t.Notices.Tell(tx, permit.Platform, notice.Notice{Key: kind + "." + strconv.FormatInt(l.Seq, 10) + "." + account, Account: account, Kind: kind,
			Args:  map[string]any{"title": e.Title.ZH, "number": v.Number, "file": v.Origin.Name, "reason": reason},
			About: "/desk/datasets/" + v.Dataset + "/versions/" + strconv.Itoa(v.Number)})
		if err != nil {
			return err
		}
	}
	return nil
}
