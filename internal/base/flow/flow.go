// Package flow holds a workflow as a table: who may do what, from which stage
// to which, under which article. The rules, the page that draws the buttons,
// the API that lists the next steps and the document that shows the diagram
// all read the same table, so they cannot disagree.
package flow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Step is one row.
type Step[S ~string] struct {
	Do      string      // the command's verb, e.g. "release"
	From    []S         // stages in which it may be done
	To      S           // the stage it leads to; "" if it stays
	By      permit.Role // who may do it
	Not     string      // verbs whose doers may not do this one (four eyes), with blanks between
	Article string      // e.g. "16(1)"; "" where the regulation is silent
}

// Bars reports whether who did what whoever does this step may not have done,
// where did names the [permit.Actor.Doer] who last did each verb. What was done
// for another (代办) bars both, and whoever acts for either.
func (s Step[S]) Bars(who permit.Actor, did map[string]string) bool {
	return slices.ContainsFunc(strings.Fields(s.Not), func(verb string) bool { return who.Is(did[verb]) })
}

// Did returns before with the doer that last did verb; before stays as it is.
func Did(before map[string]string, verb, doer string) map[string]string {
	after := maps.Clone(before)
	if after == nil {
		after = map[string]string{}
	}
	after[verb] = doer
	return after
}

// Table is a whole workflow. Rows are in the order of a case's usual life.
type Table[S ~string] []Step[S]

// Permit returns nil if who may do the verb at stage at, where did names the
// [permit.Actor.Doer] who last did each verb. Who comes before when: an outsider gets
// Forbidden and learns nothing about the stage.
func (t Table[S]) Permit(at S, do string, who permit.Actor, did map[string]string) error {
	mine, fourEyes := false, false
	for _, s := range t {
		if s.Do != do || !who.Has(s.By) {
			continue
		}
		mine = true
		if !slices.Contains(s.From, at) {
			continue
		}
		if !s.Bars(who, did) {
			return nil
		}
		fourEyes = true
	}
	switch {
	case !mine:
		return problem.New(problem.Forbidden, "flow.not_your_step")
	case fourEyes:
		return problem.New(problem.Forbidden, "flow.four_eyes")
	}
	return problem.New(problem.Conflict, "flow.not_at_this_stage")
}

// Why is what one row says of a decision.
type Why struct {
	By           permit.Role
	From         []string
	To, Article  string
	Not          []string // verbs whose doers may not do this one
	Held, AtTime bool     // who has the role; the case is at a stage of From
	Barred       []string // those of Not that who did himself
}

// Explain says, row by row, why who may or may not do the verb at stage at.
func (t Table[S]) Explain(at S, do string, who permit.Actor, did map[string]string) (all []Why) {
	for _, s := range t {
		if s.Do != do {
			continue
		}
		w := Why{By: s.By, To: string(s.To), Article: s.Article, Not: strings.Fields(s.Not), Held: who.Has(s.By), AtTime: slices.Contains(s.From, at)}
		for _, from := range s.From {
			w.From = append(w.From, string(from))
		}
		for _, verb := range w.Not {
			if who.Is(did[verb]) {
				w.Barred = append(w.Barred, verb)
			}
		}
		all = append(all, w)
	}
	return all
}

// Rule returns the permission rule of a verb: every role that some row lets do
// it. It panics if no row has the verb, since that is a fault of the program.
func (t Table[S]) Rule(concept, do string) permit.Rule {
	r := permit.Rule{Act: concept + "." + do}
	for _, s := range t {
		if s.Do == do && !slices.Contains(r.By, s.By) {
			r.By = append(r.By, s.By)
			r.Article = cmp.Or(r.Article, s.Article)
		}
	}
	if len(r.By) == 0 {
		panic("flow: no step does " + do)
	}
	return r
}

// Has reports whether some row does verb.
func (t Table[S]) Has(verb string) bool {
	return slices.ContainsFunc(t, func(s Step[S]) bool { return s.Do == verb })
}

// Open returns the verbs that who may do at stage at, in table order, each
// once.
func (t Table[S]) Open(at S, who permit.Actor, did map[string]string) []string {
	var verbs []string
	for _, s := range t {
		if !slices.Contains(verbs, s.Do) && t.Permit(at, s.Do, who, did) == nil {
			verbs = append(verbs, s.Do)
		}
	}
	return verbs
}

// Stages returns every stage that the table names, in order of appearance.
func (t Table[S]) Stages() []S {
	var all []S
	for _, s := range t {
		for _, stage := range append(slices.Clone(s.From), s.To) {
			if stage != "" && !slices.Contains(all, stage) {
				all = append(all, stage)
			}
		}
	}
	return all
}

// Mermaid draws the table as a state diagram.
func (t Table[S]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range t {
		for _, from := range s.From {
			label := fmt.Sprintf("%s · %s", s.By, s.Do)
			if s.Article != "" {
				label += " · art. " + s.Article
			}
			fmt.Fprintf(&b, "    %s --> %s: %s\n", cmp.Or(string(from), "[*]"), cmp.Or(s.To, from), label)
		}
	}
	return b.String()
}

// Markdown prints every column of the table, so that no rule can change
// without a change that a lawyer can read.
func (t Table[S]) Markdown() string {
	var b strings.Builder
	b.WriteString("| from | who | does | to | but not whoever did | article |\n|---|---|---|---|---|---|\n")
	for _, s := range t {
		from := make([]string, len(s.From))
		for i, f := range s.From {
			from[i] = cmp.Or(string(f), "(none)")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", strings.Join(from, ", "), s.By, s.Do, s.To, s.Not, s.Article)
	}
	return b.String()
}
