package listdesk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/adjustment"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// written is the form of an entry: its description, lists as words with commas
// between, and what the order says beside it.
type written struct {
	openlist.Description
	Words       words        `json:"words"`
	Reason      string       `json:"reason"`
	EffectiveOn workday.Date `json:"effective_on"`
	Urgent      string       `json:"urgent"`
}

type words struct {
	Tags    string `json:"tags"`
	Formats string `json:"formats"`
	Key     string `json:"key"`
}

// spareRelations and spareItems are empty rows at the end of a form.
const spareRelations, spareItems = 2, 3

func writtenOf(d openlist.Description) written {
	w := written{Description: d, Words: words{strings.Join(d.Tags, "、"), strings.Join(d.Formats, "、"), strings.Join(d.Key, "、")}}
	w.Tags, w.Formats, w.Key = nil, nil, nil
	return w
}

// description is what was written, without the rows that are empty.
func (w written) description(publisher string) openlist.Description {
	d := w.Description
	d.Publisher = publisher
	d.Tags, d.Formats, d.Key = split(w.Words.Tags), split(w.Words.Formats), split(w.Words.Key)
	d.Relations = slices.DeleteFunc(slices.Clone(d.Relations), func(r openlist.Relation) bool { return r.To == "" && r.Note == "" })
	d.Items = slices.DeleteFunc(slices.Clone(d.Items), func(i openlist.Item) bool {
		return i == openlist.Item{}
	})
	return d
}

func split(text string) (all []string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }) {
		if w = strings.TrimSpace(w); w != "" {
			all = append(all, w)
		}
	}
	return all
}

// editorPage is the editor of one entry, or what the list says of it and the
// ways to change that.
type editorPage struct {
	layout.Page
	Entry     openlist.Entry
	Order     *adjustment.View // that somebody works on; nil if there is none
	Badge     layout.Badge     // of the order
	Writes    bool             // the reader may write now
	Form      layout.Form
	Rows      []itemRow
	Relations []int
	Gates     []adjustment.CheckedGate
	Findings  int
	Pasted    int
	Unknown   []string
	Base      string            // digest of what the form began with
	Meanwhile []changed         // what somebody else saved since, and this form says otherwise
	Kinds     []adjustment.Kind // of order that the reader may begin
	DraftKey  string
	DraftAt   string // when the draft shown was saved; "" if none is shown
	Options   map[string][]layout.Option
}

// itemRow is one data item of the form.
type itemRow struct {
	At     string // how the names of its inputs begin
	N      int
	Name   string
	Type   string // word for the type of its column; "" if the newest table has none
	Fixed  bool   // the name is the column's
	Faults []string
	Cells  []cell
}

type cell struct {
	Name, Value, Label string
	Wrong              bool
}

// ID is where the summary of faults leads.
func (x cell) ID() string { return layout.Wrong{Name: x.Name}.ID() }

// ID is where the summary of faults leads.
func (r itemRow) ID() string { return layout.Wrong{Name: r.At + "/name"}.ID() }

// itemParts are the inputs of a data item, in the order of a pasted table.
var itemParts = []string{"title/zh", "description/zh", "unit", "title/en", "description/en", "codes"}

// work is what an editor finds: the entry, its order, and what the order or
// the draft says.
type work struct {
	entry  openlist.Entry
	order  *adjustment.View
	now    openlist.Description // as the draft or the order has it
	writes bool
	fields []version.Version // newest first
}

func (p *Pages) find(c *web.Context) (w work, err error) {
	ctx, slug := c.Request.Context(), c.Param("slug")
	if w.entry, err = p.Entries.Get(ctx, c.Actor, slug); err != nil {
		return w, err
	}
	who := c.Actor.For(w.entry.Publisher)
	if may.Asked(who) != nil {
		return w, problem.New(problem.NotFound, "openlist.not_found", "slug", slug)
	}
	w.now = w.entry.Description
	v, ok, err := p.Orders.Current(ctx, c.Actor, slug)
	if err != nil {
		return w, err
	}
	if ok {
		w.order = &v
		if v.Order.Kind == adjustment.Change {
			if err := json.Unmarshal(v.Order.Proposed, &w.now); err != nil {
				return w, fmt.Errorf("decode order %s: %w", v.Order.ID, err)
			}
		}
	}
	w.writes = openlist.Table.Permit(w.entry.Stage, "describe", who, w.entry.Did) == nil ||
		ok && v.Order.Kind == adjustment.Change && slices.Contains(v.Can, "fill")
	w.fields, err = p.Versions.List(ctx, c.Actor, slug)
	return w, err
}

func (p *Pages) entry(c *web.Context) error {
	w, err := p.find(c)
	if err != nil {
		return err
	}
	form := w.form()
	form.Items = withColumns(form.Items, columns(w.fields))
	d, found, err := p.Drafts.Load(c.Request.Context(), c.Actor, "listdesk/"+w.entry.Slug)
	if err != nil {
		return err
	}
	if found && w.writes {
		return p.show(c, w, layout.Kept(c, d.Form), editorPage{DraftAt: layout.Moment(c.Lang, d.SavedAt)}, http.StatusOK)
	}
	return p.show(c, w, layout.Blank(c, form), editorPage{}, http.StatusOK)
}

// form is what stands in the form before anybody types.
func (w work) form() written {
	form := writtenOf(w.now)
	if w.order != nil {
		form.Reason, form.EffectiveOn, form.Urgent = w.order.Order.Reason, w.order.Order.EffectiveOn, w.order.Order.Urgent
	}
	return form
}

func (p *Pages) show(c *web.Context, w work, form layout.Form, x editorPage, status int) error {
	x.Page = p.Layout.Page(c, c.Say("listdesk.edit")+" · "+w.now.Title.In(c.Lang))
	x.Heading, x.NoIndex, x.Crumbs = w.now.Title, true, p.crumbs(c)
	x.Entry, x.Order, x.Writes, x.Form, x.DraftKey = w.entry, w.order, w.writes, form, "listdesk/"+w.entry.Slug
	x.Options = p.options(c)
	if x.Base = cmp.Or(x.Base, form.Value("base")); x.Base == "" || x.Meanwhile != nil {
		x.Base = w.digest()
	}
	var err error
	if x.Kinds, err = p.Orders.Beginnable(c.Request.Context(), c.Actor, w.entry.Slug); err != nil {
		return err
	}
	if w.order != nil {
		x.Badge = badge(c, w.order.Order.Stage)
	}
	x.rows(c, columns(w.fields))
	for i := 0; form.Has(fmt.Sprintf("/relations/%d/to", i)); i++ {
		x.Relations = append(x.Relations, i)
	}
	for n, more := len(x.Relations), 0; more < spareRelations; more++ {
		x.Relations = append(x.Relations, n+more)
	}
	checks, err := p.checks(c, w)
	if err != nil {
		return err
	}
	x.Gates, x.Findings = checks.Gates, checks.Findings
	if status == http.StatusOK && x.Pasted == 0 && x.DraftAt == "" {
		x.mark(w.now.Items)
	}
	return p.pages.Render(c, status, "entry", x)
}

// checks is what the gates find of what is kept.
func (p *Pages) checks(c *web.Context, w work) (adjustment.Checked, error) {
	if w.order != nil && w.order.Checks != nil {
		return adjustment.InWords(c, *w.order.Checks), nil
	}
	x, err := p.Orders.Compliance(c.Request.Context(), c.Actor, w.entry.Slug)
	return adjustment.InWords(c, x), err
}

// save keeps what was written: in the draft of the entry, or in the order that
// changes it. Whatever is typed is kept, faults and all; they are listed
// beside, and stand in the way of handing it in.
func (p *Pages) save(c *web.Context) error {
	w, err := p.find(c)
	if err != nil {
		return err
	}
	var in written
	err = c.Form(&in)
	if c.Typed("do") == "forget" {
		if err := p.Drafts.Drop(c.Request.Context(), c.Actor, "listdesk/"+w.entry.Slug); err != nil {
			return err
		}
		return say(c, layout.URL(c, "listdesk.entry", w.entry.Slug), "listdesk.said_forgotten")
	}
	if err == nil && c.Typed("do") == "paste" {
		return p.paste(c, w, in)
	}
	if base := c.Typed("base"); err == nil && base != "" && base != w.digest() {
		return p.showMeanwhile(c, w, in)
	}
	if err == nil {
		err = p.keep(c, w, in)
	}
	if told := layout.Told(err); told != nil {
		return p.show(c, w, layout.Again(c, inForm(told)), editorPage{}, layout.Status)
	}
	if err != nil {
		return err
	}
	if err := p.Drafts.Drop(c.Request.Context(), c.Actor, "listdesk/"+w.entry.Slug); err != nil {
		return err
	}
	return say(c, layout.URL(c, "listdesk.entry", w.entry.Slug), "listdesk.said_kept")
}

func (p *Pages) keep(c *web.Context, w work, in written) error {
	ctx, d := c.Request.Context(), in.description(w.entry.Publisher)
	if w.entry.Stage == openlist.StageDraft {
		_, err := p.Entries.Do(ctx, c.Actor, w.entry.Slug, openlist.Describe{Description: d})
		if err != nil || w.order == nil || !slices.Contains(w.order.Can, "fill") {
			return err
		}
	}
	if w.order == nil {
		return problem.New(problem.Conflict, "openlist.by_order")
	}
	content := w.order.Order.Content
	content.Reason, content.EffectiveOn, content.Urgent = in.Reason, in.EffectiveOn, in.Urgent
	if w.order.Order.Kind == adjustment.Change {
		text, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encode description: %w", err)
		}
		content.Proposed = text
	}
	_, err := p.Orders.Do(ctx, c.Actor, w.order.Order.ID, 0, adjustment.Fill{Content: content})
	return err
}

// inForm names the inputs of the form for faults of lists that are written as
// words.
func inForm(err *problem.Error) *problem.Error {
	out := *err
	out.Fields = slices.Clone(err.Fields)
	for i, f := range out.Fields {
		for _, list := range []string{"/tags", "/formats", "/key"} {
			if f.Pointer == list || strings.HasPrefix(f.Pointer, list+"/") {
				out.Fields[i].Pointer = "/words" + list
			}
		}
	}
	return &out
}

// paste fills a block copied from a spreadsheet into the form; nothing is kept
// before it is saved.
func (p *Pages) paste(c *web.Context, w work, in written) error {
	cols := columns(w.fields)
	d := in.description(w.entry.Publisher)
	got := fill(withColumns(d.Items, cols), c.Typed("pasted"), len(cols) == 0)
	if got.filled == 0 && len(got.parts) == 0 {
		var l problem.List
		l.Add("pasted", "listdesk.nothing_pasted")
		form := layout.Again(c, problem.As(l.Err()))
		return p.show(c, w, form, editorPage{}, layout.Status)
	}
	in.Description = d
	in.Tags, in.Formats, in.Key, in.Relations = nil, nil, nil, d.Relations
	in.Items = withColumns(slices.DeleteFunc(got.items, func(i openlist.Item) bool { return i == openlist.Item{} }), cols)
	apply(&in, got.parts, p.Entries.Codes(permit.Platform))
	return p.show(c, w, layout.Blank(c, in), editorPage{Base: c.Typed("base"), Pasted: got.filled + len(got.parts), Unknown: got.unknown}, http.StatusOK)
}

// apply enters what a pasted block says of the entry itself. Codes may be
// written as their names.
func apply(in *written, parts map[string]string, codes openlist.Codes) {
	texts := map[string]*string{"/title/zh": &in.Title.ZH, "/title/en": &in.Title.EN, "/abstract/zh": &in.Abstract.ZH, "/abstract/en": &in.Abstract.EN, "/theme": &in.Theme, "/words/tags": &in.Words.Tags, "/words/formats": &in.Words.Formats,
		"/licence/zh": &in.Licence.ZH, "/contact": &in.Contact, "/time_range": &in.TimeRange, "/area_range": &in.AreaRange, "/area_code": &in.AreaCode, "/disclosure": &in.Disclosure,
		"/remarks": &in.Remarks, "/reason": &in.Reason, "/distinct": &in.Distinct}
	for at, value := range parts {
		if to := texts[at]; to != nil {
			*to = value
			continue
		}
		switch at {
		case "/domain":
			in.Domain = value
			for _, d := range codes.Domains {
				if d.Name.ZH == value || strings.EqualFold(d.Name.EN, value) {
					in.Domain = d.Code
				}
			}
		case "/frequency":
			in.Frequency = frequency(codes, value)
		case "/production":
			in.Production = frequency(codes, value)
		case "/opening":
			in.Opening = openlist.Opening(value)
			if t, ok := map[string]openlist.Opening{"无条件开放": openlist.Unconditional, "有条件开放": openlist.Conditional, "非开放": openlist.Closed}[value]; ok {
				in.Opening = t
			}
		case "/period/from":
			in.Period.From = workday.Date(value)
		case "/period/to":
			in.Period.To = workday.Date(value)
		case "/unrelated":
			in.Unrelated = slices.Contains([]string{"是", "yes", "true", "1"}, strings.ToLower(value))
		case "/source_kind":
			in.SourceKind = value
			if k, ok := map[string]string{"信息系统": openlist.FromSystem, "日常工作": openlist.FromDailyWork, "信息公开": openlist.FromDisclosure}[value]; ok {
				in.SourceKind = k
			}
		}
	}
}

func frequency(codes openlist.Codes, value string) string {
	for _, f := range codes.Frequencies {
		if f.Name.ZH == value || strings.EqualFold(f.Name.EN, value) {
			return f.Code
		}
	}
	return value
}
