package intake

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kaishu/internal/base/problem"
)

// shared returns the path of a file that is not part of the repository.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("../../../../shared/data", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no shared data here:", name)
	}
	return path
}

// truth returns the records of a UTF-8 CSV file, header first.
func truth(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sameCells compares what was read with the truth; a null is an empty cell.
func sameCells(t *testing.T, got *table, want [][]string) {
	t.Helper()
	if len(got.rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(got.rows), len(want))
	}
	wrong := 0
	for i, cells := range want {
		for n, cell := range cells {
			read := ""
			if c := got.rows[i][n]; c != nil {
				read = *c
			}
			if read != cell {
				if wrong++; wrong < 5 {
					t.Errorf("row %d, column %d: %q, want %q", i+1, n+1, read, cell)
				}
			}
		}
	}
}

func TestReadsRealFiles(t *testing.T) {
	const poi = "name:text address:text adname:text pname:text type:text lat:number lon:number"
	const aqi = "Date:date Hour:text WatchPoint:text AQI:integer Level:text PrimaryPollution:text PM2.5:integer PM10:integer CO:number"
	for _, c := range []struct {
		file, form string
		rows       int64
		aside      int64  // of the rows
		types      string // beginning
		located    string
	}{
		{"dirty/derived/01_gb18030_crlf.csv", "csv gb18030 ,", 2284, 0, poi, "lon lat?"},
		{"dirty/derived/05_full_width_digits.csv", "csv utf-8 ,", 300, 0, "name:text address:text adname:text", "lon lat?"},
		{"dirty/derived/07_semicolon_embedded_newlines.csv", "csv utf-8 ;", 400, 0, aqi, ""},
		{"dirty/derived/09_headerless.tsv", "csv utf-8 \t", 1500, 0, "列1:integer 列2:text 列3:integer", ""},
		{"dirty/derived/10_ragged_duplicate_columns.csv", "csv utf-8 ,", 431, 0, "name:text address:text address_2:text pname:text type:text lat:number 列7:number", ""},
		{"dirty/native/aqi_hourly_shanghai_202004.csv", "csv utf-8 ,", 990, 0, aqi, ""},
		{"dirty/native/covid.xlsx", "xlsx Sheet1", 124, 0, "列1:integer Date:date NewInfection:integer", ""},
		{"dirty/native/covid_padded.csv", "csv utf-8 ,", 124, 0, "列1:integer Date:date NewInfection:integer", ""},
		{"shanghai/covid_daily_shanghai_2021_2022_wide.csv", "csv utf-8 ,", 165, 0, "日期:date 阳性感染者:integer", ""},
		{"shanghai/metro_entries_5min_20150401_noheader.csv", "csv utf-8 ,", 59559, 0, "列1:text 列2:integer 列3:integer", ""},
		{"shanghai/metro_fare_matrix_2015.csv", "csv utf-8 ,", 347, 0, "STATION:text S_0111:integer", ""},
		{"shanghai/metro_first_last_train_2015.csv", "csv utf-8 ,", 6705, 0, "ST_NO:text FIRST_T_TIME:integer", ""},
		{"shanghai/metro_incident_messages_2014_sample.tsv", "csv utf-8 \t", 1000, 0, "消息序列:integer 级别:text 类型:text 发布区间数:integer 发布区域:text 开始时间:datetime", ""},
		{"shanghai/metro_lines_2015.tsv", "csv utf-8 \t", 14, 0, "LINE_NO:text LINE_NAME:text LINE_NAME_EN:text LINE_TYPE:text LINE_LENGTH:number", ""},
		{"shanghai/metro_station_facilities_2015.csv", "csv utf-8 ,", 1038, 0, "ST_NO:text FACILITY_DESCP:text TYPE:integer TOILET_INSIDE:text FACILITY_DESCP_EN:text", ""},
		{"shanghai/metro_stations_2015.csv", "csv utf-8 ,", 347, 0, "ST_NO:text ST_NAME:text", ""},
		{"shanghai/poi_kindergarten.csv", "csv utf-8 ,", 2284, 0, poi, "lon lat?"},
		{"shanghai/poi_medical.csv", "csv utf-8 ,", 7513, 0, poi, "lon lat?"},
		{"shanghai/poi_metro_station.csv", "csv utf-8 ,", 449, 0, poi, "lon lat?"},
		{"shanghai/poi_school.csv", "csv utf-8 ,", 6150, 0, poi, "lon lat?"},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, _, err := readFile(t, shared(t, "real/"+c.file), nil)
			if err != nil {
				t.Fatal(err)
			}
			form := strings.Trim(r.Recipe.Format+" "+r.Recipe.Encoding+r.Recipe.Sheet+" "+r.Recipe.Delimiter, " ")
			located := ""
			if c := r.Recipe.Coordinates; c != nil {
				located = c.Longitude + " " + c.Latitude + cmp.Or(c.System, "?")
			}
			if form != c.form || located != c.located || r.RowsIn != c.rows || r.RowsSetAside != c.aside || r.CellsSetAside != 0 {
				t.Errorf("%q %q, %d rows, %d rows and %d cells set aside", form, located, r.RowsIn, r.RowsSetAside, r.CellsSetAside)
			}
			if got := types(r.Recipe); !strings.HasPrefix(got, c.types) {
				t.Errorf("types %s", got)
			}
		})
	}
}

func TestReadsTheTruth(t *testing.T) {
	for _, c := range []struct {
		file, truth string
		header      int // records of the truth to leave out
	}{
		{"dirty/derived/01_gb18030_crlf.csv", "dirty/derived/truth/01_gb18030_crlf.csv.truth.csv", 1},
		{"dirty/derived/09_headerless.tsv", "dirty/derived/truth/09_headerless.tsv.truth.csv", 1},
		{"dirty/native/rare_characters_villages_gb18030.csv", "dirty/native/rare_characters_villages_utf8.csv", 1},
		{"shanghai/poi_school.csv", "dirty/derived/truth/02_utf16_tab.txt.truth.csv", 1},
	} {
		t.Run(c.file, func(t *testing.T) {
			_, got, err := readFile(t, shared(t, "real/"+c.file), nil)
			if err != nil {
				t.Fatal(err)
			}
			sameCells(t, got, truth(t, "real/"+c.truth)[c.header:])
		})
	}
}

// A workbook and a padded CSV hold the same table.
func TestWorkbookEqualsText(t *testing.T) {
	_, book, err := readFile(t, shared(t, "real/dirty/native/covid.xlsx"), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, text, err := readFile(t, shared(t, "real/dirty/native/covid_padded.csv"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text.rows {
		if book.text(i) != text.text(i) {
			t.Errorf("row %d: %s, in text %s", i+1, book.text(i), text.text(i))
		}
	}
}

func TestRefusesRealFiles(t *testing.T) {
	for _, c := range []struct{ file, code, arg string }{
		{"real/dirty/derived/12_half_utf8_half_gbk.csv", "intake.encoding_mixed", "102"},
		{"real/dirty/fixtures/encryptAES.xlsx", "intake.encrypted", ""},
		{"real/dirty/fixtures/negative_page_size.parquet", "intake.parquet_broken", ""},
		{"real/shanghai/metro_base_field_notes.docx", "intake.format_not_read", "DOCX"},
		{"conformance/xlsx/encryptSHA1.xlsx", "intake.encrypted", ""},
		{"conformance/xlsx/encryptSHA512.xlsx", "intake.encrypted", ""},
		{"conformance/xlsx/BadWorkbook.xlsx", "intake.workbook_broken", ""},
	} {
		_, _, err := readFile(t, shared(t, c.file), nil)
		p := problem.As(err)
		if p == nil || p.Code != c.code {
			t.Errorf("%s: %v, want %s", c.file, err, c.code)
			continue
		}
		if c.arg != "" && fmt.Sprint(p.Args["line"]) != c.arg && p.Args["format"] != c.arg {
			t.Errorf("%s: %v, want %s", c.file, p.Args, c.arg)
		}
	}
}

// The usual torture: https://github.com/maxogden/csv-spectrum.
func TestCSVSpectrum(t *testing.T) {
	all, err := filepath.Glob(shared(t, "conformance/csv-spectrum/csvs") + "/*.csv")
	if err != nil || len(all) < 12 {
		t.Fatal(len(all), err)
	}
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".csv")
		text, err := os.ReadFile(shared(t, "conformance/csv-spectrum/json/"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]string
		if json.Unmarshal(text, &want) != nil {
			want = make([]map[string]string, 1) // one object instead of a list
			if err := json.Unmarshal(text, &want[0]); err != nil {
				t.Fatal(err)
			}
		}
		result, got, err := readFile(t, path, nil)
		if err != nil || len(got.rows) != len(want) {
			t.Fatalf("%s: %d rows, want %d, %v", name, len(got.rows), len(want), err)
		}
		for i, row := range want {
			for n, c := range result.Recipe.Columns {
				cell := ""
				if got.rows[i][n] != nil {
					cell = *got.rows[i][n]
				}
				// The suite's JSON of this file has another number.
				if cell != row[c.Name] && !(name == "location_coordinates" && n == 0) {
					t.Errorf("%s, row %d, %s: %q, want %q", name, i+1, c.Name, cell, row[c.Name])
				}
			}
		}
	}
}
