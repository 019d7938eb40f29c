package calendar

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// reader reads what is said of one holiday after another.
type reader struct {
	year int
	p    *problem.List

	about Item
	wrote string         // of the day before, where the text wrote it
	month string         // of the day before
	days  []workday.Date // of which it is not said yet what they are
	fresh bool           // a day was just read
	until bool           // the next day ends a range
	words string         // other words since the last comma
	said  []workday.Date // days off of this sentence
	whole string         // the sentence
}

// offWords make the days before them days off, longest first.
var offWords = []string{"放假调休", "调休放假", "放假公休", "放假", "补休", "调休"}

// aside are words of clauses that only explain.
var aside = []string{"法定", "公休", "国务院办公厅", "分别调至", "调至", "起", "印发", "发布", "成文"}

// item reads the sentences about the holiday called name.
func (r *reader) item(name, text string) Item {
	r.about, r.wrote, r.month = Item{Name: name}, "", ""
	for _, line := range strings.Split(text, "\n") {
		for _, sentence := range strings.FieldsFunc(line, func(c rune) bool { return c == '。' || c == ';' }) {
			if strings.Contains(sentence, "鼓励") {
				continue
			}
			r.sentence(sentence)
		}
	}
	i := r.about
	i.Off, i.Worked = slices.Compact(sorted(i.Off)), slices.Compact(sorted(i.Worked))
	if name != "" && len(i.Off) == 0 {
		r.p.Add("/text", "calendar.paste_no_days", "name", name)
	}
	return i
}

func (r *reader) sentence(text string) {
	r.days, r.fresh, r.until, r.words, r.said, r.whole = nil, false, false, "", nil, text
	for len(text) > 0 {
		text = r.step(text)
	}
	r.comma()
	r.dangling()
	if m := countText.FindStringSubmatch(r.whole); m != nil && len(r.said) > 0 {
		if n, _ := strconv.Atoi(m[1]); n != len(r.said) {
			r.p.Add("/text", "calendar.paste_count", "name", r.about.Name, "said", n, "found", len(r.said))
		}
	}
}

// step reads one piece of a sentence and returns the rest.
func (r *reader) step(text string) string {
	if m := dayText.FindStringSubmatch(text); m != nil && (strings.Contains(m[0], "日") || m[2] != "") {
		r.day(m)
		return text[len(m[0]):]
	}
	if strings.HasPrefix(text, "与周末连休") {
		r.joinWeekend()
		return text[len("与周末连休"):]
	}
	if strings.HasPrefix(text, "不调休") {
		return text[len("不调休"):]
	}
	for _, word := range offWords {
		if strings.HasPrefix(text, word) {
			r.about.Off, r.said = append(r.about.Off, r.days...), append(r.said, r.days...)
			r.days, r.words = nil, ""
			return text[len(word):]
		}
	}
	if strings.HasPrefix(text, "上班") {
		if !strings.HasSuffix(r.words, "起") && !strings.HasSuffix(r.words, "起正常") { // "…起上班" only says when the holiday ends
			r.about.Worked = append(r.about.Worked, r.days...)
		}
		r.days, r.words = nil, ""
		return text[len("上班"):]
	}
	letter, n := utf8.DecodeRuneInString(text)
	switch letter {
	case '至', '到', '-':
		r.until = r.fresh
	case ',':
		r.comma()
	case '(':
		if end := strings.IndexByte(text, ')'); end > 0 {
			return text[end+1:]
		}
	case '、':
	default:
		r.words += string(letter)
	}
	r.fresh = false
	return text[n:]
}

// comma ends a clause. Days that stand alone in it belong to the next one;
// those of a clause that only explains are dropped.
func (r *reader) comma() {
	r.until = false
	for _, word := range aside {
		if strings.Contains(r.words, word) {
			r.days = nil
		}
	}
	if len(r.days) == 0 {
		r.words = ""
	}
}

// dangling tells of days of which the sentence does not say what they are.
func (r *reader) dangling() {
	if len(r.days) == 0 || r.words == "" && r.about.Name == "" {
		return
	}
	if onlyDay := strings.TrimSpace(r.whole); r.words == "" && len(r.days) == 1 && dayText.FindString(onlyDay) == onlyDay {
		return // the day on which the notice was signed
	}
	days := make([]string, len(r.days))
	for i, d := range r.days {
		days[i] = string(d)
	}
	r.p.Add("/text", "calendar.paste_unclear", "name", r.about.Name, "days", strings.Join(days, " "))
}

// day reads a day: year, month, day of the month, what stands in brackets.
func (r *reader) day(m []string) {
	if m[1] != "" {
		r.wrote = m[1]
	}
	if m[2] != "" {
		r.month = m[2]
		if m[1] == "" && !r.until {
			r.wrote = ""
		}
	}
	year := r.wrote
	if year == "" && strings.TrimLeft(r.month, "0") == "12" && strings.Contains(r.about.Name, "元旦") {
		year = strconv.Itoa(r.year - 1)
	}
	d := dateOf(year, r.year, r.month, m[3])
	if !d.Valid() {
		r.p.Add("/text", "calendar.paste_no_day", "name", r.about.Name, "day", m[0])
		return
	}
	if w := weekdayText.FindStringSubmatch(m[4]); w != nil && d.Weekday() != weekdayOf(w[1]) {
		r.p.Add("/text", "calendar.paste_weekday", "name", r.about.Name, "day", string(d), "said", w[0])
	}
	if r.fresh = true; !r.until {
		r.days = append(r.days, d)
		return
	}
	r.until = false
	from := r.days[len(r.days)-1]
	if n := from.Days(d); n < 1 || n > 31 {
		r.p.Add("/text", "calendar.paste_no_day", "name", r.about.Name, "day", m[0])
		return
	}
	for from != d {
		from = from.AddDays(1)
		r.days = append(r.days, from)
	}
}

// joinWeekend adds the weekend before or after the days off just read.
func (r *reader) joinWeekend() {
	for _, step := range []int{-1, 1} {
		for _, d := range slices.Clone(r.said) {
			for next := d.AddDays(step); next.Weekday() == 0 || next.Weekday() == 6; next = next.AddDays(step) {
				if !slices.Contains(r.about.Off, next) {
					r.about.Off = append(r.about.Off, next)
				}
			}
		}
	}
}
