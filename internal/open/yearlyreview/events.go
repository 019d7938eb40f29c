package yearlyreview

import (
	"cmp"
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/workday"
)

// Command is a request to move a review.
type Command interface{ Verb() string }

// The commands. "Open" is a verdict; the command is Begin of a year's review.
type (
	OpenReview struct {
		ID, Body string
		Year     int
		Items    []Item
	}
	Choose struct {
		Choices []Choice `json:"choices"`
	}
	Add struct {
		Title  string `json:"title"`
		Source string `json:"source"`         // of Sources
		Link   string `json:"link,omitempty"` // address of the disclosed document
	}
	Complete struct{}
	GiveBack struct {
		Faults []Fault `json:"faults"`
	}
	Sign   struct{}
	Return struct {
		Faults []Fault `json:"faults"`
	}
	Accept struct{}
	Begin  struct {
		Begins []Begun `json:"begins"`
	}
	Close   struct{}
	Refresh struct{}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
)

// Begun is the work order of one item: begun, or linked if there is one.
type Begun struct {
	Item    string `json:"item"`
	Entry   string `json:"entry,omitempty"` // slug of the new entry, for a resource that is to be opened
	Order   string `json:"-"`               // by the service
	NoOrder bool   `json:"-"`               // by the service: the entry is off the list already
}

// BegunOrder is [Begun] as it is kept.
type BegunOrder struct {
	Item    string `json:"item"`
	Entry   string `json:"entry,omitempty"`
	Order   string `json:"order,omitempty"`
	NoOrder bool   `json:"no_order,omitempty"`
}

func (OpenReview) Verb() string { return "open" }
func (Choose) Verb() string     { return "choose" }
func (Add) Verb() string        { return "add" }
func (Complete) Verb() string   { return "complete" }
func (GiveBack) Verb() string   { return "give_back" }
func (Sign) Verb() string       { return "sign" }
func (Return) Verb() string     { return "return" }
func (Accept) Verb() string     { return "accept" }
func (Begin) Verb() string      { return "begin" }
func (Close) Verb() string      { return "close" }
func (Refresh) Verb() string    { return "refresh" }
func (Ring) Verb() string       { return "ring" }
func (Recount) Verb() string    { return "recount" }

// Event is something that happened to a review.
type Event interface{ Kind() string }

// Chosen is one decision with what was known when it was made.
type Chosen struct {
	Choice
	Seen Evidence `json:"seen"`
}

// The events.
type (
	Opened struct {
		ID    string         `json:"id"`
		Body  string         `json:"body"`
		Year  int            `json:"year"`
		Items []Item         `json:"items"`
		Clock deadline.Clock `json:"clock"`
	}
	Decided struct {
		Choices []Chosen `json:"choices"`
		By      string   `json:"by"`
	}
	Added struct {
		Item Item   `json:"item"`
		By   string `json:"by"`
	}
	Completed struct {
		By string `json:"by"`
	}
	GivenBack struct {
		Faults []Fault `json:"faults"`
		By     string  `json:"by"`
	}
	Signed struct {
		On    workday.Date   `json:"on"`
		Clock deadline.Clock `json:"clock"` // of the authority
		By    string         `json:"by"`
	}
	Returned struct {
		Faults []Fault        `json:"faults"`
		Clock  deadline.Clock `json:"clock"` // of the publisher
		By     string         `json:"by"`
	}
	Accepted struct {
		On workday.Date `json:"on"`
		By string       `json:"by"`
	}
	OrdersBegun struct {
		Orders []BegunOrder `json:"orders"`
		By     string       `json:"by"`
	}
	Closed struct {
		On workday.Date `json:"on"`
	}
	Refreshed struct {
		Added []Item   `json:"added,omitempty"`
		Gone  []string `json:"gone,omitempty"` // items that are off the list, or opened
		Back  []string `json:"back,omitempty"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
)

func (Opened) Kind() string      { return "yearlyreview.opened" }
func (Decided) Kind() string     { return "yearlyreview.decided" }
func (Added) Kind() string       { return "yearlyreview.added" }
func (Completed) Kind() string   { return "yearlyreview.completed" }
func (GivenBack) Kind() string   { return "yearlyreview.given_back" }
func (Signed) Kind() string      { return "yearlyreview.signed" }
func (Returned) Kind() string    { return "yearlyreview.returned" }
func (Accepted) Kind() string    { return "yearlyreview.accepted" }
func (OrdersBegun) Kind() string { return "yearlyreview.orders_begun" }
func (Closed) Kind() string      { return "yearlyreview.closed" }
func (Refreshed) Kind() string   { return "yearlyreview.refreshed" }
func (Rang) Kind() string        { return "yearlyreview.rang" }
func (Recounted) Kind() string   { return "yearlyreview.recounted" }

// Evolve returns r as it stands after event.
func Evolve(r Review, event Event) Review {
	switch e := event.(type) {
	case Opened:
		r = Review{ID: e.ID, Body: e.Body, Year: e.Year, Stage: StageOpened, Due: e.Clock.Due.Day, Clock: e.Clock, Items: inOrder(e.Items)}
	case Decided:
		r.Items = decided(r.Items, e)
		if r.Stage == StageOpened {
			r.Stage = StageEvaluating
		}
		r.Did = flow.Did(r.Did, "choose", e.By)
	case Added:
		r.Items = inOrder(append(slices.Clone(r.Items), e.Item))
		r.Did = flow.Did(r.Did, "add", e.By)
	case Completed:
		r.Stage, r.Faults = StageComplete, nil
		r.Did = flow.Did(r.Did, "complete", e.By)
	case GivenBack:
		r.Stage, r.Faults = StageReturned, e.Faults
		r.Did = flow.Did(r.Did, "give_back", e.By)
	case Signed:
		if r.SignedOn == "" {
			r.SignedOn, r.Late = e.On, r.Late || e.On > r.Due
		}
		r.Stage, r.Clock = StageSigned, e.Clock
		r.Did = flow.Did(r.Did, "sign", e.By)
	case Returned:
		r.Stage, r.Faults, r.Clock, r.Redo = StageReturned, e.Faults, e.Clock, true
		r.Did = flow.Did(r.Did, "return", e.By)
	case Accepted:
		r.Stage, r.ReviewedOn, r.Clock = StageReviewed, e.On, r.Clock.Done(e.On)
		r.Did = flow.Did(r.Did, "accept", e.By)
	case OrdersBegun:
		r.Items = slices.Clone(r.Items)
		for _, b := range e.Orders {
			if i := r.Item(b.Item); i >= 0 {
				r.Items[i].Order, r.Items[i].Entry, r.Items[i].NoOrder = b.Order, b.Entry, b.NoOrder
			}
		}
		r.Did = flow.Did(r.Did, "begin", e.By)
	case Closed:
		r.Stage, r.ClosedOn, r.Clock = StageClosed, e.On, r.Clock.Done(e.On)
	case Refreshed:
		r.Items = refreshed(r.Items, e)
	case Rang:
		r.Clock = r.Clock.Rung(e.Steps, e.Late)
		r.Late = r.Late || slices.Contains(e.Steps, OverdueStep)
	case Recounted:
		r.Clock = e.Clock
		if r.SignedOn == "" {
			r.Due = e.Clock.Due.Day
		}
	default:
		panic("yearlyreview: cannot evolve by " + event.Kind())
	}
	return r
}

func decided(before []Item, e Decided) []Item {
	items, at := slices.Clone(before), map[string]int{}
	for i := range items {
		at[items[i].ID] = i
	}
	for _, c := range e.Choices {
		i, ok := at[c.Item]
		if !ok {
			continue
		}
		seen := c.Seen
		x := &items[i]
		x.Verdict, x.Ground, x.Into, x.Reason, x.By, x.Seen = c.Verdict, c.Ground, c.Into, c.Reason, e.By, &seen
	}
	return items
}

func refreshed(before []Item, e Refreshed) []Item {
	items := slices.Clone(before)
	for i := range items {
		if slices.Contains(e.Gone, items[i].ID) {
			items[i].Gone = true
		}
		if slices.Contains(e.Back, items[i].ID) {
			items[i].Gone = false
		}
	}
	return inOrder(append(items, e.Added...))
}

// inOrder sorts entries by slug, then resources by title.
func inOrder(items []Item) []Item {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b Item) int {
		if a.Kind == Listed && b.Kind == Listed {
			return cmp.Compare(a.ID, b.ID)
		}
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Title.ZH, b.Title.ZH), cmp.Compare(a.ID, b.ID))
	})
	return items
}
