package timeliness

import (
	"strings"
	"time"

	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
)

// Shown is a finding in the reader's language.
type Shown struct {
	View
	Words Words `json:"words"`
}

// Words say what a finding is about.
type Words struct {
	Problem string   `json:"problem"`
	Stage   string   `json:"stage"`
	Says    []string `json:"says"`    // what is the matter
	Do      string   `json:"do"`      // and what to do
	History []string `json:"history"` // of one finding: what happened, oldest first
}

// Definition is what one detector looks for, in the reader's language.
type Definition struct {
	Problem Problem        `json:"problem"`
	Title   string         `json:"title"`
	About   string         `json:"about"`
	Article string         `json:"article"`
	Figures map[string]int `json:"figures,omitempty"` // thresholds that hold today, by name
}

// InWords writes a finding in the reader's language.
func InWords(c *web.Context, v View) Shown {
	args := map[string]any{}
	for name, n := range v.Figures {
		args[name] = n
	}
	x := Shown{View: v, Words: Words{Problem: c.Say("timeliness.problem." + string(v.Problem)), Stage: c.Say("timeliness.stage." + string(v.Stage)), Do: c.Say("timeliness.do." + string(v.Problem)), Says: []string{}, History: []string{}}}
	for _, code := range v.Says {
		x.Words.Says = append(x.Words.Says, c.SayWith("timeliness.says."+code, args))
	}
	for _, l := range v.History {
		x.Words.History = append(x.Words.History, c.Say("timeliness.event."+l.Word()))
	}
	return x
}

// Line is one line of a finding's history.
type Line struct {
	Kind  string    `json:"kind"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"` // account
}

// Word is the event's name within this package, e.g. "found".
func (l Line) Word() string { return strings.TrimPrefix(l.Kind, "timeliness.") }

// Definitions writes what the detectors look for on day.
func Definitions(c *web.Context, day workday.Date) (all []Definition) {
	t := ThresholdsOn(day)
	for _, d := range Detectors {
		x := Definition{Problem: d.Problem, Article: d.Article, Title: c.Say("timeliness.problem." + string(d.Problem)), Figures: map[string]int{}}
		args := map[string]any{}
		for _, name := range d.Thresholds {
			_, short, _ := strings.Cut(name, ".")
			x.Figures[name], args[short] = t[name], t[name]
		}
		x.About = c.SayWith("timeliness.about."+string(d.Problem), args)
		all = append(all, x)
	}
	return all
}
