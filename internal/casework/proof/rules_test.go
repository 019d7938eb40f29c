package proof

import (
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// good are forms of nobody: the numbers are computed for the test.
var (
	ann   = Form{Name: "安样例", Document: IDCard, Number: "11010519491231002X"} // the example of GB 11643
	works = Form{Body: locale.Text{ZH: "样例公司"}, BodyKind: "enterprise", USCC: "91350100M000100Y43"}
)

// TestWorkflow holds the case to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	long := strings.Repeat("长", 1001)
	flowtest.Check(t, flowtest.Workflow[Stage, Case, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(p Case) Stage { return p.Stage },
		Facts: func(m flowtest.Moment) Facts {
			today := workday.Of(m.Now)
			return Facts{Who: m.Who, Today: today, Mine: !m.Who.Has(permit.Clock), Form: Form{Name: ann.Name, Document: ann.Document, Number: ann.Number, Body: works.Body, BodyKind: works.BodyKind, USCC: works.USCC},
				Files: 1, Decide: workday.Due{Day: today.AddDays(7)}, Erase: today.AddDays(30), Lapse: today.AddDays(10)}
		},
		Samples: []Command{Open{ID: "prf_1", Number: "RZ-2026-000001", Subject: Person}, Open{ID: "prf_2", Number: "RZ-2026-000002", Subject: Organisation},
			Fill{Form: ann}, Submit{}, Withdraw{}, Accept{}, Return{Codes: []string{"unreadable", "expired"}}, Refuse{Note: "查无此人"}, Recount{Due: workday.Due{Day: "2026-03-09"}}, Lapse{}, Erase{}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: "", By: permit.Person, Do: Open{Subject: "cat"}, Want: []string{"/subject proof.unknown_subject"}},
			{At: StageSubmitted, By: permit.CtrIntake, Do: Return{Codes: []string{"whim", "ugly"}, Note: long}, Want: []string{"/codes proof.unknown_reason", "/codes proof.unknown_reason", "/note proof.too_long"}},
			{At: StageSubmitted, By: permit.CtrIntake, Do: Refuse{Note: "  "}, Want: []string{"/codes proof.needs_reason"}},
		},
		Unguarded: []string{"fill", "accept", "recount"},
		Always: []flowtest.Law[Case]{
			{Says: "whoever is to decide knows until when", Holds: func(p Case) bool { return (p.Stage == StageSubmitted) == p.Due.Day.Valid() }},
			{Says: "what was returned or refused has reasons", Holds: func(p Case) bool {
				return p.Stage != StageReturned && p.Stage != StageRefused || len(p.Reasons.Codes) > 0 || p.Reasons.Note != ""
			}},
			{Says: "what ended has a day on which it is erased", Holds: func(p Case) bool { return p.Ended() == p.EraseOn.Valid() }},
			{Says: "nothing is erased before it ended", Holds: func(p Case) bool { return !p.Erased || p.Ended() }},
			{Says: "a draft lapses in the end", Holds: func(p Case) bool { return (p.Turn() == "applicant") == p.LapseOn.Valid() }},
		},
		Readme: "README.md",
	})
}

func codes(err error) (all []string) {
	if p := problem.As(err); p != nil {
		for _, f := range p.Fields {
			all = append(all, f.Pointer+" "+f.Code)
		}
	}
	return all
}

func TestEveryFaultOfAFormAtOnce(t *testing.T) {
	who := permit.Actor{Account: "ann"}
	for _, tt := range []struct {
		subject Subject
		form    Form
		files   int
		want    string
	}{
		{Person, Form{}, 0, "/name required, /document required, /number required, /file proof.no_file"},
		{Person, Form{Name: strings.Repeat("长", 101), Document: IDCard, Number: "1"}, 1, "/name proof.too_long, /number proof.number_length"},
		{Organisation, Form{}, 0, "/body/zh required, /body_kind required, /uscc required, /file proof.no_file"},
		{Organisation, Form{Body: locale.Text{ZH: "x", EN: strings.Repeat("x", 201)}, BodyKind: "organ", USCC: "91350100M000100Y44"}, 1, "/body/en proof.too_long, /body_kind required, /uscc proof.uscc_check"},
		{Person, ann, 1, ""},
		{Organisation, works, 1, ""},
	} {
		_, err := Decide(Facts{Who: who, Mine: true, Today: "2026-11-25", Form: tt.form, Files: tt.files}, Case{Stage: StageDraft, Subject: tt.subject}, Submit{})
		if got := strings.Join(codes(err), ", "); got != tt.want {
			t.Errorf("%s %+v: %s", tt.subject, tt.form, got)
		}
	}
}

func TestOnlyTheApplicantApplies(t *testing.T) {
	for _, c := range []Command{Fill{}, Submit{}, Withdraw{}} {
		_, err := Decide(Facts{Who: permit.Actor{Account: "eve"}, Form: ann, Files: 1}, Case{Stage: StageDraft, Applicant: "ann"}, c)
		if p := problem.As(err); p == nil || p.Code != "flow.not_your_step" {
			t.Errorf("%s by another: %v", c.Verb(), err)
		}
	}
	f := Facts{Who: permit.Actor{Account: "ann"}, Mine: true}
	for want, with := range map[string]Facts{
		"/subject proof.proved_already": {Who: f.Who, Mine: true, Proved: true},
		"/subject proof.one_is_open":    {Who: f.Who, Mine: true, Open: 1},
	} {
		if _, err := Decide(with, Case{}, Open{Subject: Person}); strings.Join(codes(err), "") != want {
			t.Errorf("want %s, got %v", want, err)
		}
	}
	if _, err := Decide(Facts{Who: f.Who, Mine: true, Proved: true, Open: 2}, Case{}, Open{Subject: Organisation}); err != nil {
		t.Errorf("a third organisation: %v", err)
	}
	if !MaySee(f.Who, Case{Applicant: "ann"}) || MaySee(permit.Actor{Account: "eve"}, Case{Applicant: "ann"}) || MaySee(permit.Actor{}, Case{}) {
		t.Error("who sees a draft is wrong")
	}
	officer := permit.Actor{Account: "li", Roles: []permit.Role{permit.CtrIntake}}
	if MaySee(officer, Case{Applicant: "ann"}) || !MaySee(officer, Case{Applicant: "ann", SubmittedOn: "2026-11-25"}) {
		t.Error("what an officer sees is wrong")
	}
}

// TestNumbers holds the checks to the examples that the standards print.
func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		d            Document
		number, want string
	}{
		{IDCard, "11010519491231002X", ""},
		{IDCard, " 11010519491231002x ", ""},
		{IDCard, "440524188001010014", "proof.number_birth"},
		{IDCard, "110105194912310020", "proof.number_check"},
		{IDCard, "110105194912320020", "proof.number_birth"},
		{IDCard, "110105209912310029", "proof.number_birth"},
		{IDCard, "11010519491231002", "proof.number_length"},
		{IDCard, "1101051949123100２X", "proof.number_length"},
		{IDCard, "810000199408230021", "proof.number_other_document"},
		{Residence, "810000199408230021", ""},
		{Residence, "11010519491231002X", "proof.number_other_document"},
		{Passport, "E12345678", ""},
		{Passport, "E1", "proof.number_form"},
		{Passport, "E12345678; DROP", "proof.number_form"},
		{Foreigner, "911124198108030024", ""},
		{IDCard, "", "required"},
	} {
		if got := CheckDocument(tt.d, tt.number, "2026-11-25"); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.d, tt.number, got, tt.want)
		}
	}
	for code, want := range map[string]string{
		"91350100M000100Y43": "", "91350100m000100y43": "", "91350100M000100Y4": "proof.uscc_length", "91350100M000100Y44": "proof.uscc_check",
		"91350100I000100Y43": "proof.uscc_letter", "": "required",
	} {
		if got := CheckUSCC(code); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
	for i := range 17 { // one digit read wrongly is found, wherever it stands
		wrong := []byte("11010519491231002X")
		if wrong[i] = '0' + (wrong[i]-'0'+1)%10; CheckDocument(IDCard, string(wrong), "2026-11-25") == "" {
			t.Errorf("%s passes", wrong)
		}
	}
}

func TestTheClockWaitsForTheDay(t *testing.T) {
	draft := Case{Stage: StageDraft, LapseOn: "2026-12-01"}
	ended := Case{Stage: StageRefused, EraseOn: "2026-12-01"}
	for today, want := range map[workday.Date][2]int{"2026-11-30": {0, 0}, "2026-12-01": {0, 1}, "2026-12-02": {1, 1}} {
		f := Facts{Who: permit.Platform, Today: today}
		lapsed, err := Decide(f, draft, Lapse{})
		erased, err2 := Decide(f, ended, Erase{})
		if err != nil || err2 != nil || len(lapsed) != want[0] || len(erased) != want[1] {
			t.Errorf("%s: lapsed %d, erased %d, %v, %v", today, len(lapsed), len(erased), err, err2)
		}
	}
}
