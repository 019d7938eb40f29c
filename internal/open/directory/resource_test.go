package directory

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAnImportTellsWhatItChanged: resources that come, go and come back, fields
// and their types, and what else is another.
func TestAnImportTellsWhatItChanged(t *testing.T) {
	before := []Resource{
		{ID: "1", Title: "甲", Fields: []Field{{Name: "a", Type: "int"}, {Name: "b", Title: "乙", Type: "text"}, {Name: "c"}}, Formats: []string{"csv"}},
		{ID: "2", Title: "去"}, {ID: "3", Title: "同", Fields: []Field{{Name: "x", Type: "text"}}}, {ID: "4", Title: "回", Gone: true}, {ID: "5", Title: "早已不在", Gone: true},
	}
	after := []Resource{
		{ID: "1", Title: "甲", System: "系统", Fields: []Field{{Name: "a", Type: "INT"}, {Name: "b", Title: "二", Type: "int"}, {Name: "d", Type: "date"}}, Formats: []string{"json"}},
		{ID: "3", Title: "同", Fields: []Field{{Name: "x", Type: "text"}}}, {ID: "4", Title: "回", UpdatedOn: "2026-01-01"}, {ID: "6", Title: "新"},
	}
	var got []string
	for _, d := range Compare(before, after) {
		line := d.Kind + " " + d.Resource
		for _, f := range d.Fields {
			line += fmt.Sprintf(" %s:%s:%s>%s", f.Name, f.Kind, f.Was, f.Now)
		}
		got = append(got, line+" "+strings.Join(d.Other, ","))
	}
	want := []string{"gone 2 ", "back 4 updated_on", "added 6 ", "changed 1 b:type:text>int b:title:乙>二 d:added:>date c:gone:> system,formats"}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if lost, held, too := TooFew(before, Compare(before, after)); lost != 1 || held != 3 || !too {
		t.Errorf("lost %d of %d, too many %v", lost, held, too)
	}
	many := make([]Resource, 10)
	for i := range many {
		many[i] = Resource{ID: fmt.Sprint(i)}
	}
	if _, _, too := TooFew(many, Compare(many, many[:8])); too {
		t.Error("a fifth is not too many")
	}
	if _, _, too := TooFew(many, Compare(many, many[:7])); !too {
		t.Error("three of ten are too many")
	}
	if ResourceID("a", "1") == ResourceID("a1", "") || ResourceID("a", "1") != ResourceID("a", "1") {
		t.Error("ids")
	}
}

// TestBodiesOfTwoSpellings: what may be written either way is one body; another
// office, city or district is not.
func TestBodiesOfTwoSpellings(t *testing.T) {
	same := [][]string{
		{"上海市静安区人民政府", "上海市静安区政府", "静安区人民政府"}, {"省市场监督管理局", "省市场监管局"}, {"省卫生健康委员会", "省卫生健康委"},
		{"海南省医疗保障局", "省医疗保障局"}, {"南宁市兴宁区发展改革局", "兴宁区发展改革局"}, {"某局（某中心）", "某局 (某中心)"}, {"上海市崇明区人民政府", "上海市崇明区人民政府办公室"},
	}
	other := []string{"上海市人民政府外事办公室", "上海市民防办公室", "海口市教育局", "文昌市教育局", "上海市市场监督管理局", "上海市静安区统计局", "上海市长宁区统计局"}
	names := map[string]int{}
	for _, g := range same {
		for i, n := range g {
			names[n] = 10 - i
		}
	}
	for _, n := range other {
		names[n] = 1
	}
	var got [][]string
	for _, s := range Spellings(names) {
		got = append(got, s.Names)
		if s.Count[0] != 10 || len(s.Count) != len(s.Names) {
			t.Errorf("%+v", s)
		}
	}
	slices.SortFunc(same, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	if fmt.Sprint(got) != fmt.Sprint(same) {
		t.Errorf("\n got %v\nwant %v", got, same)
	}
}

// TestSuggestions: the table that has most of the entry is proposed; a better
// name elsewhere only if it is far better.
func TestSuggestions(t *testing.T) {
	all := []Resource{
		{ID: "a", Title: "公交线路", Fields: []Field{{Name: "line_name", Title: "线路名称"}, {Name: "remark"}}},
		{ID: "b", Title: "公交站点", Fields: []Field{{Name: "STOP_ID", Title: "站点编号"}, {Name: "NAME", Title: "站点名称"}, {Name: "lines", Title: "经过线路"}}},
		{ID: "c", Title: "公交站点旧", Gone: true, Fields: []Field{{Name: "stop_id"}, {Name: "站点名称"}}},
	}
	var got []string
	for _, s := range Suggest("公交站点信息", []FieldName{{"stop_id", "编号"}, {"name", "站点的名称"}, {"line_name", ""}, {"height", "高度"}}, all) {
		got = append(got, fmt.Sprintf("%s %s.%s %.2f %s", s.Field, s.Resource, s.Source, s.Score, s.Why))
	}
	want := []string{"stop_id b.STOP_ID 1.00 same_name", "name b.NAME 1.00 same_name", "line_name a.line_name 1.00 same_name"}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	like := Suggest("", []FieldName{{"x", "站点名称信息"}, {"线路名称", ""}, {"y", "水深"}}, all[:2])
	if len(like) != 2 || like[0].Resource != "b" || like[0].Why != "like" || like[1].Why != "same_title" || like[1].Resource != "a" {
		t.Errorf("%+v", like)
	}
}

// TestMappings: the mappings that the platform is delivered with hold, and one
// that does not is told everything at once.
func TestMappings(t *testing.T) {
	all := Mappings()
	if len(all) < 9 {
		t.Fatalf("%d mappings", len(all))
	}
	_, err := ParseMapping([]byte(`{"rows":"cell","fields":{"in":["a"]}}`))
	if got, want := told(err), []string{"/name required", "/rows directory.mapping_rows", "/name_of required", "/fields/split required"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	_, err = ParseMapping([]byte(`{"name":"x","rows":"field","name_of":["a"]}`))
	if got, want := told(err), []string{"/field/name required"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if _, err := ParseMapping([]byte(`{"colour":1}`)); err == nil {
		t.Error("an unknown word passes")
	}
}

func mapping(t *testing.T, name string) Mapping {
	t.Helper()
	m, ok := FindMapping(name)
	if !ok {
		t.Fatalf("no mapping %s", name)
	}
	return m
}

// TestReading: both shapes of a listing, and every fault of every record.
func TestReading(t *testing.T) {
	decode := func(text string) (all []Record) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	whole := mapping(t, "resources").Read("s", "", decode(`[
		{"资源代码":"T1","资源名称":"公交站点","提供单位":"交通委","更新日期":"2026年3月5日","数据项":"编号、名称，经度, 名称","格式":["csv","json"]},
		{"code":7,"title":"线路","body":"交通委","updated_on":"20260305","fields":[{"name":"id","title":"编号","type":"int"},"长度",{"title":"无名"}],"formats":"csv, json"},
		{"资源代码":"T1","资源名称":"公交站点","提供单位":"交通委","更新日期":"2026年3月5日","数据项":"编号、名称，经度, 名称","格式":["csv","json"]},
		{"code":"T1","title":"公交站点（新）","body":"交通委"},
		{"code":"T9","title":"暂无","updated_on":"昨天"},
		{"code":"T8","title":"坏日期","body":"交通委","updated_on":"2026-13-01"}]`))
	if len(whole.Resources) != 2 || whole.Repeats != 2 || whole.Records != 6 {
		t.Fatalf("%+v", whole)
	}
	r := whole.Resources[1]
	if r.Code != "7" || r.UpdatedOn != "2026-03-05" || len(r.Fields) != 2 || r.Fields[0] != (Field{"id", "编号", "int", ""}) || r.Fields[1].Name != "长度" || !slices.Equal(r.Formats, []string{"csv", "json"}) {
		t.Errorf("%+v", r)
	}
	if r := whole.Resources[0]; r.Title != "公交站点（新）" || len(r.Fields) != 0 {
		t.Errorf("the later record counts: %+v", r)
	}
	var got []string
	for _, f := range whole.Faults {
		got = append(got, fmt.Sprintf("%d %s %s", f.Record, f.Pointer, f.Code))
	}
	if want := []string{"5 /title required", "5 /body required", "5 /updated_on directory.no_day", "6 /updated_on directory.no_day"}; !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}

	fields := mapping(t, "fields").Read("s", "市交通委员会", decode(`[
		{"资源名称":"站点","字段名":"id","字段中文名":"编号","数据类型":"int"},
		{"资源名称":"站点","字段名":"name","提供单位":"市交通委"},
		{"资源名称":"站点","字段名":"id","字段中文名":"又一次"},
		{"资源名称":"站点","字段名":"","提供单位":"民政局"}]`))
	if len(fields.Resources) != 1 || len(fields.Resources[0].Fields) != 2 || fields.Resources[0].Fields[0].Title != "编号" {
		t.Errorf("%+v", fields.Resources)
	}
	got = nil
	for _, f := range fields.Faults {
		got = append(got, fmt.Sprintf("%d %s %s", f.Record, f.Pointer, f.Code))
	}
	if want := []string{"4 /提供单位 directory.of_another_body", "4 /字段名 required"}; !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if long := mapping(t, "resources").Read("s", "", []Record{{"title": "长", "body": "x", "abstract": strings.Repeat("长", MaxCell+9)}}); len([]rune(long.Resources[0].Abstract)) != MaxCell {
		t.Error("an abstract without end")
	}
}

// TestTheRealListings: all six portals load by mappings that are data. The
// Shanghai crawl has 4,494 records of 2,228 datasets by 56 publishers, three of
// them twice, in two spellings.
func TestTheRealListings(t *testing.T) {
	folder := filepath.FromSlash("../../../../shared/data/real/catalog")
	if _, err := os.Stat(folder); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("../shared/data is not beside the project")
		}
		t.Skip("../shared/data is not beside the project: left out")
	}
	for _, x := range []struct {
		file, mapping                                                      string
		records, resources, repeats, faults, bodies, withFields, spellings int
	}{
		{"shanghai_shanghai", "shanghai", 4494, 2228, 2266, 0, 56, 0, 3},
		{"zhejiang_zhejiang", "zhejiang", 1309, 1309, 0, 0, 55, 0, 0},
		{"jiangsu_suzhou", "suzhou", 3210, 3210, 0, 0, 48, 0, 0},
		{"guizhou_guiyang", "guiyang", 2469, 2469, 0, 0, 133, 0, 0},
		{"hainan_hainan", "hainan", 3947, 3907, 40, 0, 146, 3734, 0},
		{"guangxi_nanning", "nanning", 662, 662, 0, 0, 75, 0, 2},
	} {
		packed, err := os.ReadFile(filepath.Join(folder, "cn", x.file+".jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		g, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(g)
		if err != nil {
			t.Fatal(err)
		}
		records, err := decodeRecords(plain)
		if err != nil {
			t.Fatal(err)
		}
		r := mapping(t, x.mapping).Read("src", "", records)
		bodies, with := map[string]bool{}, 0
		for _, one := range r.Resources {
			bodies[one.BodyName] = true
			if len(one.Fields) > 0 {
				with++
			}
		}
		if r.Records != x.records || len(r.Resources) != x.resources || r.Repeats != x.repeats || len(r.Faults) != x.faults || len(bodies) != x.bodies || with != x.withFields || len(r.Spellings) != x.spellings {
			t.Errorf("%s: %d records, %d resources, %d repeats, %d faults, %d bodies, %d with fields, spellings %+v", x.file, r.Records, len(r.Resources), r.Repeats, len(r.Faults), len(bodies), with, r.Spellings)
		}
		if x.file == "shanghai_shanghai" && !slices.ContainsFunc(r.Spellings, func(s Spelling) bool { return slices.Contains(s.Names, "上海市静安区政府") }) {
			t.Errorf("%+v", r.Spellings)
		}
	}
}
