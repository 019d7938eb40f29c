package version

import (
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
)

var good = Outcome{Schema: selection.Schema{Columns: []selection.Column{{Name: "区", Type: selection.Text}}},
	SchemaHash: "h1", Rows: 95, RowsIn: 100, RowsSetAside: 5, CellsSetAside: 1, Parquet: "p", Profile: "s", Recipe: "r"}

func outcome(change func(*Outcome)) Outcome {
	o := good
	change(&o)
	return o
}

var clean = outcome(func(o *Outcome) { o.Rows, o.RowsSetAside, o.CellsSetAside = 100, 0, 0 })
var torn = outcome(func(o *Outcome) { o.Rows, o.RowsSetAside = 80, 20 })

// found returns the clean outcome with something that a check found.
func found(f ...Finding) Outcome {
	return outcome(func(o *Outcome) { o.Rows, o.RowsSetAside, o.CellsSetAside, o.Findings = 100, 0, 0, f })
}

var (
	noted       = found(Finding{Code: "quality.some_rows_repeated", Note: true})
	repeated    = found(Finding{Code: "quality.rows_repeated"})
	identifying = found(Finding{Code: "quality.resident_id", Column: "区", Cells: []string{"310**************4"}, Firm: true, Evidence: "resident_id"})
	unopened    = found(Finding{Code: "quality.resident_id", Column: "区", Firm: true, Note: true, Evidence: "resident_id"})
	both        = found(Finding{Code: "quality.person_name", Column: "区", Firm: true, Evidence: "person_name/possible"}, Finding{Code: "quality.email", Column: "箱", Evidence: "email/likely"})
)

// TestWorkflow holds SM-08 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	flowtest.Check(t, flowtest.Workflow[Stage, Version, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(v Version) Stage { return v.Stage },
		Facts: func(m flowtest.Moment) Facts {
			return Facts{Who: m.Who, Today: workday.Of(m.Now), Before: []string{"", "h1", "h2"}[m.Random.IntN(3)], Open: m.Random.IntN(2) == 0}
		},
		Samples: []Command{
			Ingest{ID: "ver_1", Dataset: "x", Number: 1, Kind: Full, Origin: Origin{Name: "a.csv", Hash: "h", Bytes: 10}, UpdatedOn: "2026-02-01", NotSecret: true},
			Reread{Recipe: "s"}, Profile{Outcome: good}, Profile{Outcome: clean}, Profile{Outcome: torn},
			Profile{Outcome: noted}, Profile{Outcome: repeated}, Profile{Outcome: identifying}, Profile{Outcome: unopened}, Profile{Outcome: both},
			Refuse{Findings: []Finding{{Code: "intake.encrypted"}}}, Block{}, Waive{Reason: "原件如此"}, Rule{Column: "区", Reason: "是区名"}, Rule{Column: "箱", Reason: "公开的信箱"}, Free{},
			StageFiles{Files: []File{{Format: "csv", Hash: "c", Bytes: 9}}}, Return{Reason: "单位写错"}, Discard{}, Release{}, ReleaseByRule{}, Supersede{}, Recall{Reason: "误传"},
		},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.OpnEditor, Do: Ingest{Kind: "half", UpdatedOn: "2026-02-30"},
				Want: []string{"/kind version.unknown_kind", "/updated_on version.bad_day", "/not_secret version.not_secret_needed", "/name required", "/file version.empty_file"}},
			{At: "", By: permit.OpnEditor, Do: Ingest{Kind: Full, Origin: Origin{Name: "a", Bytes: 1}, UpdatedOn: "2099-01-01", NotSecret: true},
				Want: []string{"/updated_on version.day_to_come"}},
			{At: "", By: permit.OpnEditor, Do: Ingest{Kind: Full, Origin: Origin{Name: "a", Bytes: 1}},
				Want: []string{"/updated_on required", "/not_secret version.not_secret_needed"}},
			{At: StageBlocked, By: permit.OpnLead, Do: Waive{Reason: " "}, Want: []string{"/reason required"}},
			{At: StageBlocked, By: permit.OpnLead, Do: Rule{Column: " "}, Want: []string{"/column required", "/reason required"}},
			{At: StageBlocked, By: permit.OpnLead, Do: Rule{Column: "街", Reason: "是街名"}, Want: []string{"/column version.nothing_to_rule"}},
			{At: StageStaged, By: permit.OpnLead, Do: Return{}, Want: []string{"/reason required"}},
			{At: StageReleased, By: permit.OpnLead, Do: Recall{}, Want: []string{"/reason required"}},
		},
		Unguarded: []string{"reread", "profile", "refuse", "stage", "discard"},
		Always: []flowtest.Law[Version]{
			{Says: "what is offered was read and staged", Holds: func(v Version) bool { return !v.Readable() || v.Outcome != nil && len(v.Files) > 0 }},
			{Says: "a held version is not staged without a reason", Holds: func(v Version) bool {
				return v.Stage != StageStaged && !v.Readable() || len(Held(v)) == 0 || v.Waived != ""
			}},
			{Says: "what nobody may waive goes no further", Holds: func(v Version) bool { return v.Waived == "" && v.Stage != StageStaged && !v.Readable() || !firm(v) }},
			{Says: "recalled with a reason", Holds: func(v Version) bool { return (v.Stage == StageRecalled) == (v.Reason != "") }},
			{Says: "returned with a reason", Holds: func(v Version) bool { return v.Stage != StageReturned || v.Returned != "" }},
			{Says: "released on a day", Holds: func(v Version) bool { return !v.Readable() || v.ReleasedOn.Valid() }},
		},
		Readme: "README.md",
	})
}

func TestSameFileIsRefused(t *testing.T) {
	editor := permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	c := Ingest{Kind: Full, Origin: Origin{Name: "a.csv", Bytes: 1}, UpdatedOn: "2026-01-01", NotSecret: true}
	_, err := Decide(Facts{Who: editor, Today: "2026-02-01", Same: 3}, Version{}, c)
	if p := problem.As(err); p == nil || p.Fields[0].Code != "version.same_file" || p.Fields[0].Args["number"] != 3 {
		t.Error(err)
	}
}

// TestReleaseByRule: what fits the last version and lost nothing needs no
// second person; anything else does. Article 16(1).
func TestReleaseByRule(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before string
		o      Outcome
		waived string
		want   int
	}{
		{"fits", "h1", clean, "", 1},
		{"the first release is by two people", "", clean, "", 0},
		{"another schema", "h2", clean, "", 0},
		{"something was set aside", "h1", good, "", 0},
		{"was held once", "h1", clean, "原件如此", 0},
	} {
		v := Version{Stage: StageStaged, Outcome: &tt.o, Waived: tt.waived, Files: []File{{Format: "csv"}}}
		events, err := Decide(Facts{Who: permit.Platform, Today: "2026-02-01", Before: tt.before}, v, ReleaseByRule{})
		if err != nil || len(events) != tt.want {
			t.Errorf("%s: %d events, %v", tt.name, len(events), err)
		}
	}
}

// TestAppendedToAnotherTable: between reading and release another version came
// out; its rows must not be lost.
func TestAppendedToAnotherTable(t *testing.T) {
	o := outcome(func(o *Outcome) { o.Rows, o.RowsSetAside, o.CellsSetAside, o.Base, o.RowsBefore = 150, 0, 0, 3, 50 })
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	v := Version{Stage: StageStaged, Outcome: &o, Files: []File{{Format: "csv"}}}
	for released, want := range map[int]string{3: "", 4: "version.base_moved"} {
		f := Facts{Who: lead, Today: "2026-02-01", Before: "h1", Released: released}
		_, err := Decide(f, v, Release{})
		if p := problem.As(err); (p != nil) != (want != "") || p != nil && p.Code != want {
			t.Errorf("%d: %v", released, err)
		}
		if FitsBefore(f, v) != (want == "") {
			t.Errorf("by rule at %d", released)
		}
	}
}

func TestHeld(t *testing.T) {
	for _, tt := range []struct {
		o    Outcome
		want int
	}{{good, 0}, {torn, 1}, {Outcome{}, 1}, {outcome(func(o *Outcome) { o.Rows, o.RowsIn, o.RowsSetAside = 90, 100, 10 }), 0},
		{noted, 0}, {repeated, 1}, {identifying, 1}, {unopened, 0}} {
		if got := Held(Version{Outcome: &tt.o}); len(got) != tt.want {
			t.Errorf("%+v: %v", tt.o, got)
		}
	}
}

// TestIdentifiersAreNeverWaived: SM-08; whoever asks, with whatever reason.
func TestIdentifiersAreNeverWaived(t *testing.T) {
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	for _, tt := range []struct {
		o    Outcome
		want string
	}{{repeated, ""}, {identifying, "version.identifiers_not_waivable"}} {
		v := Version{Stage: StageBlocked, Outcome: &tt.o, Findings: tt.o.Findings}
		_, err := Decide(Facts{Who: lead}, v, Waive{Reason: "原件如此"})
		if p := problem.As(err); (p != nil) != (tt.want != "") || p != nil && p.Code != tt.want {
			t.Errorf("%v: %v, want %q", tt.o.Findings, err, tt.want)
		}
		// Neither does a waiver that was given for something else help.
		v.Stage, v.Waived = StageProfiled, "原件如此"
		if _, err := Decide(Facts{Who: permit.Platform}, v, StageFiles{Files: []File{{Format: "csv"}}}); (err != nil) != (tt.want != "") {
			t.Errorf("staged in spite of %v: %v", tt.o.Findings, err)
		}
	}
}

// TestOpenedSinceItWasChecked: identifiers that conditional data may hold must
// not come out when the entry has become unconditional meanwhile.
func TestOpenedSinceItWasChecked(t *testing.T) {
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	v := Version{Stage: StageStaged, Outcome: &unopened, Files: []File{{Format: "csv"}}}
	for open, want := range map[bool]string{false: "", true: "version.opened_since"} {
		_, err := Decide(Facts{Who: lead, Today: "2026-02-01", Open: open}, v, Release{})
		if p := problem.As(err); (p != nil) != (want != "") || p != nil && p.Code != want {
			t.Errorf("open %t: %v", open, err)
		}
		if FitsBefore(Facts{Open: open, Before: "h1"}, v) == open {
			t.Errorf("open %t: by rule", open)
		}
	}
}

// TestNothingIsOpenedWithoutItsConditions: Article 15(1), requirement A15.1.
func TestNothingIsOpenedWithoutItsConditions(t *testing.T) {
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	v := Version{Stage: StageStaged, Outcome: &clean, Files: []File{{Format: "csv"}}}
	for without, want := range map[bool]string{false: "", true: "version.no_conditions"} {
		f := Facts{Who: lead, Today: "2026-02-01", Before: "h1", Unconditioned: without}
		_, err := Decide(f, v, Release{})
		if p := problem.As(err); (p != nil) != (want != "") || p != nil && p.Code != want {
			t.Errorf("without conditions %t: %v", without, err)
		}
		if FitsBefore(f, v) == without {
			t.Errorf("without conditions %t: by rule", without)
		}
	}
}

// TestCellsAreForThoseWhoWorkOnThem: the public learns that a check found
// something, and of data that is not open not even that.
func TestCellsAreForThoseWhoWorkOnThem(t *testing.T) {
	o := found(Finding{Code: "quality.mobile", Column: "电话", Cells: []string{"138*******4"}})
	v := Version{Kind: Full, Stage: StageReleased, Outcome: &o, Findings: o.Findings}
	if got := Shown(permit.Actor{}, v, "unconditional"); got.Findings[0].Cells != nil || got.Outcome.Findings[0].Cells != nil || got.Findings[0].Column != "电话" {
		t.Errorf("a stranger sees %+v", got.Findings)
	}
	if got := Shown(permit.Actor{}, v, "conditional"); got.Findings != nil || got.Outcome != nil {
		t.Errorf("a stranger sees %+v of conditional data", got)
	}
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	if got := Shown(lead, v, "conditional"); len(got.Findings[0].Cells) != 1 || len(v.Outcome.Findings[0].Cells) != 1 {
		t.Errorf("the lead sees %+v", got.Findings)
	}
}
