package timeliness

import (
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// Findings is the answer of the list of findings.
type Findings struct {
	Items       []Shown      `json:"items"`
	Next        string       `json:"next,omitempty"`
	UseKnown    bool         `json:"use_known"` // false: nobody knows who used what, and no dataset is called unused
	Definitions []Definition `json:"definitions"`
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	body := []web.Param{{Name: "body", Type: "string", Example: "weather"}}
	one := []web.Param{{Name: "id", Type: "string", Example: "fnd_0a1b2c"}}
	const finding = "/api/v1/findings/{id}"
	do := func(read func(*web.Context) (Command, error)) web.Handler {
		return func(c *web.Context) error { return s.apiDo(c, read) }
	}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/timeliness", Name: "timeliness.ranking", May: permit.Public, API: true, Query: []web.Param{{Name: "frequency", Type: "string"}}, Answer: Ranking{}, Do: s.apiRanking},
		{Method: "GET", Path: "/api/v1/timeliness/{body}", Name: "timeliness.of", May: permit.Public, API: true, Place: body,
			Query: []web.Param{{Name: "class", Type: "string", Enum: ClassChoices()}, {Name: "frequency", Type: "string"}}, Answer: Datasets{}, Do: s.apiOf},
		{Method: "GET", Path: "/api/v1/findings", Name: "timeliness.findings", May: MayRead, API: true,
			Query: []web.Param{{Name: "problem", Type: "string", Enum: texts(Problems())}, {Name: "body", Type: "string"}, {Name: "stage", Type: "string", Enum: texts(Table.Stages())},
				{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}, Answer: Findings{}, Do: s.apiFindings},
		{Method: "GET", Path: finding, Name: "timeliness.finding", May: MayRead, API: true, Place: one, Answer: Shown{}, Do: s.apiFinding},
		{Method: "POST", Path: finding + "/keep", Name: "timeliness.keep", May: Table.Rule("timeliness", "keep"), API: true, Place: one, Body: Keep{}, Answer: Shown{},
			Do: do(func(c *web.Context) (Command, error) {
				var k Keep
				err := c.Body(&k)
				return k, err
			})},
		{Method: "POST", Path: finding + "/take-up", Name: "timeliness.take_up", May: Table.Rule("timeliness", "take_up"), API: true, Place: one, Answer: Shown{},
			Do: do(func(*web.Context) (Command, error) { return TakeUp{}, nil })},
	}
}

// ClassChoices are the values by which datasets are chosen.
func ClassChoices() []string { return append(texts(Classes), Behind, Promised) }

func texts[S ~string](all []S) (out []string) {
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

func (s *Service) apiRanking(c *web.Context) error {
	r, err := s.Ranking(c.Request.Context(), c.Actor, c.Query("frequency"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, r)
}

func (s *Service) apiOf(c *web.Context) error {
	d, err := s.Of(c.Request.Context(), c.Actor, c.Param("body"), Chosen{Class: c.Query("class"), Frequency: c.Query("frequency")})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, d)
}

func (s *Service) apiFindings(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	q := Wanted{Problem: c.Query("problem"), Body: c.Query("body"), Stage: c.Query("stage")}
	var l problem.List
	for _, err := range []error{c.Wrong(), q.Check()} {
		if rest := l.Merge(err); rest != nil {
			return rest
		}
	}
	if err := l.Err(); err != nil {
		return err
	}
	p, err := s.Findings(c.Request.Context(), c.Actor, q, c.Query("after"), limit)
	if err != nil {
		return err
	}
	out := Findings{Items: []Shown{}, Next: p.Next, UseKnown: p.UseKnown, Definitions: Definitions(c, s.today())}
	for _, v := range p.Items {
		out.Items = append(out.Items, InWords(c, v))
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Service) apiFinding(c *web.Context) error {
	v, err := s.Finding(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, InWords(c, v))
}

func (s *Service) apiDo(c *web.Context, read func(*web.Context) (Command, error)) error {
	command, err := read(c)
	if err != nil {
		return err
	}
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	v, err := s.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, command)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, InWords(c, v))
}
