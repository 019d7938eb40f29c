package application

import (
	"strings"
	"testing"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// whole is a draft without a fault, for asks.
func whole() Content {
	return Content{
		Datasets: []Wanted{{Dataset: "air", Fields: []string{"day", "pm25"}, From: "2025-01-01", To: "2025-12-31", Mode: "api", Months: 12}},
		Scenario: Scenario{Code: "health", Title: "哮喘提醒", Purpose: "按日提醒哮喘病人", Serves: "本市居民", Benefit: "少发病"},
		Security: Security{Measures: "加密存放", Where: "本市机房", Access: "两名员工"},
		Pledge:   Pledge{True: true, Cite: true, Report: true, Checks: true},
		Files:    []File{{ID: "mat_1", Item: "air/plan", Name: "方案.pdf", SHA256: "aa"}, {ID: "mat_2", Item: "air/mlps", Name: "备案.pdf", SHA256: "bb", Until: "2027-01-01"}},
	}
}

var asks = map[string]Ask{"air": {Pin: Pin{Dataset: "air", Publisher: "weather", Set: "cnd_1", Version: 1}, Conditional: true, Fields: []string{"day", "pm25", "no2"},
	Modes: []string{"api", "file"}, Deny: []string{"media"}, Items: []Item{{ID: "air/plan", Required: true}, {ID: "air/mlps", Required: true, Expires: true}, {ID: "air/extra"}}}}

func facts(who permit.Actor, today workday.Date) Facts {
	return Facts{Who: who, Today: today, Mine: who.Known() && !who.Has(permit.Clock), Applicant: Person, Proved: true, Rules: true, Standing: true, Draft: whole(), Asks: asks,
		Scenarios: []string{"health", "media"}, Lapse: today.AddDays(10),
		Intake: deadline.Clock{ReceivedOn: today, Due: workday.Due{Day: today.AddDays(4)}, Steps: []deadline.Day{{Step: "unopened", On: today.AddDays(1)}, {Step: "overdue", On: today.AddDays(5)}}}}
}

// checklist is that of whole.
var checklist = []string{"applicant", "scenario", "datasets", "security", "pledge", "air/plan", "air/mlps"}

// TestWorkflow holds applications to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	long := strings.Repeat("长", 501)
	flowtest.Check(t, flowtest.Workflow[Stage, Case, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(p Case) Stage { return p.Stage },
		Facts: func(m flowtest.Moment) Facts {
			f := facts(m.Who, workday.Of(m.Now))
			f.Mine = !m.Who.Has(permit.Clock)
			return f
		},
		Samples: []Command{Open{ID: "app_1"}, Fill{Content: whole()}, Submit{Number: "SQ-2026-000001", Identity: "ff"}, Withdraw{}, Take{}, Accept{Checked: checklist},
			Decline{Faults: []Fault{{Item: "air/plan", Code: "unreadable"}}, Checked: checklist}, Allow{Items: []string{"air/mlps"}, Reason: "前次漏看"},
			Conclude{Approved: 1}, Conclude{}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-02-09", Due: workday.Due{Day: "2026-03-09"}}}, Lapse{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageIntake, By: permit.CtrIntake, Do: Accept{Checked: []string{"applicant", "scenario", "datasets", "security", "whim"}},
				Want: []string{"/checked/pledge application.not_ticked", "/checked/air~1plan application.not_ticked", "/checked/air~1mlps application.not_ticked", "/checked/whim application.not_asked"}},
			{At: StageIntake, By: permit.CtrIntake, Do: Decline{Checked: checklist}, Want: []string{"/faults application.needs_fault"}},
			{At: StageIntake, By: permit.CtrIntake, Do: Decline{Faults: []Fault{{Item: "pledge", Code: "absent"}}, Checked: checklist[:4]},
				Want: []string{"/checked/air~1plan application.not_ticked", "/checked/air~1mlps application.not_ticked"}},
			{At: StageIntake, By: permit.CtrIntake, Do: Decline{Faults: []Fault{{Item: "whim", Code: "ugly"}, {Item: "air/plan", Code: "other"}, {Item: "pledge", Code: "absent", Note: long}}, Checked: checklist},
				Want: []string{"/faults/0/item application.not_asked", "/faults/0/code application.unknown_fault", "/faults/1/note required", "/faults/2/note application.too_long"}},
			{At: StageIntake, By: permit.AutOfficer, Do: Allow{}, Want: []string{"/items application.needs_item", "/reason required"}},
			{At: StageIntake, By: permit.AutOfficer, Do: Allow{Items: []string{"whim"}, Reason: long}, Want: []string{"/items/0 application.not_asked", "/reason application.too_long"}},
		},
		Unguarded: []string{"open", "fill", "submit", "conclude", "recount"},
		Always: []flowtest.Law[Case]{
			{Says: "the officer's clock runs while it is the centre's turn, and only then", Holds: func(p Case) bool { return (p.Turn() == "centre") == p.Clock.Running() }},
			{Says: "what is not accepted has reasons", Holds: func(p Case) bool { return p.Stage != StageNotAccepted || len(p.Faults) > 0 }},
			{Says: "what was handed in has a number and a checklist", Holds: func(p Case) bool { return p.Round == 0 || p.Number != "" && len(p.Items) > 0 }},
			{Says: "a draft ends some day", Holds: func(p Case) bool { return (p.Turn() == "applicant") == p.LapseOn.Valid() }},
			{Says: "nothing is approved or rejected without a day", Holds: func(p Case) bool {
				return (p.Stage == StageApproved || p.Stage == StageRejected) == p.DecidedOn.Valid()
			}},
		},
		Readme: "README.md",
	})
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

var ann = permit.Actor{Account: "ann", Roles: []permit.Role{permit.Person}}

func TestEveryFaultOfADraftAtOnce(t *testing.T) {
	f := facts(ann, "2026-02-09")
	if err := Incomplete(f); err != nil {
		t.Fatalf("a whole draft: %v", err)
	}
	f.Draft, f.Proved, f.Rules, f.Standing = Content{}, false, false, false
	want := "/applicant application.not_proved, /applicant application.rules_not_accepted, /applicant application.closed_to_you, " +
		"/scenario/code required, /scenario/title required, /scenario/purpose required, /scenario/serves required, /scenario/benefit required, /datasets application.needs_dataset, " +
		"/security/measures required, /security/where required, /security/access required, /pledge/true application.pledge_needed, /pledge/cite application.pledge_needed, " +
		"/pledge/report application.pledge_needed, /pledge/checks application.pledge_needed"
	if got := codes(Incomplete(f)); got != want {
		t.Errorf("nothing filled in:\n got %s\nwant %s", got, want)
	}
	for _, tt := range []struct {
		name string
		edit func(*Facts)
		want string
	}{
		{"a dataset that is open to all", func(f *Facts) { f.Draft.Datasets[0].Dataset = "metro" }, "/datasets/0/dataset application.nothing_to_apply_for"},
		{"twice", func(f *Facts) { f.Draft.Datasets = append(f.Draft.Datasets, f.Draft.Datasets[0]) }, "/datasets/1/dataset application.asked_twice"},
		{"a scenario that is shut out", func(f *Facts) { f.Draft.Scenario.Code = "media" }, "/scenario/code application.other_scenarios"},
		{"no fields", func(f *Facts) { f.Draft.Datasets[0].Fields = nil }, "/datasets/0/fields application.needs_field"},
		{"unknown field, day, mode and months", func(f *Facts) {
			f.Draft.Datasets[0] = Wanted{Dataset: "air", Fields: []string{"x"}, From: "2025-13-01", To: "2024-01-01", Mode: "sandbox", Months: 37}
		}, "/datasets/0/fields application.unknown_field, /datasets/0/from application.no_day, /datasets/0/to application.ends_before_it_begins, /datasets/0/mode application.mode_not_offered, /datasets/0/months application.months"},
		{"a file missing and one expired", func(f *Facts) { f.Draft.Files = []File{{Item: "air/mlps", Name: "x", Until: "2026-02-08"}} }, "/files/air~1plan application.no_file, /files/air~1mlps application.expired"},
		{"no expiry", func(f *Facts) { f.Draft.Files[1].Until = "" }, "/files/air~1mlps application.no_expiry"},
		{"not for this kind of applicant", func(f *Facts) {
			a := asks["air"]
			a.Excluded = true
			f.Asks = map[string]Ask{"air": a}
		}, "/datasets/0/dataset application.excluded"},
		{"too many", func(f *Facts) {
			f.Draft.Datasets = make([]Wanted, MaxDatasets+1)
			for i := range f.Draft.Datasets {
				f.Draft.Datasets[i] = f.Draft.Datasets[0]
			}
			f.Draft.Files = make([]File, MaxFiles+1)
		}, "/datasets application.too_many_datasets"},
		{"a file in which malware was found", func(f *Facts) { f.Gone = []string{"mat_2"} }, "/files/air~1mlps application.file_gone"},
		{"too many files", func(f *Facts) { f.Draft.Files = append(f.Draft.Files, make([]File, MaxFiles)...) }, "/files application.too_many_files"},
		{"texts too long", func(f *Facts) {
			f.Draft.Scenario.Title, f.Draft.Scenario.External = strings.Repeat("长", 101), strings.Repeat("长", 1001)
		}, "/scenario/title application.too_long, /scenario/external application.too_long"},
	} {
		f := facts(ann, "2026-02-09")
		tt.edit(&f)
		if got := codes(Incomplete(f)); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestNothingIncompleteIsHandedIn: what the check page says is what the act asks.
func TestNothingIncompleteIsHandedIn(t *testing.T) {
	f := facts(ann, "2026-02-09")
	f.Draft.Scenario.Title, f.Draft.Files = "", nil
	p := play(t, Case{}, step{facts(ann, "2026-02-09"), Open{ID: "app_1"}})
	if _, err := Decide(f, p, Submit{Number: "SQ-2026-000001"}); codes(err) != "/scenario/title required, /files/air~1plan application.no_file, /files/air~1mlps application.no_file" {
		t.Errorf("handed in: %s", codes(err))
	}
}

func TestSectionsOfTheTaskList(t *testing.T) {
	f := facts(ann, "2026-02-09")
	for section, state := range States(f) {
		if state != Whole {
			t.Errorf("%s of a whole draft is %s", section, state)
		}
	}
	f.Draft.Scenario.Title, f.Draft.Datasets, f.Draft.Files = "", nil, nil
	got := States(f)
	if got["scenario"] != Begun || got["datasets"] != NotBegun || got["pledge"] != Whole || got["security"] != Whole {
		t.Errorf("%v", got)
	}
}

// play decides and evolves one command after another.
func play(t *testing.T, p Case, steps ...struct {
	f Facts
	c Command
}) Case {
	t.Helper()
	for _, s := range steps {
		events, err := Decide(s.f, p, s.c)
		if err != nil {
			t.Fatalf("%s: %v", s.c.Verb(), err)
		}
		for _, e := range events {
			p = Evolve(p, e)
		}
	}
	return p
}

type step = struct {
	f Facts
	c Command
}

var li = permit.Actor{Account: "li", Roles: []permit.Role{permit.CtrIntake}}

// TestNewReasonsOnOldMaterial is hard gate 8: a second round of new reasons for
// material that has not changed needs the authority, and is counted (Article
// 19(1)).
func TestNewReasonsOnOldMaterial(t *testing.T) {
	mine, officer := facts(ann, "2026-02-09"), facts(li, "2026-02-10")
	first := Decline{Faults: []Fault{{Item: "air/plan", Code: "unreadable"}}, Checked: checklist}
	changed := mine
	changed.Draft.Files = append([]File{{ID: "mat_3", Item: "air/plan", Name: "清.pdf", SHA256: "cc"}}, mine.Draft.Files[1])
	p := play(t, Case{}, step{mine, Open{ID: "app_1"}}, step{mine, Submit{Number: "SQ-2026-000001"}}, step{officer, Take{}}, step{officer, first}, step{changed, Submit{}}, step{officer, Take{}})
	if p.Number != "SQ-2026-000001" || p.Round != 2 {
		t.Fatalf("number %s, round %d", p.Number, p.Round)
	}
	late := Decline{Faults: []Fault{{Item: "air/mlps", Code: "incomplete"}, {Item: "air/plan", Code: "incomplete"}, {Item: "scenario", Code: "incomplete"}}, Checked: checklist}
	if _, err := Decide(officer, p, late); codes(err) != "/faults/0 application.told_late, /faults/2 application.told_late" {
		t.Errorf("new reasons on old material: %s", codes(err))
	}
	if _, err := Decide(officer, p, Decline{Faults: []Fault{{Item: "air/plan", Code: "unsigned"}}, Checked: checklist}); err != nil {
		t.Errorf("a reason on changed material: %v", err)
	}
	if _, err := Decide(officer, p, first); err != nil {
		t.Errorf("the same reason again: %v", err)
	}
	supervisor := facts(permit.Actor{Account: "wang", Roles: []permit.Role{permit.AutOfficer}}, "2026-02-10")
	p = play(t, p, step{supervisor, Allow{Items: []string{"air/mlps", "scenario"}, Reason: "前次漏看"}}, step{officer, late})
	if p.LateFaults != 2 || p.Stage != StageNotAccepted || len(p.Allowed) != 0 {
		t.Errorf("after the authority's consent: %+v", p)
	}
}

func TestAcceptanceWaitsForTheScanner(t *testing.T) {
	mine, officer := facts(ann, "2026-02-09"), facts(li, "2026-02-10")
	p := play(t, Case{}, step{mine, Open{ID: "app_1"}}, step{mine, Submit{}}, step{officer, Take{}})
	officer.Waiting = 1
	if _, err := Decide(officer, p, Accept{Checked: checklist}); codes(err) != "/checked application.files_wait" {
		t.Errorf("a file in quarantine: %s", codes(err))
	}
}

func TestWhoSeesAnApplication(t *testing.T) {
	mine := facts(ann, "2026-02-09")
	draft := play(t, Case{}, step{mine, Open{ID: "app_1"}})
	sent := play(t, draft, step{mine, Submit{}})
	body := Case{Account: "bob", Organisation: "acme", SubmittedOn: "2026-02-09"}
	member := permit.Actor{Account: "eve", Organisation: "acme", Roles: []permit.Role{permit.OrgCompliance}}
	other := permit.Actor{Account: "eve", Organisation: "umbrella", Roles: []permit.Role{permit.OrgAdmin}}
	reviewer := permit.Actor{Account: "rev", Organisation: "weather", Roles: []permit.Role{permit.OpnReviewer, permit.OpnLead}}
	for _, tt := range []struct {
		who  permit.Actor
		c    Case
		want bool
	}{{ann, draft, true}, {li, draft, false}, {li, sent, true}, {permit.Actor{}, sent, false}, {permit.Actor{Account: "eve", Roles: []permit.Role{permit.Person}}, sent, false},
		{member, body, true}, {other, body, false}, {reviewer, sent, false}, {permit.Actor{Account: "bob", Roles: []permit.Role{permit.Person}}, body, false}} {
		if MaySee(tt.who, tt.c) != tt.want {
			t.Errorf("%+v sees %s of %s%s: %v", tt.who, tt.c.Stage, tt.c.Account, tt.c.Organisation, !tt.want)
		}
	}
}

func TestBreadth(t *testing.T) {
	for want, n := range map[string][2]int{"none": {0, 4}, "few": {2, 4}, "many": {3, 4}, "all": {4, 4}} {
		if got := Breadth(n[0], n[1]); got != want {
			t.Errorf("%v: %s, want %s", n, got, want)
		}
	}
	for pointer, want := range map[string]string{"/files/air~1plan": "security", "/scenario/code": "scenario", "/applicant": "applicant", "": "applicant", "/datasets/0/fields": "datasets", "/until": "security"} {
		if got := SectionOf(pointer); got != want {
			t.Errorf("%q is mended in %s, want %s", pointer, got, want)
		}
	}
	if item, ok := ItemOf("/files/air~1plan"); item != "air/plan" || !ok {
		t.Errorf("%q %v", item, ok)
	}
}
