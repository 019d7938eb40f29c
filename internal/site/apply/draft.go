package apply

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/open/condition"
	"kaishu/internal/site/layout"
)

// task is one line of the task list.
type task struct {
	Name, Href string
	State      string
	Done       bool
}

type tasksPage struct {
	layout.Page
	application.View
	Form  layout.Form
	Badge layout.Badge
	Tasks []task
	Ready bool
	Told  []told // why it was not accepted
}

// section is what a step is called; the checklist of the centre calls the
// measures alone by the name of theirs.
func section(c *web.Context, s string) string {
	if s == "security" {
		return c.Say("apply.security")
	}
	return c.Say("application.item." + s)
}

// told is a reason for which an application was not accepted.
type told struct{ Item, Code, Note, Href string }

// writes returns the application if it is the applicant's turn and who may
// write; a page that is not open any more leads to the file.
func (p *Pages) writes(c *web.Context) (v application.View, open bool, err error) {
	v, err = p.Applications.View(c.Request.Context(), c.Actor, c.Param("id"))
	return v, err == nil && slices.Contains(v.Can, "fill"), err
}

// show is the task list while it is the applicant's turn, and the file after.
func (p *Pages) show(c *web.Context) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if !open {
		return p.opened(c, http.StatusOK, v, layout.Blank(c, nil))
	}
	return p.tasks(c, http.StatusOK, v, layout.Blank(c, nil))
}

func (p *Pages) tasks(c *web.Context, status int, v application.View, form layout.Form) error {
	page := tasksPage{Page: p.page(c, title(c, v)), View: v, Form: form, Badge: Badge(c, v.Case.Stage), Ready: true}
	for _, s := range application.Sections {
		state := v.States[s]
		page.Tasks = append(page.Tasks, task{section(c, s), layout.URL(c, "apply."+s, v.Case.ID), c.Say("apply.state." + string(state)), state == application.Whole})
		page.Ready = page.Ready && state == application.Whole
	}
	var err error
	if page.Told, err = p.told(c, v); err != nil {
		return err
	}
	return p.pages.Render(c, status, "tasks", page)
}

func (p *Pages) told(c *web.Context, v application.View) (all []told, err error) {
	for _, f := range v.Case.Faults {
		name, err := p.Item(c, v.Asks, f.Item)
		if err != nil {
			return nil, err
		}
		section := f.Item
		if strings.Contains(f.Item, "/") {
			section = "security"
		}
		all = append(all, told{name, c.Say("application.fault." + f.Code), f.Note, layout.URL(c, "apply."+section, v.Case.ID)})
	}
	return all, nil
}

func (p *Pages) page(c *web.Context, title string) layout.Page {
	page := p.Layout.Page(c, title)
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{{Name: same(c.Say("apply.title")), Href: layout.URL(c, "apply.list")}}
	if id := c.Param("id"); id != "" && c.Route.Name != "apply.case."+string(c.Lang) {
		page.Crumbs = append(page.Crumbs, layout.Crumb{Name: same(c.Say("apply.this")), Href: layout.URL(c, "apply.case", id)})
	}
	return page
}

func title(c *web.Context, v application.View) string {
	t := v.Draft.Scenario.Title
	if t == "" {
		t = c.Say("apply.new")
	}
	if v.Case.Number != "" {
		t = v.Case.Number + " " + t
	}
	return t
}

// openable is a dataset that can be applied for.
type openable struct {
	Slug  string
	Title locale.Text
}

// openable lists the conditional datasets, without those in the draft.
func (p *Pages) openable(c *web.Context, in []string) (all []openable, err error) {
	entries, err := p.Entries.List(c.Request.Context(), permit.Actor{})
	for _, e := range entries {
		if e.OnApplication() && !slices.Contains(in, e.Slug) {
			all = append(all, openable{e.Slug, e.Title})
		}
	}
	return all, err
}

// save keeps one section.
func (p *Pages) save(c *web.Context, section string) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if !open {
		return to(c, "", "apply.case", v.Case.ID)
	}
	draft := v.Draft
	switch section { // what is not ticked does not come with the form
	case "scenario":
		draft.Scenario = application.Scenario{}
	case "datasets":
		draft.Datasets = nil
	case "security":
		draft.Security = application.Security{}
	case "pledge":
		draft.Pledge = application.Pledge{}
	}
	err = c.Form(&draft)
	if section == "datasets" {
		draft.Datasets = slices.DeleteFunc(draft.Datasets, func(w application.Wanted) bool { return c.Typed("remove") == w.Dataset })
	}
	seen, _, err2 := c.Seen()
	if err = errors.Join(err, err2); err == nil {
		_, err = p.Applications.Do(c.Request.Context(), c.Actor, v.Case.ID, seen, application.Fill{Content: draft})
	}
	if told := layout.Told(err); told != nil {
		form := layout.Again(c, told)
		if told.Kind == problem.Conflict { // as the draft is now, with what was typed
			if v, _, err = p.writes(c); err != nil {
				return err
			}
			wrong := form.Wrong
			form = layout.Kept(c, placed(c.Request.PostForm, v.Draft.Datasets))
			form.Wrong = wrong
		}
		return p.stepped(c, layout.Status, section, v, form)
	}
	if err != nil {
		return err
	}
	if section == "datasets" && c.Typed("remove") != "" {
		return to(c, "apply.said_removed", "apply.datasets", v.Case.ID)
	}
	return to(c, "apply.said_saved", "apply.case", v.Case.ID)
}

// placed puts what was typed of each dataset where the draft has it now:
// another window may have taken one out. What was typed of a dataset that is
// gone is left out; one that came shows what is saved.
func placed(typed url.Values, now []application.Wanted) url.Values {
	at := func(i int) string { return fmt.Sprintf("/datasets/%d/", i) }
	from := map[string]string{}
	for i := 0; typed.Has(at(i) + "dataset"); i++ {
		from[typed.Get(at(i)+"dataset")] = at(i)
	}
	all := url.Values{}
	for name, values := range typed {
		if !strings.HasPrefix(name, "/datasets/") {
			all[name] = values
		}
	}
	for i, w := range now {
		if from[w.Dataset] == "" {
			all[at(i)+"fields/-"] = w.Fields
			all.Set(at(i)+"mode", w.Mode)
			all.Set(at(i)+"months", strconv.Itoa(w.Months))
			all.Set(at(i)+"from", string(w.From))
			all.Set(at(i)+"to", string(w.To))
			continue
		}
		for name, values := range typed {
			if rest, ok := strings.CutPrefix(name, from[w.Dataset]); ok {
				all[at(i)+rest] = values
			}
		}
	}
	return all
}

// add puts another dataset into the draft.
func (p *Pages) add(c *web.Context) error {
	v, open, err := p.writes(c)
	if err != nil {
		return err
	}
	if open && c.Typed("dataset") != "" {
		draft := v.Draft
		draft.Datasets = append(slices.Clone(draft.Datasets), p.wanted(c, c.Typed("dataset")))
		_, err = p.Applications.Do(c.Request.Context(), c.Actor, v.Case.ID, v.Revision, application.Fill{Content: draft})
	}
	if told := layout.Told(err); told != nil {
		form := layout.Blank(c, v.Draft)
		form.Tell(c, told)
		return p.stepped(c, layout.Status, "datasets", v, form)
	}
	if err != nil {
		return err
	}
	return to(c, "", "apply.datasets", v.Case.ID)
}

// submit hands the application in; what is missing is told on the check page.
func (p *Pages) submit(c *web.Context) error {
	seen, _, err := c.Seen()
	if err == nil {
		_, err = p.Applications.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, application.Submit{})
	}
	if told := layout.Told(err); told != nil {
		v, open, err := p.writes(c)
		if err != nil {
			return err
		}
		if !open {
			return p.opened(c, layout.Status, v, layout.Again(c, told))
		}
		return p.checked(c, layout.Status, v, told)
	}
	if err != nil {
		return err
	}
	return to(c, "apply.said_submitted", "apply.case", c.Param("id"))
}

// material is one upload of the form.
type materialPart struct {
	Item     string
	Material condition.Material
	Dataset  Dataset
	Template string
	Files    []Upload
	Faults   []string
}

// Upload is a file that was sent.
type Upload struct {
	application.File
	Href, State, Remove, Short string
	Clear                      bool
}

// Uploads are the copies brought for an item; route is that of their page.
func (p *Pages) Uploads(c *web.Context, v application.View, item, route string) []Upload {
	return p.UploadsAt(c, v, item, func(file string) string { return layout.URL(c, route, v.Case.ID, file) })
}

// UploadsAt is Uploads with the address of a copy.
func (p *Pages) UploadsAt(c *web.Context, v application.View, item string, at func(file string) string) (all []Upload) {
	for _, f := range v.Draft.Of(item) {
		u := Upload{File: f, Href: at(f.ID), Remove: layout.URL(c, "apply.detach", v.Case.ID, f.ID), Short: f.SHA256[:min(12, len(f.SHA256))], Clear: true}
		for _, m := range v.Files {
			if m.ID == f.ID {
				u.State = c.Say("apply.file_state." + string(m.State))
				u.Clear = m.State == "clear"
			}
		}
		all = append(all, u)
	}
	return all
}

// materials are the uploads that the datasets of the draft ask for.
func (p *Pages) materials(c *web.Context, v application.View, form layout.Form) (all []materialPart, err error) {
	named, err := p.named(c, slugs(v.Draft)...)
	if err != nil {
		return nil, err
	}
	for _, a := range v.Asks {
		set, err := p.set(c, a)
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, m := range set.Materials {
			item := application.MaterialItem(a.Dataset, m.ID)
			part := materialPart{Item: item, Material: m, Dataset: named[a.Dataset], Files: p.Uploads(c, v, item, "apply.file"), Faults: form.Faults("/files/" + strings.ReplaceAll(item, "/", "~1"))}
			if m.Template != "" {
				part.Template = "/api/v1/datasets/" + a.Dataset + "/conditions/templates/" + m.Template
			}
			all = append(all, part)
		}
	}
	return all, nil
}
