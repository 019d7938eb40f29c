package grading

import (
	"net/http"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
)

// Lines is the JSON answer of the work list.
type Lines struct {
	Items []Line `json:"items"`
	Next  string `json:"next,omitempty"` // slug to go on after
}

// Tried is the JSON answer of a sheet that was tried and not kept.
type Tried struct {
	Outcome
	Faults []web.FieldFail `json:"faults"`
}

// EditionList and Owns are the JSON answers of lists of versions.
type (
	EditionList struct {
		Items []EditionView `json:"items"`
	}
	Owns struct {
		Items []OwnView `json:"items"`
	}
	// NewProfile names the version that begins.
	NewProfile struct {
		Version string `json:"version"`
	}
)

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	const one = "/api/v1/gradings/{slug}"
	may := func(verb string) permit.Rule { return Table.Rule("grading", verb) }
	return append([]web.Route{
		{Method: "GET", Path: "/api/v1/gradings", Name: "grading.list", May: MayWork, API: true, Query: []web.Param{{Name: "after", Type: "string"}}, Answer: Lines{}, Do: s.apiList},
		{Method: "GET", Path: one, Name: "grading.get", May: MayWork, API: true, Answer: View{}, Do: s.apiGet},
		{Method: "POST", Path: one + "/what-if", Name: "grading.what_if", May: MayWork, API: true, Body: Sheet{}, Answer: Tried{}, Do: s.apiWhatIf},
		{Method: "POST", Path: one + "/grade", Name: "grading.grade", May: may("grade"), API: true, Body: Sheet{}, Answer: Case{}, Do: s.apiGrade},
		{Method: "POST", Path: one + "/reject", Name: "grading.reject", May: may("reject"), API: true, Body: Reject{}, Answer: Case{}, Do: s.apiReject},
		{Method: "POST", Path: one + "/confirm", Name: "grading.confirm", May: may("confirm"), API: true, Answer: Case{}, Do: s.apiDo(Confirm{})},
		{Method: "POST", Path: one + "/evidence", Name: "grading.bring_evidence", May: may("bring_evidence"), API: true, Body: Evidence{}, Answer: Case{}, Do: s.apiEvidence},
	}, s.ruleRoutes()...)
}

// ruleRoutes are the addresses of profiles and overlays.
func (s *Service) ruleRoutes() []web.Route {
	const all, one = "/api/v1/grading-profiles", "/api/v1/grading-profiles/{version}"
	const own, ownOne = "/api/v1/grading-overlays/{body}", "/api/v1/grading-overlays/{body}/{n}"
	rule := func(verb string) permit.Rule { return ProfileTable.Rule("grading.profile", verb) }
	body := web.Param{Name: "body", Type: "string", Example: "weather"}
	version := []web.Param{{Name: "version", Type: "string", Example: "default-2026-1"}}
	number := []web.Param{body, {Name: "n", Type: "integer", Example: "1"}}
	return []web.Route{
		{Method: "GET", Path: "/api/v1/grading-profile", Name: "grading.profile", May: permit.Public, API: true, Answer: Profile{}, Do: s.apiProfile},
		{Method: "GET", Path: all, Name: "grading.profiles", May: permit.Public, API: true, Answer: EditionList{}, Do: s.apiProfiles},
		{Method: "POST", Path: all, Name: "grading.profile_draft", May: rule("draft"), API: true, Body: NewProfile{}, Answer: Edition{}, Do: s.apiDraftProfile},
		{Method: "GET", Path: one, Name: "grading.profile_get", May: permit.Public, API: true, Place: version, Answer: EditionView{}, Do: s.apiEdition},
		{Method: "PUT", Path: one, Name: "grading.profile_fill", May: rule("fill"), API: true, Place: version, Body: Content{}, Answer: Edition{}, Do: s.apiFillProfile},
		{Method: "GET", Path: one + "/impact", Name: "grading.profile_impact", May: MayRule, API: true, Place: version, Answer: Impact{}, Do: s.apiImpact},
		{Method: "POST", Path: one + "/consult", Name: "grading.profile_consult", May: rule("consult"), API: true, Place: version, Answer: Edition{}, Do: s.apiDoProfile(Consult{})},
		{Method: "POST", Path: one + "/take-back", Name: "grading.profile_take_back", May: rule("take_back"), API: true, Place: version, Answer: Edition{}, Do: s.apiDoProfile(TakeBack{})},
		{Method: "POST", Path: one + "/agree", Name: "grading.profile_agree", May: rule("agree"), API: true, Place: version, Answer: Edition{}, Do: s.apiDoProfile(Agree{})},
		{Method: "POST", Path: one + "/take-effect", Name: "grading.profile_take_effect", May: rule("take_effect"), API: true, Place: version, Body: TakeEffect{}, Answer: Edition{}, Do: s.apiTakeEffect},
		{Method: "GET", Path: own, Name: "grading.overlays", May: MayWork, API: true, Place: []web.Param{body}, Answer: Owns{}, Do: s.apiOverlays},
		{Method: "POST", Path: own, Name: "grading.overlay_propose", May: OwnTable.Rule("grading.overlay", "propose"), API: true, Place: []web.Param{body}, Body: Tightening{}, Answer: Own{}, Do: s.apiProposeOverlay},
		{Method: "POST", Path: ownOne + "/accept", Name: "grading.overlay_accept", May: OwnTable.Rule("grading.overlay", "accept"), API: true, Place: number, Answer: Own{}, Do: s.apiDoOverlay(func(*web.Context) (Command, error) { return AcceptOwn{}, nil })},
		{Method: "POST", Path: ownOne + "/return", Name: "grading.overlay_return", May: OwnTable.Rule("grading.overlay", "return"), API: true, Place: number, Body: ReturnOwn{}, Answer: Own{}, Do: s.apiDoOverlay(func(c *web.Context) (Command, error) {
			var in ReturnOwn
			err := c.Body(&in)
			return in, err
		})},
	}
}

// answer writes v, unless there was an error.
func answer[T any](c *web.Context, status int, v T, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(status, v)
}

func (s *Service) apiList(c *web.Context) error {
	all, err := s.Work(c.Request.Context(), c.Actor, c.Query("after"))
	l := Lines{Items: append([]Line{}, all...)}
	if len(all) == 200 {
		l.Next = all[len(all)-1].Slug
	}
	return answer(c, http.StatusOK, l, err)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("slug"))
	return answer(c, http.StatusOK, v, err)
}

func (s *Service) apiWhatIf(c *web.Context) error {
	var in Sheet
	if err := c.Body(&in); err != nil {
		return err
	}
	o, err := s.WhatIf(c.Request.Context(), c.Actor, c.Param("slug"), in)
	shape := c.Shape(http.StatusUnprocessableEntity, &problem.Error{Kind: problem.Invalid, Code: "invalid_input", Fields: o.Faults})
	t := Tried{Outcome: o, Faults: append([]web.FieldFail{}, shape.Errors...)}
	return answer(c, http.StatusOK, t, err)
}

func (s *Service) apiGrade(c *web.Context) error {
	var in Sheet
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDo(Grade{in})(c)
}

func (s *Service) apiReject(c *web.Context) error {
	var in Reject
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDo(in)(c)
}

func (s *Service) apiEvidence(c *web.Context) error {
	var in Evidence
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDo(BringEvidence{in})(c)
}

func (s *Service) apiDo(command Command) web.Handler {
	return func(c *web.Context) error {
		seen, _, err := c.Seen()
		if err != nil {
			return err
		}
		g, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), seen, command)
		return answer(c, http.StatusOK, g, err)
	}
}

func (s *Service) apiProfile(c *web.Context) error {
	p, err := s.Profile(c.Request.Context(), c.Actor)
	return answer(c, http.StatusOK, p, err)
}

func (s *Service) apiProfiles(c *web.Context) error {
	all, err := s.Editions(c.Request.Context(), c.Actor)
	return answer(c, http.StatusOK, EditionList{all}, err)
}

func (s *Service) apiDraftProfile(c *web.Context) error {
	var in NewProfile
	if err := c.Body(&in); err != nil {
		return err
	}
	e, err := s.DraftProfile(c.Request.Context(), c.Actor, in.Version)
	return answer(c, http.StatusCreated, e, err)
}

func (s *Service) apiEdition(c *web.Context) error {
	v, err := s.Edition(c.Request.Context(), c.Actor, c.Param("version"))
	return answer(c, http.StatusOK, v, err)
}

func (s *Service) apiFillProfile(c *web.Context) error {
	var in Content
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDoProfile(FillProfile{in})(c)
}

func (s *Service) apiImpact(c *web.Context) error {
	i, err := s.Impact(c.Request.Context(), c.Actor, c.Param("version"))
	return answer(c, http.StatusOK, i, err)
}

func (s *Service) apiTakeEffect(c *web.Context) error {
	var in TakeEffect
	if err := c.Body(&in); err != nil {
		return err
	}
	return s.apiDoProfile(in)(c)
}

func (s *Service) apiDoProfile(command Command) web.Handler {
	return func(c *web.Context) error {
		e, err := s.DoProfile(c.Request.Context(), c.Actor, c.Param("version"), command)
		return answer(c, http.StatusOK, e, err)
	}
}

func (s *Service) apiOverlays(c *web.Context) error {
	all, err := s.Overlays(c.Request.Context(), c.Actor, c.Param("body"))
	return answer(c, http.StatusOK, Owns{append([]OwnView{}, all...)}, err)
}

func (s *Service) apiProposeOverlay(c *web.Context) error {
	var in Tightening
	if err := c.Body(&in); err != nil {
		return err
	}
	o, err := s.ProposeOverlay(c.Request.Context(), c.Actor, c.Param("body"), in)
	return answer(c, http.StatusCreated, o, err)
}

func (s *Service) apiDoOverlay(command func(*web.Context) (Command, error)) web.Handler {
	return func(c *web.Context) error {
		n, err := strconv.Atoi(c.Param("n"))
		if err != nil || n < 1 {
			return notFound()
		}
		in, err := command(c)
		if err != nil {
			return err
		}
		o, err := s.DoOverlay(c.Request.Context(), c.Actor, c.Param("body"), n, in)
		return answer(c, http.StatusOK, o, err)
	}
}
