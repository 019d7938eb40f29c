package rightsclaim

import (
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
	sound  = Form{Right: "privacy", Cause: "opening", Claim: "第三行能看出我家的住址"}
	report = Report{Account: "已核对原表", Summary: "核实后认定涉及个人隐私", Reply: "您反映的情况属实"}
	reader = User{ID: "app_1", Number: "SQ-2026-000001", Account: "u"}
)

// TestWorkflow holds SM-16 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	long, number := strings.Repeat("长", MaxText+1), "请致电13800138000"
	flowtest.Check(t, flowtest.Workflow[Stage, Case, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(o Case) Stage { return o.Stage },
		Facts: func(m flowtest.Moment) Facts {
			day := workday.Of(m.Now)
			f := Facts{Who: m.Who, Today: day, Mine: true, Listed: m.Random.IntN(4) > 0, Newest: int(m.Now.Unix() / 3600), Gradings: int(m.Now.Unix() / 3600), Graded: true,
				Clock: deadline.Clock{ReceivedOn: day, Due: workday.Due{Day: day}, Steps: []deadline.Day{{Step: "overdue", On: day.AddDays(1)}, {Step: "undeleted", On: day.AddDays(1)}}}, EraseOn: day.AddDays(2)}
			if m.Random.IntN(2) > 0 {
				f.Users = []User{reader}
			}
			return f
		},
		Samples: []Command{File{ID: "rcl_1", Number: "QY-2026-000001", Dataset: "weather", Body: "home", Evidence: "mat_1", Form: sound}, Ask{Wanted: "请补充能够辨认的截图"}, Attach{Evidence: "mat_2"},
			Suspend{Reason: "疑似涉及个人隐私"}, Verify{Ground: "涉及范围很小"}, Refuse{Reason: "未收到材料"}, Extend{Reason: "需要会商"}, Withdraw{report}, Resume{report},
			Process{Report: report, PlanOn: "2099-01-01"}, Process{Report: report, PlanOn: "2026-02-14"}, Reopen{}, Link{Order: "adj_1"}, Acknowledge{User: "app_1", Note: "已删除"}, Close{}, Erase{}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-01-05", Due: workday.Due{Day: "2026-01-06"}}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageReceived, By: permit.OpnLead, Do: Ask{}, Want: []string{"/wanted required"}},
			{At: StageReceived, By: permit.OpnLead, Do: Ask{Wanted: number}, Want: []string{"/wanted rightsclaim.personal"}},
			{At: StageReceived, By: permit.OpnLead, Do: Verify{}, Want: []string{"/ground required"}},
			{At: StageReceived, By: permit.OpnLead, Do: Verify{Ground: long}, Want: []string{"/ground rightsclaim.too_long"}},
			{At: StageSuspended, By: permit.OpnLead, Do: Extend{}, Want: []string{"/reason required"}},
			{At: StageSuspended, By: permit.OpnLead, Do: Withdraw{}, Want: []string{"/account required", "/summary required", "/reply required"}},
			{At: StageVerifying, By: permit.OpnLead, Do: Resume{Report{Account: number, Summary: long, Reply: "写信给zhang@example.org"}},
				Want: []string{"/account rightsclaim.personal", "/summary rightsclaim.too_long", "/reply rightsclaim.personal"}},
		},
		// What these may say depends on facts: see the tests below.
		Unguarded: []string{"file", "attach", "suspend", "refuse", "process", "link", "acknowledge", "recount"},
		Always: []flowtest.Law[Case]{
			{Says: "the opening stays stopped from the suspension, or a result that needs it, to the answer", Holds: func(o Case) bool {
				return (o.Stage != StageSuspended && o.Stage != StageProcess || o.Held) && (!o.Held || slices.Contains([]Stage{StageSuspended, StageWithdraw, StageProcess}, o.Stage))
			}},
			{Says: "what was ever stopped is public, and nothing else", Holds: func(o Case) bool { return !o.Held || o.Public() }},
			{Says: "no result without a report and an answer, and no end without a result", Holds: func(o Case) bool {
				return (o.Result == "") == (o.Report == nil) && (o.Stage != StageClosed || o.Result != "")
			}},
			{Says: "whoever owes a step has a term, and nobody else", Holds: func(o Case) bool { return (o.Turn() != "") == o.Clock.Running() }},
			{Says: "nothing is closed while a user owes his receipt", Holds: func(o Case) bool { return o.Stage != StageClosed || o.Deleted() }},
			{Says: "what opens again is another version, graded since", Holds: func(o Case) bool { return o.Stage != StageReopened || o.Version > 0 && o.Version != o.Before }},
			{Says: "only who was asked can be refused", Holds: func(o Case) bool { return o.Stage != StageInvalid || o.Asked }},
			{Says: "evidence stays with the case and is bounded", Holds: func(o Case) bool { return len(o.Files) <= MaxFiles }},
			{Says: "nothing is erased before the case is over", Holds: func(o Case) bool { return !o.Erased || o.Stage == StageClosed || o.Stage == StageInvalid }},
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

func asked(f Facts, o Case, c Command) []string {
	_, err := Decide(f, o, c)
	return told(err)
}

var (
	lead   = permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	centre = permit.Actor{Account: "c", Roles: []permit.Role{permit.CtrOps}}
)

// TestAComplaintNeedsEvidence: Article 31, first paragraph; and every fault at
// once.
func TestAComplaintNeedsEvidence(t *testing.T) {
	long := strings.Repeat("长", MaxText+1)
	for name, x := range map[string]struct {
		listed bool
		c      File
		want   []string
	}{
		"sound":               {true, File{Evidence: "mat_1", Form: sound}, nil},
		"without evidence":    {true, File{Form: sound}, []string{"/file required"}},
		"empty":               {true, File{}, []string{"/right rightsclaim.unknown_right", "/cause rightsclaim.unknown_cause", "/claim required", "/file required"}},
		"too long":            {true, File{Evidence: "mat_1", Form: Form{Right: "secret", Cause: "use", Claim: long, Contact: long}}, []string{"/claim rightsclaim.too_long", "/contact rightsclaim.too_long"}},
		"of what is not open": {false, File{Evidence: "mat_1", Form: sound}, []string{"rightsclaim.not_listed"}},
	} {
		if got := asked(Facts{Listed: x.listed}, Case{}, x.c); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestOneRequestForEvidence: a complaint is invalid only when what was asked
// for, once, did not come in time.
func TestOneRequestForEvidence(t *testing.T) {
	o := Case{Stage: StageAsked, Asked: true, Files: []string{"mat_1"}, Clock: deadline.Clock{ReceivedOn: "2026-03-02", Due: workday.Due{Day: "2026-03-09"}}}
	for day, want := range map[workday.Date][]string{"2026-03-09": {"rightsclaim.evidence_may_come"}, "2026-03-10": nil} {
		if got := asked(Facts{Who: lead, Today: day}, o, Refuse{Reason: "未收到"}); !slices.Equal(got, want) {
			t.Errorf("refused on %s: %q, want %q", day, got, want)
		}
		if can := slices.Contains(Can(lead, o, false, day), "refuse"); can != (want == nil) {
			t.Errorf("offered on %s: %t", day, can)
		}
	}
	if got := asked(Facts{Who: lead, Today: "2026-03-10"}, o, Refuse{}); !slices.Equal(got, []string{"/reason required"}) {
		t.Errorf("refused without a reason: %q", got)
	}
	decide := deadline.Clock{ReceivedOn: "2026-03-05", Due: workday.Due{Day: "2026-03-06"}}
	events, err := Decide(Facts{Mine: true, Clock: decide}, o, Attach{Evidence: "mat_2"})
	if err != nil {
		t.Fatal(err)
	}
	after := Evolve(o, events[0])
	if after.Stage != StageReceived || !after.Clock.Equal(decide) || len(after.Files) != 2 {
		t.Errorf("after what was asked for came: %+v", after)
	}
	if got := asked(Facts{Who: lead}, after, Ask{Wanted: "再补充"}); !slices.Equal(got, []string{"rightsclaim.asked_already"}) {
		t.Errorf("asked a second time: %q", got)
	}
	if slices.Contains(Can(lead, after, false, "2026-03-05"), "ask") {
		t.Error("a second request is offered")
	}
}

// TestEvidenceIsTheComplainants: of him only, and not without end.
func TestEvidenceIsTheComplainants(t *testing.T) {
	for name, x := range map[string]struct {
		mine  bool
		files int
		want  []string
	}{
		"the last that there is room for": {true, MaxFiles - 1, nil},
		"one too many":                    {true, MaxFiles, []string{"/file rightsclaim.too_many_files"}},
		"of somebody else":                {false, 1, []string{"rightsclaim.not_found"}},
	} {
		if got := asked(Facts{Mine: x.mine}, Case{Stage: StageVerifying, Files: make([]string, x.files)}, Attach{Evidence: "mat_9"}); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	if events, err := Decide(Facts{Mine: true}, Case{Stage: StageVerifying, Files: []string{"mat_1"}}, Attach{Evidence: "mat_1"}); len(events) > 0 || err != nil {
		t.Errorf("the same file twice: %v %v", events, err)
	}
	if slices.Contains(Can(permit.Actor{}, Case{Stage: StageReceived}, false, ""), "attach") {
		t.Error("somebody else is offered to add evidence")
	}
}

// TestOneActSuspends: of the lead, or of the centre in an emergency, at any
// time before the result; not of others, nor of what is not on the list.
func TestOneActSuspends(t *testing.T) {
	editor := permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	for _, s := range undecided {
		for _, who := range []permit.Actor{lead, centre} {
			f, o := Facts{Who: who, Listed: true, Today: "2026-03-05", Clock: deadline.Clock{ReceivedOn: "2026-03-05"}}, Case{Stage: s, Clock: deadline.Clock{ReceivedOn: "2026-03-02"}}
			events, err := Decide(f, o, Suspend{Reason: "核实"})
			if err != nil {
				t.Fatalf("%s at %s: %v", who.Account, s, err)
			}
			after := Evolve(o, events[0])
			if after.Emergency != (who.Account == "c") || !after.Held || after.SuspendedOn != "2026-03-05" {
				t.Errorf("%s at %s: %+v", who.Account, s, after)
			}
			if want := (s == StageVerifying); (after.Clock.ReceivedOn == "2026-03-02") != want {
				t.Errorf("at %s the term begins on %s", s, after.Clock.ReceivedOn)
			}
			if got := asked(f, o, Suspend{}); !slices.Equal(got, []string{"/reason required"}) {
				t.Errorf("without a reason: %q", got)
			}
			f.Listed = false
			if got := asked(f, o, Suspend{Reason: "核实"}); !slices.Equal(got, []string{"rightsclaim.not_listed"}) {
				t.Errorf("of what is not on the list: %q", got)
			}
		}
		if got := asked(Facts{Who: editor, Listed: true}, Case{Stage: s}, Suspend{Reason: "核实"}); !slices.Equal(got, []string{"flow.not_your_step"}) {
			t.Errorf("by an editor: %q", got)
		}
	}
}

// TestTheTermIsExtendedOnce: SM-16.
func TestTheTermIsExtendedOnce(t *testing.T) {
	o := Case{Stage: StageSuspended, Extended: "会商"}
	if got := asked(Facts{Who: lead}, o, Extend{Reason: "再会商"}); !slices.Equal(got, []string{"rightsclaim.extended_already"}) {
		t.Errorf("%q", got)
	}
	if slices.Contains(Can(lead, o, false, ""), "extend") || !slices.Contains(Can(lead, Case{Stage: StageSuspended}, false, ""), "extend") {
		t.Error("an extension is not offered once")
	}
	for extended, want := range map[string]string{"": "rightsclaim.result", "会商": "rightsclaim.extended"} {
		if p, ok := PhaseOf(Case{Stage: StageVerifying, Extended: extended}); !ok || p.Term != want {
			t.Errorf("extended %q: %+v", extended, p)
		}
	}
}

// TestProcessingHasAPlan: and stops what was open until then.
func TestProcessingHasAPlan(t *testing.T) {
	f, o := Facts{Who: lead, Today: "2026-03-05", Listed: true, Newest: 3, Gradings: 2}, Case{Stage: StageVerifying}
	for day, want := range map[workday.Date][]string{"": {"/plan_on required"}, "soon": {"/plan_on rightsclaim.no_day"}, "2026-03-04": {"/plan_on rightsclaim.day_past"}, "2026-03-05": nil} {
		if got := asked(f, o, Process{Report: report, PlanOn: day}); !slices.Equal(got, want) {
			t.Errorf("planned for %q: %q, want %q", day, got, want)
		}
	}
	if got := asked(f, o, Process{}); !slices.Equal(got, []string{"/account required", "/summary required", "/reply required", "/plan_on required"}) {
		t.Errorf("empty: %q", got)
	}
	events, err := Decide(f, o, Process{Report: report, PlanOn: "2026-03-20"})
	if err != nil {
		t.Fatal(err)
	}
	if o = Evolve(o, events[0]); !o.Held || o.SuspendedOn != "2026-03-05" || o.Clock.Due.Day != "2026-03-20" {
		t.Errorf("%+v", o)
	}
	for name, x := range map[string]struct {
		newest, gradings int
		graded           bool
		want             []string
	}{
		"a new version, graded since":   {4, 3, true, nil},
		"the same version":              {3, 3, true, []string{"/version rightsclaim.no_new_version"}},
		"no version":                    {0, 3, true, []string{"/version rightsclaim.no_new_version"}},
		"the grading of before":         {4, 2, true, []string{"/grading rightsclaim.no_new_grading"}},
		"a grading that is looked at":   {4, 3, false, []string{"/grading rightsclaim.no_new_grading"}},
		"neither a version nor grading": {3, 2, true, []string{"/version rightsclaim.no_new_version", "/grading rightsclaim.no_new_grading"}},
	} {
		if got := asked(Facts{Who: lead, Today: "2026-03-19", Newest: x.newest, Gradings: x.gradings, Graded: x.graded}, o, Reopen{}); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	f.Listed = false
	if got := asked(f, Case{Stage: StageVerifying}, Process{Report: report, PlanOn: "2026-03-20"}); !slices.Equal(got, []string{"rightsclaim.not_listed"}) {
		t.Errorf("of what is not on the list: %q", got)
	}
}

// TestUsersGiveAReceipt: each for himself, and the case waits for all of them
// and for the work order.
func TestUsersGiveAReceipt(t *testing.T) {
	two := User{ID: "app_2", Account: "v", Organisation: "firm"}
	events, err := Decide(Facts{Who: lead, Today: "2026-03-05", Listed: true, Users: []User{reader, two}, Clock: deadline.Clock{ReceivedOn: "2026-03-05"}}, Case{Stage: StageSuspended, Held: true, SuspendedOn: "2026-03-02"}, Withdraw{report})
	if err != nil {
		t.Fatal(err)
	}
	o := Evolve(Case{}, events[0])
	user := permit.Actor{Account: "u"}
	for name, x := range map[string]struct {
		mine bool
		c    Acknowledge
		want []string
	}{
		"his own":           {true, Acknowledge{User: "app_1", Note: "已删除"}, nil},
		"of somebody else":  {false, Acknowledge{User: "app_1", Note: "已删除"}, []string{"rightsclaim.not_found"}},
		"of who is no user": {true, Acknowledge{User: "app_9", Note: "已删除"}, []string{"rightsclaim.not_found"}},
		"that says nothing": {true, Acknowledge{User: "app_1"}, []string{"/note required"}},
	} {
		if got := asked(Facts{Who: user, Mine: x.mine}, o, x.c); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	if !slices.Contains(Can(user, o, false, ""), "acknowledge") || slices.Contains(Can(permit.Actor{Account: "x"}, o, false, ""), "acknowledge") {
		t.Error("a receipt is not offered to its user alone")
	}
	close := func(listed bool) bool {
		events, err := Decide(Facts{Who: permit.Platform, Listed: listed}, o, Close{})
		return err == nil && len(events) == 1
	}
	for _, id := range []string{"app_1", "app_2"} {
		if close(false) {
			t.Errorf("closed before the receipt of %s", id)
		}
		o = Evolve(o, Deleted{User: id, Note: "已删除", On: "2026-03-06"})
	}
	if close(true) || !close(false) {
		t.Error("the case is not closed when the data is off the list")
	}
	if events, err := Decide(Facts{Who: user, Mine: true}, o, Acknowledge{User: "app_1"}); len(events) > 0 || err != nil {
		t.Errorf("a second receipt: %v %v", events, err)
	}
	if o.Clock.Running() {
		t.Error("the term runs on")
	}
}

func TestWhoActsForAUser(t *testing.T) {
	firm := User{Account: "u", Organisation: "firm"}
	for name, x := range map[string]struct {
		who  permit.Actor
		want bool
	}{
		"the account":            {permit.Actor{Account: "u"}, true},
		"a member":               {permit.Actor{Account: "m", Organisation: "firm", Roles: []permit.Role{permit.OrgCompliance}}, true},
		"a member without parts": {permit.Actor{Account: "m", Organisation: "firm"}, false},
		"another firm":           {permit.Actor{Account: "m", Organisation: "other", Roles: []permit.Role{permit.OrgCompliance}}, false},
		"nobody":                 {permit.Actor{}, false},
	} {
		if got := Uses(x.who, firm); got != x.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if Uses(permit.Actor{}, User{}) {
		t.Error("nobody acts for nobody")
	}
}

// TestWhoReadsAComplaint: the lead and the centre; who supervises never what
// its complainant wrote; a data user nothing.
func TestWhoReadsAComplaint(t *testing.T) {
	for _, r := range permit.Roles {
		who := permit.Actor{Account: "x", Roles: []permit.Role{r}}
		if want := r == permit.OpnLead || r == permit.CtrOps; Works(who) != want {
			t.Errorf("%s works: %t", r, !want)
		}
		if want := r == permit.AutOfficer || r == permit.GofOfficer || r == permit.Auditor; Oversees(who) != want {
			t.Errorf("%s oversees: %t", r, !want)
		}
	}
}

// TestEveryTimedStageHasATerm: that escalates, and whose steps tell somebody.
func TestEveryTimedStageHasATerm(t *testing.T) {
	for _, s := range Table.Stages() {
		for _, extended := range []string{"", "会商"} {
			o := Case{Stage: s, Extended: extended}
			p, ok := PhaseOf(o)
			if ok != slices.Contains(timed, s) {
				t.Errorf("%s has a term: %t", s, ok)
			}
			late := false
			for _, step := range p.Steps {
				got, _ := StepOf(o, step.Name)
				late = late || got.Overdue && len(got.Tell) > 1
				if len(got.Tell) == 0 {
					t.Errorf("%s of %s tells nobody", step.Name, s)
				}
			}
			if ok && !late {
				t.Errorf("lateness at %s goes to nobody else", s)
			}
		}
	}
	o := Case{Stage: StageReceived, Clock: deadline.Clock{ReceivedOn: "2026-03-02", Steps: []deadline.Day{{Step: "due", On: "2026-03-03"}, {Step: "overdue", On: "2026-03-04"}}}}
	for day, want := range map[workday.Date]bool{"2026-03-03": false, "2026-03-04": true} {
		events, err := Decide(Facts{Who: permit.Platform, Today: day}, o, Ring{})
		if err != nil || len(events) != 1 || Evolve(o, events[0]).Clock.Late != want {
			t.Errorf("on %s: %v %v", day, events, err)
		}
	}
}
