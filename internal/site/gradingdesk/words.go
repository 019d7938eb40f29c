package gradingdesk

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/grading"
)

// reason puts a step of a trace into words, by the profile and the overlay
// that it was made by.
func reason(c *web.Context, p grading.Profile, o grading.Overlay, s grading.Step) string {
	comma := c.Say("gradingdesk.comma")
	args := []any{"from", strings.ReplaceAll(s.From, "、", comma), "level", s.Level, "with", strings.Join(s.With, comma), "rule", ruleWords(p, o, s)}
	for _, a := range p.Dimensions {
		if a.Code == s.Dimension {
			args = append(args, "dimension", a.Name)
		}
	}
	if s.Type.Known() {
		args = append(args, "type", c.Say("openlist.opening."+string(s.Type)))
	}
	return c.Say(s.Say, args...)
}

func ruleWords(p grading.Profile, o grading.Overlay, s grading.Step) locale.Text {
	for _, f := range p.Flags() {
		if f.Code == s.Rule {
			return f.Name
		}
	}
	for _, x := range slices.Concat(p.Combinations, o.Combinations) {
		if x.ID == s.Rule {
			return x.Words
		}
	}
	rules := p.Rules
	if strings.HasSuffix(s.Say, ".overlay") {
		rules = o.Rules
	}
	for _, r := range rules {
		if r.ID == s.Rule {
			return r.Words
		}
	}
	return same(s.Rule)
}

// reasons puts a trace into words; fields that share the highest level are
// told in one line.
func reasons(c *web.Context, p grading.Profile, o grading.Overlay, trace []grading.Step) (all []string) {
	for i := 0; i < len(trace); {
		s, names := trace[i], []string{}
		for ; i < len(trace) && trace[i].Say == s.Say && trace[i].Rule == s.Rule && trace[i].Dimension == s.Dimension && trace[i].Level == s.Level; i++ {
			names = append(names, trace[i].From)
		}
		if s.From = strings.Join(names[:min(len(names), 6)], "、"); len(names) > 6 {
			s.From = c.Say("gradingdesk.and_more", "some", s.From, "n", len(names))
		}
		all = append(all, reason(c, p, o, s))
	}
	return all
}

// suggested says what is suggested for a field, and why.
func suggested(c *web.Context, p grading.Profile, s grading.Suggestion) string {
	why := s.Why.In(c.Lang)
	if s.Found != "" {
		why = c.Say("gradingdesk.by_name", "word", s.Found)
	}
	return c.Say("gradingdesk.suggested", "levels", s.Levels.String(), "kind", kindName(c, p, s.Kind), "why", why)
}

func kindName(c *web.Context, p grading.Profile, code string) string {
	if k, ok := p.Kind(code); ok {
		return k.Name.In(c.Lang)
	}
	return c.Say("gradingdesk.no_kind")
}

// levelName is a level with its words: "2 · …".
func levelName(c *web.Context, a grading.Axis, n int) string {
	if n < 0 || n >= len(a.Levels) {
		return strconv.Itoa(n)
	}
	return strconv.Itoa(n) + " · " + a.Levels[n].In(c.Lang)
}
