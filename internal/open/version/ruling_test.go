package version

import (
	"slices"
	"testing"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// TestARulingHoldsUntilTheEvidenceChanges: it frees its column and no other,
// in later versions too, but not from what was not there when it was made.
func TestARulingHoldsUntilTheEvidenceChanges(t *testing.T) {
	name := Finding{Code: "quality.person_name", Column: "站", Firm: true, Evidence: "person_name/possible"}
	surer, plate := name, Finding{Code: "quality.plate", Column: "站", Firm: true, Evidence: "plate/likely"}
	surer.Evidence = "person_name/likely"
	mail := Finding{Code: "quality.email", Column: "箱", Evidence: "email/likely"}
	r := Ruling{Column: "站", Evidence: []string{"person_name/possible", "ip/possible"}, Reason: "是站名", By: "l", On: "2026-02-01", Number: 1}
	for _, tt := range []struct {
		name  string
		found []Finding
		want  int // rulings in force
		held  int
	}{
		{"the same", []Finding{name}, 1, 0},
		{"another column is held", []Finding{name, mail}, 1, 1},
		{"something else in the column", []Finding{name, plate}, 0, 2},
		{"surer", []Finding{surer}, 0, 1},
		{"nothing", nil, 0, 0},
		{"what is no identifier is not ruled on", []Finding{name, {Code: "quality.column_empty", Column: "站"}}, 1, 1},
	} {
		o := found(tt.found...)
		events, err := Decide(Facts{Who: permit.Platform, Today: "2026-02-02", Rulings: []Ruling{r}}, Version{Stage: StageIngested, Number: 2}, Profile{Outcome: o})
		if err != nil || len(events) != 1 {
			t.Fatal(err)
		}
		v := Evolve(Version{Stage: StageIngested, Number: 2}, events[0])
		if len(v.Rulings) != tt.want || len(Held(v)) != tt.held {
			t.Errorf("%s: rulings %v, held by %v", tt.name, v.Rulings, Held(v))
		}
		if v.Files = []File{{Format: "csv"}}; openedSince(Facts{Open: true}, v) != slices.ContainsFunc(Held(v), func(f Finding) bool { return f.Firm }) {
			t.Errorf("%s: opened since", tt.name)
		}
	}
}

// TestWhoeverRulesIsNotTheMaker, and the version that was ruled on is released
// by a person; later ones go on by rule.
func TestWhoeverRulesIsNotTheMaker(t *testing.T) {
	o := found(Finding{Code: "quality.person_name", Column: "站", Firm: true, Evidence: "person_name/possible"})
	v := Version{Stage: StageBlocked, Number: 3, Outcome: &o, Findings: o.Findings, Did: map[string]string{"ingest": "m"}}
	maker := permit.Actor{Account: "m", Roles: []permit.Role{permit.OpnLead}}
	if _, err := Decide(Facts{Who: maker, Today: "2026-02-01"}, v, Rule{Column: "站", Reason: "是站名"}); problem.As(err) == nil || problem.As(err).Code != "flow.four_eyes" {
		t.Errorf("the maker rules: %v", err)
	}
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	events, err := Decide(Facts{Who: lead, Today: "2026-02-01"}, v, Rule{Column: " 站 ", Reason: "是站名"})
	if err != nil {
		t.Fatal(err)
	}
	v = Evolve(v, events[0])
	if r := v.Rulings[0]; r.By != "l" || r.On != "2026-02-01" || r.Number != 3 || r.Column != "站" || !slices.Equal(r.Evidence, []string{"person_name/possible"}) || len(v.Findings) != 0 || len(Doubted(v)) != 0 {
		t.Errorf("%+v, held by %v", r, v.Findings)
	}
	if _, err := Decide(Facts{Who: lead, Today: "2026-02-01"}, v, Rule{Column: "站", Reason: "x"}); problem.As(err) == nil {
		t.Error("ruled twice on the same")
	}
	v.Stage = StageStaged
	if FitsBefore(Facts{Before: o.SchemaHash}, v) {
		t.Error("what was ruled on goes out without a person")
	}
	if v.Number = 4; !FitsBefore(Facts{Before: o.SchemaHash}, v) {
		t.Error("a later one does not go on by rule")
	}
	if got := Shown(permit.Actor{}, v, "unconditional"); got.Rulings != nil {
		t.Errorf("strangers learn who ruled: %+v", got.Rulings)
	}
	if got := Shown(lead, v, "unconditional"); len(got.Rulings) != 1 {
		t.Error("the lead does not see his ruling")
	}
}

func TestTheNewestRulingOfAColumnCounts(t *testing.T) {
	got := newest([]Ruling{{Column: "b", On: "2026-01-02", Number: 1}, {Column: "a", On: "2026-01-01", Number: 2}, {Column: "b", On: "2026-01-01", Number: 3},
		{Column: "b", On: "2026-01-02", Number: 4}, {Column: "b", On: "2026-01-02", Number: 2}})
	if len(got) != 2 || got[0].Column != "a" || got[1].Number != 4 {
		t.Errorf("%+v", got)
	}
}
