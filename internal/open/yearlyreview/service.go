package yearlyreview

import (
	"context"
	"embed"
	"sync"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/id"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/directory"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
)

// Migrations makes the tables of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Holders knows which accounts hold a role.
type Holders interface {
	HoldersOf(tx *database.Tx, who permit.Actor, body string, roles ...permit.Role) ([]string, error)
	HoldersAnywhere(tx *database.Tx, who permit.Actor, roles ...permit.Role) ([]string, error)
}

// Tools are what the service works with.
type Tools struct {
	DB            *database.DB
	Clock         clock.Clock
	IDs           *id.Source
	Book          func() terms.Book
	Entries       *openlist.Service
	Versions      *version.Service
	Gradings      *grading.Service
	Directory     *directory.Service
	Orders        *adjustment.Service
	Organisations *organisation.Service
	Notices       *notice.Service
	Holders       Holders
	Know          Know
}

// Service keeps the yearly reviews.
type Service struct {
	Tools
	mu   sync.Mutex
	used used // of the day
}

// New returns the service.
func New(t Tools) *Service { return &Service{Tools: t} }

// Stream is the ledger stream of a review.
func Stream(id string) string { return "yearlyreview/" + id }

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// around is what of the world is gathered before a transaction.
type around struct {
	evidence map[string]Evidence
	there    []Item
	year     Year
}

// Do asks c of a review. Seen is the revision that whoever asks has seen; 0 if
// he does not say. Whoever may not see it is told that there is none. Article
// 10(1).
func (s *Service) Do(ctx context.Context, who permit.Actor, reviewID string, seen int, c Command) (v View, err error) {
	switch c.(type) {
	case OpenReview, Refresh, Close, Ring, Recount:
		return v, problem.New(problem.Forbidden, "flow.not_your_step")
	}
	var w around
	switch c := c.(type) {
	case Choose:
		if w, err = s.weigh(ctx, who, reviewID, c); err != nil {
			return v, err
		}
	case Complete:
		if seen, err = s.upToDate(ctx, who, reviewID, seen); err != nil {
			return v, err
		}
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, reviewID)
		if err != nil {
			return err
		}
		if seen > 0 && seen != r.revision {
			return s.moved(tx, r, seen)
		}
		if begin, ok := c.(Begin); ok {
			r, err = s.beginOrders(tx, who, r, begin)
		} else {
			r, err = s.move(tx, who, r, c, w)
		}
		if err != nil {
			return err
		}
		v, err = s.view(tx, who, r)
		return err
	})
	return v, err
}

// upToDate brings a review up to the list and the catalogue of today before it
// is handed in, and returns the revision that whoever saw seen is to name then.
func (s *Service) upToDate(ctx context.Context, who permit.Actor, reviewID string, seen int) (int, error) {
	listed, err := s.listed(ctx)
	if err != nil {
		return seen, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, reviewID)
		if err != nil || Table.Permit(r.Stage, Complete{}.Verb(), who.For(r.Body), r.Did) != nil {
			return err
		}
		after, err := s.refreshTx(tx, r, listed)
		if seen == r.revision {
			seen = after.revision
		}
		return err
	})
	return seen, err
}

// moved says what happened since the revision that somebody has seen.
func (s *Service) moved(tx *database.Tx, r row, seen int) error {
	lines, err := ledger.History(tx, Stream(r.ID))
	if err != nil {
		return err
	}
	return ledger.Moved(s.Notices.Words, "yearlyreview.moved", lines, seen)
}

// see returns a review that who may see.
func (s *Service) see(tx *database.Tx, who permit.Actor, reviewID string) (row, error) {
	r, err := load(tx, reviewID)
	if err == nil && !MaySee(who.For(r.Body)) {
		err = notFound()
	}
	if err != nil {
		return row{}, err
	}
	return r, nil
}

// move decides, saves and appends, and closes what is done.
func (s *Service) move(tx *database.Tx, who permit.Actor, before row, c Command, w around) (row, error) {
	f, err := s.facts(tx, who, before.Review, c, w)
	if err != nil {
		return before, err
	}
	return s.decide(tx, who, before, c, f)
}

func (s *Service) decide(tx *database.Tx, who permit.Actor, before row, c Command, f Facts) (row, error) {
	events, err := Decide(f, before.Review, c)
	if err != nil || len(events) == 0 {
		return before, err
	}
	after := before
	for _, e := range events {
		after.Review = Evolve(after.Review, e)
	}
	after.revision += len(events)
	after.changed, after.tally = s.Clock.Now(), after.Tally()
	if err := save(tx, before, after); err != nil {
		return before, err
	}
	if err := ledger.Append(tx, Stream(after.ID), before.revision, who, s.Clock.Now(), id.Trace(tx.Context()), events); err != nil {
		return before, err
	}
	if err := s.tell(tx, before, after, events); err != nil {
		return before, err
	}
	switch c.(type) {
	case Accept, Begin, Refresh:
		return s.move(tx, permit.Platform, after, Close{}, around{})
	}
	return after, nil
}

// facts gathers what the rules need to know.
func (s *Service) facts(tx *database.Tx, who permit.Actor, r Review, c Command, w around) (f Facts, err error) {
	f = Facts{Who: who.For(r.Body), Today: s.today(), Evidence: w.evidence, There: w.there}
	switch c := c.(type) {
	case OpenReview:
		f.Clock, err = s.firstClock(w.year, f.Today)
	case Sign:
		f.Clock, err = deadline.Start(s.Book(), TermReview, ReviewSteps, f.Today)
	case Return:
		f.Clock, err = deadline.Start(s.Book(), TermRedo, RedoSteps, f.Today)
	case Choose:
		f.Refused, err = s.refused(tx, r, c)
	}
	return f, err
}

// firstClock is the time of a review that opens on a day.
func (s *Service) firstClock(y Year, on workday.Date) (deadline.Clock, error) {
	due, err := s.Book().Calendar().Next(y.Last)
	return y.Clock(due, on), err
}

// refused asks open/adjustment what it would say against the orders of these
// decisions, so that nobody learns it when the order is handed in.
func (s *Service) refused(tx *database.Tx, r Review, c Choose) (map[string][]problem.Field, error) {
	all := map[string][]problem.Field{}
	for _, x := range c.Choices {
		i := r.Item(x.Item)
		if i < 0 || r.Items[i].Kind != Listed {
			continue
		}
		var faults []problem.Field
		switch x.Verdict {
		case Static:
			e, err := s.Entries.GetTx(tx, permit.Platform, x.Item)
			if err != nil {
				return nil, err
			}
			if e.Static() {
				faults = []problem.Field{{Pointer: "/verdict", Code: "yearlyreview.static_already"}}
			}
		case Withdraw:
			faults = ground(x)
		case Merge:
			into, err := s.Entries.ListedTx(tx, permit.Platform, x.Into)
			if err != nil {
				return nil, err
			}
			if x.Into != "" {
				faults = adjustment.GroundFaults(x.Item, adjustment.Content{Ground: adjustment.Merged, Into: x.Into}, !into)
			}
		}
		all[x.Item] = faults
	}
	return all, nil
}
