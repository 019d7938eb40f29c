package hostile

import (
	"fmt"
	"slices"
	"strings"
)

const gbk = "\xbe\xb2\xb0\xb2,1\n\xbb\xc6\xc6\xd6,2\n\xb8\xb4\xd0\xcb\xc2\xb7,3\n"

func texts(add func(string, ...File)) {
	rows := strings.Repeat("静安区复兴路,1\n", 100)
	mixed := []string{"intake.encoding_mixed", "intake.encoding_unknown"}
	add("mixed-encodings", File{Codes: mixed, Make: said("区,数\n" + rows + strings.Repeat(gbk, 10))}, File{Codes: mixed, Make: said(strings.Repeat(gbk, 10) + rows)},
		File{Codes: mixed, Make: said("区,数\n" + rows + "\xff\xfe\n")})
	add("columns", File{Codes: []string{"intake.too_many_columns", "intake.record_too_long"}, Make: said(strings.Repeat("a,", 999_999) + "a\n" + strings.Repeat("1,", 999_999) + "1\n")},
		File{Codes: []string{"intake.too_many_columns"}, Make: said(strings.Repeat("a,", 16_383) + "a\n1\n")},
		File{Loads: true, Make: said("a\n" + strings.Repeat(",", 100_000) + "\n")})
	add("long-record", File{Codes: []string{"intake.record_too_long"}, Make: said("a,b\n" + strings.Repeat("x", 12<<20))},
		File{Codes: []string{"intake.record_too_long", "intake.quote_not_closed"}, Make: said("a,b\n\"" + strings.Repeat("x\n", 6<<20))})
	add("quote", File{Codes: []string{"intake.quote_not_closed"}, Make: said("a,b\n\"1,2\n3,4\n")}, File{Loads: true, Make: said("a,b\n\"1\"x,2\n3,4\n5,6\n")}, File{Loads: true, Make: said(`a,b` + "\n" + strings.Repeat(`""""""""`, 1000) + ",1\n2,2\n")})
	add("nul", File{Codes: []string{"intake.nul_byte", "intake.encoding_unknown"}, Make: said("a,b\n1,\x00\n")}, File{Codes: []string{"intake.nul_byte", "intake.encoding_unknown", "intake.empty"}, Make: said(strings.Repeat("\x00", 1<<20))})
	add("marks", File{Loads: true, Make: said("a,b\n\ufeff1,2\n\ufeff,3\n")}, File{Loads: true, Make: said("\ufeff\ufeffa,b\n1,2\n")}, File{Codes: []string{"intake.format_not_read"}, Make: said("\xff\xfe\x00\x00a\x00\x00\x00")},
		File{Loads: true, Make: said("\xff\xfea\x00,\x00b\x00\n\x00\x31")}, File{Codes: []string{"intake.empty"}, Make: said("\xef\xbb\xbf")}, File{Codes: []string{"intake.empty"}, Make: said("")}, File{Codes: []string{"intake.empty"}, Make: said("\n\r\n \t\n")})
	add("formula", File{Loads: true, Make: said("名,数\n=cmd|'/c calc'!A1,1\n+1+1,2\n@SUM(A1),3\n")})
	add("numbers", File{Loads: true, Make: said("a,b\n" + strings.Repeat("9", 1_000_000) + ",1\n1,2\n")}, File{Loads: true, Make: said("a,b\n1e999999999,1\n1e308,2\n-1e-999,3\n")}, File{Loads: true, Make: said("日期\n99999-12-31\n0000-00-00\n2026-02-30\n2026-01-01\n")})
	add("wide-table", File{Slow: true, Loads: true, Make: func() []byte {
		var b strings.Builder
		for i := range 4999 {
			fmt.Fprintf(&b, "c%d,", i)
		}
		b.WriteString("z\n")
		for range 20 {
			b.WriteString(strings.Repeat("1,", 4999) + "1\n")
		}
		return []byte(b.String())
	}})
	add("gb18030", File{Loads: true, Make: said("a,b\n\x84\x31\xa4\x37,1\n" + gbk)}, File{Loads: true, Make: said("a,b\n\x81\x30\x81,1\n" + gbk)}, File{Loads: true, Make: said("a,b\n\xe3\x32\x9a\x35,1\n" + gbk)}, File{Loads: true, Make: said("a,b\n" + gbk + "\x81")})
	add("lines", File{Loads: true, Make: said(strings.Repeat("\r", 2_000_000) + "a,b\r1,2\r")}, File{Loads: true, Make: said("a,b\n" + strings.Repeat("\n", 2_000_000) + "1,2\n")}, File{Loads: true, Make: said(strings.Repeat("合计,1\n", 100_000))})
}

func documents(add func(string, ...File)) {
	broken := []string{"intake.json_broken", "intake.record_too_long"}
	var keys strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	many := keys.String()
	add("json", File{Codes: broken, Make: said(strings.Repeat("[", 1_000_000))}, File{Codes: broken, Make: said(strings.Repeat(`{"a":`, 500_000))}, File{Codes: broken, Make: said("[{\"a\":\"" + strings.Repeat("x", 9<<20) + "\"}]")},
		File{Codes: []string{"intake.too_many_columns", "intake.record_too_long"}, Make: said("[{" + many + `"z":1}]`)},
		File{Codes: []string{"intake.too_many_columns"}, Make: func() []byte {
			var b strings.Builder
			for i := range 60_000 {
				fmt.Fprintf(&b, "{\"k%d\":1}\n", i)
			}
			return []byte(b.String())
		}},
		File{Loads: true, Make: said(`[{"a":` + strings.Repeat("9", 1_000_000) + `},{"a":1e999999}]`)}, File{Loads: true, Make: said(`[{"a":"\ud800","b":"\udc00\ud800"}]`)},
		File{Loads: true, Make: said(`[` + strings.Repeat(`{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}},`, 1000) + `{}]`)}, File{Codes: []string{"intake.json_broken", "intake.encoding_unknown"}, Make: said("{\"a\":[{\"b\":\xff}]}")},
		File{Codes: []string{"intake.no_records", "intake.empty"}, Make: said(`[[],[],[]` + strings.Repeat(",[]", 1000) + `]`), Loads: true}, File{Loads: true, Make: said(`{"__proto__":{"a":1},"constructor":2}`)})
	add("geojson", File{Loads: true, Make: said(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `},"properties":{}}]}`)},
		File{Loads: true, Make: said(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,-1e400]},"properties":{"a":1}}]}`)},
		File{Codes: []string{"intake.crs_not_read"}, Make: said(`{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:2385"}},"features":[{"type":"Feature","geometry":null,"properties":{"a":1}}]}`)},
		File{Loads: true, Make: said(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":` + strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 900) + strings.Repeat(`]}`, 900) + `,"properties":{"a":1}}]}`)})
	add("html", File{Loads: true, Make: said("<table>" + strings.Repeat("<tr><td>", 20_000))}, File{Loads: true, Make: said("<html><table><tr><td colspan=1000000000 rowspan=1000000000>a<tr><td>1</table>")},
		File{Loads: true, Make: said(strings.Repeat("<table><tr><td>", 10_000) + "1")}, File{Loads: true, Make: said("<html>" + strings.Repeat("<div>", 200_000) + "<table><tr><td>a<td>b</table>")},
		File{Loads: true, Make: said("<html><table><tr><td>&#1114112;&#0;&#xd800;&nosuch;</td><td>b</td></tr><tr><td>1<td>2</table>")}, File{Loads: true, Make: said("<!doctype html>" + strings.Repeat("<", 1<<20))})
	add("parquet", File{Make: fixed(append([]byte("PAR1"), parquet[len(parquet)-8:]...))}, File{Make: fixed(append(append([]byte(nil), parquet[:len(parquet)-8]...), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'))},
		File{Make: fixed(append(append([]byte(nil), parquet[:len(parquet)-8]...), 1, 0, 0, 0, 'P', 'A', 'R', '1'))}, File{Make: said("PAR1PAR1")}, File{Make: said("PAR1")}, File{Codes: []string{"intake.format_not_read"}, Make: said("PARE....PARE")},
		File{Loads: true, Make: fixed(parquet)})
	add("arrow", File{Codes: []string{"intake.arrow_broken"}, Make: said("ARROW1\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f")}, File{Codes: []string{"intake.arrow_broken"}, Make: fixed(slices.Concat(arrows, arrows))},
		File{Codes: []string{"intake.arrow_broken"}, Make: fixed(arrows[:len(arrows)/2])}, File{Make: said("\xff\xff\xff\xff\x40\x00\x00\x00" + strings.Repeat("\xff", 80))}, File{Codes: []string{"intake.format_not_read"}, Make: said("FEA1....FEA1")}, File{Loads: true, Make: fixed(arrows)})
}
