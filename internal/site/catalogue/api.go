package catalogue

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/site/layout"
)

// pageSize is how many datasets a page shows, and the interface by default.
const pageSize = 20

// Datasets is the JSON answer of a search.
type Datasets struct {
	Items  []Item             `json:"items"`
	Total  int64              `json:"total"`
	Facets map[string][]Count `json:"facets"` // counted under the other filters' choice
	Next   string             `json:"next"`   // cursor; "" on the last page
}

// Item is one dataset of a search.
type Item struct {
	Slug       string           `json:"slug"`
	Title      locale.Text      `json:"title"`
	Abstract   locale.Text      `json:"abstract"`
	Publisher  Body             `json:"publisher"`
	Domain     string           `json:"domain"`
	Opening    openlist.Opening `json:"opening"`
	Stage      openlist.Stage   `json:"stage"`
	Frequency  string           `json:"frequency"`
	UpdatedOn  workday.Date     `json:"updated_on"` // "" if unknown
	Timeliness timeliness.Class `json:"timeliness"`
	DaysLate   int              `json:"days_late"`
	Data       Holding          `json:"data"`
	Rows       int64            `json:"rows"`    // that anybody can get now
	Formats    []string         `json:"formats"` // that anybody can get now
	Columns    []string         `json:"columns"` // that matched the words
}

// Body is a publisher.
type Body struct {
	ID   string      `json:"id"`
	Name locale.Text `json:"name"`
}

// Count is a value of a facet and how many datasets have it.
type Count struct {
	Value string `json:"value"`
	Label string `json:"label"` // in the asked language
	Count int64  `json:"count"`
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	params := []web.Param{{Name: "q", Type: "string", Example: "地铁"}}
	for _, f := range Facets {
		params = append(params, web.Param{Name: f, Type: "string", Many: true, Enum: s.Values(f)})
	}
	params = append(params, web.Param{Name: "sort", Type: "string", Enum: Sorts},
		web.Param{Name: "limit", Type: "integer", Default: strconv.Itoa(pageSize)}, web.Param{Name: "after", Type: "string"})
	all := []web.Route{
		{Method: "GET", Path: "/api/v1/datasets", Name: "catalogue.search", May: permit.Public, API: true, Query: params, Answer: Datasets{}, Do: s.apiSearch},
		{Method: "GET", Path: "/robots.txt", Name: "catalogue.robots", May: permit.Public, Do: s.robots},
		{Method: "GET", Path: "/sitemap.xml", Name: "catalogue.sitemap", May: permit.Public, Do: s.sitemap},
	}
	for _, r := range []web.Route{
		{Path: "/{lang}/datasets", Name: "catalogue.list", Do: s.list},
		{Path: "/{lang}/datasets.json", Name: "catalogue.json", Do: s.apiSearch},
		{Path: "/{lang}/datasets.csv", Name: "catalogue.csv", Do: s.csv},
	} {
		r.Method, r.May = "GET", permit.Public
		all = append(all, layout.Both(r)...)
	}
	return all
}

func (s *Service) apiSearch(c *web.Context) error {
	values := c.Request.URL.Query()
	q, err := s.Read(values)
	if err != nil {
		return err
	}
	if q.Limit = c.Int("limit", pageSize, 1, paging.MaxLimit); c.Wrong() != nil {
		return c.Wrong()
	}
	f, err := s.Find(c.Request.Context(), q)
	if err != nil {
		return err
	}
	if f.Next != "" {
		values.Set("after", f.Next)
		c.Link("next", c.Request.URL.Path+"?"+values.Encode())
	}
	return c.JSON(http.StatusOK, s.shape(c, f))
}

func (s *Service) shape(c *web.Context, f Found) Datasets {
	d := Datasets{Items: []Item{}, Total: f.Total, Facets: map[string][]Count{}, Next: f.Next}
	for _, h := range f.Hits {
		d.Items = append(d.Items, Item{
			Slug: h.Slug, Title: h.Title, Abstract: h.Abstract, Publisher: Body{h.Entry.Publisher, h.Publisher},
			Domain: h.Domain, Opening: h.Opening, Stage: h.Stage, Frequency: h.Frequency, UpdatedOn: h.UpdatedOn,
			Timeliness: h.Timeliness, DaysLate: h.DaysLate, Data: h.Holds, Rows: h.Rows,
			Formats: append([]string{}, h.Formats...), Columns: append([]string{}, h.Columns...),
		})
	}
	for name, counts := range f.Counts {
		d.Facets[name] = []Count{}
		for _, n := range counts {
			d.Facets[name] = append(d.Facets[name], Count{n.Value, s.Label(c.Lang, c.Say, name, n.Value), n.N})
		}
	}
	return d
}

// csv answers the whole result, in the order of the page.
func (s *Service) csv(c *web.Context) error {
	q, err := s.Read(c.Request.URL.Query())
	if err != nil {
		return err
	}
	q = q.first()
	q.Limit = paging.MaxLimit
	f, err := s.Find(c.Request.Context(), q) // before the first byte, so that a fault can still be told
	if err != nil {
		return err
	}
	return c.Stream("text/csv; charset=utf-8; header=present", "datasets.csv", func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		out.Write([]string{"slug", "title", "publisher", "domain", "opening", "frequency", "updated_on", "timeliness", "days_late", "data", "rows", "formats", "address"})
		for {
			for _, h := range f.Hits {
				out.Write(s.line(c, h))
			}
			out.Flush()
			if err := out.Error(); err != nil || f.Next == "" {
				return err
			}
			q.After = f.Next
			if f, err = s.Find(c.Request.Context(), q); err != nil {
				return err
			}
		}
	})
}

func (s *Service) line(c *web.Context, h Hit) []string {
	label := func(facet, value string) string { return s.Label(c.Lang, c.Say, facet, value) }
	formats := ""
	for _, f := range h.Formats {
		if formats != "" {
			formats += " "
		}
		formats += formatWord(c.Say, f)
	}
	return []string{h.Slug, h.Title.In(c.Lang), h.Publisher.In(c.Lang), label("domain", h.Domain), label("opening", string(h.Opening)),
		label("frequency", h.Frequency), string(h.UpdatedOn), label("timeliness", string(h.Timeliness)), strconv.Itoa(h.DaysLate),
		label("data", string(h.Holds)), strconv.FormatInt(h.Rows, 10), formats, c.Public(layout.DatasetPath(c.Lang, h.Slug))}
}

// robots keeps search engines away from endless combinations of filters.
func (s *Service) robots(c *web.Context) error {
	return c.Bytes(http.StatusOK, "text/plain; charset=utf-8", fmt.Appendf(nil,
		"User-agent: *\nDisallow: /zh/datasets?\nDisallow: /en/datasets?\nDisallow: /zh/reading\nDisallow: /en/reading\nDisallow: /api/\nSitemap: %s\n", c.Public("/sitemap.xml")))
}

type siteMap struct {
	XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []sitePage `xml:"url"`
}

type sitePage struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// sitemap lists the page of every dataset in both languages.
func (s *Service) sitemap(c *web.Context) error {
	var m siteMap
	for _, l := range locale.Langs {
		root := "/" + string(l)
		for _, path := range []string{root + "/", root + "/datasets", root + "/about", root + "/api"} {
			m.URLs = append(m.URLs, sitePage{Loc: c.Public(path)})
		}
	}
	for _, r := range s.all() {
		for _, l := range locale.Langs {
			m.URLs = append(m.URLs, sitePage{Loc: c.Public(layout.DatasetPath(l, r.Slug)), LastMod: string(r.UpdatedOn)})
		}
	}
	body, err := xml.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode site map: %w", err)
	}
	return c.Bytes(http.StatusOK, "application/xml; charset=utf-8", append([]byte(xml.Header), body...))
}
