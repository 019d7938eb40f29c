package selection

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

var everyType = []Column{
	{Name: "线路", Type: Text}, {Name: "客流量", Type: Integer}, {Name: "PM2.5", Type: Number},
	{Name: "金额", Type: Decimal, Scale: 2}, {Name: "开放", Type: Boolean}, {Name: "日期", Type: Date},
	{Name: "时间", Type: DateTime}, {Name: "经度", Type: Number}, {Name: "纬度", Type: Number},
}

var schema = Schema{Columns: everyType, Geometry: &Geometry{"经度", "纬度"}}

// faults writes the fields of err as "pointer code", joined by "; ".
func faults(err error) string {
	var all []string
	if p := problem.As(err); p != nil {
		for _, f := range p.Fields {
			all = append(all, f.Pointer+" "+f.Code)
		}
	} else if err != nil {
		return "fault: " + err.Error()
	}
	return strings.Join(all, "; ")
}

func TestCheckMakesLiteralsFit(t *testing.T) {
	for in, want := range map[string]string{
		"线路 = '1'":                           "线路 = '1'",
		"客流量 = 5.0":                          "客流量 = 5",
		"客流量 > -9223372036854775808":         "客流量 > -9223372036854775808",
		`"PM2.5" > 0.1000000000000000055511`: `"PM2.5" > 0.1`,
		`"PM2.5" > 1e21`:                     `"PM2.5" > 1000000000000000000000`,
		"金额 <= 12.50":                        "金额 <= 12.5",
		"金额 = 0.00":                          "金额 = 0",
		"金额 < 123456789012345678901234567890123456.78": "金额 < 123456789012345678901234567890123456.78",
		"开放 = true":                                              "开放 = TRUE",
		"日期 >= '2026-03-05'":                                     "日期 >= DATE('2026-03-05')",
		"日期 IN ('2026-03-05',DATE('2026-03-05'))":                "日期 IN (DATE('2026-03-05'))",
		"时间 > '2026-03-05T08:30:00'":                             "时间 > TIMESTAMP('2026-03-05T00:30:00Z')",
		"时间 > '2026-03-05 08:30:00'":                             "时间 > TIMESTAMP('2026-03-05T00:30:00Z')",
		"时间 > TIMESTAMP('2026-03-05T00:30:00Z')":                 "时间 > TIMESTAMP('2026-03-05T00:30:00Z')",
		"时间 <= DATE('2026-01-31')":                               "时间 < TIMESTAMP('2026-01-31T16:00:00Z')",
		"时间 > '2026-01-31'":                                      "时间 >= TIMESTAMP('2026-01-31T16:00:00Z')",
		"时间 >= '2026-01-31'":                                     "时间 >= TIMESTAMP('2026-01-30T16:00:00Z')",
		"时间 < '2026-01-31'":                                      "时间 < TIMESTAMP('2026-01-30T16:00:00Z')",
		"NOT 时间 = '2026-01-31'":                                  "NOT (时间 >= TIMESTAMP('2026-01-30T16:00:00Z') AND 时间 < TIMESTAMP('2026-01-31T16:00:00Z'))",
		"时间 <> '2026-01-31'":                                     "时间 < TIMESTAMP('2026-01-30T16:00:00Z') OR 时间 >= TIMESTAMP('2026-01-31T16:00:00Z')",
		"时间 BETWEEN '2026-01-01' AND '2026-01-31'":               "时间 >= TIMESTAMP('2025-12-31T16:00:00Z') AND 时间 < TIMESTAMP('2026-01-31T16:00:00Z')",
		"时间 IN ('2026-01-31',TIMESTAMP('2026-01-01T00:00:00Z'))": "时间 >= TIMESTAMP('2026-01-30T16:00:00Z') AND 时间 < TIMESTAMP('2026-01-31T16:00:00Z') OR 时间 IN (TIMESTAMP('2026-01-01T00:00:00Z'))",
		"geometry IS NOT NULL":                                   "NOT (经度 IS NULL OR 纬度 IS NULL)",
		"S_INTERSECTS(geometry,POINT(121.5 31))":                 "S_INTERSECTS(geometry,POINT(121.5 31))",
		`线路 LIKE '10\%%'`:                                        `线路 LIKE '10\%%'`,
	} {
		e, err := ParseWhere(in)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		s, err := Check(Select{Where: e}, schema)
		if got := Where(s.Where); err != nil || got != want {
			t.Errorf("%q: %v\n got %s\nwant %s", in, faults(err), got, want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"线路 = 1":                                 "?where selection.text_needs_quotes",
		"线路 = DATE('2026-03-05')":                "?where selection.text_needs_quotes",
		"客流量 = '1000'":                           "?where selection.number_without_quotes",
		"客流量 = '多'":                              "?where selection.needs_number",
		"客流量 = TRUE":                             "?where selection.needs_number",
		"客流量 > 2.5":                              "?where selection.not_integer",
		"客流量 > 1e-9":                             "?where selection.not_integer",
		"客流量 > 9223372036854775808":              "?where selection.out_of_range",
		"客流量 > 1e50":                             "?where selection.out_of_range",
		`"PM2.5" > 1e399`:                        "?where selection.out_of_range",
		"金额 = 0.125":                             "?where selection.too_many_decimals",
		"金额 = 1e-30":                             "?where selection.too_many_decimals",
		"金额 = 1e36":                              "?where selection.out_of_range",
		"金额 = 1e90":                              "?where selection.out_of_range",
		"开放 = 1":                                 "?where selection.needs_boolean",
		"开放 = 'true'":                            "?where selection.needs_boolean",
		"日期 > '2026-02-30'":                      "?where selection.needs_day",
		"日期 > TIMESTAMP('2026-03-05T00:00:00Z')": "?where selection.needs_day",
		"日期 > 20260305":                          "?where selection.needs_day",
		"时间 > '昨天'":                              "?where selection.needs_time",
		"时间 > 5":                                 "?where selection.needs_time",
		"客流量 LIKE '1%'":                          "?where selection.like_needs_text",
		`线路 LIKE '1\\'`:                          "?where selection.open_escape",
		"客流 > 1":                                 "?where selection.unknown_column_near",
		"zzzzzz IS NULL":                         "?where selection.unknown_column",
		"日期 BETWEEN 1 AND TRUE":                  "?where selection.needs_day; ?where selection.needs_day",
	} {
		e, err := ParseWhere(in)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if _, err = Check(Select{Where: e}, schema); faults(err) != want {
			t.Errorf("%q: %s, want %s", in, faults(err), want)
		}
	}
	e, _ := ParseWhere("S_INTERSECTS(geometry,POINT(1 1)) AND geometry IS NULL")
	_, err := Check(Select{Where: e}, Schema{Columns: everyType})
	if want := "?where selection.no_geometry; ?where selection.unknown_column"; faults(err) != want {
		t.Errorf("without geometry: %s", faults(err))
	}
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	_, err := Check(Select{
		Columns: []string{"线路", "线路", "线"},
		Where:   And{Compare{"客流量", Equal, text("5")}, Compare{"日期", "!", text("2026-01-01")}, In{"线路", nil}},
		Order:   []Order{{Column: "客流"}, {Column: "日期"}, {Column: "日期", Descending: true}},
		Limit:   -1,
	}, schema)
	want := "?select selection.unknown_column_near; ?select selection.duplicate; " +
		"?where selection.number_without_quotes; ?where selection.unknown_operator; ?where selection.empty_list; " +
		"?order selection.unknown_column_near; ?order selection.duplicate; ?limit selection.bad_limit"
	if faults(err) != want {
		t.Errorf("got %s\nwant %s", faults(err), want)
	}
	if p := problem.As(err); p.Fields[0].Args["near"] != "线路" || p.Fields[5].Args["near"] != "客流量" {
		t.Errorf("near: %v, %v", p.Fields[0].Args, p.Fields[5].Args)
	}
}

func TestCheckGroups(t *testing.T) {
	count := Aggregate{Count, ""}
	for name, c := range map[string]struct {
		s    Select
		want string
	}{
		"fits":                {Select{Group: []string{"线路"}, Aggregates: []Aggregate{count, {Sum, "客流量"}, {Min, "日期"}}, Order: []Order{{"sum(客流量)", true}, {"线路", false}}}, ""},
		"whole table":         {Select{Aggregates: []Aggregate{{CountDistinct, "开放"}}}, ""},
		"no aggregate":        {Select{Group: []string{"线路"}}, "?group selection.group_needs_aggregate"},
		"columns too":         {Select{Columns: []string{"线路"}, Aggregates: []Aggregate{count}}, "?select selection.columns_with_groups"},
		"unknown group":       {Select{Group: []string{"wwwww"}, Aggregates: []Aggregate{count}}, "?group selection.unknown_column"},
		"group twice":         {Select{Group: []string{"线路", "线路"}, Aggregates: []Aggregate{count}}, "?group selection.duplicate"},
		"aggregate twice":     {Select{Aggregates: []Aggregate{count, count}}, "?aggregate selection.duplicate"},
		"unknown column":      {Select{Aggregates: []Aggregate{{Sum, "客流"}}}, "?aggregate selection.unknown_column_near"},
		"unknown function":    {Select{Aggregates: []Aggregate{{"median", "客流量"}}}, "?aggregate selection.unknown_aggregate"},
		"sum of text":         {Select{Aggregates: []Aggregate{{Sum, "线路"}}}, "?aggregate selection.aggregate_needs_number"},
		"average of days":     {Select{Aggregates: []Aggregate{{Avg, "日期"}}}, "?aggregate selection.aggregate_needs_number"},
		"least boolean":       {Select{Aggregates: []Aggregate{{Min, "开放"}}}, "?aggregate selection.aggregate_needs_order"},
		"sum of nothing":      {Select{Aggregates: []Aggregate{{Sum, ""}}}, "?aggregate selection.aggregate_needs_column"},
		"order by other":      {Select{Group: []string{"线路"}, Aggregates: []Aggregate{count}, Order: []Order{{Column: "客流量"}}}, "?order selection.order_not_in_groups"},
		"too many orders":     {Select{Order: make([]Order, MaxOrder+1)}, "?order selection.too_many_names"},
		"too many columns":    {Select{Columns: make([]string, MaxColumns+1)}, "?select selection.too_many_names"},
		"too many groups":     {Select{Group: make([]string, MaxGroup+1), Aggregates: []Aggregate{count}}, "?group selection.too_many_names"},
		"too many aggregates": {Select{Aggregates: make([]Aggregate, MaxAggregates+1)}, "?aggregate selection.too_many_names"},
	} {
		if _, err := Check(c.s, schema); faults(err) != c.want {
			t.Errorf("%s: %q, want %q", name, faults(err), c.want)
		}
	}
}

func TestFaultsOfOneParameterEnd(t *testing.T) {
	var s Select
	for i := range 500 {
		s.Columns = append(s.Columns, fmt.Sprintf("无此列%d", i))
	}
	_, err := Check(s, schema)
	if n := len(problem.As(err).Fields); n != maxFaults {
		t.Errorf("%d faults", n)
	}
	_, err = Check(Select{Where: In{"客流量", slices.Repeat([]Literal{text("多")}, 3*maxFaults)}}, schema)
	if n := len(problem.As(err).Fields); n != maxFaults {
		t.Errorf("%d faults", n)
	}
}

func TestCheckedFilterThatCannotBeWrittenIsRefused(t *testing.T) {
	var deep Expr = Always(true)
	for range MaxDepth + 1 {
		deep = Not{deep}
	}
	if _, err := Check(Select{Where: deep}, schema); faults(err) != "?where selection.too_deep" {
		t.Error(faults(err))
	}
	if s, err := Check(Select{Where: Or{And{IsNull{"线路"}}}}, schema); err != nil || !reflect.DeepEqual(s.Where, Expr(IsNull{"线路"})) {
		t.Error(s.Where, err)
	}
}

func TestNearest(t *testing.T) {
	long := strings.Repeat("x", 100)
	known := []string{long, "线路", "客流量（人次）", "StationName", "日期"}
	for typed, want := range map[string]string{
		"线路名": "线路", "客流量": "客流量（人次）", "stationname": "StationName", "StatoinName": "StationName",
		"经度": "", "": "", long[1:] + "y": long, long + "y": "", strings.Repeat("线", 200): "",
	} {
		if got := nearest(typed, known); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestFields(t *testing.T) {
	got := Fields(Select{Group: []string{"线路"}, Aggregates: []Aggregate{{Count, ""}, {Sum, "金额"}, {Avg, "客流量"}, {Max, "日期"}}}, schema)
	want := []Column{{"线路", Text, 0}, {"count(*)", Integer, 0}, {"sum(金额)", Decimal, 2}, {"avg(客流量)", Number, 0}, {"max(日期)", Date, 0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got := Fields(Select{Columns: []string{"日期"}}, schema); !reflect.DeepEqual(got, []Column{{"日期", Date, 0}}) {
		t.Errorf("got %v", got)
	}
	if got := Fields(Select{}, schema); !reflect.DeepEqual(got, everyType) {
		t.Errorf("got %v", got)
	}
}
