package dataset

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
)

// shownChanges is how many changed rows of each kind are shown.
const shownChanges = 50

// difference is what lies between two versions, both counted as read.
type difference struct {
	From, To   int
	Key        []string
	Difference tabular.Difference
}

// difference asks the door to compare the versions that the address names.
func (s *Service) difference(c *web.Context, slug string, route record.Route, format string) (p difference, err error) {
	from, to, err := span(c)
	if err != nil {
		return p, err
	}
	ctx := c.Request.Context()
	a, b, d, err := s.Door.Compare(ctx, c.Actor, slug, from, to, shownChanges)
	if err != nil {
		return p, err
	}
	if err := a.Count(ctx, route, format, int64(len(d.Removed.First)+len(d.Before)), 0); err != nil {
		return p, err
	}
	if err := b.Count(ctx, route, format, int64(len(d.Added.First)+len(d.Changed.First)), 0); err != nil {
		return p, err
	}
	return difference{From: a.Version.Number, To: b.Version.Number, Difference: d, Key: d.Key}, nil
}

type comparePage struct {
	*view
	difference
	Added   [][]cellView
	Removed [][]cellView
	Changed []changedRow
	Heads   []selection.Column
	Same    bool
}

type changedRow struct{ Before, After []cellView }

func (s *Service) compare(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "versions")
	if err != nil {
		return err
	}
	between, err := s.difference(c, v.Entry.Slug, record.View, "html")
	if err != nil {
		return err
	}
	d := between.Difference
	p := &comparePage{view: v, difference: between, Heads: d.Columns,
		Added: cells(d.Columns, d.Added.First), Removed: cells(d.Columns, d.Removed.First)}
	after, before := cells(d.Columns, d.Changed.First), cells(d.Columns, d.Before)
	for i := range after {
		for j := range after[i] {
			after[i][j].Differs = after[i][j] != before[i][j]
		}
		p.Changed = append(p.Changed, changedRow{Before: before[i], After: after[i]})
	}
	p.Same = len(d.Fields) == 0 && d.Added.Total+d.Removed.Total+d.Changed.Total == 0
	p.NoIndex = true
	return s.pages.Render(c, http.StatusOK, "compare", p)
}

// span reads the two numbers of a comparison, telling every fault.
func span(c *web.Context) (from, to int, err error) {
	var faults problem.List
	read := func(name string) int {
		n, err := strconv.Atoi(c.Query(name))
		if err != nil || n < 1 {
			faults.Add("?"+name, "dataset.version_number")
		}
		return n
	}
	from, to = read("from"), read("to")
	return from, to, faults.Err()
}

func cells(columns []selection.Column, rows [][]any) [][]cellView {
	all := make([][]cellView, len(rows))
	for i, row := range rows {
		for j, v := range row {
			all[i] = append(all[i], cellOf(columns[j], v))
		}
	}
	return all
}
