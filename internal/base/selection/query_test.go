package selection

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaishu/internal/base/paging"
)

var odd = Schema{Columns: append([]Column{
	{Name: "a,b", Type: Integer}, {Name: `引 "号"`, Type: Text}, {Name: "面积(平方米)", Type: Number},
	{Name: "-负", Type: Integer}, {Name: "x desc", Type: Text}, {Name: "count(*)", Type: Text}, {Name: "desc", Type: Text},
}, everyType...), Geometry: schema.Geometry}

func query(t *testing.T, text string) map[string][]string {
	t.Helper()
	v, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParse(t *testing.T) {
	count := Aggregate{Count, ""}
	for in, want := range map[string]Select{
		"":                             {Limit: 100},
		"where=&limit=&select=&order=": {Limit: 100},
		"limit=1000":                   {Limit: 1000},
		"select=线路,日期":                 {Columns: []string{"线路", "日期"}, Limit: 100},
		"select=线路&select=日期":          {Columns: []string{"线路", "日期"}, Limit: 100},
		`select="a,b", "引 ""号""" ,面积(平方米),count(*)`: {Columns: []string{"a,b", `引 "号"`, "面积(平方米)", "count(*)"}, Limit: 100},
		"order=客流量 desc,日期":                         {Order: []Order{{"客流量", true}, {"日期", false}}, Limit: 100},
		"order=-客流量,日期 ASC":                         {Order: []Order{{"客流量", true}, {"日期", false}}, Limit: 100},
		`order=-负,x desc,"a,b" desc,desc`:           {Order: []Order{{"-负", false}, {"x desc", false}, {"a,b", true}, {"desc", false}}, Limit: 100},
		`order="x desc" desc,-"-负"`:                 {Order: []Order{{"x desc", true}, {"-负", true}}, Limit: 100},
		"where=客流量>'x' OR 客流量>1":                    {},
		"where=客流量>1":                               {Where: Compare{"客流量", Greater, Literal{Integer, "1"}}, Limit: 100},
		"group=线路&aggregate=sum(客流量),count(*)&order=sum(客流量) desc": {
			Group: []string{"线路"}, Aggregates: []Aggregate{{Sum, "客流量"}, count}, Order: []Order{{"sum(客流量)", true}}, Limit: 100},
		`group=线路,日期&select=线路,SUM( "a,b" )&order=-sum("a,b"),线路`: {
			Group: []string{"线路", "日期"}, Aggregates: []Aggregate{{Sum, "a,b"}}, Order: []Order{{"sum(a,b)", true}, {"线路", false}}, Limit: 100},
		"aggregate=count(*)": {Aggregates: []Aggregate{count}, Limit: 100},
	} {
		got, err := Parse(query(t, in), odd, Limits{Default: 100, Max: 1000})
		if strings.Contains(in, "'x'") {
			if faults(err) != "?where selection.needs_number" {
				t.Errorf("%q: %v", in, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %+v, %s\nwant %+v", in, got, faults(err), want)
			continue
		}
		if again, err := Parse(Values(got), odd, Limits{}); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%q written as %v: %+v, %s", in, Values(got), again, faults(err))
		}
	}
	if s, err := Parse(query(t, "limit=5000000"), odd, Limits{}); err != nil || s.Limit != 5000000 {
		t.Error(s, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"limit=0":                "?limit selection.bad_limit_max",
		"limit=1001":             "?limit selection.bad_limit_max",
		"limit=x":                "?limit selection.bad_limit_max",
		"limit=1&limit=2":        "?limit selection.repeated",
		"where=TRUE&where=FALSE": "?where selection.repeated",
		"where=a":                "?where selection.syntax_end",
		`select="a,b`:            "?select selection.open_quotes",
		"select=线路，日期":           "?select selection.fullwidth_comma; ?select selection.unknown_column",
		"select=%ff":             "?select selection.bad_text",
		"select=%00":             "?select selection.bad_text",
		"order=" + strings.Repeat("x", MaxText+1): "?order selection.too_long",
		"order=-线路 desc":                          "?order selection.unknown_column_near",
		"order=sum(客流量)":                          "?order selection.unknown_column",
		"aggregate=客流量":                           "?aggregate selection.bad_aggregate",
		"aggregate=sum()":                         "?aggregate selection.bad_aggregate",
		"aggregate=median(客流量)":                   "?aggregate selection.unknown_aggregate",
		"aggregate=sum(*)":                        "?aggregate selection.aggregate_needs_column",
		"group=线路":                                "?group selection.group_needs_aggregate",
		"group=线路&select=日期,count(客流量)":           "?select selection.not_grouped",
		"group=线路&select=日子,count(客流量)":           "?select selection.unknown_column",
		"select=无此列二&where=线路=5&order=经&limit=-1&group=qqqq": "?limit selection.bad_limit_max; ?select selection.unknown_column; ?where selection.text_needs_quotes; ?order selection.order_not_in_groups; ?group selection.unknown_column; ?group selection.group_needs_aggregate",
	} {
		if _, err := Parse(query(t, in), odd, Limits{Default: 10, Max: 1000}); faults(err) != want {
			t.Errorf("%.60q\n got %s\nwant %s", in, faults(err), want)
		}
	}
}

func TestAnyQuerySurvivesItsParameters(t *testing.T) {
	var names []string
	for _, c := range odd.Columns {
		names = append(names, c.Name)
	}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 4, rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		s := Select{Limit: rapid.IntRange(1, 9).Draw(t, "limit")}
		sortable := names
		if rapid.Bool().Draw(t, "grouped") {
			s.Aggregates = []Aggregate{{CountDistinct, rapid.SampledFrom(names).Draw(t, "of")}, {Sum, "a,b"}}
			s.Group = some.Draw(t, "group")
			sortable = append([]string{s.Aggregates[0].Name(), "sum(a,b)"}, s.Group...)
		} else {
			s.Columns = some.Draw(t, "columns")
		}
		for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom(sortable), 0, 3, rapid.ID).Draw(t, "order") {
			s.Order = append(s.Order, Order{n, rapid.Bool().Draw(t, "descending")})
		}
		if len(s.Columns) == 0 {
			s.Columns = nil
		}
		if len(s.Group) == 0 {
			s.Group = nil
		}
		got, err := Parse(Values(s), odd, Limits{})
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("%v\n got %+v %s\nwant %+v", Values(s), got, faults(err), s)
		}
	})
}

func TestFingerprint(t *testing.T) {
	base := Select{Columns: []string{"线路"}, Order: []Order{{"线路", false}}, Where: Always(true), Limit: 5}
	print := Fingerprint(base)
	same := base
	same.Limit, same.After = 9, []any{"x"}
	if Fingerprint(same) != print {
		t.Error("limit or place change the fingerprint")
	}
	for name, change := range map[string]func(*Select){
		"columns":   func(s *Select) { s.Columns = []string{"日期"} },
		"where":     func(s *Select) { s.Where = Always(false) },
		"order":     func(s *Select) { s.Order = []Order{{"线路", true}} },
		"group":     func(s *Select) { s.Group = []string{"线路"} },
		"aggregate": func(s *Select) { s.Aggregates = []Aggregate{{Count, ""}} },
	} {
		other := base
		change(&other)
		if Fingerprint(other) == print {
			t.Errorf("%s does not change the fingerprint", name)
		}
	}
	if Fingerprint(base, "table") == print {
		t.Error("the table does not change the fingerprint")
	}
}

func TestPlace(t *testing.T) {
	n := func(s string) any { return json.Number(s) }
	rows := Select{Order: []Order{{"线路", false}, {"客流量", true}, {"金额", false}, {"开放", false}, {"日期", false}, {"时间", false}, {"经度", false}}}
	good := []any{"1号线", n("9007199254740993"), "12.5", true, "2026-03-05", "2026-03-05T08:30:00", n("121.5"), n("7")}
	if got, err := Place(&paging.Cursor{Key: good}, rows, schema); err != nil || !reflect.DeepEqual(got, good) {
		t.Error(got, err)
	}
	if got, err := Place(nil, rows, schema); got != nil || err != nil {
		t.Error(got, err)
	}
	nulls := []any{nil, nil, nil, nil, nil, nil, nil, n("0")}
	if _, err := Place(&paging.Cursor{Key: nulls}, rows, schema); err != nil {
		t.Error(err)
	}
	for i, bad := range []any{n("1"), n("1.5"), "x", "true", "2026-02-30", "2026-03-05T08:30:00Z", "121.5", n("-1")} {
		key := append([]any{}, good...)
		key[i] = bad
		if _, err := Place(&paging.Cursor{Key: key}, rows, schema); faults(err) != "?after paging.bad_cursor" {
			t.Errorf("value %d %v: %v", i, bad, err)
		}
	}
	nulls[7] = nil
	for _, key := range [][]any{nil, good[:7], append(good, n("1")), nulls} {
		if _, err := Place(&paging.Cursor{Key: key}, rows, schema); faults(err) != "?after paging.bad_cursor" {
			t.Errorf("%v: %v", key, err)
		}
	}
	groups := Select{Group: []string{"线路", "开放"}, Aggregates: []Aggregate{{Count, ""}}, Order: []Order{{"count(*)", true}}}
	if _, err := Place(&paging.Cursor{Key: []any{n("5"), "1号线", nil}}, groups, schema); err != nil {
		t.Error(err)
	}
	for _, key := range [][]any{{n("5"), "1号线"}, {"多", "1号线", true}, {n("5"), "1号线", n("1")}} {
		if _, err := Place(&paging.Cursor{Key: key}, groups, schema); faults(err) != "?after paging.bad_cursor" {
			t.Errorf("groups %v: %v", key, err)
		}
	}
}
