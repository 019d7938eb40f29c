package intake

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

func TestJSON(t *testing.T) {
	for _, c := range []struct {
		name, text string
		format     string
		sheet      string
		columns    string
		rows       []string
		aside      int64
	}{
		{"objects", `[{"区":"静安","人数":12},{"人数":3.5,"区":"黄浦","备注":null}]`, "json", "", "区 text,人数 number,备注 text", []string{"静安|12|∅", "黄浦|3.5|∅"}, 0},
		{"digits are kept", `[{"a":12345678901234567890.12},{"a":0.10}]`, "json", "", "a decimal", []string{"12345678901234567890.12", "0.10"}, 0},
		{"objects within", `[{"a":{"b":{"c":1}},"d":[1,{"x":2}]},{"a":{},"d":[]}]`, "json", "", "a.b.c integer,d text,a text", []string{`1|[1,{"x":2}]|∅`, "∅|[]|{}"}, 0},
		{"codes stay text", `[{"a":"007"},{"a":"010"}]`, "json", "", "a text", []string{"007", "010"}, 0},
		{"escapes", `[{"a":"\u516c\u5171 \"x\"\n"},{"a":"\ud83d\ude00"}]`, "json", "", "a text", []string{"公共 \"x\"", "😀"}, 0},
		{"an answer of an interface", `{"code":0,"msg":"ok","data":{"total":2,"tags":["x"],"list":[{"a":1},{"a":2}]}}`, "json", "data.list", "a integer", []string{"1", "2"}, 0},
		{"the longest of two", `{"one":[{"a":1}],"two":[{"b":1},{"b":2}]}`, "json", "two", "b integer", []string{"1", "2"}, 0},
		{"arrays with names", `[["区","数"],["静安",1],["黄浦",2]]`, "json", "", "区 text,数 integer", []string{"静安|1", "黄浦|2"}, 0},
		{"arrays without", `[[1,"x"],[2,"y",true]]`, "json", "", "列1 integer,列2 text,列3 boolean", []string{"1|x|∅", "2|y|true"}, 0},
		{"one record", `{"a":1,"b":{"c":"x"}}`, "json", "", "a integer,b.c text", []string{"1|x"}, 0},
		{"something else between", `[{"a":1},7,{"a":2},[3]]`, "json", "", "a integer", []string{"1", "2"}, 2},
		{"a member twice", `[{"a":1,"a":2},{"a":3},{"a":4}]`, "json", "", "a integer", []string{"3", "4"}, 1},
		{"a dot is no object", `[{"a.b":1,"a":{"b":2}},{"a.b":3}]`, "json", "", "a.b integer", []string{"3"}, 1},
		{"NUL", `[{"a":"x\u0000y"},{"a":"z"}]`, "json", "", "a text", []string{"z"}, 1},
		{"lines", "{\"a\":1}\n\n{\"b\":\"x\",\"a\":2}\r\n{\"a\":}\n", "ndjson", "", "a integer,b text", []string{"1|∅", "2|x"}, 1},
		{"empty name", `[{"":1," ":2}]`, "json", "", "列1 integer,列2 integer", []string{"1|2"}, 0},
		{"points", `{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"geometry":{"type":"Point","coordinates":[121.5,31.25]},"properties":{"名":"甲","type":"x"}},{"type":"Feature","geometry":null,"properties":{"名":"乙"}}]}`,
			"geojson", "features", "id integer,名 text,type text,经度 number,纬度 number", []string{"7|甲|x|121.5|31.25", "∅|乙|∅|∅|∅"}, 0},
		{"shapes", `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4],[1,2]],[[5,6],[7,8],[5,6]]]},"properties":{}},{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2,3]},{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}]},"properties":null}]}`,
			"geojson", "features", "geometry text", []string{"POLYGON ((1 2, 3 4, 1 2), (5 6, 7 8, 5 6))", "GEOMETRYCOLLECTION (POINT (1 2 3), MULTIPOINT (1 2, 3 4))"}, 0},
		{"one feature", `{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[1,2,9]}}`, "geojson", "", "a integer,经度 integer,纬度 integer,高程 integer", []string{"1|1|2|9"}, 0},
		{"features in lines", "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":{\"经度\":5}}\n{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[\"1\",2]},\"properties\":{}}\n",
			"geojson", "", "经度 integer,经度_2 integer,纬度 integer,geometry text", []string{"5|1|2|∅"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, got, err := readText(t, c.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			var columns []string
			for _, of := range result.Recipe.Columns {
				columns = append(columns, of.Name+" "+string(of.Type))
			}
			if s := strings.Join(columns, ","); s != c.columns || result.Recipe.Format != c.format || result.Recipe.Sheet != c.sheet || result.RowsSetAside != c.aside {
				t.Errorf("%s of %s in %q, %d set aside", s, result.Recipe.Format, result.Recipe.Sheet, result.RowsSetAside)
			}
			for i, want := range c.rows {
				if i >= len(got.rows) || got.text(i) != want {
					t.Errorf("row %d of %d is not %s", i, len(got.rows), want)
				}
			}
			// The next file of the same make is read by the recipe that was kept.
			again, next, err := readText(t, c.text, &result.Recipe)
			if err != nil || again.RowsOut != result.RowsOut || len(c.rows) > 0 && next.text(0) != got.text(0) {
				t.Errorf("with the recipe: %v", err)
			}
		})
	}
}

func TestGeoJSONSaysItsSystem(t *testing.T) {
	file := `{"type":"FeatureCollection",%s"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[121.5,31.25]},"properties":{}}]}`
	for crs, want := range map[string]string{
		"": WGS84, `"crs":null,`: WGS84,
		`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},`: WGS84,
		`"crs":{"type":"name","properties":{"name":"EPSG:4490"}},`:                     CGCS2000,
		`"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2385"}},`:    "intake.crs_not_read",
		`"crs":{"properties":7},`: "intake.crs_not_read",
	} {
		result, _, err := readText(t, fmt.Sprintf(file, crs), nil)
		if p := problem.As(err); p != nil {
			if p.Code != want {
				t.Errorf("%s: %v", crs, err)
			}
		} else if err != nil || result.Recipe.Coordinates.System != want || result.Geometry == nil {
			t.Errorf("%s: %v, %+v", crs, err, result.Recipe.Coordinates)
		}
	}
}

func TestRefusesJSON(t *testing.T) {
	deep := strings.Repeat("[", 20_000)
	var many strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	for name, c := range map[string]struct {
		text, code string
		line       int
	}{
		"cut short":       {"[\n{\"a\":1},\n{\"a\":", "intake.json_broken", 3},
		"a comma more":    {"[\n{\"a\":1},\n]", "intake.json_broken", 0},
		"something after": {"[{\"a\":1}]\n[2]", "intake.json_broken", 2},
		"no records":      {`{}`, "intake.no_records", 0},
		"empty array":     {`[]`, "intake.no_records", 0},
		"deep":            {"[" + deep, "intake.json_broken", 0},
		"many members":    {"[{" + many.String() + `"a":1}]`, "intake.too_many_columns", 0},
		"a long record":   {"[\n{\"a\":\"" + strings.Repeat("x", maxRecord+2*blockSize) + "\"}]", "intake.record_too_long", 0},
		"broken lines":    {"{\"a\":1}\n{\n{\n{", "intake.json_broken", 2},
	} {
		_, _, err := readText(t, c.text, nil)
		p := problem.As(err)
		if p == nil || p.Code != c.code || c.line > 0 && fmt.Sprint(p.Args["line"]) != fmt.Sprint(c.line) {
			t.Errorf("%s: %.200v %v, want %s in line %d", name, err, p, c.code, c.line)
		}
	}
	if _, _, err := readText(t, `{"a":[{"b":1}]}`, &Recipe{Version: 1, Sheet: "c"}); problem.As(err) == nil || problem.As(err).Code != "intake.sheet_missing" {
		t.Errorf("another array: %v", err)
	}
}

// A value that begins where a block of the decoder ends is read like any other.
func TestJSONAcrossBlocks(t *testing.T) {
	for _, size := range []int{500, 511, 512, 513, 1023, 1024, 1536, 4096, 70_000} {
		for shift := range 12 {
			text := `{"x":"` + strings.Repeat("y", size-shift) + `","list"  :   [ {"a":1} , {"a":2}]}`
			result, got, err := readText(t, text, nil)
			if err != nil || result.RowsOut != 2 || got.text(1) != "2" {
				t.Fatalf("%d-%d: %v", size, shift, err)
			}
		}
	}
}

func TestRealJSON(t *testing.T) {
	for _, c := range []struct {
		file    string
		format  string
		rows    int64
		columns int
	}{
		{"real/dirty/derived/MANIFEST.json", "json", 13, 0},
		{"real/scale/flights-200k.json.gz", "json", 200_000, 3},
	} {
		result, _, err := readFile(t, shared(t, c.file), nil)
		if err != nil || result.Recipe.Format != c.format || result.RowsOut != c.rows || c.columns > 0 && len(result.Recipe.Columns) != c.columns || result.RowsSetAside > 0 {
			t.Errorf("%s: %v: %s, %d rows, %d columns, %d set aside", c.file, err, result.Recipe.Format, result.RowsOut, len(result.Recipe.Columns), result.RowsSetAside)
		}
	}
	all, err := filepath.Glob(shared(t, "real/geo") + "/*.geojson")
	if err != nil || len(all) == 0 {
		t.Fatalf("no GeoJSON: %v", err)
	}
	for _, file := range all {
		result, _, err := readFile(t, file, nil)
		if err != nil || result.Recipe.Format != "geojson" || result.RowsOut == 0 || result.RowsSetAside > 0 {
			t.Errorf("%s: %v: %s, %d rows, %d set aside", filepath.Base(file), err, result.Recipe.Format, result.RowsOut, result.RowsSetAside)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[{"a":1,"b":{"c":"x"}},{"a":null}]`, "{\"a\":1}\n{\"a\":2}\n", `{"data":{"list":[[1,2],[3]]}}`, `{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[3,4]]]},"properties":{}}`,
		`{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:4490"}},"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"a":"\u0000"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { passThrough(t, &jsonReader{}, written(t, text)) })
}
