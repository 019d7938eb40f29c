package assessment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/version"
)

// jobRun asks the rules of one version again.
const jobRun = "assessment.run"

type job struct {
	Dataset string `json:"dataset"`
	Number  int    `json:"number"`
}

// enqueue has a version assessed, once for each because.
func (s *Service) enqueue(tx *database.Tx, dataset string, number int, because string) error {
	key := strings.Join([]string{jobRun, dataset, strconv.Itoa(number), because}, "/")
	return queue.Enqueue(tx, key, jobRun, job{dataset, number}, s.Clock.Now())
}

func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "assessment.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler {
	return []queue.Handler{queue.Handle(jobRun, s.again), s.mornings().Handler()}
}

// again assesses a version that was read before.
func (s *Service) again(ctx context.Context, j job) error {
	e, err := s.Entries.Get(ctx, permit.Platform, j.Dataset)
	if err != nil {
		return err
	}
	var all []version.Version
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = s.Versions.ListTx(tx, permit.Platform, j.Dataset)
		return err
	})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(v version.Version) bool { return v.Number == j.Number })
	if i < 0 || all[i].Outcome == nil {
		return nil
	}
	t := target{entry: e, version: all[i]}
	for _, v := range all { // newest first
		if v.Number < j.Number && v.Kind == t.version.Kind && v.Readable() {
			t.before = &v
			break
		}
	}
	t.released = func(ctx context.Context, slug string) (v *version.Version, err error) {
		err = s.DB.Read(ctx, func(tx *database.Tx) error {
			v, err = s.newest(tx, slug, func(v version.Version) bool { return v.Stage == version.StageReleased })
			return err
		})
		return v, err
	}
	_, err = s.run(ctx, t)
	return err
}

var clockOnly = permit.Rule{Act: "assessment.today", By: []permit.Role{permit.Clock}, Article: "16(2)"}

// Today does what the day brings: waivers end, rules that depend on the day
// are asked again, versions that were never assessed are, and scores follow
// how datasets keep their frequency. It may run again, and after days that were
// missed. It returns how many things it moved. Requirements A16.6.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	if err := clockOnly.Asked(who); err != nil {
		return 0, err
	}
	today := s.today()
	if n, err = s.lapse(ctx, today); err != nil {
		return n, err
	}
	entries, err := s.Entries.List(ctx, permit.Platform)
	if err != nil {
		return n, err
	}
	for _, e := range entries {
		if !e.Listed() {
			continue
		}
		err := s.DB.Write(ctx, func(tx *database.Tx) error {
			moved, err := s.turn(tx, e.Slug, today)
			if moved {
				n++
			}
			return err
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// turn looks at what is offered of one dataset.
func (s *Service) turn(tx *database.Tx, dataset string, today workday.Date) (moved bool, err error) {
	v, err := s.newest(tx, dataset, func(v version.Version) bool { return v.Stage == version.StageReleased && v.Outcome != nil })
	if err != nil || v == nil {
		return false, err
	}
	set, err := loadSet(tx, dataset)
	if err != nil {
		return false, err
	}
	r, err := loadRun(tx, v.ID)
	if err != nil {
		return false, err
	}
	if r.revision == 0 || r.state.Content != v.Outcome.Parquet || Timed(set.state.Rules) && r.state.On < today {
		return true, s.enqueue(tx, dataset, v.Number, string(today))
	}
	return s.rescore(tx, *v, r)
}

// rescore brings the score of a version to how it stands today.
func (s *Service) rescore(tx *database.Tx, v version.Version, r row[Run]) (moved bool, err error) {
	e, err := s.Entries.GetTx(tx, permit.Platform, v.Dataset)
	if err != nil {
		return false, err
	}
	today := s.today()
	events := Rescore(r.state, s.beside(e, v, today), WeightsOn(today), today)
	_, err = s.keep(tx, r, events)
	return len(events) > 0, err
}

// lapse ends the waivers whose last day is over.
func (s *Service) lapse(ctx context.Context, today workday.Date) (n int, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		n = 0
		over, err := list[Waiver](tx, "assessment_waiver", `WHERE stage IN ('asked','granted') AND ends_on < ? ORDER BY id`, today)
		for _, r := range over {
			e, err := s.Entries.GetTx(tx, permit.Platform, r.state.Dataset)
			if err != nil {
				return err
			}
			if _, err := s.moveWaiver(tx, permit.Platform, e, r, Lapse{}); err != nil {
				return err
			}
			n++
		}
		return err
	})
	return n, err
}

// Told are the notices of this package.
var Told = kinds("proposed", "declined", "waiver_asked", "waiver_answered", "waiver_lapsed")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "assessment." + n, Topic: "assessment.topic", Title: "assessment.told_" + n, Text: "assessment.told_" + n + "_text"})
	}
	return all
}

// Reactions returns what follows from events of versions and of our own: files
// that are made and releases change the score, rules that are confirmed are
// asked of what is offered, and whose turn it is is told.
func (s *Service) Reactions() []ledger.Reaction {
	return []ledger.Reaction{
		ledger.On("assessment.after_staged", func(_ context.Context, tx *database.Tx, e ledger.Entry[version.Staged]) error {
			return s.follow(tx, strings.TrimPrefix(e.Stream, version.Stream("")))
		}),
		ledger.On("assessment.after_released", func(_ context.Context, tx *database.Tx, e ledger.Entry[version.Released]) error {
			return s.follow(tx, strings.TrimPrefix(e.Stream, version.Stream("")))
		}),
		ledger.On("assessment.after_confirmed", func(_ context.Context, tx *database.Tx, e ledger.Entry[WasConfirmed]) error {
			dataset := strings.TrimPrefix(e.Stream, Stream(""))
			v, err := s.newest(tx, dataset, func(v version.Version) bool { return v.Stage == version.StageReleased && v.Outcome != nil })
			if err != nil || v == nil {
				return err
			}
			return s.enqueue(tx, dataset, v.Number, "edition "+strconv.Itoa(e.Event.Edition))
		}),
		ledger.On("assessment.tell_proposed", func(_ context.Context, tx *database.Tx, e ledger.Entry[WasProposed]) error {
			return s.tell(tx, e.Line, strings.TrimPrefix(e.Stream, Stream("")), "proposed", e.Event.By, "")
		}),
		ledger.On("assessment.tell_declined", func(_ context.Context, tx *database.Tx, e ledger.Entry[WasDeclined]) error {
			return s.tell(tx, e.Line, strings.TrimPrefix(e.Stream, Stream("")), "declined", e.Event.By, e.Event.Reason)
		}),
		ledger.On("assessment.tell_waiver_asked", func(_ context.Context, tx *database.Tx, e ledger.Entry[WaiverWasAsked]) error {
			return s.tell(tx, e.Line, e.Event.Dataset, "waiver_asked", e.Event.By, e.Event.Reason)
		}),
		ledger.On("assessment.tell_waiver_granted", func(_ context.Context, tx *database.Tx, e ledger.Entry[WaiverWasGranted]) error {
			return s.tellOf(tx, e.Line, "waiver_answered", e.Event.By, "")
		}),
		ledger.On("assessment.tell_waiver_refused", func(_ context.Context, tx *database.Tx, e ledger.Entry[WaiverWasRefused]) error {
			return s.tellOf(tx, e.Line, "waiver_answered", e.Event.By, e.Event.Reason)
		}),
		ledger.On("assessment.tell_waiver_lapsed", func(_ context.Context, tx *database.Tx, e ledger.Entry[WaiverLapsed]) error {
			return s.tellOf(tx, e.Line, "waiver_lapsed", "", "")
		}),
	}
}

// follow brings the score of a version to its files and its release. One that
// no rule was asked of, since it was read before there were any, is assessed.
func (s *Service) follow(tx *database.Tx, versionID string) error {
	r, err := loadRun(tx, versionID)
	if err != nil || r.revision == 0 {
		return err // the morning sees to what is offered and was never assessed
	}
	all, err := s.Versions.ListTx(tx, permit.Platform, r.state.Dataset)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.ID == versionID && v.Outcome != nil {
			_, err = s.rescore(tx, v, r)
		}
	}
	return err
}

func (s *Service) tellOf(tx *database.Tx, l ledger.Line, kind, by, reason string) error {
	w, err := loadWaiver(tx, strings.TrimPrefix(l.Stream, WaiverStream("")))
	if err != nil || w.revision == 0 {
		return err
	}
	return s.tell(tx, l, w.state.Dataset, kind, by, reason)
}

// tell tells the publisher's people: leads of what waits for them, editors of
// what was answered, both of what ended. Whoever did it is not told. It is safe
// to repeat: the key follows from the line.
func (s *Service) tell(tx *database.Tx, l ledger.Line, dataset, kind, by, reason string) error {
	if s.Notices == nil {
		return nil
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, dataset)
	if err != nil {
		if problem.Is(err, problem.NotFound) {
			return nil
		}
		return err
	}
	roles := map[string][]permit.Role{"proposed": {permit.OpnLead}, "waiver_asked": {permit.OpnLead}, "declined": {permit.OpnEditor}, "waiver_answered": {permit.OpnEditor},
		"waiver_lapsed": {permit.OpnEditor, permit.OpnLead}}[kind]
	accounts, err := s.Holders.HoldersOf(tx, permit.Platform, e.Publisher, roles...)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if by != "" && (permit.Actor{Account: account}).Is(by) {
			continue
		}
		err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Key: "assessment." + kind + "." + strconv.FormatInt(l.Seq, 10) + "." + account, Account: account, Kind: "assessment." + kind,
			Args: map[string]any{"title": e.Title, "reason": reason}, About: "/desk/assessment/" + dataset})
		if err != nil {
			return err
		}
	}
	return nil
}
