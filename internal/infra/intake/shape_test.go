package intake

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kaishu/internal/base/problem"
)

// dbf makes a table of fields such as "名称 C 10"; each record is its bytes.
func dbf(fields []string, records ...string) []byte {
	b, length := make([]byte, 32), 1
	b[0] = 3
	for _, f := range fields {
		part := append(strings.Split(f, " "), "0")
		name, kind, n, decimals := part[0], part[1][0], number(part[2]), number(part[3])
		one := make([]byte, 32)
		copy(one[:11], name)
		one[11], one[16], one[17] = kind, byte(n), byte(decimals)
		b, length = append(b, one...), length+n
	}
	b = append(b, 0x0d)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(records)))
	binary.LittleEndian.PutUint16(b[8:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[10:], uint16(length))
	for _, r := range records {
		b = append(b, []byte(r + strings.Repeat(" ", length))[:length]...)
	}
	return append(b, 0x1a)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func doubles(b []byte, all ...float64) []byte {
	for _, v := range all {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return b
}

func little(all ...int) (b []byte) {
	for _, v := range all {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// shp makes the shapes of one kind.
func shp(kind int, shapes ...[]byte) []byte {
	b := make([]byte, 100)
	binary.BigEndian.PutUint32(b, 9994)
	binary.LittleEndian.PutUint32(b[28:], 1000)
	binary.LittleEndian.PutUint32(b[32:], uint32(kind))
	for i, s := range shapes {
		b = binary.BigEndian.AppendUint32(b, uint32(i+1))
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)/2))
		b = append(b, s...)
	}
	binary.BigEndian.PutUint32(b[24:], uint32(len(b)/2))
	return b
}

// polygon makes a shape of rings of x, y, x, y, ….
func polygon(kind int, rings ...[]float64) []byte {
	b, starts, n := append(little(kind), make([]byte, 32)...), []int(nil), 0
	var body []byte
	for _, r := range rings {
		starts, n, body = append(starts, n), n+len(r)/2, doubles(body, r...)
	}
	b = append(b, little(len(rings), n)...)
	return append(append(b, little(starts...)...), body...)
}

func gbkOf(text string) string {
	out, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func TestShapefile(t *testing.T) {
	table := dbf([]string{gbkOf("名称") + " C 10", "N N 6 2", "OPEN L 1", "DAY D 8"}, gbkOf(" 静安寺站  ")+"  1.50T20260305", gbkOf(" 人民广场  ")+"-12.00?        ", gbkOf("*删除      ")+"  9.99F20260101")
	point := func(x, y float64) []byte { return doubles(little(1), x, y) }
	shapes := shp(1, point(121.4471, 31.2243), little(0), point(1, 2))
	const wgs = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]]]`
	for _, c := range []struct {
		prj, cpg, system, columns string
		asked                     int
	}{
		{wgs, "", WGS84, "经度 纬度", 0}, {`GEOGCS["GCS_China_Geodetic_Coordinate_System_2000"]`, "GBK", CGCS2000, "经度 纬度", 0},
		{"", "", "", "经度 纬度", 1}, {`GEOGCS["GCS_Xian_1980"]`, "", "", "经度 纬度", 1}, {`PROJCS["CGCS2000_3_Degree_GK_CM_120E"]`, "936", "-", "x y", 0},
	} {
		files := []string{"图层/车站.SHP", string(shapes), "图层/车站.dbf", string(table), "图层/车站.shx", "x"}
		if c.prj != "" {
			files = append(files, "图层/车站.prj", c.prj)
		}
		if c.cpg != "" {
			files = append(files, "图层/车站.cpg", c.cpg)
		}
		result, got, err := readText(t, pack(t, files...), nil)
		if err != nil {
			t.Errorf("%s: %v", c.prj, err)
			continue
		}
		var names []string
		for _, of := range result.Recipe.Columns[4:] {
			names = append(names, of.Name)
		}
		system := "-"
		if result.Recipe.Coordinates != nil {
			system = result.Recipe.Coordinates.System
		}
		if strings.Join(names, " ") != c.columns || system != c.system || len(result.Recipe.Asks()) != c.asked || result.Recipe.Encoding != gb18030Name || result.Recipe.Format != "shapefile" {
			t.Errorf("%s: %v in %q, %d asked, %s", c.prj, names, system, len(result.Recipe.Asks()), result.Recipe.Encoding)
		}
		if result.RowsOut != 2 || got.text(0) != "静安寺站|1.50|true|2026-03-05|121.4471|31.2243" || got.text(1) != "人民广场|-12.00|∅|∅|∅|∅" {
			t.Errorf("%d rows: %s, %s", result.RowsOut, got.text(0), got.text(1))
		}
	}
}

func TestShapesAsText(t *testing.T) {
	square := func(at, side float64) []float64 { // clockwise: an outer ring
		return []float64{at, at, at, at + side, at + side, at + side, at + side, at, at, at}
	}
	hole := []float64{2, 2, 3, 2, 3, 3, 2, 3, 2, 2}
	for name, c := range map[string]struct {
		kind  int
		shape []byte
		want  string
	}{
		"polygon":    {5, polygon(5, square(0, 9), hole), "POLYGON ((0 0, 0 9, 9 9, 9 0, 0 0), (2 2, 3 2, 3 3, 2 3, 2 2))"},
		"two":        {5, polygon(5, square(20, 1), square(0, 9), hole), "MULTIPOLYGON (((20 20, 20 21, 21 21, 21 20, 20 20)), ((0 0, 0 9, 9 9, 9 0, 0 0), (2 2, 3 2, 3 3, 2 3, 2 2)))"},
		"line":       {3, polygon(3, []float64{0, 1, 2, 3.5}), "LINESTRING (0 1, 2 3.5)"},
		"lines":      {3, polygon(3, []float64{0, 1, 2, 3}, []float64{4, 5, 6, 7}), "MULTILINESTRING ((0 1, 2 3), (4 5, 6 7))"},
		"points":     {8, doubles(append(append(little(8), make([]byte, 32)...), little(2)...), 1, 2, 3, 4), "MULTIPOINT (1 2, 3 4)"},
		"too short":  {5, polygon(5, square(0, 9))[:60], ""},
		"no number":  {3, polygon(3, []float64{0, 1, math.NaN(), 3}), ""},
		"heights":    {13, doubles(polygon(13, []float64{0, 1, 2, 3.5}), 5, 6.5, 5, 6.5), "LINESTRING Z (0 1 5, 2 3.5 6.5)"},
		"ways":       {13, doubles(polygon(13, []float64{0, 1, 2, 3}, []float64{4, 5, 6, 7}), 0, 0, 1, 2, 3, 4), "MULTILINESTRING Z ((0 1 1, 2 3 2), (4 5 3, 6 7 4))"},
		"roof":       {15, doubles(polygon(15, square(0, 9), hole), 0, 0, 1, 2, 3, 4, 1, 5, 6, 7, 8, 5), "POLYGON Z ((0 0 1, 0 9 2, 9 9 3, 9 0 4, 0 0 1), (2 2 5, 3 2 6, 3 3 7, 2 3 8, 2 2 5))"},
		"roofs":      {15, doubles(polygon(15, square(20, 1), square(0, 9)), 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2), "MULTIPOLYGON Z (((20 20 1, 20 21 1, 21 21 1, 21 20 1, 20 20 1)), ((0 0 2, 0 9 2, 9 9 2, 9 0 2, 0 0 2)))"},
		"peaks":      {18, doubles(append(append(little(18), make([]byte, 32)...), little(2)...), 1, 2, 3, 4, 0, 0, 8, -9), "MULTIPOINT Z (1 2 8, 3 4 -9)"},
		"no heights": {13, polygon(13, []float64{0, 1, 2, 3.5}), ""},
	} {
		result, got, err := readText(t, pack(t, "a.shp", string(shp(c.kind, c.shape, little(0))), "a.dbf", string(dbf([]string{"n N 3"}, "   1", "   2"))), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.want == "" && result.RowsSetAside != 1 || c.want != "" && got.text(0) != "1|"+c.want {
			t.Errorf("%s: %d set aside, %s", name, result.RowsSetAside, got.text(0))
		}
	}
}

// Measures are left out, and the result says so if there are any: numbers below
// -1e38 are none, and a shape with heights may lack them.
func TestMeasures(t *testing.T) {
	line, none := []float64{0, 1, 2, 3}, -1.7976931348623157e308
	for name, c := range map[string]struct {
		kind  int
		shape []byte
		want  string
		said  bool
	}{
		"line":              {23, doubles(polygon(23, line), 0, 9, 0, 9), "LINESTRING (0 1, 2 3)", true},
		"line, none":        {23, doubles(polygon(23, line), none, none, none, math.NaN()), "LINESTRING (0 1, 2 3)", false},
		"line, absent":      {23, polygon(23, line), "LINESTRING (0 1, 2 3)", false},
		"polygon":           {25, doubles(polygon(25, []float64{0, 0, 0, 9, 9, 9, 0, 0}), 0, 0, 1, none, none, none), "POLYGON ((0 0, 0 9, 9 9, 0 0))", true},
		"points":            {28, doubles(append(append(little(28), make([]byte, 32)...), little(1)...), 1, 2, 0, 0, 7), "MULTIPOINT (1 2)", true},
		"point":             {21, doubles(little(21), 1, 2, 7), "1|2", true},
		"point, none":       {21, doubles(little(21), 1, 2, none), "1|2", false},
		"height":            {11, doubles(little(11), 1, 2, 3), "1|2|3", false},
		"height, measure":   {11, doubles(little(11), 1, 2, 3, 4), "1|2|3", true},
		"heights, none":     {13, doubles(polygon(13, line), 0, 0, 5, 6, 0, 0, none, none), "LINESTRING Z (0 1 5, 2 3 6)", false},
		"heights, measures": {13, doubles(polygon(13, line), 0, 0, 5, 6, 0, 0, 0, none), "LINESTRING Z (0 1 5, 2 3 6)", true},
	} {
		result, got, err := readText(t, pack(t, "a.shp", string(shp(c.kind, c.shape, little(0))), "a.dbf", string(dbf([]string{"n N 3"}, "   1", "   2"))), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := len(result.Remarks) == 1 && result.Remarks[0].Code == "intake.says_measures_left"
		if got.text(0) != "1|"+c.want || result.RowsOut != 2 || said != c.said || !c.said && len(result.Remarks) > 0 {
			t.Errorf("%s: %s, %v", name, got.text(0), result.Remarks)
		}
	}
}

func TestDBFAlone(t *testing.T) {
	table := dbf([]string{"NAME C 8", "I I 4", "B B 8", "T @ 8"}, " 甲乙\x00\x00"+string(little(-7))+string(doubles(nil, 2.5))+string(little(2_440_588+20_000, 30_600_000)))
	result, got, err := readText(t, string(table), nil)
	if err != nil || len(got.rows) != 1 || result.Recipe.Format != "dbf" || result.Recipe.Encoding != utf8Name || got.text(0) != "甲乙|-7|2.5|2024-10-04T08:30:00" {
		t.Errorf("%v: %d rows", err, len(got.rows))
	}
}

// Place names in the private use area, names that the field cuts off within a
// character, and bytes that are no text.
func TestDBFText(t *testing.T) {
	table := dbf([]string{"NAME C 7", "n N 2"}, " "+gbkOf("静安区")[:5]+"   1", " \xaa\xa1   	  2", " \xff\xff\xbe\xb2\xb0\xb2 3", " a\x00b\xbe\xb2   4")
	result, got, err := readText(t, string(table), &Recipe{Version: 1, Encoding: gb18030Name})
	if err != nil || result.RowsOut != 2 || result.RowsSetAside != 2 || got.text(0) != "静安|1" || got.text(1) != "\ue000|2" {
		t.Errorf("%v: %d rows, %d set aside: %q", err, result.RowsOut, result.RowsSetAside, got.text(0))
	}
}

func TestRefusesShapefiles(t *testing.T) {
	table, shapes := string(dbf([]string{"n N 3"}, "   1", "   2")), string(shp(1, doubles(little(1), 1, 2)))
	for name, c := range map[string]struct {
		files []string
		code  string
	}{
		"no table":       {[]string{"a.shp", shapes}, "intake.shape_broken"},
		"too few shapes": {[]string{"a.shp", shapes, "a.dbf", table}, "intake.shape_broken"},
		"two layers":     {[]string{"a.shp", shapes, "a.dbf", table, "b.shp", shapes, "b.dbf", table}, "intake.several_tables"},
		"cut table":      {[]string{"a.shp", shapes, "a.dbf", table[:len(table)-6]}, "intake.dbf_cut"},
		"no shapes":      {[]string{"a.shp", "x", "a.dbf", table}, "intake.shape_broken"},
		"surfaces":       {[]string{"a.shp", string(shp(31, little(31))), "a.dbf", table}, "intake.shapes_not_read"},
		"unknown shapes": {[]string{"a.shp", string(shp(7, little(7))), "a.dbf", table}, "intake.shape_broken"},
		"empty shape":    {[]string{"a.shp", shapes[:104] + "\x00\x00\x00\x01" + shapes[108:], "a.dbf", table}, "intake.shape_broken"},
		"long shape":     {[]string{"a.shp", shapes[:104] + "\x7f\xff\xff\xff" + shapes[108:], "a.dbf", table}, "intake.record_too_long"},
	} {
		_, _, err := readText(t, pack(t, c.files...), nil)
		if p := problem.As(err); p == nil || p.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

func FuzzShapefile(f *testing.F) {
	table := dbf([]string{"NAME C 8", "n N 3"}, " abcdefgh  1", " xyz       2")
	f.Add(table, shp(1, doubles(little(1), 1, 2), little(0)))
	f.Add(table, shp(5, polygon(5, []float64{0, 0, 0, 9, 9, 9, 0, 0}, []float64{1, 1, 2, 1, 2, 2, 1, 1}), little(0)))
	f.Add(table, shp(8, doubles(append(append(little(8), make([]byte, 32)...), little(2)...), 1, 2, 3, 4)))
	f.Add(table, shp(13, doubles(polygon(13, []float64{0, 1, 2, 3}), 0, 0, 5, 6, 0, 0, 1, 1), little(0)))
	f.Add(table, shp(15, doubles(polygon(15, []float64{0, 0, 0, 9, 9, 9, 0, 0}), 0, 0, 1, 2, 3, 1), little(0)))
	f.Add(table, shp(25, doubles(polygon(25, []float64{0, 0, 0, 9, 9, 9, 0, 0}), 0, 0, 1, 2, 3, 1), little(0)))
	f.Add(table, shp(18, doubles(append(append(little(18), make([]byte, 32)...), little(1)...), 1, 2, 0, 0, 7), little(0)))
	f.Fuzz(func(t *testing.T, table, shapes []byte) {
		passThrough(t, &dbfReader{layer: &layer{shp: written(t, shapes)}}, written(t, table))
	})
}
