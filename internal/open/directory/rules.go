package directory

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where the hook of an entry stands (SM-04).
type Stage string

// The stages.
const (
	StageUnhooked Stage = "unhooked" // nobody has named the sources
	StageHooked   Stage = "hooked"   // named, and not yet looked at
	StageVerified Stage = "verified" // every source was there at the last look
	StageBroken   Stage = "broken"   // a source is gone or is another; see Hook.Breaches
	StageExempt   Stage = "exempt"   // data without a source in the catalogue (Article 10)
)

// Table is the whole life of a hook.
var Table = flow.Table[Stage]{
	{Do: "hook", From: in(StageUnhooked, StageHooked, StageVerified, StageBroken, StageExempt), To: StageHooked, By: permit.OpnEditor, Article: "9(3)"},
	{Do: "verify", From: in(StageHooked, StageBroken), To: StageVerified, By: permit.Clock, Article: "9(3)"},
	{Do: "break", From: in(StageHooked, StageVerified, StageBroken), To: StageBroken, By: permit.Clock, Article: "9(3)"},
	{Do: "exempt", From: in(StageUnhooked, StageHooked, StageBroken), To: StageExempt, By: permit.CtrListReviewer, Not: "hook", Article: "10"},
	{Do: "ring", From: in(StageBroken), By: permit.Clock},
	{Do: "recount", From: in(StageBroken), By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// TermMend is how long a publisher has to name another source; see terms.json
// of casework/calendar.
const TermMend = "directory.mend"

// Steps are what happens while a hook is broken.
var Steps = []deadline.Step{
	{Name: "due", Term: TermMend, Tell: []permit.Role{permit.OpnEditor, permit.OpnLead}},
	{Name: "overdue", Term: "directory.overdue", Tell: []permit.Role{permit.CtrQuality, permit.AutOfficer}, Overdue: true},
}

// Entry is an entry of the open list, as far as its hook cares.
type Entry struct {
	Slug   string
	Body   string      // id of the publisher
	Fields []FieldName // its data items, with those of an order that is being written
	Free   bool        // data of daily work or of disclosure: it may have no source
}

// FieldName is a data item by its name and title.
type FieldName struct{ Name, Title string }

// Pair names the source of one data item.
type Pair struct {
	Field    string `json:"field"`          // of the entry
	Resource string `json:"resource"`       // id
	Source   string `json:"source"`         // name of the field there
	Type     string `json:"type,omitempty"` // of that field when it was named; given by the rules
}

// Breach is what is wrong with the source of one data item.
type Breach struct {
	Field    string `json:"field"`
	Resource string `json:"resource"`
	Source   string `json:"source"`
	Code     string `json:"code"` // of Breached
	Was      string `json:"was,omitempty"`
	Now      string `json:"now,omitempty"`
}

// Breached are what can be wrong with a source.
var Breached = []string{"resource_gone", "field_gone", "type_changed"}

// Hook is the hook of one entry. The zero Hook with a Slug and a Stage is one
// that nobody has made.
type Hook struct {
	Slug     string            `json:"slug"`
	Body     string            `json:"body"`
	Stage    Stage             `json:"stage"`
	Pairs    []Pair            `json:"pairs,omitempty"` // in the order of the entry's items
	Breaches []Breach          `json:"breaches,omitempty"`
	SureOn   workday.Date      `json:"sure_on,omitempty"` // day from which every source was there, at each look
	Why      string            `json:"why,omitempty"`     // of an exemption
	Clock    deadline.Clock    `json:"clock,omitzero"`    // while it is broken
	Did      map[string]string `json:"did,omitempty"`     // verb → doer, for four eyes
}

// NewHook is the hook of an entry before anybody has made it.
func NewHook(slug, body string) Hook { return Hook{Slug: slug, Body: body, Stage: StageUnhooked} }

// Facts are what the rules need to know of the world.
type Facts struct {
	Who       permit.Actor // with the roles that count for the entry's publisher
	Today     workday.Date
	Entry     Entry
	Resources map[string]Resource // those that the pairs name, as they are now
	Clock     deadline.Clock      // for a hook that breaks today
}

// MaxWhy is how many characters the reason of an exemption may have. [D]
const MaxWhy = 500

// Decide says what happens when c is asked of h. It changes nothing.
func Decide(f Facts, h Hook, c Command) ([]Event, error) {
	if err := Table.Permit(h.Stage, c.Verb(), f.Who, h.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Attach:
		return attach(f, h, c)
	case Verify:
		if len(Breaches(f, h)) > 0 {
			return nil, nil
		}
		return []Event{Verified{On: f.Today}}, nil
	case Break:
		found := Breaches(f, h)
		if len(found) == 0 || h.Stage == StageBroken && slices.Equal(found, h.Breaches) {
			return nil, nil
		}
		clock := f.Clock
		if h.Stage == StageBroken {
			clock = h.Clock // more of it does not give more time
		}
		return []Event{Broken{Breaches: found, Clock: clock}}, nil
	case Exempt:
		var l problem.List
		l.Require("/why", c.Why)
		if len([]rune(c.Why)) > MaxWhy {
			l.Add("/why", "directory.too_long", "most", MaxWhy)
		}
		if !f.Entry.Free {
			l.Add("/source_kind", "directory.has_a_source")
		}
		if err := l.Err(); err != nil {
			return nil, err
		}
		return []Event{Exempted{Why: c.Why, By: f.Who.Doer()}}, nil
	case Ring:
		steps := h.Clock.Ring(f.Today)
		if len(steps) == 0 {
			return nil, nil
		}
		return []Event{Rang{Steps: steps, Late: slices.ContainsFunc(Steps, func(s deadline.Step) bool { return s.Overdue && slices.Contains(steps, s.Name) })}}, nil
	case Recount:
		if c.Clock.Equal(h.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("directory: no rule for " + c.Verb())
}

// attach wants one source for every data item, and tells of all that are
// missing or wrong. Sources that are named as they were change nothing.
func attach(f Facts, h Hook, c Attach) ([]Event, error) {
	var l problem.List
	byField := map[string]Pair{}
	for _, p := range c.Pairs {
		at := "/pairs/" + p.Field
		if _, twice := byField[p.Field]; twice {
			l.Add(at, "directory.two_sources", "field", p.Field)
			continue
		}
		byField[p.Field] = p
		if !slices.ContainsFunc(f.Entry.Fields, func(n FieldName) bool { return n.Name == p.Field }) {
			l.Add(at, "directory.no_such_item", "field", p.Field)
			continue
		}
		r, ok := f.Resources[p.Resource]
		switch {
		case p.Resource == "" || p.Source == "":
			l.Add(at, "directory.no_source", "field", p.Field)
		case !ok || r.Gone:
			l.Add(at, "directory.no_such_resource", "field", p.Field, "resource", p.Resource)
		case len(r.Fields) == 0:
			l.Add(at, "directory.resource_without_fields", "field", p.Field, "resource", r.Title)
		default:
			if _, ok := r.Field(p.Source); !ok {
				l.Add(at, "directory.no_such_field", "field", p.Field, "resource", r.Title, "source", p.Source)
			}
		}
	}
	var pairs []Pair
	for _, n := range f.Entry.Fields {
		p, ok := byField[n.Name]
		if !ok {
			l.Add("/pairs/"+n.Name, "directory.no_source", "field", n.Name)
			continue
		}
		source, _ := f.Resources[p.Resource].Field(p.Source)
		pairs = append(pairs, Pair{p.Field, p.Resource, p.Source, source.Type})
	}
	if len(f.Entry.Fields) == 0 {
		l.Add("/pairs", "directory.no_items")
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	if slices.Equal(pairs, h.Pairs) && h.Stage != StageExempt && h.Stage != StageBroken {
		return nil, nil
	}
	return []Event{Attached{Pairs: pairs, By: f.Who.Doer()}}, nil
}

// Breaches are what is wrong with the sources of h, in the order of its pairs.
// A type that the catalogue does not state is never another.
func Breaches(f Facts, h Hook) (all []Breach) {
	for _, p := range h.Pairs {
		r, ok := f.Resources[p.Resource]
		b := Breach{Field: p.Field, Resource: p.Resource, Source: p.Source}
		if !ok || r.Gone {
			b.Code = "resource_gone"
		} else if now, ok := r.Field(p.Source); !ok {
			b.Code = "field_gone"
		} else if p.Type != "" && now.Type != "" && !sameType(p.Type, now.Type) {
			b.Code, b.Was, b.Now = "type_changed", p.Type, now.Type
		} else {
			continue
		}
		all = append(all, b)
	}
	return all
}

// Without are the names among fields that have no source in h: an order that
// adds an item is not complete before its source is named.
func (h Hook) Without(fields []string) (all []string) {
	for _, f := range fields {
		if !slices.ContainsFunc(h.Pairs, func(p Pair) bool { return p.Field == f }) {
			all = append(all, f)
		}
	}
	return all
}

// MaySee reports whether who, with the roles that count for the entry's
// publisher, may see hooks and the catalogue: those who keep them.
func MaySee(who permit.Actor) bool { return who.HasAny(MayLook.By...) }

// Rules of looking and of keeping the catalogue.
var (
	MayLook = permit.Rule{Act: "directory.look", By: []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead,
		permit.CtrListReviewer, permit.CtrEngineer, permit.CtrQuality, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "9(3)"}
	MayKeep = permit.Rule{Act: "directory.keep", By: []permit.Role{permit.CtrEngineer, permit.OpnEditor}, Article: "9(3)"}
)

// Tell is who is told of a step.
func Tell(step string) []permit.Role {
	for _, s := range Steps {
		if s.Name == step {
			return s.Tell
		}
	}
	return nil
}
