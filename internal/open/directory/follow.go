package directory

import (
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/infra/queue"
)

// Told are the notices of this package.
var Told = kinds("broken", "mended", "due", "overdue", "broke_today", "not_synced")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "directory." + n, Topic: "directory.topic", Title: "directory.told_" + n, Text: "directory.told_" + n + "_text"})
	}
	return all
}

// tell tells the publisher that a source is gone, or there again, and whoever a
// step names.
func (s *Service) tell(tx *database.Tx, r row, events []Event) error {
	told := map[string][]permit.Role{}
	for _, e := range events {
		switch e := e.(type) {
		case Broken:
			told["broken"] = []permit.Role{permit.OpnEditor, permit.OpnLead}
		case Verified:
			if r.revision > 2 { // not of what was just hooked for the first time
				told["mended"] = []permit.Role{permit.OpnEditor}
			}
		case Rang:
			for _, step := range e.Steps {
				told[step] = Tell(step)
			}
		}
	}
	for kind, roles := range told {
		accounts, err := s.holders(tx, r.Body, roles)
		if err != nil {
			return err
		}
		_, title, err := s.Entries.Entry(tx, permit.Platform, r.Slug)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			n := notice.Notice{Key: strings.Join([]string{"directory", r.Slug, fmt.Sprint(r.revision), kind, account}, "."), Account: account, Kind: "directory." + kind,
				About: "/desk/directory/hooks/" + r.Slug, Args: map[string]any{"title": title, "n": len(r.Breaches), "due": locale.Same(r.Clock.Due.Day)}}
			if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// holders are those with a role at the body, or anywhere where the role
// reaches everything.
func (s *Service) holders(tx *database.Tx, body string, roles []permit.Role) (all []string, err error) {
	var own, any []permit.Role
	for _, r := range roles {
		if r.Reach() == permit.OwnBody {
			own = append(own, r)
		} else {
			any = append(any, r)
		}
	}
	if len(own) > 0 {
		if all, err = s.Holders.HoldersOf(tx, permit.Platform, body, own...); err != nil {
			return nil, err
		}
	}
	if len(any) > 0 {
		more, err := s.Holders.HoldersAnywhere(tx, permit.Platform, any...)
		return append(all, more...), err
	}
	return all, nil
}

// lookAll looks at every hook that takes data items from a source, "" for all,
// and tells the quality people of the centre how many broke.
func (s *Service) lookAll(ctx context.Context, sourceID string) (broke int, err error) {
	for last := ""; ; {
		var next []row
		err := s.DB.Read(ctx, func(tx *database.Tx) (err error) {
			next, err = hooks(tx, `WHERE stage IN ('hooked','verified','broken') AND entry > ? AND (? = '' OR EXISTS (
				SELECT 1 FROM directory_pair p JOIN directory_resource r ON r.id = p.resource
				WHERE  p.entry = directory_hook.entry AND r.source = ?)) ORDER BY entry LIMIT 200`, last, sourceID, sourceID)
			return err
		})
		if err != nil {
			return broke, err
		}
		if len(next) == 0 {
			return broke, s.broke(ctx, sourceID, broke)
		}
		for _, r := range next {
			last = r.Slug
			err := s.DB.Write(ctx, func(tx *database.Tx) error {
				e, _, err := s.Entries.Entry(tx, permit.Platform, r.Slug)
				if problem.Is(err, problem.NotFound) {
					return nil // withdrawn: nothing depends on its sources
				}
				if err != nil {
					return err
				}
				before, err := load(tx, e)
				if err != nil || before.Stage == StageUnhooked || before.Stage == StageExempt {
					return err
				}
				after, err := s.look(tx, e, before)
				if before.Stage != StageBroken && after.Stage == StageBroken {
					broke++
				}
				return err
			})
			if err != nil {
				return broke, err
			}
		}
	}
}

// broke tells the centre's quality people, once a day and source.
func (s *Service) broke(ctx context.Context, sourceID string, n int) error {
	if n == 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		return s.officers(tx, "broke_today", sourceID, permit.CtrQuality, map[string]any{"n": n})
	})
}

func (s *Service) officers(tx *database.Tx, kind, about string, role permit.Role, args map[string]any) error {
	accounts, err := s.Holders.HoldersAnywhere(tx, permit.Platform, role)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		n := notice.Notice{Key: strings.Join([]string{"directory", kind, about, string(workday.Of(s.Clock.Now())), account}, "."), Account: account, Kind: "directory." + kind, About: "/desk/directory", Args: args}
		if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "directory.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error { return s.Today(ctx, permit.Platform) }}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what each night brings: listings are fetched again, every hook is
// looked at, and what is broken for too long is told. It may run again.
func (s *Service) Today(ctx context.Context, who permit.Actor) error {
	var all []source
	if err := s.DB.Read(ctx, func(tx *database.Tx) (err error) {
		all, err = sources(tx, `WHERE kind <> 'file' ORDER BY id`)
		return err
	}); err != nil {
		return err
	}
	for _, x := range all {
		_, err := s.Sync(ctx, permit.Platform, x.ID, Heed{})
		if p := problem.As(err); p != nil { // it says no; what it said before stands
			err = s.DB.Write(ctx, func(tx *database.Tx) error {
				return s.officers(tx, "not_synced", x.ID, permit.CtrEngineer, map[string]any{"name": x.Name})
			})
		}
		if err != nil {
			return err
		}
	}
	if _, err := s.lookAll(ctx, ""); err != nil {
		return err
	}
	return s.ring(ctx)
}

func (s *Service) ring(ctx context.Context) error {
	today := workday.Of(s.Clock.Now())
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		due, err := hooks(tx, `WHERE next_on <> '' AND next_on <= ?`, today)
		if err != nil {
			return err
		}
		for _, r := range due {
			e, _, err := s.Entries.Entry(tx, permit.Platform, r.Slug)
			if problem.Is(err, problem.NotFound) {
				continue
			}
			if err == nil {
				_, err = s.move(tx, permit.Platform, e, r, Ring{})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Recompute counts the last days of broken hooks again, by a calendar that has
// changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		all, err := hooks(tx, `WHERE stage = 'broken' ORDER BY entry`)
		if err != nil {
			return 0, err
		}
		counter := deadline.NewCounter(book, TermMend, Steps)
		for _, r := range all {
			again, err := counter.Recount(r.Clock)
			if err != nil {
				return changed, err
			}
			if again.Equal(r.Clock) {
				continue
			}
			if _, err := s.move(tx, who, Entry{Slug: r.Slug, Body: r.Body}, r, Recount{again}); err != nil {
				return changed, err
			}
			changed++
		}
		return changed, nil
	}
}

// Replay checks that every hook and every source is what its events make it,
// see [ledger.Replay]. It is part of kaishu check.
func (s *Service) Replay(ctx context.Context, _ permit.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err := hooks(tx, `ORDER BY entry`)
		if err != nil {
			return err
		}
		of := func(r row) (ledger.Row[Hook], error) {
			return ledger.Row[Hook]{Stream: Stream(r.Slug), Revision: r.revision, Start: NewHook(r.Slug, r.Body), State: r.Hook}, nil
		}
		if n, err = ledger.Replay(tx, all, of, Evolve, Event(Attached{}), Verified{}, Broken{}, Exempted{}, Rang{}, Recounted{}); err != nil {
			return err
		}
		from, err := sources(tx, `ORDER BY id`)
		if err != nil {
			return err
		}
		m, err := ledger.Replay(tx, from, func(x source) (ledger.Row[Source], error) {
			return ledger.Row[Source]{Stream: SourceStream(x.ID), Revision: x.revision, State: x.Source}, nil
		}, EvolveSource, SourceEvent(Registered{}), Imported{})
		n += m
		return err
	})
	return n, err
}
