package rulebook

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/platformrules"
	"kaishu/internal/site/layout"
)

type deskPage struct {
	layout.Page
	All []platformrules.Rules
}

// desk lists every version, drafts too.
func (p *Pages) desk(c *web.Context) error {
	all, err := p.Rules.List(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := deskPage{Page: p.Layout.Page(c, c.Say("rulebook.desk")), All: all}
	page.NoIndex = true
	return p.pages.Render(c, http.StatusOK, "desk", page)
}

type editPage struct {
	layout.Page
	Rules    platformrules.Rules
	Form     layout.Form
	Publish  layout.Form
	Can      []string
	Today    workday.Date
	Blocks   []Block
	TextLang string
}

// May reports whether a step is open to the reader.
func (e editPage) May(verb string) bool { return slices.Contains(e.Can, verb) }

// Fields are the inputs of the text.
func (e editPage) Fields() []layout.Field {
	return []layout.Field{
		e.Form.Field("text", "/content/title/zh", "rulebook.title_zh").Need().Max(platformrules.MaxTitle),
		e.Form.Field("text", "/content/title/en", "rulebook.title_en").Need().Max(platformrules.MaxTitle),
		e.Form.Field("area", "/content/text/zh", "rulebook.text_zh").Hint("rulebook.text_hint").Need(),
		e.Form.Field("area", "/content/text/en", "rulebook.text_en").Hint("rulebook.text_hint").Need(),
	}
}

// Day is the input of the day on which the rules take effect.
func (e editPage) Day() layout.Field {
	return e.Publish.Field("date", "/effective_on", "rulebook.effective_on").Hint("rulebook.effective_hint").Narrow()
}

func (p *Pages) editor(c *web.Context, status int, r platformrules.Rules, form, publish layout.Form) error {
	title := c.Say("rulebook.new")
	if r.Number > 0 {
		title = c.Say("rulebook.number", "n", r.Number)
	}
	page := editPage{Page: p.Layout.Page(c, title), Rules: r, Form: form, Publish: publish, Today: p.today(),
		Can: platformrules.Table.Open(r.Stage, c.Actor, r.Did), Blocks: Blocks(r.Content.Text.In(c.Lang))}
	page.TextLang = r.Content.Text.LangIn(c.Lang).Tag()
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{{Name: locale.Text{ZH: c.Say("rulebook.desk"), EN: c.Say("rulebook.desk")}, Href: layout.URL(c, "rulebook.desk")}}
	return p.pages.Render(c, status, "edit", page)
}

func (p *Pages) blank(c *web.Context) error {
	var begin platformrules.Write
	if r, err := p.Rules.Current(c.Request.Context(), c.Actor); err == nil {
		begin.Content = r.Content // a new version usually changes a little of the old
	}
	return p.editor(c, http.StatusOK, platformrules.Rules{}, layout.Blank(c, begin), layout.Blank(c, nil))
}

func (p *Pages) begin(c *web.Context) error {
	var w platformrules.Write
	err := c.Form(&w)
	var r platformrules.Rules
	if err == nil {
		r, err = p.Rules.Draft(c.Request.Context(), c.Actor, w.Content)
	}
	if told := layout.Told(err); told != nil {
		return p.editor(c, layout.Status, platformrules.Rules{}, layout.Again(c, told), layout.Blank(c, nil))
	}
	if err != nil {
		return err
	}
	return p.done(c, r.Number, "rulebook.said_written")
}

func (p *Pages) done(c *web.Context, n int, said string) error {
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "rulebook.edit", n)+"?said="+said)
}

func (p *Pages) find(c *web.Context) (platformrules.Rules, error) {
	n, _ := strconv.Atoi(c.Param("n")) // what is no number is not found
	return p.Rules.Get(c.Request.Context(), c.Actor, n)
}

func (p *Pages) edit(c *web.Context) error {
	r, err := p.find(c)
	if err != nil {
		return err
	}
	return p.editor(c, http.StatusOK, r, layout.Blank(c, platformrules.Write{Content: r.Content}), layout.Blank(c, nil))
}

func (p *Pages) write(c *web.Context) error {
	var w platformrules.Write
	return p.change(c, c.Form(&w), func() platformrules.Command { return w }, "rulebook.said_written",
		func(r platformrules.Rules, told *problem.Error) error {
			return p.editor(c, layout.Status, r, layout.Again(c, told), layout.Blank(c, nil))
		})
}

func (p *Pages) publish(c *web.Context) error {
	var w platformrules.Publish
	return p.change(c, c.Form(&w), func() platformrules.Command { return w }, "rulebook.said_published",
		func(r platformrules.Rules, told *problem.Error) error {
			return p.editor(c, layout.Status, r, layout.Blank(c, platformrules.Write{Content: r.Content}), layout.Again(c, told))
		})
}

// change asks for a step; what a person can mend is shown by again.
func (p *Pages) change(c *web.Context, err error, command func() platformrules.Command, said string,
	again func(platformrules.Rules, *problem.Error) error) error {
	r, missing := p.find(c)
	if missing != nil {
		return missing
	}
	if err == nil {
		_, err = p.Rules.Do(c.Request.Context(), c.Actor, r.Number, command())
	}
	if told := layout.Told(err); told != nil {
		return again(r, told)
	}
	if err != nil {
		return err
	}
	return p.done(c, r.Number, said)
}
