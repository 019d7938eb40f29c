package assessment

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
)

// Shown is the quality of a version in the reader's language.
type Shown struct {
	Quality
	Words []ResultWords `json:"words"` // of results, in their order
}

// ResultWords say what a rule asks and what it found.
type ResultWords struct {
	Dimension string `json:"dimension"`
	Rule      string `json:"rule"`
	Found     string `json:"found"`
}

// History is the answer of the scores of a dataset's versions.
type History struct {
	Items []Line `json:"items"` // newest first
}

// Suggestions is the answer of the rules that are suggested.
type Suggestions struct {
	Items []SuggestionWords `json:"items"`
}

// SuggestionWords is a suggestion in the reader's language.
type SuggestionWords struct {
	Suggestion
	Says string `json:"says"`
	Why  string `json:"why"`
}

// WaiverRequest asks for a waiver.
type WaiverRequest struct {
	Rule   int          `json:"rule"` // place in the set in force, from 0
	Reason string       `json:"reason"`
	Until  workday.Date `json:"until"` // last day
}

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	number := []web.Param{{Name: "n", Type: "integer", Example: "1"}}
	waiver := []web.Param{{Name: "id", Type: "string", Example: "wav_0a1b2c"}}
	const of, rules, one = "/api/v1/datasets/{slug}/quality", "/api/v1/datasets/{slug}/quality/rules", "/api/v1/quality-waivers/{id}"
	return []web.Route{
		{Method: "GET", Path: of, Name: "assessment.of", May: permit.Public, API: true, Answer: Shown{}, Do: s.apiOf},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/versions/{n}/quality", Name: "assessment.of_version", May: permit.Public, API: true, Place: number, Answer: Shown{}, Do: s.apiOf},
		{Method: "GET", Path: of + "/history", Name: "assessment.history", May: permit.Public, API: true, Answer: History{}, Do: s.apiHistory},
		{Method: "GET", Path: rules, Name: "assessment.rules", May: MayRead, API: true, Answer: Holding{}, Do: s.apiRules},
		{Method: "GET", Path: of + "/suggestions", Name: "assessment.suggestions", May: MayRead, API: true, Answer: Suggestions{}, Do: s.apiSuggestions},
		{Method: "POST", Path: rules + "/propose", Name: "assessment.propose", May: Table.Rule("assessment", "propose"), API: true, Body: Propose{}, Answer: Holding{},
			Do: s.apiDo(func(c *web.Context) (Command, error) {
				var p Propose
				err := c.Body(&p)
				return p, err
			})},
		{Method: "POST", Path: rules + "/confirm", Name: "assessment.confirm", May: Table.Rule("assessment", "confirm"), API: true, Answer: Holding{},
			Do: s.apiDo(func(*web.Context) (Command, error) { return Confirm{}, nil })},
		{Method: "POST", Path: rules + "/decline", Name: "assessment.decline", May: Table.Rule("assessment", "decline"), API: true, Body: Decline{}, Answer: Holding{},
			Do: s.apiDo(func(c *web.Context) (Command, error) {
				var d Decline
				err := c.Body(&d)
				return d, err
			})},
		{Method: "POST", Path: of + "/waivers", Name: "assessment.ask_waiver", May: WaiverTable.Rule("assessment", "ask"), API: true, Body: WaiverRequest{}, Answer: WaiverView{}, Do: s.apiAsk},
		{Method: "POST", Path: one + "/grant", Name: "assessment.grant", May: WaiverTable.Rule("assessment", "grant"), API: true, Place: waiver, Answer: WaiverView{},
			Do: s.apiWaiver(func(*web.Context) (Command, error) { return Grant{}, nil })},
		{Method: "POST", Path: one + "/refuse", Name: "assessment.refuse", May: WaiverTable.Rule("assessment", "refuse"), API: true, Place: waiver, Body: Refuse{}, Answer: WaiverView{},
			Do: s.apiWaiver(func(c *web.Context) (Command, error) {
				var r Refuse
				err := c.Body(&r)
				return r, err
			})},
		{Method: "POST", Path: one + "/take-back", Name: "assessment.take_back", May: WaiverTable.Rule("assessment", "take_back"), API: true, Place: waiver, Answer: WaiverView{},
			Do: s.apiWaiver(func(*web.Context) (Command, error) { return TakeBack{}, nil })},
	}
}

func (s *Service) apiOf(c *web.Context) error {
	number := Latest
	if text := c.Param("n"); text != "" {
		var err error
		if number, err = strconv.Atoi(text); err != nil || number < 1 {
			return problem.New(problem.NotFound, "version.not_found", "slug", c.Param("slug"), "number", text)
		}
	}
	q, err := s.Of(c.Request.Context(), c.Actor, c.Param("slug"), number)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, InWords(c, q))
}

// InWords writes the quality of a version in the reader's language.
func InWords(c *web.Context, q Quality) Shown {
	x := Shown{Quality: q, Words: []ResultWords{}}
	for _, r := range q.Results {
		w := ResultWords{Rule: Says(c, r.Rule), Found: Found(c, r, q.Counted)}
		if k, ok := Find(r.Rule.Kind); ok {
			w.Dimension = c.Say("assessment.dimension." + string(k.Dimension))
		}
		x.Words = append(x.Words, w)
	}
	return x
}

func (s *Service) apiHistory(c *web.Context) error {
	all, err := s.History(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, History{Items: append([]Line{}, all...)})
}

func (s *Service) apiRules(c *web.Context) error {
	h, err := s.Holding(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, h)
}

func (s *Service) apiSuggestions(c *web.Context) error {
	all, err := s.Suggest(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	out := Suggestions{Items: []SuggestionWords{}}
	for _, x := range all {
		out.Items = append(out.Items, SuggestionWords{Suggestion: x, Says: Says(c, x.Rule), Why: Because(c, x)})
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Service) apiDo(read func(*web.Context) (Command, error)) web.Handler {
	return func(c *web.Context) error {
		command, err := read(c)
		if err != nil {
			return err
		}
		seen, _, err := c.Seen()
		if err != nil {
			return err
		}
		h, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, command)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, h)
	}
}

func (s *Service) apiAsk(c *web.Context) error {
	var r WaiverRequest
	if err := c.Body(&r); err != nil {
		return err
	}
	w, err := s.AskWaiver(c.Request.Context(), c.Actor, c.Param("slug"), r.Rule, AskWaiver{Reason: r.Reason, Until: r.Until})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, w)
}

func (s *Service) apiWaiver(read func(*web.Context) (Command, error)) web.Handler {
	return func(c *web.Context) error {
		command, err := read(c)
		if err != nil {
			return err
		}
		seen, _, err := c.Seen()
		if err != nil {
			return err
		}
		w, err := s.DoWaiver(c.Request.Context(), c.Actor, c.Param("id"), seen, command)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, w)
	}
}
