package calendar

import (
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
)

// TermTable is the life of a term: that of a notice, except that nothing is
// replaced: a term ends the day before the next of its name begins.
var TermTable = slices.DeleteFunc(slices.Clone(Table), func(s flow.Step[Stage]) bool { return s.Do == "replace" })

// TermContent is what is entered of a term; see [terms.Term]. It ends when the
// next of its name begins, so that no day is without one.
type TermContent struct {
	Name    string       `json:"name"`
	Length  int          `json:"length"`
	Unit    terms.Unit   `json:"unit"`
	Article string       `json:"article,omitempty"`
	From    workday.Date `json:"from"`
}

// Term is one term, as entered.
type Term struct {
	ID string `json:"id"`
	TermContent
	Stage       Stage             `json:"stage"`
	EnteredAt   string            `json:"entered_at"`             // instant
	ConfirmedAt string            `json:"confirmed_at,omitempty"` // instant
	Reason      string            `json:"reason,omitempty"`       // for which it was discarded
	Did         map[string]string `json:"did,omitempty"`
}

// TermFacts are what the rules of terms need to know of the world.
type TermFacts struct {
	Facts
	Names []string // of the terms that the program counts by
}

// EnterTerm begins a term.
type EnterTerm struct{ TermContent }

func (EnterTerm) Verb() string { return "enter" }

// The events of a term.
type (
	TermEntered struct {
		ID string `json:"id"`
		TermContent
		By string `json:"by"`
		At string `json:"at"`
	}
	TermConfirmed struct {
		By string `json:"by"`
		At string `json:"at"`
	}
	TermDiscarded struct {
		Reason string `json:"reason"`
	}
)

func (TermEntered) Kind() string   { return "calendar.term_entered" }
func (TermConfirmed) Kind() string { return "calendar.term_confirmed" }
func (TermDiscarded) Kind() string { return "calendar.term_discarded" }

// DecideTerm is [Decide] for a term: commands EnterTerm, Confirm, Discard. A
// term begins tomorrow or later, when it is entered and still when it is
// confirmed: what was in force is never changed.
func DecideTerm(f TermFacts, t Term, c Command) ([]Event, error) {
	if err := TermTable.Permit(t.Stage, c.Verb(), f.Who, t.Did); err != nil {
		return nil, err
	}
	at := f.Now.UTC().Format(time.RFC3339)
	switch c := c.(type) {
	case EnterTerm:
		if err := checkTerm(f, c.TermContent); err != nil {
			return nil, err
		}
		return []Event{TermEntered{ID: f.ID, TermContent: c.TermContent, By: f.Who.Doer(), At: at}}, nil
	case Confirm:
		if t.From <= workday.Of(f.Now) {
			return nil, problem.New(problem.Conflict, "calendar.term_too_late", "day", string(t.From))
		}
		return []Event{TermConfirmed{By: f.Who.Doer(), At: at}}, nil
	case Discard:
		var p problem.List
		p.Require("/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{TermDiscarded(c)}, nil
	}
	panic("calendar: no rule for " + c.Verb())
}

// checkTerm returns every fault of a term, or nil.
func checkTerm(f TermFacts, t TermContent) error {
	var p problem.List
	if t.Name != "" && !slices.Contains(f.Names, t.Name) {
		p.Add("/name", "calendar.unknown_term", "name", t.Name)
	}
	_, err := terms.New(workday.Calendar{}, t.Term())
	if wrong := problem.As(err); wrong != nil {
		for _, field := range wrong.Fields {
			field.Pointer = strings.TrimPrefix(field.Pointer, "/terms/0")
			p.Keep(field)
		}
	}
	if t.From.Valid() && t.From <= workday.Of(f.Now) {
		p.Add("/from", "calendar.term_too_early", "day", string(t.From))
	}
	return p.Err()
}

// Term returns t as a book holds it.
func (t TermContent) Term() terms.Term {
	return terms.Term{Name: t.Name, Length: t.Length, Unit: t.Unit, Article: t.Article, From: t.From}
}

// EvolveTerm returns t as it stands after event.
func EvolveTerm(t Term, event Event) Term {
	switch event := event.(type) {
	case TermEntered:
		t.ID, t.TermContent, t.Stage, t.EnteredAt = event.ID, event.TermContent, StageEntered, event.At
		t.Did = flow.Did(t.Did, "enter", event.By)
	case TermConfirmed:
		t.Stage, t.ConfirmedAt = StageInForce, event.At
		t.Did = flow.Did(t.Did, "confirm", event.By)
	case TermDiscarded:
		t.Stage, t.Reason = StageDiscarded, event.Reason
	default:
		panic("calendar: cannot evolve by " + event.Kind())
	}
	return t
}

// Effective returns the terms that count: each of first, then of confirmed in
// the order in which they were confirmed, ends those of its name the day
// before it begins, and takes the place of those that would begin later.
func Effective(first, confirmed []terms.Term) (all []terms.Term) {
	for _, t := range slices.Concat(first, confirmed) {
		before := t.From.AddDays(-1)
		all = slices.DeleteFunc(all, func(o terms.Term) bool { return o.Name == t.Name && o.From >= t.From })
		for i, o := range all {
			if o.Name == t.Name && (o.Until == "" || o.Until > before) {
				all[i].Until = before
			}
		}
		all = append(all, t)
	}
	slices.SortStableFunc(all, func(a, b terms.Term) int {
		return strings.Compare(a.Name+"\x00"+string(a.From), b.Name+"\x00"+string(b.From))
	})
	return all
}
