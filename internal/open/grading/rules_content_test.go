package grading

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
)

// fresh returns the delivered profile's content, to be spoiled.
func fresh(t *testing.T) (c Content) {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p.Content)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWhatIsWrongWithAProfile: the delivered profile has no fault, and each
// fault put into it is told where it is.
func TestWhatIsWrongWithAProfile(t *testing.T) {
	if got := told(fresh(t).Check()); len(got) > 0 {
		t.Fatalf("the delivered profile: %v", got)
	}
	both := locale.Text{ZH: "甲", EN: "A"}
	for _, x := range []struct {
		spoil func(c *Content)
		want  string // faults; N is one more than there were
	}{
		{func(c *Content) { c.Label = locale.Text{} }, "/label/zh required, /label/en required"},
		{func(c *Content) { c.Label.ZH = "上海市公共数据开放分级分类指南" }, "/label/zh grading.not_the_guide"},
		{func(c *Content) { c.Method = nil }, "/method grading.part_missing"},
		{func(c *Content) { c.Dimensions = c.Dimensions[:2] }, "/dimensions grading.three_dimensions"},
		{func(c *Content) { c.Dimensions[0].Code = O }, "/dimensions/0/code grading.three_dimensions"},
		{func(c *Content) { c.Dimensions[1].Name = locale.Text{} }, "/dimensions/1/name/zh required, /dimensions/1/name/en required"},
		{func(c *Content) { c.Dimensions[2].Levels = c.Dimensions[2].Levels[:4] }, "/dimensions/2/levels grading.five_levels"},
		{func(c *Content) { c.Dimensions[2].Levels[3].EN = "" }, "/dimensions/2/levels/3/en required"},
		{func(c *Content) { c.Closed = append(c.Closed, Flag{Words: Words{"", both}}) }, "/closed_flags/N/code required"},
		{func(c *Content) { c.Closed = append(c.Closed, Flag{Words: Words{c.Conditional[0].Code, both}}) }, "/conditional_flags/0/code grading.code_twice"},
		{func(c *Content) { c.Closed[0].Name.ZH = " " }, "/closed_flags/0/name/zh required"},
		{func(c *Content) { c.Closed[0].LiftedBy = []string{Consent, "whim"} }, "/closed_flags/0/lifted_by grading.unknown_evidence"},
		{func(c *Content) { c.Kinds[0].Code = "" }, "/kinds/0/code required"},
		{func(c *Content) { c.Kinds = append(c.Kinds, FieldKind{Words: Words{c.Kinds[0].Code, both}}) }, "/kinds/N/code grading.code_twice"},
		{func(c *Content) { c.Kinds[0].Name.EN = "" }, "/kinds/0/name/en required"},
		{func(c *Content) { c.Kinds[0].Suggest.O = MaxLevel + 1 }, "/kinds/0/suggest grading.no_level"},
		{func(c *Content) { c.Kinds[0].Suggest.X = -1 }, "/kinds/0/suggest grading.no_level"},
		{func(c *Content) { c.Combinations[0].ID = "" }, "/combinations/0/id required"},
		{func(c *Content) { c.Combinations = append(c.Combinations, c.Combinations[0]) }, "/combinations/N/id grading.code_twice"},
		{func(c *Content) { c.Combinations[0].All = append(c.Combinations[0].All, "whim") }, "/combinations/0/kinds grading.unknown_kind"},
		{func(c *Content) { c.Combinations[0].Least = len(c.Combinations[0].Kinds) + 1 }, "/combinations/0/least grading.no_combination"},
		{func(c *Content) { c.Combinations[0].Dimension = "Y" }, "/combinations/0/dimension grading.unknown_dimension"},
		{func(c *Content) { c.Combinations[0].To = c.Combinations[0].From }, "/combinations/0/to grading.no_raise"},
		{func(c *Content) { c.Combinations[0].Words.ZH = "" }, "/combinations/0/words/zh required"},
		{func(c *Content) { c.Combinations[0].LiftedBy = []string{"whim"} }, "/combinations/0/lifted_by grading.unknown_evidence"},
		{func(c *Content) { c.Rules[0].ID = "" }, "/rules/0/id required"},
		{func(c *Content) { c.Rules[1].ID = c.Rules[0].ID }, "/rules/1/id grading.code_twice"},
		{func(c *Content) {
			c.Rules = slices.Insert(c.Rules, 0, Rule{ID: "never", Then: opening.Closed, Words: both})
		}, "/rules/0/when grading.never_holds"},
		{func(c *Content) { c.Rules[0].When.Flags = []string{"whim"} }, "/rules/0/when/flags grading.unknown_flag"},
		{func(c *Content) { c.Rules[0].When.AtLeast = []Floor{{Level: MaxLevel + 1}} }, "/rules/0/when/at_least grading.no_level"},
		{func(c *Content) { c.Rules[0].When.AtLeast = []Floor{{"Y", 1}} }, "/rules/0/when/at_least grading.no_level"},
		{func(c *Content) { c.Rules[0].Then = "ajar" }, "/rules/0/then grading.unknown_type"},
		{func(c *Content) { c.Rules[0].Words = locale.Text{} }, "/rules/0/words/zh required, /rules/0/words/en required"},
		{func(c *Content) { c.Library[0].Code = "" }, "/library/0/code required"},
		{func(c *Content) { c.Library[0].Condition.Kind = "whim" }, "/library/0/condition/kind grading.unknown_condition"},
		{func(c *Content) { c.Library[0].Condition.Text.EN = "" }, "/library/0/condition/text/en required"},
		{func(c *Content) { c.Library[0].Condition.Risk.ZH = "" }, "/library/0/condition/risk/zh required"},
		{func(c *Content) { c.Library = nil }, "/library grading.level_without_condition, /library grading.level_without_condition"},
		{func(c *Content) { c.Measures = nil }, "/measures grading.level_without_measure, /measures grading.level_without_measure"},
		{func(c *Content) { c.Measures[0].Code = "" }, "/measures/0/code required"},
		{func(c *Content) { c.Measures[1].Code = c.Measures[0].Code }, "/measures/1/code grading.code_twice"},
		{func(c *Content) { c.Measures[0].Name.ZH = "" }, "/measures/0/name/zh required"},
		{func(c *Content) { c.Safeguards = nil }, "/safeguards grading.part_missing"},
		{func(c *Content) { c.Safeguards[0].EN = "" }, "/safeguards/0/en required"},
		{func(c *Content) { c.Examples = nil }, "/examples grading.part_missing"},
		{func(c *Content) { c.Examples[0].Name.ZH, c.Examples[0].Why.EN = "", "" }, "/examples/0/name/zh required, /examples/0/why/en required"},
		{func(c *Content) { c.Examples[0].Levels.P = 9 }, "/examples/0/levels grading.no_level"},
		{func(c *Content) { c.Examples[0].Type = "ajar" }, "/examples/0/type grading.unknown_type"},
	} {
		c := fresh(t)
		number := strings.NewReplacer("/kinds/N/", at("/kinds", len(c.Kinds))+"/", "/combinations/N/", at("/combinations", len(c.Combinations))+"/", "/closed_flags/N/", at("/closed_flags", len(c.Closed))+"/")
		x.spoil(&c)
		want := number.Replace(x.want)
		if got := told(c.Check()); !covers(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// covers reports whether got has what want names, beside what follows from it:
// a code that is gone is missed where it is used.
func covers(got []string, want string) bool {
	for _, w := range strings.Split(want, ", ") {
		if !slices.Contains(got, w) {
			return false
		}
	}
	return true
}
