package qualitydesk

import (
	"cmp"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/site/layout"
)

// rankingPage is the publishers, best first.
type rankingPage struct {
	layout.Page
	AsOf      workday.Date
	Small     int
	All       place
	Rows      []place
	Of        locale.Text // the frequency that the ranking is of; blank for all
	Often     []part      // the whole list by frequency
	Frequency string      // its code
	Query     string      // what narrows the ranking, as "?…"; "" for nothing
}

// place is one publisher, as people read it.
type place struct {
	timeliness.Place
	Rate   string // "64.8%"
	Bar    int    // of 100
	Median string // days
	list   string // address of its datasets
	often  string // code of the frequency; "" for all
}

// Behind is how many are late, seriously late ones among them.
func (x place) Behind() int { return x.Counts.Late + x.Counts.SeriouslyLate }

// List is the address of its datasets of a class; "" for all.
func (x place) List(class string) string {
	q := url.Values{}
	for name, value := range map[string]string{"class": class, "frequency": x.often} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return x.list
	}
	return x.list + "?" + q.Encode()
}

// Behind is how many are late, seriously late ones among them.
func (x part) Behind() int { return x.Counts.Late + x.Counts.SeriouslyLate }

// part is the datasets of one frequency.
type part struct {
	timeliness.Part
	Rate string
	Bar  int
	Rank string // address of the ranking by them
}

func rate(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + "%" }

func (p *Pages) ranking(c *web.Context) error {
	r, err := p.Timeliness.Ranking(c.Request.Context(), c.Actor, c.Query("frequency"))
	if err != nil {
		return err
	}
	x := rankingPage{Page: p.Layout.Page(c, c.Say("qualitydesk.ranking")), AsOf: r.AsOf, Frequency: r.Frequency, Small: r.Small, All: shown(c, r.All, r.Frequency)}
	if r.Frequency != "" {
		x.Query = "?" + url.Values{"frequency": {r.Frequency}}.Encode()
		x.NoIndex = true
	}
	x.About = c.Say("qualitydesk.ranking_about")
	for _, item := range r.Items {
		x.Rows = append(x.Rows, shown(c, item, r.Frequency))
	}
	for _, f := range r.ByFrequency {
		if f.Counts.Promised > 0 {
			x.Often = append(x.Often, part{f, rate(f.Share), int(100*f.Share + .5), layout.URL(c, "qualitydesk.ranking") + "?" + url.Values{"frequency": {f.Frequency}}.Encode()})
		}
		if f.Frequency == r.Frequency {
			x.Of = f.Name
		}
	}
	return p.pages.Render(c, http.StatusOK, "ranking", x)
}

func shown(c *web.Context, x timeliness.Place, often string) place {
	out := place{Place: x, Rate: rate(x.Share), Bar: int(100*x.Share + .5), Median: strconv.FormatFloat(x.MedianDaysLate, 'f', -1, 64), often: often}
	if x.Body != "" {
		out.list = layout.URL(c, "qualitydesk.body", x.Body)
	}
	return out
}

// csv answers the same ranking as a table.
func (p *Pages) csv(c *web.Context) error {
	r, err := p.Timeliness.Ranking(c.Request.Context(), c.Actor, c.Query("frequency"))
	if err != nil {
		return err
	}
	return c.Stream("text/csv; charset=utf-8; header=present", "timeliness.csv", func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		out.Write([]string{"as_of", "place", "body", "name", "datasets", "promised", "on_time", "late", "seriously_late", "share", "median_days_late", "is_small"})
		for _, x := range r.Items {
			n := x.Counts
			out.Write([]string{string(r.AsOf), strconv.Itoa(x.Place), x.Body, x.Name.In(c.Lang), strconv.Itoa(n.Datasets), strconv.Itoa(n.Promised), strconv.Itoa(n.OnTime), strconv.Itoa(n.Late),
				strconv.Itoa(n.SeriouslyLate), strconv.FormatFloat(x.Share, 'f', 4, 64), strconv.FormatFloat(x.MedianDaysLate, 'f', -1, 64), strconv.FormatBool(x.IsSmall)})
		}
		out.Flush()
		return out.Error()
	})
}

// bodyPage is the datasets of one publisher.
type bodyPage struct {
	layout.Page
	AsOf    workday.Date
	Classes []choice
	Often   []choice
	Rows    []row
	JSON    string
}

// shownClasses are what the list can be narrowed to; "" for all.
var shownClasses = []string{"", timeliness.Promised, string(timeliness.OnTime), timeliness.Behind, string(timeliness.SeriouslyLate), string(timeliness.Static), string(timeliness.NotDue), string(timeliness.Unknown)}

// choice narrows the list.
type choice struct {
	Word, Href string
	N          int
	Chosen     bool
}

func wordOf(class string) string {
	switch class {
	case "", timeliness.Promised, timeliness.Behind:
		return "qualitydesk.class." + cmp.Or(class, "all")
	}
	return "timeliness.class." + class
}

func (p *Pages) body(c *web.Context) error {
	ctx, body := c.Request.Context(), c.Param("body")
	chosen := timeliness.Chosen{Class: c.Query("class"), Frequency: c.Query("frequency")}
	if err := chosen.Check(p.Entries.Codes(c.Actor)); err != nil {
		return err
	}
	all, err := p.Timeliness.Of(ctx, c.Actor, body, timeliness.Chosen{})
	if err != nil {
		return err
	}
	wanted := slices.DeleteFunc(slices.Clone(all.Items), func(d timeliness.Dataset) bool { return !chosen.Takes(d) })
	x := bodyPage{Page: p.Layout.Page(c, c.Say("qualitydesk.of", "name", all.Name.In(c.Lang))), AsOf: all.AsOf, Rows: p.rows(c, wanted), JSON: "/api/v1/timeliness/" + url.PathEscape(body)}
	x.NoIndex = chosen != timeliness.Chosen{}
	x.Crumbs = []layout.Crumb{{Name: same(c.Say("qualitydesk.ranking")), Href: layout.URL(c, "qualitydesk.ranking")}}
	often := map[string]int{}
	for _, one := range all.Items {
		if (timeliness.Chosen{Class: chosen.Class}).Takes(one) {
			often[one.Frequency]++
		}
	}
	at := func(class, frequency string) string {
		q := url.Values{}
		if class != "" {
			q.Set("class", class)
		}
		if frequency != "" {
			q.Set("frequency", frequency)
		}
		to := layout.URL(c, "qualitydesk.body", body)
		if len(q) > 0 {
			to += "?" + q.Encode()
		}
		return to
	}
	for _, class := range shownClasses {
		n := 0
		for _, one := range all.Items {
			if (timeliness.Chosen{Class: class}).Takes(one) {
				n++
			}
		}
		if n > 0 || chosen.Class == class {
			x.Classes = append(x.Classes, choice{c.Say(wordOf(class)), at(class, ""), n, chosen.Class == class})
		}
	}
	for _, f := range p.Entries.Codes(c.Actor).Frequencies {
		if n := often[f.Code]; n > 0 {
			x.Often = append(x.Often, choice{f.Name.In(c.Lang), at(chosen.Class, f.Code), n, chosen.Frequency == f.Code})
		}
	}
	return p.pages.Render(c, http.StatusOK, "body", x)
}
