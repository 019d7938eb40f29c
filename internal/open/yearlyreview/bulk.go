package yearlyreview

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Those are the items that one act decides together; what is decided already
// stays.
var Those = []string{"on_time", "listed", "unopened"}

// Sweep is one decision for many items.
type Sweep struct {
	Those   string  `json:"those"`   // on_time: entries that keep what they promise and of which nothing is wrong; listed; unopened
	Verdict Verdict `json:"verdict"` // for on_time, keep
	Ground  string  `json:"ground,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// Sweep decides every undecided item of those that w names. It is as good as
// deciding each: whatever one decision may not be, this may not.
func (s *Service) Sweep(ctx context.Context, who permit.Actor, reviewID string, seen int, w Sweep) (v View, err error) {
	var r row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if r, err = s.see(tx, who, reviewID); err == nil {
			err = permitted(who.For(r.Body), r.Review, Choose{}.Verb())
		}
		return err
	})
	if err != nil {
		return v, err
	}
	if err := w.check(); err != nil {
		return v, err
	}
	c, err := s.swept(ctx, r.Review, w)
	if err != nil {
		return v, err
	}
	if len(c.Choices) == 0 {
		return v, problem.New(problem.Conflict, "yearlyreview.nothing_left")
	}
	return s.Do(ctx, who, reviewID, seen, c)
}

// check tells everything that is wrong with a sweep at once.
func (w Sweep) check() error {
	var l problem.List
	kind := Listed
	switch w.Those {
	case "unopened":
		kind = Unopened
	case "on_time", "listed":
	default:
		l.Add("/those", "yearlyreview.unknown_those")
		return l.Err()
	}
	switch {
	case w.Verdict == Merge: // each into another
		l.Add("/verdict", "yearlyreview.one_by_one")
	case !slices.Contains(kind.Verdicts(), w.Verdict) || w.Those == "on_time" && w.Verdict != Keep:
		l.Add("/verdict", "yearlyreview.unknown_verdict")
	}
	fake := Item{Kind: kind, Verdict: w.Verdict, Ground: w.Ground, Reason: w.Reason, Into: "x"}
	if w.Verdict != "" {
		for _, x := range fake.Lacks() {
			l.Add("/"+x[0], x[1])
		}
	}
	check(&l, "", fake, Choice{Verdict: w.Verdict, Ground: w.Ground, Reason: w.Reason})
	if w.Verdict == Withdraw {
		for _, x := range ground(Choice{Ground: w.Ground}) {
			l.Keep(x)
		}
	}
	return once(l.Err())
}

// once leaves one fault of each place.
func once(err error) error {
	p := problem.As(err)
	if p == nil {
		return err
	}
	var l problem.List
	told := map[string]bool{}
	for _, f := range p.Fields {
		if !told[f.Pointer] {
			told[f.Pointer] = true
			l.Keep(f)
		}
	}
	return l.Err()
}

// swept is the decision for each of the items.
func (s *Service) swept(ctx context.Context, r Review, w Sweep) (c Choose, err error) {
	var some []Item
	for _, i := range r.Items {
		if !i.Gone && i.Verdict == "" && (i.Kind == Unopened) == (w.Those == "unopened") {
			some = append(some, i)
		}
	}
	known := map[string]Evidence{}
	if w.Those == "on_time" {
		if known, err = s.evidence(ctx, r, some); err != nil {
			return c, err
		}
	}
	for _, i := range some {
		if w.Those != "on_time" || known[i.ID].OnTime() {
			c.Choices = append(c.Choices, Choice{Item: i.ID, Verdict: w.Verdict, Ground: w.Ground, Reason: w.Reason})
		}
	}
	return c, nil
}
