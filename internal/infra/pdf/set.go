package pdf

import (
	"strconv"
	"strings"
	"unicode"
)

// A4 and its margins, in points of 1/72 inch. The area of text is that of
// Chinese official papers: 156 mm wide, 225 mm high.
const (
	millimetre = 72 / 25.4
	pageWidth  = 210 * millimetre
	pageHeight = 297 * millimetre
	left       = 28 * millimetre
	top        = 37 * millimetre
	textWidth  = 156 * millimetre
	textHeight = 225 * millimetre
	footLine   = 20 * millimetre // of the page number, above the lower edge
)

// stretch is the most that a line is widened between two characters to reach
// the margin, in units of the em; more would read as a space.
const stretch = 0.08

// A style is the size of a text and the height of its lines, in points.
type style struct{ size, line float64 }

// A setter sets one letter.
type setter struct {
	chinese                        bool
	all                            faceSet
	subsets                        [faceCount]*subset
	body, title, head, small, page style
	err                            error // the first that arose while setting
}

func newSetter(lang string) (*setter, error) {
	all, err := faces()
	if err != nil {
		return nil, err
	}
	s := &setter{all: all, chinese: strings.HasPrefix(strings.ToLower(lang), "zh")}
	for i, f := range all {
		s.subsets[i] = newSubset(f)
	}
	if s.chinese {
		s.body, s.title, s.head, s.small, s.page = style{14, 26}, style{20, 34}, style{18, 30}, style{10.5, 17}, style{10.5, 15}
	} else {
		s.body, s.title, s.head, s.small, s.page = style{11.5, 18}, style{17, 25}, style{15, 23}, style{9.5, 14}, style{9.5, 14}
	}
	return s, nil
}

// chars looks up what is needed to show text.
func (s *setter) chars(text string) []char {
	runes := []rune(clean(text))
	out := make([]char, len(runes))
	for i, r := range runes {
		between := i > 0 && i+1 < len(runes) && narrow(runes[i-1]) && narrow(runes[i+1])
		which, glyph := s.all.find(r, !s.chinese || between)
		code, err := s.subsets[which].add(r, glyph)
		if err != nil && s.err == nil {
			s.err = err
		}
		out[i] = char{r: r, face: which, code: code}
		if err == nil {
			out[i].width = s.subsets[which].widths[code]
		}
	}
	return out
}

// narrow tells whether r is a letter as in Latin text: the apostrophe between
// two such is narrow even in a Chinese letter.
func narrow(r rune) bool { return unicode.IsLetter(r) && !wide(r) }

// A part is text on one line: where it begins, from the left margin, and by how
// much it is moved apart where a Han character stands on either side, both in
// points.
type part struct {
	x, size, apart float64
	text           []char
}

// A row is what stands on one height. before is left out at the top of a page;
// rule draws a line across the page above it; glue keeps it on one page with
// the row that follows.
type row struct {
	before, height float64
	parts          []part
	rule, glue     bool
}

// letter sets all parts of l, in reading order.
func (s *setter) letter(l Letter) []row {
	var rows []row
	for _, text := range l.Head {
		rows = append(rows, s.centred(text, s.head, 0)...)
	}
	ruled := len(rows) > 0
	number := s.plain(l.Number, s.body, l.Number != "")
	for i := range number {
		number[i].parts[0].x = textWidth - seen(number[i].parts[0].text)*s.body.size
		number[i].rule, ruled = ruled, false
		number[i].before = 6
	}
	rows = append(rows, number...)
	if l.Title != "" {
		title := s.centred(l.Title, s.title, 2*s.body.size)
		title[0].rule = ruled
		title[len(title)-1].height += s.body.size
		rows = append(rows, title...)
	}
	for i := range rows {
		rows[i].glue = true
	}
	for _, b := range l.Blocks {
		rows = append(rows, s.block(b)...)
	}
	rows = append(rows, s.signature(l.Signature, rows)...)
	for i, text := range l.Foot {
		foot := s.plain(text, s.small, true)
		if i == 0 && len(foot) > 0 {
			foot[0].before, foot[0].rule = 2*s.small.line, true
		}
		rows = append(rows, foot...)
	}
	return rows
}

// block sets a heading, paragraphs, a list and facts.
func (s *setter) block(b Block) []row {
	var rows []row
	if b.Heading != "" {
		heading := s.plain(b.Heading, style{s.body.size * 1.1, s.body.line * 1.1}, true)
		heading[0].before = s.body.size * 0.8
		for i := range heading {
			heading[i].glue = true
		}
		rows = append(rows, heading...)
	}
	if b.Text != "" {
		for _, text := range strings.Split(b.Text, "\n") {
			rows = append(rows, s.paragraph(text)...)
		}
	}
	for i, item := range b.Items {
		rows = append(rows, s.item(strconv.Itoa(i+1)+".", item, len(b.Items))...)
	}
	return append(rows, s.facts(b.Facts)...)
}

// paragraph sets a paragraph: Chinese ones begin two characters in, others
// stand a little apart.
func (s *setter) paragraph(text string) []row {
	indent := 0.0
	if s.chinese {
		indent = 2 * s.body.size
	}
	rows := s.filled(text, s.body, 0, textWidth, indent)
	if !s.chinese {
		rows[0].before = s.body.size / 2
	}
	return together(rows)
}

// together keeps the first two and the last two lines of rows on one page.
func together(rows []row) []row {
	if n := len(rows); n > 1 {
		rows[0].glue, rows[n-2].glue = true, true
	}
	return rows
}

// item sets one entry of a numbered list of n.
func (s *setter) item(label string, text string, n int) []row {
	hang := s.body.size * (1.4 + 0.6*float64(len(strconv.Itoa(n))-1))
	at := 0.0
	if s.chinese {
		at = 2 * s.body.size
	}
	rows := s.filled(text, s.body, at+hang, textWidth-at-hang, 0)
	rows[0].parts = append([]part{{x: at, size: s.body.size, text: s.chars(label)}}, rows[0].parts...)
	rows[0].before = s.body.size * 0.2
	return together(rows)
}

// facts sets a table of two columns; the first is as wide as its longest label,
// and at most 35 of 100.
func (s *setter) facts(facts []Fact) []row {
	size, gap := s.body, s.body.size
	size.line *= 0.9
	width := 0.0
	for _, f := range facts {
		width = max(width, seen(s.chars(f.Label))*size.size)
	}
	width = min(width+0.1, 0.35*textWidth)
	var rows []row
	for i, f := range facts {
		labels := s.filled(f.Label, size, 0, width, 0)
		values := s.filled(f.Value, size, width+gap, textWidth-width-gap, 0)
		for j, label := range labels {
			if j == len(values) {
				values = append(values, row{height: size.line})
			}
			values[j].parts = append(label.parts, values[j].parts...)
		}
		values[0].before = 3
		values[0].rule = true
		if i == 0 {
			values[0].before = s.body.size / 2
		}
		rows = append(rows, together(values)...)
	}
	if n := len(rows); n > 0 {
		rows[n-1].height += s.body.size / 2
	}
	return rows
}

// signature sets the body and the date on the right, centred on each other,
// and ties them to the last two lines of what stands before.
func (s *setter) signature(signature []string, before []row) []row {
	width := 0.0
	for _, text := range signature {
		width = max(width, seen(s.chars(text))*s.body.size)
	}
	width = min(width, textWidth)
	end := textWidth
	if s.chinese {
		end = max(width, textWidth-2*s.body.size)
	}
	var rows []row
	for _, text := range signature {
		set := s.filled(text, s.body, end-width, width+0.1, 0)
		for i := range set {
			p := &set[i].parts[0]
			p.x, p.apart = end-width+(width-seen(p.text)*s.body.size)/2, 0
		}
		rows = append(rows, set...)
	}
	if len(rows) == 0 {
		return nil
	}
	rows[0].before = 1.5 * s.body.line
	for i := range len(rows) - 1 {
		rows[i].glue = true
	}
	for i := max(0, len(before)-2); i < len(before); i++ {
		before[i].glue = true
	}
	return rows
}

func (s *setter) centred(text string, st style, before float64) []row {
	rows := s.plain(text, st, true)
	for i := range rows {
		p := &rows[i].parts[0]
		p.x, p.apart = (textWidth-seen(p.text)*st.size)/2, 0
	}
	rows[0].before = before
	return rows
}

// plain sets text from margin to margin, or nothing if it is not wanted.
func (s *setter) plain(text string, st style, wanted bool) []row {
	if !wanted {
		return nil
	}
	rows := s.filled(text, st, 0, textWidth, 0)
	for i := range rows {
		rows[i].parts[0].apart = 0
	}
	return rows
}

// filled sets text in a column that begins at x; a line feed begins a new line.
// Chinese lines are widened to fill the column, if little is missing.
func (s *setter) filled(text string, st style, x, width, indent float64) []row {
	var rows []row
	for _, one := range strings.Split(text, "\n") {
		set := lines(s.chars(one), width/st.size, indent/st.size)
		for i, line := range set {
			p := part{x: x + indent, size: st.size, text: line}
			room := width - indent - seen(line)*st.size
			indent = 0
			if n := gaps(line); s.chinese && i < len(set)-1 && n > 0 && room/float64(n) < stretch*st.size {
				p.apart = max(room/float64(n), 0)
			}
			rows = append(rows, row{height: st.line, parts: []part{p}})
		}
	}
	return rows
}

// gaps counts where a line can be widened.
func gaps(line []char) (n int) {
	line = trimmed(line)
	for i := range line {
		if widens(line, i) {
			n++
		}
	}
	return n
}

// widens tells whether a line can be widened after its character i.
func widens(line []char, i int) bool {
	return i+1 < len(line) && !attached(line[i+1].r) && (wide(line[i].r) || wide(line[i+1].r))
}

// paginate spreads rows over pages, at least one. Rows that are glued together
// go to the next page together, unless they would not fit on any.
func (s *setter) paginate(rows []row) [][]row {
	pages, used := [][]row{nil}, 0.0
	for len(rows) > 0 {
		n, height := 1, rows[0].before+rows[0].height
		for n < len(rows) && rows[n-1].glue {
			height += rows[n].before + rows[n].height
			n++
		}
		last := &pages[len(pages)-1]
		if used > 0 && used+height > textHeight && height-rows[0].before <= textHeight {
			pages, used = append(pages, nil), 0
			last = &pages[len(pages)-1]
		}
		for _, r := range rows[:n] {
			if used > 0 && used+r.before+r.height > textHeight {
				pages, used = append(pages, nil), 0
				last = &pages[len(pages)-1]
			}
			if used == 0 {
				r.before = 0
			}
			*last = append(*last, r)
			used += r.before + r.height
		}
		rows = rows[n:]
	}
	return pages
}
