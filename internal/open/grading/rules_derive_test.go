package grading

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
)

// says returns the steps of a trace as "say rule from", without the prefix.
func says(all []Step) (out []string) {
	for _, s := range all {
		out = append(out, s.Say[len("grading.trace."):]+" "+s.Rule+" "+s.From)
	}
	return out
}

// TestOneFieldIsMappedLikeItsLevels: Derive and the table agree everywhere.
func TestOneFieldIsMappedLikeItsLevels(t *testing.T) {
	p := profile(t)
	for _, l := range Every() {
		for _, set := range p.FlagSets() {
			want, _ := first(p.Content, p.Rules, l, set)
			got := Derive(p, Overlay{}, Sheet{Flags: answers(p.Content, set...), Fields: []Field{field("a", "", l.P, l.O, l.X)}}, nil, nil)
			if got.Type != want.Then || got.Levels != l || got.Trace[len(got.Trace)-1].Rule != want.ID {
				t.Fatalf("%s %v: %+v, want %s by %s", l, set, got, want.Then, want.ID)
			}
		}
	}
}

func TestTraceNamesWhereItComesFrom(t *testing.T) {
	p := profile(t)
	three := []Field{field("生日", "birth", 2, 0, 0), field("性别", "sex", 2, 0, 0), field("户籍", "residence", 1, 0, 0), field("额度", "", 0, 1, 0)}
	for _, tt := range []struct {
		name     string
		s        Sheet
		evidence []string
		joined   []Neighbour
		want     opening.Type
		steps    []string
	}{
		{"nothing was answered", Sheet{Fields: []Field{{Name: "a"}}}, nil, nil, opening.Closed, []string{"flag personal_privacy ", "flag personal_information ", "flag trade_secret ",
			"flag confidential_business ", "flag forbidden_by_law ", "flag important_data ", "flag high_security ", "flag timely ", "flag continuous ", "field  a", "field  a", "field  a",
			"rule closed_flag_or_level_4 "}},
		{"two quasi-identifiers", Sheet{Flags: answers(p.Content), Fields: three[1:]}, nil, nil, opening.Conditional,
			[]string{"field  性别", "field  额度", "none  ", "rule level_2_or_conditional_flag "}},
		{"three", Sheet{Flags: answers(p.Content), Fields: three}, nil, nil, opening.Closed,
			[]string{"field  生日", "field  性别", "field  额度", "none  ", "combination quasi_identifiers 生日、性别、户籍", "rule person_or_organisation_3 "}},
		{"three, with a report", Sheet{Flags: answers(p.Content), Fields: three, Lifts: []string{"quasi_identifiers"}}, []string{Desensitised}, nil, opening.Conditional,
			[]string{"field  生日", "field  性别", "field  额度", "none  ", "combination_lifted quasi_identifiers 生日、性别、户籍", "rule level_2_or_conditional_flag "}},
		{"three, with consent, which does not lift it", Sheet{Flags: answers(p.Content), Fields: three, Lifts: []string{"quasi_identifiers"}}, []string{Consent}, nil, opening.Closed,
			[]string{"field  生日", "field  性别", "field  额度", "none  ", "combination quasi_identifiers 生日、性别、户籍", "rule person_or_organisation_3 "}},
		{"the third beside another entry (mosaic)", Sheet{Flags: answers(p.Content), Fields: three[1:]}, nil,
			[]Neighbour{{Slug: "other", On: []string{"卡号"}, Fields: []Field{field("birth", "birth", 1, 0, 0)}}}, opening.Closed,
			[]string{"field  性别", "field  额度", "none  ", "join quasi_identifiers 性别、户籍", "rule person_or_organisation_3 "}},
		{"a report on one table lifts nothing beside another", Sheet{Flags: answers(p.Content), Fields: three, Lifts: []string{"quasi_identifiers"}}, []string{Desensitised},
			[]Neighbour{{Slug: "other", Fields: []Field{field("school", "education", 1, 0, 0)}}}, opening.Closed,
			[]string{"field  生日", "field  性别", "field  额度", "none  ", "combination_lifted quasi_identifiers 生日、性别、户籍", "join quasi_identifiers 生日、性别、户籍", "rule person_or_organisation_3 "}},
		{"place and time of one person", Sheet{Flags: answers(p.Content), Fields: []Field{field("卡号", "subject_key", 2, 0, 0), field("经度", "precise_place", 0, 0, 1), field("刷卡", "precise_time", 0, 0, 1)}}, nil, nil,
			opening.Closed, []string{"field  卡号", "none  ", "field  经度", "field  刷卡", "combination trajectory 卡号、经度、刷卡", "combination place_and_time 经度、刷卡", "rule closed_flag_or_level_4 "}},
		{"place and time of a bus", Sheet{Flags: answers(p.Content), Fields: []Field{field("经度", "precise_place", 0, 0, 1), field("时间", "precise_time", 0, 0, 1)}}, nil, nil,
			opening.Unconditional, []string{"none  ", "none  ", "field  经度", "field  时间", "rule else_open "}},
		{"a register beside operating figures stays public", Sheet{Flags: answers(p.Content), Fields: []Field{field("企业", "organisation", 0, 1, 0), field("行业", "org_trait", 0, 1, 0)}}, nil,
			[]Neighbour{{Slug: "figures", Fields: []Field{field("产值", "operating", 0, 2, 0)}}}, opening.Unconditional, []string{"none  ", "field  企业", "field  行业", "none  ", "rule else_open "}},
		{"the figures beside the register do not", Sheet{Flags: answers(p.Content), Fields: []Field{field("企业", "organisation", 0, 1, 0), field("产值", "operating", 0, 2, 0)}}, nil,
			[]Neighbour{{Slug: "register", Fields: []Field{field("企业", "organisation", 0, 1, 0), field("行业", "org_trait", 0, 1, 0)}}}, opening.Closed,
			[]string{"none  ", "field  产值", "none  ", "join known_business 企业、产值", "rule person_or_organisation_3 "}},
		{"consent lifts a flag", Sheet{Flags: answers(p.Content, "trade_secret"), Fields: three[3:], Lifts: []string{"trade_secret"}}, []string{Consent}, nil, opening.Unconditional,
			[]string{"flag_lifted trade_secret ", "none  ", "field  额度", "none  ", "rule else_open "}},
		{"consent does not lift a law", Sheet{Flags: answers(p.Content, "forbidden_by_law"), Fields: three[3:], Lifts: []string{"forbidden_by_law"}}, []string{Consent}, nil, opening.Closed,
			[]string{"flag forbidden_by_law ", "none  ", "field  额度", "none  ", "rule closed_flag_or_level_4 "}},
		{"a deviation tightens", Sheet{Flags: answers(p.Content), Fields: three[3:], Deviation: &Deviation{Type: opening.Conditional, Fields: []string{"额度"}}}, nil, nil, opening.Conditional,
			[]string{"none  ", "field  额度", "none  ", "rule else_open ", "deviation  额度"}},
		{"a deviation never loosens", Sheet{Flags: answers(p.Content, "timely"), Fields: three[3:], Deviation: &Deviation{Type: opening.Unconditional, Fields: []string{"额度"}}}, nil, nil, opening.Conditional,
			[]string{"flag timely ", "none  ", "field  额度", "none  ", "rule level_2_or_conditional_flag "}},
	} {
		r := Derive(p, Overlay{}, tt.s, tt.evidence, tt.joined)
		if r.Type != tt.want || !slices.Equal(says(r.Trace), tt.steps) {
			t.Errorf("%s: %s\n%q, want %s\n%q", tt.name, r.Type, says(r.Trace), tt.want, tt.steps)
		}
		if again := Derive(p, Overlay{}, tt.s, tt.evidence, tt.joined); !reflect.DeepEqual(r, again) {
			t.Errorf("%s: not the same twice", tt.name)
		}
	}
}

func randomSheet(r *rand.Rand, c Content) Sheet {
	s := Sheet{Flags: map[string]string{}}
	for _, f := range c.Flags() {
		if s.Flags[f.Code] = No; r.IntN(12) == 0 {
			s.Flags[f.Code] = Yes
		}
		if r.IntN(4) == 0 {
			s.Lifts = append(s.Lifts, f.Code)
		}
	}
	for _, x := range c.Combinations {
		if r.IntN(3) == 0 {
			s.Lifts = append(s.Lifts, x.ID)
		}
	}
	for i := range 1 + r.IntN(5) {
		f := randomField(r, c, string(rune('a'+i)))
		if r.IntN(2) == 0 {
			*f.P, *f.O, *f.X = min(*f.P, 2), min(*f.O, 2), min(*f.X, 2)
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

func randomJoins(r *rand.Rand, c Content) (all []Neighbour) {
	for i := range r.IntN(3) {
		all = append(all, Neighbour{Slug: string(rune('x' + i)), Fields: randomSheet(r, c).Fields})
	}
	return all
}

// TestMoreNeverOpensMore: a higher level, one more field, one more neighbour,
// one more flag, less evidence: none opens more.
func TestMoreNeverOpensMore(t *testing.T) {
	p := profile(t)
	r := rand.New(rand.NewPCG(6, 1))
	tightened := map[string]int{}
	for range 20000 {
		s, evidence, joined := randomSheet(r, p.Content), []string{Desensitised, Consent}[:r.IntN(3)], randomJoins(r, p.Content)
		was := Derive(p, Overlay{}, s, evidence, joined)
		hold := func(what string, now Result) {
			t.Helper()
			if now.Type.Looser(was.Type) {
				t.Fatalf("%s opens more: %s, then %s\n%+v", what, was.Type, now.Type, s)
			}
			if now.Type != was.Type {
				tightened[what]++
			}
		}
		more := s
		more.Fields = append(slices.Clone(s.Fields), randomField(r, p.Content, "z"))
		hold("one more field", Derive(p, Overlay{}, more, evidence, joined))
		hold("one more neighbour", Derive(p, Overlay{}, s, evidence, append(slices.Clone(joined), Neighbour{Slug: "n", Fields: randomSheet(r, p.Content).Fields})))
		hold("no evidence", Derive(p, Overlay{}, s, nil, joined))
		up := s
		up.Fields = slices.Clone(s.Fields)
		up.Fields[0].P = n(min(*up.Fields[0].P+1, MaxLevel))
		hold("a higher level", Derive(p, Overlay{}, up, evidence, joined))
		up.Fields[0].P = nil
		hold("no level", Derive(p, Overlay{}, up, evidence, joined))
		flagged := s
		flagged.Flags = answers(p.Content, p.Flags()[r.IntN(9)].Code)
		for code, a := range s.Flags {
			if a == Yes {
				flagged.Flags[code] = Yes
			}
		}
		hold("one more flag", Derive(p, Overlay{}, flagged, evidence, joined))
	}
	if len(tightened) != 6 {
		t.Errorf("tried: %v", tightened)
	}
}

func randomRules(r *rand.Rand, c Content) (all []Rule) {
	for i := range 1 + r.IntN(2) {
		m := Match{Conditional: r.IntN(6) == 0, Closed: r.IntN(8) == 0}
		for range 1 + r.IntN(2) {
			m.AtLeast = append(m.AtLeast, Floor{append([]Dimension{""}, Dimensions...)[r.IntN(4)], 1 + r.IntN(4)})
		}
		if r.IntN(4) == 0 {
			m.Flags = []string{c.Flags()[r.IntN(9)].Code}
		}
		all = append(all, Rule{ID: string(rune('a' + i)), When: m, Then: opening.Types[r.IntN(3)], Words: locale.Text{ZH: "x", EN: "x"}})
	}
	return all
}

// TestOverlayOnlyTightens: over all combinations and flags, whatever an
// overlay that is accepted says, nothing opens more than by the profile; and
// one that is refused names exactly what would.
func TestOverlayOnlyTightens(t *testing.T) {
	p := profile(t)
	r := rand.New(rand.NewPCG(6, 2))
	kept, refused, tighter := 0, 0, 0
	sets := p.FlagSets()
	for range 10 {
		o := Overlay{Version: 1, Tightening: Tightening{Label: locale.Text{ZH: "行业细则"}, Rules: randomRules(r, p.Content)}}
		err := CheckOverlay(p.Content, o.Tightening)
		var brute []Loosening
		groups := map[string]bool{}
		for _, l := range Every() {
			for _, set := range sets {
				s := Sheet{Flags: answers(p.Content, set...), Fields: []Field{field("a", "", l.P, l.O, l.X)}}
				rule, _ := first(p.Content, p.Rules, l, set) // what Derive says too: see above
				was := rule.Then
				with := Derive(p, o, s, nil, nil).Type
				if with.Looser(was) {
					t.Fatalf("%s %v: %s by the profile, %s with %+v", l, set, was, with, o.Rules)
				}
				if with != was {
					tighter++
				}
				if x, ok := first(p.Content, o.Rules, l, set); ok && x.Then.Looser(was) {
					brute = append(brute, Loosening{x.ID, l, set, was, x.Then})
					groups[x.ID+l.String()+string(was)] = true
				}
			}
		}
		if !reflect.DeepEqual(brute, Loosenings(p.Content, o.Tightening)) {
			t.Fatalf("loosenings of %+v are not those of brute force", o.Rules)
		}
		named := 0
		for _, x := range told(err) {
			if slices.Contains([]string{"grading.loosens.closed_conditional", "grading.loosens.closed_unconditional", "grading.loosens.conditional_unconditional"}, x[len("/rules/0 "):]) {
				named++
			}
		}
		if named != len(groups) {
			t.Fatalf("%d loosenings named, want %d: %v", named, len(groups), err)
		}
		if err == nil {
			kept++
		} else {
			refused++
		}
	}
	if kept < 2 || refused < 2 || tighter == 0 {
		t.Errorf("%d kept, %d refused, %d tighter: the draw tries too little", kept, refused, tighter)
	}
}

// TestOverlayFloorsAndCombinations only ever raise.
func TestOverlayFloorsAndCombinations(t *testing.T) {
	p := profile(t)
	o := Overlay{Version: 1, Tightening: Tightening{Label: locale.Text{ZH: "交通细则"}, Floors: []KindFloor{{"precise_place", X, 3}},
		Combinations: []Combination{{ID: "stop_and_time", Kinds: []string{"object_key", "precise_time"}, Least: 2, Dimension: X, From: 1, To: 2, Words: locale.Text{ZH: "x", EN: "x"}}},
		Measures:     []Measure{{Words: Words{"escort", locale.Text{ZH: "陪同", EN: "Escort"}}, Levels: []int{3}}}}}
	if err := CheckOverlay(p.Content, o.Tightening); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 3))
	tighter := 0
	for range 5000 {
		s, joined := randomSheet(r, p.Content), randomJoins(r, p.Content)
		was, now := Derive(p, Overlay{}, s, nil, joined), Derive(p, o, s, nil, joined)
		if now.Type.Looser(was.Type) {
			t.Fatalf("%+v: %s, then %s", s, was.Type, now.Type)
		}
		if now.Type != was.Type {
			tighter++
		}
	}
	if tighter == 0 {
		t.Error("never tighter")
	}
	s := Sheet{Flags: answers(p.Content), Fields: []Field{field("经度", "precise_place", 0, 0, 1)}}
	f := Facts{Profile: p, Overlay: o, Fields: []FieldName{{Name: "经度"}}}
	if got := told(CheckSheet(f, Case{}, s)); len(got) != 7 || got[6] != "/measures grading.measure_missing" {
		t.Errorf("measures of level 3 and of the overlay: %v", got)
	}
	if got := says(Derive(p, o, s, nil, nil).Trace); !slices.Equal(got, []string{"floor  经度", "none  ", "none  ", "field  经度", "rule object_3 "}) {
		t.Errorf("trace %q", got)
	}
	bad := Tightening{Label: locale.Text{ZH: "x"}, Floors: []KindFloor{{"whim", X, 0}}, Combinations: []Combination{p.Combinations[0]}, Measures: []Measure{{Words: Words{"logging", locale.Text{ZH: "别的", EN: "other"}}}}}
	if got := told(CheckOverlay(p.Content, bad)); !slices.Equal(got, []string{"/floors/0/kind grading.unknown_kind", "/floors/0/level grading.no_level", "/combinations/0/id grading.code_twice", "/measures/0/code grading.code_twice"}) {
		t.Errorf("faults %v", got)
	}
	if got := told(CheckOverlay(p.Content, Tightening{})); !slices.Equal(got, []string{"/label/zh required", "/rules grading.empty_overlay"}) {
		t.Errorf("empty: %v", got)
	}
}

// TestNothingClosedOpensWithoutEvidence: Article 14(1)(一).
func TestNothingClosedOpensWithoutEvidence(t *testing.T) {
	p := profile(t)
	low := sheet(p.Content, field("a", "", 1, 0, 0), field("b", "", 0, 0, 0))
	g := Case{Stage: StageReviewDue, InForce: &Decision{Result: Result{Type: opening.Closed}}}
	f := Facts{Profile: p, Fields: fields}
	if got := told(CheckSheet(f, g, low)); !slices.Equal(got, []string{"/evidence grading.needs_evidence"}) {
		t.Errorf("without: %v", got)
	}
	g.Evidence = []Evidence{report}
	if err := CheckSheet(f, g, low); err != nil {
		t.Errorf("with a report: %v", err)
	}
	low.Lifts, low.Flags = []string{"forbidden_by_law", "personal_information", "quasi_identifiers"}, answers(p.Content, "personal_information", "forbidden_by_law")
	g.Evidence = []Evidence{consent}
	if got := told(CheckSheet(f, g, low)); !slices.Equal(got, []string{"/lifts/0 grading.lift_needs_evidence", "/lifts/2 grading.lift_needs_evidence"}) {
		t.Errorf("consent lifts %v", got)
	}
	grader := permit.Actor{Account: "g", Roles: []permit.Role{permit.OpnGrader}}
	open := Case{Stage: StageConfirmed, InForce: &Decision{Result: Result{Type: opening.Conditional}}}
	if _, err := Decide(Facts{Who: grader, Today: "2026-02-01"}, open, BringEvidence{report}); !slices.Equal(told(err), []string{"grading.not_closed"}) {
		t.Errorf("evidence for what is open: %v", err)
	}
}

// TestConfirmDerivesAgain: what moved since the grading is not confirmed.
func TestConfirmDerivesAgain(t *testing.T) {
	p := profile(t)
	s := sheet(p.Content, field("a", "sex", 1, 0, 0), field("b", "org_trait", 0, 1, 0))
	f := Facts{Who: permit.Actor{Account: "r", Roles: []permit.Role{permit.OpnReviewer}}, Today: "2026-02-01", Profile: p, Fields: fields}
	d := decided(f, Case{}, s, f.Today)
	g := Case{Stage: StageGraded, Draft: &d}
	if _, err := Decide(f, g, Confirm{}); err != nil {
		t.Fatal(err)
	}
	next := p
	next.Version = "2027-1"
	for name, change := range map[string]func(*Facts){
		"a field came": func(f *Facts) { f.Fields = append(slices.Clone(fields), FieldName{Name: "c"}) },
		"profile":      func(f *Facts) { f.Profile = next },
		"overlay":      func(f *Facts) { f.Overlay = Overlay{Version: 1} },
	} {
		now := f
		change(&now)
		if _, err := Decide(now, g, Confirm{}); !slices.Equal(told(err), []string{"grading.moved_since"}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Fields[0] = field("a", "sex", 2, 0, 0)
	s = with(p, s)
	d = decided(f, Case{}, s, f.Today)
	f.Joined = []Neighbour{{Slug: "n", Fields: []Field{field("x", "birth", 0, 0, 0), field("y", "residence", 0, 0, 0)}}}
	if _, err := Decide(f, Case{Stage: StageGraded, Draft: &d}, Confirm{}); !slices.Equal(told(err), []string{"grading.moved_since"}) {
		t.Errorf("a neighbour came: %v", err)
	}
}
