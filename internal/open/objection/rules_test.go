package objection

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
	sound  = Form{Target: Field, Fields: []string{"wind"}, Fault: "wrong_value", Claim: "三月的风速都是零"}
	grave  = Form{Target: Rows, Rows: []string{"2026-03-01"}, Fault: "privacy", Claim: "能看出是谁家"}
	secret = "联系张三13800138000"
)

// TestWorkflow holds SM-15 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	long := strings.Repeat("长", MaxText+1)
	flowtest.Check(t, flowtest.Workflow[Stage, Case, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(o Case) Stage { return o.Stage },
		Facts: func(m flowtest.Moment) Facts {
			day := workday.Of(m.Now)
			return Facts{Who: m.Who, Today: day, Mine: true, Listed: true, Known: []string{"wind", "date"}, Newest: 3, Release: Release{Readable: true, Current: true, On: day},
				Clock: deadline.Clock{ReceivedOn: day, Due: workday.Due{Day: day.AddDays(7)}, Steps: []deadline.Day{{Step: "overdue", On: day.AddDays(1)}}}, ReopenUntil: day.AddDays(30), EraseOn: day.AddDays(2)}
		},
		Samples: []Command{Submit{ID: "obj_1", Number: "YY-2026-000001", Dataset: "weather", Body: "home", Form: sound}, Submit{ID: "obj_2", Number: "YY-2026-000002", Dataset: "weather", Body: "home", Form: grave},
			Triage{Fault: "wrong_value"}, Refuse{Channel: "administrative", Reason: "请申请行政复议"}, Mark{Summary: "三月的风速疑似有误"}, Trace{Source: "气象局观测系统"},
			Find{Established: true, Account: "已核对原始记录", Reply: "确有错误"}, Find{Account: "已核对原始记录", Reply: "数据无误"}, Redo{Reason: "请附记录"}, Confirm{}, Dismiss{},
			Correct{Version: 4, Note: "已重导"}, SendBack{Reason: "第3行仍为零"}, Close{Reply: "已更正", Checked: true}, Reopen{Claim: "四月也是"}, Attach{File: "mat_1"}, Escalate{}, Suspend{Reason: "核实中"}, Erase{}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-01-05"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.Person, Do: Submit{}, Want: []string{"/target objection.unknown_target", "/fault objection.unknown_fault", "/claim required"}},
			{At: "", By: permit.Person, Do: Submit{Form: Form{Target: Field, Fault: "x", Claim: long, Suggested: long, Contact: long}},
				Want: []string{"/fields objection.which_field", "/fault objection.unknown_fault", "/claim objection.too_long", "/suggested objection.too_long", "/contact objection.too_long"}},
			{At: "", By: permit.Person, Do: Submit{Form: Form{Target: Rows, Fields: []string{"wind", "snow"}, Fault: "other", Claim: " "}},
				Want: []string{"/fields/1 objection.unknown_field", "/rows objection.which_row", "/claim required"}},
			{At: "", By: permit.Person, Do: Submit{Form: Form{Target: Rows, Fields: make([]string, MaxFields+1), Rows: make([]string, MaxRows+1), Fault: "other", Claim: "x"}},
				Want: []string{"/fields objection.too_many", "/rows objection.too_many"}},
			{At: "", By: permit.Person, Do: Submit{Form: Form{Target: Rows, Rows: []string{"1", strings.Repeat("1", MaxKey+1)}, Fault: "other", Claim: "x"}}, Want: []string{"/rows/1 objection.too_long"}},
			{At: StageSubmitted, By: permit.CtrQuality, Do: Triage{}, Want: []string{"/fault objection.unknown_fault"}},
			{At: StageTriaged, By: permit.CtrQuality, Do: Refuse{}, Want: []string{"/channel objection.unknown_channel", "/reason required"}},
			{At: StageTriaged, By: permit.CtrQuality, Do: Refuse{Channel: "other", Reason: secret}, Want: []string{"/reason objection.personal"}},
			{At: StageTriaged, By: permit.CtrQuality, Do: Mark{Summary: long}, Want: []string{"/summary objection.too_long"}},
			{At: StageTriaged, By: permit.OpnEditor, Do: Mark{Summary: "写信给zhang@example.org"}, Want: []string{"/summary objection.personal"}},
			{At: StageMarked, By: permit.OpnEditor, Do: Trace{}, Want: []string{"/source required"}},
			{At: StageTraced, By: permit.OpnEditor, Do: Find{}, Want: []string{"/account required", "/reply required"}},
			{At: StageVerifying, By: permit.OpnLead, Do: Redo{}, Want: []string{"/reason required"}},
			{At: StageConfirmed, By: permit.OpnEditor, Do: Correct{}, Want: []string{"/version required", "/note required"}},
			{At: StageConfirmed, By: permit.OpnEditor, Do: Correct{Version: 3, Note: secret}, Want: []string{"/version objection.not_released_since", "/note objection.personal"}},
			{At: StageCorrected, By: permit.CtrQuality, Do: SendBack{}, Want: []string{"/reason required"}},
			{At: StageCorrected, By: permit.CtrQuality, Do: Close{}, Want: []string{"/checked objection.not_checked", "/reply required"}},
			{At: StageNotEstablished, By: permit.CtrQuality, Do: Close{Reply: secret}, Want: []string{"/reply objection.personal"}},
			{At: StageClosed, By: permit.Person, Do: Reopen{}, Want: []string{"/claim required"}},
		},
		Unguarded: []string{"attach", "suspend", "recount"}, // what suspends depends on facts, see below
		Always: []flowtest.Law[Case]{
			{Says: "the mark is on exactly while the case is between marked and closed", Holds: func(o Case) bool { return o.Marked() == (o.MarkedOn != "") }},
			{Says: "what was ever marked is public, and nothing else", Holds: func(o Case) bool { return o.Public == (o.Summary != "") && (o.Public || !o.Marked()) }},
			{Says: "another person made the finding than confirmed it", Holds: func(o Case) bool {
				by := map[Stage]string{StageConfirmed: "confirm", StageNotEstablished: "dismiss"}[o.Stage]
				return by == "" || o.Did["find"] != "" && o.Did["find"] != o.Did[by]
			}},
			{Says: "what is confirmed was found so, and what is not established was not", Holds: func(o Case) bool {
				return (o.Stage != StageConfirmed || o.Finding.Established) && (o.Stage != StageNotEstablished || !o.Finding.Established)
			}},
			{Says: "a correction names a version that was not in force when the data was marked", Holds: func(o Case) bool { return o.Stage != StageCorrected || o.Version > 0 && o.Version != o.Before }},
			{Says: "nothing is closed without a public reply, and re-opened once at most", Holds: func(o Case) bool {
				return (o.Stage != StageClosed || len(o.Replies) > 0) && len(o.Replies) <= 2 && (o.Reopened || len(o.Replies) < 2)
			}},
			{Says: "only what concerns privacy or a secret is suspended", Holds: func(o Case) bool { return o.Severe || !o.Suspended }},
			{Says: "evidence stays with the case and is bounded", Holds: func(o Case) bool { return len(o.Files) <= MaxFiles }},
			{Says: "nothing is erased before the case is over", Holds: func(o Case) bool { return !o.Erased || o.Stage == StageClosed || o.Stage == StageNotInScope }},
			{Says: "whoever owes a step has a term", Holds: func(o Case) bool { return (o.Turn() != "") == o.Clock.Running() }},
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
	editor  = permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	lead    = permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	quality = permit.Actor{Account: "q", Roles: []permit.Role{permit.CtrQuality}}
)

// TestACorrectionIsANewVersion: of the versions of a dataset, only what came
// into force after the mark corrects (Article 16(1)).
func TestACorrectionIsANewVersion(t *testing.T) {
	confirmed := Case{Stage: StageConfirmed, MarkedOn: "2026-03-05", Before: 3, Finding: &Finding{Established: true}}
	none := []string{"/version objection.not_released_since"}
	for name, x := range map[string]struct {
		c    Correct
		r    Release
		gone bool
		want []string
	}{
		"the one in force when it was marked": {Correct{Version: 3}, Release{true, true, "2026-03-01"}, false, none},
		"an older one":                        {Correct{Version: 2}, Release{true, false, "2026-02-01"}, false, none},
		"one that is not released":            {Correct{Version: 4}, Release{}, false, none},
		"a new one on the same day":           {Correct{Version: 4}, Release{true, true, "2026-03-05"}, false, nil},
		"one replaced since, of a later day":  {Correct{Version: 4}, Release{true, false, "2026-03-06"}, false, nil},
		"one replaced since, of that day":     {Correct{Version: 4}, Release{true, false, "2026-03-05"}, false, none},
		"none":                                {Correct{}, Release{}, false, []string{"/version required"}},
		"none, of a dataset off the list":     {Correct{}, Release{}, true, nil},
		"less than none":                      {Correct{Version: -1}, Release{}, false, []string{"/version required"}},
	} {
		x.c.Note = "已重导"
		if got := asked(Facts{Who: editor, Today: "2026-03-10", Listed: !x.gone, Release: x.r}, confirmed, x.c); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestOneReopeningByTheObjector: once, in time, and nobody else learns of it.
func TestOneReopeningByTheObjector(t *testing.T) {
	closed := Case{Stage: StageClosed, ReopenUntil: "2026-04-04"}
	again, erased := closed, closed
	again.Reopened, erased.Erased = true, true
	for name, x := range map[string]struct {
		o    Case
		mine bool
		day  workday.Date
		want []string
	}{
		"on the last day":  {closed, true, "2026-04-04", nil},
		"a day later":      {closed, true, "2026-04-05", []string{"objection.reopened_late"}},
		"a second time":    {again, true, "2026-04-04", []string{"objection.reopened_already"}},
		"what is erased":   {erased, true, "2026-04-04", []string{"objection.reopened_late"}},
		"by somebody else": {again, false, "2026-04-04", []string{"objection.not_found"}},
	} {
		if got := asked(Facts{Today: x.day, Mine: x.mine}, x.o, Reopen{Claim: "新的记录"}); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
		if can := slices.Contains(Can(permit.Actor{}, x.o, x.mine, x.day), "reopen"); can != (x.want == nil) && name != "what is erased" {
			t.Errorf("%s: offered %t", name, can)
		}
	}
}

// TestEvidenceIsBounded: of the objector only, and not without end.
func TestEvidenceIsBounded(t *testing.T) {
	for name, x := range map[string]struct {
		mine  bool
		files int
		want  []string
	}{
		"the last that there is room for": {true, MaxFiles - 1, nil},
		"one too many":                    {true, MaxFiles, []string{"/file objection.too_many_files"}},
		"of somebody else":                {false, MaxFiles, []string{"objection.not_found"}},
	} {
		if got := asked(Facts{Mine: x.mine}, Case{Stage: StageMarked, Files: make([]string, x.files)}, Attach{File: "mat_1"}); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	if can := Can(permit.Actor{}, Case{Stage: StageMarked}, false, "2026-03-05"); slices.Contains(can, "attach") {
		t.Error("somebody else is offered to add evidence")
	}
}

func TestOnlyWhatIsSevereIsSuspended(t *testing.T) {
	o := Case{Stage: StageTriaged}
	if got := asked(Facts{Who: lead}, o, Suspend{Reason: "核实"}); !slices.Equal(got, []string{"objection.not_severe"}) {
		t.Errorf("suspended for a wrong value: %q", got)
	}
	o.Severe = true
	if got := asked(Facts{Who: lead}, o, Suspend{}); !slices.Equal(got, []string{"/reason required"}) {
		t.Errorf("suspended without a reason: %q", got)
	}
	if got := asked(Facts{Who: lead}, o, Suspend{Reason: "核实"}); got != nil {
		t.Errorf("not suspended: %q", got)
	}
	for fault, want := range map[string]bool{"privacy": true, "secret": true, "wrong_value": false} {
		events, err := Decide(Facts{Listed: true}, Case{}, Submit{Form: Form{Target: Dataset, Fault: fault, Claim: "x"}})
		if err != nil || Evolve(Case{}, events[0]).Severe != want {
			t.Errorf("%s: %+v %v", fault, events, err)
		}
		events, err = Decide(Facts{Who: quality}, Case{Stage: StageSubmitted}, Triage{Fault: fault})
		if err != nil || Evolve(Case{}, events[0]).Severe != want {
			t.Errorf("found to be %s: %+v %v", fault, events, err)
		}
	}
	if events, _ := Decide(Facts{Who: quality}, Case{Stage: StageSubmitted, Severe: true}, Triage{Fault: "other"}); !Evolve(Case{}, events[0]).Severe {
		t.Error("what an objector says is severe stays so until it is looked into")
	}
}

func TestNobodyObjectsToWhatIsOffTheList(t *testing.T) {
	if got := asked(Facts{}, Case{}, Submit{Form: sound}); !slices.Equal(got, []string{"objection.not_listed"}) {
		t.Errorf("%q", got)
	}
}

// TestFindingsAreConfirmedAsTheyAre: a lead confirms what was found, or gives
// it back; he does not turn it round.
func TestFindingsAreConfirmedAsTheyAre(t *testing.T) {
	for _, established := range []bool{true, false} {
		o := Case{Stage: StageVerifying, Finding: &Finding{Established: established}}
		right, wrong := Command(Confirm{}), Command(Dismiss{})
		if !established {
			right, wrong = wrong, right
		}
		if got := asked(Facts{Who: lead}, o, wrong); !slices.Equal(got, []string{"objection.found_otherwise"}) {
			t.Errorf("%s of a finding of %t: %q", wrong.Verb(), established, got)
		}
		if got := asked(Facts{Who: lead}, o, right); got != nil {
			t.Errorf("%s of a finding of %t: %q", right.Verb(), established, got)
		}
		can := Can(lead, o, false, "2026-03-05")
		if !slices.Contains(can, right.Verb()) || slices.Contains(can, wrong.Verb()) {
			t.Errorf("offered %q for a finding of %t", can, established)
		}
	}
}

// TestWhoReadsWhatAnObjectorWrote: the centre always; the publisher once the
// centre has looked, and at once if it is grave; those who supervise never.
func TestWhoReadsWhatAnObjectorWrote(t *testing.T) {
	supervisor := permit.Actor{Account: "a", Roles: []permit.Role{permit.AutOfficer, permit.GofOfficer, permit.Auditor}}
	for _, s := range Table.Stages() {
		for _, grave := range []bool{true, false} {
			o := Case{Stage: s, Severe: grave}
			if !Works(quality, o) || Works(supervisor, o) || !Oversees(supervisor) || Oversees(quality) || Works(permit.Actor{}, o) {
				t.Errorf("at %s", s)
			}
			if want := grave || s != StageSubmitted && s != StageNotInScope; Works(lead, o) != want || Works(editor, o) != want {
				t.Errorf("the publisher at %s, grave %t: %t", s, grave, !want)
			}
		}
	}
}

// TestEveryOpenStageHasATerm: and escalates, to other people, with the days.
func TestEveryOpenStageHasATerm(t *testing.T) {
	for _, s := range open {
		p, ok := PhaseOf(s)
		if !ok || len(p.Steps) < 2 {
			t.Errorf("%s has no term", s)
		}
		for _, step := range p.Steps {
			if got, ok := StepOf(s, step.Name); !ok || got.Term != step.Term || len(step.Tell) == 0 {
				t.Errorf("%s of %s: %+v", step.Name, s, got)
			}
		}
	}
	if _, ok := PhaseOf(StageClosed); ok {
		t.Error("somebody owes something of a closed case")
	}
	late := Case{Stage: StageMarked, Clock: deadline.Clock{ReceivedOn: "2026-03-02", Steps: []deadline.Day{{Step: "due", On: "2026-03-05"}, {Step: "overdue", On: "2026-03-06"}}}}
	for day, want := range map[workday.Date][]Event{"2026-03-04": nil, "2026-03-05": {Rang{Steps: []string{"due"}}}, "2026-03-06": {Rang{Steps: []string{"due", "overdue"}, Late: true}}} {
		got, err := Decide(Facts{Who: permit.Platform, Today: day}, late, Ring{})
		if err != nil || len(got) != len(want) || len(got) == 1 && (got[0].(Rang).Late != want[0].(Rang).Late || !slices.Equal(got[0].(Rang).Steps, want[0].(Rang).Steps)) {
			t.Errorf("on %s: %+v, want %+v", day, got, want)
		}
	}
}
