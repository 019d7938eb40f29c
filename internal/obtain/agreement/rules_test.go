package agreement

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var about = Subject{Application: "app_1", ApplicationNumber: "SQ-2026-000001", Order: "ord_1", OrderNumber: "GD-2026-000001", Account: "ann", Publisher: "weather",
	PublisherName: locale.Text{ZH: "气象局", EN: "Weather service"},
	Scenario:      Scenario{Code: "health", Title: "哮喘提醒", Purpose: "按日提醒", Serves: "居民", Benefit: "少发病"},
	Datasets:      []Given{{Dataset: "air", Title: locale.Text{ZH: "空气", EN: "Air"}, Set: "cnd_1", Fields: []string{"day", "pm25"}, Mode: "api", Months: 1, PerMinute: 60}}}

var templates = sync.OnceValues(Templates)

func template(t testing.TB) Template {
	t.Helper()
	all, err := templates()
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func clockOf(on workday.Date, step string, days int) deadline.Clock {
	return deadline.Clock{ReceivedOn: on, Due: workday.Due{Day: on.AddDays(days)}, Steps: []deadline.Day{{Step: step, On: on.AddDays(2)}}}
}

func factsAt(t testing.TB, who permit.Actor, now time.Time) Facts {
	today := workday.Of(now)
	return Facts{Who: who, Now: now, Today: today, Template: template(t), Approved: about, Proved: true, Next: "hash",
		Signing: clockOf(today, "unsigned", 14), Countersign: clockOf(today, "countersign_overdue", 7), WarnDays: map[string]int{Warnings[0]: 25, Warnings[1]: 7}}
}

// TestWorkflow holds agreements to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	long := strings.Repeat("长", 2001)
	yes := Signing{SHA256: "hash", Read: true}
	edit := []Edit{{Code: "other", Text: "另有约定"}}
	again := []Edit{{Code: "other", Text: "另行约定"}}
	form := Template{Version: 1} // its clauses in one word each: every life is written down many times
	for _, c := range template(t).Clauses {
		c.Text = locale.Text{ZH: c.Code}
		if c.Code == "other" {
			c.Text = locale.Text{}
		}
		form.Clauses = append(form.Clauses, c)
	}
	flowtest.Check(t, flowtest.Workflow[Stage, Agreement, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(a Agreement) Stage { return a.Stage },
		Facts: func(m flowtest.Moment) Facts {
			f := factsAt(t, m.Who, m.Now)
			f.Template = form
			return f
		},
		Samples: []Command{Generate{ID: "agr_1", Number: "XY-2026-000001", Subject: about}, Propose{Edits: edit, Reason: "补充"}, Propose{Edits: again, Reason: "再补"}, Agree{}, Decline{Reason: "不必"},
			Sign{yes}, Countersign{yes}, Amend{Edits: edit, Reason: "补充", Read: true}, Amend{Edits: again, Reason: "再补", Read: true}, Accept{yes}, Reject{Reason: "不必"},
			Breach{Reason: "转给他人"}, Restore{Reason: "已改正"}, Terminate{Reason: "不再需要"}, Ring{}, Recount{Clock: clockOf("2026-03-02", "unsigned", 20)}, Expire{}, Lapse{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageGenerated, By: permit.Person, Do: Propose{}, Want: []string{"/edits required", "/reason required"}},
			{At: StageGenerated, By: permit.OpnLead, Do: Propose{Edits: []Edit{{Code: "scenario", Text: long}, {Code: "breach"}, {Code: "whim"}, {Code: "other", Text: "x"}, {Code: "other", Text: "y"}}, Reason: long},
				Want: []string{"/edits/0/code agreement.new_application", "/edits/0/text agreement.too_long", "/edits/1/code agreement.not_optional", "/edits/2/code agreement.no_clause", "/edits/4/code agreement.clause_twice", "/reason agreement.too_long"}},
			{At: StageNegotiating, By: permit.OpnLead, Do: Decline{}, Want: []string{"/reason required"}},
			{At: StageGenerated, By: permit.OrgAdmin, Do: Sign{}, Want: []string{"/sha256 agreement.other_text", "/read agreement.read_first"}},
			{At: StageSigned, By: permit.OpnLead, Do: Countersign{Signing{SHA256: "other", Read: true}}, Want: []string{"/sha256 agreement.other_text"}},
			{At: StageEffective, By: permit.OpnLead, Do: Amend{Edits: []Edit{{Code: "scenario", Text: "别的场景"}}}, Want: []string{"/edits/0/code agreement.new_application", "/reason required", "/read agreement.read_first"}},
			{At: StageAmended, By: permit.OpnLead, Do: Reject{Reason: long}, Want: []string{"/reason agreement.too_long"}},
			{At: StageEffective, By: permit.AutOfficer, Do: Breach{}, Want: []string{"/reason required"}},
			{At: StageBreached, By: permit.OpnLead, Do: Restore{}, Want: []string{"/reason required"}},
			{At: StageEffective, By: permit.Person, Do: Terminate{}, Want: []string{"/reason required"}},
		},
		Unguarded: []string{"generate", "recount", "accept"},
		Always: []flowtest.Law[Agreement]{
			{Says: "in force with both signatures to its text, of two persons", Holds: func(a Agreement) bool {
				if !slices.Contains(InForce, a.Stage) {
					return true
				}
				s := a.Signed()
				return len(s) == 2 && s[0].Side != s[1].Side && s[0].By != s[1].By && s[0].SHA256 == a.SHA256 && s[1].SHA256 == a.SHA256 && a.Until >= a.From && a.From != ""
			}},
			{Says: "the four clauses of Article 20 are as the template has them", Holds: func(a Agreement) bool {
				var p problem.List
				whole(&p, Facts{Template: form, Approved: a.Subject}, a)
				return a.Stage == "" || p.Err() == nil
			}},
			{Says: "a change is pending where one is to answer it, and nowhere else", Holds: func(a Agreement) bool {
				return (a.Change != nil) == (a.Stage == StageNegotiating || a.Stage == StageAmended)
			}},
			{Says: "what has ended does not wait", Holds: func(a Agreement) bool { return a.Stage == "" || slices.Contains(Open, a.Stage) == a.Clock.Running() }},
		},
		Readme: "README.md",
	})
}

var (
	ann   = permit.Actor{Account: "ann", Roles: []permit.Role{permit.Person}}
	lead  = permit.Actor{Account: "lead", Organisation: "weather", Roles: []permit.Role{permit.OpnLead}}
	noon  = time.Date(2026, 2, 9, 4, 0, 0, 0, time.UTC)
	agree = Signing{SHA256: "hash", Read: true}
)

func codes(err error) string {
	p := problem.As(err)
	if p == nil {
		return ""
	}
	all := []string{p.Code}
	for _, f := range p.Fields {
		all = append(all, f.Pointer+" "+f.Code)
	}
	return strings.Join(all, ", ")
}

// made returns an agreement, after steps, each of somebody.
func made(t testing.TB, steps ...any) Agreement {
	t.Helper()
	steps = append([]any{permit.Platform, Generate{ID: "agr_1", Number: "XY-2026-000001", Subject: about}}, steps...)
	a := Agreement{}
	for i := 0; i < len(steps); i += 2 {
		events, err := Decide(factsAt(t, steps[i].(permit.Actor), noon), a, steps[i+1].(Command))
		if err != nil {
			t.Fatalf("%s: %v", steps[i+1].(Command).Verb(), codes(err))
		}
		for _, e := range events {
			a = Evolve(a, e)
		}
	}
	return a
}

// TestNothingIsSignedButWhatWasApproved: Article 20, hard gate 10.
func TestNothingIsSignedButWhatWasApproved(t *testing.T) {
	a := made(t)
	for name, tt := range map[string]struct {
		spoil func(f *Facts, a *Agreement)
		want  string
	}{
		"another scenario": {func(f *Facts, _ *Agreement) { f.Approved.Scenario.Purpose = "别的" }, "/scenario agreement.scenario_differs"},
		"other fields": {func(f *Facts, _ *Agreement) {
			f.Approved.Datasets = []Given{about.Datasets[0]}
			f.Approved.Datasets[0].Fields = []string{"day"}
		}, "/datasets agreement.datasets_differ"},
		"a longer term": {func(f *Facts, _ *Agreement) {
			f.Approved.Datasets = []Given{about.Datasets[0]}
			f.Approved.Datasets[0].Months = 2
		}, "/datasets agreement.datasets_differ"},
		"no clause of breach":   {func(_ *Facts, a *Agreement) { a.Clauses = slices.Delete(slices.Clone(a.Clauses), 3, 4) }, "/clauses/breach agreement.clause_missing"},
		"an empty clause":       {func(_ *Facts, a *Agreement) { a.Clauses = slices.Clone(a.Clauses); a.Clauses[1].Text = locale.Text{} }, "/clauses/reporting agreement.clause_missing"},
		"a softened clause":     {func(_ *Facts, a *Agreement) { a.Clauses = slices.Clone(a.Clauses); a.Clauses[2].Text.ZH = "可以" }, "/clauses/security agreement.clause_missing"},
		"without proof of self": {func(f *Facts, _ *Agreement) { f.Proved = false }, "/present agreement.prove"},
	} {
		f, b := factsAt(t, ann, noon), a
		tt.spoil(&f, &b)
		if _, err := Decide(f, b, Sign{agree}); !strings.Contains(codes(err), tt.want) {
			t.Errorf("%s: %s", name, codes(err))
		}
	}
	f := factsAt(t, ann, noon.AddDate(0, 0, 15))
	if _, err := Decide(f, a, Sign{agree}); codes(err) != "agreement.too_late" {
		t.Errorf("after the last day: %s", codes(err))
	}
}

// TestRolesCountForTheirSideOnly: a lead of another body, another person and
// another body's administrator have no part.
func TestRolesCountForTheirSideOnly(t *testing.T) {
	person, firm := made(t), made(t)
	firm.Organisation, firm.Account = "firm", "ann"
	for name, tt := range map[string]struct {
		who permit.Actor
		a   Agreement
		can bool
	}{
		"the person":               {ann, person, true},
		"another person":           {permit.Actor{Account: "eve", Roles: ann.Roles}, person, false},
		"who applied for a firm":   {ann, firm, false},
		"the firm's administrator": {permit.Actor{Account: "bob", Organisation: "firm", Roles: []permit.Role{permit.OrgAdmin}}, firm, true},
		"another firm's":           {permit.Actor{Account: "bob", Organisation: "other", Roles: []permit.Role{permit.OrgAdmin}}, firm, false},
		"a firm's, of a person's":  {permit.Actor{Account: "ann", Organisation: "firm", Roles: []permit.Role{permit.OrgAdmin}}, person, false},
		"the lead":                 {lead, person, true},
		"another body's lead":      {permit.Actor{Account: "lead", Organisation: "transport", Roles: lead.Roles}, person, false},
		"the auditor":              {permit.Actor{Account: "aud", Roles: []permit.Role{permit.Auditor}}, person, true},
		"an editor":                {permit.Actor{Account: "ed", Organisation: "weather", Roles: []permit.Role{permit.OpnEditor}}, person, false},
	} {
		if MaySee(tt.who, tt.a) != tt.can {
			t.Errorf("%s sees it: %t", name, !tt.can)
		}
	}
}

// TestOneSideDoesNotAnswerItself: a change is for the other side to take.
func TestOneSideDoesNotAnswerItself(t *testing.T) {
	edit := []Edit{{Code: "other", Text: "另有约定"}}
	a := made(t, lead, Propose{Edits: edit, Reason: "补充"})
	second := permit.Actor{Account: "lead-2", Organisation: "weather", Roles: lead.Roles}
	if _, err := Decide(factsAt(t, second, noon), a, Agree{}); codes(err) != "agreement.other_side" {
		t.Errorf("a colleague agrees: %s", codes(err))
	}
	if a = made(t, lead, Propose{Edits: edit, Reason: "补充"}, ann, Agree{}); a.Edition != 2 || a.Clauses[len(a.Clauses)-1].Text.ZH != "另有约定" {
		t.Errorf("agreed: %+v", a)
	}
	a = made(t, ann, Sign{agree}, lead, Countersign{agree}, ann, Amend{Edits: edit, Reason: "补充", Read: true})
	if _, err := Decide(factsAt(t, permit.Actor{Account: "ann-2", Roles: ann.Roles}, noon), a, Accept{agree}); codes(err) != "agreement.other_side" {
		t.Errorf("the same side accepts: %s", codes(err))
	}
	if _, err := Decide(factsAt(t, lead, noon), a, Accept{Signing{SHA256: "other"}}); !strings.Contains(codes(err), "/sha256 agreement.other_text, /read agreement.read_first") {
		t.Errorf("accepts another text, unread: %s", codes(err))
	}
	for _, c := range []Command{Reject{Reason: "不必"}, Breach{Reason: "转给他人"}} {
		events, err := Decide(factsAt(t, lead, noon), a, c)
		if err != nil {
			t.Fatal(err)
		}
		if b := Evolve(a, events[0]); len(b.Signatures) != 2 || b.Change != nil || b.Edition != 1 {
			t.Errorf("after %s: %+v", c.Verb(), b)
		}
	}
}

// TestSameEditIsNoChange: nothing is sent to and fro that changes nothing.
func TestSameEditIsNoChange(t *testing.T) {
	a := made(t)
	if _, err := Decide(factsAt(t, ann, noon), a, Propose{Edits: []Edit{{Code: "other"}}, Reason: "x"}); !strings.Contains(codes(err), "/edits agreement.no_change") {
		t.Error(codes(err))
	}
}

// TestEndOfTheLongestUseIsTheEnd: each dataset runs its own months.
func TestEndOfTheLongestUseIsTheEnd(t *testing.T) {
	a := made(t)
	second := about.Datasets[0]
	second.Dataset, second.Months = "rain", 12
	a.Datasets = append(slices.Clone(a.Datasets), second)
	e := effective(factsAt(t, lead, noon), a)
	if e.Datasets[0].Until != "2026-03-09" || e.Datasets[1].Until != "2027-02-09" || e.Until != "2027-02-09" {
		t.Errorf("%+v", e)
	}
	if len(e.Clock.Steps) != 2 || e.Clock.Steps[0].On != "2027-01-15" || e.Clock.Steps[1].On != "2027-02-02" {
		t.Errorf("warnings: %+v", e.Clock.Steps)
	}
}

// TestTextIsTheSameEveryTime: what is hashed has one form, names both parties
// and holds every clause that is not left out.
func TestTextIsTheSameEveryTime(t *testing.T) {
	a, form := made(t), template(t)
	name := locale.Text{ZH: "安"}
	text := form.Write(locale.ZH, a.Number, a.Subject, name, a.Clauses)
	if text != form.Write(locale.ZH, a.Number, a.Subject, name, a.Clauses) || strings.Contains(text, "\r") || strings.Contains(text, "{") {
		t.Error(text)
	}
	for _, want := range []string{"XY-2026-000001", "甲方（数据开放主体）：气象局", "乙方（数据利用主体）：安", "day、pm25", "每分钟不超过60次", "第1条　应用场景要求", "哮喘提醒", "第4条　违约责任", "第8条　争议解决"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "其他约定") {
		t.Error("an empty clause is in the text")
	}
	if en := form.Write(locale.EN, a.Number, a.Subject, name, a.Clauses); strings.Contains(en, "{") || !strings.Contains(en, "Clause 4: Liability for breach") {
		t.Error(en)
	}
	tricky := a.Subject
	tricky.Scenario.Title = "{purpose}"
	if text := form.Fill(a.Number, tricky)[0].Text.ZH; !strings.Contains(text, "“{purpose}”") {
		t.Errorf("what an applicant writes is taken for a place: %s", text)
	}
}

// TestTemplatesHoldTheFourClauses: without one there is nothing to sign.
func TestTemplatesHoldTheFourClauses(t *testing.T) {
	form := template(t)
	for i, code := range Mandatory {
		less := form
		less.Clauses = slices.Delete(slices.Clone(form.Clauses), i, i+1)
		if got := less.Lacks(); !slices.Equal(got, []string{code}) {
			t.Errorf("without %s: %v", code, got)
		}
	}
	if _, err := current([]Template{form}, "2022-12-30"); err == nil {
		t.Error("a template is in force before its first day")
	}
}
