package timeliness

import (
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

func TestWorkflow(t *testing.T) {
	found := Found{Problem: Tiny, Body: "home", Subject: "s", Datasets: []string{"s"}, Says: []string{"few_rows"}, Figures: map[string]int64{"rows": 3, "least": 10}}
	other := found
	other.Figures = map[string]int64{"rows": 4, "least": 10}
	flowtest.Check(t, flowtest.Workflow[Stage, Finding, Command, FindingEvent, Facts]{
		Table: Table, Decide: Decide, Evolve: EvolveFinding,
		Stage: func(x Finding) Stage { return x.Stage },
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Most: 366}
		},
		Samples: []Command{Find{"fnd_1", found}, Find{"fnd_1", other}, Keep{Reason: "每年只有几条", Until: "2026-02-14"}, Keep{Reason: "每年只有几条", Until: "2026-03-31"}, TakeUp{}, Lapse{}, End{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageOpen, By: permit.OpnLead, Do: Keep{Reason: " \n"}, Want: []string{"/reason required", "/until required"}},
			{At: StageOpen, By: permit.OpnLead, Do: Keep{Reason: strings.Repeat("字", MaxReason+1), Until: "soon"}, Want: []string{"/reason timeliness.too_long", "/until timeliness.no_day"}},
			{At: StageOpen, By: permit.OpnLead, Do: Keep{Reason: "x", Until: "2026-02-08"}, Want: []string{"/until timeliness.bad_end"}},
			{At: StageOpen, By: permit.OpnLead, Do: Keep{Reason: "x", Until: "2099-01-01"}, Want: []string{"/until timeliness.bad_end"}},
		},
		Unguarded: []string{"find"},
		Always: []flowtest.Law[Finding]{
			{Says: "what is kept has a reason and an end, and nothing else has", Holds: func(x Finding) bool {
				return (x.Stage == StageKept) == (x.Reason != "") && (x.Stage == StageKept) == (x.Until != "")
			}},
			{Says: "what ended has a day", Holds: func(x Finding) bool { return (x.Stage == StageEnded) == (x.EndedOn != "") }},
		},
		Readme: "README.md",
	})
}

// TestAnEndComes: a finding that is kept opens again the day after its end.
func TestAnEndComes(t *testing.T) {
	x := Finding{Stage: StageKept, Reason: "x", Until: "2026-03-31"}
	for day, n := range map[workday.Date]int{"2026-03-31": 0, "2026-04-01": 1} {
		if events, err := Decide(Facts{Who: permit.Platform, Today: day}, x, Lapse{}); err != nil || len(events) != n {
			t.Errorf("on %s: %v %v", day, events, err)
		}
	}
	lead := permit.Actor{Account: "lea", Roles: []permit.Role{permit.OpnLead}}
	for until, ok := range map[workday.Date]bool{"2026-03-01": false, "2026-03-02": true, "2026-03-11": true, "2026-03-12": false} {
		if _, err := Decide(Facts{Who: lead, Today: "2026-03-01", Most: 10}, Finding{Stage: StageOpen}, Keep{Reason: "x", Until: until}); (err == nil) != ok {
			t.Errorf("until %s: %v", until, err)
		}
	}
}
