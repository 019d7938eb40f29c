package openlist

import (
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// sound is a description without a fault, and world one in which it stands.
var (
	sound = Description{Title: zh("全市地铁站点位置"), Abstract: zh("每个车站一行：名称、线路、出入口数量和中心点坐标。"), Publisher: "jt", Domain: "transport",
		Opening: Unconditional, Frequency: "monthly", Production: "monthly", Licence: zh("开放许可"), Contact: "open@example.org",
		Period: Period{From: "2020-01-01"}, AreaRange: "全市", AreaCode: "310000", Unrelated: true,
		Items: []Item{{Name: "name", Title: zh("站名"), Description: zh("车站的正式名称")}, {Name: "AQI", Title: zh("空气指数"), Description: zh("空气质量指数，按HJ 633计算")}}}
	world = World{Today: "2026-11-25", Columns: []string{"name", "AQI"}, Ready: true, Hook: "verified",
		Graded: Graded{Confirmed: true, Type: Unconditional, Fields: []string{"name", "AQI"}}}
)

var lead = permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}

func zh(text string) locale.Text { return locale.Text{ZH: text} }

func changed(change func(*Description)) Description {
	d := sound
	change(&d)
	return d
}

func codes(t *testing.T) Codes {
	t.Helper()
	c, err := LoadCodes()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWorkflow holds SM-05 to the tests that every workflow owes.
func TestWorkflow(t *testing.T) {
	known := codes(t)
	poor := changed(func(d *Description) { d.Abstract, d.Opening = d.Title, Closed })
	flowtest.Check(t, flowtest.Workflow[Stage, Entry, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(e Entry) Stage { return e.Stage },
		Start: Entry{Slug: "metro", Stage: StageDraft},
		Facts: func(m flowtest.Moment) Facts { return Facts{Who: m.Who, Codes: known, World: world} },
		Samples: []Command{Describe{Description: sound}, Describe{Description: poor}, Submit{Order: "adj_1"}, GiveBack{}, List{Order: "adj_1", On: "2026-11-25"},
			Adopt{Description: sound, From: zh("原平台")}, Change{Description: changed(func(d *Description) { d.Remarks = "改" }), Order: "adj_2"},
			Suspend{Reasons: []string{"涉及个人信息"}}, Resume{}, Withdraw{Reasons: []string{"法规调整"}, Order: "adj_3"}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageDraft, By: permit.OpnEditor, Do: Describe{Description: Description{FirstPublishedOn: "2026-13-01", UpdatedOn: "soon", Production: "x", SourceKind: "y", Items: []Item{{Name: "a", Codes: "A B"}, {Name: "a"}, {}}}},
				Want: []string{"/title/zh required", "/publisher required", "/domain openlist.unknown_domain", "/frequency openlist.unknown_frequency", "/production openlist.unknown_frequency",
					"/opening openlist.unknown_opening", "/source_kind openlist.unknown_source", "/first_published_on openlist.bad_day", "/updated_on openlist.bad_day",
					"/items/0/codes openlist.bad_slug", "/items/1/name openlist.item_twice", "/items/2/name required"}},
			{At: StagePublished, By: permit.Clock, Do: Change{Description: poor}, Want: []string{"/abstract/zh openlist.abstract_repeats", "/opening openlist.closed_is_not_listed", "/opening_reason openlist.stricter_needs_reason"}},
			{At: StagePublished, By: permit.OpnReviewer, Do: Suspend{}, Want: []string{"/reasons required"}},
			{At: StagePublished, By: permit.Clock, Do: Withdraw{Reasons: []string{"x", " "}}, Want: []string{"/reasons required"}},
		},
		Unguarded: []string{"adopt", "submit", "list"}, // see the tests below
		Always: []flowtest.Law[Entry]{
			{Says: "stopped with a reason", Holds: func(e Entry) bool {
				return e.Stage != StageSuspended && e.Stage != StageWithdrawn || len(e.Reasons) > 0
			}},
			{Says: "nothing closed is listed", Holds: func(e Entry) bool { return !e.Listed() || e.Opening != Closed }},
			{Says: "what is listed has an edition, and an order or a list that it was taken from", Holds: func(e Entry) bool {
				return !e.Listed() || e.Edition > 0 && (e.Order != "" || e.Adopted.ZH != "")
			}},
			{Says: "what an order listed passes the gates", Holds: func(e Entry) bool {
				return !e.Listed() || e.Order == "" || Refuses(Facts{Codes: known, World: world}, e, e.Description) == nil
			}},
		},
		Readme: "README.md",
	})
}

// TestNothingFaultyIsListed: whoever submits or lists meets the gates.
func TestNothingFaultyIsListed(t *testing.T) {
	known := codes(t)
	poor := changed(func(d *Description) { d.Abstract = d.Title })
	lead := permit.Actor{Account: "l", Roles: []permit.Role{permit.OpnLead}}
	for _, tt := range []struct {
		who permit.Actor
		at  Stage
		do  Command
	}{{lead, StageDraft, Submit{Order: "adj_1"}}, {permit.Platform, StageReview, List{Order: "adj_1"}}} {
		for name, facts := range map[string]Facts{"words": {Who: tt.who, Codes: known, World: world}, "world": {Who: tt.who, Codes: known}} {
			e := Entry{Slug: "metro", Stage: tt.at, Description: sound}
			if name == "words" {
				e.Description = poor
			}
			if _, err := Decide(facts, e, tt.do); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s of faulty %s: %v", tt.do.Verb(), name, err)
			}
		}
		if _, err := Decide(Facts{Who: tt.who, Codes: known, World: world}, Entry{Slug: "metro", Stage: tt.at, Description: sound}, tt.do); err != nil {
			t.Errorf("%s of a sound one: %v", tt.do.Verb(), err)
		}
	}
}

func TestAdoptedAsItStands(t *testing.T) {
	poor := changed(func(d *Description) { d.Abstract, d.Items = d.Title, nil })
	f := Facts{Who: permit.Platform, Codes: codes(t)}
	draft := Entry{Slug: "metro", Stage: StageDraft}
	if _, err := Decide(f, draft, Adopt{Description: poor, From: zh("原平台")}); err != nil {
		t.Errorf("an entry with faults: %v", err)
	}
	closed := changed(func(d *Description) { d.Opening = Closed })
	if got := told(refused(f, Entry{Slug: "A", Stage: StageDraft}, Adopt{Description: poor, From: zh("原平台")})); !slices.Equal(got, []string{"/slug openlist.bad_slug"}) {
		t.Errorf("at no address: %v", got)
	}
	if got := told(refused(f, draft, Adopt{Description: closed})); !slices.Equal(got, []string{"/from required", "/opening openlist.closed_is_not_listed"}) {
		t.Errorf("a closed one of nowhere: %v", got)
	}
	if _, err := Decide(f, Entry{Slug: "metro", Stage: StageDraft, Description: sound}, Adopt{Description: sound, From: zh("x")}); !problem.Is(err, problem.Conflict) {
		t.Errorf("over a draft: %v", err)
	}
}

// refused is the error of Decide.
func refused(f Facts, e Entry, c Command) error {
	_, err := Decide(f, e, c)
	return err
}

func told(err error) (all []string) {
	if p := problem.As(err); p != nil {
		for _, f := range p.Fields {
			all = append(all, f.Pointer+" "+f.Code)
		}
	}
	return all
}

// TestBoundsOfADescription: what a form could never hold is told, all of it.
func TestBoundsOfADescription(t *testing.T) {
	known := codes(t)
	for i := range known.Frequencies {
		known.Frequencies[i].Ended = known.Frequencies[i].Code == "weekly"
	}
	for i := range known.Domains {
		known.Domains[i].Ended = known.Domains[i].Code == "credit"
	}
	long := strings.Repeat("长", MaxText+1)
	d := changed(func(d *Description) {
		d.Frequency, d.Production, d.Remarks, d.Contact = "weekly", "weekly", long, long
		d.Relations, d.Tags, d.Items = make([]Relation, MaxRelations+1), make([]string, MaxTags+1), make([]Item, MaxItems+1)
	})
	var l problem.List
	checkDescription(&l, Facts{Codes: known}, Entry{Slug: "Not An Address"}, d)
	want := []string{"/slug openlist.bad_slug", "/frequency openlist.code_ended", "/production openlist.code_ended", "/items openlist.too_many", "/remarks openlist.too_long", "/contact openlist.too_long",
		"/relations openlist.too_many", "/tags openlist.too_many"}
	if got := told(l.Err()); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
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
