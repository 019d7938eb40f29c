package dataset

import (
	"encoding/json"
	"io"
	"net/http"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/download"
	"kaishu/internal/obtain/query"
)

// The same addresses as data: each tab with .json or .csv at its end.

// fieldsJSON gives the dictionary as JSON.
func (s *Service) fieldsJSON(c *web.Context) error {
	p, err := s.dictionary(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Items []DetailField `json:"items"`
	}{detailFields(p.view)})
}

// versionsJSON leads to the list of the interface.
func (s *Service) versionsJSON(c *web.Context) error {
	return c.Redirect(http.StatusSeeOther, "/api/v1/datasets/"+c.Param("slug")+"/versions")
}

// figuresCSV gives the figures of the chart.
func (s *Service) figuresCSV(c *web.Context) error {
	p, err := s.figures(c)
	if err != nil {
		return err
	}
	if p.Figure == nil {
		return problem.New(problem.NotFound, "dataset.no_chart")
	}
	if err := p.count(c, record.View, "csv", len(p.Figure.Points)); err != nil {
		return err
	}
	body := append(tabular.AppendCSV(nil, []any{p.Figure.X, p.Figure.Y}), '\n')
	for _, f := range p.Figure.Points {
		var value any
		if f.Figure != nil {
			value = *f.Figure
		}
		body = append(tabular.AppendCSV(body, []any{f.Label, value}), '\n')
	}
	return c.Stream(tabular.CSV.MediaType(), download.FileName(p.Figure.Title, "csv"), func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
}

// Comparison is the JSON answer of a comparison. Rows are at most 50 of each
// kind; the totals are exact.
type Comparison struct {
	From    int                   `json:"from"`
	To      int                   `json:"to"`
	Key     []string              `json:"key"` // columns by which rows were recognised; empty if whole rows were compared
	Fields  []tabular.FieldChange `json:"fields"`
	Added   Changes               `json:"added"`
	Removed Changes               `json:"removed"`
	Changed Changes               `json:"changed"`
}

// Changes are rows of one kind of change: how many, and the first.
type Changes struct {
	Total  int64             `json:"total"`
	Items  []json.RawMessage `json:"items"`
	Before []json.RawMessage `json:"before,omitempty"` // what changed rows were, in the order of Items
}

func (s *Service) compareJSON(c *web.Context) error {
	p, err := s.difference(c, c.Param("slug"), record.Call, "json")
	if err != nil {
		return err
	}
	d := p.Difference
	items := func(rows [][]any) []json.RawMessage { return query.Items(tabular.Page{Columns: d.Columns, Rows: rows}) }
	return c.JSON(http.StatusOK, Comparison{From: p.From, To: p.To, Key: append([]string{}, p.Key...), Fields: append([]tabular.FieldChange{}, d.Fields...),
		Added: Changes{Total: d.Added.Total, Items: items(d.Added.First)}, Removed: Changes{Total: d.Removed.Total, Items: items(d.Removed.First)},
		Changed: Changes{Total: d.Changed.Total, Items: items(d.Changed.First), Before: items(d.Before)}})
}
