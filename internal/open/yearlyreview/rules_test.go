package yearlyreview

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var (
	metro    = Item{ID: "metro", Kind: Listed, Title: locale.Text{ZH: "地铁站点"}}
	register = Item{ID: "res_1", Kind: Unopened, Title: locale.Text{ZH: "内部台账"}}
	both     = []Item{metro, register}
)

// TestWorkflow holds SM-20 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	keep, notYet := Choice{Item: "metro", Verdict: Keep}, Choice{Item: "res_1", Verdict: NotYet, Ground: "privacy", Reason: "含个人信息"}
	change := Choice{Item: "metro", Verdict: Change, Reason: "补充字段"}
	flowtest.Check(t, flowtest.Workflow[Stage, Review, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(r Review) Stage { return r.Stage },
		Facts: func(m flowtest.Moment) Facts {
			day := workday.Of(m.Now)
			there := both
			if m.Now.YearDay()%3 == 0 {
				there = nil
			}
			return Facts{Who: m.Who, Today: day, There: there, Evidence: map[string]Evidence{"metro": {Timeliness: "on_time"}},
				Clock: deadline.Clock{ReceivedOn: day, Due: workday.Due{Day: day.AddDays(7)}, Steps: []deadline.Day{{Step: OverdueStep, On: day.AddDays(1)}}}}
		},
		Samples: []Command{OpenReview{ID: "yrv_1", Body: "home", Year: 2026, Items: both}, Choose{[]Choice{keep, notYet}}, Choose{[]Choice{change, notYet}}, Choose{[]Choice{keep}},
			Add{Title: "值班台账", Source: "no_system"}, Choose{[]Choice{{Item: "own_1", Verdict: NotYet, Ground: "law", Reason: "x"}}}, Choose{[]Choice{{Item: "own_2", Verdict: NotYet, Ground: "law", Reason: "x"}}},
			Complete{}, GiveBack{Faults: []Fault{{Item: "metro", Text: "请核对"}}}, Sign{}, Return{Faults: []Fault{{Text: "理由不足"}}}, Accept{},
			Begin{[]Begun{{Item: "metro", Order: "adj_1"}}}, Close{}, Refresh{}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-01-05"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageOpened, By: permit.OpnEditor, Do: Choose{}, Want: []string{"/choices yearlyreview.no_choice"}},
			{At: StageEvaluating, By: permit.OpnEditor, Do: Choose{make([]Choice, MaxChoices+1)}, Want: []string{"/choices yearlyreview.too_many"}},
			{At: StageOpened, By: permit.OpnEditor, Do: Choose{[]Choice{{Item: "metro", Verdict: NotYet, Ground: "x", Reason: strings.Repeat("长", MaxText+1), Into: strings.Repeat("长", MaxText+1)}, {Item: "x"}, {Item: "res_1", Verdict: NotYet, Ground: "y"}, keep}},
				Want: []string{"/choices/0/verdict yearlyreview.unknown_verdict", "/choices/0/ground yearlyreview.unknown_ground", "/choices/0/reason yearlyreview.too_long", "/choices/0/into yearlyreview.too_long",
					"/choices/1/item yearlyreview.no_item", "/choices/2/ground yearlyreview.unknown_ground", "/choices/3/item yearlyreview.no_item"}},
			{At: StageOpened, By: permit.OpnEditor, Do: Add{Source: "x"}, Want: []string{"/title required", "/source yearlyreview.unknown_source"}},
			{At: StageOpened, By: permit.OpnEditor, Do: Add{Title: strings.Repeat("长", MaxText+1), Source: "disclosure"}, Want: []string{"/title yearlyreview.too_long", "/link required"}},
			{At: StageOpened, By: permit.OpnEditor, Do: Add{Title: "x", Source: "disclosure", Link: strings.Repeat("x", MaxText+1)}, Want: []string{"/link yearlyreview.too_long"}},
			{At: StageComplete, By: permit.OpnLead, Do: GiveBack{}, Want: []string{"/faults yearlyreview.needs_fault"}},
			{At: StageSigned, By: permit.AutOfficer, Do: Return{[]Fault{{Item: "x", Text: " "}, {Text: strings.Repeat("长", MaxText+1)}}}, Want: []string{"/faults/0/item yearlyreview.no_item", "/faults/0/text required", "/faults/1/text yearlyreview.too_long"}},
			{At: StageSigned, By: permit.AutOfficer, Do: Return{make([]Fault, MaxFaults+1)}, Want: []string{"/faults yearlyreview.too_many_faults"}},
			{At: StageReviewed, By: permit.OpnEditor, Do: Begin{}, Want: []string{"/begins yearlyreview.no_choice"}},
			{At: StageReviewed, By: permit.OpnEditor, Do: Begin{[]Begun{{Item: "x"}}}, Want: []string{"/begins/0/item yearlyreview.no_item"}},
		},
		Unguarded: []string{"open", "recount"},
		Always: []flowtest.Law[Review]{
			{Says: "what is handed in is whole", Holds: func(r Review) bool {
				return !slices.Contains([]Stage{StageComplete, StageSigned, StageReviewed}, r.Stage) || r.Tally().Decided == r.Tally().Items
			}},
			{Says: "who decided did not check, and who signed did not accept", Holds: func(r Review) bool {
				if r.Stage != StageReviewed {
					return true
				}
				for _, i := range r.Items {
					if i.By != "" && (i.By == r.Did["sign"] || i.By == r.Did["accept"]) {
						return false
					}
				}
				return r.Did["sign"] != r.Did["complete"] && r.Did["accept"] != r.Did["sign"]
			}},
			{Says: "what was returned says why", Holds: func(r Review) bool { return r.Stage != StageReturned || len(r.Faults) > 0 }},
			{Says: "nothing is closed before its work orders are begun", Holds: func(r Review) bool { return r.Stage != StageClosed || r.ReviewedOn == "" || len(r.Unbegun()) == 0 }},
		},
		Readme: "README.md",
	})
}

var (
	editor  = permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	second  = permit.Actor{Account: "e2", Roles: []permit.Role{permit.OpnEditor, permit.OpnLead}}
	lead    = permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	officer = permit.Actor{Account: "a", Roles: []permit.Role{permit.AutOfficer}}
)

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

func asked(f Facts, r Review, c Command) []string {
	_, err := Decide(f, r, c)
	return told(err)
}

// after is r after these commands of these people; they must be good.
func after(t *testing.T, r Review, f Facts, all ...Command) Review {
	t.Helper()
	for _, c := range all {
		events, err := Decide(f, r, c)
		if err != nil {
			t.Fatalf("%s: %v", c.Verb(), told(err))
		}
		for _, e := range events {
			r = Evolve(r, e)
		}
	}
	return r
}

// TestEveryLackIsToldAtOnce: a review is handed in whole (A10.1).
func TestEveryLackIsToldAtOnce(t *testing.T) {
	r := Review{Stage: StageEvaluating, Items: []Item{
		{ID: "a", Kind: Listed}, {ID: "b", Kind: Listed, Verdict: Keep, Seen: &Evidence{Timeliness: "late"}}, {ID: "c", Kind: Listed, Verdict: Keep, Seen: &Evidence{Timeliness: "on_time"}},
		{ID: "d", Kind: Listed, Verdict: Change, Reason: " "}, {ID: "e", Kind: Listed, Verdict: Withdraw, Reason: "x"}, {ID: "f", Kind: Listed, Verdict: Merge, Reason: "x"},
		{ID: "res_1", Kind: Unopened, Verdict: NotYet}, {ID: "gone", Kind: Listed, Gone: true}, {ID: "h", Kind: Listed, Verdict: Static, Reason: "x"},
	}}
	want := []string{"/items/a/verdict yearlyreview.undecided", "/items/b/reason yearlyreview.keep_why", "/items/d/reason required", "/items/e/ground required", "/items/f/into required", "/items/res_1/reason required", "/items/res_1/ground required"}
	if got := asked(Facts{Who: editor}, r, Complete{}); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if x := r.Tally(); x.Items != 8 || x.Listed != 7 || x.Unopened != 1 || x.Decided != 2 || x.Verdicts[Keep] != 2 || x.Share() != 0.25 {
		t.Errorf("%+v", x)
	}
	if (Tally{}).Share() != 1 {
		t.Error("nothing to decide is all decided")
	}
	var many []Item
	for n := range MaxFaults + 5 {
		many = append(many, Item{ID: fmt.Sprint("x", n), Kind: Listed})
	}
	got := asked(Facts{Who: editor}, Review{Stage: StageEvaluating, Items: many}, Complete{})
	if len(got) != MaxFaults+1 || got[MaxFaults] != "/items yearlyreview.more_lacking" {
		t.Errorf("%d: %q", len(got), got[len(got)-1])
	}
}

func TestWhatSpeaksAgainstKeeping(t *testing.T) {
	for _, e := range []Evidence{{Timeliness: "late"}, {Timeliness: "seriously_late"}, {Timeliness: "on_time", Objections: 1}, {Timeliness: "on_time", GradingDue: true}, {Timeliness: "on_time", Hook: "broken"}, {Timeliness: "on_time", Faults: 1}} {
		if !e.Troubled() || e.OnTime() {
			t.Errorf("%+v may be kept without a word", e)
		}
	}
	for _, class := range []string{"on_time", "static", "not_due"} {
		if e := (Evidence{Timeliness: class, Hook: "verified"}); e.Troubled() || !e.OnTime() {
			t.Errorf("%s is not kept", class)
		}
	}
	if e := (Evidence{}); e.Troubled() || e.OnTime() {
		t.Error("of what nobody knows, nothing is said")
	}
}

// TestADecisionKeepsItsEvidence, and only what belongs to its verdict.
func TestADecisionKeepsItsEvidence(t *testing.T) {
	r := Review{Stage: StageOpened, Items: both}
	seen := Evidence{On: "2026-09-02", Timeliness: "late", DaysLate: 3}
	f := Facts{Who: editor, Evidence: map[string]Evidence{"metro": seen}}
	x := Choose{[]Choice{{Item: "metro", Verdict: Keep, Reason: "本月补齐", Ground: "law", Into: "bus"}}}
	r = after(t, r, f, x)
	if i := r.Items[0]; r.Stage != StageEvaluating || i.By != "e" || *i.Seen != seen || i.Ground != "" || i.Into != "" || !i.Decided() {
		t.Errorf("%+v", r)
	}
	later := seen
	later.On = "2026-09-03"
	if events, err := Decide(Facts{Who: second, Evidence: map[string]Evidence{"metro": later}}, r, x); err != nil || len(events) != 0 {
		t.Errorf("the same again: %v %v", events, err)
	}
	later.DaysLate = 4
	if events, _ := Decide(Facts{Who: second, Evidence: map[string]Evidence{"metro": later}}, r, x); len(events) != 1 {
		t.Error("new evidence is not kept")
	}
	refused := map[string][]problem.Field{"metro": {{Pointer: "/ground", Code: "adjustment.make_static"}}}
	if got := asked(Facts{Who: editor, Refused: refused}, r, Choose{[]Choice{{Item: "res_1", Verdict: Open}, {Item: "metro", Verdict: Withdraw}}}); !slices.Equal(got, []string{"/choices/1/ground adjustment.make_static"}) {
		t.Errorf("a refused ground: %q", got)
	}
}

// TestNobodyChecksWhatHeDecided, also one entry among many, also before another
// editor.
func TestNobodyChecksWhatHeDecided(t *testing.T) {
	r := Review{Stage: StageOpened, Items: both}
	r = after(t, r, Facts{Who: second}, Choose{[]Choice{{Item: "metro", Verdict: Keep}}})
	r = after(t, r, Facts{Who: editor}, Choose{[]Choice{{Item: "res_1", Verdict: NotYet, Ground: "law", Reason: "x"}}}, Complete{})
	if got := asked(Facts{Who: second}, r, Sign{}); !slices.Equal(got, []string{"flow.four_eyes"}) || slices.Contains(Can(second, r), "sign") {
		t.Errorf("%q %q", got, Can(second, r))
	}
	if !slices.Contains(Can(lead, r), "sign") {
		t.Errorf("the lead can %q", Can(lead, r))
	}
	r = after(t, r, Facts{Who: lead, Today: "2026-12-01"}, Sign{})
	if r.Turn() != "authority" || !slices.Equal(Can(officer, r), []string{"return", "accept"}) {
		t.Errorf("%s %q", r.Turn(), Can(officer, r))
	}
}

// TestLateIsLate: a signature after the last day, and a last day without one;
// a review that the authority returns is no later for it.
func TestLateIsLate(t *testing.T) {
	year := YearOf(2026)
	c := year.Clock(workday.Due{Day: "2026-11-30"}, "2026-09-01")
	if got := fmt.Sprint(c.Steps); got != "[{remind_30 2026-10-31} {remind_7 2026-11-23} {last_day 2026-11-30} {overdue 2026-12-01}]" {
		t.Errorf("%s", got)
	}
	if c := year.Clock(workday.Due{Day: "2026-11-30"}, "2026-11-23"); len(c.Steps) != 2 {
		t.Errorf("opened late: %v", c.Steps)
	}
	open := Evolve(Review{}, Opened{ID: "yrv_1", Body: "home", Year: 2026, Items: both, Clock: c})
	open.Items[0].Verdict, open.Items[1].Verdict, open.Items[1].Ground, open.Items[1].Reason = Keep, NotYet, "law", "x"
	open.Stage = StageEvaluating
	in := after(t, after(t, open, Facts{Who: editor}, Complete{}), Facts{Who: lead, Today: "2026-11-30"}, Sign{})
	late := after(t, after(t, open, Facts{Who: editor}, Complete{}), Facts{Who: lead, Today: "2026-12-01"}, Sign{})
	if in.Late || !late.Late || in.SignedOn != "2026-11-30" {
		t.Errorf("in %+v, late %+v", in, late)
	}
	again := after(t, after(t, after(t, in, Facts{Who: officer, Today: "2026-12-10"}, Return{[]Fault{{Text: "x"}}}), Facts{Who: editor}, Complete{}), Facts{Who: lead, Today: "2026-12-15"}, Sign{})
	if again.Late || again.SignedOn != "2026-11-30" || !again.Redo {
		t.Errorf("after a return: %+v", again)
	}
	rung := after(t, open, Facts{Who: permit.Platform, Today: "2026-12-02"}, Ring{})
	if !rung.Late || rung.Clock.Next() != "" {
		t.Errorf("%+v", rung)
	}
	if NoticeOf("remind_7") != "remind" || NoticeOf("last_day") != "last_day" {
		t.Error("notices of steps")
	}
	if twice := after(t, after(t, open, Facts{Who: permit.Platform, Today: "2026-10-31"}, Ring{}), Facts{Who: permit.Platform, Today: "2026-11-23"}, Ring{}); twice.Clock.Next() != "2026-11-30" {
		t.Errorf("reminded twice: %+v", twice.Clock)
	}
	if once := after(t, open, Facts{Who: permit.Platform, Today: "2026-10-31"}, Ring{}); once.Clock.Next() != "2026-11-23" {
		t.Errorf("a reminder takes the next with it: %+v", once.Clock)
	}
	if reminded := after(t, open, Facts{Who: permit.Platform, Today: "2026-11-01"}, Ring{}); reminded.Late || reminded.Clock.Late {
		t.Error("a reminder makes it late")
	}
}

func TestWhoIsToldOfADay(t *testing.T) {
	for step, want := range map[string]permit.Role{"remind_7": permit.OpnEditor, "last_day": permit.OpnLead, OverdueStep: permit.AutOfficer, "review_overdue": permit.GofOfficer, "redo_overdue": permit.AutOfficer, "redo_due": permit.OpnEditor} {
		if !slices.Contains(Tell(step), want) {
			t.Errorf("%s is not told of %s", want, step)
		}
	}
	if slices.Contains(Tell("remind_30"), permit.AutOfficer) {
		t.Error("the authority is reminded")
	}
}

func TestTheListMovesOn(t *testing.T) {
	r := Review{Stage: StageEvaluating, Items: []Item{metro, register}}
	fresh := Item{ID: "airports", Kind: Listed}
	r = after(t, r, Facts{Who: permit.Platform, There: []Item{metro, fresh}}, Refresh{})
	if len(r.Items) != 3 || r.Items[0].ID != "airports" || !r.Items[2].Gone || r.Tally().Items != 2 {
		t.Errorf("%+v", r.Items)
	}
	r = after(t, r, Facts{Who: permit.Platform, There: []Item{metro, register}}, Refresh{})
	if !r.Items[0].Gone || r.Items[2].Gone {
		t.Errorf("%+v", r.Items)
	}
	if got := asked(Facts{Who: editor}, r, Choose{[]Choice{{Item: "airports", Verdict: Keep}}}); !slices.Equal(got, []string{"/choices/0/item yearlyreview.no_item"}) {
		t.Errorf("%q", got)
	}
	r = after(t, r, Facts{Who: permit.Platform}, Refresh{}, Close{})
	if r.Stage != StageClosed {
		t.Errorf("with nothing left: %s", r.Stage)
	}
}

// TestWorkOrdersAreBegunOnce, for what changes the list; then it closes.
func TestWorkOrdersAreBegunOnce(t *testing.T) {
	r := Review{Stage: StageReviewed, Items: []Item{
		{ID: "a", Kind: Listed, Verdict: Static}, {ID: "b", Kind: Listed, Verdict: Keep}, {ID: "c", Kind: Listed, Verdict: Withdraw}, {ID: "res_1", Kind: Unopened, Verdict: OpenAfter}, {ID: "res_2", Kind: Unopened, Verdict: NotYet}}}
	f := Facts{Who: editor, Today: "2026-12-20"}
	if !slices.Equal(r.Unbegun(), []string{"a", "c", "res_1"}) || !slices.Contains(Can(editor, r), "begin") {
		t.Errorf("%q", r.Unbegun())
	}
	bad := f
	bad.Refused = map[string][]problem.Field{"c": {{Pointer: "/item", Code: "adjustment.one_at_a_time"}}}
	if got := asked(bad, r, Begin{[]Begun{{Item: "a"}, {Item: "a"}, {Item: "b"}, {Item: "c"}, {Item: "res_1"}}}); !slices.Equal(got, []string{"/begins/1/item yearlyreview.begun_already", "/begins/2/item yearlyreview.no_order_needed", "/begins/3/item adjustment.one_at_a_time", "/begins/4/entry required"}) {
		t.Errorf("%q", got)
	}
	r = after(t, r, f, Begin{[]Begun{{Item: "a", Order: "adj_1"}, {Item: "c", NoOrder: true}}})
	if events, err := Decide(Facts{Who: permit.Platform}, r, Close{}); err != nil || len(events) > 0 {
		t.Errorf("closed too early: %v %v", events, err)
	}
	if got := asked(f, r, Begin{[]Begun{{Item: "c"}}}); !slices.Equal(got, []string{"/begins/0/item yearlyreview.begun_already"}) {
		t.Errorf("%q", got)
	}
	r = after(t, r, f, Begin{[]Begun{{Item: "res_1", Entry: "fresh", Order: "adj_2"}}})
	r = after(t, r, Facts{Who: permit.Platform, Today: "2026-12-21"}, Close{})
	if r.Stage != StageClosed || r.ClosedOn != "2026-12-21" || r.Items[3].Entry != "fresh" || slices.Contains(Can(editor, r), "begin") {
		t.Errorf("%+v", r)
	}
}

func TestDaysHaveDates(t *testing.T) {
	rules := []yearRule{{Opens: "09-01", Last: "11-30", From: "2022-12-31", Until: "2026-12-31"}, {Opens: "10-01", Last: "12-15", From: "2027-01-01"}}
	for year, want := range map[int]workday.Date{2022: "", 2025: "2025-09-01", 2026: "2026-09-01", 2027: "2027-10-01"} {
		if got := yearIn(rules, year); got.Opens != want {
			t.Errorf("%d: %+v", year, got)
		}
	}
	y := YearOf(2026)
	for day, want := range map[workday.Date]bool{"2026-08-31": false, "2026-09-01": true, "2026-11-30": true, "2026-12-01": false} {
		if y.Begun(day) != want {
			t.Errorf("on %s", day)
		}
	}
	if (Year{}).Begun("2026-09-01") {
		t.Error("a year of which nothing is said")
	}
}

func TestTurns(t *testing.T) {
	for stage, want := range map[Stage]string{StageOpened: "publisher", StageEvaluating: "publisher", StageReturned: "publisher", StageComplete: "lead", StageSigned: "authority", StageReviewed: "publisher", StageClosed: ""} {
		if got := (Review{Stage: stage}).Turn(); got != want {
			t.Errorf("%s: %q", stage, got)
		}
	}
	if MaySee(permit.Actor{Roles: []permit.Role{permit.Person}}) || !MaySee(officer) || !MaySee(editor) {
		t.Error("who may see")
	}
}

// TestTheLastDayIsAWorkingDay: it moves with the calendar as long as nobody has
// signed, and what was reminded is not reminded again.
func TestTheLastDayIsAWorkingDay(t *testing.T) {
	plain, err := workday.New(workday.Notice{Year: 2026})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := workday.New(workday.Notice{Year: 2026, Off: []workday.Date{"2026-11-30"}})
	if err != nil {
		t.Fatal(err)
	}
	r := Review{Stage: StageEvaluating, Year: 2026, Due: "2026-11-30", Items: both, Clock: YearOf(2026).Clock(workday.Due{Day: "2026-11-30"}, "2026-09-01")}
	if same, err := recount(plain, r); err != nil || !same.Equal(r.Clock) {
		t.Errorf("by the same calendar: %+v %v", same, err)
	}
	r = after(t, r, Facts{Who: permit.Platform, Today: "2026-11-01"}, Ring{})
	again, err := recount(moved, r)
	if err != nil || again.Due.Day != "2026-12-01" || len(again.Steps) != 3 || again.Next() != "2026-11-24" {
		t.Errorf("%+v %v", again, err)
	}
	if r = after(t, r, Facts{Who: permit.Platform}, Recount{again}); r.Due != "2026-12-01" {
		t.Errorf("%+v", r)
	}
	r.SignedOn = "2026-11-20"
	if r = Evolve(r, Recounted{Clock: deadline.Clock{Due: workday.Due{Day: "2026-12-20"}}}); r.Due != "2026-12-01" {
		t.Error("the last day moves after the signature")
	}
}

// TestASweepIsAsGoodAsEach: everything wrong with it is told at once.
func TestASweepIsAsGoodAsEach(t *testing.T) {
	for name, x := range map[string]struct {
		do   Sweep
		want []string
	}{
		"nothing said":        {Sweep{}, []string{"/those yearlyreview.unknown_those"}},
		"no verdict":          {Sweep{Those: "listed"}, []string{"/verdict yearlyreview.unknown_verdict"}},
		"on time":             {Sweep{Those: "on_time", Verdict: Keep}, nil},
		"on time is kept":     {Sweep{Those: "on_time", Verdict: Change, Reason: "x"}, []string{"/verdict yearlyreview.unknown_verdict"}},
		"merged":              {Sweep{Those: "listed", Verdict: Merge, Reason: "x"}, []string{"/verdict yearlyreview.one_by_one"}},
		"cannot be updated":   {Sweep{Those: "listed", Verdict: Withdraw, Ground: "cannot_update"}, []string{"/reason required", "/ground yearlyreview.make_static"}},
		"no ground":           {Sweep{Those: "unopened", Verdict: NotYet, Ground: "x", Reason: strings.Repeat("长", MaxText+1)}, []string{"/ground yearlyreview.unknown_ground", "/reason yearlyreview.too_long"}},
		"not yet":             {Sweep{Those: "unopened", Verdict: NotYet, Ground: "law", Reason: "x"}, nil},
		"a verdict of others": {Sweep{Those: "unopened", Verdict: Keep}, []string{"/verdict yearlyreview.unknown_verdict"}},
	} {
		if got := told(x.do.check()); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestAPageOfAReview holds what is wanted, after what was seen.
func TestAPageOfAReview(t *testing.T) {
	r := Review{Items: []Item{{ID: "a", Kind: Listed, Verdict: Keep}, {ID: "b", Kind: Listed, Verdict: Static, Reason: "x"}, {ID: "c", Kind: Listed, Gone: true}, {ID: "res_1", Kind: Unopened}}}
	for want, w := range map[string]Wanted{
		"a b c res_1": {Limit: 9}, "a b": {Limit: 1}, "b c res_1": {After: "a", Limit: 9}, "res_1": {Show: "lacking", Limit: 9}, "b": {Show: "orders", Limit: 9}, "c": {Show: "listed", After: "b", Limit: 9}, "": {Show: "unopened", After: "res_1", Limit: 9},
	} {
		var got []string
		for _, i := range r.page(w) {
			got = append(got, i.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %q, want %q", w, got, want)
		}
	}
}

func TestAYearIsNamed(t *testing.T) {
	for text, want := range map[string]int{"2026": 2026, "": 0, "x": 0, "20260": 0, "-1": 0, "１": 0} {
		if got := YearNamed(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// TestDataOutsideTheCatalogueIsTakenUp: of daily work, and of disclosure
// (Article 10(3) and (4)); the catalogue that lacks it does not take it away.
func TestDataOutsideTheCatalogueIsTakenUp(t *testing.T) {
	r := Review{Stage: StageOpened, Items: []Item{metro}}
	f := Facts{Who: editor}
	r = after(t, r, f, Add{Title: " 值班台账 ", Source: "no_system", Link: "https://example.org"}, Add{Title: "年度报告附表", Source: "disclosure", Link: " https://example.org/a "})
	if len(r.Items) != 3 || r.Stage != StageOpened || r.Items[2].ID != "own_1" && r.Items[1].ID != "own_1" {
		t.Fatalf("%+v", r)
	}
	one, two := r.Items[r.Item("own_1")], r.Items[r.Item("own_2")]
	if one.Title.ZH != "值班台账" || one.Link != "" || two.Link != "https://example.org/a" || two.Kind != Unopened {
		t.Errorf("%+v %+v", one, two)
	}
	if got := asked(f, r, Add{Title: "值班台账", Source: "no_system"}); !slices.Equal(got, []string{"/title yearlyreview.added_already"}) {
		t.Errorf("%q", got)
	}
	if r = after(t, r, Facts{Who: permit.Platform, There: []Item{metro}}, Refresh{}); r.Tally().Unopened != 2 {
		t.Errorf("%+v", r.Items)
	}
	full := r
	full.Items = nil
	for n := range MaxAdded {
		full.Items = append(full.Items, Item{ID: fmt.Sprint("own_", n+1), Kind: Unopened, Source: "no_system", Title: locale.Same(fmt.Sprint(n))})
	}
	if got := asked(f, full, Add{Title: "x", Source: "no_system"}); !slices.Equal(got, []string{"/title yearlyreview.too_many"}) {
		t.Errorf("%q", got)
	}
}
