package yearlyreview

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Know is what others know of an entry. What stands earlier in the house is
// asked directly; a function that is nil is one that nobody answers.
type Know struct {
	// Timeliness says how an entry stands whose data is of the day updated.
	Timeliness func(codes openlist.Codes, e openlist.Entry, updated, today workday.Date) (class string, daysLate int)
	// Reads returns how often each dataset was downloaded or called from a day
	// on, and whether that is known.
	Reads func(ctx context.Context, who permit.Actor, since workday.Date) (all map[string]int64, known bool, err error)
	// Requests returns how many applications for a dataset were decided.
	Requests func(ctx context.Context, who permit.Actor, slug string) (int, error)
	// Objections returns how many objections to a dataset are open.
	Objections func(ctx context.Context, who permit.Actor, slug string) (int, error)
}

// used is the use of a year, of the day on which it was counted: to count it
// means to read every read.
type used struct {
	on    workday.Date
	reads map[string]int64
	known bool
}

func (s *Service) reads(ctx context.Context) (used, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	today := s.today()
	if s.Know.Reads == nil || s.used.on == today {
		return s.used, nil
	}
	reads, known, err := s.Know.Reads(ctx, permit.Platform, today.AddMonths(-12))
	if err == nil {
		s.used = used{today, reads, known}
	}
	return s.used, err
}

// weigh gathers the evidence of the items that are decided on.
func (s *Service) weigh(ctx context.Context, who permit.Actor, reviewID string, c Choose) (w around, err error) {
	var r row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err = s.see(tx, who, reviewID)
		return err
	})
	if err != nil || Table.Permit(r.Stage, c.Verb(), who.For(r.Body), r.Did) != nil || len(c.Choices) > MaxChoices {
		return w, err // the rules say so
	}
	asked := map[string]bool{}
	for _, x := range c.Choices {
		asked[x.Item] = true
	}
	var some []Item
	for _, i := range r.Items {
		if asked[i.ID] {
			some = append(some, i)
		}
	}
	w.evidence, err = s.evidence(ctx, r.Review, some)
	return w, err
}

// evidence returns what is known today of some items of a review.
func (s *Service) evidence(ctx context.Context, r Review, some []Item) (map[string]Evidence, error) {
	all := make(map[string]Evidence, len(some))
	use, err := s.reads(ctx)
	if err != nil {
		return nil, err
	}
	latest, err := s.Versions.Latest(ctx, permit.Platform)
	if err != nil {
		return nil, err
	}
	held, err := s.held(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range some {
		if i.Kind != Listed {
			continue
		}
		e := Evidence{Reads: use.reads[i.ID], ReadsKnown: use.known, Faults: held[i.ID]}
		if s.Know.Requests != nil {
			if e.Requests, err = s.Know.Requests(ctx, permit.Platform, i.ID); err != nil {
				return nil, err
			}
		}
		if s.Know.Objections != nil {
			if e.Objections, err = s.Know.Objections(ctx, permit.Platform, i.ID); err != nil {
				return nil, err
			}
		}
		all[i.ID] = e
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		last, _, err := loadYear(tx, r.Body, r.Year-1)
		if err != nil {
			return err
		}
		before := map[string]Verdict{}
		for _, i := range last.Items {
			before[i.ID] = i.Verdict
		}
		for _, i := range some {
			e := all[i.ID]
			e.On, e.Before = s.today(), before[i.ID]
			if i.Kind == Listed {
				if err := s.ofEntry(tx, i.ID, latest[i.ID], &e); err != nil {
					return err
				}
			}
			all[i.ID] = e
		}
		return nil
	})
	return all, err
}

// ofEntry adds what the chapter's own packages know of an entry.
func (s *Service) ofEntry(tx *database.Tx, slug string, latest version.Version, e *Evidence) error {
	x, err := s.Entries.GetTx(tx, permit.Platform, slug)
	if err != nil {
		return err
	}
	e.UpdatedOn = x.UpdatedOn
	if latest.UpdatedOn != "" {
		e.UpdatedOn = latest.UpdatedOn
	}
	if s.Know.Timeliness != nil {
		e.Timeliness, e.DaysLate = s.Know.Timeliness(s.Entries.Codes(permit.Platform), x, e.UpdatedOn, s.today())
	}
	g, ok, err := s.Gradings.Of(tx, permit.Platform, slug)
	if err != nil {
		return err
	}
	if ok {
		e.GradedOn, e.GradingDue = g.Confirmed, g.Stage != grading.StageConfirmed
	}
	hook, err := s.Directory.StandingTx(tx, permit.Platform, slug, x.Publisher, nil)
	if err != nil {
		return err
	}
	e.Hook = string(hook.Stage)
	e.ChangedOn, err = s.Orders.ChangedOnTx(tx, permit.Platform, slug)
	return err
}

// held counts, by dataset, what holds a version that waits.
func (s *Service) held(ctx context.Context) (map[string]int, error) {
	all, err := s.Versions.Pending(ctx, permit.Actor{Account: permit.Platform.Account, Roles: []permit.Role{permit.CtrQuality}})
	n := map[string]int{}
	for _, v := range all {
		if v.Stage == version.StageBlocked {
			n[v.Dataset] = len(version.Held(v))
		}
	}
	return n, err
}
