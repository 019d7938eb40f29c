package calendar

import (
	"net/http"
	"slices"
	"strconv"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
)

// Year is the JSON answer about one year: what is in force of it.
type Year struct {
	Year        int            `json:"year"`
	Provisional bool           `json:"provisional"` // its notice is not known yet: Monday to Friday are taken
	Number      string         `json:"number,omitempty"`
	Addresses   []string       `json:"addresses,omitempty"`
	Off         []workday.Date `json:"off"`
	Worked      []workday.Date `json:"worked"`
}

// Notices is the JSON answer of the list of notices that were entered.
type Notices struct {
	Items []Listed `json:"items"`
}

// TermInForce is a term as the public sees it.
type TermInForce struct {
	Name    string       `json:"name"`
	Length  int          `json:"length"`
	Unit    terms.Unit   `json:"unit"`
	Article string       `json:"article,omitempty"` // "" for a default of ours
	From    workday.Date `json:"from"`
	Until   workday.Date `json:"until,omitempty"`
}

// Terms is the JSON answer of the list of terms.
type Terms struct {
	Items []TermInForce `json:"items"`
}

// Paste is a text to be read; Year counts if the text does not tell.
type Paste struct {
	Text string `json:"text"`
	Year int    `json:"year,omitempty"`
}

// Pasted is what a text says.
type Pasted struct {
	Draft
	Content Content `json:"content"` // as it would be entered: the address is missing
}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	id := []web.Param{{Name: "id", Type: "string", Example: "ntc_01KAWM3V9QX4T2E6R8Y0ZBCDFG"}}
	all := []web.Route{
		{Method: "GET", Path: "/api/v1/calendar/{year}", Name: "calendar.year", May: permit.Public, Answer: Year{}, Do: s.apiYear,
			Place: []web.Param{{Name: "year", Type: "integer", Example: "2026"}}},
		{Method: "GET", Path: "/api/v1/calendar/notices", Name: "calendar.notices", May: Look, Answer: Notices{}, Do: s.apiNotices},
		{Method: "GET", Path: "/api/v1/calendar/notices/{id}", Name: "calendar.notice", May: Look, Place: id, Answer: Preview{}, Do: s.apiNotice},
		{Method: "POST", Path: "/api/v1/calendar/read", Name: "calendar.read", May: Table.Rule("calendar", "enter"), Body: Paste{}, Answer: Pasted{}, Do: s.apiRead},
		{Method: "POST", Path: "/api/v1/calendar/notices", Name: "calendar.enter", May: Table.Rule("calendar", "enter"), Body: Content{}, Answer: Notice{},
			Do: command[Enter](s.Do)},
		{Method: "POST", Path: "/api/v1/calendar/notices/{id}/confirm", Name: "calendar.confirm", May: Table.Rule("calendar", "confirm"), Place: id, Answer: Notice{},
			Do: command[Confirm](s.Do)},
		{Method: "POST", Path: "/api/v1/calendar/notices/{id}/discard", Name: "calendar.discard", May: Table.Rule("calendar", "discard"), Place: id, Body: Discard{}, Answer: Notice{},
			Do: command[Discard](s.Do)},
		{Method: "GET", Path: "/api/v1/terms", Name: "calendar.terms", May: permit.Public, Answer: Terms{}, Do: s.apiTerms},
		{Method: "POST", Path: "/api/v1/terms", Name: "calendar.term_enter", May: TermTable.Rule("calendar", "enter"), Body: TermContent{}, Answer: Term{},
			Do: command[EnterTerm](s.DoTerm)},
		{Method: "POST", Path: "/api/v1/terms/{id}/confirm", Name: "calendar.term_confirm", May: TermTable.Rule("calendar", "confirm"), Place: id, Answer: Term{},
			Do: command[Confirm](s.DoTerm)},
		{Method: "POST", Path: "/api/v1/terms/{id}/discard", Name: "calendar.term_discard", May: TermTable.Rule("calendar", "discard"), Place: id, Body: Discard{}, Answer: Term{},
			Do: command[Discard](s.DoTerm)},
	}
	for i := range all {
		all[i].API = true
	}
	return all
}

// YearInForce returns what is in force of a year.
func (s *Service) YearInForce(year int) Year {
	c := s.Calendar()
	n, known := c.Notice(year)
	y := Year{Year: year, Provisional: !known, Number: n.Number, Addresses: n.Addresses, Off: []workday.Date{}, Worked: []workday.Date{}}
	first, last := workday.Date(strconv.Itoa(year)+"-01-01"), workday.Date(strconv.Itoa(year)+"-12-31")
	// Days of the turn of the year may stand in the notice of the next one.
	for _, of := range []int{year, year + 1} {
		n, _ := c.Notice(of)
		for _, d := range n.Off {
			if first <= d && d <= last && !Works(c, d) {
				y.Off = append(y.Off, d)
			}
		}
		for _, d := range n.Worked {
			if first <= d && d <= last && Works(c, d) {
				y.Worked = append(y.Worked, d)
			}
		}
	}
	y.Off, y.Worked = slices.Compact(sorted(y.Off)), slices.Compact(sorted(y.Worked))
	return y
}

func (s *Service) apiYear(c *web.Context) error {
	year, err := strconv.Atoi(c.Param("year"))
	if err != nil || year < 1950 || year > 2200 {
		return problem.New(problem.NotFound, "calendar.no_such_year", "year", c.Param("year"))
	}
	return c.JSON(http.StatusOK, s.YearInForce(year))
}

func (s *Service) apiNotices(c *web.Context) error {
	all, err := s.Notices(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Notices{all})
}

func (s *Service) apiNotice(c *web.Context) error {
	p, err := s.Look(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

// ReadPaste reads a text as a notice to be entered. It changes nothing.
func (s *Service) ReadPaste(x Paste) (Pasted, error) {
	d, err := Read(x.Text, x.Year)
	before, _ := s.Calendar().Notice(d.Year)
	p := Pasted{Draft: d, Content: d.Content(before)}
	p.Content.Text = x.Text
	return p, err
}

func (s *Service) apiRead(c *web.Context) error {
	var x Paste
	if err := c.Body(&x); err != nil {
		return err
	}
	p, err := s.ReadPaste(x)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiTerms(c *web.Context) error {
	all := Terms{Items: []TermInForce{}}
	for _, t := range s.Book().Terms() {
		all.Items = append(all.Items, TermInForce(t))
	}
	return c.JSON(http.StatusOK, all)
}
