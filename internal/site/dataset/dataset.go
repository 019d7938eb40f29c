package dataset

import (
	"cmp"
	"embed"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
	"kaishu/internal/obtain/download"
	"kaishu/internal/obtain/query"
	"kaishu/internal/obtain/review"
	"kaishu/internal/open/assessment"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
	"kaishu/internal/people/organisation"
	"kaishu/internal/site/conditions"
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
	Door          *access.Service
	Queries       *query.Service
	Entries       *openlist.Service
	Versions      *version.Service
	Organisations *organisation.Service
	Conditions    *conditions.Service // nil: none, in tests of other things
	Reviews       *review.Service     // nil: none, in tests of other things
	Objections    *objection.Service  // nil: none, in tests of other things
	Assessments   *assessment.Service // nil: no scores, in tests of other things
	Clock         clock.Clock
	Layout        *layout.Layout
}

// Service is the pages of datasets.
type Service struct {
	Tools
	pages *layout.Pages
}

// New returns the pages.
func New(t Tools) *Service { return &Service{Tools: t, pages: t.Layout.Pages(templates)} }

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	page := func(path, name string, do web.Handler) []web.Route {
		return layout.Both(web.Route{Method: "GET", Path: "/{lang}/datasets/{slug}" + path, Name: name, May: permit.Public, Do: do})
	}
	var all []web.Route
	for _, more := range [][]web.Route{
		page("", "dataset.preview", s.preview),
		page("/rows/{number}", "dataset.row", s.row),
		page("/fields", "dataset.fields", s.fields),
		page("/fields.csv", "dataset.fields_csv", s.fieldsCSV),
		page("/fields.json", "dataset.fields_json", s.fieldsJSON),
		page("/statistics", "dataset.statistics", s.statistics),
		page("/statistics.svg", "dataset.chart", s.chart),
		page("/statistics.csv", "dataset.figures_csv", s.figuresCSV),
		page("/versions", "dataset.versions", s.versions),
		page("/versions.json", "dataset.versions_json", s.versionsJSON),
		page("/compare", "dataset.compare", s.compare),
		page("/compare.json", "dataset.compare_json", s.compareJSON),
		page("/api", "dataset.api", s.api),
		s.scored(page),
		s.apiRoutes(),
	} {
		all = append(all, more...)
	}
	return all
}

// scored is the page of scores, where there are some.
func (s *Service) scored(page func(path, name string, do web.Handler) []web.Route) []web.Route {
	if s.Assessments == nil {
		return nil
	}
	return page("/quality", "dataset.quality", s.quality)
}

// view is what every tab shows above itself.
type view struct {
	layout.Page
	Entry     openlist.Entry
	Body      locale.Text // name of the publisher
	Domain    locale.Text
	Frequency locale.Text
	UpdatedOn workday.Date
	How       timeliness.Class
	DaysLate  int
	Version   *version.Version // the one shown; nil if there is none to show
	Readable  bool             // its cells may be read
	Barrier   string           // message code: why not; "" if there is nothing to read at all
	Tabs      []tab
	Downloads []downloadLink
	Original  *downloadLink
	SetAside  string              // address of the list of what was set aside; "" if nothing was
	Usual     review.Usual        // what became of applications so far
	Asks      *conditions.Section // what a conditional dataset asks for; nil if nothing is in force
	Marks     []objection.Sign    // objections that stand (异议标注)
	reading   *access.Reading
	asked     bool // for a version by number
}

type tab struct {
	Label, Href string
	Current     bool
}

type downloadLink struct {
	Label   string
	Href    string
	Bytes   int64
	SHA256  string
	Refused string // message code
	Rows    int64
}

// look opens the dataset for one tab. A reader who may not see cells still
// gets a page, with the reason.
func (s *Service) look(c *web.Context, slug, current string) (*view, error) {
	ctx := c.Request.Context()
	e, err := s.Entries.Get(ctx, c.Actor, slug)
	if err != nil {
		return nil, err
	}
	v := &view{Page: s.Layout.Page(c, e.Title.In(c.Lang)), Entry: e}
	v.Heading, v.Section, v.About = locale.Text{}, "catalogue.list", e.Abstract.In(c.Lang)
	v.Crumbs = []layout.Crumb{{Name: locale.Text{ZH: c.Say("dataset.all"), EN: c.Say("dataset.all")}, Href: v.URL("catalogue.list")}}
	if body, err := s.Organisations.Get(ctx, c.Actor, e.Publisher); err == nil {
		v.Body = body.Name
		v.Entry.Contact = cmp.Or(e.Contact, body.Contact.Line())
	} else if !problem.Is(err, problem.NotFound) {
		return nil, err
	}
	codes := s.Entries.Codes(c.Actor)
	domain, _ := codes.Domain(e.Domain)
	frequency, _ := codes.Frequency(e.Frequency)
	v.Domain, v.Frequency, v.UpdatedOn = domain.Name, frequency.Name, e.UpdatedOn
	if err := s.open(c, v); err != nil {
		return nil, err
	}
	if s.Conditions != nil && e.Opening == openlist.Conditional {
		if x, ok, err := s.Conditions.Current(c, slug); err != nil {
			return nil, err
		} else if ok {
			v.Asks = &x
		}
	}
	if s.Reviews != nil && v.Asks != nil {
		if v.Usual, err = s.Reviews.Usual(ctx, c.Actor, slug); err != nil {
			return nil, err
		}
	}
	if s.Objections != nil {
		if v.Marks, err = s.Objections.Marks(ctx, c.Actor, slug); err != nil {
			return nil, err
		}
	}
	how := timeliness.Of(codes, e, v.UpdatedOn, workday.Of(s.Clock.Now()))
	v.How, v.DaysLate = how.Class, how.DaysLate
	v.tabs(c, current, s.Assessments != nil)
	return v, nil
}

// open asks the door, and falls back to the structure, and to nothing.
func (s *Service) open(c *web.Context, v *view) error {
	number, err := download.Number(cmp.Or(c.Query("version"), "latest"))
	if err != nil {
		return err
	}
	v.asked = number != access.Latest
	r, err := s.Door.Open(c.Request.Context(), c.Actor, v.Entry.Slug, number)
	p := problem.As(err)
	switch {
	case err == nil:
		v.reading, v.Readable, v.Version = r, true, &r.Version
		v.UpdatedOn = r.Version.UpdatedOn
		v.links(c)
		return nil
	case p == nil:
		return err
	case p.Kind == problem.NotFound && number != access.Latest:
		return err
	}
	if p.Kind != problem.NotFound {
		v.Barrier = p.Code
	}
	_, shown, err := s.Door.Structure(c.Request.Context(), c.Actor, v.Entry.Slug, number)
	if err == nil {
		v.Version, v.UpdatedOn = &shown, shown.UpdatedOn
	} else if problem.As(err) == nil {
		return err
	}
	return nil
}

// Marked reports whether an objection to the field called name stands.
func (v *view) Marked(name string) bool {
	return slices.ContainsFunc(v.Marks, func(m objection.Sign) bool { return slices.Contains(m.Fields, name) })
}

// count records what is handed out now: it must stand before the answer begins
// (Article 26). rows are those whose cells, or figures of whose cells, are told.
func (v *view) count(c *web.Context, route record.Route, format string, rows int) error {
	if !v.Readable {
		return nil
	}
	return v.reading.Count(c.Request.Context(), route, format, int64(rows), 0)
}

// links lists the files that can be had.
func (v *view) links(c *web.Context) {
	base := "/datasets/" + v.Entry.Slug + "/versions/" + versionOf(c)
	for _, f := range v.Version.Files {
		v.Downloads = append(v.Downloads, downloadLink{Label: label(tabular.Format(f.Format)), Bytes: f.Bytes, SHA256: f.Hash, Refused: f.Refused,
			Rows: v.Version.Outcome.Rows, Href: base + "/" + url.PathEscape(download.FileName(v.Entry.Title.ZH, f.Format))})
	}
	o := v.Version.Origin
	v.Original = &downloadLink{Label: o.Name, Bytes: o.Bytes, SHA256: o.Hash, Href: base + "/original"}
	if v.Version.Outcome.SetAside != "" {
		v.SetAside = base + "/set-aside.ndjson"
	}
}

func versionOf(c *web.Context) string { return cmp.Or(c.Query("version"), "latest") }

func label(f tabular.Format) string {
	switch f {
	case tabular.Parquet:
		return "Parquet"
	case tabular.GeoJSON:
		return "GeoJSON"
	}
	return strings.ToUpper(string(f))
}

// tabs are links: each tab has its own address, and keeps the version; the
// interface gets the condition that the reader chose in the preview.
func (v *view) tabs(c *web.Context, current string, scored bool) {
	names := []string{"preview", "fields", "statistics", "versions", "api"}
	if v.Version == nil {
		names = []string{"preview", "fields"}
	} else if !v.Readable {
		names = []string{"preview", "fields", "versions"}
	}
	if scored && v.Version != nil { // the score is public for conditional data too
		names = slices.Insert(names, slices.Index(names, "versions"), "quality")
	}
	values := c.Request.URL.Query()
	for _, name := range names {
		query := url.Values{}
		for _, k := range keep(values) {
			if k.Name == "version" || name == "preview" || name == "api" { // where the reader's own query means something
				query.Add(k.Name, k.Value)
			}
		}
		href := v.URL("dataset."+name, v.Entry.Slug)
		if len(query) > 0 {
			href += "?" + query.Encode()
		}
		v.Tabs = append(v.Tabs, tab{Label: c.Say("dataset.tab." + name), Href: href, Current: name == current})
	}
}

// Schema returns the columns of the version shown.
func (v *view) schema() selection.Schema {
	if v.Version == nil || v.Version.Outcome == nil {
		return selection.Schema{}
	}
	return v.Version.Outcome.Schema
}

// Rows returns the rows of the version shown; 0 for data that is not readable.
func (v *view) Rows() int64 {
	if !v.Readable {
		return 0
	}
	return v.Version.Outcome.Rows
}

// OwnSource reports whether the entry names a source that the version's note
// does not already name.
func (v *view) OwnSource() bool {
	return v.Entry.Source.ZH != "" && (v.Version == nil || v.Version.Note != v.Entry.Source)
}

// Tone returns the badge of the opening type.
func (v *view) Tone() layout.Tone {
	if v.Entry.Opening == openlist.Unconditional {
		return "good"
	}
	return "warn"
}

// leadChars is how long an abstract may be to stand above the tabs; a longer
// one stands beside the table.
const leadChars = 160

// Leads reports whether the abstract stands above the tabs: short, and more
// than the title once again.
func (v *view) Leads() bool {
	abstract := v.Entry.Abstract.In(v.Lang())
	return abstract != "" && utf8.RuneCountInString(abstract) <= leadChars && strings.Trim(abstract, "。.") != v.Entry.Title.In(v.Lang())
}

// Chinese marks a text that exists in Chinese only, such as a unit.
func (v *view) Chinese(s string) locale.Text { return locale.Text{ZH: s} }

// Home returns the address of the preview, of the same version.
func (v *view) Home() string { return v.URL("dataset.preview", v.Entry.Slug) + v.versionQuery() }

// Asked returns the version that the reader asked for by number; 0 for the
// newest. Forms pass it on.
func (v *view) Asked() int {
	if v.asked && v.Version != nil {
		return v.Version.Number
	}
	return 0
}

// Listed reports whether one can object to the dataset.
func (v *view) Listed() bool { return v.Entry.Listed() }

// Stopped reports whether opening is suspended or has ended.
func (v *view) Stopped() bool {
	return v.Entry.Stage == openlist.StageSuspended || v.Entry.Stage == openlist.StageWithdrawn
}

// IsLatest reports whether the newest version that can be read is shown: the
// reader did not ask for another, or asked for the released one.
func (v *view) IsLatest() bool {
	return !v.asked || v.Version == nil || v.Version.Stage == version.StageReleased
}

// status is the HTTP status of a page that has no data to show.
func (v *view) status() int {
	switch v.Entry.Stage {
	case openlist.StageWithdrawn:
		return 410
	case openlist.StageSuspended:
		return 451
	}
	return 200
}
