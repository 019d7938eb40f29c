package yearlyreview

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Bounds. [D]
const (
	MaxText    = 2000  // characters of a reason
	MaxItems   = 10000 // of one review
	MaxAdded   = 500   // of them, by the editor
	MaxChoices = MaxItems
	MaxFaults  = 200 // of a return, and told at once of decisions that are lacking
)

// Facts are what the rules need to know of the world.
type Facts struct {
	Who      permit.Actor // with the roles that count for the publisher
	Today    workday.Date
	Clock    deadline.Clock             // of whoever's turn comes, for OpenReview, Sign and Return
	Evidence map[string]Evidence        // by item, of those that are decided
	Refused  map[string][]problem.Field // by item: what open/adjustment says against an order of the decision
	There    []Item                     // what is to be reviewed today, for Refresh
}

// Decide says what happens when c is asked of r. It changes nothing. The zero
// Review is one that does not exist yet.
func Decide(f Facts, r Review, c Command) ([]Event, error) {
	if err := permitted(f.Who, r, c.Verb()); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case OpenReview:
		if len(c.Items) == 0 {
			return nil, nil
		}
		return []Event{Opened{ID: c.ID, Body: c.Body, Year: c.Year, Items: c.Items, Clock: f.Clock}}, nil
	case Choose:
		return choose(f, r, c)
	case Add:
		return add(f, r, c)
	case Complete:
		if err := whole(r); err != nil {
			return nil, err
		}
		return []Event{Completed{By: f.Who.Doer()}}, nil
	case GiveBack:
		if err := reasons(r, c.Faults); err != nil {
			return nil, err
		}
		return []Event{GivenBack{Faults: c.Faults, By: f.Who.Doer()}}, nil
	case Sign:
		return []Event{Signed{On: f.Today, Clock: f.Clock, By: f.Who.Doer()}}, nil
	case Return:
		if err := reasons(r, c.Faults); err != nil {
			return nil, err
		}
		return []Event{Returned{Faults: c.Faults, Clock: f.Clock, By: f.Who.Doer()}}, nil
	case Accept:
		return []Event{Accepted{On: f.Today, By: f.Who.Doer()}}, nil
	case Begin:
		return begin(f, r, c)
	case Close:
		if r.Stage == StageReviewed && len(r.Unbegun()) > 0 || r.Stage != StageReviewed && r.Tally().Items > 0 {
			return nil, nil
		}
		return []Event{Closed{On: f.Today}}, nil
	case Refresh:
		return refresh(r, f.There), nil
	case Ring:
		return ring(f, r), nil
	case Recount:
		if c.Clock.Equal(r.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("yearlyreview: no rule for " + c.Verb())
}

// choose keeps decisions, also unfinished ones: what a decision lacks is told
// when the review is handed in. What can never be right is told at once.
func choose(f Facts, r Review, c Choose) ([]Event, error) {
	var l problem.List
	if len(c.Choices) == 0 {
		l.Add("/choices", "yearlyreview.no_choice")
	}
	if len(c.Choices) > MaxChoices {
		l.Add("/choices", "yearlyreview.too_many", "most", MaxChoices)
		return nil, l.Err()
	}
	at := map[string]Item{}
	for _, i := range r.Items {
		at[i.ID] = i
	}
	var kept []Chosen
	for n, x := range c.Choices {
		here := "/choices/" + strconv.Itoa(n)
		item, ok := at[x.Item]
		if !ok || item.Gone {
			l.Add(here+"/item", "yearlyreview.no_item", "item", x.Item)
			continue
		}
		delete(at, x.Item) // a second decision on it would be lost
		check(&l, here, item, x)
		for _, fault := range f.Refused[x.Item] {
			fault.Pointer = here + fault.Pointer
			l.Keep(fault)
		}
		if x.Verdict != Withdraw && x.Verdict != NotYet {
			x.Ground = ""
		}
		if x.Verdict != Merge {
			x.Into = ""
		}
		if seen := f.Evidence[x.Item]; !same(item, x, seen) {
			kept = append(kept, Chosen{x, seen})
		}
	}
	if err := l.Err(); err != nil || len(kept) == 0 {
		return nil, err
	}
	return []Event{Decided{Choices: kept, By: f.Who.Doer()}}, nil
}

// add takes up data that no listing of the catalogue holds.
func add(f Facts, r Review, c Add) ([]Event, error) {
	var l problem.List
	title, own := strings.TrimSpace(c.Title), 0
	l.Require("/title", title)
	for _, i := range r.Items {
		if i.Source != "" {
			own++
		}
		if i.Source != "" && i.Title.ZH == title {
			l.Add("/title", "yearlyreview.added_already")
		}
	}
	if len([]rune(title)) > MaxText {
		l.Add("/title", "yearlyreview.too_long", "most", MaxText)
	}
	if !slices.Contains(Sources, c.Source) {
		l.Add("/source", "yearlyreview.unknown_source")
	}
	if c.Source == "disclosure" {
		l.Require("/link", strings.TrimSpace(c.Link))
	} else {
		c.Link = ""
	}
	if len([]rune(c.Link)) > MaxText {
		l.Add("/link", "yearlyreview.too_long", "most", MaxText)
	}
	if own >= MaxAdded {
		l.Add("/title", "yearlyreview.too_many", "most", MaxAdded)
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	item := Item{ID: "own_" + strconv.Itoa(own+1), Kind: Unopened, Title: locale.Same(title), Source: c.Source, Link: strings.TrimSpace(c.Link)}
	return []Event{Added{Item: item, By: f.Who.Doer()}}, nil
}

// same reports whether a decision says what stands there already, of the same
// evidence.
func same(i Item, x Choice, seen Evidence) bool {
	seen.On = ""
	known := Evidence{}
	if i.Seen != nil {
		known = *i.Seen
		known.On = ""
	}
	return x == Choice{i.ID, i.Verdict, i.Ground, i.Into, i.Reason} && seen == known
}

func check(l *problem.List, at string, i Item, x Choice) {
	if !slices.Contains(i.Kind.Verdicts(), x.Verdict) {
		l.Add(at+"/verdict", "yearlyreview.unknown_verdict")
	}
	if x.Verdict == NotYet && x.Ground != "" && !slices.Contains(NotYetGrounds, x.Ground) {
		l.Add(at+"/ground", "yearlyreview.unknown_ground")
	}
	for _, t := range []struct{ field, text string }{{"/reason", x.Reason}, {"/into", x.Into}} {
		if len([]rune(t.text)) > MaxText {
			l.Add(at+t.field, "yearlyreview.too_long", "most", MaxText)
		}
	}
}

// whole refuses a review in which something is still to be decided, naming
// everything that is.
func whole(r Review) error {
	var all []problem.Field
	for _, i := range r.Items {
		if i.Gone {
			continue
		}
		for _, x := range i.Lacks() {
			all = append(all, problem.Field{Pointer: "/items/" + i.ID + "/" + x[0], Code: x[1]})
		}
	}
	var l problem.List
	for n, x := range all {
		if n == MaxFaults {
			l.Add("/items", "yearlyreview.more_lacking", "n", len(all)-n)
			break
		}
		l.Keep(x)
	}
	return l.Err()
}

// reasons checks why a review is returned.
func reasons(r Review, faults []Fault) error {
	var l problem.List
	if len(faults) == 0 {
		l.Add("/faults", "yearlyreview.needs_fault")
	}
	if len(faults) > MaxFaults {
		l.Add("/faults", "yearlyreview.too_many_faults", "most", MaxFaults)
		return l.Err()
	}
	for n, x := range faults {
		at := "/faults/" + strconv.Itoa(n)
		if x.Item != "" && r.Item(x.Item) < 0 {
			l.Add(at+"/item", "yearlyreview.no_item", "item", x.Item)
		}
		l.Require(at+"/text", strings.TrimSpace(x.Text))
		if len([]rune(x.Text)) > MaxText {
			l.Add(at+"/text", "yearlyreview.too_long", "most", MaxText)
		}
	}
	return l.Err()
}

// begin keeps the work orders of decisions.
func begin(f Facts, r Review, c Begin) ([]Event, error) {
	var l problem.List
	if len(c.Begins) == 0 {
		l.Add("/begins", "yearlyreview.no_choice")
	}
	var kept []BegunOrder
	done := map[string]bool{}
	for n, x := range c.Begins {
		at := "/begins/" + strconv.Itoa(n)
		i := r.Item(x.Item)
		switch {
		case i < 0 || r.Items[i].Gone:
			l.Add(at+"/item", "yearlyreview.no_item", "item", x.Item)
			continue
		case !r.Items[i].Verdict.Orders():
			l.Add(at+"/item", "yearlyreview.no_order_needed")
		case r.Items[i].Begun() || done[x.Item]:
			l.Add(at+"/item", "yearlyreview.begun_already")
		case r.Items[i].Verdict.New():
			l.Require(at+"/entry", x.Entry)
		}
		done[x.Item] = true
		for _, fault := range f.Refused[x.Item] {
			fault.Pointer = at + fault.Pointer
			l.Keep(fault)
		}
		kept = append(kept, BegunOrder(x))
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{OrdersBegun{Orders: kept, By: f.Who.Doer()}}, nil
}

// refresh follows the list and the catalogue: what came is to be decided, what
// went is not. Before the review is handed in, so that it is whole.
func refresh(r Review, there []Item) []Event {
	var e Refreshed
	here, now := map[string]Item{}, map[string]bool{}
	for _, i := range r.Items {
		here[i.ID] = i
	}
	for _, i := range there {
		now[i.ID] = true
		switch was, ok := here[i.ID]; {
		case !ok:
			e.Added = append(e.Added, i)
		case was.Gone:
			e.Back = append(e.Back, i.ID)
		}
	}
	for _, i := range r.Items {
		if !i.Gone && !now[i.ID] && i.Source == "" {
			e.Gone = append(e.Gone, i.ID)
		}
	}
	if len(e.Added)+len(e.Gone)+len(e.Back) == 0 {
		return nil
	}
	return []Event{e}
}

// ring says what the day brings: reminders and lateness, never a decision.
func ring(f Facts, r Review) []Event {
	steps := r.Clock.Ring(f.Today)
	if len(steps) == 0 {
		return nil
	}
	return []Event{Rang{Steps: steps, Late: slices.ContainsFunc(steps, overdue)}}
}
