package assessment

import (
	"fmt"
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
)

func TestWorkflow(t *testing.T) {
	schema := columns("t:text n:integer")
	one, two := []Rule{{Kind: "filled", Fields: []string{"t"}, Must: true}}, []Rule{{Kind: "within", Fields: []string{"n"}, Low: "0"}, {Kind: "refers", Fields: []string{"t"}, Dataset: "districts", Among: "code"}}
	flowtest.Check(t, flowtest.Workflow[Stage, Set, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(x Set) Stage { return x.Stage },
		Start: Set{Dataset: "d"},
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Schema: &schema, Other: []string{"districts"}}
		},
		Samples: []Command{Propose{Rules: one}, Propose{Rules: two}, Confirm{}, Decline{Reason: "范围太宽"}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageProposed, By: permit.OpnEditor, Do: Propose{Rules: []Rule{{Kind: "filled", Fields: []string{"gone"}}, {Kind: "refers", Fields: []string{"t"}, Dataset: "nowhere", Among: "x"}}},
				Want: []string{"/rules/0/fields/0 assessment.no_such_field", "/rules/1/dataset assessment.no_such_dataset"}},
			{At: StageProposed, By: permit.OpnLead, Do: Decline{Reason: " "}, Want: []string{"/reason required"}},
			{At: StageProposed, By: permit.OpnLead, Do: Decline{Reason: strings.Repeat("字", MaxReason+1)}, Want: []string{"/reason assessment.too_long"}},
		},
		Always: []flowtest.Law[Set]{
			{Says: "rules in force were confirmed on a day", Holds: func(x Set) bool { return (x.Edition > 0) == (x.Since != "") && (len(x.Rules) == 0 || x.Edition > 0) }},
			{Says: "only what was proposed waits", Holds: func(x Set) bool { return x.Stage == StageProposed || x.Proposed == nil }},
		},
		Readme: "README.md",
	})
}

func TestTheSameIsNoProposal(t *testing.T) {
	editor := permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	x := Set{Dataset: "d", Stage: StageSettled, Rules: []Rule{{Kind: "repeats"}}}
	if _, err := Decide(Facts{Who: editor}, x, Propose{Rules: []Rule{{Kind: "repeats", Fields: []string{}}}}); faultsOf(err) != "/rules assessment.nothing_changed" {
		t.Errorf("the same: %v", err)
	}
	if _, err := Decide(Facts{Who: editor}, x, Propose{Rules: []Rule{{Kind: "repeats", Must: true}}}); err != nil {
		t.Errorf("it must hold now: %v", err)
	}
	if _, err := Decide(Facts{Who: editor}, x, Propose{}); err != nil {
		t.Errorf("none: %v", err)
	}
	x.Stage = StageProposed
	if _, err := Decide(Facts{Who: editor}, x, Propose{Rules: x.Rules}); err != nil {
		t.Errorf("back to what holds: %v", err)
	}
}

// TestATableThatChanged: rules that no longer fit are not confirmed.
func TestATableThatChanged(t *testing.T) {
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	x := Set{Dataset: "d", Stage: StageProposed, Proposed: []Rule{{Kind: "filled", Fields: []string{"t"}}}}
	now := columns("other:text")
	if _, err := Decide(Facts{Who: lead, Schema: &now}, x, Confirm{}); faultsOf(err) != "/rules/0/fields/0 assessment.no_such_field" {
		t.Errorf("%v", err)
	}
}

func TestWaiverWorkflow(t *testing.T) {
	rule := Rule{Kind: "filled", Fields: []string{"t"}, Must: true}
	flowtest.Check(t, flowtest.Workflow[WaiverStage, Waiver, Command, WaiverEvent, WaiverFacts]{
		Table: WaiverTable, Decide: DecideWaiver, Evolve: EvolveWaiver,
		Stage: func(w Waiver) WaiverStage { return w.Stage },
		Facts: func(m flowtest.Moment) WaiverFacts {
			return WaiverFacts{Who: m.Who, Today: workday.Of(m.Now), Most: 366}
		},
		Samples: []Command{AskWaiver{ID: "wav_1", Dataset: "d", Rule: rule, Reason: "来源下月修复", Until: "2026-03-31"}, AskWaiver{ID: "wav_1", Dataset: "d", Rule: rule, Reason: "来源下周修复", Until: "2026-02-14"},
			Grant{}, Refuse{Reason: "应当修复"}, TakeBack{}, Lapse{}},
		Bad: []flowtest.Bad[WaiverStage, Command]{
			{At: "", By: permit.OpnEditor, Do: AskWaiver{Rule: rule}, Want: []string{"/reason required", "/until required"}},
			{At: "", By: permit.OpnEditor, Do: AskWaiver{Rule: rule, Reason: strings.Repeat("字", MaxReason+1), Until: "soon"}, Want: []string{"/reason assessment.too_long", "/until assessment.no_day"}},
			{At: "", By: permit.OpnEditor, Do: AskWaiver{Rule: rule, Reason: "x", Until: "2020-01-01"}, Want: []string{"/until assessment.bad_end"}},
			{At: "", By: permit.OpnEditor, Do: AskWaiver{Rule: rule, Reason: "x", Until: "2099-01-01"}, Want: []string{"/until assessment.bad_end"}},
			{At: WaiverAsked, By: permit.OpnLead, Do: Refuse{}, Want: []string{"/reason required"}},
		},
		Always: []flowtest.Law[Waiver]{
			{Says: "it has a reason and an end", Holds: func(w Waiver) bool { return w.Stage == "" || w.Reason != "" && w.Until != "" }},
			{Says: "what ended has a day", Holds: func(w Waiver) bool { return (w.Stage == WaiverEnded) == (w.EndedOn != "") }},
		},
		Readme: "WAIVER.md",
	})
}

// TestAWaiverEndsByItself: it covers its last day, and ends the morning after;
// so does one that was asked for and not answered.
func TestAWaiverEndsByItself(t *testing.T) {
	rule := Rule{Kind: "repeats"}
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	w := Waiver{Stage: WaiverGranted, Rule: rule, Until: "2026-03-31"}
	for day, ends := range map[workday.Date]bool{"2026-03-31": false, "2026-04-01": true} {
		if w.Covers(rule, day) == ends || w.Covers(Rule{Kind: "jump", Share: 1}, day) {
			t.Errorf("on %s it covers %t", day, !ends)
		}
		for _, stage := range []WaiverStage{WaiverGranted, WaiverAsked} {
			w := w
			w.Stage = stage
			if events, err := DecideWaiver(WaiverFacts{Who: permit.Platform, Today: day}, w, Lapse{}); err != nil || (len(events) == 1) != ends {
				t.Errorf("%s on %s: %v, %v", stage, day, events, err)
			}
		}
		asked := Waiver{Stage: WaiverAsked, Rule: rule, Until: "2026-03-31"}
		if asked.Covers(rule, day) {
			t.Error("what was only asked for covers")
		}
		if _, err := DecideWaiver(WaiverFacts{Who: lead, Today: day}, asked, Grant{}); (err != nil) != ends {
			t.Errorf("granted on %s: %v", day, err)
		}
	}
	editor := permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	for until, ok := range map[workday.Date]bool{"2026-02-28": false, "2026-03-01": true, "2026-03-11": true, "2026-03-12": false} {
		if _, err := DecideWaiver(WaiverFacts{Who: editor, Today: "2026-03-01", Most: 10}, Waiver{}, AskWaiver{Reason: "x", Until: until}); (err == nil) != ok {
			t.Errorf("until %s: %v", until, err)
		}
	}
	if _, err := DecideWaiver(WaiverFacts{Who: editor, Today: "2026-03-01", Most: 10, Waits: true}, Waiver{}, AskWaiver{Reason: "x", Until: "2026-03-02"}); faultsOf(err) != "/rule assessment.waiver_waits" {
		t.Errorf("a second one: %v", err)
	}
}

func TestScore(t *testing.T) {
	w := Weights{"rule.must": 2, "rule.should": 1, "dimension.accuracy": 30, "dimension.completeness": 10, "dimension.timeliness": 20, "dimension.accessibility": 40, "timeliness.late": 50}
	must, should := Rule{Kind: "within", Must: true}, Rule{Kind: "repeats"}
	for _, tt := range []struct {
		name    string
		results []Result
		beside  Beside
		want    string
	}{
		{"nothing measured", []Result{{Rule: should, Passed: true, Note: "assessment.nothing_before"}}, Beside{Standing: "static"}, "false 0 "},
		{"all right", []Result{{Rule: must, Checked: 10, Passed: true}}, Beside{}, "true 100 accuracy=100/1"},
		{"one wrong in ten million is not 100", []Result{{Rule: must, Checked: 10_000_000, Failed: 1}}, Beside{}, "true 99.9 accuracy=99.9/1"},
		{"what must hold counts double", []Result{{Rule: must, Checked: 10, Failed: 4}, {Rule: should, Checked: 10, Failed: 1}}, Beside{}, "true 70 accuracy=70/2"},
		{"a rule without its field has no share", []Result{{Rule: must, Note: "assessment.field_missing"}, {Rule: should, Checked: 10, Passed: true}}, Beside{}, "true 33.3 accuracy=33.3/2"},
		{"dimensions by weight", []Result{{Rule: Rule{Kind: "filled"}, Checked: 2, Failed: 1}, {Rule: must, Checked: 1, Passed: true}}, Beside{Standing: "late"}, "true 75 completeness=50/1 accuracy=100/1 timeliness=50/1"},
		{"files", nil, Beside{Made: 4, Offered: 5}, "true 80 accessibility=80/1"},
		{"of an unknown kind nothing is said", []Result{{Rule: Rule{Kind: "old"}}}, Beside{}, "false 0 "},
		{"a waiver changes nothing", []Result{{Rule: must, Checked: 10, Failed: 4, Waived: true}}, Beside{}, "true 60 accuracy=60/1"},
	} {
		s := Rate(tt.results, tt.beside, w, "2026-11-25")
		var by []string
		for _, p := range s.By {
			if p.Measured {
				by = append(by, fmt.Sprintf("%s=%v/%d", p.Dimension, p.Points, p.Rules))
			}
		}
		if got := fmt.Sprint(s.Measured, " ", s.Total, " ", strings.Join(by, " ")); got != tt.want || s.On != "2026-11-25" || len(s.By) != len(Dimensions) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	a, b := Rate(nil, Beside{Standing: "late"}, w, "2026-11-25"), Rate(nil, Beside{Standing: "late"}, w, "2026-11-26")
	if !a.Same(b) || a.Same(Rate(nil, Beside{}, w, "2026-11-25")) {
		t.Error("the same score on two days is one")
	}
}

func TestSuggestions(t *testing.T) {
	text := func(name string, nulls, distinct int64, values ...string) Seen {
		return Seen{Column: selection.Column{Name: name, Type: selection.Text}, Nulls: nulls, Distinct: distinct, Values: values, Chars: 10}
	}
	typed := func(name string, kind selection.Type, min, max string) Seen {
		return Seen{Column: selection.Column{Name: name, Type: kind}, Nulls: 1, Distinct: 50, Min: min, Max: max}
	}
	long := text("说明", 1, 2, "a", "b")
	long.Chars = ShortTexts + 1
	guess := text("约", 0, 100)
	guess.Approx = true
	for _, tt := range []struct {
		name string
		all  []Seen
		want string
	}{
		{"nothing", nil, "jump"},
		{"never empty", []Seen{text("a", 0, 50)}, "filled a; jump"},
		{"each once", []Seen{text("a", 0, 100)}, "filled a; once a; jump"},
		{"an estimate says nothing", []Seen{guess}, "filled 约; jump"},
		{"each once, but some empty", []Seen{text("a", 1, 99)}, "jump"},
		{"wholly empty", []Seen{text("a", 100, 0)}, "jump"},
		{"few values", []Seen{text("a", 1, 2, "x", "y")}, "values a [x y]; jump"},
		{"few rows for each value", []Seen{text("a", 90, 4, "w", "x", "y", "z")}, "jump"},
		{"long texts", []Seen{long}, "jump"},
		{"too many values", []Seen{text("a", 1, 21, strings.Split("a b c d e f g h i j k l m n o p q r s t u", " ")...)}, "jump"},
		{"days", []Seen{typed("d", selection.Date, "2020-01-01", "2026-11-25"), typed("m", selection.DateTime, "", "2026-11-25T23:00:00"), typed("f", selection.Date, "", "2026-11-26")}, "past d; past m; jump"},
		{"never below nothing", []Seen{typed("量", selection.Integer, "0", "9"), typed("差", selection.Number, "-1", "9"), typed("编号", selection.Integer, "1", "9")}, "within 量; jump"},
		{"begin and end", []Seen{typed("开始日期", selection.Date, "", ""), typed("结束日期", selection.Date, "", ""), typed("结束时间", selection.DateTime, "", "")}, "order 开始日期 结束日期; jump"},
		{"a point", []Seen{typed("经度", selection.Number, "", ""), typed("LAT", selection.Decimal, "", "")}, "city 经度 LAT; jump"},
		{"two longitudes", []Seen{typed("经度", selection.Number, "", ""), typed("lon", selection.Number, "", ""), typed("lat", selection.Number, "", "")}, "jump"},
	} {
		for i := range tt.all {
			tt.all[i].Rows = 100
		}
		var got []string
		all := Suggest(tt.all, 100, "2026-11-25", nil)
		var set []Rule
		for _, s := range all {
			one := string(s.Kind)
			for _, f := range s.Fields {
				one += " " + f
			}
			if len(s.Values) > 0 {
				one += fmt.Sprint(" ", s.Values)
			}
			got, set = append(got, one), append(set, s.Rule)
			if s.Because == "" {
				t.Errorf("%s: no reason", one)
			}
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, strings.Join(got, "; "), tt.want)
		}
		if err := Faults(set, nil); err != nil {
			t.Errorf("%s: a suggestion has faults: %v", tt.name, err)
		}
		if again := Suggest(tt.all, 100, "2026-11-25", set); len(again) != 0 {
			t.Errorf("%s: suggested again: %v", tt.name, again)
		}
	}
	if all := Suggest([]Seen{text("a", 0, 50)}, EnoughRows-1, "2026-11-25", nil); all != nil {
		t.Errorf("of few rows: %v", all)
	}
}

func TestBuiltIn(t *testing.T) {
	got := fmt.Sprint(BuiltIn([]string{"a", "b"}, map[string]Rule{"y": {Kind: "refers", Fields: []string{"y"}}, "x": {Kind: "refers", Fields: []string{"x"}}}))
	var kinds []string
	for _, r := range BuiltIn([]string{"a", "b"}, map[string]Rule{"y": {Kind: "refers", Fields: []string{"y"}}, "x": {Kind: "refers", Fields: []string{"x"}}}) {
		kinds = append(kinds, fmt.Sprint(r.Kind, r.Fields))
		if r.Must {
			t.Errorf("%v holds releases", r)
		}
	}
	if strings.Join(kinds, " ") != "repeats[] once[a b] filled[a] filled[b] refers[x] refers[y]" {
		t.Errorf("%s", got)
	}
	if len(BuiltIn(nil, nil)) != 1 {
		t.Error("without a key there is more than repeats")
	}
}
