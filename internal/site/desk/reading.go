package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// shown is what of a version's page was just tried and has to be mended.
type shown struct {
	Moved   string // verb whose form has faults; "" if none
	Form    layout.Form
	Wrong   *layout.Form // the settings as they were sent; nil if they were not
	Wronged *layout.Form // the columns as they were sent
}

// versionPage is how a file was read, and what may be done now.
type versionPage struct {
	at
	shown
	Version  version.Version
	State    state
	Steps    []step
	Says     []string // the recipe in sentences
	Recipe   *intake.Recipe
	Preview  *version.Preview
	Head     []line
	Heads    []selection.Column
	Aside    []asideRow
	More     bool // there is more set aside than is listed
	AsideURL string
	Findings []string
	Waived   string
	Before   *version.Version // the one offered now; nil if none is
	RowsBy   int64
	Fields   []tabular.FieldChange
	Unsaid   []string // columns that the dictionary does not explain
	Compare  string
	Choices  choices
	Settings layout.Form
	Columns  layout.Form
	Declared intake.Recipe // what somebody said of the reading
}

// step is one stop on a version's way.
type step struct {
	Name          string
	Done, Current bool
}

type line struct {
	intake.Line
	Role string // word: title, header, row
}

type asideRow struct {
	intake.SetAside
	Reason string
}

func (s *Service) version(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showVersion(c, a, n, http.StatusOK, shown{Form: layout.Blank(c, nil)})
}

// busy is how long a page waits, in seconds, before it looks again whether the
// file has been read.
const busy = "2"

func (s *Service) showVersion(c *web.Context, a at, n, status int, w shown) error {
	ctx := c.Request.Context()
	r, err := s.Versions.Reading(ctx, c.Actor, a.Entry.Slug, n)
	if err != nil {
		return err
	}
	v := r.Version
	a.under(c.Say("desk.version", "number", n))
	p := versionPage{at: a, shown: w, Version: v, State: stateOf(v, a.Who), Recipe: r.Recipe, Preview: r.Preview, Waived: v.Waived}
	if r.Said != nil {
		p.Declared = *r.Said
	}
	p.Steps = steps(c, v.Stage)
	if v.Stage == version.StageIngested || v.Stage == version.StageProfiled {
		c.Writer.Header().Set("Refresh", busy)
	}
	for _, f := range v.Findings {
		p.Findings = append(p.Findings, finding(c, f))
	}
	p.reading(c, r)
	if err := s.before(c, &p); err != nil {
		return err
	}
	p.forms(c)
	return s.pages.Render(c, status, "version", p)
}

// reading fills in what came out of the file.
func (p *versionPage) reading(c *web.Context, r version.Reading) {
	if r.Recipe == nil {
		return
	}
	for _, w := range r.Recipe.Words() {
		p.Says = append(p.Says, c.SayWith(w.Code, w.Args))
	}
	p.Heads = p.Version.Outcome.Columns
	for _, i := range r.SetAside {
		p.Aside = append(p.Aside, asideRow{i, c.Say(i.Code)})
	}
	p.More = len(r.SetAside) == version.ShownAside
	if p.Version.Outcome.SetAside != "" {
		p.AsideURL = "/datasets/" + p.Entry.Slug + "/versions/" + strconv.Itoa(p.Version.Number) + "/set-aside.ndjson"
	}
	if r.Preview == nil {
		return
	}
	for _, w := range r.Preview.Remarks {
		p.Says = append(p.Says, c.SayWith(w.Code, w.Args))
	}
	for _, l := range r.Preview.Head {
		role := "desk.line.row"
		if l.Kind != "" {
			role = "desk.line." + l.Kind
		}
		p.Head = append(p.Head, line{l, c.Say(role)})
	}
}

// before fills in what differs from the version that is offered.
func (s *Service) before(c *web.Context, p *versionPage) error {
	v := p.Version
	if v.Outcome == nil {
		return nil
	}
	for _, col := range v.Outcome.Columns {
		if i, ok := p.Entry.Item(col.Name); !ok || i.Title.ZH == "" {
			p.Unsaid = append(p.Unsaid, col.Name)
		}
	}
	all, err := s.Versions.List(c.Request.Context(), c.Actor, p.Entry.Slug)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(old version.Version) bool { return old.Readable() && old.Kind == v.Kind && old.Number < v.Number })
	if i < 0 {
		return nil
	}
	p.Before = &all[i]
	p.RowsBy = v.Outcome.Rows - all[i].Outcome.Rows
	p.Fields, _ = tabular.CompareFields(all[i].Outcome.Schema, v.Outcome.Schema)
	if len(v.Files) > 0 {
		p.Compare = p.URL("dataset.compare", p.Entry.Slug) + "?from=" + strconv.Itoa(all[i].Number) + "&to=" + strconv.Itoa(v.Number)
	}
	return nil
}

// By writes how many rows more or fewer: "+12".
func (p versionPage) By() string {
	if p.RowsBy > 0 {
		return "+" + locale.Count(p.RowsBy)
	}
	return locale.Count(p.RowsBy)
}

// May reports whether a button of the version is shown: the table decides.
func (p versionPage) May(verb string) bool {
	return version.Table.Permit(p.Version.Stage, verb, p.Who, p.Version.Did) == nil
}

// Barred reports whether the reader could do it, had he not made it himself.
func (p versionPage) Barred(verb string) bool {
	err := problem.As(version.Table.Permit(p.Version.Stage, verb, p.Who, p.Version.Did))
	return err != nil && err.Code == "flow.four_eyes"
}

// Fault returns what is wrong with the form of a move.
func (p versionPage) Fault(verb string) layout.Form {
	if p.Moved == verb {
		return p.Form
	}
	return layout.Form{}
}

// reason is the field in which a person says why.
type reason struct {
	ID   string
	Form layout.Form
}

// Reason is the form of a move that needs one.
func (p versionPage) Reason(verb string) reason { return reason{"f-reason-" + verb, p.Fault(verb)} }

// Doubted lists the columns that may be ruled to hold no identifiers.
func (p versionPage) Doubted() []string { return version.Doubted(p.Version) }

// RuleColumn is the choice of a column in the form of a ruling.
func (p versionPage) RuleColumn() layout.Field {
	form := p.Fault("rule")
	if p.Moved != "rule" {
		form = p.Form
	}
	options := []layout.Option{}
	for _, name := range p.Doubted() {
		options = append(options, layout.Option{Value: name, Label: name})
	}
	return form.Field("select", "/column", "desk.rule_column").Of(options).Need()
}

// Asks is a question that the file does not answer, in words.
func (p versionPage) Asks(a intake.Asked) string { return p.TellWith(a.Code, a.Args) }

// steps shows the way of a version and where it stands.
func steps(c *web.Context, at version.Stage) []step {
	way := []version.Stage{version.StageIngested, version.StageProfiled, version.StageStaged, version.StageReleased}
	here := map[version.Stage]int{version.StageIngested: 0, version.StageProfiled: 1, version.StageRefused: 0, version.StageBlocked: 1,
		version.StageStaged: 2, version.StageReturned: 2, version.StageReleased: 3, version.StageSuperseded: 3, version.StageRecalled: 3}
	i, ok := here[at]
	if !ok {
		return nil
	}
	all := make([]step, len(way))
	for n := range way {
		all[n] = step{Name: c.Say("desk.step." + strconv.Itoa(n+1)), Done: n < i || at == version.StageReleased, Current: n == i}
	}
	return all
}

func finding(c *web.Context, f version.Finding) string {
	text := c.SayWith(f.Code, f.Args)
	if f.Column != "" && !strings.Contains(text, f.Column) && !strings.Contains(f.Column, "/") {
		text = f.Column + ": " + text
	}
	return text
}
