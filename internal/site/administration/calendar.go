package administration

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/calendar"
	"kaishu/internal/infra/web"
	"kaishu/internal/site/layout"
)

func (s *Service) calendarRoutes() []web.Route {
	rule := func(verb string) permit.Rule { return calendar.Table.Rule("calendar", verb) }
	blank := func(show func(*web.Context, layout.Form) error) web.Handler {
		return func(c *web.Context) error { return show(c, layout.Form{}) }
	}
	return []web.Route{
		{Method: "GET", Path: "/{lang}/office/calendar", Name: "administration.calendar", May: calendar.Look, Do: s.calendar},
		{Method: "GET", Path: "/{lang}/office/calendar/paste", Name: "administration.paste", May: rule("enter"),
			Do: func(c *web.Context) error { return s.paste(c, layout.Form{}, calendar.Draft{}) }},
		{Method: "POST", Path: "/{lang}/office/calendar/paste", Name: "administration.read_notice", May: rule("enter"), Do: s.readNotice},
		{Method: "GET", Path: "/{lang}/office/calendar/type", Name: "administration.type", May: rule("enter"),
			Do: func(c *web.Context) error { return s.typeNotice(c, layout.Blank(c, nil), nil) }},
		{Method: "POST", Path: "/{lang}/office/calendar/type", Name: "administration.enter_notice", May: rule("enter"), Do: s.enterNotice},
		{Method: "GET", Path: "/{lang}/office/calendar/notices/{id}", Name: "administration.notice", May: calendar.Look, Do: blank(s.notice)},
		{Method: "POST", Path: "/{lang}/office/calendar/notices/{id}/confirm", Name: "administration.confirm_notice", May: rule("confirm"),
			Do: func(c *web.Context) error { return s.moveNotice(c, "notice_confirmed", &calendar.Confirm{}) }},
		{Method: "POST", Path: "/{lang}/office/calendar/notices/{id}/discard", Name: "administration.discard_notice", May: rule("discard"),
			Do: func(c *web.Context) error { return s.moveNotice(c, "discarded", &calendar.Discard{}) }},
	}
}

// The years that the calendar shows.
const (
	firstYear = 2004 // of the first notice that the platform comes with
	lastYear  = 2100
)

type calendarPage struct {
	page
	Year        calendar.Year
	Before      string // address of the year before; "" if there is none
	After       string
	Months      []month
	Days        []int // 1 … 31
	Notices     []noticeRow
	Missing     int    // next year, in its last two months, while its notice is not entered; 0 for none
	Paste, Type string // "" if the reader may not enter notices
}

// month is one row of the year.
type month struct {
	Number int
	Days   []cell
}

// cell is one day: "" for a day that does not exist or a plain working day.
type cell struct {
	Mark string // "off", "worked", "weekend" or ""
	Day  workday.Date
}

type noticeRow struct {
	calendar.Listed
	Href    string
	Changed int // due days that moved
	Counted bool
}

func (s *Service) calendar(c *web.Context) error {
	p := calendarPage{page: s.begin(c, "calendar")}
	year := c.Int("year", workday.Of(s.Clock.Now()).Year(), firstYear, lastYear)
	if err := c.Wrong(); err != nil {
		return err
	}
	if today := workday.Of(s.Clock.Now()); today.Time().Month() >= time.November && !s.Calendar.Calendar().Covers(today.Year()+1) {
		p.Missing = today.Year() + 1
	}
	here := layout.URL(c, "administration.calendar")
	p.Year, p.Months = s.Calendar.YearInForce(year), months(s.Calendar.Calendar(), year)
	if year > firstYear {
		p.Before = fmt.Sprintf("%s?year=%d", here, year-1)
	}
	if year < lastYear {
		p.After = fmt.Sprintf("%s?year=%d", here, year+1)
	}
	for n := range 31 {
		p.Days = append(p.Days, n+1)
	}
	all, err := s.Calendar.Notices(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	for _, n := range all {
		row := noticeRow{Listed: n, Href: layout.URL(c, "administration.notice", n.ID), Counted: n.Moved != nil}
		for _, m := range n.Moved {
			row.Changed += m.Changed
		}
		p.Notices = append(p.Notices, row)
	}
	if calendar.Table.Rule("calendar", "enter").Asked(c.Actor) == nil {
		p.Paste, p.Type = layout.URL(c, "administration.paste"), layout.URL(c, "administration.type")
	}
	return s.pages.Render(c, p.status(), "calendar", p)
}

func months(in workday.Calendar, year int) (all []month) {
	for n := range 12 {
		m := month{Number: n + 1}
		for day := range 31 {
			d := workday.Date(fmt.Sprintf("%04d-%02d-%02d", year, n+1, day+1))
			m.Days = append(m.Days, cell{mark(in, d), d})
		}
		all = append(all, m)
	}
	return all
}

func mark(in workday.Calendar, d workday.Date) string {
	if !d.Valid() {
		return ""
	}
	weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
	works := calendar.Works(in, d)
	switch {
	case weekend && works:
		return "worked"
	case weekend:
		return "weekend"
	case !works:
		return "off"
	}
	return ""
}

type pastePage struct {
	formPage
	Items []calendar.Item
}

func (s *Service) paste(c *web.Context, f layout.Form, d calendar.Draft) error {
	p := pastePage{formPage: formPage{page: s.begin(c, "paste"), Lead: c.Say("administration.paste.lead")}, Items: d.Items}
	p.Form, p.Crumbs = f, s.crumb(c, "calendar")
	f = fields(c, f)
	p.Sheet = sheet(c, "administration.read", "administration.read_notice").with(
		f.Field("area", "/text", "administration.field.text").Hint("administration.hint.text").Need(),
		f.Field("number", "/year", "administration.field.year").Hint("administration.hint.year").Narrow())
	return s.pages.Render(c, p.status(), "form_items", p)
}

// readNotice reads a pasted text. What it says goes into the form that is
// otherwise typed, where it is looked over and sent.
func (s *Service) readNotice(c *web.Context) error {
	var x calendar.Paste
	if err := c.Form(&x); err != nil {
		return done(c, err, func(f layout.Form) error { return s.paste(c, f, calendar.Draft{}) }, "", "administration.paste")
	}
	read, err := s.Calendar.ReadPaste(x)
	if told := layout.Told(err); told != nil {
		return s.paste(c, layout.Again(c, told), read.Draft)
	}
	if err != nil {
		return err
	}
	return s.typeNotice(c, layout.Blank(c, typed{Year: read.Content.Year, Number: read.Content.Number, Off: lines(read.Content.Off),
		Worked: lines(read.Content.Worked), Text: x.Text}), read.Items)
}

// typed is a notice as a form holds it: days as text.
type typed struct {
	Year   int    `json:"year"`
	Number string `json:"number"`
	URL    string `json:"url"`
	Off    string `json:"off"`
	Worked string `json:"worked"`
	Text   string `json:"text"`
}

func lines(days []workday.Date) string {
	all := make([]string, len(days))
	for i, d := range days {
		all[i] = string(d)
	}
	return strings.Join(all, " ")
}

// split reads days, however they are parted.
func split(text string) []workday.Date {
	all := []workday.Date{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;，；、。\u3000", r) }) {
		all = append(all, workday.Date(word))
	}
	return all
}

func (s *Service) typeNotice(c *web.Context, f layout.Form, items []calendar.Item) error {
	p := pastePage{formPage: formPage{page: s.begin(c, "type"), Lead: c.Say("administration.type.lead")}, Items: items}
	p.Form, p.Crumbs = f, s.crumb(c, "calendar")
	if items != nil {
		p.Lead = c.Say("administration.type.check")
	}
	p.Sheet = sheet(c, "administration.enter", "administration.enter_notice").with(
		f.Field("number", "/year", "administration.field.year").Need().Narrow(),
		f.Field("text", "/number", "administration.field.number").Hint("administration.hint.number").Need().Max(80),
		f.Field("text", "/url", "administration.field.url").Hint("administration.hint.url").Need().Max(400),
		f.Field("area", "/off", "administration.field.off").Hint("administration.hint.days").Need(),
		f.Field("area", "/worked", "administration.field.worked").Hint("administration.hint.days")).and("/text", f.Value("/text"))
	return s.pages.Render(c, p.status(), "form_items", p)
}

func (s *Service) enterNotice(c *web.Context) error {
	var x typed
	var n calendar.Notice
	err := c.Form(&x)
	if err == nil {
		n, err = s.Calendar.Do(c.Request.Context(), c.Actor, "", calendar.Enter{Content: calendar.Content{Year: x.Year, Number: strings.TrimSpace(x.Number),
			URL: strings.TrimSpace(x.URL), Off: split(x.Off), Worked: split(x.Worked), Text: x.Text}})
	}
	return done(c, at(err, "/off", "/worked"), func(f layout.Form) error { return s.typeNotice(c, f, nil) }, "notice_entered", "administration.notice", n.ID)
}

type noticePage struct {
	page
	Notice   calendar.Preview
	Lines    []string // of the text as pasted
	Entered  workday.Date
	Confirm  *form
	Discard  *form
	FourEyes bool // the reader entered it, so another must confirm it
}

func (s *Service) notice(c *web.Context, f layout.Form) error {
	n, err := s.Calendar.Look(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	p := noticePage{page: s.begin(c, "notice"), Notice: n, Entered: dayOf(n.EnteredAt), FourEyes: n.Stage == calendar.StageEntered && c.Actor.Is(n.Did["enter"])}
	p.Form, p.Crumbs, p.Lines = f, s.crumb(c, "calendar"), strings.FieldsFunc(n.Text, func(r rune) bool { return r == '\n' })
	p.Title = c.Say("administration.notice.of", "year", strconv.Itoa(n.Year))
	p.Heading.ZH, p.Heading.EN = p.Title, p.Title
	p.Confirm, p.Discard = s.decisions(c, calendar.Table.Open(n.Stage, c.Actor, n.Did), f, "notice", n.ID)
	return s.pages.Render(c, p.status(), "notice", p)
}

// decisions are the two forms of the second person: confirm and discard.
func (s *Service) decisions(c *web.Context, open []string, f layout.Form, what, id string) (confirm, discard *form) {
	for _, verb := range open {
		step := sheet(c, "administration."+verb, "administration."+verb+"_"+what, id)
		switch verb {
		case "confirm":
			confirm = &step
		case "discard":
			step = step.with(fields(c, f).Field("area", "/reason", "administration.field.reason").Need().Max(500))
			step.Second = true
			discard = &step
		}
	}
	return confirm, discard
}

func dayOf(instant string) workday.Date {
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		at, err = clock.Parse(instant)
	}
	if err != nil {
		return ""
	}
	return workday.Of(at)
}

func (s *Service) moveNotice(c *web.Context, said string, command calendar.Command) error {
	id := c.Param("id")
	command, err := decision(c, command)
	if err == nil {
		_, err = s.Calendar.Do(c.Request.Context(), c.Actor, id, command)
	}
	return done(c, err, func(f layout.Form) error { return s.notice(c, f) }, said, "administration.notice", id)
}

// decision reads the form of a second person.
func decision(c *web.Context, command calendar.Command) (calendar.Command, error) {
	if discard, ok := command.(*calendar.Discard); ok {
		err := c.Form(discard)
		return *discard, err
	}
	return calendar.Confirm{}, nil
}
