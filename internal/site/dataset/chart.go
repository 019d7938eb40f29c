package dataset

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"kaishu/internal/base/locale"
)

// point is one figure of a chart; a nil Value is a gap.
type point struct {
	Label string
	Value *float64
}

// shape is how a chart is drawn.
type shape string

const (
	asLine shape = "line" // along time
	asBars shape = "bars" // per group, sorted
)

const accent = "#1F5FA8"

// draw returns the chart as SVG: labelled directly, one hue, with a title and
// a description, since the table under it is its equal.
func draw(kind shape, title, about string, points []point) string {
	if kind == asLine {
		return drawLine(title, about, points)
	}
	return drawBars(title, about, points)
}

func begin(b *strings.Builder, width, height int, title, about string) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="chart-title chart-about" font-family="PingFang SC,Microsoft YaHei,Noto Sans CJK SC,sans-serif" font-size="13">`,
		width, height, width, height)
	fmt.Fprintf(b, `<title id="chart-title">%s</title><desc id="chart-about">%s</desc>`, esc(title), esc(about))
}

func esc(s string) string { return template.HTMLEscapeString(s) }

func drawBars(title, about string, points []point) string {
	const width, left, line = 860, 220, 26
	most := extent(points, 0)
	var b strings.Builder
	begin(&b, width, line*len(points)+8, title, about)
	for i, p := range points {
		y := i * line
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#2b2f36">%s</text>`, left-8, y+18, esc(cut(p.Label, 15)))
		if p.Value == nil {
			continue
		}
		long := math.Max(0, *p.Value) / most * float64(width-left-110)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="18" fill="%s"/>`, left, y+4, math.Max(long, 1), accent)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#2b2f36">%s</text>`, float64(left)+math.Max(long, 1)+6, y+18, esc(amount(*p.Value)))
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func drawLine(title, about string, points []point) string {
	const width, height, left, right, top, bottom = 860, 320, 80, 24, 16, 36
	low, high := bounds(points)
	at := func(i int, v float64) (float64, float64) {
		x := float64(left)
		if len(points) > 1 {
			x += float64(i) / float64(len(points)-1) * (width - left - right)
		}
		return x, top + (high-v)/(high-low)*(height-top-bottom)
	}
	var b strings.Builder
	begin(&b, width, height, title, about)
	for i := range 5 {
		v := low + (high-low)*float64(i)/4
		_, y := at(0, v)
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#dfe3e8"/><text x="%d" y="%.1f" text-anchor="end" fill="#5b6470">%s</text>`,
			left, y, width-right, y, left-8, y+4, esc(amount(v)))
	}
	path, pen := "", "M"
	for i, p := range points {
		if p.Value == nil {
			pen = "M"
			continue
		}
		x, y := at(i, *p.Value)
		path += fmt.Sprintf("%s%.1f %.1f", pen, x, y)
		pen = "L"
		if len(points) <= 60 {
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`, x, y, accent)
		}
	}
	fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2"/>`, path, accent)
	every := max(1, (len(points)+7)/8)
	for i := 0; i < len(points); i += every {
		x, _ := at(i, low)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#5b6470">%s</text>`, x, height-12, esc(cut(points[i].Label, 12)))
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func extent(points []point, least float64) float64 {
	most := least
	for _, p := range points {
		if p.Value != nil {
			most = math.Max(most, *p.Value)
		}
	}
	if most <= 0 {
		return 1
	}
	return most
}

// bounds returns round bounds of the axis; from zero if that costs little.
func bounds(points []point) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Value != nil {
			low, high = math.Min(low, *p.Value), math.Max(high, *p.Value)
		}
	}
	if math.IsInf(low, 1) {
		return 0, 1
	}
	if low > 0 && low < high/2 {
		low = 0
	}
	if low == high {
		return low - 1, high + 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high-low)))
	return math.Floor(low/step) * step, math.Ceil(high/step) * step
}

// amount writes a figure for people: thousands separators, at most two
// decimals, four significant ones if it is small.
func amount(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return locale.Count(int64(v))
	}
	if math.Abs(v) >= 100 {
		whole, part, _ := strings.Cut(fmt.Sprintf("%.1f", v), ".")
		var n int64
		fmt.Sscan(whole, &n)
		return locale.Count(n) + "." + part
	}
	return fmt.Sprintf("%.4g", v)
}
