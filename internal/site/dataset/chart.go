package dataset

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

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
	const width, left, right, line = 860, 220, 110, 26
	low, high := extent(points)
	at := func(v float64) float64 { return left + (v-low)/(high-low)*(width-left-right) }
	var b strings.Builder
	begin(&b, width, line*len(points)+8, title, about)
	for i, p := range points {
		y := i * line
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#2b2f36">%s</text>`, left-8, y+18, esc(fit(p.Label, 30)))
		if p.Value == nil {
			continue
		}
		from, to := math.Min(at(0), at(*p.Value)), math.Max(at(0), at(*p.Value))
		if *p.Value != 0 {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%d" width="%.1f" height="18" fill="%s"/>`, from, y+4, math.Max(to-from, 1), accent)
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#2b2f36">%s</text>`, to+6, y+18, esc(amount(*p.Value)))
	}
	fmt.Fprintf(&b, `<line x1="%.1f" y1="0" x2="%.1f" y2="%d" stroke="#7d8895"/></svg>`, at(0), at(0), line*len(points)+4)
	return b.String()
}

// fit cuts a label to a width, counted in Latin letters; a Han is two wide.
func fit(s string, width int) string {
	used := 0
	for i, r := range s {
		if used++; r >= 0x1100 {
			used++
		}
		if used > width {
			return s[:i] + "…"
		}
	}
	return s
}

// places returns where the points lie along time, from 0 to 1; evenly if one
// of them cannot be read as a time.
func places(points []point) []float64 {
	all := make([]float64, len(points))
	for i, p := range points {
		at, ok := moment(p.Label)
		if !ok || i > 0 && at <= all[i-1] {
			for j := range all {
				all[j] = float64(j) / math.Max(1, float64(len(all)-1))
			}
			return all
		}
		all[i] = at
	}
	if len(all) == 0 {
		return all
	}
	first, whole := all[0], math.Max(1, all[len(all)-1]-all[0])
	for i := range all {
		all[i] = (all[i] - first) / whole
	}
	return all
}

// moment reads a label of a line: a year, month, day or instant.
func moment(label string) (float64, bool) {
	for _, layout := range []string{"2006", "2006年", "2006-01", time.DateOnly, "2006-01-02 15:04", time.DateTime} {
		if at, err := time.Parse(layout, label); err == nil {
			return float64(at.Unix()), true
		}
	}
	return 0, false
}

func drawLine(title, about string, points []point) string {
	const width, height, left, right, top, bottom = 860, 320, 80, 48, 16, 36
	ticks, along := scale(points), places(points)
	low, high := ticks[0], ticks[len(ticks)-1]
	at := func(i int, v float64) (float64, float64) {
		return left + along[i]*(width-left-right), top + (high-v)/(high-low)*(height-top-bottom)
	}
	var b strings.Builder
	begin(&b, width, height, title, about)
	for _, v := range ticks {
		y := top + (high-v)/(high-low)*(height-top-bottom)
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
	fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"/>`, path, accent)
	last := -float64(width)
	for i := range points {
		if x, _ := at(i, low); x-last >= 32+8*float64(len(points[i].Label)) { // what a label needs
			fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle" fill="#5b6470">%s</text>`, x, height-12, esc(points[i].Label))
			last = x
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// extent returns the bounds of bars, which begin at zero.
func extent(points []point) (low, high float64) {
	for _, p := range points {
		if p.Value != nil {
			low, high = math.Min(low, *p.Value), math.Max(high, *p.Value)
		}
	}
	if low == high {
		high = 1
	}
	return low, high
}

// scale returns the round figures that stand at an axis, from below the least
// value to above the greatest; from zero if that costs little.
func scale(points []point) (ticks []float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Value != nil {
			low, high = math.Min(low, *p.Value), math.Max(high, *p.Value)
		}
	}
	if math.IsInf(low, 1) {
		return []float64{0, 1}
	}
	if low > 0 && (low == high || low < high/2) {
		low = 0
	}
	if low == high {
		low, high = low-1, high+1
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, by := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*by) <= 5 {
			step *= by
			break
		}
	}
	for k := math.Floor(low / step); ; k++ {
		ticks = append(ticks, k*step)
		if k*step >= high {
			return ticks
		}
	}
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
