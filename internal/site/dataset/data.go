package dataset

import (
	"encoding/json"
	"net/http"

	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
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

// figuresCSV leads to the figures of the chart.
func (s *Service) figuresCSV(c *web.Context) error {
	p, err := s.figures(c)
	if err != nil {
		return err
	}
	if p.Figure == nil {
		return c.Redirect(http.StatusSeeOther, p.URL("dataset.statistics", p.Entry.Slug))
	}
	return c.Redirect(http.StatusSeeOther, p.Figure.CSV)
}

// comparison is the JSON answer of a comparison. Rows are at most 50 of each
// kind; the totals are exact.
type comparison struct {
	From    int                   `json:"from"`
	To      int                   `json:"to"`
	Key     []string              `json:"key"`
	Fields  []tabular.FieldChange `json:"fields"`
	Added   changes               `json:"added"`
	Removed changes               `json:"removed"`
	Changed changes               `json:"changed"`
}

type changes struct {
	Total  int64             `json:"total"`
	Items  []json.RawMessage `json:"items"`
	Before []json.RawMessage `json:"before,omitempty"`
}

func (s *Service) compareJSON(c *web.Context) error {
	from, to, err := span(c)
	if err != nil {
		return err
	}
	a, b, d, err := s.Door.Compare(c.Request.Context(), c.Actor, c.Param("slug"), from, to, shownChanges)
	if err != nil {
		return err
	}
	items := func(rows [][]any) []json.RawMessage { return query.Items(tabular.Page{Columns: d.Columns, Rows: rows}) }
	return c.JSON(http.StatusOK, comparison{From: a.Version.Number, To: b.Version.Number, Key: append([]string{}, b.Table().Key...), Fields: append([]tabular.FieldChange{}, d.Fields...),
		Added: changes{Total: d.Added.Total, Items: items(d.Added.First)}, Removed: changes{Total: d.Removed.Total, Items: items(d.Removed.First)},
		Changed: changes{Total: d.Changed.Total, Items: items(d.Changed.First), Before: items(d.Before)}})
}
