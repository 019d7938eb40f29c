package assessmentdesk

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
	"kaishu/internal/site/layout"
)

// Failing is the cells in which a version breaks a rule.
type Failing struct {
	Number  int           `json:"number"`  // of the version
	Says    string        `json:"says"`    // the rule
	Columns []string      `json:"columns"` //
	Rows    []FailingRow  `json:"rows"`    // the first ones
	All     int64         `json:"all"`     // how many there are
	Barrier *problem.Kind `json:"barrier"` // why cells are not shown; null if they are
}

// FailingRow is one row.
type FailingRow struct {
	Row   int64    `json:"row"`   // counted from 1, in the order of the table
	Cells []string `json:"cells"` // of columns; none if the reader may not see them
}

// where reads the failing cells again, through the door. Whoever looks after
// quality and may not see the data is told the rows alone.
func (p *Pages) where(c *web.Context) (f Failing, slug string, err error) {
	slug = c.Param("slug")
	number, err := strconv.Atoi(c.Param("n"))
	place, err2 := strconv.Atoi(c.Param("place"))
	if err != nil || err2 != nil || number < 1 {
		return f, slug, problem.New(problem.NotFound, "assessment.no_such_rule")
	}
	x, err := p.Assessments.Failing(c.Request.Context(), c.Actor, slug, number, place)
	if err != nil {
		return f, slug, err
	}
	f = Failing{Number: number, Says: assessment.Says(c, x.Result.Rule), Columns: append([]string{}, x.Columns...), Rows: []FailingRow{}, All: x.Result.Failed}
	for _, n := range x.Result.Rows {
		f.Rows = append(f.Rows, FailingRow{Row: n + 1, Cells: []string{}})
	}
	r, err := p.Door.Open(c.Request.Context(), c.Actor, slug, number)
	if told := problem.As(err); told != nil {
		f.Barrier = &told.Kind
		return f, slug, nil
	}
	if err != nil {
		return f, slug, err
	}
	if r.Version.Outcome.Parquet != x.Content { // read anew since: the rows are others
		return f, slug, problem.New(problem.NotFound, "assessment.no_such_rule")
	}
	if len(f.Columns) == 0 {
		for _, column := range r.Table().Columns {
			f.Columns = append(f.Columns, column.Name)
		}
	}
	cells, err := r.Cells(c.Request.Context(), x.Result.Rows, f.Columns)
	for i, row := range cells {
		for _, cell := range row {
			f.Rows[i].Cells = append(f.Rows[i].Cells, tabular.Text(cell))
		}
	}
	return f, slug, err
}

func (p *Pages) apiFailing(c *web.Context) error {
	f, _, err := p.where(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, f)
}

// failingPage is the failing cells of one rule.
type failingPage struct {
	layout.Page
	Failing
}

func (p *Pages) failing(c *web.Context) error {
	f, slug, err := p.where(c)
	if err != nil {
		return err
	}
	x := failingPage{Page: p.Layout.Page(c, c.Say("assessmentdesk.failing")), Failing: f}
	x.NoIndex = true
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("assessmentdesk.title")), Href: layout.URL(c, "assessmentdesk.desk")}, {Name: same(slug), Href: layout.URL(c, "assessmentdesk.dataset", slug) + "?version=" + strconv.Itoa(f.Number)}}
	return p.pages.Render(c, http.StatusOK, "failing", x)
}
