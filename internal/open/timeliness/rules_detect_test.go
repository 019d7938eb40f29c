package timeliness

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func uses(n int64) *int64 { return &n }

// sound is a dataset that no detector finds.
func sound(change func(*Subject)) Subject {
	s := Subject{Slug: "s", Body: "b", Title: "全市公园名录", Promise: monthly, Listed: "2020-01-01", Items: 3, Released: true, Full: true, Rows: 100,
		Contents: []Content{{"2026-05-01", "c"}, {"2026-04-01", "b"}, {"2026-03-01", "a"}}, Uses: uses(5)}
	if change != nil {
		change(&s)
	}
	return s
}

// TestDetectors: each kind of problem beside the like that is none.
func TestDetectors(t *testing.T) {
	same := func(days ...Content) func(*Subject) { return func(s *Subject) { s.Contents = days } }
	for name, tt := range map[string]struct {
		change func(*Subject)
		want   string
	}{
		"sound":                {nil, ""},
		"no data":              {func(s *Subject) { s.Released, s.Full, s.Rows = false, false, 0 }, "missing no_data"},
		"no sample":            {func(s *Subject) { s.Conditional, s.Released, s.Full = true, false, false }, "missing no_sample"},
		"no items":             {func(s *Subject) { s.Items = 0 }, "missing no_items"},
		"neither":              {func(s *Subject) { s.Items, s.Released, s.Full = 0, false, false }, "missing no_data no_items"},
		"few rows":             {func(s *Subject) { s.Rows = 9 }, "tiny few_rows"},
		"just enough rows":     {func(s *Subject) { s.Rows = 10 }, ""},
		"a small sample":       {func(s *Subject) { s.Conditional, s.Full, s.Rows = true, false, 3 }, ""},
		"the same three times": {same(Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"2026-03-01", "a"}), "stalled same_content"},
		"within two cycles":    {same(Content{"2026-05-01", "a"}, Content{"2026-04-01", "a"}, Content{"2026-03-01", "a"}), ""},
		"the same twice":       {same(Content{"2026-05-02", "a"}, Content{"2026-02-01", "a"}, Content{"2026-01-01", "b"}), ""},
		"the same before":      {same(Content{"2026-06-02", "x"}, Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"2026-01-01", "a"}), ""},
		"the same, static": {func(s *Subject) {
			s.Promise = Promise{Static: true, Window: 1}
			same(Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"2026-03-01", "a"})(s)
		}, ""},
		"the same, nothing promised": {func(s *Subject) {
			s.Promise = Promise{}
			same(Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"2026-03-01", "a"})(s)
		}, ""},
		"the same, of no day":         {same(Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"", "a"}), ""},
		"nothing but versions of old": {same(), ""},
		"never used":                  {func(s *Subject) { s.Uses = uses(0) }, "unused no_use"},
		"use is not known":            {func(s *Subject) { s.Uses = nil }, ""},
		"not used and new":            {func(s *Subject) { s.Uses, s.Listed = uses(0), "2025-12-03" }, ""},
		"not used since long enough":  {func(s *Subject) { s.Uses, s.Listed = uses(0), "2025-12-02" }, "unused no_use"},
		"not used, day unknown":       {func(s *Subject) { s.Uses, s.Listed = uses(0), "" }, ""},
		"not used, nothing to use":    {func(s *Subject) { s.Uses, s.Released, s.Full = uses(0), false, false }, "missing no_data"},
	} {
		w := World{Today: "2026-06-02", Thresholds: ThresholdsOn("2026-06-02"), Subjects: []Subject{sound(tt.change)}}
		var got []string
		for _, f := range Detect(w) {
			got = append(got, string(f.Problem)+" "+strings.Join(f.Says, " "))
			if f.Subject != "s" || f.Body != "b" || !slices.Equal(f.Datasets, []string{"s"}) {
				t.Errorf("%s: found of %+v", name, f)
			}
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	found := Detect(World{Today: "2026-06-02", Thresholds: ThresholdsOn("2026-06-02"), Subjects: []Subject{sound(same(Content{"2026-05-02", "a"}, Content{"2026-04-01", "a"}, Content{"2026-03-01", "a"})), sound(func(s *Subject) { s.Rows = 0 })}})
	if len(found) != 2 || !maps.Equal(found[1].Figures, map[string]int64{"versions": 3, "days": 62}) || !maps.Equal(found[0].Figures, map[string]int64{"rows": 0, "least": 10}) {
		t.Errorf("figures: %+v", found)
	}
}

// TestFragmented: names that differ by a year, a month or a district; of one
// publisher.
func TestFragmented(t *testing.T) {
	named := func(body string, titles ...string) (all []Subject) {
		for i, title := range titles {
			all = append(all, sound(func(s *Subject) { s.Slug, s.Body, s.Title = body+string(rune('a'+i)), body, title }))
		}
		return all
	}
	for name, tt := range map[string]struct {
		subjects []Subject
		want     int // sets in one
	}{
		"years":                    {named("a", "2019年行政许可信息", "2020年行政许可信息", "2021年度行政许可信息"), 3},
		"years and districts":      {named("a", "静安区2019年学校名单", "黄浦区2020年学校名单", "学校名单（2021）", "公园名录"), 3},
		"quarters":                 {named("a", "第一季度空气质量", "二季度空气质量", "3季度空气质量"), 3},
		"two are not many":         {named("a", "2019年行政许可信息", "2020年行政许可信息"), 0},
		"two publishers":           {append(named("a", "2019年行政许可信息", "2020年行政许可信息"), named("b", "2021年行政许可信息")...), 0},
		"numbers that are no year": {named("a", "12345热线工单甲", "12345热线工单乙", "12345热线工单丙"), 0},
	} {
		found := fragmented.Find(World{Today: "2026-06-02", Thresholds: ThresholdsOn("2026-06-02"), Areas: []string{"静安区", "静安", "黄浦区"}, Subjects: tt.subjects})
		n := 0
		for _, f := range found {
			n += len(f.Datasets)
			if f.Figures["sets"] != int64(len(f.Datasets)) || f.Subject == "" || !slices.IsSorted(f.Datasets) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if n != tt.want || len(found) > 1 {
			t.Errorf("%s: %+v, want %d", name, found, tt.want)
		}
	}
}

func TestStem(t *testing.T) {
	for title, want := range map[string]string{
		"2019-2020年度预算公开": "预算公开", "预算公开2019~2020": "预算公开", "预算公开201903": "预算公开", "2021学年招生计划": "招生计划",
		"5月份用水情况": "用水情况", "2021学年第1学期课表安排": "课表安排", "1-9月用水情况": "用水情况", "2021-用水情况": "用水情况", "用水情况2021-": "用水情况", "1-用水情况": "", "十二月用水情况": "用水情况", "上半年用水情况": "用水情况", "第3季度用水情况": "用水情况", "静安区用水情况": "用水情况", "静安用水情况": "用水情况",
		"用水情况": "", "2019年": "", "2019年表": "", "12019号文件汇编": "", "第2019号文件": "", "3099年用水情况": "", "13号线客流情况": "", "20190101号文": "",
	} {
		if got := Stem(title, []string{"静安", "静安区"}); got != want {
			t.Errorf("%s: %q, want %q", title, got, want)
		}
	}
}
