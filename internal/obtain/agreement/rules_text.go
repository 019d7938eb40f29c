package agreement

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Mandatory are the clauses that Article 20 names: requirements of the
// scenario, reporting of use, security measures, liability for breach.
var Mandatory = []string{"scenario", "reporting", "security", "breach"}

// Template is a version of the wording of agreements, with the days between
// which agreements are made by it. In its texts, words in braces stand for what
// differs from agreement to agreement.
type Template struct {
	Version   int                    `json:"version"`
	From      workday.Date           `json:"from"`
	Until     workday.Date           `json:"until,omitempty"` // "" for open-ended
	Source    string                 `json:"source"`          // "[D]": a wording of ours
	PerMinute int                    `json:"per_minute"`      // most calls of an API in a minute
	Title     locale.Text            `json:"title"`
	Head      locale.Text            `json:"head"`   // above the clauses
	Data      locale.Text            `json:"data"`   // of each dataset
	Clause    locale.Text            `json:"clause"` // above each clause
	Whole     locale.Text            `json:"whole"`  // in place of a first or last day
	Comma     locale.Text            `json:"comma"`
	Modes     map[string]locale.Text `json:"modes"`
	Clauses   []Clause               `json:"clauses"`
}

// InForce reports whether agreements are made by t on day.
func (t Template) InForce(day workday.Date) bool {
	return t.From <= day && (t.Until == "" || day <= t.Until)
}

// Lacks returns the clauses of Article 20 that t does not have in both
// languages.
func (t Template) Lacks() (codes []string) {
	for _, code := range Mandatory {
		if !slices.ContainsFunc(t.Clauses, func(c Clause) bool {
			return c.Code == code && c.Mandatory && c.Text.ZH != "" && c.Text.EN != "" && c.Title.ZH != "" && c.Title.EN != ""
		}) {
			codes = append(codes, code)
		}
	}
	return codes
}

// Fill returns the clauses of an agreement by t.
func (t Template) Fill(number string, s Subject) (all []Clause) {
	months := 0
	for _, g := range s.Datasets {
		months = max(months, g.Months)
	}
	words := []string{"{number}", number, "{scenario}", s.Scenario.Title, "{purpose}", s.Scenario.Purpose, "{serves}", s.Scenario.Serves, "{months}", strconv.Itoa(months)}
	fill := strings.NewReplacer(words...)
	for _, c := range t.Clauses {
		c.Text = locale.Text{ZH: fill.Replace(c.Text.ZH), EN: fill.Replace(c.Text.EN)}
		all = append(all, c)
	}
	return all
}

// Write returns the text of an agreement in a language: lines that end in LF,
// in one form only, so that its hash is the same wherever it is taken. The
// Chinese is what is signed. User is the applicant's name.
func (t Template) Write(l locale.Lang, number string, s Subject, user locale.Text, clauses []Clause) string {
	in := func(x locale.Text) string { return x.In(l) }
	head := strings.NewReplacer("{title}", in(t.Title), "{number}", number, "{version}", strconv.Itoa(t.Version), "{publisher}", in(s.PublisherName), "{user}", in(user),
		"{application}", s.ApplicationNumber, "{order}", s.OrderNumber)
	var b strings.Builder
	line := func(text string) {
		b.WriteString(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \n") + "\n")
	}
	line(head.Replace(in(t.Head)))
	for i, g := range s.Datasets {
		day := func(d workday.Date) string {
			if d == "" {
				return in(t.Whole)
			}
			return string(d)
		}
		mode := strings.ReplaceAll(in(t.Modes[g.Mode]), "{per_minute}", strconv.Itoa(g.PerMinute))
		line(strings.NewReplacer("{n}", strconv.Itoa(i+1), "{dataset}", in(g.Title), "{slug}", g.Dataset, "{fields}", strings.Join(g.Fields, in(t.Comma)), "{from}", day(g.From), "{to}", day(g.To),
			"{mode}", mode, "{months}", strconv.Itoa(g.Months), "{set}", strconv.Itoa(g.Version)).Replace(in(t.Data)))
	}
	n := 0
	for _, c := range clauses {
		if c.Text.ZH == "" {
			continue
		}
		n++
		line("\n" + strings.NewReplacer("{n}", strconv.Itoa(n), "{title}", in(c.Title)).Replace(in(t.Clause)))
		line(in(c.Text))
	}
	return b.String()
}

// Record is the statement that the platform seals, of a text that both sides
// have signed: the text itself stands below it.
func Record(number string, edition int, from, until workday.Date, signatures []Signature, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "kaishu-agreement/1\nnumber %s\nedition %d\nin-force %s %s\n", number, edition, from, until)
	for _, s := range signatures {
		fmt.Fprintf(&b, "signed %s %s %s %s\n", s.Side, s.At.UTC().Format("2006-01-02T15:04:05.000Z"), s.SHA256, s.By)
	}
	b.WriteString("\n" + text)
	return b.String()
}
