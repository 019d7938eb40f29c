package condition

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/casework/codelist"
)

//go:embed scenarios.json
var codeFiles embed.FS

// ScenarioCode is a scenario (应用场景) that a condition may name, and an
// applicant's use falls under. The list is data, not law.
type ScenarioCode struct {
	Code  string      `json:"code"`
	Name  locale.Text `json:"name"`
	Ended bool        `json:"ended,omitempty"` // nothing new may take it
}

// ScenarioSource knows the scenarios in force.
type ScenarioSource interface{ InForce() []ScenarioCode }

// FirstEdition returns the scenarios that the platform is delivered with, as
// codelist keeps them.
func FirstEdition() (all []codelist.Entry, err error) {
	data, err := codeFiles.ReadFile("scenarios.json")
	var codes []ScenarioCode
	if err == nil {
		err = json.Unmarshal(data, &codes)
	}
	if err != nil {
		return nil, fmt.Errorf("load scenarios: %w", err)
	}
	for _, c := range codes {
		all = append(all, codelist.Entry{List: codelist.Scenarios, Code: c.Code, Name: c.Name})
	}
	return all, nil
}

// FromLists returns the scenarios that s keeps: what is entered there counts
// at once.
func FromLists(s *codelist.Service) ScenarioSource { return lists{s} }

type lists struct{ *codelist.Service }

func (l lists) InForce() (all []ScenarioCode) {
	today := l.Today()
	for _, e := range l.Entries(codelist.Scenarios) {
		if e.From <= today {
			all = append(all, ScenarioCode{e.Code, e.Name, !e.Holds(today)})
		}
	}
	return all
}

// Scenarios returns the scenarios in force, those too that have ended: sets
// may name them. They are public.
func (s *Service) Scenarios() []ScenarioCode { return s.Codes.InForce() }

// whole returns c as it is kept: no blanks at the ends, no list of codes with
// blanks or repeats, no field of another kind of condition, and an id for
// every material.
func whole(c Content) Content {
	conditions := make([]Condition, len(c.Conditions))
	for i, x := range c.Conditions {
		conditions[i] = wholeCondition(x)
	}
	materials := make([]Material, len(c.Materials))
	taken := map[string]bool{}
	for i, m := range c.Materials {
		m.ID, m.Name, m.Note = strings.TrimSpace(m.ID), trim(m.Name), trim(m.Note)
		materials[i], taken[m.ID] = m, true
	}
	for i, m := range materials {
		if m.ID == "" {
			materials[i].ID = free(taken, string(m.Type))
		}
	}
	c.Conditions, c.Materials, c.Applicants, c.Modes = conditions, materials, codes(c.Applicants, Applicants), codes(c.Modes, Modes)
	c.ExcludeReason = trim(c.ExcludeReason)
	if len(c.Applicants) == len(Applicants) {
		c.ExcludeReason = locale.Text{}
	}
	return c
}

func wholeCondition(c Condition) Condition {
	out := Condition{Kind: c.Kind, Text: trim(c.Text), Risk: trim(c.Risk)}
	switch c.Kind {
	case Scenario:
		out.Allow, out.Deny = codes(c.Allow, nil), codes(c.Deny, nil)
	case Security, Capability:
		out.Evidence, out.Level = c.Evidence, c.Level
		if e, ok := FindEvidence(c.Evidence); ok && e.Levels == nil {
			out.Level = ""
		}
	case Feedback:
		out.Every, out.Spot, out.Cite = c.Every, c.Spot, c.Cite
	case Credit:
		out.Lists = codes(c.Lists, CreditLists)
	}
	return out
}

// free returns the first id that is not taken: "security", "security_2" …
func free(taken map[string]bool, stem string) string {
	if !validSlug(stem) {
		stem = "material"
	}
	id := stem
	for n := 2; taken[id]; n++ {
		id = stem + "_" + strconv.Itoa(n)
	}
	taken[id] = true
	return id
}

func trim(t locale.Text) locale.Text {
	return locale.Text{ZH: strings.TrimSpace(t.ZH), EN: strings.TrimSpace(t.EN)}
}

// codes returns the codes of all, each once, in the given order and those that
// it does not name by the alphabet: the order in which boxes were ticked is no
// difference. It is never nil.
func codes[S ~string](all, order []S) []S {
	out := []S{}
	for _, x := range all {
		if x != "" && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b S) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a), slices.Index(order, b)), cmp.Compare(a, b))
	})
	return out
}
