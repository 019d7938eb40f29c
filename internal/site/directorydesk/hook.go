package directorydesk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/directory"
	"kaishu/internal/site/layout"
)

// mostOffered is how many resources a hook is made from at a time.
const mostOffered = 20

// offer is a resource whose fields may be chosen.
type offer struct{ directory.Resource }

// itemRow is one data item and the choice of its source.
type itemRow struct {
	directory.HookedItem
	ID, Name  string
	Chosen    string // value of the choice
	Suggested bool   // nobody has said so yet
	Faults    []string
	Breach    string // in words
}

type hookPage struct {
	layout.Page
	View    directory.View
	Badge   layout.Badge
	Rows    []itemRow
	Offers  []offer
	Found   []directory.Found // by the words asked for
	Q       string
	Form    layout.Form
	Attach  bool // the reader may hook
	Exempt  bool // the reader may exempt
	Failed  string
	Without int // items without a source
	From    []string
}

// Value is a choice as the form sends it.
func (o offer) Value(f directory.Field) string { return o.ID + " " + f.Name }

// Label is a field as people read it.
func (offer) Label(f directory.Field) string {
	text := f.Name
	if f.Title != "" && f.Title != f.Name {
		text += " · " + f.Title
	}
	if f.Type != "" {
		text += " (" + f.Type + ")"
	}
	return text
}

func (p *Pages) hook(c *web.Context) error {
	v, err := p.Directory.Get(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return p.showHook(c, v, nil, nil, "", http.StatusOK)
}

// showHook shows a hook; chosen is what stands in a form that was refused.
func (p *Pages) showHook(c *web.Context, v directory.View, chosen map[string]string, told *problem.Error, failed string, status int) error {
	x := hookPage{Page: p.Layout.Page(c, c.Say("directorydesk.hook_of", "title", v.Title)), View: v, Badge: badge(c, v.Hook.Stage), Failed: failed, Q: c.Query("q"),
		Attach: slices.Contains(v.Can, "hook"), Exempt: slices.Contains(v.Can, "exempt") && v.Free}
	x.NoIndex, x.Crumbs = true, p.crumbs(c)
	x.Form = layout.Blank(c, directory.Exempt{})
	if told != nil {
		x.Form = layout.Again(c, told)
	}
	suggested := map[string]directory.Suggestion{}
	if x.Attach {
		all, err := p.Directory.Suggest(c.Request.Context(), c.Actor, v.Hook.Slug)
		if err != nil {
			return err
		}
		for _, s := range all {
			suggested[s.Field] = s
		}
		if err := p.offer(c, &x, suggested); err != nil {
			return err
		}
	}
	for i, item := range v.Items {
		name := "/items/" + strconv.Itoa(i) + "/from"
		row := itemRow{HookedItem: item, Name: name, ID: layout.Wrong{Name: name}.ID()}
		s, proposed := suggested[item.Field]
		switch {
		case chosen != nil:
			row.Chosen = chosen[item.Field]
		case item.Resource != "" && item.Breach == "":
			row.Chosen = item.Resource + " " + item.Source
		case proposed:
			row.Chosen, row.Suggested = s.Resource+" "+s.Source, true
		}
		if item.Breach != "" {
			row.Breach = c.Say("directorydesk.breach." + item.Breach)
		}
		if item.Resource == "" {
			x.Without++
		}
		for j := range x.Form.Wrong {
			if w := &x.Form.Wrong[j]; w.Name == "/pairs/"+item.Field {
				row.Faults = append(row.Faults, w.Text)
				w.Name = name // where the summary leads
			}
		}
		x.Rows = append(x.Rows, row)
	}
	return p.pages.Render(c, status, "hook", x)
}

// offer gathers the resources whose fields may be chosen: those that the hook
// names, those that are suggested, and those that the reader has added.
func (p *Pages) offer(c *web.Context, x *hookPage, suggested map[string]directory.Suggestion) error {
	var ids []string
	add := func(id string) {
		if id != "" && len(ids) < mostOffered && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	x.From = c.Request.URL.Query()["from"]
	for _, id := range x.From {
		add(id)
	}
	for _, item := range x.View.Items {
		add(item.Resource)
		add(suggested[item.Field].Resource)
	}
	ctx := c.Request.Context()
	for _, id := range ids {
		f, err := p.Directory.Resource(ctx, c.Actor, id)
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !f.Gone {
			x.Offers = append(x.Offers, offer{f.Resource})
		}
	}
	if x.Q == "" {
		return nil
	}
	found, err := p.Directory.Find(ctx, c.Actor, directory.Asked{Words: x.Q, Limit: 10})
	for _, f := range found.Items {
		if !slices.Contains(ids, f.ID) {
			x.Found = append(x.Found, f)
		}
	}
	return err
}

// choice is the form of a hook: a source, "resource field", for each item.
type choice struct {
	Items []struct {
		Field string `json:"field"`
		From  string `json:"from"`
	} `json:"items"`
}

func (p *Pages) attach(c *web.Context) error {
	ctx, slug := c.Request.Context(), c.Param("slug")
	var in choice
	err := c.Form(&in)
	chosen := map[string]string{}
	var command directory.Attach
	for _, item := range in.Items {
		if item.From != "" {
			chosen[item.Field] = item.From
			resource, source, _ := strings.Cut(item.From, " ")
			command.Pairs = append(command.Pairs, directory.Pair{Field: item.Field, Resource: resource, Source: source})
		}
	}
	if err == nil {
		seen, _, serr := c.Seen()
		if serr != nil {
			return serr
		}
		_, err = p.Directory.Do(ctx, c.Actor, slug, seen, command)
	}
	return p.after(c, err, "attach", chosen)
}

func (p *Pages) exempt(c *web.Context) error {
	var in directory.Exempt
	err := c.Form(&in)
	if err == nil {
		seen, _, serr := c.Seen()
		if serr != nil {
			return serr
		}
		_, err = p.Directory.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, in)
	}
	return p.after(c, err, "exempt", nil)
}

// after shows the form again with what is wrong, or says that it is done.
func (p *Pages) after(c *web.Context, err error, verb string, chosen map[string]string) error {
	slug := c.Param("slug")
	if told := layout.Told(err); told != nil && told.Kind == problem.Invalid {
		v, verr := p.Directory.Get(c.Request.Context(), c.Actor, slug)
		if verr != nil {
			return verr
		}
		return p.showHook(c, v, chosen, told, verb, layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, layout.URL(c, "directorydesk.hook", slug), "directorydesk.said_"+verb)
}
