package administration

import (
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/web"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/layout"
)

func (s *Service) bodyRoutes() []web.Route {
	all := []web.Route{
		{Method: "GET", Path: "/{lang}/office/bodies", Name: "administration.bodies", May: organisation.Look, Do: s.bodies},
		{Method: "GET", Path: "/{lang}/office/new-body", Name: "administration.new_body", May: organisation.Keep,
			Do: func(c *web.Context) error { return s.newBody(c, layout.Blank(c, nil)) }},
		{Method: "POST", Path: "/{lang}/office/new-body", Name: "administration.enter_body", May: bodyRule("enter"), Do: s.enterBody},
		{Method: "GET", Path: "/{lang}/office/bodies/{id}", Name: "administration.body", May: organisation.Look,
			Do: func(c *web.Context) error { return s.body(c, layout.Form{}) }},
	}
	for verb, command := range bodyCommands {
		all = append(all, web.Route{Method: "POST", Path: "/{lang}/office/bodies/{id}/" + verb, Name: "administration.body_" + verb, May: bodyRule(verb),
			Do: func(c *web.Context) error { return s.moveBody(c, verb, command) }})
	}
	return all
}

func bodyRule(verb string) permit.Rule { return organisation.Table.Rule("organisation", verb) }

// bodyCommands read a command from a form.
var bodyCommands = map[string]func(c *web.Context) (organisation.Command, error){
	"change":   read[organisation.Change],
	"verify":   read[organisation.Verify],
	"activate": read[organisation.Activate],
	"suspend":  read[organisation.Suspend],
	"resume":   read[organisation.Resume],
}

func read[C organisation.Command](c *web.Context) (organisation.Command, error) {
	var command C
	err := c.Form(&command)
	return command, err
}

type bodiesPage struct {
	page
	Filter []layout.Field
	Rows   []bodyRow
	Total  int
	New    string // "" if the reader may not enter bodies
}

type bodyRow struct {
	organisation.Node
	Indent string
	Href   string
	Name   locale.Text
	Where  locale.Text // its district
}

func (s *Service) bodies(c *web.Context) error {
	all, err := s.Organisations.List(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	p := bodiesPage{page: s.begin(c, "bodies")}
	f := organisation.ReadFilter(c.Request.URL.Query())
	var some []organisation.Organisation
	for _, o := range all {
		if f.Takes(o) {
			some = append(some, o)
		}
	}
	for _, n := range organisation.Arrange(some) {
		row := bodyRow{Node: n, Name: n.Body.Name, Where: organisation.DistrictByCode(n.Body.District)}
		if n.Depth > 0 {
			row.Indent = strings.Repeat("\u3000", n.Depth-1) + "└ "
		}
		if n.Body.ID != "" {
			row.Href = layout.URL(c, "administration.body", n.Body.ID)
		}
		p.Rows = append(p.Rows, row)
	}
	p.Total = len(some)
	blank := layout.Blank(c, nil)
	filter := func(name, value string, choices []layout.Option) {
		field := blank.Field("select", name, "administration.field."+name)
		field.Value = value
		p.Filter = append(p.Filter, field.Of(choices))
	}
	filter("stage", f.Stage, options(c, "organisation.stage.", organisation.Table.Stages(), "administration.any"))
	filter("kind", f.Kind, options(c, "organisation.kind.", organisation.Kinds, "administration.any"))
	filter("level", f.Level, options(c, "organisation.level.", organisation.Levels, "administration.any"))
	filter("district", f.District, districts(c, "administration.any"))
	if organisation.Keep.Asked(c.Actor) == nil {
		p.New = layout.URL(c, "administration.new_body")
	}
	return s.pages.Render(c, p.status(), "bodies", p)
}

func districts(c *web.Context, none string) []layout.Option {
	all := []layout.Option{{Label: c.Say(none)}}
	for _, d := range organisation.Districts() {
		all = append(all, layout.Option{Value: d.Code, Label: d.Code + " " + d.Name.In(c.Lang)})
	}
	return all
}

// particulars are the fields of what is entered about a body.
func particulars(c *web.Context, f layout.Form) []layout.Field {
	field := func(kind, name string) layout.Field {
		return f.Field(kind, name, "administration.field."+strings.ReplaceAll(name[1:], "/", "_"))
	}
	return []layout.Field{
		field("text", "/name/zh").Need().Max(120),
		field("text", "/name/en").Max(200),
		field("select", "/kind").Need().Of(options(c, "organisation.kind.", organisation.Kinds, "administration.choose")),
		field("select", "/level").Hint("administration.hint.level").Of(options(c, "organisation.level.", organisation.Levels, "administration.no_level")),
		field("select", "/district").Hint("administration.hint.district").Of(districts(c, "administration.no_district")),
		field("text", "/parent").Hint("administration.hint.parent").Max(60).Narrow(),
		field("text", "/uscc").Hint("administration.hint.uscc").Max(18).Narrow(),
		field("text", "/contact/name").Hint("administration.hint.contact").Max(80),
		field("text", "/contact/phone").Max(80).Narrow(),
		field("email", "/contact/email").Max(254),
		field("switch", "/sample"),
	}
}

type formPage struct {
	page
	Lead  string
	Sheet form
}

func (s *Service) newBody(c *web.Context, f layout.Form) error {
	p := formPage{page: s.begin(c, "new_body"), Lead: c.Say("administration.new_body.lead")}
	p.Form, p.Crumbs = f, s.crumb(c, "bodies")
	p.Sheet = sheet(c, "administration.enter", "administration.enter_body").
		with(f.Field("text", "/id", "administration.field.id").Hint("administration.hint.id").Need().Max(60).Narrow()).with(particulars(c, f)...)
	return s.pages.Render(c, p.status(), "form", p)
}

func (s *Service) crumb(c *web.Context, name string) []layout.Crumb {
	title := c.Say("administration.title." + name)
	return []layout.Crumb{{Name: locale.Text{ZH: title, EN: title}, Href: layout.URL(c, "administration."+name)}}
}

func (s *Service) enterBody(c *web.Context) error {
	var command organisation.Enter
	err := c.Form(&command)
	if err == nil {
		_, err = s.Organisations.Enter(c.Request.Context(), c.Actor, command)
	}
	return done(c, err, func(f layout.Form) error { return s.newBody(c, f) }, "entered", "administration.body", command.ID)
}

type bodyPage struct {
	page
	Body    organisation.Organisation
	Where   locale.Text
	Above   locale.Text
	Change  *form
	Suspend *form
	Steps   []form
}

// body shows a body and, to those who may, how to change and move it. f is a
// form that was sent and refused; the zero Form if there is none.
func (s *Service) body(c *web.Context, f layout.Form) error {
	o, err := s.Organisations.Get(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := bodyPage{page: s.begin(c, "body"), Body: o, Where: organisation.DistrictByCode(o.District)}
	p.Heading, p.Title, p.Crumbs, p.Form = o.Name, o.Name.In(c.Lang), s.crumb(c, "bodies"), f
	if o.Parent != "" {
		if above, err := s.Organisations.Get(c.Request.Context(), c.Actor, o.Parent); err == nil {
			p.Above = above.Name
		}
	}
	shown := f
	if f.Wrong == nil {
		shown = layout.Blank(c, o.Particulars())
	}
	for _, verb := range organisation.Table.Open(o.Stage, c.Actor, o.Did) {
		if bodyCommands[verb] == nil {
			continue // not for people at a desk
		}
		step := sheet(c, "administration.body_"+verb, "administration.body_"+verb, o.ID)
		switch verb {
		case "change":
			change := step.with(particulars(c, shown)...).and("/seen", strconv.Itoa(o.Revision))
			p.Change = &change
		case "suspend":
			suspend := step.with(fields(c, f).Field("area", "/reason", "administration.field.reason").Need().Max(500))
			suspend.Second = true
			p.Suspend = &suspend
		case "verify", "activate", "resume":
			p.Steps = append(p.Steps, step)
		}
	}
	return s.pages.Render(c, p.status(), "body", p)
}

func (s *Service) moveBody(c *web.Context, verb string, read func(*web.Context) (organisation.Command, error)) error {
	id := c.Param("id")
	command, err := read(c)
	if err == nil {
		_, err = s.Organisations.Do(c.Request.Context(), c.Actor, id, command)
	}
	return done(c, err, func(f layout.Form) error { return s.body(c, f) }, verb, "administration.body", id)
}
