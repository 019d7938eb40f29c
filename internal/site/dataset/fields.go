package dataset

import (
	"io"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/download"
	"kaishu/internal/open/openlist"
)

// fieldRow is one line of the dictionary. Figures are there only for data
// that may be read.
type fieldRow struct {
	Name     string
	Type     string // word
	Item     openlist.Item
	Explains bool     // the entry says what it means
	Key      bool     // part of the declared key
	Empty    string   // share of empty cells
	Distinct string   // number of different values
	Low      string   // least value
	High     string   // greatest value
	Examples []string // frequent values
}

type fieldsPage struct {
	*view
	Fields []fieldRow
}

func (s *Service) fields(c *web.Context) error {
	p, err := s.dictionary(c)
	if err != nil {
		return err
	}
	if err := p.count(c, record.View, "html", 0); err != nil {
		return err
	}
	return s.pages.Render(c, p.status(), "fields", p)
}

func (s *Service) dictionary(c *web.Context) (*fieldsPage, error) {
	v, err := s.look(c, c.Param("slug"), "fields")
	if err != nil {
		return nil, err
	}
	p := &fieldsPage{view: v}
	var profile *tabular.Profile
	if v.Readable {
		known, err := v.reading.Profile(c.Request.Context())
		if err != nil {
			return nil, err
		}
		profile = &known
	}
	p.Fields = fieldRows(v, c.Lang, profile)
	for i := range p.Fields {
		p.Fields[i].Type = c.Say("dataset.type." + p.Fields[i].Type)
	}
	return p, nil
}

// fieldRows lists the columns of the table, or, without one, the items that
// the entry explains. Type is left as its code.
func fieldRows(v *view, l locale.Lang, profile *tabular.Profile) []fieldRow {
	var all []fieldRow
	for i, col := range v.schema().Columns {
		item, ok := v.Entry.Item(col.Name)
		f := fieldRow{Name: col.Name, Type: string(col.Type), Item: item, Explains: ok && item.Title.In(l) != "", Key: contains(v.Entry.Key, col.Name)}
		if profile != nil {
			f.figures(profile.Columns[i], profile.Rows, col)
		}
		all = append(all, f)
	}
	if all == nil {
		for _, item := range v.Entry.Items {
			all = append(all, fieldRow{Name: item.Name, Type: "unknown", Item: item, Explains: true, Key: contains(v.Entry.Key, item.Name)})
		}
	}
	return all
}

func (f *fieldRow) figures(p tabular.ColumnProfile, rows int64, col selection.Column) {
	if rows > 0 {
		f.Empty = share(p.Nulls, rows)
	}
	f.Distinct = locale.Count(p.Distinct)
	if p.Approx {
		f.Distinct = "≈ " + f.Distinct
	}
	if col.Type != selection.Text && p.Min != nil {
		f.Low, f.High = figure(p.Min), figure(p.Max)
	}
	for _, t := range p.Top[:min(shownTop, len(p.Top))] {
		if text := figure(t.Value); text != "" {
			f.Examples = append(f.Examples, cut(text, 40))
		}
	}
	if len(f.Examples) == 0 && col.Type == selection.Text && p.Min != nil {
		f.Examples = []string{cut(figure(p.Min), 40)}
	}
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// fieldsCSV gives the dictionary as a table.
func (s *Service) fieldsCSV(c *web.Context) error {
	p, err := s.dictionary(c)
	if err != nil {
		return err
	}
	var b strings.Builder
	line := func(cells ...any) {
		b.Write(append(tabular.AppendCSV(nil, cells), '\n'))
	}
	line("name", "title_zh", "title_en", "description_zh", "description_en", "type", "unit")
	for _, f := range p.Fields {
		line(f.Name, f.Item.Title.ZH, f.Item.Title.EN, f.Item.Description.ZH, f.Item.Description.EN, f.Type, f.Item.Unit)
	}
	return c.Stream(tabular.CSV.MediaType(), download.FileName(p.Entry.Title.ZH+"-"+c.Say("dataset.tab.fields"), "csv"), func(w io.Writer) error {
		_, err := io.WriteString(w, b.String())
		return err
	})
}
