package adjustment

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var (
	gates = []problem.Field{{Pointer: "", Code: "openlist.grading_due"}, {Pointer: "/opening", Code: "openlist.looser_than_graded"}}
	paper = []Document{{ID: "mat_1", Name: "说明.pdf"}}
	all   = Checklist
)

// TestWorkflow holds SM-06 to the tests that every workflow owes, by an order
// that opens less than before: it meets every guard.
func TestWorkflow(t *testing.T) {
	proposal := Proposal{Was: opening.Unconditional, Now: opening.Conditional, Differences: []Difference{{Pointer: "/opening"}}}
	content := Content{Proposed: json.RawMessage(`{"opening":"conditional"}`), Reason: "时效性较强", Urgent: "持续更新有风险"}
	flowtest.Check(t, flowtest.Workflow[Stage, Order, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(o Order) Stage { return o.Stage },
		Facts: func(m flowtest.Moment) Facts {
			day := workday.Of(m.Now)
			return Facts{Who: m.Who, Today: day, Earliest: day.AddDays(30), Begins: Begins{Listed: true}, Proposal: proposal,
				Clock: deadline.Clock{ReceivedOn: day, Due: workday.Due{Day: day.AddDays(7)}, Steps: []deadline.Day{{Step: "due", On: day.AddDays(1)}}}}
		},
		Samples: []Command{Draft{ID: "adj_1", Entry: "metro", Body: "home", Kind: Change, Content: content}, Fill{Content: content, Documents: paper}, Submit{Number: "QD-2026-000001"}, Take{}, Acknowledge{},
			Return{Faults: []Fault{{Code: "R1", Text: "没有说明理由"}}}, Accept{Checked: all}, Effect{}, SendBack{Faults: gates}, Cancel{Reason: "不改了"}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-01-05"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageDraft, By: permit.OpnEditor, Do: Fill{Content: Content{Reason: strings.Repeat("长", MaxText+1), Ground: "x", EffectiveOn: "soon"}, Documents: make([]Document, MaxDocuments+1)},
				Want: []string{"/reason adjustment.too_long", "/documents adjustment.too_many_documents", "/effective_on adjustment.no_day", "/ground adjustment.unknown_ground"}},
			{At: StageReviewing, By: permit.CtrListReviewer, Do: Return{}, Want: []string{"/faults adjustment.needs_fault"}},
			{At: StageReviewing, By: permit.CtrListReviewer, Do: Return{Faults: []Fault{{Code: "R5"}}}, Want: []string{"/faults/0/code adjustment.unknown_code", "/faults/0/text required"}},
			{At: StageDraft, By: permit.OpnLead, Do: Cancel{}, Want: []string{"/reason required"}},
		},
		// What these refuse depends on facts, see the tests below; a sample that
		// the kind of order does not know is no step of its life.
		Unguarded: []string{"draft", "submit", "accept", "effect", "send_back", "acknowledge", "recount"},
		Always: []flowtest.Law[Order]{
			{Says: "who wrote an order did not hand it in, and who handed it in did not accept it", Holds: func(o Order) bool {
				return o.Stage != StageEffective || o.Did["submit"] != o.Did["fill"] && o.Did["submit"] != o.Did["draft"] && !slices.Contains([]string{o.Did["draft"], o.Did["fill"], o.Did["submit"]}, o.Did["accept"])
			}},
			{Says: "a downgrade takes effect with a document, and with the authority's knowledge (Article 11(1))", Holds: func(o Order) bool {
				return o.Stage != StageEffective || !o.Downgrade() || len(o.Documents) > 0 && o.Acknowledged
			}},
			{Says: "nothing takes effect without a reason and a number", Holds: func(o Order) bool {
				return o.Stage != StageEffective || o.Reason != "" && o.Number != "" && o.EffectOn.Valid()
			}},
			{Says: "what was returned says why", Holds: func(o Order) bool { return o.Stage != StageReturned || len(o.Faults) > 0 }},
		},
		Readme: "README.md",
	})
}

func told(err error) (all []string) {
	p := problem.As(err)
	if p == nil {
		return nil
	}
	if len(p.Fields) == 0 {
		return []string{p.Code}
	}
	for _, f := range p.Fields {
		all = append(all, f.Pointer+" "+f.Code)
	}
	return all
}

func asked(f Facts, o Order, c Command) []string {
	_, err := Decide(f, o, c)
	return told(err)
}

var (
	editor   = permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	lead     = permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	reviewer = permit.Actor{Account: "r", Roles: []permit.Role{permit.CtrListReviewer}}
	officer  = permit.Actor{Account: "a", Roles: []permit.Role{permit.AutOfficer}}
)

func TestWhatBeginsAnOrder(t *testing.T) {
	for name, x := range map[string]struct {
		kind Kind
		at   Begins
		want []string
	}{
		"nothing":      {List, Begins{}, []string{"adjustment.listed_already"}},
		"another":      {Change, Begins{Listed: true, Open: true}, []string{"adjustment.one_at_a_time"}},
		"listed":       {List, Begins{Listed: true}, []string{"adjustment.listed_already"}},
		"draft":        {Change, Begins{Draft: true}, []string{"adjustment.not_listed"}},
		"draft goes":   {Withdraw, Begins{Draft: true}, []string{"adjustment.not_listed"}},
		"unknown":      {"x", Begins{Listed: true}, []string{"/kind adjustment.unknown_kind"}},
		"a new one":    {List, Begins{Draft: true}, nil},
		"a change":     {Change, Begins{Listed: true}, nil},
		"a withdrawal": {Withdraw, Begins{Listed: true}, nil},
	} {
		if got := asked(Facts{Who: editor, Begins: x.at}, Order{}, Draft{Kind: x.kind}); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestAllFaultsOfAnOrderAtOnce: reason, document, notice, ground and gates are
// told together (Article 11(2)).
func TestAllFaultsOfAnOrderAtOnce(t *testing.T) {
	f := Facts{Who: lead, Today: "2026-11-25", Earliest: "2026-12-25", Waiting: 2, Proposal: Proposal{Was: opening.Unconditional, Now: opening.Closed}}
	draft := func(kind Kind, c Content) Order { return Order{Kind: kind, Stage: StageDraft, Content: c} }
	down := f
	down.Waiting, down.Proposal, down.Gates = 0, Proposal{Was: opening.Unconditional, Now: opening.Conditional, Differences: []Difference{{Pointer: "/opening"}}}, gates[:1]
	same := f
	same.Waiting, same.Proposal = 0, Proposal{Was: opening.Conditional, Now: opening.Conditional}
	into := f
	into.Waiting = 0
	merged := draft(Withdraw, Content{Reason: "x", Ground: "merged", Into: "metro", Urgent: "重复"})
	merged.Entry, merged.Documents = "metro", paper
	for name, x := range map[string]struct {
		f    Facts
		o    Order
		want []string
	}{
		"an empty withdrawal": {f, draft(Withdraw, Content{}), []string{"/reason required", "/ground required", "/effective_on adjustment.needs_notice", "/documents adjustment.needs_document", "/documents adjustment.documents_wait"}},
		"cannot be updated":   {f, draft(Withdraw, Content{Reason: "x", Ground: CannotUpdate, EffectiveOn: "2026-12-25"}), []string{"/ground adjustment.make_static", "/documents adjustment.needs_document", "/documents adjustment.documents_wait"}},
		"merged into nothing": {f, draft(Withdraw, Content{Reason: "x", Ground: "merged", EffectiveOn: "2026-12-24"}), []string{"/into required", "/effective_on adjustment.needs_notice", "/documents adjustment.needs_document", "/documents adjustment.documents_wait"}},
		"a risk in waiting":   {f, draft(Withdraw, Content{Reason: "x", Ground: "privacy", Urgent: "含个人信息"}), []string{"/documents adjustment.needs_document", "/documents adjustment.documents_wait"}},
		"to conditional":      {down, draft(Change, Content{Reason: "x"}), []string{"/effective_on adjustment.needs_notice", "/documents adjustment.needs_document", " openlist.grading_due"}},
		"merged into itself":  {into, merged, []string{"/into adjustment.into_nothing"}},
		"nothing changes":     {same, draft(Change, Content{EffectiveOn: "2026-11-24"}), []string{"/reason required", "/proposed adjustment.nothing_changes", "/effective_on adjustment.day_past"}},
	} {
		if got := asked(x.f, x.o, Submit{Number: "QD-2026-000001"}); !slices.Equal(got, x.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, x.want)
		}
	}
	sound := draft(Withdraw, Content{Reason: "x", Ground: "law", EffectiveOn: "2026-12-25"})
	sound.Documents = paper
	g := f
	g.Waiting = 0
	if got := asked(g, sound, Submit{Number: "QD-2026-000001"}); got != nil {
		t.Errorf("a sound withdrawal: %q", got)
	}
}

// TestGatesStandToTheEnd: what has become wrong meanwhile is neither accepted
// nor takes effect; it goes back with every fault.
func TestGatesStandToTheEnd(t *testing.T) {
	o := Order{Kind: Change, Stage: StageReviewing, Was: opening.Unconditional, Now: opening.Unconditional}
	if got := asked(Facts{Who: reviewer, Today: "2026-11-25", Gates: gates}, o, Accept{Checked: []string{"reason"}}); !slices.Equal(got,
		[]string{"/checked/complete adjustment.not_ticked", "/checked/graded adjustment.not_ticked", "/checked/else adjustment.not_ticked", " openlist.grading_due", "/opening openlist.looser_than_graded"}) {
		t.Errorf("accepted: %q", got)
	}
	o.Now = opening.Conditional
	if got := asked(Facts{Who: reviewer, Today: "2026-11-25"}, o, Accept{Checked: all}); !slices.Equal(got, []string{"/acknowledged adjustment.not_acknowledged"}) {
		t.Errorf("a downgrade nobody knows of: %q", got)
	}
	o.Stage, o.EffectiveOn = StageAccepted, "2026-12-01"
	o.Clock = deadline.Clock{ReceivedOn: "2026-11-20", Due: workday.Due{Day: "2026-11-27"}, DoneOn: "2026-11-25"}
	clock := Facts{Who: permit.Platform, Today: "2026-11-30", Gates: gates}
	for _, c := range []Command{Effect{}, SendBack{Faults: gates}} {
		if events, err := Decide(clock, o, c); err != nil || len(events) > 0 {
			t.Errorf("%s before its day: %v %v", c.Verb(), events, err)
		}
	}
	clock.Today = "2026-12-01"
	if got := asked(clock, o, Effect{}); len(got) != 2 {
		t.Errorf("it took effect: %q", got)
	}
	events, err := Decide(clock, o, SendBack{Faults: gates})
	if err != nil || len(events) != 1 || len(Evolve(o, events[0]).Faults) != 2 || Evolve(o, events[0]).Clock.Late {
		t.Errorf("sent back: %v %v", events, err)
	}
	clock.Gates = nil
	if events, err := Decide(clock, o, Effect{}); err != nil || Evolve(o, events[0]).EffectOn != "2026-12-01" {
		t.Errorf("on its day: %v %v", events, err)
	}
}

func TestOnlyADowngradeIsAcknowledged(t *testing.T) {
	o := Order{Kind: List, Stage: StageReviewing, Now: opening.Conditional}
	if o.Downgrade() || !slices.Equal(asked(Facts{Who: officer}, o, Acknowledge{}), []string{"adjustment.no_downgrade"}) {
		t.Error("a new entry is a downgrade")
	}
}

func TestBoundsOfAReturn(t *testing.T) {
	o := Order{Kind: Change, Stage: StageReviewing}
	if got := asked(Facts{Who: reviewer}, o, Return{Faults: make([]Fault, MaxFaults+1)}); !slices.Equal(got, []string{"/faults adjustment.too_many_faults"}) {
		t.Errorf("too many: %q", got)
	}
	if got := asked(Facts{Who: reviewer}, o, Return{Faults: []Fault{{Code: "R1", Text: strings.Repeat("长", MaxText+1)}}}); !slices.Equal(got, []string{"/faults/0/text adjustment.too_long"}) {
		t.Errorf("too long: %q", got)
	}
}

func TestWhatIsOpenToWhom(t *testing.T) {
	o := Order{Kind: Change, Stage: StageReviewing, Was: opening.Unconditional, Now: opening.Conditional, Did: map[string]string{"take": "r"}}
	has := func(who permit.Actor, o Order, verb string) bool { return slices.Contains(Can(who, o), verb) }
	if !has(officer, o, "acknowledge") || has(reviewer, o, "take") || !has(permit.Actor{Account: "r2", Roles: reviewer.Roles}, o, "take") || has(editor, o, "accept") {
		t.Errorf("officer %q, reviewer %q", Can(officer, o), Can(reviewer, o))
	}
	known := o
	known.Acknowledged = true
	same := o
	same.Now = opening.Unconditional
	if has(officer, known, "acknowledge") || has(officer, same, "acknowledge") {
		t.Error("what is known, or no downgrade, is acknowledged")
	}
	if events, err := Decide(Facts{Who: officer}, known, Acknowledge{}); err != nil || len(events) > 0 {
		t.Errorf("again: %v %v", events, err)
	}
}

func TestTurns(t *testing.T) {
	for stage, want := range map[Stage]string{StageDraft: "publisher", StageReturned: "publisher", StageSubmitted: "centre", StageReviewing: "centre", StageAccepted: "clock", StageEffective: "", StageCancelled: ""} {
		if got := (Order{Stage: stage}).Turn(); got != want {
			t.Errorf("%s: %q", stage, got)
		}
	}
	if got := (Order{Stage: StageReviewing, Was: opening.Unconditional, Now: opening.Closed}).Turn(); got != "authority" {
		t.Errorf("a downgrade under review: %q", got)
	}
}
