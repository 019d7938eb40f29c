package inbox

import (
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

// Topic is one kind of notice on the page of choices.
type Topic struct {
	Key, Name string
	Mail      bool
}

type settingsPage struct {
	layout.Page
	Mails  bool
	Choice notice.Choice
	Topics []Topic
	Hooks  []notice.Hook
	Form   layout.Form
	New    *notice.Hook // just added
	Secret string       // of New; shown once
}

// Language is the input of the language of e-mails.
func (s settingsPage) Language() layout.Field {
	return s.Form.Field("select", "/lang", "inbox.lang").Of([]layout.Option{
		{Value: "zh", Label: "中文", Chosen: s.Choice.Lang == locale.ZH}, {Value: "en", Label: "English", Chosen: s.Choice.Lang == locale.EN}}).Narrow()
}

// URLField is the input of the address of a new webhook.
func (s settingsPage) URLField() layout.Field {
	return s.Form.Field("url", "/url", "inbox.hook_url").Hint("inbox.hook_hint").Need().Max(500)
}

func (p *Pages) settings(c *web.Context) error {
	return p.settled(c, http.StatusOK, settingsPage{Form: layout.Blank(c, nil)})
}

func (p *Pages) settled(c *web.Context, status int, page settingsPage) error {
	ctx := c.Request.Context()
	choice, err := p.Notices.Choice(ctx, c.Actor)
	if err != nil {
		return err
	}
	if page.Hooks, err = p.Notices.ListHooks(ctx, c.Actor); err != nil {
		return err
	}
	page.Page = p.Layout.Page(c, c.Say("inbox.settings"))
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{p.crumb(c)}
	page.Mails, page.Choice = p.Notices.Mails(), choice
	for _, key := range p.Notices.Topics() {
		page.Topics = append(page.Topics, Topic{key, c.Say(key), !slices.Contains(choice.Mute, key)})
	}
	return p.pages.Render(c, status, "settings", page)
}

// chosen is the form of choices: the topics that are wanted.
type chosen struct {
	Lang locale.Lang `json:"lang"`
	Mail []string    `json:"mail"`
}

func (p *Pages) choose(c *web.Context) error {
	var f chosen
	err := c.Form(&f)
	if err == nil {
		choice := notice.Choice{Lang: f.Lang}
		for _, topic := range p.Notices.Topics() {
			if !slices.Contains(f.Mail, topic) {
				choice.Mute = append(choice.Mute, topic)
			}
		}
		err = p.Notices.Choose(c.Request.Context(), c.Actor, choice)
	}
	return p.after(c, err, "inbox.said_chosen")
}

// after shows what can be mended on the form, or goes back to it.
func (p *Pages) after(c *web.Context, err error, said string) error {
	if told := layout.Told(err); told != nil {
		status := layout.Status
		if told.Kind == problem.TooMany {
			status = http.StatusTooManyRequests
		}
		return p.settled(c, status, settingsPage{Form: layout.Again(c, told)})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "inbox.settings")+"?said="+said)
}

func (p *Pages) testMail(c *web.Context) error {
	return p.after(c, p.Notices.TestMail(c.Request.Context(), c.Actor), "inbox.said_tested")
}

func (p *Pages) addHook(c *web.Context) error {
	var f struct {
		URL string `json:"url"`
	}
	err := c.Form(&f)
	if err == nil && strings.TrimSpace(f.URL) == "" {
		var list problem.List
		list.Require("/url", f.URL)
		err = list.Err()
	}
	if err == nil {
		var h notice.Hook
		var secret string
		if h, secret, err = p.Notices.AddHook(c.Request.Context(), c.Actor, f.URL); err == nil {
			err = c.ShowOnce()
		}
		if err == nil {
			return p.settled(c, http.StatusCreated, settingsPage{Form: layout.Blank(c, nil), New: &h, Secret: secret})
		}
	}
	return p.after(c, err, "")
}

type hookPage struct {
	layout.Page
	Hook notice.Hook
	Sent []Sent
}

func (p *Pages) hook(c *web.Context) error {
	sent, err := p.Notices.HookDeliveries(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	all, err := p.Notices.ListHooks(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := hookPage{Page: p.Layout.Page(c, c.Say("inbox.hook")), Sent: shown(c, sent)}
	for _, h := range all {
		if h.ID == c.Param("id") {
			page.Hook = h
		}
	}
	page.NoIndex = true
	page.Crumbs = []layout.Crumb{p.crumb(c), {Name: locale.Text{ZH: c.Say("inbox.settings"), EN: c.Say("inbox.settings")}, Href: layout.URL(c, "inbox.settings")}}
	return p.pages.Render(c, http.StatusOK, "hook", page)
}

func (p *Pages) testHook(c *web.Context) error {
	err := p.Notices.TestHook(c.Request.Context(), c.Actor, c.Param("id"))
	return p.after(c, err, "inbox.said_tested")
}

func (p *Pages) removeHook(c *web.Context) error {
	err := p.Notices.RemoveHook(c.Request.Context(), c.Actor, c.Param("id"))
	return p.after(c, err, "inbox.said_removed")
}
