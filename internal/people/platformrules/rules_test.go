package platformrules

import (
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

var good = Content{Title: locale.Text{ZH: "制度", EN: "Rules"}, Text: locale.Text{ZH: "第一条", EN: "One"}}

// TestWorkflow holds SM-24 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	flowtest.Check(t, flowtest.Workflow[Stage, Rules, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage:   func(r Rules) Stage { return r.Stage },
		Facts:   func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Today: workday.Of(m.Now)} },
		Samples: []Command{Write{Number: 2, Content: good}, Install{Content: good}, Publish{}, Publish{EffectiveOn: "2026-06-01"}, TakeEffect{}, Supersede{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.CtrContent, Do: Write{},
				Want: []string{"/content/title/zh required", "/content/title/en required", "/content/text/zh required", "/content/text/en required"}},
			{At: StageDraft, By: permit.CtrContent, Do: Write{Content: Content{Title: locale.Text{ZH: strings.Repeat("长", MaxTitle+1), EN: "x"}, Text: locale.Text{ZH: "x", EN: strings.Repeat("x", MaxText+1)}}},
				Want: []string{"/content/title/zh platformrules.too_long", "/content/text/en platformrules.too_long"}},
			{At: StageDraft, By: permit.CtrContent, Do: Publish{EffectiveOn: "2026-02-30"}, Want: []string{"/effective_on platformrules.bad_day"}},
			{At: StageDraft, By: permit.CtrContent, Do: Publish{EffectiveOn: "2020-01-01"}, Want: []string{"/effective_on platformrules.day_gone"}},
		},
		Unguarded: []string{"install"},
		Always: []flowtest.Law[Rules]{
			{Says: "what is public has a text in both languages and a day", Holds: func(r Rules) bool {
				return !r.Public() || r.Content.check() == nil && r.EffectiveOn.Valid() && r.PublishedOn.Valid()
			}},
			{Says: "not in force before it was published", Holds: func(r Rules) bool { return r.EffectiveOn >= r.PublishedOn }},
			{Says: "superseded on a day", Holds: func(r Rules) bool { return (r.Stage == StageSuperseded) == r.SupersededOn.Valid() }},
		},
		Readme: "README.md",
	})
}

func TestRulesOfTomorrowDoNotTakeEffectToday(t *testing.T) {
	r := Rules{Stage: StagePublished, EffectiveOn: "2026-12-01"}
	for today, want := range map[workday.Date]int{"2026-11-30": 0, "2026-12-01": 1, "2027-01-01": 1} {
		events, err := Decide(Facts{Who: permit.Platform, Today: today}, r, TakeEffect{})
		if err != nil || len(events) != want {
			t.Errorf("%s: %d events, %v", today, len(events), err)
		}
	}
}

func TestSampleSaysThatItIsOne(t *testing.T) {
	if err := Sample.check(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(Sample.Title.ZH, "示例") || !strings.Contains(Sample.Title.EN, "sample") || !strings.HasPrefix(Sample.Text.ZH, "本文是随软件提供的示例") {
		t.Error("the sample does not say so")
	}
	if strings.Count(Sample.Text.ZH, "\n\n## ") != strings.Count(Sample.Text.EN, "\n\n## ") {
		t.Error("the two languages have different chapters")
	}
}
