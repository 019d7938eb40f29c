package people

import (
	"cmp"
	"embed"
	"net/http"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

//go:embed pages/*.html
var templates embed.FS

// Tools are what the pages work with.
type Tools struct {
	Accounts      *account.Service
	Organisations *organisation.Service
	Providers     []Provider
	Box           *auth.Box
	Clock         clock.Clock
	Layout        *layout.Layout
	Dev           bool            // one click signs in; mails are shown
	Outbox        *account.Outbox // whose mails are shown; nil for none
}

// Service is the pages.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Entrance names the page where one signs in. It is web.Options.Entrance.
func Entrance(office bool) string {
	if office {
		return "account.office"
	}
	return "account.enter"
}

// Mine lists what somebody who has signed in finds in the header: his account,
// and the accounts of others if he administers some.
func Mine(c *web.Context) []layout.Link {
	link := func(name, word string) layout.Link {
		href := layout.URL(c, name)
		return layout.Link{Name: c.Say(word), Href: href, Current: strings.HasPrefix(c.Request.URL.Path, href)}
	}
	all := []layout.Link{link("account.mine", "people.title.me")}
	if account.MayAdminister.Asked(c.Actor) == nil {
		all = append(all, link("account.accounts", "people.title.accounts"))
	}
	return all
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	var all []web.Route
	for _, r := range slices.Concat(s.enterRoutes(), s.joinRoutes(), s.meRoutes(), s.officeRoutes(), s.devRoutes()) {
		r.Method = cmp.Or(r.Method, "GET")
		if strings.Contains(r.Path, "{lang}") {
			all = append(all, layout.Both(r)...)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// page makes the two routes of a form: the page, and what is sent from it,
// whose name has ".send" behind.
func page(path, name string, may permit.Rule, show, send web.Handler) []web.Route {
	return []web.Route{
		{Path: path, Name: name, May: may, Do: show},
		{Method: "POST", Path: path, Name: name + ".send", May: may, Do: send},
	}
}

// secret marks routes that may show what is shown once.
func secret(all []web.Route) []web.Route {
	for i := range all {
		all[i].Secret = true
	}
	return all
}

// open makes routes reachable without a sign-in, and before what must come
// first.
func open(all []web.Route) []web.Route {
	for i := range all {
		all[i].First, all[i].Plain = true, true
	}
	return all
}

func post(path, name string, may permit.Rule, do web.Handler) web.Route {
	return web.Route{Method: "POST", Path: path, Name: name, May: may, Do: do}
}

// sheet is a page that holds one form. Texts are message keys.
type sheet struct {
	name   string // its words: "people.title.<name>", "people.lead.<name>" and "people.submit.<name>"
	action string // address that it is sent to
	hidden [][2]string
	fields func(f layout.Form) []layout.Field
	about  []string      // further sentences, in words
	ways   []layout.Link // where else one may go
	crumbs []layout.Crumb
	title  string // in words, instead of those of name
	grave  bool   // the button ends something
}

type sheetPage struct {
	layout.Page
	layout.Form
	Lead, Action, Submit string
	Hidden               [][2]string
	Fields               []layout.Field
	About                []string
	Ways                 []layout.Link
	Grave                bool
	Picture              any // an SVG, of which the page knows that it is ours
	Typed                string
}

// show answers with sh, filled with f.
func (s *Service) show(c *web.Context, sh sheet, f layout.Form) error {
	return s.draw(c, sh, f, nil, "")
}

func (s *Service) draw(c *web.Context, sh sheet, f layout.Form, picture any, typed string) error {
	p := sheetPage{Page: s.Layout.Page(c, cmp.Or(sh.title, c.Say("people.title."+sh.name))), Form: f, Lead: c.Say("people.lead." + sh.name),
		Action: sh.action, Submit: c.Say("people.submit." + sh.name), Hidden: sh.hidden, About: sh.about, Ways: sh.ways, Grave: sh.grave,
		Picture: picture, Typed: typed}
	p.NoIndex, p.Crumbs = true, sh.crumbs
	if sh.fields != nil {
		p.Fields = sh.fields(f)
	}
	c.Writer.Header().Set("Cache-Control", "no-store") // some show a secret
	status := http.StatusOK
	if len(f.Wrong) > 0 {
		status = layout.Status
	}
	return s.pages.Render(c, status, "form", p)
}

// again answers with sh and what is wrong with what was sent, or with err if
// that is nothing that can be mended there.
func (s *Service) again(c *web.Context, sh sheet, err error) error {
	if p := layout.Told(err); p != nil {
		return s.show(c, sh, layout.Again(c, p))
	}
	return err
}

// oncePage shows what is shown this once: a link, a token, recovery codes.
type oncePage struct {
	layout.Page
	Lead  string
	Lines []string
	Next  layout.Link
}

func (s *Service) once(c *web.Context, name string, lines []string, next layout.Link) error {
	if len(lines) > 0 {
		if err := c.ShowOnce(); err != nil {
			return err
		}
	}
	p := oncePage{Page: s.Layout.Page(c, c.Say("people.title."+name)), Lead: c.Say("people.lead." + name), Lines: lines, Next: next}
	p.NoIndex, p.Crumbs = true, []layout.Crumb{}
	c.Writer.Header().Set("Cache-Control", "no-store")
	return s.pages.Render(c, http.StatusOK, "once", p)
}

// done leads to the page called name, which says what was done.
func done(c *web.Context, to, said string) error {
	if said != "" {
		to += "?said=" + said
	}
	c.Writer.Header().Set("Cache-Control", "no-store")
	return c.Redirect(http.StatusSeeOther, to)
}

// caller is what is known of the browser.
func caller(c *web.Context) account.Caller { return account.Caller{Agent: c.Request.UserAgent()} }

// at writes an instant for reading, in Shanghai; "" for the zero time.
func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(workday.Shanghai).Format("2006-01-02 15:04")
}

// roles writes roles in words.
func roles(c *web.Context, all []permit.Role) string {
	words := make([]string, len(all))
	for i, r := range all {
		words[i] = c.Say("web.role." + string(r))
	}
	if c.Lang == locale.ZH {
		return strings.Join(words, "、")
	}
	return strings.Join(words, ", ")
}

// roleOptions are check boxes for roles.
func roleOptions(c *web.Context, f layout.Form, all []permit.Role) []layout.Option {
	var options []layout.Option
	for _, r := range all {
		options = append(options, layout.Option{Value: string(r), Label: c.Say("web.role." + string(r)), Chosen: slices.Contains(f.Values("/roles"), string(r))})
	}
	return options
}

// many is a field of check boxes, of which none, one or more may be chosen.
func many(f layout.Form, name, label string, options []layout.Option) layout.Field {
	field := f.Field("many", name, label)
	field.Faults = append(field.Faults, f.Faults(name+"/-")...)
	field.Name, field.Options = name+"/-", options
	return field
}
