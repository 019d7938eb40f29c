package selection

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	type exact string // stands for tabular.Exact
	row := map[string]any{
		"线路": "1号线", "客流量": int64(9007199254740993), "PM2.5": 0.1, "金额": exact("12.50"), "开放": true,
		"日期": "2026-03-05", "时间": "2026-01-31T23:59:59.5", "经度": 121.5, "纬度": exact("31.25"),
	}
	empty := map[string]any{"纬度": 31.25}
	for in, want := range map[string][2]Truth{ // for row, for empty
		"线路 = '1号线'":                                   {True, Unknown},
		"NOT 线路 = '1号线'":                               {False, Unknown},
		"线路 <> '2号线'":                                  {True, Unknown},
		"线路 < '2'":                                     {True, Unknown},
		"客流量 = 9007199254740992":                       {False, Unknown},
		"客流量 > 9007199254740992":                       {True, Unknown},
		`"PM2.5" = 0.1`:                                {True, Unknown},
		"金额 = 12.5":                                    {True, Unknown},
		"金额 <= 12.49":                                  {False, Unknown},
		"开放 = TRUE":                                    {True, Unknown},
		"开放 > FALSE":                                   {True, Unknown},
		"日期 BETWEEN '2026-03-05' AND '2026-03-05'":     {True, Unknown},
		"日期 NOT BETWEEN '2026-03-06' AND '2026-03-07'": {True, Unknown},
		"时间 <= '2026-01-31'":                           {True, Unknown},
		"时间 = '2026-01-31'":                            {True, Unknown},
		"时间 > '2026-01-31'":                            {False, Unknown},
		"时间 > TIMESTAMP('2026-01-31T15:59:59Z')":       {True, Unknown},
		"线路 IN ('x','1号线')":                            {True, Unknown},
		"线路 NOT IN ('x')":                              {True, Unknown},
		"线路 LIKE '_号%'":                                {True, Unknown},
		"线路 NOT LIKE '%x%'":                            {True, Unknown},
		"线路 IS NULL":                                   {False, True},
		"线路 IS NOT NULL":                               {True, False},
		"geometry IS NULL":                             {False, True},
		"S_INTERSECTS(geometry,POINT(121.5 31.25))":    {True, Unknown},
		"S_INTERSECTS(geometry,BBOX(121.5,31,122,32))": {True, Unknown},
		"S_INTERSECTS(geometry,BBOX(121,31,121.4,32))": {False, Unknown},
		"S_INTERSECTS(geometry,BBOX(121,32,122,33))":   {False, Unknown},
		"TRUE OR 线路 = 'x'":                             {True, True},
		"FALSE OR 线路 = 'x'":                            {False, Unknown},
		"TRUE AND 线路 = 'x'":                            {False, Unknown},
		"FALSE AND 线路 = 'x'":                           {False, False},
	} {
		e, err := ParseWhere(in)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		s, err := Check(Select{Where: e}, schema)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		for i, cells := range []map[string]any{row, empty} {
			if got := Matches(s.Where, func(c string) any { return cells[c] }, schema.Geometry); got != want[i] {
				t.Errorf("%q on row %d: %d, want %d", in, i, got, want[i])
			}
		}
	}
	if Matches(nil, nil, nil) != True {
		t.Error("no filter lets rows through")
	}
}

func TestMatchLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"%", "", true}, {"%", "好", true}, {"_", "好", true}, {"_", "", false},
		{"a%", "abc", true}, {"a%", "ba", false}, {"%c", "abc", true}, {"%c", "abcd", false}, {"%b%", "abc", true},
		{"a%b%c", "axbxxc", true}, {"a%b%c", "axcxxb", false}, {"%ab", "aab", true}, {"_%_", "a", false}, {"_%_", "ab", true},
		{`10\%`, "10%", true}, {`10\%`, "10x", false}, {`\_`, "a", false}, {`\\`, `\`, true}, {`\x`, "x", true}, {`%\%`, "5%", true},
		{"A", "a", false}, {"a\n%", "a\nb", true}, {"%%%", "x", true},
	} {
		if got := MatchLike(c.pattern, c.text); got != c.want {
			t.Errorf("%q LIKE %q: %v", c.text, c.pattern, got)
		}
	}
	// An engine that tries every way would not come back from this one.
	if MatchLike(strings.Repeat("%a", 30)+"b", strings.Repeat("a", 5000)) {
		t.Error("matched")
	}
}
