package directorydesk

import (
	"io"
	"net/http"
	"net/url"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/directory"
	"kaishu/internal/site/layout"
)

type sourcesPage struct {
	layout.Page
	Items   []directory.SourceView
	Form    layout.Form
	Options map[string][]layout.Option
	Centre  bool // the reader keeps every source
}

func (p *Pages) sources(c *web.Context) error {
	return p.showSources(c, layout.Blank(c, directory.Particulars{Form: directory.KindFile, Mapping: "resources"}), http.StatusOK)
}

func (p *Pages) showSources(c *web.Context, form layout.Form, status int) error {
	x := sourcesPage{Page: p.Layout.Page(c, c.Say("directorydesk.sources")), Form: form, Options: map[string][]layout.Option{}, Centre: c.Actor.Has(permit.CtrEngineer)}
	x.NoIndex, x.Crumbs = true, p.crumbs(c)
	var err error
	if x.Items, err = p.Directory.Sources(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	for _, k := range directory.SourceKinds {
		if x.Centre || k != directory.KindPostgreSQL {
			x.Options["kind"] = append(x.Options["kind"], layout.Option{Value: k, Label: c.Say("directorydesk.kind." + k)})
		}
	}
	for _, m := range directory.Mappings() {
		x.Options["mapping"] = append(x.Options["mapping"], layout.Option{Value: m.Name, Label: m.Title.In(c.Lang)})
	}
	return p.pages.Render(c, status, "sources", x)
}

func (p *Pages) register(c *web.Context) error {
	var in directory.Particulars
	err := c.Form(&in)
	if err == nil {
		if !c.Actor.Has(permit.CtrEngineer) {
			in.Body = c.Actor.Organisation // an editor's listing is of his own body
		}
		var s directory.Source
		if s, err = p.Directory.Register(c.Request.Context(), c.Actor, in); err == nil {
			return say(c, layout.URL(c, "directorydesk.source", s.ID), "directorydesk.said_registered")
		}
	}
	if told := layout.Told(err); told != nil {
		return p.showSources(c, layout.Again(c, told), layout.Status)
	}
	return err
}

type sourcePage struct {
	layout.Page
	Source directory.SourceView
	Form   layout.Form
	Shrink bool // the import was refused for what would go
	Faulty bool // and for records with faults
	More   int  // faults that are not shown
}

// Mapping says how the records of the source are written.
func (x sourcePage) Mapping() locale.Text {
	for _, m := range directory.Mappings() {
		if m.Name == x.Source.Particulars.Mapping {
			return m.Title
		}
	}
	return same(x.Source.Particulars.Mapping)
}

func (p *Pages) source(c *web.Context) error {
	v, err := p.Directory.Source(c.Request.Context(), c.Actor, c.Param("source"))
	if err != nil {
		return err
	}
	return p.showSource(c, v, nil, http.StatusOK)
}

// mostTold is how many faults of a listing a page tells.
const mostTold = 50

func (p *Pages) showSource(c *web.Context, v directory.SourceView, told *problem.Error, status int) error {
	x := sourcePage{Page: p.Layout.Page(c, v.Name), Source: v, Form: layout.Blank(c, nil)}
	x.NoIndex, x.Crumbs = true, append(p.crumbs(c), layout.Crumb{Name: same(c.Say("directorydesk.sources")), Href: x.URL("directorydesk.sources")})
	if told != nil {
		for _, f := range told.Fields {
			x.Shrink = x.Shrink || f.Code == "directory.too_few"
			x.Faulty = x.Faulty || f.Code != "directory.too_few" && f.Code != "directory.nothing_there"
		}
		shown := *told
		if x.More = len(shown.Fields) - mostTold; x.More > 0 {
			shown.Fields = shown.Fields[:mostTold]
		}
		x.Form.Tell(c, &shown)
		for i := range x.Form.Wrong {
			if at := told.Fields[i].Pointer; at != "/records" {
				x.Form.Wrong[i].Text = c.Say("directorydesk.in_record", "at", at) + " " + x.Form.Wrong[i].Text
			}
			x.Form.Wrong[i].Name = "file"
		}
		if len(told.Fields) == 0 {
			x.Form = layout.Again(c, told)
		}
	}
	return p.pages.Render(c, status, "source", x)
}

// importFile takes a listing that is handed in.
func (p *Pages) importFile(c *web.Context) error {
	ctx, id := c.Request.Context(), c.Param("source")
	none := true
	err := c.Files(func(_, name string, file io.Reader) error {
		none = false
		heed := directory.Heed{LeaveOut: c.Typed("leave_out") != "", Shrink: c.Typed("shrink") != ""}
		_, err := p.Directory.Import(ctx, c.Actor, id, name, file, heed)
		return err
	})
	if err == nil && none {
		err = problem.New(problem.Invalid, "directorydesk.no_file")
	}
	return p.imported(c, err)
}

func (p *Pages) sync(c *web.Context) error {
	heed := directory.Heed{LeaveOut: c.Typed("leave_out") != "", Shrink: c.Typed("shrink") != ""}
	_, err := p.Directory.Sync(c.Request.Context(), c.Actor, c.Param("source"), heed)
	return p.imported(c, err)
}

func (p *Pages) imported(c *web.Context, err error) error {
	if told := layout.Told(err); told != nil {
		v, verr := p.Directory.Source(c.Request.Context(), c.Actor, c.Param("source"))
		if verr != nil {
			return verr
		}
		return p.showSource(c, v, told, layout.Status)
	}
	if err != nil {
		return err
	}
	return say(c, layout.URL(c, "directorydesk.source", c.Param("source")), "directorydesk.said_imported")
}

type changesPage struct {
	layout.Page
	Snapshot directory.Snapshot
	Items    []directory.Difference
	Next     string
}

func (p *Pages) changes(c *web.Context) error {
	const most = 100
	number, _ := strconv.Atoi(c.Param("number")) // what is no number is not found
	from, _ := strconv.Atoi(c.Query("after"))
	s, all, err := p.Directory.Changes(c.Request.Context(), c.Actor, c.Param("source"), number, from, most+1)
	if err != nil {
		return err
	}
	v, err := p.Directory.Source(c.Request.Context(), c.Actor, c.Param("source"))
	if err != nil {
		return err
	}
	x := changesPage{Page: p.Layout.Page(c, c.Say("directorydesk.import_n", "n", number)), Snapshot: s, Items: all}
	x.NoIndex, x.Crumbs = true, append(p.crumbs(c), layout.Crumb{Name: same(v.Name), Href: x.URL("directorydesk.source", v.ID)})
	if len(all) > most {
		x.Items = all[:most]
		x.Next = x.URL("directorydesk.changes", v.ID, strconv.Itoa(number)) + "?" + url.Values{"after": {strconv.Itoa(from + most)}}.Encode()
	}
	return p.pages.Render(c, http.StatusOK, "changes", x)
}
