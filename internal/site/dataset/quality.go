package dataset

import (
	"strconv"

	"kaishu/internal/base/problem"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/assessment"
)

// qualityPage is the score of a version, and how it is made. Requirements
// A16.1.
type qualityPage struct {
	*view
	Quality assessment.Quality
	Parts   []scorePart
	Results []scoreResult
	Lines   []assessment.Line // the versions
	JSON    string
}

// scorePart is one dimension.
type scorePart struct {
	assessment.Points
	Word   string
	Text   string
	Weight float64 // percent of the total, of all dimensions
}

type scoreResult struct {
	assessment.Result
	Part, Says, Found string
}

func (s *Service) quality(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "quality")
	if err != nil {
		return err
	}
	p := &qualityPage{view: v, JSON: "/api/v1/datasets/" + v.Entry.Slug + "/quality"}
	number := assessment.Latest
	if v.asked && v.Version != nil {
		number = v.Version.Number
		p.JSON = "/api/v1/datasets/" + v.Entry.Slug + "/versions/" + strconv.Itoa(number) + "/quality"
	}
	ctx := c.Request.Context()
	p.Quality, err = s.Assessments.Of(ctx, c.Actor, v.Entry.Slug, number)
	if problem.Is(err, problem.NotFound) {
		return s.pages.Render(c, v.status(), "quality", p)
	}
	if err != nil {
		return err
	}
	if p.Lines, err = s.Assessments.History(ctx, c.Actor, v.Entry.Slug); err != nil {
		return err
	}
	all := 0.0
	for _, d := range assessment.Dimensions {
		all += p.Quality.Weights["dimension."+string(d)]
	}
	for _, by := range p.Quality.Score.By {
		p.Parts = append(p.Parts, scorePart{by, c.Say("assessment.dimension." + string(by.Dimension)), assessment.PointsText(by.Points), 100 * p.Quality.Weights["dimension."+string(by.Dimension)] / all})
	}
	words := assessment.InWords(c, p.Quality).Words
	for i, r := range p.Quality.Results {
		p.Results = append(p.Results, scoreResult{r, words[i].Dimension, words[i].Rule, words[i].Found})
	}
	return s.pages.Render(c, v.status(), "quality", p)
}
