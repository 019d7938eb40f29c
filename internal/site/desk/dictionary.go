package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// meanings is the form of a dictionary.
type meanings struct {
	Items  []openlist.Item `json:"items"`
	Reason string          `json:"reason"`
}

// dictionaryPage is the meaning of every field, to be written, pasted, and
// reviewed by a second person.
type dictionaryPage struct {
	at
	Form     layout.Form
	Rows     []meaningRow
	Changes  []change // of the proposal against what is published
	Pasted   int      // rows that were filled in from a spreadsheet
	Unknown  []string // names that were pasted and no field has
	DraftAt  string   // when the draft shown was saved; "" if none is shown
	DraftKey string
	Bad      layout.Form // the form of the return
}

// meaningRow is one field of the form.
type meaningRow struct {
	Index  int
	Name   string
	Type   string // word; "" if the newest table has no such field
	Faults []string
	form   layout.Form
}

// parts are the inputs of a row, in the order of a pasted table.
var parts = []string{"title/zh", "description/zh", "unit", "title/en", "description/en", "codes"}

// Parts are the inputs of the row.
func (r meaningRow) Parts() (all []cell) {
	for _, part := range parts {
		name := "/items/" + strconv.Itoa(r.Index-1) + "/" + part
		all = append(all, cell{Name: name, Value: r.form.Value(name), Part: part, Label: "desk.item." + strings.ReplaceAll(part, "/", "_"), Wrong: len(r.form.Faults(name)) > 0})
	}
	return all
}

// Zero is the row's place, from 0.
func (r meaningRow) Zero() int { return r.Index - 1 }

// At is how the names of the row's inputs begin.
func (r meaningRow) At() string { return "/items/" + strconv.Itoa(r.Index-1) }

// cell is one input of a row.
type cell struct {
	Name, Value, Part, Label string
	Wrong                    bool
}

// ID is where the summary of faults leads.
func (x cell) ID() string { return layout.Wrong{Name: x.Name}.ID() }

// Why is the form of giving a proposal back.
func (p dictionaryPage) Why() reason { return reason{"why", p.Bad} }

// change is one field that a proposal changes.
type change struct {
	Name     string
	Kind     string // message key: desk.change.new, .gone, .other
	Was, Now openlist.Item
}

func draftKey(slug string) string { return "desk.dictionary/" + slug }

func (s *Service) dictionary(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	fields, err := s.fields(c, a)
	if err != nil {
		return err
	}
	d, found, err := s.Drafts.Load(c.Request.Context(), c.Actor, draftKey(a.Entry.Slug))
	if err != nil {
		return err
	}
	p := dictionaryPage{at: a, Form: layout.Blank(c, meanings{Items: items(a.Entry, fields)})}
	if found && a.Can("propose_items") {
		p.Form, p.DraftAt = layout.Kept(c, d.Form), layout.Moment(c.Lang, d.SavedAt)
	}
	return s.showDictionary(c, p, fields, http.StatusOK)
}

func (s *Service) showDictionary(c *web.Context, p dictionaryPage, fields []field, status int) error {
	p.under(c.Say("desk.dictionary"))
	p.DraftKey = draftKey(p.Entry.Slug)
	for i := 0; ; i++ {
		at := "/items/" + strconv.Itoa(i)
		if !p.Form.Has(at + "/name") {
			break
		}
		row := meaningRow{Index: i + 1, Name: p.Form.Value(at + "/name"), form: p.Form}
		if n := slices.IndexFunc(fields, func(f field) bool { return f.name == row.Name }); n >= 0 && fields[n].kind != "" {
			row.Type = c.Say("desk.type." + fields[n].kind)
		}
		for _, part := range append([]string{"name"}, parts...) {
			row.Faults = append(row.Faults, p.Form.Faults(at+"/"+part)...)
		}
		p.Rows = append(p.Rows, row)
	}
	if p.Entry.Proposed != nil {
		p.Changes = changes(p.Entry.Items, p.Entry.Proposed.Items)
	}
	return s.pages.Render(c, status, "dictionary", p)
}

// field is one column of the newest table, or one that only the dictionary has.
type field struct{ name, kind string }

// fields lists the columns of the newest full table, then what only the
// dictionary names.
func (s *Service) fields(c *web.Context, a at) (all []field, err error) {
	versions, err := s.Versions.List(c.Request.Context(), c.Actor, a.Entry.Slug)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.Outcome == nil || v.Stage == version.StageDiscarded {
			continue
		}
		for _, col := range v.Outcome.Columns {
			all = append(all, field{col.Name, string(col.Type)})
		}
		break
	}
	for _, i := range current(a.Entry) {
		if !slices.ContainsFunc(all, func(f field) bool { return f.name == i.Name }) {
			all = append(all, field{name: i.Name})
		}
	}
	return all, nil
}

// current is the dictionary to go on from: the one that waits or was given
// back, else the published one.
func current(e openlist.Entry) []openlist.Item {
	switch {
	case e.Proposed != nil:
		return e.Proposed.Items
	case e.Returned != nil:
		return e.Returned.Items
	}
	return e.Items
}

func items(e openlist.Entry, fields []field) (all []openlist.Item) {
	now := current(e)
	for _, f := range fields {
		i := slices.IndexFunc(now, func(i openlist.Item) bool { return i.Name == f.name })
		if i < 0 {
			all = append(all, openlist.Item{Name: f.name})
			continue
		}
		all = append(all, now[i])
	}
	return all
}

// propose takes the form: hand in, keep as a draft, or fill in a pasted table.
func (s *Service) propose(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	ctx, key := c.Request.Context(), draftKey(a.Entry.Slug)
	var in meanings
	err = c.Form(&in)
	switch do := c.Typed("do"); {
	case do == "paste":
		return s.paste(c, a, in)
	case do == "draft":
		if err := s.Drafts.Save(ctx, c.Actor, key, c.Request.PostForm); err != nil {
			return err
		}
		return say(c, a.URL("desk.dictionary", a.Entry.Slug), "desk.said_kept")
	case do == "forget":
		if err := s.Drafts.Drop(ctx, c.Actor, key); err != nil {
			return err
		}
		return say(c, a.URL("desk.dictionary", a.Entry.Slug), "desk.said_forgotten")
	}
	if err == nil {
		_, err = s.Entries.Do(ctx, c.Actor, a.Entry.Slug, openlist.ProposeItems{Items: in.Items, Reason: in.Reason})
	}
	if p := layout.Told(err); p != nil {
		fields, ferr := s.fields(c, a)
		if ferr != nil {
			return ferr
		}
		return s.showDictionary(c, dictionaryPage{at: a, Form: layout.Again(c, p)}, fields, layout.Status)
	}
	if err != nil {
		return err
	}
	if err := s.Drafts.Drop(ctx, c.Actor, key); err != nil {
		return err
	}
	return say(c, a.URL("desk.dataset", a.Entry.Slug), "desk.said_proposed")
}

// paste fills a table copied from a spreadsheet into the form. Its rows find
// their fields by name, in the first column; a first row of headings may say
// the order of the others.
func (s *Service) paste(c *web.Context, a at, in meanings) error {
	fields, err := s.fields(c, a)
	if err != nil {
		return err
	}
	filled, n, unknown := fill(in.Items, c.Typed("pasted"))
	in.Items = filled
	p := dictionaryPage{at: a, Form: layout.Blank(c, in), Pasted: n, Unknown: unknown}
	if n == 0 {
		var faults problem.List
		faults.Add("pasted", "desk.nothing_pasted")
		p.Form.Tell(c, problem.As(faults.Err()))
		return s.showDictionary(c, p, fields, layout.Status)
	}
	return s.showDictionary(c, p, fields, http.StatusOK)
}

// changes lists what a proposal does to the published dictionary.
func changes(was, now []openlist.Item) (all []change) {
	find := func(in []openlist.Item, name string) (openlist.Item, bool) {
		i := slices.IndexFunc(in, func(i openlist.Item) bool { return i.Name == name })
		if i < 0 {
			return openlist.Item{}, false
		}
		return in[i], true
	}
	for _, i := range now {
		switch old, ok := find(was, i.Name); {
		case !ok:
			all = append(all, change{i.Name, "desk.change.new", openlist.Item{}, i})
		case old != i:
			all = append(all, change{i.Name, "desk.change.other", old, i})
		}
	}
	for _, i := range was {
		if _, ok := find(now, i.Name); !ok {
			all = append(all, change{i.Name, "desk.change.gone", i, openlist.Item{}})
		}
	}
	return all
}

func (s *Service) acceptItems(c *web.Context) error {
	return s.judge(c, openlist.AcceptItems{}, "desk.said_accepted")
}

func (s *Service) returnItems(c *web.Context) error {
	var in openlist.ReturnItems
	if err := c.Form(&in); err != nil {
		return err
	}
	return s.judge(c, in, "desk.said_items_returned")
}

func (s *Service) judge(c *web.Context, command openlist.Command, key string) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	_, err = s.Entries.Do(c.Request.Context(), c.Actor, a.Entry.Slug, command)
	if p := layout.Told(err); p != nil {
		fields, ferr := s.fields(c, a)
		if ferr != nil {
			return ferr
		}
		return s.showDictionary(c, dictionaryPage{at: a, Form: layout.Blank(c, meanings{Items: items(a.Entry, fields)}), Bad: layout.Again(c, p)}, fields, layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, a.URL("desk.dataset", a.Entry.Slug), key)
}

// Texts are the parts of an item, for the table of changes.
func (x change) Texts(now bool) string {
	i := x.Was
	if now {
		i = x.Now
	}
	var all []string
	for _, t := range []string{i.Title.ZH, i.Description.ZH, i.Unit, i.Title.EN, i.Description.EN, i.Codes} {
		if t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, " · ")
}
