package timeliness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Told are the notices of this package.
var Told = kinds("before", "due", "late", "serious", "serious_all", "found")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "timeliness." + n, Topic: "timeliness.topic", Title: "timeliness.told_" + n, Text: "timeliness.told_" + n + "_text"})
	}
	return all
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "timeliness.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// batch is how many datasets are moved in one transaction.
const batch = 100

// Today looks at every dataset: moves its class if it is another, reminds, and
// runs the detectors. Then each publisher is told once of all that is new
// (SM-05: editor, lead, authority and general office). It may run again, and
// after days that were missed. It returns how many things it moved.
func (s *Service) Today(ctx context.Context, who permit.Actor) (n int, err error) {
	if err := clockOnly.Asked(who); err != nil {
		return 0, err
	}
	all, err := s.look(ctx)
	if err != nil {
		return 0, err
	}
	facts := map[string]Fact{}
	var slugs []string
	for _, x := range all {
		facts[x.Slug] = Fact{Listed: true, Body: x.Body, Promise: x.promise, Standing: x.Standing, Today: s.today()}
		slugs = append(slugs, x.Slug)
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		gone, err := watches(tx, `WHERE class <> ''`)
		for _, w := range gone {
			if _, ok := facts[w.state.Dataset]; !ok {
				facts[w.state.Dataset] = Fact{Today: s.today()}
				slugs = append(slugs, w.state.Dataset)
			}
		}
		return err
	})
	for ; err == nil && len(slugs) > 0; slugs = slugs[min(batch, len(slugs)):] {
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			for _, slug := range slugs[:min(batch, len(slugs))] {
				moved, err := s.turn(tx, slug, facts[slug])
				if err != nil {
					return err
				}
				n += moved
			}
			return nil
		})
	}
	if err != nil {
		return n, err
	}
	found, err := s.detect(ctx, all)
	if err != nil {
		return n, err
	}
	return n + found, s.DB.Write(ctx, s.tell)
}

// clockOnly is the rule of what only the platform does.
var clockOnly = permit.Rule{Act: "timeliness.day", By: []permit.Role{permit.Clock}, Article: "16(3)"}

// turn moves a dataset that seems to have moved: it is looked at again within
// the transaction, since an update may have come in the meantime.
func (s *Service) turn(tx *database.Tx, slug string, seems Fact) (int, error) {
	r, err := loadWatch(tx, slug)
	if err != nil || len(Look(seems, r.state)) == 0 {
		return 0, err
	}
	f, err := s.fact(tx, slug)
	if err != nil {
		return 0, err
	}
	return s.watch(tx, slug, f)
}

// watch writes down what a look at a dataset brings.
func (s *Service) watch(tx *database.Tx, slug string, f Fact) (int, error) {
	r, err := loadWatch(tx, slug)
	if err != nil {
		return 0, err
	}
	w, events := r.state, Look(f, r.state)
	if len(events) == 0 {
		return 0, nil
	}
	for _, e := range events {
		w = Evolve(w, e)
	}
	if err := saveWatch(tx, w, r.revision, r.revision+len(events)); err != nil {
		return 0, err
	}
	return len(events), ledger.Append(tx, Stream(slug), r.revision, permit.Platform, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// tell tells people what today brought. Again tells nobody again: the key
// follows from the day.
func (s *Service) tell(tx *database.Tx) error {
	today := s.today()
	publisher := []struct {
		kind  string
		roles []permit.Role
		what  func() ([]news, error)
	}{
		{"before", []permit.Role{permit.OpnEditor}, func() ([]news, error) { return remindedOn(tx, today, Before) }},
		{"due", []permit.Role{permit.OpnEditor}, func() ([]news, error) { return remindedOn(tx, today, OnDay) }},
		{"late", []permit.Role{permit.OpnEditor, permit.OpnLead}, func() ([]news, error) { return movedOn(tx, today, Late) }},
		{"serious", []permit.Role{permit.OpnEditor, permit.OpnLead}, func() ([]news, error) { return movedOn(tx, today, SeriouslyLate) }},
		{"found", []permit.Role{permit.OpnEditor, permit.OpnLead}, func() ([]news, error) { return foundOn(tx, today) }},
	}
	serious, bodies := 0, 0
	for _, p := range publisher {
		all, err := p.what()
		if err != nil {
			return err
		}
		for _, x := range all {
			if p.kind == "serious" {
				serious, bodies = serious+len(x.datasets), bodies+1
			}
			accounts, err := s.Holders.HoldersOf(tx, permit.Platform, x.body, p.roles...)
			if err != nil {
				return err
			}
			if err := s.send(tx, p.kind, x, accounts, today); err != nil {
				return err
			}
		}
	}
	if serious == 0 {
		return nil
	}
	officers, err := s.Holders.HoldersAnywhere(tx, permit.Platform, permit.AutOfficer, permit.GofOfficer)
	if err != nil {
		return err
	}
	for _, account := range officers {
		err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Key: key("serious_all", "", today, account), Account: account, Kind: "timeliness.serious_all",
			Args: map[string]any{"n": serious, "bodies": bodies}, About: "/timeliness"})
		if err != nil {
			return err
		}
	}
	return nil
}

func key(kind, body string, day workday.Date, account string) string {
	return strings.Join([]string{"timeliness", kind, body, string(day), account}, ".")
}

// named is how many datasets a notice names. [D]
const named = 3

func (s *Service) send(tx *database.Tx, kind string, x news, accounts []string, today workday.Date) error {
	var titles locale.Text
	for i, slug := range x.datasets[:min(named, len(x.datasets))] {
		e, err := s.Entries.GetTx(tx, permit.Platform, slug)
		if err != nil {
			return err
		}
		if i > 0 {
			titles.ZH, titles.EN = titles.ZH+"、", titles.EN+", "
		}
		titles.ZH, titles.EN = titles.ZH+e.Title.ZH, titles.EN+e.Title.In(locale.EN)
	}
	var more locale.Text
	if len(x.datasets) > named {
		words := s.Notices.Words
		more = locale.Text{ZH: words.Say(locale.ZH, "timeliness.and_more", nil), EN: words.Say(locale.EN, "timeliness.and_more", nil)}
	}
	for _, account := range accounts {
		err := s.Notices.Tell(tx, permit.Platform, notice.Notice{Key: key(kind, x.body, today, account), Account: account, Kind: "timeliness." + kind,
			Args: map[string]any{"n": len(x.datasets), "titles": titles, "more": more}, About: "/desk/quality"})
		if err != nil {
			return err
		}
	}
	return nil
}

// Reactions returns what follows from events of others: a version that is
// released ends lateness at once, and what leaves the list is watched no more.
func (s *Service) Reactions() []ledger.Reaction {
	slug := func(stream string) string { return strings.TrimPrefix(stream, openlist.Stream("")) }
	return []ledger.Reaction{
		ledger.On("timeliness.look_released", func(_ context.Context, tx *database.Tx, e ledger.Entry[version.Released]) error {
			return s.again(tx, e.Event.Dataset)
		}),
		ledger.On("timeliness.look_changed", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Changed]) error {
			return s.again(tx, slug(e.Stream))
		}),
		ledger.On("timeliness.look_suspended", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Suspended]) error {
			return s.again(tx, slug(e.Stream))
		}),
		ledger.On("timeliness.look_withdrawn", func(_ context.Context, tx *database.Tx, e ledger.Entry[openlist.Withdrawn]) error {
			return s.again(tx, slug(e.Stream))
		}),
	}
}

// again looks at one dataset between two mornings. It only ends lateness:
// that something is late is noticed, and told, in the morning; and so is what
// is due.
func (s *Service) again(tx *database.Tx, slug string) error {
	f, err := s.fact(tx, slug)
	if err != nil || f.Standing.Class.Late() {
		return err
	}
	f.Promise.Before = 0
	_, err = s.watch(tx, slug, f)
	return err
}

// fact is how a dataset stands now.
func (s *Service) fact(tx *database.Tx, slug string) (f Fact, err error) {
	f.Today = s.today()
	e, err := s.Entries.GetTx(tx, permit.Platform, slug)
	if problem.Is(err, problem.NotFound) {
		return f, nil
	}
	if err != nil || !e.Listed() {
		return f, err
	}
	all, err := s.Versions.ListTx(tx, permit.Platform, slug)
	if err != nil {
		return f, fmt.Errorf("look for updates of %s: %w", slug, err)
	}
	updated := e.UpdatedOn
	if i := slices.IndexFunc(all, version.Version.Readable); i >= 0 {
		updated = all[i].UpdatedOn
	}
	codes := s.Entries.Codes(permit.Platform)
	often, _ := codes.Frequency(e.Frequency)
	f.Listed, f.Body, f.Promise, f.Standing = true, e.Publisher, PromiseOf(often, f.Today), Of(codes, e, updated, f.Today)
	return f, nil
}
