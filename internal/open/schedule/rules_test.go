package schedule

import (
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
)

func TestWorkflow(t *testing.T) {
	good := Propose{URL: "https://data.example.cn/a.csv", Every: Daily, Hour: 3, NotSecret: true}
	flowtest.Check(t, flowtest.Workflow[Stage, Schedule, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage:   func(s Schedule) Stage { return s.Stage },
		Start:   Schedule{Dataset: "metro"},
		Facts:   func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Now: m.Now} },
		Samples: []Command{good, Confirm{}, Return{Reason: "not the owner's server"}, Stop{}, Fetch{Outcome{Code: "schedule.received", Version: 2}}, Fetch{Outcome{Code: "schedule.unreachable"}}, Disable{Outcome{Code: "schedule.no_editor"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.OpnEditor, Do: Propose{URL: "ftp://x", Every: "often", Hour: 24},
				Want: []string{"/url schedule.bad_url", "/every schedule.unknown_rhythm", "/hour schedule.no_hour", "/not_secret schedule.not_secret_needed"}},
			{At: StageProposed, By: permit.OpnLead, Do: Return{Reason: " \n"}, Want: []string{"/reason required"}},
		},
		Unguarded: []string{"confirm", "stop", "fetch", "disable"},
		Always: []flowtest.Law[Schedule]{
			{Says: "what is on has a next time, and nothing else has", Holds: func(s Schedule) bool { return (s.Stage == StageOn) == !s.NextAt.IsZero() }},
			{Says: "what is on was confirmed by another than set it", Holds: func(s Schedule) bool {
				account, behalf := permit.Doers(s.Did["confirm"])
				return s.Stage != StageOn || account != "" && !permit.Actor{Account: account, Behalf: behalf}.Is(s.Did["propose"])
			}},
			{Says: "files come in the name of one account, whoever it acted for", Holds: func(s Schedule) bool {
				account, _ := permit.Doers(s.Did["propose"])
				return s.By == account && !strings.Contains(s.By, " ")
			}},
			{Says: "what waits for the lead knows nothing of the source before", Holds: func(s Schedule) bool { return s.Stage != StageProposed || s.Last == nil && s.Returned == "" }},
		},
		Readme: "README.md",
	})
}

func TestFailuresAreCountedInARow(t *testing.T) {
	x := Schedule{Stage: StageOn, Every: Daily}
	for i, tt := range []struct {
		Outcome
		want int
	}{
		{Outcome{Code: "schedule.unreachable"}, 1}, {Outcome{Code: "outgoing.too_large"}, 2}, {Outcome{Code: "schedule.unchanged"}, 0},
		{Outcome{Code: "schedule.failed"}, 1}, {Outcome{Code: "schedule.same_as"}, 0}, {Outcome{Code: "schedule.answered"}, 1}, {Outcome{Code: "schedule.received", Version: 3}, 0},
	} {
		events, err := Decide(Facts{Who: permit.Platform, Now: time.Unix(int64(i+1)*864000, 0)}, x, Fetch{tt.Outcome})
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %v, %v", tt.Code, events, err)
		}
		if x = Evolve(x, events[0]); x.Failures != tt.want || x.Stage != StageOn {
			t.Errorf("after %s: %d in a row and %s, want %d", tt.Code, x.Failures, x.Stage, tt.want)
		}
	}
}

func TestNext(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, tt := range []struct {
		every     Every
		hour      int
		now, want string
	}{
		{Hourly, 0, "2026-03-05T10:20:00+08:00", "2026-03-05T11:00:00+08:00"},
		{Daily, 3, "2026-03-05T02:59:59+08:00", "2026-03-05T03:00:00+08:00"},
		{Daily, 3, "2026-03-05T03:00:00+08:00", "2026-03-06T03:00:00+08:00"},
		{Daily, 0, "2026-12-31T16:00:00Z", "2027-01-01T16:00:00Z"}, // midnight in Shanghai is 16:00 the day before
		{Weekly, 8, "2026-03-05T10:00:00+08:00", "2026-03-09T08:00:00+08:00"},
		{Weekly, 8, "2026-03-09T08:00:00+08:00", "2026-03-16T08:00:00+08:00"},
		{Monthly, 8, "2026-03-01T07:00:00+08:00", "2026-03-01T08:00:00+08:00"},
		{Monthly, 8, "2026-12-05T10:00:00+08:00", "2027-01-01T08:00:00+08:00"},
		{Monthly, 8, "2027-01-31T10:00:00+08:00", "2027-02-01T08:00:00+08:00"},
	} {
		if got := Next(tt.every, tt.hour, at(tt.now)); !got.Equal(at(tt.want)) {
			t.Errorf("%s at %d after %s: %s, want %s", tt.every, tt.hour, tt.now, got, tt.want)
		}
	}
}
