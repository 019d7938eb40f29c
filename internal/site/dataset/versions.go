package dataset

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

func parseFloat(s string) (float64, bool) {
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

type versionsPage struct {
	*view
	List []versionRow
	Any  bool // two versions can be compared
}

// versionRow is one version beside the one before it.
type versionRow struct {
	version.Version
	Stage   string // word
	Kind    string // word
	Tone    layout.Tone
	Href    string
	Base    string // of its files
	Rows    int64
	RowsBy  int64 // rows more than the version before
	Fields  int   // fields that changed since the version before
	Before  int   // number of the version before; 0 if there is none to compare
	Compare string
	Files   []downloadLink
	Shown   bool // its rows may be told
}

func (s *Service) versions(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "versions")
	if err != nil {
		return err
	}
	all, err := s.Versions.List(c.Request.Context(), c.Actor, v.Entry.Slug)
	if err != nil {
		return err
	}
	p := &versionsPage{view: v}
	for i, one := range all {
		p.List = append(p.List, s.versionRow(c, v, one, older(all[i+1:], one)))
		p.Any = p.Any || p.List[i].Before > 0
	}
	return s.pages.Render(c, v.status(), "versions", p)
}

// older returns the next older readable version of the same kind.
func older(rest []version.Version, than version.Version) *version.Version {
	for i, v := range rest {
		if v.Kind == than.Kind && v.Readable() {
			return &rest[i]
		}
	}
	return nil
}

func (s *Service) versionRow(c *web.Context, v *view, one version.Version, before *version.Version) versionRow {
	number := strconv.Itoa(one.Number)
	r := versionRow{Version: one, Stage: c.Say("version.stage." + string(one.Stage)), Kind: c.Say("version.kind." + string(one.Kind)), Tone: "plain",
		Href: v.URL("dataset.preview", v.Entry.Slug) + "?version=" + number, Base: "/datasets/" + v.Entry.Slug + "/versions/" + number}
	switch one.Stage {
	case version.StageReleased:
		r.Tone = "good"
	case version.StageRecalled:
		r.Tone = "bad"
	}
	if r.Shown = one.Readable() && s.Door.MayRead(c.Actor, v.Entry, one) == nil; !r.Shown {
		return r
	}
	r.Rows = one.Outcome.Rows
	for _, f := range one.Files {
		if f.Refused == "" {
			r.Files = append(r.Files, downloadLink{Label: label(tabular.Format(f.Format)), Href: r.Base + "/" + v.Entry.Slug + "." + f.Format, Bytes: f.Bytes})
		}
	}
	if before != nil {
		changes, _ := tabular.CompareFields(before.Outcome.Schema, one.Outcome.Schema)
		r.RowsBy, r.Fields, r.Before = one.Outcome.Rows-before.Outcome.Rows, len(changes), before.Number
		r.Compare = v.URL("dataset.compare", v.Entry.Slug) + "?from=" + strconv.Itoa(before.Number) + "&to=" + number
	}
	return r
}

// shownChanges is how many changed rows of each kind stand on the page.
const shownChanges = 50

type comparePage struct {
	*view
	From, To   int
	Difference tabular.Difference
	Key        []string
	Added      [][]cellView
	Removed    [][]cellView
	Changed    []changedRow
	Heads      []selection.Column
	Same       bool
}

type changedRow struct{ Before, After []cellView }

func (s *Service) compare(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "versions")
	if err != nil {
		return err
	}
	from, to, err := span(c)
	if err != nil {
		return err
	}
	a, b, d, err := s.Door.Compare(c.Request.Context(), c.Actor, v.Entry.Slug, from, to, shownChanges)
	if err != nil {
		return err
	}
	p := &comparePage{view: v, From: a.Version.Number, To: b.Version.Number, Difference: d, Key: b.Table().Key, Heads: d.Columns,
		Added: cells(d.Columns, d.Added.First), Removed: cells(d.Columns, d.Removed.First)}
	after, before := cells(d.Columns, d.Changed.First), cells(d.Columns, d.Before)
	for i := range after {
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
