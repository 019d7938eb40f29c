package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// settings is how a file is opened and where its table stands, as a person
// chooses it. "" leaves it to be guessed.
type settings struct {
	Entry     string `json:"entry"`
	Encoding  string `json:"encoding"`
	Delimiter string `json:"delimiter"`
	Sheet     string `json:"sheet"`
	Above     string `json:"above"`
	Rows      string `json:"rows"`
	Totals    string `json:"totals"`
	Notes     string `json:"notes"`
	Blanks    string `json:"blanks"`
	Width     string `json:"width"`
	Nulls     string `json:"nulls"` // words, one a line
	Mode      string `json:"mode"`
	Longitude string `json:"longitude"`
	Latitude  string `json:"latitude"`
	System    string `json:"system"`
}

// delimiters are the choices that a person sees, by name.
var delimiters = []struct{ name, text string }{{"comma", ","}, {"tab", "\t"}, {"semicolon", ";"}, {"bar", "|"}, {"caret", "^"}, {"tilde", "~"}, {"colon", ":"}, {"blank", " "}}

func delimiterName(text string) string {
	for _, d := range delimiters {
		if d.text == text {
			return d.name
		}
	}
	return text
}

// settingsOf shows what was declared, not what was guessed.
func settingsOf(r intake.Recipe) settings {
	s := settings{Entry: r.Entry, Encoding: r.Encoding, Delimiter: delimiterName(r.Delimiter), Sheet: r.Sheet, Totals: r.Totals, Notes: r.Notes,
		Blanks: r.Blanks, Width: r.Width, Nulls: strings.Join(r.Nulls, "\n"), Mode: r.Mode}
	if r.Head != nil {
		s.Above, s.Rows = strconv.Itoa(r.Head.Above), strconv.Itoa(r.Head.Rows)
	}
	if c := r.Coordinates; c != nil {
		s.Longitude, s.Latitude, s.System = c.Longitude, c.Latitude, c.System
	}
	return s
}

// recipe turns the choices into a partial recipe, and tells every fault under
// the names of the form.
func (s settings) recipe() (intake.Recipe, error) {
	r := intake.Recipe{Version: 1, Entry: s.Entry, Encoding: s.Encoding, Sheet: s.Sheet, Totals: s.Totals, Notes: s.Notes, Blanks: s.Blanks, Width: s.Width, Mode: s.Mode}
	var p problem.List
	for _, d := range delimiters {
		if d.name == s.Delimiter {
			r.Delimiter = d.text
		}
	}
	if s.Delimiter != "" && r.Delimiter == "" {
		r.Delimiter = s.Delimiter
	}
	for word := range strings.SplitSeq(s.Nulls, "\n") {
		if word = strings.TrimSpace(word); word != "" {
			r.Nulls = append(r.Nulls, word)
		}
	}
	if s.Above != "" || s.Rows != "" {
		r.Head = &intake.Head{Above: whole(&p, "/above", s.Above, 0), Rows: whole(&p, "/rows", s.Rows, 1)}
	}
	if s.System != "" || s.Longitude != "" || s.Latitude != "" {
		r.Coordinates = &intake.Coordinates{Longitude: s.Longitude, Latitude: s.Latitude, System: s.System}
	}
	if err := r.Check(); err != nil {
		for _, f := range problem.As(err).Fields {
			f.Pointer = cmp.Or(map[string]string{"/head": "/rows", "/coordinates/system": "/system", "/coordinates": "/system",
				"/coordinates/longitude": "/longitude", "/coordinates/latitude": "/latitude"}[f.Pointer], f.Pointer)
			p.Keep(f)
		}
	}
	return r, p.Err()
}

// whole reads a number of lines; "" is the usual.
func whole(p *problem.List, at, text string, usual int) int {
	if text = strings.TrimSpace(text); text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		p.Add(at, "web.not_an_integer", "value", text)
	}
	return n
}

// columnForm is what a person may change of each column.
type columnForm struct {
	Columns []columnChoice `json:"columns"`
}

type columnChoice struct {
	Name string         `json:"name"`
	Type selection.Type `json:"type"`
	Unit string         `json:"unit"`
	Fill bool           `json:"fill"`
	Drop bool           `json:"drop"`
}

func columnsOf(r intake.Recipe) columnForm {
	var f columnForm
	for _, c := range r.Columns {
		f.Columns = append(f.Columns, columnChoice{c.Name, c.Type, c.Unit, c.Fill == intake.FillDown, c.Drop == intake.DropColumn})
	}
	return f
}

// into returns r with the choices made, column by column.
func (f columnForm) into(r intake.Recipe) (intake.Recipe, error) {
	if len(f.Columns) != len(r.Columns) {
		return r, problem.New(problem.Conflict, "desk.columns_moved")
	}
	r.Columns = slices.Clone(r.Columns)
	for i, c := range f.Columns {
		col := &r.Columns[i]
		if r.Coordinates != nil && col.Name != c.Name { // a place follows its column's new name
			place := *r.Coordinates
			if place.Longitude == col.Name {
				place.Longitude = c.Name
			}
			if place.Latitude == col.Name {
				place.Latitude = c.Name
			}
			r.Coordinates = &place
		}
		if col.Type != c.Type {
			col.Scale = 0
		}
		col.Name, col.Type, col.Unit, col.Fill, col.Drop = c.Name, c.Type, c.Unit, "", ""
		if c.Fill {
			col.Fill = intake.FillDown
		}
		if c.Drop {
			col.Drop = intake.DropColumn
		}
	}
	return r, r.Check()
}

// choices are the options of the settings form.
type choices struct {
	Encodings, Delimiters, Sheets, Lines, Leave, Blanks, Widths, Modes, Systems []layout.Option
	Text, Delimited, Declares                                                   bool
	Numbers                                                                     []layout.Option // columns that may be a place
}

// formsOf fills in both forms and their options.
func (p *versionPage) forms(c *web.Context) {
	declared := p.declared()
	p.Settings, p.Columns = layout.Blank(c, settingsOf(declared)), layout.Blank(c, nil)
	if p.Wrong != nil {
		p.Settings = *p.Wrong
	}
	guess := func(now string) layout.Option {
		if now == "" {
			return layout.Option{Label: c.Say("desk.guess")}
		}
		return layout.Option{Label: c.Say("desk.guess_now", "now", now)}
	}
	word := func(key string) string { return c.Say("desk.choice." + key) }
	used := intake.Recipe{}
	if p.Recipe != nil {
		used = *p.Recipe
		p.Columns = layout.Blank(c, columnsOf(used))
	}
	if p.Wronged != nil {
		p.Columns = *p.Wronged
	}
	of := func(now string, values ...string) []layout.Option {
		if now != "" {
			now = word(now)
		}
		all := []layout.Option{guess(now)}
		for _, v := range values {
			all = append(all, layout.Option{Value: v, Label: word(v)})
		}
		return all
	}
	x := &p.Choices
	x.Text = used.Encoding != "" || p.Recipe == nil
	x.Delimited = used.Delimiter != "" || p.Recipe == nil
	x.Encodings = of(used.Encoding, "utf-8", "gb18030", "big5", "utf-16le", "utf-16be")
	x.Delimiters = of(delimiterName(used.Delimiter), "comma", "tab", "semicolon", "bar", "caret", "tilde", "colon", "blank")
	x.Leave = of("", intake.LeaveOut, intake.AsData)
	x.Blanks = of("", intake.Trim, intake.KeepBlanks)
	x.Widths = of("", intake.AsWritten, intake.HalfWide)
	x.Modes = of("", intake.Replace, intake.Append)
	x.Systems = of("", intake.Systems...)
	x.Sheets = []layout.Option{guess(used.Sheet)}
	if p.Preview != nil {
		for _, name := range p.Preview.Sheets {
			x.Sheets = append(x.Sheets, layout.Option{Value: name, Label: name})
		}
	}
	x.Numbers = []layout.Option{{Label: c.Say("desk.none")}}
	for _, col := range used.Columns {
		if col.Type.Numeric() && col.Drop == "" {
			x.Numbers = append(x.Numbers, layout.Option{Value: col.Name, Label: col.Name})
		}
	}
}

// declared is what somebody said of the reading; the place that was found
// stands in for one that nobody named, since its system is asked for.
func (p *versionPage) declared() intake.Recipe {
	if p.Recipe == nil || p.Recipe.Coordinates == nil {
		return p.Declared
	}
	r := p.Declared
	if r.Coordinates == nil {
		r.Coordinates = p.Recipe.Coordinates
	}
	return r
}

// Types are the choices of a column's type.
func (p versionPage) Types() []selection.Type { return selection.Types }

// Column is one row of the form of columns.
type Column struct {
	Index  int
	Source string
	Name   layout.Field
	Type   string
	Unit   string
	Fill   bool
	Drop   bool
	Faults []string
}

// ColumnRows are the rows of the form of columns.
func (p versionPage) ColumnRows() (all []Column) {
	if p.Recipe == nil {
		return nil
	}
	for i, col := range p.Recipe.Columns {
		at := "/columns/" + strconv.Itoa(i)
		f := p.Columns
		row := Column{Index: i + 1, Source: col.Source, Type: f.Value(at + "/type"), Unit: f.Value(at + "/unit"),
			Fill: f.Value(at+"/fill") == "true", Drop: f.Value(at+"/drop") == "true"}
		row.Name = layout.Field{Name: at + "/name", ID: "c" + strconv.Itoa(i), Value: f.Value(at + "/name")}
		for _, part := range []string{"/name", "/type", "/unit", "/scale", "/fill", "/drop"} {
			row.Faults = append(row.Faults, f.Faults(at+part)...)
		}
		all = append(all, row)
	}
	return all
}

// Zero is the row's place in the recipe, from 0.
func (r Column) Zero() int { return r.Index - 1 }

// Is reports whether the row's type is t.
func (r Column) Is(t selection.Type) bool { return r.Type == string(t) }

// At is the name of an input of the row.
func (r Column) At(part string) string { return "/columns/" + strconv.Itoa(r.Index-1) + "/" + part }

// settings has the file read anew by the choices made.
func (s *Service) settings(c *web.Context) error {
	var in settings
	return s.reread(c, &in, func(version.Reading) (intake.Recipe, error) { return in.recipe() },
		func(f layout.Form) shown { return shown{Wrong: &f} })
}

// columns has the file read anew with other columns.
func (s *Service) columns(c *web.Context) error {
	var in columnForm
	return s.reread(c, &in, func(r version.Reading) (intake.Recipe, error) {
		if r.Recipe == nil {
			return intake.Recipe{}, problem.New(problem.Conflict, "desk.columns_moved")
		}
		return in.into(*r.Recipe)
	}, func(f layout.Form) shown { return shown{Wronged: &f} })
}

func (s *Service) reread(c *web.Context, in any, recipe func(version.Reading) (intake.Recipe, error), again func(layout.Form) shown) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	n, err := number(c)
	if err != nil {
		return err
	}
	r, err := s.Versions.Reading(c.Request.Context(), c.Actor, a.Entry.Slug, n)
	if err != nil {
		return err
	}
	err = c.Form(in)
	var wanted intake.Recipe
	if err == nil {
		wanted, err = recipe(r)
	}
	if err == nil {
		_, err = s.Versions.Reread(c.Request.Context(), c.Actor, a.Entry.Slug, n, wanted)
	}
	if p := layout.Told(err); p != nil {
		w := again(layout.Again(c, p))
		w.Form = layout.Blank(c, nil)
		return s.showVersion(c, a, n, layout.Status, w)
	}
	if err != nil {
		return err
	}
	return say(c, a.URL("desk.version", a.Entry.Slug, n), "desk.said_reread")
}
