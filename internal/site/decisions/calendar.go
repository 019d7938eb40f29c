package decisions

import (
	"net/http"
	"strings"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/application"
	"kaishu/internal/obtain/review"
	"kaishu/internal/site/layout"
)

const ics = "text/calendar; charset=utf-8"

// day is one deadline.
type day struct {
	UID, Title, Href string
	On               workday.Date
}

type deadlinesPage struct {
	layout.Page
	Days   []day
	Since  time.Time
	Secret string // address, shown once; "" otherwise
	File   string
}

func (p *Pages) deadlines(c *web.Context) error { return p.shown(c, "") }

func (p *Pages) shown(c *web.Context, secret string) (err error) {
	page := deadlinesPage{Page: p.Layout.Page(c, c.Say("decisions.deadlines")), File: layout.URL(c, "decisions.ics")}
	page.NoIndex = true
	if page.Days, err = p.days(c, c.Actor); err != nil {
		return err
	}
	if page.Since, err = p.Feeds.Since(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	if secret != "" {
		page.Secret = c.Public(layout.URL(c, "decisions.feed", secret))
	}
	return p.pages.Render(c, http.StatusOK, "deadlines", page)
}

// makeFeed makes a secret address, shown this once.
func (p *Pages) makeFeed(c *web.Context) error {
	if err := c.ShowOnce(); err != nil {
		return err
	}
	secret, err := p.Feeds.Make(c.Request.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.shown(c, secret)
}

func (p *Pages) endFeed(c *web.Context) error {
	if err := p.Feeds.End(c.Request.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, layout.URL(c, "decisions.deadlines")+"?said=decisions.said_ended")
}

// mine answers the deadlines of whoever has signed in.
func (p *Pages) mine(c *web.Context) error { return p.answer(c, c.Actor) }

// read answers the deadlines of whose the secret address is. An address that
// is none is not found, whatever it is like.
func (p *Pages) read(c *web.Context) error {
	account, err := p.Feeds.Whose(c.Request.Context(), permit.Platform, strings.TrimSuffix(c.Param("secret"), ".ics"))
	if err != nil {
		return err
	}
	if account == "" {
		return problem.New(problem.NotFound, "web.nothing_here")
	}
	who, err := p.Actor(c.Request.Context(), account)
	if err != nil {
		return err
	}
	return p.answer(c, who)
}

func (p *Pages) answer(c *web.Context, who permit.Actor) error {
	days, err := p.days(c, who)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Cache-Control", string(web.Personal))
	return c.Bytes(http.StatusOK, ics, write(days, p.Clock.Now(), c.Say("decisions.deadlines")))
}

// days are the deadlines of somebody: what he waits for, and what waits for
// him; at most 200 of each.
func (p *Pages) days(c *web.Context, who permit.Actor) (all []day, err error) {
	ctx := c.Request.Context()
	add := func(id string, on workday.Date, title, route string, args ...any) {
		if on != "" {
			all = append(all, day{UID: id + "@kaishu", On: on, Title: title, Href: c.Public(layout.URL(c, route, args...))})
		}
	}
	if application.MayApply.Asked(who) == nil {
		my, err := p.Applications.My(ctx, who, "", 200)
		if err != nil {
			return nil, err
		}
		for _, b := range my.Items {
			add(b.ID+"-intake", workday.Date(b.Due), c.Say("decisions.day_intake", "number", b.Number), "apply.case", b.ID)
			add(b.ID+"-mend", b.Until, c.Say("decisions.day_mend", "title", b.Number+" "+b.Title), "apply.case", b.ID)
			if b.Stage != application.StageAccepted {
				continue
			}
			orders, err := p.Reviews.Of(ctx, who, b.ID)
			if err != nil {
				return nil, err
			}
			for _, o := range orders {
				if o.Stage != review.StageDecided && o.Stage != review.StageWithdrawn {
					add(o.ID, o.Due.Day, c.Say("decisions.day_review", "number", b.Number), "apply.case", b.ID)
				}
			}
		}
	}
	if application.MayCheck.Asked(who) == nil {
		queue, err := p.Applications.Queue(ctx, who, "", 200)
		if err != nil {
			return nil, err
		}
		for _, b := range queue.Items {
			add(b.ID+"-intake", workday.Date(b.Due), c.Say("decisions.day_check", "number", b.Number), "intakedesk.case", b.ID)
		}
	}
	if review.MayReview.Asked(who) == nil || review.MayAdvise.Asked(who) == nil {
		queue, err := p.Reviews.Queue(ctx, who, "", 200)
		if err != nil {
			return nil, err
		}
		for _, b := range queue.Items {
			add(b.ID, b.Due, c.Say("decisions.day_order", "number", b.Number), "reviewdesk.order", b.ID)
		}
	}
	return all, nil
}

// write makes a calendar of whole days (RFC 5545).
func write(days []day, now time.Time, name string) []byte {
	var b strings.Builder
	line := func(text string) { b.WriteString(fold(text) + "\r\n") }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Kaishu//deadlines//ZH")
	line("X-WR-CALNAME:" + escape(name))
	for _, d := range days {
		line("BEGIN:VEVENT")
		line("UID:" + d.UID)
		line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE:" + strings.ReplaceAll(string(d.On), "-", ""))
		line("DTEND;VALUE=DATE:" + strings.ReplaceAll(string(d.On.AddDays(1)), "-", ""))
		line("SUMMARY:" + escape(d.Title))
		line("URL:" + d.Href)
		line("TRANSP:TRANSPARENT")
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return []byte(b.String())
}

// escape writes a text value.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\r", "").Replace(text)
}

// fold breaks a line so that none has more than 75 bytes, between characters.
func fold(line string) string {
	var b strings.Builder
	n := 0
	for _, r := range line {
		size := len(string(r))
		if n+size > 75 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += size
	}
	return b.String()
}
