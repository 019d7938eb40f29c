package dataset

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/query"
	"kaishu/internal/open/objection"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
)

type apiPage struct {
	*view
	Endpoint string // whole address without query
	Address  string // whole address with the reader's own query
	Curl     string
	Python   string
	Script   string
	Answer   string // a real answer, cut short
	Faults   []web.FieldFail
	Where    string
	Order    string
	Select   string
	MaxPage  int
}

func (s *Service) api(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "api")
	if err != nil {
		return err
	}
	values := c.Request.URL.Query()
	p := &apiPage{view: v, MaxPage: query.MaxPage, Where: values.Get("where"), Order: values.Get("order"), Select: strings.Join(values["select"], ",")}
	p.Endpoint = c.Public("/api/v1/datasets/" + v.Entry.Slug + "/rows")
	own := url.Values{}
	for _, k := range []string{"select", "where", "order"} {
		if text := strings.Join(values[k], ","); text != "" {
			own.Set(k, text)
		}
	}
	own.Set("limit", "3")
	if n := v.Asked(); n > 0 {
		own.Set("version", strconv.Itoa(n))
	}
	p.Address = p.Endpoint + "?" + own.Encode()
	p.examples(own)
	if v.Readable {
		if err := s.answer(c, p, own); err != nil {
			return err
		}
	}
	p.NoIndex = c.Request.URL.RawQuery != ""
	return s.pages.Render(c, v.status(), "api", p)
}

// examples carry the reader's own query, and can be pasted as they are.
func (p *apiPage) examples(own url.Values) {
	p.Curl = "curl '" + strings.ReplaceAll(p.Address, "'", "%27") + "'"
	var python, script strings.Builder
	for _, k := range []string{"select", "where", "order", "version", "limit"} {
		if own.Has(k) {
			python.WriteString("    " + literal(k) + ": " + literal(own.Get(k)) + ",\n")
			script.WriteString("  " + literal(k) + ": " + literal(own.Get(k)) + ",\n")
		}
	}
	p.Python = "import requests\n\nanswer = requests.get(" + literal(p.Endpoint) + ", params={\n" + python.String() + "})\n" +
		"answer.raise_for_status()\nfor row in answer.json()[\"items\"]:\n    print(row)"
	p.Script = "const query = new URLSearchParams({\n" + script.String() + "});\n" +
		"const answer = await fetch(" + literal(p.Endpoint+"?") + " + query);\nconst { items, total } = await answer.json();\nconsole.log(total, items);"
}

// literal writes a text as Python and JavaScript both read it.
func literal(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is always JSON
	}
	return strings.TrimSpace(b.String())
}

// answer shows what the address really answers.
func (s *Service) answer(c *web.Context, p *apiPage, own url.Values) error {
	q, err := selection.Parse(own, p.schema(), selection.Limits{Default: 3, Max: 3})
	if wrong := problem.As(err); wrong != nil {
		p.Faults = faults(c, wrong)
		return nil
	}
	if err != nil {
		return err
	}
	a, err := s.Queries.Page(c.Request.Context(), p.reading, q, "")
	if wrong := problem.As(err); wrong != nil {
		p.Faults = faults(c, wrong)
		return nil
	}
	if err == nil {
		err = p.count(c, record.View, "html", len(a.Rows))
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(struct {
		Items []json.RawMessage `json:"items"`
		Total int64             `json:"total"`
		Next  string            `json:"next"`
	}{query.Items(a.Page), a.Total, a.Next}, "", "  ")
	p.Answer = string(text)
	return err
}

// Detail is the JSON answer about one dataset.
type Detail struct {
	Slug             string              `json:"slug"`
	Title            locale.Text         `json:"title"`
	Abstract         locale.Text         `json:"abstract"`
	Publisher        Body                `json:"publisher"`
	Domain           string              `json:"domain"`
	Tags             []string            `json:"tags"`
	Opening          openlist.Opening    `json:"opening"`
	Stage            openlist.Stage      `json:"stage"`
	Frequency        string              `json:"frequency"`
	FirstPublishedOn workday.Date        `json:"first_published_on"`
	UpdatedOn        workday.Date        `json:"updated_on"`
	Timeliness       timeliness.Class    `json:"timeliness"`
	DaysLate         int                 `json:"days_late"`
	Licence          locale.Text         `json:"licence"`
	Source           locale.Text         `json:"source"`
	Contact          string              `json:"contact"`
	Readable         bool                `json:"readable"` // by whoever asks
	Rows             int64               `json:"rows"`
	Version          int                 `json:"version"` // the one described; 0 if there is none
	VersionsCount    int                 `json:"versions_count"`
	SchemaHash       string              `json:"schema_hash"`
	Key              []string            `json:"key"`
	Geometry         *selection.Geometry `json:"geometry,omitempty"`
	Objections       []objection.Sign    `json:"objections"` // that stand: the data is being verified
	Fields           []DetailField       `json:"fields"`
	Files            []DetailFile        `json:"files"`
	Page             string              `json:"page"`
	RowsURL          string              `json:"rows_url,omitempty"`
}

// Body is a publisher.
type Body struct {
	ID   string      `json:"id"`
	Name locale.Text `json:"name"`
}

// DetailField is a field and its meaning.
type DetailField struct {
	Name        string         `json:"name"`
	Type        selection.Type `json:"type"`
	Title       locale.Text    `json:"title"`
	Description locale.Text    `json:"description"`
	Unit        string         `json:"unit,omitempty"`
	Objected    bool           `json:"objected,omitempty"` // an objection to it stands
}

// DetailFile is a file that can be downloaded.
type DetailFile struct {
	Format string `json:"format"`
	URL    string `json:"url"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func (s *Service) apiRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/api/v1/datasets/{slug}", Name: "dataset.detail", May: permit.Public, API: true,
			Query: []web.Param{{Name: "version", Type: "string", Default: "latest"}}, Answer: Detail{}, Do: s.detail},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/compare", Name: "dataset.comparison", May: permit.Public, API: true,
			Query:  []web.Param{{Name: "from", Type: "integer", Needed: true, Example: "1"}, {Name: "to", Type: "integer", Needed: true, Example: "2"}},
			Answer: Comparison{}, Do: s.compareJSON},
	}
}

func (s *Service) detail(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "api")
	if err != nil {
		return err
	}
	e := v.Entry
	d := Detail{Slug: e.Slug, Title: e.Title, Abstract: e.Abstract, Publisher: Body{e.Publisher, v.Body}, Domain: e.Domain, Tags: append([]string{}, e.Tags...),
		Opening: e.Opening, Stage: e.Stage, Frequency: e.Frequency, FirstPublishedOn: e.FirstPublishedOn, UpdatedOn: v.UpdatedOn, Timeliness: v.How, DaysLate: v.DaysLate,
		Licence: e.Licence, Source: e.Source, Contact: e.Contact, Readable: v.Readable, Rows: v.Rows(), Key: append([]string{}, e.Key...),
		Geometry: v.schema().Geometry, Objections: append([]objection.Sign{}, v.Marks...), Files: []DetailFile{}, Page: c.Public(v.Dataset(e.Slug))}
	if v.Version != nil {
		d.Version, d.SchemaHash = v.Version.Number, v.Version.Outcome.SchemaHash
	}
	all, err := s.Versions.List(c.Request.Context(), c.Actor, e.Slug)
	if err != nil {
		return err
	}
	d.VersionsCount, d.Fields = len(all), detailFields(v)
	if v.Readable {
		d.RowsURL = c.Public("/api/v1/datasets/" + e.Slug + "/rows")
		for _, f := range v.Version.Files {
			if f.Refused == "" {
				d.Files = append(d.Files, DetailFile{Format: f.Format, URL: c.Public("/datasets/" + e.Slug + "/versions/" + versionOf(c) + "/" + e.Slug + "." + f.Format), Bytes: f.Bytes, SHA256: f.Hash})
			}
		}
	}
	return c.JSON(http.StatusOK, d)
}

func detailFields(v *view) []DetailField {
	all := []DetailField{}
	for _, col := range v.schema().Columns {
		item, _ := v.Entry.Item(col.Name)
		all = append(all, DetailField{Name: col.Name, Type: col.Type, Title: item.Title, Description: item.Description, Unit: item.Unit, Objected: v.Marked(col.Name)})
	}
	return all
}
