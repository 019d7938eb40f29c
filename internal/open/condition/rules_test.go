package condition

import (
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

func zh(text string) locale.Text { return locale.Text{ZH: text} }

// sound is a content without a fault: every kind of condition but "other".
func sound() Content {
	return whole(Content{
		Conditions: []Condition{
			{Kind: Scenario, Text: zh("仅限研究"), Risk: zh("用途扩大"), Allow: []string{"research"}, Deny: []string{"marketing"}},
			{Kind: Security, Text: zh("等保三级"), Risk: zh("泄露"), Evidence: "mlps", Level: "3"},
			{Kind: Feedback, Text: zh("每半年报告"), Risk: zh("去向不明"), Every: "half_year", Spot: true, Cite: true},
			{Kind: Capability, Text: zh("有专人"), Risk: zh("处理不当"), Evidence: "staff"},
			{Kind: Credit, Text: zh("信用良好"), Risk: zh("违约"), Lists: []string{"dishonest", "serious"}},
		},
		Materials: []Material{
			{Type: MaterialQualification, Name: zh("营业执照"), Required: true, Expires: true},
			{Type: MaterialSecurity, Name: zh("安全措施"), Required: true},
			{Type: MaterialScenario, Name: zh("场景说明"), Required: true},
		},
		Applicants: []Applicant{LegalPerson, Unincorporated}, ExcludeReason: zh("须有等级保护备案"), Modes: []string{"file", "api"},
	})
}

func with(change func(*Content)) Content {
	c := sound()
	change(&c)
	return c
}

var known = map[string]bool{"research": true, "marketing": true, "media": true, "old": false}

// TestWorkflow holds the set to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	other := with(func(c *Content) {
		c.Conditions = append(c.Conditions, Condition{Kind: Other, Text: zh("须在本市处理"), Risk: zh("出境")})
	})
	flowtest.Check(t, flowtest.Workflow[Stage, Set, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(s Set) Stage { return s.Stage },
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Conditional: true, Scenarios: known}
		},
		Samples: []Command{Draft{ID: "cnd_1", Entry: "weather", Body: "home", Version: 1, Content: sound()}, Fill{sound()}, Fill{other}, Propose{}, Endorse{}, Accept{},
			Return{Reason: "请写明风险"}, Discard{}, Supersede{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageDraft, By: permit.OpnEditor, Do: Fill{Content{Conditions: make([]Condition, MaxConditions+1), Materials: make([]Material, MaxMaterials+1)}},
				Want: []string{"/conditions condition.too_many", "/materials condition.too_many"}},
			{At: StageProposed, By: permit.OpnLead, Do: Return{Reason: " "}, Want: []string{"/reason required"}},
			{At: StageProposed, By: permit.OpnLead, Do: Return{Reason: strings.Repeat("长", maxText+1)}, Want: []string{"/reason condition.too_long"}},
		},
		Unguarded: []string{"draft"},
		Always: []flowtest.Law[Set]{
			{Says: "what is in force was agreed to by two", Holds: func(s Set) bool {
				return !s.Published() || s.Did["accept"] != s.Did["propose"] && s.Did["accept"] != s.Did["fill"]
			}},
			{Says: "no other condition is in force that nobody endorsed (A15.7)", Holds: func(s Set) bool { return !s.Published() || !s.Has(Other) || s.Endorsed }},
			{Says: "what is or was in force says since when", Holds: func(s Set) bool { return s.Published() == s.From.Valid() }},
			{Says: "what was returned has a reason", Holds: func(s Set) bool { return s.Stage != StageReturned || s.Reason != "" }},
			{Says: "an endorsement ends when a set goes back", Holds: func(s Set) bool { return !s.Endorsed || s.Stage != StageReturned && s.Stage != StageDraft }},
		},
		Readme: "README.md",
	})
}

func told(err error) (all []string) {
	if p := problem.As(err); p != nil {
		if len(p.Fields) == 0 {
			return []string{p.Code}
		}
		for _, f := range p.Fields {
			all = append(all, f.Pointer+" "+f.Code)
		}
	}
	return all
}

var editor = permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}

// TestEveryFaultAtOnce: Articles 15(1) and 18(1), 一次性告知.
func TestEveryFaultAtOnce(t *testing.T) {
	long := zh(strings.Repeat("长", maxText+1))
	for _, tt := range []struct {
		name string
		c    Content
		want []string
	}{
		{"sound", sound(), nil},
		{"nothing", Content{}, []string{"/conditions condition.no_conditions", "/materials condition.needs.qualification", "/materials condition.needs.security",
			"/materials condition.needs.scenario", "/applicants condition.no_applicants", "/modes condition.no_modes"}},
		{"no risk (A15.1)", with(func(c *Content) { c.Conditions[0].Risk = zh(" ") }), []string{"/conditions/0/risk/zh required"}},
		{"of each kind what it needs", with(func(c *Content) {
			c.Conditions = []Condition{{Kind: "whim"}, {Kind: Scenario, Text: long, Risk: zh("x")}, {Kind: Security, Text: zh("x"), Risk: zh("x"), Evidence: "staff"},
				{Kind: Security, Text: zh("x"), Risk: zh("x"), Evidence: "dcmm"}, {Kind: Feedback, Text: zh("x"), Risk: zh("x")},
				{Kind: Feedback, Text: zh("x"), Risk: zh("x"), Every: "day", Spot: true},
				{Kind: Capability, Text: zh("x"), Risk: zh("x")}, {Kind: Credit, Text: zh("x"), Risk: zh("x"), Lists: []string{"rich"}},
				{Kind: Capability, Text: zh("x"), Risk: locale.Text{ZH: "x", EN: long.ZH}, Evidence: "staff", Level: "2"}}
		}), []string{"/conditions/0/kind condition.unknown_kind", "/conditions/0/text/zh required", "/conditions/0/risk/zh required",
			"/conditions/1/text/zh condition.too_long", "/conditions/1/allow condition.no_scenarios", "/conditions/2/evidence condition.no_evidence",
			"/conditions/3/level condition.no_level", "/conditions/4/every condition.no_feedback", "/conditions/5/every condition.no_feedback",
			"/conditions/6/evidence condition.no_evidence", "/conditions/7/lists condition.no_lists",
			"/conditions/8/risk/en condition.too_long", "/conditions/8/level condition.no_level"}},
		{"scenarios", with(func(c *Content) {
			c.Conditions[0].Allow, c.Conditions[0].Deny = []string{"research", "cats"}, []string{"old", "research"}
		}), []string{"/conditions/0/allow condition.unknown_scenario", "/conditions/0/deny condition.scenario_ended", "/conditions/0/deny condition.allowed_and_denied"}},
		{"materials", with(func(c *Content) {
			c.Materials = []Material{{ID: "A b", Type: MaterialSecurity, Name: zh("x")}, {ID: "a", Type: "gift", Name: zh("x"), Template: "mat_gone"},
				{ID: "a", Type: MaterialScenario, Name: zh(""), Note: long, Template: "mat_1"}}
		}), []string{"/materials/0/id condition.bad_slug", "/materials/1/type condition.unknown_type", "/materials/1/template condition.no_template",
			"/materials/2/id condition.slug_twice", "/materials/2/name/zh required", "/materials/2/note/zh condition.too_long", "/materials condition.needs.qualification"}},
		{"who is left out, and why (A18.3)", with(func(c *Content) { c.ExcludeReason = locale.Text{} }), []string{"/exclude_reason/zh required"}},
		{"nobody is left out", with(func(c *Content) { c.Applicants, c.ExcludeReason = Applicants, locale.Text{} }), nil},
		{"unknown applicants and modes", with(func(c *Content) { c.Applicants, c.Modes = []Applicant{"cat"}, []string{"fax"} }),
			[]string{"/applicants condition.no_applicants", "/modes condition.no_modes"}},
	} {
		f := Facts{Who: editor, Conditional: true, Scenarios: known, Templates: map[string]bool{"mat_1": true, "mat_gone": false}}
		_, err := Decide(f, Set{ID: "cnd_1", Stage: StageDraft, Content: tt.c}, Propose{})
		if got := told(err); !slices.Equal(got, tt.want) {
			t.Errorf("%s: told\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// TestMaterialsFollowConditions: Article 18(1), requirement A18.2.
func TestMaterialsFollowConditions(t *testing.T) {
	now := Set{ID: "cnd_1", Stage: StageInForce, Content: sound()}
	now.Conditions[0].Deny = []string{"old"} // has ended since: it may stay
	keep := func(c *Content) { c.Conditions[0].Deny = []string{"old"} }
	for _, tt := range []struct {
		name   string
		change func(*Content)
		want   []string
	}{
		{"nothing", func(*Content) {}, []string{"condition.nothing_changed"}},
		{"conditions alone", func(c *Content) { c.Conditions[1].Level = "4" }, []string{"/materials_confirmed condition.confirm_materials"}},
		{"who may apply alone", func(c *Content) { c.Applicants = []Applicant{LegalPerson} }, []string{"/materials_confirmed condition.confirm_materials"}},
		{"conditions, and the materials are confirmed", func(c *Content) { c.Conditions[1].Level, c.MaterialsConfirmed = "4", true }, nil},
		{"conditions and materials", func(c *Content) { c.Conditions[1].Level, c.Materials[1].Note = "4", zh("四级") }, nil},
		{"materials alone", func(c *Content) { c.Materials[1].Required = false }, nil},
	} {
		c := with(keep)
		tt.change(&c)
		_, err := Decide(Facts{Who: editor, Conditional: true, Scenarios: known, Current: &now}, Set{ID: "cnd_2", Stage: StageDraft, Content: c}, Propose{})
		if got := told(err); !slices.Equal(got, tt.want) {
			t.Errorf("%s changed: told %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestOnlyConditionalEntriesAndOneDraft(t *testing.T) {
	for want, f := range map[string]Facts{
		"condition.not_conditional": {Who: editor},
		"condition.one_is_open":     {Who: editor, Conditional: true, Open: 1},
	} {
		if _, err := Decide(f, Set{}, Draft{ID: "cnd_1"}); strings.Join(told(err), "") != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	reviewer := permit.Actor{Account: "r", Roles: []permit.Role{permit.CtrListReviewer}}
	plain := Set{ID: "cnd_1", Stage: StageProposed, Content: sound()}
	other := plain
	other.Conditions = append(slices.Clone(plain.Conditions), Condition{Kind: Other, Text: zh("x"), Risk: zh("y")})
	for _, tt := range []struct {
		who  permit.Actor
		s    Set
		do   Command
		f    Facts
		want string
	}{
		{lead, plain, Accept{}, Facts{}, "condition.not_conditional"},
		{lead, other, Accept{}, Facts{Conditional: true}, "condition.needs_endorsement"},
		{lead, plain, Accept{}, Facts{Conditional: true}, ""},
		{reviewer, plain, Endorse{}, Facts{}, "condition.nothing_to_endorse"},
		{reviewer, plain, Return{Reason: "x"}, Facts{}, "condition.nothing_to_endorse"},
		{reviewer, other, Return{Reason: "x"}, Facts{}, ""},
		{reviewer, other, Endorse{}, Facts{}, ""},
	} {
		tt.f.Who = tt.who
		if _, err := Decide(tt.f, tt.s, tt.do); strings.Join(told(err), "") != tt.want {
			t.Errorf("%s by %s: %v, want %q", tt.do.Verb(), tt.who.Account, err, tt.want)
		}
	}
}

func TestWhoSees(t *testing.T) {
	for stage, public := range map[Stage]bool{StageDraft: false, StageProposed: false, StageReturned: false, StageDiscarded: false, StageInForce: true, StageSuperseded: true} {
		s := Set{Stage: stage}
		if MaySee(permit.Actor{}, s) != public || MaySee(permit.Actor{Roles: []permit.Role{permit.Person, permit.CtrIntake}}, s) != public {
			t.Errorf("the public and %s", stage)
		}
		if !MaySee(editor, s) || !MaySee(permit.Actor{Roles: []permit.Role{permit.AutOfficer}}, s) {
			t.Errorf("staff and %s", stage)
		}
	}
}

func TestChanges(t *testing.T) {
	was := sound()
	now := with(func(c *Content) {
		c.Conditions = slices.Delete(c.Conditions, 3, 4)
		c.Conditions[1].Level = "4"
		c.Conditions = append(c.Conditions, Condition{Kind: Security, Text: zh("认证"), Risk: zh("泄露"), Evidence: "isms"})
		c.Materials[0].Required = false
		c.Materials = append(c.Materials[:2], Material{ID: "plan", Type: MaterialScenario, Name: zh("方案")})
		c.Modes, c.Applicants, c.ExcludeReason = []string{"sandbox"}, Applicants, locale.Text{}
	})
	var got []string
	for _, x := range Changes(was, now) {
		got = append(got, x.Do+" "+x.Of)
	}
	want := []string{"changed condition", "added condition", "removed condition", "changed material", "added material", "removed material",
		"changed applicants", "changed exclude_reason", "changed modes"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if all := Changes(was, sound()); len(all) != 0 {
		t.Errorf("nothing changed, yet %+v", all)
	}
	if x := Changes(was, now)[0]; x.WasCondition.Level != "3" || x.Condition.Level != "4" {
		t.Errorf("conditions of a kind do not belong together: %+v", x)
	}
}

func TestWhole(t *testing.T) {
	c := whole(Content{Conditions: []Condition{{Kind: Credit, Text: zh(" x "), Level: "3", Every: "year", Lists: []string{"serious", "", "serious"}}, {Kind: Security, Evidence: "isms", Level: "3"}},
		Materials:  []Material{{Type: MaterialSecurity}, {ID: "security", Type: MaterialSecurity}, {Type: "Ä"}, {Type: MaterialSecurity}},
		Applicants: []Applicant{LegalPerson, NaturalPerson, Unincorporated}, ExcludeReason: zh("因为")})
	if x := c.Conditions[0]; x.Text.ZH != "x" || x.Level != "" || x.Every != "" || !slices.Equal(x.Lists, []string{"serious"}) || c.Conditions[1].Level != "" {
		t.Errorf("conditions kept as %+v", c.Conditions)
	}
	if a, b := whole(Content{Modes: []string{"sandbox", "file"}, Conditions: []Condition{{Kind: Scenario, Allow: []string{"research", "media"}}}}),
		whole(Content{Modes: []string{"file", "sandbox"}, Conditions: []Condition{{Kind: Scenario, Allow: []string{"media", "research", "media"}}}}); !same(a, b) || a.Modes[0] != "file" {
		t.Errorf("the order of ticks is a difference: %+v, %+v", a, b)
	}
	var ids []string
	for _, m := range c.Materials {
		ids = append(ids, m.ID)
	}
	if !slices.Equal(ids, []string{"security_2", "security", "material", "security_3"}) {
		t.Errorf("ids %q", ids)
	}
	if c.ExcludeReason != (locale.Text{}) || c.Modes == nil {
		t.Errorf("kept %+v", c)
	}
}
