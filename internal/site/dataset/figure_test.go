package dataset

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"kaishu/internal/base/selection"
	"kaishu/internal/infra/tabular"
)

func at(v float64) *float64 { return &v }

// drawn reads a chart as XML and returns its rectangles and texts.
func drawn(t *testing.T, svg string) (bars []map[string]string, words []string) {
	t.Helper()
	d, inText := xml.NewDecoder(strings.NewReader(svg)), false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return bars, words
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if inText = e.Name.Local == "text"; e.Name.Local == "rect" {
				bar := map[string]string{}
				for _, a := range e.Attr {
					bar[a.Name.Local] = a.Value
				}
				bars = append(bars, bar)
			}
		case xml.CharData:
			if inText {
				words = append(words, string(e))
			}
		case xml.EndElement:
			inText = false
		}
	}
}

func TestBarsBeginAtZeroOnBothSides(t *testing.T) {
	svg := draw(asBars, "<t>", "a & b", []point{{"up", at(10)}, {"down", at(-5)}, {"none", nil}, {"zero", at(0)}})
	bars, words := drawn(t, svg)
	if len(bars) != 2 || bars[0]["width"] != "353.3" || bars[1]["width"] != "176.7" || bars[1]["x"] != "220.0" || bars[0]["x"] != "396.7" {
		t.Errorf("%v", bars)
	}
	if got := strings.Join(words, " "); got != "up 10 down -5 none zero 0" {
		t.Error(got)
	}
}

func TestScaleIsRoundAndHoldsAll(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   string
	}{
		{[]float64{3, 106}, "[0 50 100 150]"}, {[]float64{-0.48, 1.17}, "[-0.5 0 0.5 1 1.5]"}, {[]float64{5}, "[0 1 2 3 4 5]"},
		{[]float64{-4}, "[-5 -4.5 -4 -3.5 -3]"}, {nil, "[0 1]"}, {[]float64{0}, "[-1 -0.5 0 0.5 1]"}, {[]float64{90, 100}, "[90 92 94 96 98 100]"}, {[]float64{1e12, 3e12}, "[0 1e+12 2e+12 3e+12]"},
	} {
		var points []point
		for _, v := range tt.values {
			points = append(points, point{Value: at(v)})
		}
		ticks := scale(points)
		if got := fmt.Sprint(ticks); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.values, got, tt.want)
		}
	}
}

// TestLongTimesArePutTogether: days become months; an average is one of all
// figures, not of averages; a gap stays a gap in the middle and goes at the
// ends.
func TestLongTimesArePutTogether(t *testing.T) {
	ch := choiceOf{x: selection.Column{Name: "day", Type: selection.Date}, y: selection.Column{Name: "v", Type: selection.Integer}, function: selection.Avg, kind: asLine}
	var rows [][]any
	for day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2026; day = day.AddDate(0, 0, 1) {
		row := []any{day.Format(time.DateOnly), int64(1), int64(1)}
		switch {
		case day.Format("2006-01") == "2024-03" && day.Day() == 1:
			row = []any{row[0], int64(300), int64(10)} // ten figures of 30 on one day
		case day.Format("2006-01") == "2024-01", day.Format("2006-01") == "2025-06":
			row = []any{row[0], nil, int64(0)}
		}
		rows = append(rows, row)
	}
	points, by := ch.points(rows)
	if by != "month" || len(points) != 23 || points[0].Label != "2024-02" || points[16].Label != "2025-06" || points[16].Value != nil {
		t.Fatalf("%s, %d points: %v", by, len(points), points)
	}
	if got := *points[1].Value; math.Abs(got-330.0/40) > 1e-9 {
		t.Errorf("average of March is %v, want %v", got, 330.0/40)
	}
	if points, by = ch.points(rows[:400]); by != "" || points[0].Label != "2024-02-01" {
		t.Errorf("what fits was put together by %q", by)
	}
	ch.function = selection.Sum
	if points, _ = ch.points(rows); *points[1].Value != 330 {
		t.Errorf("sum of March is %v", *points[1].Value)
	}
}

func TestPointsLieWhereTheirTimeIs(t *testing.T) {
	if got := fmt.Sprint(places([]point{{Label: "2020年"}, {Label: "2021年"}, {Label: "2024年"}})); !strings.HasPrefix(got, "[0 0.25") {
		t.Error(got)
	}
	for _, labels := range [][]string{{"a", "b", "c"}, {"2024", "2020", "2026"}} { // no time, or no order
		var points []point
		for _, l := range labels {
			points = append(points, point{Label: l})
		}
		if got := fmt.Sprint(places(points)); got != "[0 0.5 1]" {
			t.Errorf("%v: %s", labels, got)
		}
	}
	drawn(t, draw(asLine, "t", "a", []point{{"2020", at(1)}}))
	drawn(t, draw(asLine, "t", "a", nil))
}

func TestChartIsChosenByItself(t *testing.T) {
	type col struct {
		column selection.Column
		known  tabular.ColumnProfile
	}
	make := func(name string, kind selection.Type, distinct int64, low, high any) col {
		return col{selection.Column{Name: name, Type: kind}, tabular.ColumnProfile{Name: name, Distinct: distinct, Min: low, Max: high}}
	}
	day, year, yearText := make("day", selection.Date, 3000, nil, nil), make("year", selection.Integer, 140, 1880.0, 2023.0), make("时期", selection.Text, 37, "1978年", "2014年")
	district, name, amount, code := make("区", selection.Text, 16, nil, nil), make("名称", selection.Text, 5000, nil, nil), make("amount", selection.Number, 900, nil, nil), make("街道代码", selection.Integer, 200, nil, nil)
	for _, tt := range []struct {
		columns []col
		ask     string
		want    string // x, y, function, kind
	}{
		{[]col{district, amount, day}, "", "day amount avg line"},
		{[]col{year, amount}, "", "year amount avg line"},
		{[]col{amount, yearText}, "", "时期 amount avg line"},
		{[]col{name, code, district}, "", "区  count bars"},
		{[]col{name, district, code, amount}, "f=sum", "区 amount sum bars"},
		{[]col{district, amount, day}, "x=区&y=", "区  count bars"},
		{[]col{district, amount, day}, "x=区&y=amount&f=max", "区 amount avg bars"},
		{[]col{name}, "", "   "},
	} {
		var schema selection.Schema
		var profile tabular.Profile
		for _, c := range tt.columns {
			schema.Columns, profile.Columns = append(schema.Columns, c.column), append(profile.Columns, c.known)
		}
		ask, err := url.ParseQuery(tt.ask)
		if err != nil {
			t.Fatal(err)
		}
		ch, _ := choose(ask, schema, profile)
		if got := fmt.Sprint(ch.x.Name, " ", ch.y.Name, " ", ch.function, " ", ch.kind); got != tt.want {
			t.Errorf("%v %s: %q, want %q", tt.columns, tt.ask, got, tt.want)
		}
	}
}

func TestAmountsAndLabels(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234567: "1,234,567", 8.5537: "8.554", 1234.56: "1,234.6", -1234.56: "-1,234.6", 0.000123: "0.000123"} {
		if got := amount(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := fit("Federated States of Micronesia", 30); got != "Federated States of Micronesia" {
		t.Error(got)
	}
	if got := fit(strings.Repeat("区", 20), 30); got != strings.Repeat("区", 15)+"…" {
		t.Error(got)
	}
}
