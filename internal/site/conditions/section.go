package conditions

import (
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/condition"
	"kaishu/internal/site/layout"
)

// Section is a set in the reader's words, for {{template "conditions" …}}.
type Section struct {
	condition.Set
	Rows       []Row
	Papers     []Paper
	Who        string        // who may apply
	Ways       string        // how the data is handed over
	Excludes   bool          // not everybody may apply; see ExcludeReason
	Older      []layout.Link // versions before this one
	Unendorsed bool          // an "other" condition waits to be endorsed
}

// Row is one condition in words.
type Row struct {
	Kind       string
	Text, Risk locale.Text
	Rules      []string // what follows from the codes
}

// Paper is one material in words.
type Paper struct {
	condition.Material
	Kind string
	Href string // of the template; "" for none
	File condition.Template
}

// Current returns the section of the set in force, and whether there is one.
func (s *Service) Current(c *web.Context, slug string) (x Section, ok bool, err error) {
	v, ok, err := s.Conditions.Now(c.Request.Context(), c.Actor, slug)
	if err != nil || !ok {
		return x, ok, err
	}
	x, err = s.section(c, v)
	return x, true, err
}

// section puts a set into words.
func (s *Service) section(c *web.Context, v condition.View) (Section, error) {
	x := Section{Set: v.Set, Excludes: len(v.Set.Applicants) < len(condition.Applicants), Unendorsed: v.Set.Has(condition.Other) && !v.Set.Endorsed,
		Who: list(c, "condition.applicant.", v.Set.Applicants), Ways: list(c, "condition.mode.", v.Set.Modes)}
	for _, o := range v.Set.Conditions {
		x.Rows = append(x.Rows, s.row(c, o))
	}
	for _, m := range v.Set.Materials {
		p := Paper{Material: m, Kind: c.Say("condition.material." + string(m.Type))}
		if file, ok := v.Template(m.Template); ok && m.Template != "" {
			p.File, p.Href = file, c.URL("condition.template", v.Set.Entry, file.ID)
		}
		x.Papers = append(x.Papers, p)
	}
	all, err := s.Conditions.History(c.Request.Context(), c.Actor, v.Set.Entry)
	for _, old := range all {
		if old.Published() && old.Version < v.Set.Version {
			x.Older = append(x.Older, layout.Link{Name: c.Say("conditions.version_from", "n", old.Version, "day", layout.Day(c.Lang, old.From)),
				Href: layout.URL(c, "conditions.version", old.Entry, old.Version)})
		}
	}
	return x, err
}

func (s *Service) row(c *web.Context, o condition.Condition) Row {
	r := Row{Kind: c.Say("condition.kind." + string(o.Kind)), Text: o.Text, Risk: o.Risk}
	rule := func(key, list string) {
		if list != "" {
			r.Rules = append(r.Rules, c.Say(key, "list", list))
		}
	}
	rule("conditions.only_for", s.scenarios(c, o.Allow))
	rule("conditions.not_for", s.scenarios(c, o.Deny))
	if o.Evidence != "" {
		words := c.Say("condition.evidence." + o.Evidence)
		if o.Level != "" {
			words = c.Say("conditions.at_least", "evidence", words, "level", c.Say("condition.level", "level", o.Level))
		}
		rule("conditions.proved_by", words)
	}
	if o.Cite {
		r.Rules = append(r.Rules, c.Say("conditions.cite"))
	}
	if o.Spot {
		r.Rules = append(r.Rules, c.Say("conditions.spot"))
	}
	if o.Every != "" {
		r.Rules = append(r.Rules, c.Say("conditions.report", "every", c.Say("condition.every."+o.Every)))
	}
	rule("conditions.not_listed", list(c, "condition.list_name.", o.Lists))
	return r
}

// scenarios names scenarios in the order of their list, those too that have
// ended.
func (s *Service) scenarios(c *web.Context, codes []string) string {
	var names []string
	for _, x := range s.Conditions.Scenarios() {
		if slices.Contains(codes, x.Code) {
			names = append(names, x.Name.In(c.Lang))
		}
	}
	return join(c, names)
}

func list[S ~string](c *web.Context, stem string, codes []S) string {
	var names []string
	for _, code := range codes {
		names = append(names, c.Say(stem+string(code)))
	}
	return join(c, names)
}

// join lists names as the language does.
func join(c *web.Context, names []string) string {
	if c.Lang == locale.EN {
		return strings.Join(names, ", ")
	}
	return strings.Join(names, "、")
}

// Change is one difference between two versions, in words.
type Change struct {
	What     string // kind of condition, name of a material …
	Do       string // message key
	Was, Now []string
}

// changes puts what differs into words.
func (s *Service) changes(c *web.Context, v condition.View) (all []Change) {
	for _, x := range v.Changes {
		one := Change{Do: "conditions.change." + x.Do}
		switch x.Of {
		case "condition":
			one.Was, one.Now = s.told(c, x.WasCondition), s.told(c, x.Condition)
			if any := x.Condition; any != nil {
				one.What = c.Say("condition.kind." + string(any.Kind))
			} else {
				one.What = c.Say("condition.kind." + string(x.WasCondition.Kind))
			}
		case "material":
			one.What = c.Say("conditions.material")
			one.Was, one.Now = paper(c, x.WasMaterial), paper(c, x.Material)
		case "applicants":
			one.What = c.Say("conditions.applicants")
			one.Was, one.Now = []string{list(c, "condition.applicant.", x.WasCodes)}, []string{list(c, "condition.applicant.", x.Codes)}
		case "modes":
			one.What = c.Say("conditions.modes")
			one.Was, one.Now = []string{list(c, "condition.mode.", x.WasCodes)}, []string{list(c, "condition.mode.", x.Codes)}
		case "exclude_reason":
			one.What, one.Now = c.Say("conditions.exclude_reason"), both(v.Set.ExcludeReason)
		}
		all = append(all, one)
	}
	return all
}

func (s *Service) told(c *web.Context, o *condition.Condition) (lines []string) {
	if o == nil {
		return nil
	}
	r := s.row(c, *o)
	lines = append(both(o.Text), r.Rules...)
	for _, risk := range both(o.Risk) {
		lines = append(lines, c.Say("conditions.risk_is", "risk", risk))
	}
	return lines
}

func paper(c *web.Context, m *condition.Material) []string {
	if m == nil {
		return nil
	}
	need := "conditions.optional"
	if m.Required {
		need = "conditions.required"
	}
	lines := append(both(m.Name), c.Say("condition.material."+string(m.Type))+" · "+c.Say(need))
	if m.Expires {
		lines = append(lines, c.Say("conditions.expires"))
	}
	if m.Template != "" {
		lines = append(lines, c.Say("conditions.has_template"))
	}
	return append(lines, both(m.Note)...)
}

// both are the texts that there are, whatever the reader's language: whoever
// judges a change must see both.
func both(t locale.Text) (lines []string) {
	for _, text := range []string{t.ZH, t.EN} {
		if text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}
