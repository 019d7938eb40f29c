package yearlydesk

import (
	"encoding/csv"
	"io"
	"net/http"
	"strconv"

	"kaishu/internal/infra/web"
	"kaishu/internal/open/yearlyreview"
	"kaishu/internal/site/layout"
)

// resultPage is what the public learns of a year.
type resultPage struct {
	layout.Page
	Years    []choice
	Year     int
	Found    bool // there are reviews of the year
	Result   yearlyreview.Result
	Verdicts []count
	Rows     []outcome
}

// count is how often one decision was taken.
type count struct {
	Word string
	N    int
}

// outcome is one publisher.
type outcome struct {
	yearlyreview.Outcome
	Badge  layout.Badge
	Counts []int // in the order of the verdicts
}

var stateTones = map[string]layout.Tone{"open": layout.Plain, "signed": layout.Info, "done": layout.Good}

func (p *Pages) result(c *web.Context) (err error) {
	x := resultPage{Page: p.Layout.Page(c, c.Say("yearlydesk.result"))}
	x.About = c.Say("yearlydesk.result_about")
	if x.Year, x.Years, err = p.years(c, "yearlydesk.result"); err != nil {
		return err
	}
	if len(x.Years) == 0 {
		return p.pages.Render(c, http.StatusOK, "result", x)
	}
	if x.Result, err = p.Reviews.Result(c.Request.Context(), c.Actor, x.Year); err != nil {
		return err
	}
	x.Found = true
	for _, v := range yearlyreview.AllVerdicts() {
		x.Verdicts = append(x.Verdicts, count{c.Say("yearlyreview.verdict." + string(v)), x.Result.Verdicts[v]})
	}
	for _, o := range x.Result.Items {
		row := outcome{Outcome: o, Badge: layout.Badge{Tone: stateTones[o.State], Word: c.Say("yearlydesk.state." + o.State)}}
		for _, v := range yearlyreview.AllVerdicts() {
			row.Counts = append(row.Counts, o.Verdicts[v])
		}
		x.Rows = append(x.Rows, row)
	}
	return p.pages.Render(c, http.StatusOK, "result", x)
}

// csv answers the same as a table.
func (p *Pages) csv(c *web.Context) error {
	year, _, err := p.years(c, "yearlydesk.result")
	if err != nil {
		return err
	}
	r, err := p.Reviews.Result(c.Request.Context(), c.Actor, year)
	if err != nil {
		return err
	}
	return c.Stream("text/csv; charset=utf-8; header=present", "yearly-review-"+strconv.Itoa(year)+".csv", func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		head := []string{"year", "as_of", "body", "name", "state", "late", "signed_on", "listed", "unopened"}
		for _, v := range yearlyreview.AllVerdicts() {
			head = append(head, string(v))
		}
		out.Write(head)
		for _, o := range r.Items {
			row := []string{strconv.Itoa(r.Year), string(r.AsOf), o.Body, o.Name.In(c.Lang), o.State, strconv.FormatBool(o.Late), string(o.SignedOn), strconv.Itoa(o.Listed), strconv.Itoa(o.Unopened)}
			for _, v := range yearlyreview.AllVerdicts() {
				n := "" // not known to the public before it is done
				if o.State == "done" {
					n = strconv.Itoa(o.Verdicts[v])
				}
				row = append(row, n)
			}
			out.Write(row)
		}
		out.Flush()
		return out.Error()
	})
}
