package desk

import (
	"net/http"
	"net/url"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/site/catalogue"
	"kaishu/internal/site/layout"
)

// state is where a version stands, in words, and whose turn it is.
type state struct {
	Stage version.Stage
	Tone  layout.Tone
	Yours bool   // something waits for the reader
	Turn  string // message key of whose turn it is
}

// turns are the moves that a stage waits for; a move that is only a way out,
// such as to discard, makes it nobody's turn.
var turns = map[version.Stage][]string{
	version.StageRefused:  {"reread"},
	version.StageReturned: {"reread"},
	version.StageBlocked:  {"waive", "reread"},
	version.StageStaged:   {"release"},
}

func stateOf(v version.Version, who permit.Actor) state {
	s := state{Stage: v.Stage, Tone: layout.Plain}
	for _, verb := range turns[v.Stage] {
		s.Yours = s.Yours || version.Table.Permit(v.Stage, verb, who, v.Did) == nil
	}
	switch v.Stage {
	case version.StageIngested, version.StageProfiled:
		s.Tone, s.Turn = layout.Info, "desk.turn.platform"
	case version.StageRefused, version.StageReturned:
		s.Tone, s.Turn = layout.Bad, "desk.turn.editor"
	case version.StageBlocked:
		s.Tone, s.Turn = layout.Bad, "desk.turn.editor_or_lead"
	case version.StageStaged:
		s.Tone, s.Turn = layout.Warn, "desk.turn.lead"
	case version.StageReleased:
		s.Tone = layout.Good
	}
	return s
}

// todo is one thing to do.
type todo struct {
	Title locale.Text
	Href  string
	What  string // in the reader's language
	State *state // of a version; nil for others
}

// todoPage is the desk: what waits for the reader first, then what waits for
// others.
type todoPage struct {
	layout.Page
	Yours, Others []todo
	Late          []catalogue.Row
	LateMore      int
	Aside         []todo
	Body          bool // the reader works for one body
}

// shownLate is how many late datasets the desk lists; the rest is one click
// away.
const shownLate = 20

func (s *Service) page(c *web.Context) error {
	p := todoPage{Page: s.Layout.Page(c, c.Say("desk.title")), Body: ofBody(c.Actor)}
	p.NoIndex = true
	if err := s.pending(c, &p); err != nil {
		return err
	}
	if err := s.orders(c, &p); err != nil {
		return err
	}
	if err := s.conditions(c, &p); err != nil {
		return err
	}
	if err := s.late(c, &p); err != nil {
		return err
	}
	if err := s.torn(c, &p); err != nil {
		return err
	}
	return s.pages.Render(c, http.StatusOK, "todo", p)
}

// ofBody reports whether the actor works for one body only.
func ofBody(who permit.Actor) bool { return !read.Allows(who, permit.Thing{}) }

// pending lists the versions in work, and the cells that the offered ones lost.
func (s *Service) pending(c *web.Context, p *todoPage) error {
	all, err := s.Versions.Pending(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, v := range all {
		e, err := s.Entries.Get(c.Request.Context(), c.Actor, v.Dataset)
		if err != nil {
			return err
		}
		state := stateOf(v, c.Actor.For(e.Publisher))
		one := todo{Title: e.Title, Href: p.URL("desk.version", v.Dataset, v.Number), State: &state,
			What: c.Say("desk.version_of", "number", v.Number, "file", v.Origin.Name)}
		if state.Yours {
			p.Yours = append(p.Yours, one)
		} else {
			p.Others = append(p.Others, one)
		}
	}
	return nil
}

// orders lists the work orders of the reader's body that somebody works on.
func (s *Service) orders(c *web.Context, p *todoPage) error {
	if adjustment.MayWork.Asked(c.Actor) != nil {
		return nil
	}
	page, err := s.Orders.Mine(c.Request.Context(), c.Actor, "", 100)
	if err != nil {
		return err
	}
	for _, o := range page.Items {
		if !o.Order.Open() {
			continue
		}
		one := todo{Title: o.Title, Href: p.URL("listdesk.order", o.ID), What: c.Say("desk.order_waits", "number", o.Number, "stage", c.Say("adjustment.stage."+string(o.Stage)))}
		verb := "fill"
		if o.Stage == adjustment.StageDraft && o.Reason != "" {
			verb = "submit"
		}
		if adjustment.Table.Permit(o.Stage, verb, c.Actor.For(o.Body), o.Did) == nil {
			p.Yours = append(p.Yours, one)
		} else {
			p.Others = append(p.Others, one)
		}
	}
	return nil
}

// conditions lists conditions of opening that are drafted, wait, or came back.
func (s *Service) conditions(c *web.Context, p *todoPage) error {
	if condition.MayWork.Asked(c.Actor) != nil {
		return nil
	}
	all, err := s.Conditions.Waiting(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, set := range all {
		e, err := s.Entries.Get(c.Request.Context(), c.Actor, set.Entry)
		if err != nil {
			return err
		}
		who := c.Actor.For(set.Body)
		one := todo{Title: e.Title, Href: p.URL("conditions.set", set.Entry, set.Version), What: c.Say("desk.conditions_of", "number", set.Version, "stage", c.Say("condition.stage."+string(set.Stage)))}
		if condition.Table.Permit(set.Stage, "propose", who, set.Did) == nil || condition.Table.Permit(set.Stage, "accept", who, set.Did) == nil && (set.Endorsed || !set.Has(condition.Other)) {
			p.Yours = append(p.Yours, one)
		} else {
			p.Others = append(p.Others, one)
		}
	}
	return nil
}

// late lists the datasets whose update is overdue; filtered in the index.
func (s *Service) late(c *web.Context, p *todoPage) error {
	q := catalogue.Question{Sort: "updated", Limit: shownLate, Facets: map[string][]string{"timeliness": {string(timeliness.Late)}}}
	if p.Body {
		q.Facets["publisher"] = []string{c.Actor.Organisation}
	}
	found, err := s.Catalogue.Find(c.Request.Context(), q)
	if err != nil {
		return err
	}
	p.Late = s.Catalogue.Rows(c, found)
	p.LateMore = max(0, int(found.Total)-len(p.Late))
	return nil
}

// torn lists what is offered and lost something when it was read.
func (s *Service) torn(c *web.Context, p *todoPage) error {
	all, err := s.Versions.Torn(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, v := range all {
		e, err := s.Entries.Get(c.Request.Context(), c.Actor, v.Dataset)
		if err != nil {
			return err
		}
		p.Aside = append(p.Aside, todo{Title: e.Title, Href: p.URL("desk.version", v.Dataset, v.Number) + "#aside",
			What: c.Say("desk.set_aside", "rows", v.Outcome.RowsSetAside, "cells", v.Outcome.CellsSetAside)})
	}
	return nil
}

// Waiting counts what waits for the actor, for the header. It is capped at 99.
func (s *Service) Waiting(c *web.Context) int {
	var p todoPage
	if read.Asked(c.Actor) != nil {
		return 0
	}
	p.Page = s.Layout.Page(c, "")
	if s.pending(c, &p) != nil || s.orders(c, &p) != nil || s.conditions(c, &p) != nil {
		return 0
	}
	return min(99, len(p.Yours))
}

// May reports whether the actor has a desk.
func May(who permit.Actor) bool { return read.Asked(who) == nil }

// datasetsPage is the list of the body's datasets.
type datasetsPage struct {
	layout.Page
	Text  string
	Rows  []catalogue.Row
	Total int64
	Next  string
}

const listed = 50

func (s *Service) datasets(c *web.Context) error {
	p := datasetsPage{Page: s.Layout.Page(c, c.Say("desk.datasets")), Text: c.Query("q")}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{s.crumb(c)}
	q, err := s.Catalogue.Read(url.Values{"q": {p.Text}, "timeliness": c.Request.URL.Query()["timeliness"], "after": {c.Query("after")}})
	if err != nil {
		return err
	}
	q.Limit = listed
	if ofBody(c.Actor) {
		q.Facets["publisher"] = []string{c.Actor.Organisation}
	}
	found, err := s.Catalogue.Find(c.Request.Context(), q)
	if err != nil {
		return err
	}
	p.Rows, p.Total = s.Catalogue.Rows(c, found), found.Total
	if found.Next != "" {
		values := url.Values{"after": {found.Next}}
		if p.Text != "" {
			values.Set("q", p.Text)
		}
		for _, t := range q.Facets["timeliness"] {
			values.Add("timeliness", t)
		}
		p.Next = p.URL("desk.datasets") + "?" + values.Encode()
	}
	return s.pages.Render(c, http.StatusOK, "datasets", p)
}
