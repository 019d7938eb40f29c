package grading

import (
	"slices"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

func TestOwnWorkflow(t *testing.T) {
	p := profile(t)
	words := locale.Text{ZH: "气象细则", EN: "x"}
	tight := Tightening{Label: words, Floors: []KindFloor{{"precise_place", X, 2}}}
	loose := Tightening{Label: words, Rules: []Rule{{ID: "a", When: Match{AtLeast: []Floor{{P, 4}, {O, 4}}}, Then: opening.Conditional, Words: words}}}
	var named []string
	for _, l := range Every() {
		if l.P == 4 || l.O == 4 {
			named = append(named, "/rules/0 grading.loosens.closed_conditional")
		}
	}
	flowtest.Check(t, flowtest.Workflow[OwnStage, Own, Command, Event, OwnFacts]{
		Table: OwnTable, Decide: DecideOwn, Evolve: EvolveOwn, Lives: 200,
		Stage: func(o Own) OwnStage { return o.Stage },
		Facts: func(m flowtest.Moment) OwnFacts {
			return OwnFacts{Who: m.Who, Today: workday.Of(m.Now), Profile: p}
		},
		Samples: []Command{ProposeOwn{Body: "home", Version: 1, Tightening: tight}, AcceptOwn{}, ReturnOwn{Reason: "再议"}, SupersedeOwn{}},
		Bad: []flowtest.Bad[OwnStage, Command]{
			{At: "", By: permit.OpnGrader, Do: ProposeOwn{}, Want: []string{"/label/zh required", "/rules grading.empty_overlay"}},
			{At: "", By: permit.OpnGrader, Do: ProposeOwn{Body: "home", Version: 1, Tightening: loose}, Want: named},
			{At: OwnProposed, By: permit.OpnLead, Do: ReturnOwn{Reason: " "}, Want: []string{"/reason required"}},
		},
		Always: []flowtest.Law[Own]{
			{Says: "in force by two people, and dated", Holds: func(o Own) bool {
				return o.Stage != OwnInForce || o.Did["accept"] != o.Did["propose"] && o.From.Valid()
			}},
			{Says: "what was returned has a reason", Holds: func(o Own) bool { return o.Stage != OwnReturned || o.Reason != "" }},
		},
		Readme: "OVERLAY.md",
	})
}

// TestEvidenceIsUsedOnce: what was weighed and left the data closed does not
// open it another time, and a report on other fields says nothing of these.
func TestEvidenceIsUsedOnce(t *testing.T) {
	closed, open := Decision{Result: Result{Type: opening.Closed}}, Decision{Result: Result{Type: opening.Conditional}}
	g := Case{Stage: StageGraded, Evidence: []Evidence{report}}
	if after := Evolve(g, Confirmed{Decision: closed}); len(after.Evidence) != 0 {
		t.Error("evidence that left the data closed still lies there")
	}
	after := Evolve(g, Confirmed{Decision: open})
	if len(after.Evidence) != 1 {
		t.Error("evidence that opened the data is gone")
	}
	if again := Evolve(after, FellDue{Reasons: []string{Yearly}}); len(again.Evidence) != 1 {
		t.Error("a year takes the evidence away")
	}
	if again := Evolve(after, FellDue{Reasons: []string{SchemaChanged}}); len(again.Evidence) != 0 {
		t.Error("a report on other fields still counts")
	}
}

// TestDeviationNeedsALevel: conditional without a flag or a level is refused
// (A14.5).
func TestDeviationNeedsALevel(t *testing.T) {
	p := profile(t)
	f := Facts{Profile: p, Fields: fields}
	s := sheet(p.Content, field("a", "", 0, 0, 0), field("b", "", 0, 0, 1))
	s.Deviation = &Deviation{Type: opening.Closed, Reason: "x", Fields: []string{"a"}}
	if got := told(CheckSheet(f, Case{}, s)); !slices.Equal(got, []string{"/deviation/fields grading.no_ground"}) {
		t.Errorf("for a field of level 0: %v", got)
	}
	s.Deviation.Fields = []string{"a", "b"}
	if err := CheckSheet(f, Case{}, s); err != nil {
		t.Errorf("for a field of level 1: %v", err)
	}
	s.Flags["timely"], s.Deviation.Type = Yes, opening.Conditional
	s = with(p, s)
	if got := told(CheckSheet(f, Case{}, s)); !slices.Equal(got, []string{"/deviation/type grading.only_stricter"}) {
		t.Errorf("as strict as derived: %v", got)
	}
}

func TestAnswersToWhatIsNotAsked(t *testing.T) {
	p := profile(t)
	s := sheet(p.Content, field("a", "", 0, 0, 0), field("b", "", 0, 0, 0))
	s.Flags["weather"] = No
	if got := told(CheckSheet(Facts{Profile: p, Fields: fields}, Case{}, s)); !slices.Equal(got, []string{"/flags grading.unknown_flags"}) {
		t.Errorf("a question too many: %v", got)
	}
	if got := told(CheckSheet(Facts{Profile: p}, Case{}, Sheet{Flags: answers(p.Content)})); !slices.Equal(got, []string{"/fields grading.no_fields"}) {
		t.Errorf("an entry without fields: %v", got)
	}
}

// TestConfirmSeesAnotherReason: the type is the same and the reasons are not.
func TestConfirmSeesAnotherReason(t *testing.T) {
	p := profile(t)
	f := Facts{Who: permit.Actor{Account: "r", Roles: []permit.Role{permit.OpnReviewer}}, Today: "2026-02-01", Profile: p, Fields: fields}
	s := sheet(p.Content, field("a", "sex", 4, 0, 0), field("b", "", 0, 0, 0))
	d := decided(f, Case{}, s, f.Today)
	f.Joined = []Neighbour{{Slug: "n", Fields: []Field{field("x", "birth", 0, 0, 0), field("y", "residence", 0, 0, 0)}}}
	if _, err := Decide(f, Case{Stage: StageGraded, Draft: &d}, Confirm{}); !slices.Equal(told(err), []string{"grading.moved_since"}) {
		t.Errorf("closed before and after, for another reason: %v", err)
	}
}

// TestHitByANewQuestion: a flag that was never asked is an impact, and counts
// as yes.
func TestHitByANewQuestion(t *testing.T) {
	p := profile(t)
	s := sheet(p.Content, field("a", "", 0, 0, 4), field("b", "", 0, 0, 0))
	g := Case{Slug: "x", InForce: &Decision{Sheet: s, Result: Derive(p, Overlay{}, s, nil, nil)}}
	if h, hit := HitBy(p, Overlay{}, g, nil); hit {
		t.Errorf("the same profile: %+v", h)
	}
	next := p
	next.Closed = append(slices.Clone(p.Closed), Flag{Words: Words{"core_data", locale.Text{ZH: "核心数据", EN: "core data"}}})
	h, hit := HitBy(next, Overlay{}, g, nil)
	if !hit || !slices.Equal(h.Unanswered, []string{"core_data"}) || h.Would != opening.Closed {
		t.Errorf("a new question of closed data: %+v %t", h, hit)
	}
	if _, hit := HitBy(next, Overlay{}, Case{}, nil); hit {
		t.Error("what was never graded is hit")
	}
}

// TestTheLibraryEndsAtLevelThree: a profile that opens more finds the
// strictest conditions there are.
func TestTheLibraryEndsAtLevelThree(t *testing.T) {
	c := profile(t).Content
	three, measures := c.Suggested(Result{Type: opening.Conditional, Levels: Levels{X: 3}})
	if four, _ := c.Suggested(Result{Type: opening.Conditional, Levels: Levels{X: 4}}); len(three) == 0 || len(four) != len(three) || !slices.Contains(measures, "sandbox_only") {
		t.Errorf("level 3 has %d conditions, level 4 %d; measures %v", len(three), len(four), measures)
	}
	for _, kind := range []opening.Type{opening.Closed, opening.Unconditional} {
		if some, m := c.Suggested(Result{Type: kind, Levels: Levels{X: 3}}); some != nil || m != nil {
			t.Errorf("%s data has conditions", kind)
		}
	}
	kinds := func(set ...string) (out []string) {
		all, m := c.Suggested(Result{Type: opening.Conditional, Levels: Levels{X: 1}, Set: set})
		for _, x := range all {
			out = append(out, x.Kind)
		}
		return append(out, m...)
	}
	if got := kinds(); !slices.Equal(got, []string{"scenario", "feedback", "logging", "spot_check_yearly"}) {
		t.Errorf("level 2: %v", got)
	}
	if got := kinds("timely"); !slices.Equal(got, []string{"scenario", "feedback", "security", "security", "logging", "quota", "spot_check_yearly"}) {
		t.Errorf("level 2 with a flag: %v", got)
	}
}

// TestOwnRulesAreHeldAgainstTheProfileOfTheDay: what was proposed under
// another profile may loosen this one.
func TestOwnRulesAreHeldAgainstTheProfileOfTheDay(t *testing.T) {
	p := profile(t)
	words := locale.Text{ZH: "x", EN: "x"}
	o := Own{Stage: OwnProposed, Overlay: Overlay{Body: "b", Version: 1, Tightening: Tightening{Label: words,
		Rules: []Rule{{ID: "a", When: Match{Flags: []string{"core_data"}}, Then: opening.Closed, Words: words}}}}}
	f := OwnFacts{Who: permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}, Profile: p}
	if _, err := DecideOwn(f, o, AcceptOwn{}); !slices.Equal(told(err), []string{"grading.own_moved_since"}) {
		t.Errorf("rules about a flag that is gone: %v", err)
	}
	f.Profile.Closed = append(slices.Clone(p.Closed), Flag{Words: Words{"core_data", words}})
	if _, err := DecideOwn(f, o, AcceptOwn{}); err != nil {
		t.Error(err)
	}
}
