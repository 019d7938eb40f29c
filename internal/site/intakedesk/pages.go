package intakedesk

import (
	"context"
	"embed"
	"net/http"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/apply"
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
	Applications *application.Service
	Reviews      *review.Service
	Shown        *apply.Pages // puts an application into words
	Layout       *layout.Layout
}

// Pages are the desk of the centre.
type Pages struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Pages { return &Pages{t, t.Layout.Pages(files)} }

// Routes returns every address of the pages.
func (p *Pages) Routes() (all []web.Route) {
	read := application.MayOversee
	const one = "/{lang}/desk/intake/{id}"
	for _, r := range []web.Route{
		{Method: "GET", Path: "/{lang}/desk/intake", Name: "intakedesk.queue", May: read, Do: p.queue},
		{Method: "GET", Path: one, Name: "intakedesk.case", May: read, Do: p.show},
		{Method: "GET", Path: one + "/files/{file}", Name: "intakedesk.file", May: read, Do: p.file},
		{Method: "POST", Path: one + "/take", Name: "intakedesk.take", May: application.Table.Rule("application", "take"), Do: p.take},
		{Method: "POST", Path: one + "/decide", Name: "intakedesk.decide", May: application.MayCheck, Do: p.decide},
		{Method: "POST", Path: one + "/allow", Name: "intakedesk.allow", May: application.MayAllow, Do: p.allow},
	} {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// Waiting returns how many applications wait, at most 200, for the header.
func (p *Pages) Waiting(c *web.Context) int {
	page, err := p.Applications.Queue(c.Request.Context(), c.Actor, "", 200)
	if err != nil {
		return 0
	}
	return len(page.Items)
}

type line struct {
	application.Brief
	Badge    layout.Badge
	Left     string
	Datasets []locale.Text
}

type queuePage struct {
	layout.Page
	Lines []line
	More  string
}

func (p *Pages) queue(c *web.Context) error {
	all, err := p.Applications.Queue(c.Request.Context(), c.Actor, c.Query("after"), 50)
	if err != nil {
		return err
	}
	page := queuePage{Page: p.Layout.Page(c, c.Say("intakedesk.title"))}
	page.NoIndex = true
	for _, b := range all.Items {
		titles, err := p.Shown.Titles(c, b.Datasets...)
		if err != nil {
			return err
		}
		page.Lines = append(page.Lines, line{b, apply.Badge(c, b.Stage), apply.Left(c, b.Left), titles})
	}
	if all.Next != "" {
		page.More = layout.URL(c, "intakedesk.queue") + "?after=" + all.Next
	}
	return p.pages.Render(c, http.StatusOK, "queue", page)
}

func (p *Pages) file(c *web.Context) error {
	f, err := p.Applications.File(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return application.Send(c, f)
}

func same(text string) locale.Text { return locale.Text{ZH: text, EN: text} }

// act asks a command of the case, with the revision that the form carries.
func (p *Pages) act(ctx context.Context, c *web.Context, command application.Command) error {
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	_, err = p.Applications.Do(ctx, c.Actor, c.Param("id"), seen, command)
	return err
}
