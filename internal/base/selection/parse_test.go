package selection

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kaishu/internal/base/problem"
)

func number(text string) Literal { return Literal{Number, text} }
func text(t string) Literal      { return Literal{Text, t} }

func TestParseWhere(t *testing.T) {
	one := Compare{"a", Equal, number("1")}
	two := Compare{"b", Equal, number("2")}
	three := Compare{"c", Equal, number("3")}
	for in, want := range map[string]Expr{
		"":                                       nil,
		" \t\n":                                  nil,
		"a = 1":                                  one,
		"a=1":                                    one,
		"a　= 1":                                  one,
		"((a = 1))":                              one,
		"a = 1 AND b = 2 OR c = 3":               Or{And{one, two}, three},
		"a = 1 and (b = 2 or c = 3)":             And{one, Or{two, three}},
		"a = 1 AND b = 2 AND c = 3":              And{one, two, three},
		"(a = 1 AND b = 2) AND c = 3":            And{And{one, two}, three},
		"NOT a = 1 AND b = 2":                    And{Not{one}, two},
		"not not a = 1":                          Not{Not{one}},
		"5 < a":                                  Compare{"a", Greater, number("5")},
		"5 >= a":                                 Compare{"a", LessEqual, number("5")},
		"TRUE = a":                               Compare{"a", Equal, Literal{Boolean, "true"}},
		"DATE('2020-02-29') <> a":                Compare{"a", NotEqual, Literal{Date, "2020-02-29"}},
		"a < -0.50":                              Compare{"a", Less, number("-0.5")},
		"a > +.5E1":                              Compare{"a", Greater, number("5")},
		"a > 1e300":                              Compare{"a", Greater, number("1e300")},
		"a = 00012345678901234567890.":           Compare{"a", Equal, number("12345678901234567890")},
		"TRUE":                                   Always(true),
		"false or a = true":                      Or{Always(false), Compare{"a", Equal, Literal{Boolean, "true"}}},
		"线路 = '1号线'":                             Compare{"线路", Equal, text("1号线")},
		"PM2.5 > 75":                             Compare{"PM2.5", Greater, number("75")},
		"客流量（人次） > 1":                            Compare{"客流量（人次）", Greater, number("1")},
		`"任意 ""名""" is null`:                     IsNull{`任意 "名"`},
		`"AND" IS NOT NULL`:                      Not{IsNull{"AND"}},
		"date IS NULL":                           IsNull{"date"},
		"a = 'it''s'":                            Compare{"a", Equal, text("it's")},
		`a = 'it\'s'`:                            Compare{"a", Equal, text("it's")},
		`a = 'x\n\t\\y'`:                         Compare{"a", Equal, text("x\n\t\\y")},
		`a LIKE '10\%%'`:                         Like{"a", `10\%%`},
		"a NOT LIKE '_x%'":                       Not{Like{"a", "_x%"}},
		"a BETWEEN 1 AND 2 AND b = 2":            And{Between{"a", number("1"), number("2")}, two},
		"a not between 1 and 2":                  Not{Between{"a", number("1"), number("2")}},
		"a IN ('x','y')":                         In{"a", []Literal{text("x"), text("y")}},
		"a NOT IN (1)":                           Not{In{"a", []Literal{number("1")}}},
		"a >= TIMESTAMP('2020-01-01T00:00:00Z')": Compare{"a", GreaterEqual, Literal{DateTime, "2020-01-01T08:00:00"}},
		"a >= timestamp('2020-01-01T00:00:00.250+09:00')":          Compare{"a", GreaterEqual, Literal{DateTime, "2019-12-31T23:00:00.25"}},
		"a >= TIMESTAMP('2020-01-01T07:00:00')":                    Compare{"a", GreaterEqual, Literal{DateTime, "2020-01-01T07:00:00"}},
		"S_INTERSECTS(geometry, POINT(121.5 31.2))":                Intersects{121.5, 31.2, 121.5, 31.2},
		"s_intersects(point z (121.5 31.2 4), geometry)":           Intersects{121.5, 31.2, 121.5, 31.2},
		`S_INTERSECTS("geometry",BBOX(120.8,30.6,122.2,31.9))`:     Intersects{120.8, 30.6, 122.2, 31.9},
		"S_INTERSECTS(BBOX(120.8,30.6,0,122.2,31.9,9),geometry)":   Intersects{120.8, 30.6, 122.2, 31.9},
		"S_INTERSECTS(geometry,BBOX(150,-90,-150,90))":             Or{Intersects{150, -90, 180, 90}, Intersects{-180, -90, -150, 90}},
		"NOT S_INTERSECTS(geometry,BBOX(0,40,10,50)) OR a IS NULL": Or{Not{Intersects{0, 40, 10, 50}}, IsNull{"a"}},
	} {
		got, err := ParseWhere(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %#v, %v\nwant %#v", in, got, err, want)
		}
		if again, err := ParseWhere(Where(got)); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%q written as %q: %#v, %v", in, Where(got), again, err)
		}
	}
}

// The examples of the standard's clauses that belong to the classes we claim.
func TestExamplesOfTheStandard(t *testing.T) {
	for _, in := range []string{
		"city='Toronto'",
		"updated >= date('1970-01-01')",
		"geometry IS NOT NULL",
		"name = 'Via dell''Avvento'",
		"launched = TIMESTAMP('1969-07-20T20:17:40Z')",
		"eo:cloud_cover=0.1 OR eo:cloud_cover=0.2",
		"eo:cloud_cover IN (0.1,0.2)",
		"eo:cloud_cover BETWEEN 0.1 AND 0.2 AND landsat:wrs_row=28 AND landsat:wrs_path=203",
		"eo:instrument LIKE 'OLI%'",
		"name NOT LIKE 'a%'",
		"depth BETWEEN 100.0 and 150.0",
		"cityName IN ('Toronto','Frankfurt','Tokyo','New York')",
		"category NOT IN (1,2,3,4)",
		"floors>5",
		"taxes<=500",
		"owner LIKE '% Jones %'",
		"owner NOT LIKE '% Jones %'",
		"swimming_pool=true",
		"swimming_pool=true AND (floors>5 OR material LIKE 'brick%' OR material LIKE '%brick')",
		"(floors>5 AND material='brick') OR swimming_pool=true",
		"NOT (floors<5) OR swimming_pool=true",
		"S_INTERSECTS(geometry,POINT(36.319836 32.288087))",
		`S_INTERSECTS("geometry",BBOX(-128.098193,-1.1,-99999.0,180.0,90.0,100000.0))`,
	} {
		e, err := ParseWhere(in)
		if err != nil {
			t.Errorf("%q: %v %v", in, err, problem.As(err).Fields)
			continue
		}
		if again, err := ParseWhere(Where(e)); err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%q written as %q: %v", in, Where(e), err)
		}
	}
}

func TestParseWhereRefuses(t *testing.T) {
	many := func(n int, part, between string) string { return strings.Repeat(part+between, n-1) + part }
	for _, c := range []struct {
		in, code string
		at       int // 0: the code has no place
	}{
		{"a", "selection.syntax_end", 2},
		{"a =", "selection.syntax_end", 4},
		{"线路 = 1 b", "selection.syntax", 8},
		{"a = 1)", "selection.syntax", 6},
		{"(a = 1", "selection.syntax_end", 7},
		{"()", "selection.syntax", 2},
		{"= 1", "selection.syntax", 1},
		{"AND", "selection.syntax", 1},
		{"a = 1 AND", "selection.syntax_end", 10},
		{"a IS 1", "selection.syntax", 6},
		{"a NOT = 1", "selection.syntax", 7},
		{"a LIKE 5", "selection.syntax", 8},
		{"a LIKE b", "selection.syntax", 8},
		{"a BETWEEN 1 OR 2", "selection.syntax", 13},
		{"a IN ()", "selection.syntax", 7},
		{"a IN (1 2)", "selection.syntax", 9},
		{"a IN 1", "selection.syntax", 6},
		{"a == 1", "selection.syntax", 3},
		{"a != 1", "selection.syntax", 3},
		{"a = 1; DROP TABLE t", "selection.syntax", 6},
		{"a -- comment", "selection.syntax", 3},
		{"a + 1 = 2", "selection.syntax", 3},
		{"5 = 5", "selection.syntax", 5},
		{"5 IS NULL", "selection.syntax", 3},
		{"NULL", "selection.syntax", 1},
		{`"" = 1`, "selection.syntax", 1},
		{"2024年 > 5", "selection.syntax", 1},
		{"a = 5abc", "selection.syntax", 5},
		{"a = 'x", "selection.unclosed", 5},
		{`a = 'x\'`, "selection.unclosed", 5},
		{`"a = 1`, "selection.unclosed", 1},
		{"a ＝ 1", "selection.fullwidth", 3},
		{"线路＝1", "selection.fullwidth", 3},
		{"（a = 1）", "selection.fullwidth", 1},
		{"a IN（1，2）", "selection.fullwidth", 5},
		{"a = ‘x’", "selection.fullwidth", 5},
		{"a = b", "selection.value_without_quotes", 5},
		{`a = "x"`, "selection.value_without_quotes", 5},
		{"a IN (x)", "selection.value_without_quotes", 7},
		{"a = NULL", "selection.use_is_null", 5},
		{"CASEI(a) = 'x'", "selection.unknown_function", 1},
		{"a = lower('x')", "selection.unknown_function", 5},
		{"S_WITHIN(geometry,POINT(1 1))", "selection.unknown_function", 1},
		{"T_AFTER(a,DATE('2020-01-01'))", "selection.unknown_function", 1},
		{"a = DATE('2020-02-30')", "selection.bad_date", 10},
		{"a = DATE('2020-2-3')", "selection.bad_date", 10},
		{"a = DATE('0000-01-01')", "selection.bad_date", 10},
		{"a = DATE(20200101)", "selection.syntax", 10},
		{"a = DATE('2020-01-01'", "selection.syntax_end", 22},
		{"a = TIMESTAMP('2020-01-01')", "selection.bad_timestamp", 15},
		{"a = TIMESTAMP('2020-01-01T24:00:00Z')", "selection.bad_timestamp", 15},
		{"a = TIMESTAMP('2020-01-01T00:00:00,5Z')", "selection.bad_timestamp", 15},
		{"a = TIMESTAMP('2020-01-01T0:00:00Z')", "selection.bad_timestamp", 15},
		{"a = TIMESTAMP('9999-12-31T23:00:00Z')", "selection.bad_timestamp", 15},
		{"a = TIMESTAMP('0000-12-31T10:00:00Z')", "selection.bad_timestamp", 15},
		{"a = 1e999999", "selection.bad_number", 5},
		{"a = 1e99999999999999999999", "selection.bad_number", 5},
		{"a = 0." + strings.Repeat("7", 61), "selection.bad_number", 5},
		{"S_INTERSECTS(a,POINT(1 1))", "selection.syntax", 14},
		{"S_INTERSECTS(geometry,a)", "selection.syntax", 23},
		{"S_INTERSECTS(geometry,POLYGON((0 0,1 1,1 0,0 0)))", "selection.syntax", 23},
		{"S_INTERSECTS(geometry,POINT(1,1))", "selection.syntax", 30},
		{"S_INTERSECTS(geometry,POINT(1))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,POINT(181 1))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,POINT(1 1e399))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,BBOX(-181,1,2,2))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,BBOX(1,2,3))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,BBOX(1,2,3,1))", "selection.bad_coordinates", 23},
		{"S_INTERSECTS(geometry,BBOX(1,2,3,4,5,6,7,8))", "selection.syntax", 42},
		{"a = '\x00'", "selection.bad_text", 0},
		{"a = '\xff'", "selection.bad_text", 0},
		{"a = '" + strings.Repeat("x", MaxText) + "'", "selection.too_long", 0},
		{"a = 1" + strings.Repeat(" ", MaxText), "selection.too_long", 0},
		{many(MaxConditions-1, "a=1", " OR ") + " OR S_INTERSECTS(geometry,BBOX(150,1,-150,2))", "selection.too_many_conditions", 0},
		{strings.Repeat("(", MaxDepth) + "a=1 OR S_INTERSECTS(geometry,BBOX(150,1,-150,2))" + strings.Repeat(")", MaxDepth), "selection.too_deep", 0},
		{"a = '" + strings.Repeat("\t", MaxText-10) + "'", "selection.too_long", 0},
		{strings.Repeat("(", MaxDepth+1) + "a=1" + strings.Repeat(")", MaxDepth+1), "selection.too_deep", 0},
		{strings.Repeat("NOT ", MaxDepth+1) + "a=1", "selection.too_deep", 0},
		{strings.Repeat("(", MaxText), "selection.too_deep", 0},
		{many(MaxConditions+1, "a=1", " OR "), "selection.too_many_conditions", 0},
		{"a IN (" + many(MaxValues+1, "1", ",") + ")", "selection.too_many_values", 0},
		{"a IN (" + many(MaxValues, "1", ",") + ") OR a IN (1)", "selection.too_many_values", 0},
	} {
		e, err := ParseWhere(c.in)
		p := problem.As(err)
		if e != nil || p == nil || len(p.Fields) != 1 || p.Kind != problem.Invalid {
			t.Errorf("%.60q: %#v, %v", c.in, e, err)
			continue
		}
		f := p.Fields[0]
		if f.Pointer != "?where" || f.Code != c.code || c.at > 0 && f.Args["at"] != c.at {
			t.Errorf("%.60q: %+v, want %s at %d", c.in, f, c.code, c.at)
		}
	}
}

func TestLimitsThemselvesAreAllowed(t *testing.T) {
	for _, in := range []string{
		strings.Repeat("(", MaxDepth) + "a=1" + strings.Repeat(")", MaxDepth),
		strings.Repeat("NOT ", MaxDepth) + "a=1",
		strings.Repeat("a=1 OR ", MaxConditions-1) + "a=1",
		"a IN (" + strings.Repeat("1,", MaxValues-1) + "1)",
		"a = '" + strings.Repeat("好", MaxText-6) + "'",
		strings.Repeat("(a=1 OR b=1 AND ", MaxDepth) + "c=1" + strings.Repeat(")", MaxDepth),
		strings.Repeat("NOT (", MaxDepth/2) + "S_INTERSECTS(geometry,POINT(1 2))" + strings.Repeat(")", MaxDepth/2),
	} {
		e, err := ParseWhere(in)
		if err != nil {
			t.Errorf("%.40q: %v", in, err)
		} else if again, err := ParseWhere(Where(e)); err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%.40q is not read back: %v", in, err)
		}
	}
}

// names and texts hold whatever could trip quoting.
var (
	anyName = rapid.OneOf(
		rapid.SampledFrom([]string{"线路", "a", "AND", "date", "POINT", "geometry", "PM2.5", "客流量（人次）", `"`, "任意 名", "2024年"}),
		rapid.StringOfN(rapid.SampledFrom([]rune(`ab"'\%_,.:- 名（`)), 1, 6, -1))
	anyText = rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune("ab'\"\\%_ \n\t\a好")), 0, 8, -1),
		rapid.String().Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }))
	anyLiteral = rapid.Custom(func(t *rapid.T) Literal {
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			return text(anyText.Draw(t, "text"))
		case 1:
			return number(double(rapid.Float64().Draw(t, "number")))
		case 2:
			return Literal{Boolean, rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")}
		case 3:
			return Literal{Date, rapid.SampledFrom([]string{"0001-01-01", "2024-02-29", "9999-12-31"}).Draw(t, "day")}
		}
		return Literal{DateTime, rapid.SampledFrom([]string{"0001-01-01T00:00:00", "2024-02-29T07:59:59.000001", "9999-12-31T23:59:59.5"}).Draw(t, "instant")}
	})
)

func anyExpr(t *rapid.T, depth int) Expr {
	kinds := 10
	if depth == 0 {
		kinds = 7
	}
	column := func() string { return anyName.Draw(t, "name") }
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		op := rapid.SampledFrom([]Op{Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual}).Draw(t, "op")
		return Compare{column(), op, anyLiteral.Draw(t, "value")}
	case 1:
		return Between{column(), anyLiteral.Draw(t, "low"), anyLiteral.Draw(t, "high")}
	case 2:
		return In{column(), rapid.SliceOfN(anyLiteral, 1, 4).Draw(t, "values")}
	case 3:
		return Like{column(), anyText.Draw(t, "pattern")}
	case 4:
		return IsNull{column()}
	case 5:
		w, s := rapid.Float64Range(-180, 180).Draw(t, "w"), rapid.Float64Range(-90, 90).Draw(t, "s")
		return Intersects{w + 0, s + 0, rapid.Float64Range(w, 180).Draw(t, "e") + 0, rapid.Float64Range(s, 90).Draw(t, "n") + 0}
	case 6:
		return Always(rapid.Bool().Draw(t, "always"))
	case 7:
		return Not{anyExpr(t, depth-1)}
	}
	parts := make([]Expr, rapid.IntRange(2, 3).Draw(t, "parts"))
	for i := range parts {
		parts[i] = anyExpr(t, depth-1)
	}
	if rapid.Bool().Draw(t, "and") {
		return And(parts)
	}
	return Or(parts)
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyExpr(t, 4)
		written := Where(e)
		got, err := ParseWhere(written)
		if p := problem.As(err); p != nil && p.Fields[0].Code == "selection.too_long" {
			t.Skip("longer than a filter may be")
		}
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Fatalf("%q\n got %#v %v\nwant %#v", written, got, err, e)
		}
	})
}

func FuzzParseWhere(f *testing.F) {
	f.Add("线路 = '1号线' AND 客流量 > 1000")
	schema := Schema{Columns: everyType, Geometry: &Geometry{"经度", "纬度"}}
	f.Fuzz(func(t *testing.T, in string) {
		e, err := ParseWhere(in)
		if err != nil {
			if p := problem.As(err); p == nil || len(p.Fields) != 1 {
				t.Fatalf("not one problem: %v", err)
			}
			return
		}
		written := Where(e)
		again, err := ParseWhere(written)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q was written as %q, which reads as %#v, %v", in, written, again, err)
		}
		s, err := Check(Select{Where: e}, schema)
		if err != nil {
			return
		}
		again, err = ParseWhere(Where(s.Where))
		if err != nil {
			t.Fatalf("%q checked is %q: %v", in, Where(s.Where), err)
		}
		twice, err := Check(Select{Where: again}, schema)
		if err != nil || !reflect.DeepEqual(twice, s) {
			t.Fatalf("%q checked is %q, checked again %q: %v", in, Where(s.Where), Where(twice.Where), err)
		}
	})
}
