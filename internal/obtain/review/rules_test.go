package review

import (
	"encoding/json"
	"kaishu/internal/base/flow"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var (
	air   = Wanted{Dataset: "air", Set: "cnd_1", Fields: []string{"day", "pm25", "no2"}, From: "2025-01-01", To: "2025-12-31", Mode: "api", Months: 12}
	rain  = Wanted{Dataset: "rain", Set: "cnd_2", Fields: []string{"day", "mm"}, Mode: "file", Months: 6}
	one   = Subject{Application: "app_1", Number: "SQ-2026-000001", Applicant: "person", Scenario: "health", Sets: 1, Datasets: []Wanted{air}}
	two   = Subject{Application: "app_1", Number: "SQ-2026-000001", Applicant: "legal", Scenario: "health", Sets: 2, Datasets: []Wanted{air, rain}}
	yes   = Verdict{Dataset: "air", Approve: true, Fields: air.Fields, From: air.From, To: air.To, Mode: "api", Months: 12}
	no    = Verdict{Dataset: "air", Reasons: []Reason{{"security", "没有加密"}, {"excess", "不需要全部字段"}}, Remedy: "加密存放，减少字段"}
	safe  = Risk{Linked: "站点编号", Person: Low, Secret: Low, Public: Low, Acceptable: true}
	panel = []string{"e1", "e2", "e3"}
)

func clockOf(on workday.Date) deadline.Clock {
	return deadline.Clock{ReceivedOn: on, Due: workday.Due{Day: on.AddDays(14)}, Steps: []deadline.Day{{Step: "unopened", On: on.AddDays(1)}, {Step: "warning_1", On: on.AddDays(2)}, {Step: "overdue", On: on.AddDays(3)}}}
}

// TestWorkflow holds orders to the tests that every workflow owes. An order
// here is taken by whoever reviews, so that the lives get past the declaration;
// what the declaration bars is tried below.
func TestWorkflow(t *testing.T) {
	long := strings.Repeat("长", 2001)
	flowtest.Check(t, flowtest.Workflow[Stage, Order, Command, Event, Facts]{
		Table: Table,
		Evolve: func(o Order, e Event) Order {
			if said, ok := e.(Opined); ok {
				o = seat(o, said.By)
			}
			return Evolve(o, e)
		},
		Decide: func(f Facts, o Order, c Command) ([]Event, error) {
			if _, take := c.(Take); !take && o.Did["take"] != "" && f.Who.Has(permit.OpnReviewer) {
				o.Did = flow.Did(o.Did, "take", f.Who.Account)
			}
			if _, opine := c.(Opine); opine && f.Who.Has(permit.Expert) {
				o = seat(o, f.Who.Account)
			}
			return Decide(f, o, c)
		},
		Stage: func(o Order) Stage { return o.Stage },
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Mine: !m.Who.Has(permit.Clock), Used: 4, Experts: append(slices.Clone(panel), "e4")}
		},
		Samples: []Command{Hand{ID: "ord_1", Number: "GD-2026-000001", Body: "weather", Subject: one, Clock: clockOf("2026-02-09")}, Take{Free: true}, Recuse{Reason: "亲属"},
			Rank{Score{3, 1, 2}}, Assess{safe}, Ask{Text: "为何要三年？"}, Answer{Text: "因为"}, Consult{Experts: panel, Reason: "量大"}, Consult{Experts: append(slices.Clone(panel), "e4"), Reason: "量很大"},
			Opine{Advice: "approve", Opinion: "可行"}, Resume{}, Propose{Verdicts: []Verdict{yes}}, Propose{Verdicts: []Verdict{no}}, SendBack{Reason: "再看"}, Confirm{Free: true},
			Withdraw{}, Ring{}, Recount{Clock: clockOf("2026-02-10")}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageAssigned, By: permit.OpnReviewer, Do: Take{}, Want: []string{"/free review.declare"}},
			{At: StageAssigned, By: permit.OpnReviewer, Do: Recuse{}, Want: []string{"/reason required"}},
			{At: StageAssigned, By: permit.OpnReviewer, Do: Rank{Score{4, -1, 9}}, Want: []string{"/livelihood review.score", "/economy review.score", "/replicable review.score"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Assess{Risk{Person: "huge"}}, Want: []string{"/linked required", "/person required", "/secret required", "/public required"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Assess{Risk{Linked: "x", Person: High, Secret: Low, Public: Low}}, Want: []string{"/measures required"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Ask{Text: long}, Want: []string{"/text review.too_long"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Consult{Experts: []string{"e1", "e1"}}, Want: []string{"/experts review.few_experts", "/experts/1 review.expert_twice", "/reason required"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Consult{Experts: []string{"e1", "e2", "cat"}, Reason: "x"}, Want: []string{"/experts/2 review.no_expert"}},
			{At: StageExperts, By: permit.Expert, Do: Opine{Advice: "maybe"}, Want: []string{"/advice required", "/opinion required"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Propose{}, Want: []string{"/verdicts review.not_decided"}},
			{At: StageInReview, By: permit.OpnReviewer, Do: Propose{Verdicts: []Verdict{{Dataset: "air"}}}, Want: []string{"/verdicts/0/reasons review.needs_reason", "/verdicts/0/remedy required"}},
			{At: StageProposed, By: permit.OpnLead, Do: SendBack{}, Want: []string{"/reason required"}},
			{At: StageProposed, By: permit.OpnLead, Do: Confirm{}, Want: []string{"/free review.declare"}},
		},
		Unguarded: []string{"hand", "recount", "answer"},
		Always: []flowtest.Law[Order]{
			{Says: "the clock runs until it is decided or withdrawn", Holds: func(o Order) bool { return slices.Contains(Open, o.Stage) == o.Clock.Running() }},
			{Says: "what is decided has a verdict on every dataset, by two persons", Holds: func(o Order) bool {
				return o.Stage != StageDecided || len(o.Verdicts) == len(o.Datasets) && o.Did["propose"] != o.Did["confirm"] && o.DecidedOn.Valid()
			}},
			{Says: "nothing is decided without a person", Holds: func(o Order) bool { return o.Did["confirm"] != "clock" && o.Did["propose"] != "clock" }},
		},
		Readme: "README.md",
	})
}

// seat puts an account in the place of the first expert who has not spoken.
func seat(o Order, account string) Order {
	if slices.ContainsFunc(o.Experts, func(e Expert) bool { return e.Account == account }) {
		return o
	}
	o.Experts = slices.Clone(o.Experts)
	for i, e := range o.Experts {
		if e.Advice == "" {
			o.Experts[i].Account = account
			break
		}
	}
	return o
}

func codes(err error) string {
	var all []string
	if p := problem.As(err); p != nil {
		for _, f := range p.Fields {
			all = append(all, f.Pointer+" "+f.Code)
		}
		if len(p.Fields) == 0 {
			all = append(all, p.Code)
		}
	}
	return strings.Join(all, ", ")
}

var (
	rev  = permit.Actor{Account: "rev", Roles: []permit.Role{permit.OpnReviewer}}
	rev2 = permit.Actor{Account: "rev2", Roles: []permit.Role{permit.OpnReviewer}}
	lead = permit.Actor{Account: "lead", Roles: []permit.Role{permit.OpnLead}}
	both = permit.Actor{Account: "both", Roles: []permit.Role{permit.OpnReviewer, permit.OpnLead}}
)

func by(who permit.Actor) Facts {
	return Facts{Who: who, Today: "2026-02-10", Used: 1, Experts: panel, Own: []string{"ann"}}
}

// play goes through commands, each of somebody, and stops at the first error.
func play(o Order, steps ...any) (Order, error) {
	for i := 0; i < len(steps); i += 2 {
		events, err := Decide(steps[i].(Facts), o, steps[i+1].(Command))
		if err != nil {
			return o, err
		}
		for _, e := range events {
			o = Evolve(o, e)
		}
	}
	return o, nil
}

func order(s Subject) Order {
	return Evolve(Order{}, Handed{ID: "ord_1", Body: "weather", Subject: s, Clock: clockOf("2026-02-09"), By: "li"})
}

func TestTheDeclarationComesFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		steps []any
		want  string
	}{
		"propose without having taken":    {[]any{by(rev), Take{Free: true}, by(rev2), Propose{Verdicts: []Verdict{yes}}}, "review.take_first"},
		"another takes over":              {[]any{by(rev), Take{Free: true}, by(rev2), Take{Free: true}, by(rev2), Propose{Verdicts: []Verdict{yes}}}, ""},
		"who stepped aside may not again": {[]any{by(rev), Take{Free: true}, by(rev), Recuse{Reason: "x"}, by(rev), Take{Free: true}}, "review.conflict"},
		"the applicant himself":           {[]any{by(permit.Actor{Account: "ann", Roles: rev.Roles}), Take{Free: true}}, "review.conflict"},
		"for the applicant":               {[]any{by(permit.Actor{Account: "x", Behalf: "ann", Roles: rev.Roles}), Take{Free: true}}, "review.conflict"},
		"one person alone":                {[]any{by(both), Take{Free: true}, by(both), Propose{Verdicts: []Verdict{yes}}, by(both), Confirm{Free: true}}, "flow.four_eyes"},
		"two persons":                     {[]any{by(both), Take{Free: true}, by(both), Propose{Verdicts: []Verdict{yes}}, by(lead), Confirm{Free: true}}, ""},
	} {
		if _, err := play(order(one), tt.steps...); codes(err) != tt.want {
			t.Errorf("%s: %q, want %q", name, codes(err), tt.want)
		}
	}
}

func TestEveryFaultOfADecisionAtOnce(t *testing.T) {
	taken, err := play(order(two), by(rev), Take{Free: true})
	if err != nil {
		t.Fatal(err)
	}
	narrow := Verdict{Dataset: "rain", Approve: true, Fields: []string{"day"}, From: "2026-01-01", Mode: "api", Months: 3}
	assessed, _ := play(taken, by(rev), Assess{safe})
	refused, _ := play(taken, by(rev), Assess{Risk{Linked: "x", Person: High, Secret: Low, Public: Low, Measures: "y"}})
	for _, tt := range []struct {
		name string
		o    Order
		f    func(*Facts)
		all  []Verdict
		want string
	}{
		{"risk not assessed", taken, nil, []Verdict{yes, {Dataset: "rain", Reasons: []Reason{{"whim", ""}}}},
			"/verdicts/0/approve review.assess_first, /verdicts/1/reasons/0/code required, /verdicts/1/reasons/0/text required, /verdicts/1/remedy required"},
		{"risk too high", refused, nil, []Verdict{yes}, "/verdicts/0/approve review.risk_too_high, /verdicts review.not_decided"},
		{"less without reasons", assessed, nil, []Verdict{yes, narrow},
			"/verdicts/1/narrow/fields required, /verdicts/1/narrow/period required, /verdicts/1/narrow/mode required, /verdicts/1/narrow/months required"},
		{"more than applied for", assessed, nil, []Verdict{{Dataset: "air", Approve: true, Fields: []string{"secret"}, From: "2024-01-01", Mode: "pigeon", Months: 13}, no, {Dataset: "sea"}},
			"/verdicts/0/fields review.wider, /verdicts/0/from review.wider_period, /verdicts/0/months review.wider_months, /verdicts/0/mode required, " +
				"/verdicts/0/narrow/fields required, /verdicts/0/narrow/period required, /verdicts/0/narrow/mode required, /verdicts/1/dataset review.decided_twice, /verdicts/2/dataset review.not_asked, /verdicts review.not_decided"},
		{"outside the scenario, proof expired", assessed, func(f *Facts) { f.Outside, f.Expired = map[string]bool{"air": true}, map[string]bool{"air": true} }, []Verdict{yes, {Dataset: "rain", Approve: true, Fields: rain.Fields, Mode: "file", Months: 6}},
			"/verdicts/0/approve review.outside, /verdicts/0/approve review.expired"},
		{"no field, an end before the beginning", assessed, nil, []Verdict{{Dataset: "rain", Approve: true, From: "2026-02-01", To: "2026-01-01", Mode: "file", Months: 6, Narrow: map[string]string{"fields": "x", "period": "y"}}, yes},
			"/verdicts/0/fields review.no_field, /verdicts/0/to review.ends_before_it_begins"},
	} {
		f := by(rev)
		if tt.f != nil {
			tt.f(&f)
		}
		_, err := Decide(f, tt.o, Propose{Verdicts: tt.all})
		if got := codes(err); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	narrow.Narrow = map[string]string{"fields": "a", "period": "b", "mode": "c", "months": "d"}
	proposed, err := play(assessed, by(rev), Propose{Verdicts: []Verdict{yes, narrow}})
	if err != nil {
		t.Fatalf("each narrowing with its reason: %v", err)
	}
	late := by(lead) // a proof ran out between proposal and decision
	late.Expired = map[string]bool{"air": true}
	if _, err := Decide(late, proposed, Confirm{Free: true}); codes(err) != "/verdicts/0/approve review.expired" {
		t.Errorf("decided on an expired proof: %v", err)
	}
}

func TestExpertsDoNotSeeEachOtherAndAreThree(t *testing.T) {
	asked, err := play(order(one), by(rev), Take{Free: true}, by(rev), Consult{Experts: panel, Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	expert := func(id string) Facts { return by(permit.Actor{Account: id, Roles: []permit.Role{permit.Expert}}) }
	if _, err := Decide(expert("e9"), asked, Opine{Advice: "approve", Opinion: "x"}); codes(err) != "flow.not_your_step" {
		t.Errorf("an expert nobody asked: %v", err)
	}
	if _, err := Decide(by(rev), asked, Resume{}); codes(err) != "review.few_opinions" {
		t.Errorf("resumed without opinions: %v", err)
	}
	spoken, err := play(asked, expert("e1"), Opine{Advice: "approve", Opinion: "a"}, expert("e2"), Opine{Advice: "conflict", Opinion: "b"})
	if err != nil || spoken.Opinions() != 1 {
		t.Fatalf("%v, %d opinions", err, spoken.Opinions())
	}
	if _, err := Decide(expert("e1"), spoken, Opine{Advice: "refuse", Opinion: "x"}); codes(err) != "flow.not_your_step" {
		t.Errorf("an opinion twice: %v", err)
	}
	if seen := forExpert(permit.Actor{Account: "e3"}, spoken); len(seen.Experts) != 1 || seen.Experts[0].Account != "e3" {
		t.Errorf("e3 sees %+v", seen.Experts)
	}
	whole, err := play(spoken, expert("e3"), Opine{Advice: "narrow", Opinion: "c"})
	if err != nil || whole.Stage != StageExperts { // with a conflict among three there are two opinions only
		t.Errorf("%v, stage %s", err, whole.Stage)
	}
}

func TestOnlyTheApplicantAnswersAndWithdraws(t *testing.T) {
	asked, err := play(order(one), by(rev), Take{Free: true}, by(rev), Ask{Text: "为何？"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Command{Answer{Text: "x"}, Withdraw{}} {
		if _, err := Decide(by(permit.Actor{Account: "eve"}), asked, c); codes(err) != "flow.not_your_step" {
			t.Errorf("%s by another: %v", c.Verb(), err)
		}
	}
}

func TestAPeriodHasTwoDays(t *testing.T) {
	for _, tt := range []struct{ from, to workday.Date }{{"2026-01-01", "2026-12-31"}, {"x", "2026-12-31"}, {"2026-01-01", "y"}, {"2026-02-01", "2026-01-01"}, {"x", "y"}} {
		want := map[workday.Date]string{"2026-01-01": "", "2026-02-01": "?to review.no_day", "x": "?from review.no_day"}[tt.from]
		if tt.to == "y" && tt.from == "x" {
			want += ", ?to review.no_day"
		} else if tt.to == "y" {
			want = "?to review.no_day"
		}
		if got := codes(checkPeriod(tt.from, tt.to)); got != want {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.to, got, want)
		}
	}
}

func TestOutsidersSeeNoOrder(t *testing.T) {
	o, _ := play(order(one), by(rev), Take{Free: true}, by(rev), Recuse{Reason: "x"})
	for _, tt := range []struct {
		who  permit.Actor
		want bool
	}{
		{permit.Actor{Account: "rev", Organisation: "weather", Roles: rev.Roles}, false}, // stepped aside
		{permit.Actor{Account: "rev2", Organisation: "weather", Roles: rev.Roles}, true},
		{permit.Actor{Account: "rev3", Organisation: "transport", Roles: both.Roles}, false},
		{permit.Actor{Account: "e1", Roles: []permit.Role{permit.Expert}}, false},
		{permit.Actor{Account: "aut", Roles: []permit.Role{permit.AutOfficer}}, true},
		{permit.Actor{Account: "ann", Roles: []permit.Role{permit.Person}}, false}, // the applicant sees it as progress only
		{permit.Actor{}, false},
	} {
		if MaySee(tt.who, o) != tt.want {
			t.Errorf("%+v: %v", tt.who, !tt.want)
		}
	}
}

// TestAnOrderKeepsWhatItIs: nothing of an order is lost where it is stored.
func TestAnOrderKeepsWhatItIs(t *testing.T) {
	o, err := play(order(two), by(rev), Take{Free: true}, by(rev), Rank{Score{1, 2, 3}}, by(rev), Assess{safe}, by(rev), Ask{Text: "为何？"}, by(rev), Consult{Experts: panel, Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	o.Number = "GD-2026-000001"
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var again Order
	if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(o, again) {
		t.Errorf("%v\n%+v\n%+v", err, o, again)
	}
}
