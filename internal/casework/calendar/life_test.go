package calendar

import (
	"testing"
	"time"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/terms"
	"kaishu/internal/base/workday"
)

var sound = Content{Year: 2027, Number: "国办发明电〔2026〕8号", URL: "https://www.gov.cn/zhengce/2027.htm",
	Off: []workday.Date{"2027-01-01", "2027-02-05"}, Worked: []workday.Date{"2027-02-13"}}

// TestWorkflow holds the life of a notice to the tests that every workflow
// owes.
func TestWorkflow(t *testing.T) {
	flowtest.Check(t, flowtest.Workflow[Stage, Notice, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage:   func(n Notice) Stage { return n.Stage },
		Facts:   func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Now: m.Now, ID: "ntc_1"} },
		Samples: []Command{Enter{sound}, Confirm{}, Discard{Reason: "文号录错"}, Replace{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.CtrOps, Do: Enter{Content{URL: "gov.cn"}}, Want: []string{"/number required", "/url calendar.bad_url", "/year workday.no_year", "/off required"}},
			{At: "", By: permit.SysAdmin, Do: Enter{Content{Year: 2027, Number: "x", URL: "https://a b", Off: []workday.Date{"2026-05-01"}, Worked: []workday.Date{"2027-01-04"}}},
				Want: []string{"/url calendar.bad_url", "/off/0 workday.other_year", "/worked/0 workday.works_anyway"}},
			{At: StageEntered, By: permit.CtrOps, Do: Discard{}, Want: []string{"/reason required"}},
		},
		Always: []flowtest.Law[Notice]{
			{Says: "in force by two people", Holds: func(n Notice) bool {
				return n.Stage != StageInForce && n.Stage != StageReplaced || n.Did["enter"] != n.Did["confirm"] && n.ConfirmedAt != ""
			}},
			{Says: "discarded with a reason", Holds: func(n Notice) bool { return (n.Stage == StageDiscarded) == (n.Reason != "") }},
		},
		Readme: "README.md",
	})
}

// TestTermWorkflow does the same for a term.
func TestTermWorkflow(t *testing.T) {
	good := TermContent{Name: "application.review", Length: 8, Unit: terms.WorkingDays, Article: "19(2)", From: "2030-01-01"}
	flowtest.Check(t, flowtest.Workflow[Stage, Term, Command, Event, TermFacts]{
		Table: TermTable, Decide: DecideTerm, Evolve: EvolveTerm,
		Stage: func(n Term) Stage { return n.Stage },
		Facts: func(m flowtest.Moment) TermFacts {
			return TermFacts{Facts{Who: m.Who, Now: m.Now, ID: "trm_1"}, []string{"application.review"}}
		},
		Samples: []Command{EnterTerm{good}, Confirm{}, Discard{Reason: "不改了"}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.CtrOps, Do: EnterTerm{TermContent{From: "soon"}}, Want: []string{"/name required", "/length terms.no_length", "/unit terms.unknown_unit", "/from terms.no_day"}},
			{At: "", By: permit.SysAdmin, Do: EnterTerm{TermContent{Name: "lunch", Length: 1, Unit: terms.Months, From: "2020-01-01"}},
				Want: []string{"/name calendar.unknown_term", "/from calendar.term_too_early"}},
			{At: StageEntered, By: permit.CtrOps, Do: Discard{}, Want: []string{"/reason required"}},
		},
		Always: []flowtest.Law[Term]{{Says: "in force by two people", Holds: func(n Term) bool { return n.Stage != StageInForce || n.Did["enter"] != n.Did["confirm"] }}},
		Readme: "README.md",
	})
}

// TestTermsThatCountedAreNotChanged: a term that waits too long for its second
// person can no longer be confirmed, and those before it end the day before.
func TestTermsThatCountedAreNotChanged(t *testing.T) {
	f := TermFacts{Facts: Facts{Who: permit.Actor{Account: "b", Roles: []permit.Role{permit.CtrOps}}, Now: time.Date(2026, 11, 25, 15, 59, 0, 0, time.UTC)}}
	waiting := Term{TermContent: TermContent{From: "2026-11-26"}, Stage: StageEntered, Did: map[string]string{"enter": "a"}}
	if _, err := DecideTerm(f, waiting, Confirm{}); err != nil {
		t.Errorf("on the last day before: %v", err)
	}
	if f.Now = f.Now.Add(time.Minute); f.Now.Hour() != 16 {
		t.Fatal(f.Now)
	}
	if _, err := DecideTerm(f, waiting, Confirm{}); err == nil {
		t.Error("confirmed on the day itself")
	}
	first := []terms.Term{{Name: "a", Length: 10, From: "2022-12-31"}, {Name: "b", Length: 3, From: "2022-12-31"}}
	got := Effective(first, []terms.Term{{Name: "a", Length: 8, From: "2027-03-01"}, {Name: "a", Length: 9, From: "2027-01-01"}, {Name: "a", Length: 7, From: "2028-01-01"}})
	want := []terms.Term{{Name: "a", Length: 10, From: "2022-12-31", Until: "2026-12-31"}, {Name: "a", Length: 9, From: "2027-01-01", Until: "2027-12-31"},
		{Name: "a", Length: 7, From: "2028-01-01"}, {Name: "b", Length: 3, From: "2022-12-31"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}
