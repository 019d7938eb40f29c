package openlist

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryGateBites: each gate passes a sound entry, and each of its faults
// is told, with all the others.
func TestEveryGateBites(t *testing.T) {
	known := codes(t)
	if all := Examine(known, world, "metro", sound); len(all) > 0 {
		t.Fatalf("a sound entry: %+v", all)
	}
	type tt struct {
		change func(*Description, *World)
		want   []string
	}
	for name, x := range map[string][]tt{
		"name": {
			{func(d *Description, _ *World) { d.Title = zh("数据") }, []string{"/title/zh openlist.name_length", "/title/zh openlist.name_says_nothing"}},
			{func(d *Description, _ *World) { d.Title = zh(strings.Repeat("站", MaxTitle+1)) }, []string{"/title/zh openlist.name_length"}},
			{func(_ *Description, w *World) {
				w.Near = []Near{{Slug: "a", Likeness: 1}, {Slug: "b", Likeness: 0.9}, {Slug: "c", Likeness: 0.79}}
			}, []string{"/title/zh openlist.name_taken", "note /distinct openlist.name_near"}},
			{func(d *Description, w *World) { d.Distinct, w.Near = "按季度", []Near{{Slug: "b", Likeness: 0.9}} }, nil},
		},
		"range": {
			{func(d *Description, _ *World) { d.Period, d.AreaRange, d.AreaCode = Period{}, " ", "31x" }, []string{"/period/from openlist.no_period", "/area_range openlist.no_area", "/area_code openlist.bad_area_code"}},
			{func(d *Description, _ *World) { d.Period = Period{"2020-01-02", "2020-01-01"} }, []string{"/period/to openlist.period_backwards"}},
			{func(d *Description, _ *World) { d.Period, d.TimeRange = Period{}, "建站以来" }, nil},
		},
		"abstract": {
			{func(d *Description, _ *World) { d.Abstract = zh("") }, []string{"/abstract/zh openlist.no_abstract"}},
			{func(d *Description, _ *World) { d.Abstract = zh(" " + d.Title.ZH + "。") }, []string{"/abstract/zh openlist.abstract_repeats"}},
			{func(d *Description, _ *World) { d.Tags = []string{"1", "地铁", "2023", "水", "a", "-.-"} }, []string{"/tags/0 openlist.tag_says_nothing", "/tags/4 openlist.tag_says_nothing", "/tags/5 openlist.tag_says_nothing"}},
			{func(d *Description, _ *World) { d.Abstract = zh(d.Title.ZH + "信息") }, []string{"note /abstract/zh openlist.abstract_says_little"}},
		},
		"items": {
			{func(d *Description, w *World) { d.Items = nil }, []string{"/items openlist.no_items", "/items openlist.column_unexplained", "/items openlist.column_unexplained"}},
			{func(d *Description, _ *World) {
				d.Items = []Item{{Name: "name"}, {Name: "AQI", Title: zh("空气指数"), Description: zh("aqi")}}
			}, []string{"/items/0/title/zh openlist.item_no_title", "/items/0/description/zh openlist.item_no_description", "/items/1/description/zh openlist.item_unexplained"}},
			{func(d *Description, _ *World) { d.Items[0].Description = zh("站名") }, []string{"note /items/0/description/zh openlist.item_repeats"}},
			{func(d *Description, w *World) { w.Columns = []string{"name", "AQI", "line"} }, []string{"/items openlist.column_unexplained"}},
			{func(d *Description, w *World) { w.Columns = []string{"name"} }, []string{"/items/1/name openlist.item_no_column"}},
		},
		"format": {
			{func(d *Description, w *World) { w.Columns = nil }, []string{"/formats openlist.no_format"}},
			{func(d *Description, w *World) { w.Columns, d.Formats = nil, []string{"dwg", "abc"} }, []string{"/formats/0 openlist.proprietary_alone", "/formats/1 openlist.unknown_format"}},
			{func(d *Description, _ *World) { d.Formats = []string{".DWG", "CSV"} }, []string{"/format_reason openlist.proprietary_reason"}},
			{func(d *Description, w *World) { w.Columns, d.Formats = nil, []string{"xlsx"} }, nil},
		},
		"data":    {{func(_ *Description, w *World) { w.Ready = false }, []string{" openlist.no_data"}}},
		"quality": {{func(_ *Description, w *World) { w.Held = true }, []string{" openlist.version_held"}}},
		"opening": {
			{func(_ *Description, w *World) { w.Graded.Type = Conditional }, []string{"/opening openlist.looser_than_graded"}},
			{func(d *Description, w *World) {
				d.Opening, w.Conditions, w.Sample, w.Graded.Measures = Conditional, true, true, true
			}, []string{"/opening_reason openlist.stricter_needs_reason"}},
			{func(d *Description, _ *World) { d.Opening, d.OpeningReason = Closed, "涉密" }, []string{"/opening openlist.closed_is_not_listed"}},
		},
		"frequency": {
			{func(d *Description, _ *World) { d.Production = "" }, []string{"/production openlist.no_production"}},
			{func(d *Description, _ *World) { d.Production = "daily" }, []string{"/frequency_reason openlist.slower_needs_reason"}},
			{func(d *Description, _ *World) { d.Frequency = "static" }, []string{"/period/to openlist.static_needs_end", "/frequency_reason openlist.slower_needs_reason"}},
			{func(d *Description, _ *World) {
				d.Frequency, d.Production, d.Period.To = "static", "static", "2024-12-31"
			}, nil},
			{func(d *Description, _ *World) { d.Production = "yearly" }, nil},
		},
		"relations": {
			{func(d *Description, _ *World) { d.Unrelated = false }, []string{"/relations openlist.no_relations"}},
			{func(d *Description, _ *World) { d.Relations = []Relation{{"x", "metro", ""}, {"other", "no", " "}} },
				[]string{"/unrelated openlist.related_and_not", "/relations/0/kind openlist.unknown_relation", "/relations/0/to openlist.related_to_itself", "/relations/1/to openlist.related_to_nothing", "/relations/1/note required"}},
			{func(d *Description, w *World) {
				d.Unrelated, d.Relations, w.Listed = false, []Relation{{"same_key", "lines", "line"}}, map[string]bool{"lines": true}
			}, nil},
		},
		"contact": {{func(d *Description, _ *World) { d.Contact, d.Licence = "", zh(" ") }, []string{"/contact openlist.no_contact", "/licence/zh openlist.no_licence"}},
			{func(_ *Description, w *World) { w.Twice = []string{"某区政府"} }, []string{"note /publisher openlist.publisher_twice"}}},
		"hook": {
			{func(_ *Description, w *World) { w.Hook = "" }, []string{" openlist.no_hook"}},
			{func(d *Description, w *World) { w.Unsourced = []string{d.Items[1].Name, "gone"} }, []string{"/items/1 openlist.item_without_source", " openlist.item_without_source"}},
			{func(_ *Description, w *World) { w.Hook = "unhooked" }, []string{" openlist.no_hook"}},
			{func(_ *Description, w *World) { w.Hook = "broken" }, []string{" openlist.hook_broken"}},
			{func(_ *Description, w *World) { w.Hook = "exempt" }, []string{"/source_kind openlist.exempt_without_kind"}},
			{func(d *Description, w *World) { w.Hook, d.SourceKind = "exempt", FromDailyWork }, nil},
			{func(_ *Description, w *World) { w.Hook = "hooked" }, nil},
		},
		"source": {
			{func(d *Description, _ *World) { d.SourceKind, d.Disclosure = FromDisclosure, "见附件" }, []string{"/disclosure openlist.no_disclosure"}},
			{func(d *Description, _ *World) { d.Disclosure = "https://example.org/1.html" }, []string{"/disclosure openlist.disclosure_of_another"}},
			{func(d *Description, _ *World) {
				d.SourceKind, d.Disclosure = FromDisclosure, "https://example.org/1.html"
			}, nil},
		},
		"grading": {
			{func(_ *Description, w *World) { w.Graded = Graded{} }, []string{" openlist.not_graded"}},
			{func(_ *Description, w *World) { w.Graded.Due, w.Graded.Confirmed = true, false }, []string{" openlist.grading_due"}},
			{func(_ *Description, w *World) { w.Graded.Fields = []string{"name"} }, []string{"/items/1/name openlist.item_not_graded"}},
			{func(d *Description, w *World) {
				d.Opening, w.Graded.Type, w.Conditions, w.Sample = Conditional, Conditional, true, true
			}, []string{" openlist.no_measures"}},
		},
		"conditions": {{func(d *Description, w *World) {
			d.Opening, w.Graded.Type, w.Graded.Measures, w.Sample = Conditional, Conditional, true, true
		}, []string{" openlist.no_conditions"}}},
		"sample": {
			{conditional(func(*Description) {}), []string{"/sample_until openlist.no_sample"}},
			{conditional(func(d *Description) { d.SampleUntil = "2026-11-24" }), []string{"/sample_until openlist.sample_late"}},
			{conditional(func(d *Description) { d.SampleUntil = "2026-12-31" }), []string{"/sample_reason required"}},
			{conditional(func(d *Description) { d.SampleUntil, d.SampleReason = "2026-12-31", "样本抽取中" }), nil},
		},
	} {
		for i, c := range x {
			d, w := sound, world
			d.Items = slices.Clone(d.Items)
			c.change(&d, &w)
			var got []string
			for _, f := range Examine(known, w, "metro", d) {
				line := f.Pointer + " " + f.Code
				if f.Note {
					line = "note " + line
				}
				got = append(got, line)
				if f.Gate != name && name != "items" {
					t.Errorf("%s %d: %q stands at the gate of %s", name, i, line, f.Gate)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s %d:\n got %q\nwant %q", name, i, got, c.want)
			}
		}
	}
	if len(Gates()) != len(gates) {
		t.Error("a gate is not named")
	}
}

func conditional(change func(*Description)) func(*Description, *World) {
	return func(d *Description, w *World) {
		d.Opening, w.Graded.Type, w.Graded.Measures, w.Conditions = Conditional, Conditional, true, true
		change(d)
	}
}

// TestNeverLooserThanGraded tries every opening type against every grading.
func TestNeverLooserThanGraded(t *testing.T) {
	known := codes(t)
	for _, declared := range append(slices.Clone(Openings), "") {
		for _, graded := range append(slices.Clone(Openings), "") {
			for _, confirmed := range []bool{true, false} {
				d, w := sound, world
				d.Opening, d.OpeningReason = declared, "更严"
				w.Graded.Type, w.Graded.Confirmed, w.Graded.Measures, w.Conditions, w.Sample = graded, confirmed, true, true, true
				listed := refused(Facts{Who: lead, Codes: known, World: w}, Entry{Slug: "metro", Stage: StageDraft, Description: d}, Submit{Order: "x"}) == nil
				want := confirmed && graded.Known() && declared.Known() && declared != Closed && !declared.Looser(graded)
				if listed != want {
					t.Errorf("%q of what is graded %q (confirmed %t) was listed: %t", declared, graded, confirmed, listed)
				}
			}
		}
	}
}

func TestAbbreviations(t *testing.T) {
	for _, x := range []struct {
		name, title string
		want        bool
	}{{"AQI", "空气", true}, {"a", "SO2浓度", true}, {"ID", "编号", true}, {"station_name", "站名", false}, {"xm", "姓名", true}, {"DWMC", "单位名称", true}, {"name", "名称", false}, {"线路", "线路", false}, {"jdsj_2", "进度", true}, {"Line", "线", false}} {
		if got := Abbreviates(Item{Name: x.name, Title: zh(x.title)}); got != x.want {
			t.Errorf("%s %s: %t", x.name, x.title, got)
		}
	}
}
