package grading

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

func profile(t testing.TB) Profile {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func n(i int) *int { return &i }

func field(name, kind string, p, o, x int) Field { return Field{name, kind, n(p), n(o), n(x)} }

// answers answers no to every flag of c but those of yes.
func answers(c Content, yes ...string) map[string]string {
	all := map[string]string{}
	for _, f := range c.Flags() {
		all[f.Code] = No
		if slices.Contains(yes, f.Code) {
			all[f.Code] = Yes
		}
	}
	return all
}

// TestDefaultProfileMapsEverything: requirements B.3 and gate A13.4.
func TestDefaultProfileMapsEverything(t *testing.T) {
	p := profile(t)
	count := map[opening.Type]int{}
	for _, l := range Every() {
		for _, set := range p.FlagSets() {
			r, ok := first(p.Content, p.Rules, l, set)
			if !ok || !r.Then.Known() {
				t.Fatalf("%s with %v is not mapped", l, set)
			}
			if len(set) == 0 {
				count[r.Then]++
			}
			closes := slices.ContainsFunc(set, func(code string) bool { _, c, _ := p.Flag(code); return c })
			if closes && r.Then != opening.Closed {
				t.Errorf("%s with %v: %s; a closed flag closes (Article 14(1))", l, set, r.Then)
			}
			if len(set) > 0 && r.Then == opening.Unconditional {
				t.Errorf("%s with %v opens without conditions", l, set)
			}
		}
	}
	if want := (map[opening.Type]int{opening.Closed: 89, opening.Conditional: 28, opening.Unconditional: 8}); fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("without flags and evidence: %v, want %v", count, want)
	}
	if len(p.FlagSets()) != 512 || len(Every()) != 125 {
		t.Errorf("%d flag sets, %d combinations", len(p.FlagSets()), len(Every()))
	}
}

// TestTheProfileIsNobodysGuide: it is ours, and says so.
func TestTheProfileIsNobodysGuide(t *testing.T) {
	p := profile(t)
	if p.Label != (locale.Text{ZH: "默认配置", EN: "default profile"}) {
		t.Errorf("labelled %+v", p.Label)
	}
	text, err := profiles.ReadFile("profiles/default-2026-1.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range official {
		if strings.Contains(strings.ToLower(string(text)), name) {
			t.Errorf("the profile names %q", name)
		}
	}
	for _, label := range []locale.Text{{ZH: "上海市分级分类指南", EN: "x"}, {ZH: "x", EN: "The Shanghai guide"}} {
		c := p.Content
		c.Label = label
		if got := told(c.Check()); !slices.Equal(got, []string{"/label/zh grading.not_the_guide"}) {
			t.Errorf("%+v: %v", label, got)
		}
		if got := told(CheckOverlay(p.Content, Tightening{Label: label, Floors: []KindFloor{{"organisation", O, 2}}})); !slices.Equal(got, []string{"/label/zh grading.not_the_guide"}) {
			t.Errorf("overlay %+v: %v", label, got)
		}
	}
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

// TestProfileWithAHoleIsRefused: the mapping is total, or there is none.
func TestProfileWithAHoleIsRefused(t *testing.T) {
	p := profile(t)
	for name, tt := range map[string]struct {
		change func(*Content)
		first  string
		n      int
	}{
		"no last rule": {func(c *Content) { c.Rules = c.Rules[:4] }, "/rules grading.not_mapped", 8},
		"a rule that opens what is higher": {func(c *Content) {
			c.Rules = slices.Clone(c.Rules)
			c.Rules[4].Then = opening.Closed
		}, "/rules grading.not_monotone", 8 + 3},
	} {
		c := p.Content
		tt.change(&c)
		got := told(c.Check())
		if len(got) != tt.n || got[0] != tt.first {
			t.Errorf("%s: %d faults %v", name, len(got), got)
		}
	}
	got := told(Content{Rules: []Rule{{}}, Kinds: []FieldKind{{}}, Combinations: []Combination{{Kinds: []string{"x"}}}, Library: []Shelf{{}}, Measures: []Measure{{}}}.Check())
	for _, want := range []string{"/label/zh required", "/method grading.part_missing", "/dimensions grading.three_dimensions", "/closed_flags grading.flag_missing",
		"/conditional_flags grading.flag_missing", "/kinds/0/code required", "/combinations/0/kinds grading.unknown_kind", "/combinations/0/least grading.no_combination",
		"/combinations/0/dimension grading.unknown_dimension", "/combinations/0/to grading.no_raise", "/rules/0/when grading.never_holds", "/rules/0/then grading.unknown_type",
		"/library/0/condition/kind grading.unknown_condition", "/library grading.level_without_condition", "/measures grading.level_without_measure",
		"/safeguards grading.part_missing", "/examples grading.part_missing"} {
		if !slices.Contains(got, want) {
			t.Errorf("an empty profile is not told %q; told %v", want, got)
		}
	}
}

var fields = []FieldName{{Name: "a"}, {Name: "b"}}

func sheet(c Content, a, b Field, yes ...string) Sheet {
	return Sheet{Flags: answers(c, yes...), Fields: []Field{a, b}}
}

// with adds the measures that the sheet needs.
func with(p Profile, s Sheet) Sheet {
	_, s.Measures = p.Suggested(Derive(p, Overlay{}, s, []string{Desensitised, Consent}, nil))
	return s
}

var (
	report  = Evidence{Kind: Desensitised, Method: "k-匿名，k=20", Residual: "最大风险0.05", Who: "数据科", On: "2026-01-05", Document: "脱敏报告2026-01号"}
	consent = Evidence{Kind: Consent, Who: "全体登记人", On: "2026-01-05", Document: "同意书卷宗12"}
)

// workflow is the grading as flowtest lives it; joins tells what the world
// adds at a moment.
func TestWorkflow(t *testing.T) {
	p := profile(t)
	open := sheet(p.Content, field("a", "", 0, 0, 1), field("b", "", 1, 0, 0))
	half := with(p, sheet(p.Content, field("a", "", 0, 0, 2), field("b", "", 1, 0, 0), "timely"))
	closed := sheet(p.Content, field("a", "", 3, 0, 0), field("b", "", 0, 0, 0), "personal_information")
	lifted := with(p, Sheet{Flags: answers(p.Content, "personal_information"), Fields: []Field{field("a", "", 2, 0, 0), field("b", "", 0, 0, 0)}, Lifts: []string{"personal_information"}})
	stricter := open
	stricter.Deviation = &Deviation{Type: opening.Closed, Reason: "正在核实权属", Fields: []string{"a"}}
	suggestion := []Suggestion{{Field: "a", Kind: "birth"}}
	flowtest.Check(t, flowtest.Workflow[Stage, Case, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(g Case) Stage { return g.Stage },
		Start: Case{Stage: StageNotGraded},
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Fields: fields, Profile: p}
		},
		Samples: []Command{Scan{Slug: "weather", Body: "home"}, Scan{Slug: "weather", Body: "home", Suggestions: suggestion}, Grade{open}, Grade{half}, Grade{closed}, Grade{lifted}, Grade{stricter},
			Reject{Reason: "级别偏低"}, Confirm{}, BringEvidence{report}, BringEvidence{consent}, DueAgain{[]string{Yearly}}, DueAgain{[]string{NewJoinable, ProfileChanged}}, DueAgain{[]string{SchemaChanged}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageScanned, By: permit.OpnGrader, Do: Grade{Sheet{Flags: answers(p.Content), Fields: []Field{{Name: "a", Kind: "whim", P: n(1), O: n(5)}}, Lifts: []string{"timely"}, Measures: []string{"hope"},
				Deviation: &Deviation{Type: "open", Fields: []string{"z"}}}},
				Want: []string{"/fields/0/kind grading.unknown_kind", "/fields/0/o grading.no_level_of", "/fields/0/x grading.no_level_of", "/fields grading.field_missing", "/lifts/0 grading.not_lifted",
					"/measures/0 grading.unknown_measure", "/deviation/type grading.only_stricter", "/deviation/reason required", "/deviation/fields/0 grading.unknown_field", "/deviation/fields grading.no_ground"}},
			{At: StageGraded, By: permit.OpnReviewer, Do: Reject{Reason: " "}, Want: []string{"/reason required"}},
			{At: StageReviewDue, By: permit.OpnGrader, Do: BringEvidence{Evidence{Kind: Desensitised, On: "2099-01-01"}},
				Want: []string{"/method required", "/residual required", "/who required", "/on grading.no_day", "/document required"}},
			{At: StageReviewDue, By: permit.OpnGrader, Do: BringEvidence{Evidence{Kind: "hearsay", Who: "x", On: "2026-01-01", Document: "x"}}, Want: []string{"/kind grading.unknown_evidence"}},
		},
		Unguarded: []string{"scan", "due_again"},
		Always: []flowtest.Law[Case]{
			{Says: "what is in force was confirmed by another than its grader", Holds: func(g Case) bool {
				return g.Stage != StageConfirmed || g.Did["confirm"] != g.Did["grade"] && g.InForce.ConfirmedOn != ""
			}},
			{Says: "what is in force is what the rules derive, or stricter", Holds: func(g Case) bool {
				return g.InForce == nil || !g.InForce.Type.Looser(Derive(p, Overlay{}, g.InForce.Sheet, Case{Evidence: g.InForce.Evidence}.kinds(), nil).Rules)
			}},
			{Says: "a flag that closes opens only with evidence", Holds: func(g Case) bool {
				return g.InForce == nil || g.InForce.Type == opening.Closed || g.InForce.Flags["personal_information"] == No || len(g.InForce.Evidence) > 0
			}},
			{Says: "open under conditions only with measures and conditions at hand", Holds: func(g Case) bool {
				return g.InForce == nil || g.InForce.Type != opening.Conditional || len(g.InForce.Measures) > 0 && len(g.InForce.Conditions) > 0
			}},
			{Says: "what was rejected has a reason, what is due again has reasons", Holds: func(g Case) bool {
				return (g.Stage != StageRejected || g.Reason != "") && (g.Stage != StageReviewDue || len(g.Reasons) > 0)
			}},
			{Says: "evidence_needed is of what is closed", Holds: func(g Case) bool {
				return g.Stage != StageEvidenceNeeded || g.InForce.Type == opening.Closed && len(g.Evidence) > 0
			}},
		},
		Readme: "README.md",
	})
}

func TestProfileWorkflow(t *testing.T) {
	p := profile(t)
	hole := p.Content
	hole.Rules = hole.Rules[:4]
	flowtest.Check(t, flowtest.Workflow[ProfileStage, Edition, Command, Event, ProfileFacts]{
		Table: ProfileTable, Decide: DecideProfile, Evolve: EvolveProfile, Lives: 25,
		Stage: func(e Edition) ProfileStage { return e.Stage },
		Facts: func(m flowtest.Moment) ProfileFacts {
			return ProfileFacts{Who: m.Who, Today: workday.Of(m.Now), Impact: "seen"}
		},
		Samples: []Command{DraftProfile{Version: "2027-1", Content: p.Content}, FillProfile{p.Content}, Consult{}, TakeBack{}, Agree{}, TakeEffect{Impact: "seen"}, SupersedeProfile{}},
		Bad: []flowtest.Bad[ProfileStage, Command]{
			{At: "", By: permit.AutOfficer, Do: DraftProfile{Version: "V 2"}, Want: []string{"/version grading.bad_version"}},
			{At: ProfileDraft, By: permit.AutOfficer, Do: FillProfile{Content{Rules: make([]Rule, MaxParts+1), Closed: make([]Flag, MaxFlags+1)}}, Want: []string{"/closed_flags grading.too_many", "/rules grading.too_many"}},
		},
		Unguarded: []string{"take_effect"}, // see TestImpactIsSeenFirst
		Always: []flowtest.Law[Edition]{
			{Says: "in force by two people, and with the centre (Article 13(1))", Holds: func(e Edition) bool {
				return e.Stage != ProfileEffective || e.Agreed && e.Did["take_effect"] != e.Did["fill"] && e.Did["take_effect"] != e.Did["draft"]
			}},
			{Says: "in force means mapped, seen and dated", Holds: func(e Edition) bool {
				return e.Stage != ProfileEffective || e.Check() == nil && e.Impact == "seen" && e.From.Valid()
			}},
		},
		Readme: "PROFILE.md",
	})
	officer := permit.Actor{Account: "a", Roles: []permit.Role{permit.AutOfficer}}
	for _, c := range []struct {
		e Edition
		c Command
	}{{Edition{Stage: ProfileDraft, Profile: Profile{Content: hole}}, Consult{}}, {Edition{Stage: ProfileConsult, Agreed: true, Profile: Profile{Content: hole}}, TakeEffect{Impact: "seen"}}} {
		if _, err := DecideProfile(ProfileFacts{Who: officer, Impact: "seen"}, c.e, c.c); len(told(err)) != 8 || told(err)[0] != "/rules grading.not_mapped" {
			t.Errorf("%s of a mapping with a hole: %v", c.c.Verb(), err)
		}
	}
}

func TestImpactIsSeenFirst(t *testing.T) {
	e := Edition{Stage: ProfileConsult, Profile: profile(t)}
	f := ProfileFacts{Who: permit.Actor{Account: "a", Roles: []permit.Role{permit.AutOfficer}}, Impact: "new"}
	if _, err := DecideProfile(f, e, TakeEffect{Impact: "new"}); !slices.Equal(told(err), []string{"grading.centre_must_agree"}) {
		t.Errorf("without the centre: %v", err)
	}
	e.Agreed = true
	for _, seen := range []string{"", "old"} {
		if _, err := DecideProfile(f, e, TakeEffect{Impact: seen}); !slices.Equal(told(err), []string{"/impact grading.see_impact"}) {
			t.Errorf("seen %q: %v", seen, err)
		}
	}
	if _, err := DecideProfile(f, e, TakeEffect{Impact: "new"}); err != nil {
		t.Error(err)
	}
	f.Who = permit.Actor{Account: "b", Behalf: "a", Roles: f.Who.Roles}
	e.Did = map[string]string{"fill": "a"}
	if _, err := DecideProfile(f, e, TakeEffect{Impact: "new"}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("the writer's deputy puts it in force: %v", err)
	}
}

func randomField(r *rand.Rand, c Content, name string) Field {
	kind := ""
	if r.IntN(4) > 0 {
		kind = c.Kinds[r.IntN(len(c.Kinds))].Code
	}
	return field(name, kind, r.IntN(5), r.IntN(4), r.IntN(5))
}
