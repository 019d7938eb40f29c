package openlist

import (
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

var sound = Description{Title: locale.Text{ZH: "地铁站"}, Publisher: "jt", Domain: "transport", Frequency: "daily", Opening: Unconditional}

func described(change func(*Description)) Describe {
	d := sound
	change(&d)
	return Describe{Description: d}
}

// TestWorkflow holds SM-05, as far as it stands, to the tests that every
// workflow owes.
func TestWorkflow(t *testing.T) {
	codes, err := LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	flowtest.Check(t, flowtest.Workflow[Stage, Entry, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(e Entry) Stage { return e.Stage },
		Start: Entry{Slug: "metro", Stage: StageDraft},
		Facts: func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Codes: codes} },
		Samples: []Command{Describe{Description: sound}, Publish{},
			ProposeItems{Items: []Item{{Name: "name", Title: locale.Text{ZH: "站名"}}}, Reason: "补充说明"}, AcceptItems{}, ReturnItems{Reason: "单位未写"},
			Suspend{Reasons: []string{"涉及个人信息"}}, Resume{}, Withdraw{Reasons: []string{"法规调整"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageDraft, By: permit.OpnEditor, Do: Describe{Description: Description{FirstPublishedOn: "2026-13-01", UpdatedOn: "soon"}},
				Want: []string{"/title/zh required", "/publisher required", "/domain openlist.unknown_domain", "/frequency openlist.unknown_frequency",
					"/opening openlist.unknown_opening", "/first_published_on openlist.bad_day", "/updated_on openlist.bad_day"}},
			{At: StagePublished, By: permit.OpnEditor, Do: ProposeItems{}, Want: []string{"/reason required", "/items openlist.no_items"}},
			{At: StagePublished, By: permit.OpnEditor, Do: ProposeItems{Reason: "x", Items: []Item{{Name: "a", Codes: "A B"}, {Name: "a", Title: locale.Text{ZH: "甲"}}, {Title: locale.Text{ZH: "乙"}}}},
				Want: []string{"/items/0/title/zh required", "/items/0/codes openlist.bad_slug", "/items/1/name openlist.item_twice", "/items/2/name required"}},
			{At: StagePublished, By: permit.OpnLead, Do: ReturnItems{}, Want: []string{"/reason required"}},
			{At: StagePublished, By: permit.OpnReviewer, Do: Suspend{}, Want: []string{"/reasons required"}},
			{At: StagePublished, By: permit.OpnLead, Do: Withdraw{Reasons: []string{"x", " "}}, Want: []string{"/reasons required"}},
		},
		Always: []flowtest.Law[Entry]{
			{Says: "stopped with a reason", Holds: func(e Entry) bool {
				return e.Stage != StageSuspended && e.Stage != StageWithdrawn || len(e.Reasons) > 0
			}},
			{Says: "nothing closed is listed", Holds: func(e Entry) bool { return e.Stage == StageDraft || e.Opening != Closed }},
		},
		Readme: "README.md",
	})
}

func TestClosedIsNotListed(t *testing.T) {
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	if _, err := Decide(Facts{Who: lead}, Entry{Stage: StageDraft, Description: Description{Opening: Closed}}, Publish{}); err == nil {
		t.Error("a closed dataset was published")
	}
}

func TestSlug(t *testing.T) {
	for slug, want := range map[string]bool{"metro": true, "sh-0001": true, "": false, "-a": false, "a-": false, "a--b": false, "A": false, "地铁": false,
		"a/b": false, strings.Repeat("a", 80): true, strings.Repeat("a", 81): false} {
		if ValidSlug(slug) != want {
			t.Errorf("%q: %v", slug, !want)
		}
	}
}

func TestTimely(t *testing.T) {
	daily := Frequency{Window: 3}
	for _, tt := range []struct {
		f              Frequency
		updated, today workday.Date
		how            Timeliness
		days           int
	}{
		{daily, "2023-06-08", "2023-06-11", OnTime, 0},
		{daily, "2023-06-07", "2023-06-11", Late, 1},
		{daily, "2022-12-31", "2023-01-05", Late, 2},
		{daily, "", "2023-06-11", Unknown, 0},
		{Frequency{}, "2001-01-01", "2023-06-11", Static, 0},
	} {
		if how, days := tt.f.Timely(tt.updated, tt.today); how != tt.how || days != tt.days {
			t.Errorf("%+v: %s, %d", tt, how, days)
		}
	}
}
