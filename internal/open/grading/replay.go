package grading

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// events are one of each kind.
var (
	events        = []ledger.Event{Scanned{}, Graded{}, Rejected{}, Confirmed{}, EvidenceBrought{}, FellDue{}}
	profileEvents = []ledger.Event{ProfileDrafted{}, ProfileFilled{}, ProfileConsulted{}, ProfileTakenBack{}, ProfileAgreed{}, ProfileTookEffect{}, ProfileWasSuperseded{}}
	ownEvents     = []ledger.Event{OwnWasProposed{}, OwnWasAccepted{}, OwnWasReturned{}, OwnWasSuperseded{}}
)

// Replay checks that every row is what its events make it, see
// [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		cases, err := replay(tx, "grading", func(last Case) (string, []any) { return `slug > ? ORDER BY slug`, []any{last.Slug} },
			Case{Stage: StageNotGraded}, func(g Case) string { return Stream(g.Slug) }, Evolve, events)
		if err != nil {
			return err
		}
		profiles, err := replay(tx, "grading_profile", func(last Edition) (string, []any) { return `version > ? ORDER BY version`, []any{last.Version} },
			Edition{}, func(e Edition) string { return ProfileStream(e.Version) }, EvolveProfile, profileEvents)
		if err != nil {
			return err
		}
		own, err := replay(tx, "grading_overlay", func(last Own) (string, []any) {
			return `publisher > ? OR publisher = ? AND number > ? ORDER BY publisher, number`, []any{last.Body, last.Body, last.Version}
		}, Own{}, func(o Own) string { return OwnStream(o.Body, o.Version) }, EvolveOwn, ownEvents)
		n = cases + profiles + own
		return err
	})
	return n, err
}

// replay reads a table, page by page, and compares.
func replay[S any](tx *database.Tx, table string, after func(last S) (where string, args []any), start S, stream func(S) string,
	evolve func(S, Event) S, kinds []ledger.Event) (int, error) {
	var all []row[S]
	var last S
	for {
		where, args := after(last)
		some, err := list[S](tx, table, where, args...)
		if err != nil {
			return 0, err
		}
		if len(some) == 0 {
			break
		}
		last = some[len(some)-1].state
		all = append(all, some...)
	}
	return ledger.Replay(tx, all, func(r row[S]) (ledger.Row[S], error) {
		return ledger.Row[S]{Stream: stream(r.state), Revision: r.revision, Start: start, State: r.state}, nil
	}, evolve, kinds...)
}
