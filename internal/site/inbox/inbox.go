package inbox

import (
	"embed"
	"net/http"
	"net/url"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var files embed.FS

// Tools are what the pages work with.
type Tools struct {
	Notices *notice.Service
	Layout  *layout.Layout
}

// Pages are the pages of the inbox.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// perPage is how many messages stand on a page.
const perPage = 20

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/inbox", Name: "inbox.list", Do: p.list},
		{Method: "POST", Path: "/{lang}/inbox", Name: "inbox.all_read", Do: p.allRead},
		{Method: "GET", Path: "/{lang}/inbox/{id}", Name: "inbox.message", Do: p.message},
		{Method: "POST", Path: "/{lang}/inbox/{id}", Name: "inbox.read", Do: p.read},
		{Method: "GET", Path: "/{lang}/inbox/settings", Name: "inbox.settings", Do: p.settings},
		{Method: "POST", Path: "/{lang}/inbox/settings", Name: "inbox.choose", Do: p.choose},
		{Method: "POST", Path: "/{lang}/inbox/settings/mail", Name: "inbox.test_mail", Do: p.testMail},
		{Method: "POST", Path: "/{lang}/inbox/settings/hooks", Name: "inbox.add_hook", Secret: true, Do: p.addHook},
		{Method: "GET", Path: "/{lang}/inbox/settings/hooks/{id}", Name: "inbox.hook", Do: p.hook},
		{Method: "POST", Path: "/{lang}/inbox/settings/hooks/{id}/test", Name: "inbox.test_hook", Do: p.testHook},
		{Method: "POST", Path: "/{lang}/inbox/settings/hooks/{id}/remove", Name: "inbox.remove_hook", Do: p.removeHook},
	} {
		r.May = notice.MayRead
		all = append(all, layout.Both(r)...)
	}
	return all
}

// Item is a notice as the page shows it.
type Item struct {
	notice.Told
	When string // in Shanghai
	Go   string // address of what it is about; "" for none
}

func item(c *web.Context, t notice.Told) Item {
	i := Item{Told: t, When: when(t.At)}
	if t.About != "" {
		i.Go = "/" + string(c.Lang) + t.About
	}
	return i
}

// when writes an instant as the tables of the site do.
func when(t time.Time) string { return t.In(workday.Shanghai).Format("2006-01-02 15:04") }

type listPage struct {
	layout.Page
	Items  []Item
	Unread int
	Next   string // address of the next page; "" if there is none
	Later  bool   // this is not the first page
}

func (p *Pages) list(c *web.Context) error {
	after := c.Query("after")
	found, err := p.Notices.Inbox(c.Request.Context(), c.Actor, after, perPage)
	if err != nil {
		return err
	}
	page := listPage{Page: p.Layout.Page(c, c.Say("inbox.title")), Unread: found.Unread, Later: after != ""}
	page.NoIndex = true
	for _, t := range found.Items {
		page.Items = append(page.Items, item(c, t))
	}
	if found.Next != "" {
		page.Next = layout.URL(c, "inbox.list") + "?" + url.Values{"after": {found.Next}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "list", page)
}

func (p *Pages) allRead(c *web.Context) error {
	if err := p.Notices.ReadAll(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "inbox.list")+"?said=inbox.said_all_read")
}

// read marks one message and goes on to what it is about.
func (p *Pages) read(c *web.Context) error {
	t, _, err := p.Notices.Get(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	if err := p.Notices.Read(c.Request.Context(), c.Actor, t.ID); err != nil {
		return err
	}
	if to := item(c, t).Go; to != "" && c.Typed("go") != "" {
		return c.Redirect(http.StatusSeeOther, to)
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "inbox.list"))
}

// Sent is a delivery as the pages show it.
type Sent struct {
	notice.Delivery
	When    string
	Channel string
	State   layout.Badge
}

func shown(c *web.Context, all []notice.Delivery) (list []Sent) {
	tones := map[notice.State]layout.Tone{notice.Waiting: layout.Info, notice.Sent: layout.Good, notice.Failed: layout.Warn, notice.GivenUp: layout.Bad}
	for _, d := range all {
		list = append(list, Sent{d, when(d.At), c.Say("inbox.channel." + string(d.Channel)),
			layout.Badge{Tone: tones[d.State], Word: c.Say("inbox.state." + string(d.State))}})
	}
	return list
}

type messagePage struct {
	layout.Page
	Item Item
	Sent []Sent
}

func (p *Pages) message(c *web.Context) error {
	t, sent, err := p.Notices.Get(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	page := messagePage{Page: p.Layout.Page(c, t.Title.In(c.Lang)), Item: item(c, t), Sent: shown(c, sent)}
	page.Heading, page.NoIndex = t.Title, true
	page.Crumbs = []layout.Crumb{p.crumb(c)}
	return p.pages.Render(c, http.StatusOK, "message", page)
}

func (p *Pages) crumb(c *web.Context) layout.Crumb {
	return layout.Crumb{Name: locale.Text{ZH: c.Say("inbox.title"), EN: c.Say("inbox.title")}, Href: layout.URL(c, "inbox.list")}
}
