package administration

import (
	"embed"
	"net/http"
	"net/url"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/casework/codelist"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Disk is how full the machine is, in bytes.
type Disk struct {
	Database int64 `json:"database"` // file of the database, with its log
	Serving  int64 `json:"serving"`  // serving copies: they can be made again
	Free     int64 `json:"free"`
	Size     int64 `json:"size"` // of the whole disk
}

// Tools are what the pages work with.
type Tools struct {
	DB            *database.DB
	Clock         clock.Clock
	Layout        *layout.Layout
	Organisations *organisation.Service
	Calendar      *calendar.Service
	Codes         *codelist.Service
	Versions      *version.Service
	Disk          func() (Disk, error)
	Wake          func() // called when a job may run again
}

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	all := s.api()
	for _, r := range slices.Concat(s.bodyRoutes(), s.calendarRoutes(), s.termRoutes(), s.codeRoutes(), []web.Route{
		{Method: "GET", Path: "/{lang}/office/jobs", Name: "administration.jobs", May: Jobs, Do: s.jobs},
		{Method: "POST", Path: "/{lang}/office/jobs/retry", Name: "administration.retry", May: Jobs, Do: s.retry},
		{Method: "GET", Path: "/{lang}/office/storage", Name: "administration.storage", May: version.Keep, Do: s.storage},
	}) {
		all = append(all, layout.Both(r)...)
	}
	return all
}

// page is what every page of this package has.
type page struct {
	layout.Page
	Tabs []tab
	Form layout.Form // with what is wrong; the zero Form if nothing was sent
}

type tab struct {
	Name, Href string
	Current    bool
}

// tabs are the pages, in order, and who may open each.
var tabs = []struct {
	name string
	may  permit.Rule
}{{"bodies", organisation.Look}, {"calendar", calendar.Look}, {"terms", calendar.Look}, {"codes", codelist.Keep}, {"jobs", Jobs}, {"storage", version.Keep}}

// First names the first page that the actor may open, without language; "" for
// none.
func First(who permit.Actor) string {
	for _, t := range tabs {
		if t.may.Asked(who) == nil {
			return "administration." + t.name
		}
	}
	return ""
}

// begin begins the page called name, whose title is the message
// "administration.title.<name>".
func (s *Service) begin(c *web.Context, name string) page {
	p := page{Page: s.Layout.Page(c, c.Say("administration.title."+name))}
	p.NoIndex, p.Section = true, "administration."+name
	for _, t := range tabs {
		if t.may.Asked(c.Actor) == nil {
			p.Tabs = append(p.Tabs, tab{c.Say("administration.title." + t.name), layout.URL(c, "administration."+t.name), t.name == name})
		}
	}
	return p
}

// form is a form as the part "form" of the templates shows it.
type form struct {
	Token, Action, Button string
	Second                bool // the button is not the first choice
	Fields                []layout.Field
	Hidden                []hidden
}

type hidden struct{ Name, Value string }

// sheet begins a form that is sent to the route called name.
func sheet(c *web.Context, button, name string, args ...any) form {
	return form{Token: c.Token(), Action: layout.URL(c, name, args...), Button: c.Say(button)}
}

func (f form) with(fields ...layout.Field) form {
	f.Fields = append(f.Fields, fields...)
	return f
}

func (f form) and(name, value string) form {
	f.Hidden = append(f.Hidden, hidden{name, value})
	return f
}

// done ends a form: whoever sent it goes to the route called name, where it is
// said what was done; or gets the form again with what is wrong.
func done(c *web.Context, err error, again func(layout.Form) error, said, name string, args ...any) error {
	if told := layout.Told(err); told != nil {
		return again(layout.Again(c, told))
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, name, args...)+"?"+url.Values{"said": {"administration.said_" + said}}.Encode())
}

// status is that of a page: with faults or without.
func (p page) status() int {
	if len(p.Form.Wrong) > 0 {
		return layout.Status
	}
	return http.StatusOK
}

// options are the choices of a field: codes and their words.
func options[S ~string](c *web.Context, stem string, all []S, none string) (choices []layout.Option) {
	if none != "" {
		choices = append(choices, layout.Option{Label: c.Say(none)})
	}
	for _, x := range all {
		choices = append(choices, layout.Option{Value: string(x), Label: c.Say(stem + string(x))})
	}
	return choices
}

// at moves faults found at a pointer below one of names to that name: a page
// has one field for a list.
func at(err error, names ...string) error {
	p := problem.As(err)
	if p == nil {
		return err
	}
	moved := *p
	moved.Fields = slices.Clone(p.Fields)
	for i, f := range moved.Fields {
		for _, name := range names {
			if len(f.Pointer) > len(name) && f.Pointer[:len(name)+1] == name+"/" {
				moved.Fields[i].Pointer = name
			}
		}
	}
	return &moved
}

// fields returns f, or an empty form if nothing was sent.
func fields(c *web.Context, f layout.Form) layout.Form {
	if f.Wrong == nil {
		return layout.Blank(c, nil)
	}
	return f
}
