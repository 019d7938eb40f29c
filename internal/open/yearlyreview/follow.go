package yearlyreview

import (
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/queue"
)

// Told are the notices of this package.
var Told = kinds("opened", "remind", "last_day", "overdue", "completed", "given_back", "signed", "returned", "accepted", "closed", "review_due", "review_overdue", "redo_due", "redo_overdue")

func kinds(names ...string) (all []notice.Kind) {
	for _, n := range names {
		all = append(all, notice.Kind{Name: "yearlyreview." + n, Topic: "yearlyreview.topic", Title: "yearlyreview.told_" + n, Text: "yearlyreview.told_" + n + "_text"})
	}
	return all
}

// central are the roles that are not bound to a body.
var central = map[permit.Role]bool{permit.AutOfficer: true, permit.GofOfficer: true}

// tell tells whom it concerns what happened.
func (s *Service) tell(tx *database.Tx, before, after row, events []Event) error {
	for _, e := range events {
		var err error
		switch e := e.(type) {
		case Opened:
			err = s.send(tx, after, "opened", permit.OpnEditor, permit.OpnLead)
		case Completed:
			err = s.send(tx, after, "completed", permit.OpnLead)
		case GivenBack:
			err = s.send(tx, after, "given_back", permit.OpnEditor)
		case Signed:
			err = s.send(tx, after, "signed", permit.AutOfficer)
		case Returned:
			err = s.send(tx, after, "returned", permit.OpnEditor, permit.OpnLead)
		case Accepted:
			err = s.send(tx, after, "accepted", permit.OpnEditor, permit.OpnLead)
		case Closed:
			err = s.send(tx, after, "closed", permit.OpnLead)
		case Rang:
			for _, step := range e.Steps {
				if err == nil {
					err = s.send(tx, after, NoticeOf(step), Tell(step)...)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// send tells everybody who holds one of the roles, for the publisher or for
// all.
func (s *Service) send(tx *database.Tx, r row, kind string, roles ...permit.Role) error {
	o, err := s.Organisations.GetTx(tx, permit.Platform, r.Body)
	if err != nil {
		return err
	}
	for _, role := range roles {
		accounts, err := s.holders(tx, r.Body, role)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			n := notice.Notice{Key: strings.Join([]string{r.ID, fmt.Sprint(r.revision), kind, account}, "."), Account: account, Kind: "yearlyreview." + kind, About: "/desk/yearly/" + r.ID,
				Args: map[string]any{"body": o.Name, "year": locale.Same(fmt.Sprint(r.Year)), "due": locale.Same(workday.Date(due(r.Review))), "left": r.tally.Items - r.tally.Decided, "faults": len(r.Faults), "orders": len(r.Unbegun())}}
			if err := s.Notices.Tell(tx, permit.Platform, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) holders(tx *database.Tx, body string, role permit.Role) ([]string, error) {
	if central[role] {
		return s.Holders.HoldersAnywhere(tx, permit.Platform, role)
	}
	return s.Holders.HoldersOf(tx, permit.Platform, body, role)
}

// mornings does, each day, what the day brings.
func (s *Service) mornings() queue.Mornings {
	return queue.Mornings{Kind: "yearlyreview.day", DB: s.DB, Clock: s.Clock, Do: func(ctx context.Context) error {
		_, err := s.Today(ctx, permit.Platform)
		return err
	}}
}

// Begin has the days come: today's, and from then on each.
func (s *Service) Begin(ctx context.Context, _ permit.Actor) error { return s.mornings().Begin(ctx) }

// Jobs returns what this package does in the background.
func (s *Service) Jobs() []queue.Handler { return []queue.Handler{s.mornings().Handler()} }

// Today does what the day brings: it opens the reviews of the year for every
// publisher that has none, brings those that are being decided up to the list
// and the catalogue, reminds, and counts lateness. It may run again, and after
// days that were missed. It returns how many reviews it moved. Article 10(1).
func (s *Service) Today(ctx context.Context, _ permit.Actor) (n int, err error) {
	listed, err := s.listed(ctx)
	if err != nil {
		return 0, err
	}
	opened, err := s.openAll(ctx, listed)
	if err != nil {
		return opened, err
	}
	var ids []string
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `WHERE stage <> 'closed' ORDER BY id`)
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		return err
	})
	for _, id := range ids {
		if err != nil {
			return opened + n, err
		}
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			before, err := load(tx, id)
			if err != nil {
				return err
			}
			r, err := s.refreshTx(tx, before, listed)
			if next := r.Clock.Next(); err == nil && r.Stage != StageClosed && next != "" && next <= s.today() {
				r, err = s.move(tx, permit.Platform, r, Ring{}, around{})
			}
			if r.revision > before.revision {
				n++
			}
			return err
		})
	}
	return opened + n, err
}

// listed returns the items that are on the open list, by publisher.
func (s *Service) listed(ctx context.Context) (map[string][]Item, error) {
	entries, err := s.Entries.List(ctx, permit.Platform)
	all := map[string][]Item{}
	for _, e := range entries {
		if e.Listed() {
			all[e.Publisher] = append(all[e.Publisher], Item{ID: e.Slug, Kind: Listed, Title: e.Title})
		}
	}
	return all, err
}

// there returns what a body is to review today: its entries on the list, and
// its resources of the catalogue that nothing is opened from.
func (s *Service) there(tx *database.Tx, body string, listed map[string][]Item) ([]Item, error) {
	all := append([]Item{}, listed[body]...)
	unopened, err := s.Directory.UnopenedTx(tx, permit.Platform, body, max(0, MaxItems-len(all)))
	for _, r := range unopened {
		all = append(all, Item{ID: r.ID, Kind: Unopened, Title: locale.Same(r.Title)})
	}
	return all, err
}

// openAll opens the reviews of the year, for every body that has something to
// review and no review yet.
func (s *Service) openAll(ctx context.Context, listed map[string][]Item) (n int, err error) {
	year := YearOf(s.today().Year())
	if !year.Begun(s.today()) {
		return 0, nil
	}
	bodies, err := s.Organisations.List(ctx, permit.Platform)
	for _, o := range bodies {
		if err != nil {
			return n, err
		}
		err = s.DB.Write(ctx, func(tx *database.Tx) error {
			has, err := list(tx, `WHERE body_id = ? AND year = ?`, o.ID, year.Number)
			if err != nil || len(has) > 0 {
				return err
			}
			there, err := s.there(tx, o.ID, listed)
			if err != nil || len(there) == 0 {
				return err
			}
			n++
			c := OpenReview{ID: s.IDs.Make("yrv"), Body: o.ID, Year: year.Number, Items: there}
			_, err = s.move(tx, permit.Platform, row{Review: Review{Body: o.ID}}, c, around{year: year})
			return err
		})
	}
	return n, err
}

// refreshTx brings a review that is being decided up to what is there today.
func (s *Service) refreshTx(tx *database.Tx, r row, listed map[string][]Item) (row, error) {
	if Table.Permit(r.Stage, Refresh{}.Verb(), permit.Platform, nil) != nil {
		return r, nil
	}
	there, err := s.there(tx, r.Body, listed)
	if err != nil {
		return r, err
	}
	return s.move(tx, permit.Platform, r, Refresh{}, around{there: there})
}

// Recompute counts the last days of open reviews again, by a calendar that has
// changed, and says how many moved.
func (s *Service) Recompute(who permit.Actor) func(ctx context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
	return func(_ context.Context, tx *database.Tx, c workday.Calendar) (changed int, err error) {
		book, err := terms.New(c, s.Book().Terms()...)
		if err != nil {
			return 0, err
		}
		rows, err := withItems(tx, `WHERE stage NOT IN ('reviewed','closed') ORDER BY id`)
		if err != nil {
			return 0, err
		}
		review, redo := deadline.NewCounter(book, TermReview, ReviewSteps), deadline.NewCounter(book, TermRedo, RedoSteps)
		for _, r := range rows {
			var again deadline.Clock
			switch {
			case r.Stage == StageSigned:
				again, err = review.Recount(r.Clock)
			case r.Redo:
				again, err = redo.Recount(r.Clock)
			default:
				again, err = recount(c, r.Review)
			}
			if err != nil {
				return changed, err
			}
			after, err := s.move(tx, who, r, Recount{again}, around{})
			if err != nil {
				return changed, err
			}
			if after.revision > r.revision {
				changed++
			}
		}
		return changed, nil
	}
}

// recount is the time of a review that was not signed yet, by another calendar.
// Days whose step was taken do not come again.
func recount(c workday.Calendar, r Review) (deadline.Clock, error) {
	year := YearOf(r.Year)
	due, err := c.Next(year.Last)
	if err != nil || len(r.Clock.Steps) == 0 || due == r.Clock.Due {
		return r.Clock, err
	}
	again := year.Clock(due, r.Clock.ReceivedOn)
	again.Steps = again.Steps[max(0, len(again.Steps)-len(r.Clock.Steps)):]
	again.Late = r.Clock.Late
	return again, nil
}
