package assessment

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/probe"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/tabular/duckdb"
)

// bench is an engine and tables made of rows in the code.
type bench struct {
	*testing.T
	dir    string
	engine *duckdb.Engine
	n      int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, dir: t.TempDir()}
	engine, err := duckdb.New(duckdb.Options{Objects: func(hash string) (string, error) { return filepath.Join(b.dir, hash), nil }, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	b.engine = engine
	return b
}

// table writes rows, one a line: texts in quotes, nothing for null.
func (b *bench) table(schema selection.Schema, rows string) tabular.Table {
	b.Helper()
	if rows != "" && !strings.HasSuffix(rows, "\n") {
		rows += "\n"
	}
	n := int64(strings.Count(rows, "\n"))
	b.n++
	hash := fmt.Sprint("t", b.n)
	if _, err := (duckdb.Loader{Dir: b.TempDir()}).Load(b.Context(), strings.NewReader(rows), schema, func() int64 { return n }, 0, filepath.Join(b.dir, hash)); err != nil {
		b.Fatal(err)
	}
	return tabular.Table{Parquet: hash, Schema: schema, Rows: n}
}

func columns(spec string) (s selection.Schema) {
	for _, c := range strings.Fields(spec) {
		name, kind, _ := strings.Cut(c, ":")
		kind, scale, _ := strings.Cut(kind, ",")
		x := selection.Column{Name: name, Type: selection.Type(kind)}
		fmt.Sscan(scale, &x.Scale)
		s.Columns = append(s.Columns, x)
	}
	return s
}

// All rows here are made up.
var library = []struct {
	rule    Rule
	columns string
	passes  string
	fails   string
	failing string // rows
	change  func(w *World, fails bool)
}{
	{rule: Rule{Kind: "filled", Fields: []string{"名"}}, columns: "名:text n:integer", passes: "\"甲\",1\n\"乙\",", fails: "\"甲\",1\n,2\n\" \",3", failing: "[1 2]"},
	{rule: Rule{Kind: "filled", Fields: []string{"n"}, Share: 0.5}, columns: "n:integer x:integer", passes: "1,1\n,1", fails: "1,1\n,1\n,1", failing: "[1 2]"},
	{rule: Rule{Kind: "once", Fields: []string{"站", "日"}}, columns: "站:text 日:date", passes: "\"甲\",2026-01-01\n\"甲\",2026-01-02\n\"甲\",\n\"甲\",", fails: "\"甲\",2026-01-01\n\"甲\",2026-01-02\n\"甲\",2026-01-01", failing: "[2]"},
	{rule: Rule{Kind: "repeats"}, columns: "站:text n:integer", passes: "\"甲\",1\n\"甲\",\n\"乙\",1", fails: "\"甲\",\n\"乙\",1\n\"甲\",", failing: "[2]"},
	{rule: Rule{Kind: "within", Fields: []string{"pm"}, Low: "0", High: "500.5"}, columns: "pm:number x:text", passes: "0,\n500.5,\n,\"x\"", fails: "12,\n-0.1,\n501,", failing: "[1 2]"},
	{rule: Rule{Kind: "within", Fields: []string{"日"}, Low: "2020-01-01"}, columns: "日:date x:text", passes: "2020-01-01,", fails: "2019-12-31,\n2021-01-01,", failing: "[0]"},
	{rule: Rule{Kind: "within", Fields: []string{"时"}, High: "2026-01-01"}, columns: "时:datetime x:text", passes: "2026-01-01T23:59:59,", fails: "2026-01-02T00:00:00,", failing: "[0]"},
	{rule: Rule{Kind: "length", Fields: []string{"名"}, Least: 2, Most: 4}, columns: "名:text x:text", passes: "\"静安\",\n\"四个汉字\",\n,\"x\"", fails: "\"静\",\n\"五个汉字呀\",\n\"静安\",", failing: "[0 1]"},
	{rule: Rule{Kind: "pattern", Fields: []string{"证"}, Pattern: "[A-Z]{2}[0-9]{3}"}, columns: "证:text x:text", passes: "\"AB123\",", fails: "\"AB123\",\n\"AB1234\",\n\"xAB123\",", failing: "[1 2]"},
	{rule: Rule{Kind: "values", Fields: []string{"级"}, Values: []string{"优", "it's"}}, columns: "级:text x:text", passes: "\"优\",\n\"it's\",\n,\"x\"", fails: "\"优\",\n\"良\",", failing: "[1]"},
	{rule: Rule{Kind: "values", Fields: []string{"n"}, Values: []string{"1", "2"}}, columns: "n:integer x:text", passes: "1,\n2,", fails: "1,\n3,", failing: "[1]"},
	{rule: Rule{Kind: "order", Fields: []string{"起", "止"}}, columns: "起:date 止:date", passes: "2026-01-01,2026-01-01\n2026-01-02,", fails: "2026-01-01,2026-01-02\n2026-01-02,2026-01-01", failing: "[1]"},
	{rule: Rule{Kind: "past", Fields: []string{"日"}}, columns: "日:date x:text", passes: "2026-11-25,\n2020-01-01,", fails: "2026-11-26,\n2026-11-25,", failing: "[0]"},
	{rule: Rule{Kind: "past", Fields: []string{"时"}}, columns: "时:datetime x:text", passes: "2026-11-25T23:00:00,", fails: "2026-11-26T00:00:00,", failing: "[0]"},
	{rule: Rule{Kind: "depends", When: "类 = '停业'", Then: "日 IS NOT NULL"}, columns: "类:text 日:date", passes: "\"停业\",2026-01-01\n\"营业\",\n,", fails: "\"停业\",\n\"营业\",", failing: "[0]"},
	{rule: Rule{Kind: "refers", Fields: []string{"区"}, Dataset: "districts", Among: "code"}, columns: "区:text x:text", passes: "\"310101\",\n,\"x\"", fails: "\"310101\",\n\"310199\",", failing: "[1]"},
	{rule: Rule{Kind: "form", Fields: []string{"日"}, Form: "date"}, columns: "日:text x:text", passes: "\"2024-02-29\",", fails: "\"2024-02-29\",\n\"2023-02-29\",\n\"2024/02/29\",", failing: "[1 2]"},
	{rule: Rule{Kind: "form", Fields: []string{"码"}, Form: "division_code"}, columns: "码:integer x:text", passes: "310101,\n310101001,", fails: "3101,", failing: "[0]"},
	{rule: Rule{Kind: "jump", Share: 0.5}, columns: "n:integer x:text", passes: "1,\n2,\n3,", fails: "1,", failing: "[]", change: func(w *World, fails bool) { w.RowsBefore = 3 }},
	{rule: Rule{Kind: "city", Fields: []string{"经", "纬"}}, columns: "经:number 纬:decimal,2", passes: "121.47,31.23\n,31.00\n,", fails: "121.47,31.23\n31.23,121.47\n116.4,39.90\n121.47,", failing: "[1 2 3]"},
	{rule: Rule{Kind: "rounded", Fields: []string{"价"}, Most: 2}, columns: "价:number x:text", passes: "1.25,\n3,\n,\"x\"", fails: "1.255,\n1.1,", failing: "[0]"},
	{rule: Rule{Kind: "unit", Fields: []string{"长"}, Unit: "km(千米)"}, columns: "长:text x:text", passes: "\"12.5 km(千米)\",\n\"3km(千米)\",", fails: "\"12.5 m\",\n\"3\",\n\"3km(千米)\",", failing: "[0 1]"},
	{rule: Rule{Kind: "unit", Fields: []string{"长"}, Unit: "千米"}, columns: "长:number x:text", passes: "1,", fails: "1,", failing: "[]", change: func(w *World, fails bool) {
		w.Units = map[string]string{"长": map[bool]string{true: "米", false: "千米"}[fails]}
	}},
}

// TestLibrary: of each check, a table that passes and one that fails.
func TestLibrary(t *testing.T) {
	b := newBench(t)
	known := map[string]tabular.Table{"districts": b.table(columns("code:integer 名:text"), "310101,\"甲\"\n310102,\"乙\"")}
	tried := map[Kind]bool{}
	for _, tt := range library {
		tried[tt.rule.Kind] = true
		schema := columns(tt.columns)
		if err := Faults([]Rule{tt.rule}, &schema); err != nil {
			t.Errorf("%+v: %v", tt.rule, err)
			continue
		}
		for fails, rows := range map[bool]string{false: tt.passes, true: tt.fails} {
			table := b.table(schema, rows)
			w := World{Schema: schema, Rows: table.Rows, RowsBefore: -1, Today: "2026-11-25", City: CityOn("2026-11-25"), Known: map[string][]string{"districts": {"code", "名"}}}
			if tt.change != nil {
				tt.change(&w, fails)
			}
			ask := tt.rule.Of(w)
			got := ask.Answer
			if ask.Test != nil {
				all, err := b.engine.Assess(t.Context(), table, []probe.Test{ask.Test}, known)
				if err != nil {
					t.Fatalf("%+v: %v", tt.rule, err)
				}
				got = &all[0]
			}
			if got == nil {
				t.Errorf("%+v was not asked: %s", tt.rule, ask.Note)
				continue
			}
			r := Judged(tt.rule, ask, got.Looked, got.Failed, got.Rows)
			if r.Passed == fails || r.Checked == 0 || fails && fmt.Sprint(r.Rows) != tt.failing {
				t.Errorf("%+v of %q: %+v, want failing %t %s", tt.rule, rows, r, fails, tt.failing)
			}
		}
	}
	for _, c := range Library {
		if !tried[c.Kind] {
			t.Errorf("%s has no table that passes and none that fails", c.Kind)
		}
		if !slices.Contains(Dimensions, c.Dimension) || c.Clause == "" {
			t.Errorf("%s belongs to %q, %q", c.Kind, c.Dimension, c.Clause)
		}
	}
}

// TestFaultsAreToldAtOnce: a whole set of bad rules is told in one answer.
func TestFaultsAreToldAtOnce(t *testing.T) {
	schema := columns("t:text n:integer d:date b:boolean x:number m:datetime")
	long := strings.Repeat("字", MaxText+1)
	for _, tt := range []struct {
		rule Rule
		want string
	}{
		{Rule{Kind: "guess"}, "kind assessment.unknown_kind"},
		{Rule{Kind: "filled"}, "fields assessment.wrong_number"},
		{Rule{Kind: "filled", Fields: []string{"t", "n"}}, "fields assessment.wrong_number"},
		{Rule{Kind: "filled", Fields: []string{"gone"}, Share: 1.1}, "fields/0 assessment.no_such_field; share assessment.no_share"},
		{Rule{Kind: "filled", Fields: []string{"t"}, Share: -0.1}, "share assessment.no_share"},
		{Rule{Kind: "filled", Fields: []string{"t"}, Low: "1", High: "2", Least: 1, Most: 1, Pattern: "a", Values: []string{"a"}, When: "a", Then: "a", Dataset: "a", Among: "a", Form: "a", Unit: "a"},
			"low assessment.not_asked; high assessment.not_asked; least assessment.not_asked; most assessment.not_asked; pattern assessment.not_asked; values assessment.not_asked; when assessment.not_asked; then assessment.not_asked; dataset assessment.not_asked; among assessment.not_asked; form assessment.not_asked; unit assessment.not_asked"},
		{Rule{Kind: "once", Fields: []string{"t", "t"}}, "fields/1 assessment.field_twice"},
		{Rule{Kind: "repeats", Share: 0.5}, "share assessment.not_asked"},
		{Rule{Kind: "within", Fields: []string{"n"}}, "low assessment.one_bound"},
		{Rule{Kind: "within", Fields: []string{"n"}, Low: "a", High: "1.5"}, "low selection.needs_number; high selection.not_integer"},
		{Rule{Kind: "within", Fields: []string{"n"}, Low: "9", High: "10"}, ""},
		{Rule{Kind: "within", Fields: []string{"n"}, Low: "10", High: "9"}, "high assessment.crossed"},
		{Rule{Kind: "within", Fields: []string{"d"}, Low: "2026-02-30"}, "low selection.needs_day"},
		{Rule{Kind: "within", Fields: []string{"d"}, Low: "2026-02-01", High: "2026-01-31"}, "high assessment.crossed"},
		{Rule{Kind: "within", Fields: []string{"b"}, Low: "true"}, "fields/0 assessment.needs_order"},
		{Rule{Kind: "length", Fields: []string{"t"}}, "least assessment.one_bound"},
		{Rule{Kind: "length", Fields: []string{"t"}, Least: -1}, "least assessment.no_number"},
		{Rule{Kind: "length", Fields: []string{"t"}, Most: -1}, "most assessment.no_number"},
		{Rule{Kind: "length", Fields: []string{"t"}, Least: 5, Most: 4}, "most assessment.crossed"},
		{Rule{Kind: "pattern", Fields: []string{"t"}}, "pattern required"},
		{Rule{Kind: "pattern", Fields: []string{"t"}, Pattern: "(a"}, "pattern assessment.no_pattern"},
		{Rule{Kind: "pattern", Fields: []string{"t"}, Pattern: strings.Repeat("a", MaxPattern+1)}, "pattern assessment.too_long"},
		{Rule{Kind: "values", Fields: []string{"n"}}, "values required"},
		{Rule{Kind: "values", Fields: []string{"n"}, Values: []string{"1", "x", "1"}}, "values/1 selection.needs_number; values/2 assessment.value_twice"},
		{Rule{Kind: "values", Fields: []string{"t"}, Values: []string{long}}, "values/0 assessment.too_long"},
		{Rule{Kind: "values", Fields: []string{"t"}, Values: strings.Split(strings.Repeat("a,", MaxValues)+"b", ",")}, "values assessment.too_many_values"},
		{Rule{Kind: "order", Fields: []string{"d"}}, "fields assessment.wrong_number"},
		{Rule{Kind: "order", Fields: []string{"d", "n"}}, "fields/1 assessment.not_comparable"},
		{Rule{Kind: "order", Fields: []string{"d", "m"}}, ""},
		{Rule{Kind: "order", Fields: []string{"n", "x"}}, ""},
		{Rule{Kind: "past", Fields: []string{"t"}}, "fields/0 assessment.needs_days"},
		{Rule{Kind: "depends"}, "when required; then required"},
		{Rule{Kind: "depends", When: "n >", Then: "gone = 1"}, "when selection.syntax_end; then selection.unknown_column"},
		{Rule{Kind: "refers", Fields: []string{"t"}}, "dataset required; among required"},
		{Rule{Kind: "refers", Fields: []string{"t"}, Dataset: "a", Among: long}, "among assessment.too_long"},
		{Rule{Kind: "form", Fields: []string{"t"}, Form: "poem"}, "form assessment.unknown_form"},
		{Rule{Kind: "jump"}, "share assessment.no_jump"},
		{Rule{Kind: "jump", Share: 101}, "share assessment.no_jump"},
		{Rule{Kind: "city", Fields: []string{"x", "t"}}, "fields/1 assessment.needs_numbers"},
		{Rule{Kind: "rounded", Fields: []string{"t"}, Most: 16}, "most assessment.no_number; fields/0 assessment.needs_numbers"},
		{Rule{Kind: "rounded", Fields: []string{"x"}}, ""},
		{Rule{Kind: "unit", Fields: []string{"d"}}, "unit required; fields/0 assessment.needs_numbers"},
	} {
		if got := faultsOf(Faults([]Rule{{Kind: "jump", Share: 0.1}, tt.rule}, &schema)); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.rule, got, tt.want)
		}
	}
	twice := Rule{Kind: "filled", Fields: []string{"t"}}
	must := twice
	must.Must, must.Values = true, []string{}
	if got := faultsOf(Faults([]Rule{twice, must}, &schema)); got != "kind assessment.twice" {
		t.Errorf("twice: %s", got)
	}
	if got := faultsOf(Faults(make([]Rule, MaxRules+1), &schema)); got != "/rules assessment.too_many_rules" {
		t.Errorf("too many: %s", got)
	}
	if err := Faults([]Rule{{Kind: "past", Fields: []string{"whatever"}}, {Kind: "within", Fields: []string{"y"}, Low: "3"}, {Kind: "depends", When: "a = 1", Then: "b = 2"}}, nil); err != nil {
		t.Errorf("before there is a table: %v", err)
	}
}

func faultsOf(err error) string {
	p := problem.As(err)
	if p == nil {
		return ""
	}
	var all []string
	for _, f := range p.Fields {
		all = append(all, strings.TrimPrefix(f.Pointer, "/rules/1/")+" "+f.Code)
	}
	return strings.Join(all, "; ")
}

// TestWhatCannotBeAsked: a field that is gone breaks the rule; a list that is
// not there does not.
func TestWhatCannotBeAsked(t *testing.T) {
	w := World{Schema: columns("t:text n:integer"), RowsBefore: -1, Today: "2026-11-25"}
	for _, tt := range []struct {
		rule   Rule
		note   string
		broken bool
	}{
		{Rule{Kind: "filled", Fields: []string{"gone"}}, "assessment.field_missing", true},
		{Rule{Kind: "within", Fields: []string{"n"}, Low: "2026-01-01"}, "assessment.does_not_fit", true},
		{Rule{Kind: "depends", When: "gone = 1", Then: "n = 1"}, "assessment.does_not_fit", true},
		{Rule{Kind: "old"}, "assessment.unknown_kind", true},
		{Rule{Kind: "refers", Fields: []string{"t"}, Dataset: "districts", Among: "code"}, "assessment.nothing_to_refer_to", false},
		{Rule{Kind: "jump", Share: 0.1}, "assessment.nothing_before", false},
	} {
		if a := tt.rule.Of(w); a.Note != tt.note || a.Broken != tt.broken || a.Test != nil || a.Answer != nil {
			t.Errorf("%+v: %+v", tt.rule, a)
		}
		r := Judged(tt.rule, tt.rule.Of(w), 0, 0, nil)
		if share, measured := r.Share(); r.Passed == tt.broken || measured != tt.broken || share != 0 {
			t.Errorf("%+v: %+v", tt.rule, r)
		}
	}
}

func TestFiguresHaveTheirDays(t *testing.T) {
	w := WeightsOn("2026-11-25")
	for _, d := range Dimensions {
		if w["dimension."+string(d)] <= 0 {
			t.Errorf("%s weighs nothing", d)
		}
	}
	if w["rule.must"] <= w["rule.should"] || w["waiver.days"] <= 0 {
		t.Errorf("%v", slices.Collect(maps.Keys(w)))
	}
	if len(WeightsOn("2022-12-30")) != 0 || CityOn("2022-12-30") != (Box{}) || CityOn("2026-11-25") == (Box{}) {
		t.Error("figures hold on days before the regulation")
	}
	if (span{From: "2026-01-01", Until: "2026-01-31"}).holds("2026-02-01") {
		t.Error("a figure holds after its end")
	}
}
