package directory

import (
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow/flowtest"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

var (
	table  = Resource{ID: "res_1", Title: "公交站点", Fields: []Field{{Name: "STOP_ID", Title: "站点编号", Type: "varchar(20)"}, {Name: "STOP_NAME", Title: "站点名称", Type: "text"}}}
	bare   = Resource{ID: "res_2", Title: "没有字段"}
	former = Resource{ID: "res_3", Title: "已下线", Gone: true, Fields: []Field{{Name: "a"}}}
	stops  = Entry{Slug: "stops", Body: "home", Fields: []FieldName{{"id", "站点编号"}, {"name", "站点名称"}}, Free: true}
	pairs  = []Pair{{Field: "name", Resource: "res_1", Source: "STOP_NAME"}, {Field: "id", Resource: "res_1", Source: "STOP_ID"}}
)

func here(all ...Resource) map[string]Resource {
	m := map[string]Resource{}
	for _, r := range all {
		m[r.ID] = r
	}
	return m
}

// changed returns the table with the type of its first field changed, or
// without it.
func changed(gone bool) Resource {
	r := table
	r.Fields = slices.Clone(r.Fields)
	if gone {
		r.Fields = r.Fields[1:]
	} else {
		r.Fields[0].Type = "bigint"
	}
	return r
}

// TestWorkflow holds SM-04 to the tests that every workflow owes. The
// catalogue changes under it: a field is there, or another, or gone.
func TestWorkflow(t *testing.T) {
	flowtest.Check(t, flowtest.Workflow[Stage, Hook, Command, Event, Facts]{
		Table: Table, Decide: Decide, Evolve: Evolve,
		Stage: func(h Hook) Stage { return h.Stage },
		Start: NewHook("stops", "home"),
		Facts: func(m flowtest.Moment) Facts {
			day := workday.Of(m.Now)
			world := [][]Resource{{table, bare, former}, {table, bare, former}, {table, bare, former}, {changed(true), bare}, {changed(false)}, {}}[int(m.Now.Unix()/3600)%6] // the same for a clock that repeats itself
			if m.Who.Has(permit.OpnEditor) {
				world = []Resource{table, bare, former} // an editor names what is there
			}
			return Facts{Who: m.Who, Today: day, Entry: stops, Resources: here(world...),
				Clock: deadline.Clock{ReceivedOn: day, Due: workday.Due{Day: day.AddDays(7)}, Steps: []deadline.Day{{Step: "due", On: day.AddDays(1)}, {Step: "overdue", On: day.AddDays(2)}}}}
		},
		Samples: []Command{Attach{Pairs: pairs}, Attach{Pairs: []Pair{{"id", "res_1", "STOP_ID", ""}, {"name", "res_1", "STOP_ID", ""}}}, Verify{}, Break{}, Exempt{Why: "日常工作中形成"}, Ring{}, Recount{Clock: deadline.Clock{ReceivedOn: "2026-01-05"}}},
		Bad: []flowtest.Bad[Stage, Command]{
			{At: StageUnhooked, By: permit.OpnEditor, Do: Attach{}, Want: []string{"/pairs/id directory.no_source", "/pairs/name directory.no_source"}},
			{At: StageVerified, By: permit.OpnEditor, Do: Attach{Pairs: []Pair{{"id", "res_9", "x", ""}, {"id", "res_1", "STOP_ID", ""}, {"colour", "res_1", "STOP_ID", ""}, {"name", "res_1", "NAME", ""}}},
				Want: []string{"/pairs/id directory.no_such_resource", "/pairs/id directory.two_sources", "/pairs/colour directory.no_such_item", "/pairs/name directory.no_such_field"}},
			{At: StageUnhooked, By: permit.OpnEditor, Do: Attach{Pairs: []Pair{{"id", "res_2", "x", ""}, {"name", "res_3", "a", ""}}},
				Want: []string{"/pairs/id directory.resource_without_fields", "/pairs/name directory.no_such_resource"}},
			{At: StageUnhooked, By: permit.OpnEditor, Do: Attach{Pairs: []Pair{{"id", "", "x", ""}, {"name", "res_1", "", ""}}},
				Want: []string{"/pairs/id directory.no_source", "/pairs/name directory.no_source"}},
			{At: StageUnhooked, By: permit.CtrListReviewer, Do: Exempt{}, Want: []string{"/why required"}},
			{At: StageUnhooked, By: permit.CtrListReviewer, Do: Exempt{Why: strings.Repeat("长", MaxWhy+1)}, Want: []string{"/why directory.too_long"}},
		},
		Unguarded: []string{"recount"},
		Always: []flowtest.Law[Hook]{
			{Says: "what is hooked names one source for each data item, with its type", Holds: func(h Hook) bool {
				return h.Stage == StageUnhooked || h.Stage == StageExempt || len(h.Pairs) == 2 && h.Pairs[0].Field == "id" && h.Pairs[0].Type == "varchar(20)" && len(h.Without([]string{"id", "name"})) == 0
			}},
			{Says: "what is broken says what, and has a last day; what is not has none", Holds: func(h Hook) bool {
				return (h.Stage == StageBroken) == (len(h.Breaches) > 0) && (h.Stage == StageBroken) == h.Clock.Running()
			}},
			{Says: "an exemption has a reason, and another than the editor gave it", Holds: func(h Hook) bool {
				return (h.Stage == StageExempt) == (h.Why != "") && (h.Stage != StageExempt || h.Did["hook"] != h.Did["exempt"])
			}},
			{Says: "only what was looked at is sure", Holds: func(h Hook) bool { return h.Stage != StageVerified || h.SureOn.Valid() }},
		},
		Readme: "README.md",
	})
}

func told(err error) (all []string) {
	if err == nil {
		return nil
	}
	for _, f := range problem.As(err).Fields {
		all = append(all, f.Pointer+" "+f.Code)
	}
	return all
}

// TestWhatBreaks: a resource that is gone, a field that is gone, a type that is
// another; not a type that is written otherwise or not at all.
func TestWhatBreaks(t *testing.T) {
	h := NewHook("stops", "home")
	h.Pairs = []Pair{{"id", "res_1", "STOP_ID", "varchar(20)"}, {"name", "res_1", "STOP_NAME", ""}}
	spelled := table
	spelled.Fields = []Field{{Name: "STOP_ID", Type: "VARCHAR (20)"}, {Name: "STOP_NAME", Type: "int"}}
	gone := table
	gone.Gone = true
	for name, x := range map[string]struct {
		world map[string]Resource
		want  []string
	}{
		"all there":         {here(table), nil},
		"spelled otherwise": {here(spelled), nil},
		"nothing there":     {nil, []string{"id resource_gone", "name resource_gone"}},
		"gone":              {here(gone), []string{"id resource_gone", "name resource_gone"}},
		"field gone":        {here(changed(true)), []string{"id field_gone"}},
		"another type":      {here(changed(false)), []string{"id type_changed"}},
	} {
		var got []string
		for _, b := range Breaches(Facts{Resources: x.world}, h) {
			got = append(got, b.Field+" "+b.Code)
			if !slices.Contains(Breached, b.Code) || b.Code == "type_changed" && (b.Was != "varchar(20)" || b.Now != "bigint") {
				t.Errorf("%s: %+v", name, b)
			}
		}
		if !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// TestMoreBreaksGiveNoMoreTime: the last day of a broken hook stays, whatever
// else breaks.
func TestMoreBreaksGiveNoMoreTime(t *testing.T) {
	h := NewHook("stops", "home")
	h.Stage, h.Pairs = StageVerified, []Pair{{"id", "res_1", "STOP_ID", "varchar(20)"}}
	first := deadline.Clock{ReceivedOn: "2026-11-02", Due: workday.Due{Day: "2026-11-16"}}
	f := Facts{Who: permit.Platform, Resources: here(changed(false)), Clock: first}
	h = evolved(t, f, h, Break{})
	f.Clock, f.Resources = deadline.Clock{ReceivedOn: "2026-11-10", Due: workday.Due{Day: "2026-11-24"}}, nil
	h = evolved(t, f, h, Break{})
	if h.Breaches[0].Code != "resource_gone" || h.Clock.Due.Day != "2026-11-16" {
		t.Errorf("%+v", h)
	}
	f.Resources = here(table)
	if h = evolved(t, f, h, Verify{}); h.Stage != StageVerified || h.Clock.Running() {
		t.Errorf("the source is back: %+v", h)
	}
}

func evolved(t *testing.T, f Facts, h Hook, c Command) Hook {
	t.Helper()
	events, err := Decide(f, h, c)
	if err != nil || len(events) == 0 {
		t.Fatalf("%s: %v %v", c.Verb(), events, err)
	}
	for _, e := range events {
		h = Evolve(h, e)
	}
	return h
}

// TestOnlyDataWithoutASystemIsExempt (Article 10, items 3 and 4).
func TestOnlyDataWithoutASystemIsExempt(t *testing.T) {
	bound := stops
	bound.Free = false
	reviewer := permit.Actor{Account: "r", Roles: []permit.Role{permit.CtrListReviewer}}
	_, err := Decide(Facts{Who: reviewer, Entry: bound}, NewHook("stops", "home"), Exempt{Why: "没有系统"})
	if got := told(err); !slices.Equal(got, []string{"/source_kind directory.has_a_source"}) {
		t.Errorf("%q", got)
	}
	empty := Entry{Slug: "stops"}
	editor := permit.Actor{Account: "e", Roles: []permit.Role{permit.OpnEditor}}
	_, err = Decide(Facts{Who: editor, Entry: empty}, NewHook("stops", "home"), Attach{})
	if got := told(err); !slices.Equal(got, []string{"/pairs directory.no_items"}) {
		t.Errorf("%q", got)
	}
	h := NewHook("stops", "home")
	h.Stage, h.Pairs = StageHooked, []Pair{{"id", "res_1", "STOP_ID", "varchar(20)"}, {"name", "res_1", "STOP_NAME", "text"}}
	if events, err := Decide(Facts{Who: editor, Entry: stops, Resources: here(table)}, h, Attach{Pairs: pairs}); len(events) > 0 || err != nil {
		t.Errorf("named as they were: %v %v", events, err)
	}
	if Tell("overdue") == nil || Tell("never") != nil || len(h.Without([]string{"id", "new"})) != 1 {
		t.Error("tell or without")
	}
}
