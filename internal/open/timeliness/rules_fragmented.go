package timeliness

import (
	"slices"
	"strings"
	"unicode"
)

// Fragmented: a publisher has fragmented.sets or more datasets whose names are
// the same but for a year, a quarter, a month or a district (碎片化). They
// should be one, with that as a field. Article 16(2): 零散数据整合.
const Fragmented Problem = "fragmented"

var fragmented = Detector{Problem: Fragmented, Article: "16(2)", Thresholds: []string{"fragmented.sets"}, Find: func(w World) (all []Found) {
	type key struct{ body, stem string }
	parts := map[key][]Subject{}
	var order []key
	for _, s := range w.Subjects {
		stem := Stem(s.Title, w.Areas)
		if stem == "" {
			continue
		}
		k := key{s.Body, stem}
		if parts[k] == nil {
			order = append(order, k)
		}
		parts[k] = append(parts[k], s)
	}
	for _, k := range order {
		f := Found{Problem: Fragmented, Body: k.body, Subject: k.stem, Says: []string{"parts"}}
		for _, s := range parts[k] {
			f.Datasets = append(f.Datasets, s.Slug)
		}
		if len(f.Datasets) < w.Thresholds["fragmented.sets"] {
			continue
		}
		slices.Sort(f.Datasets)
		f.Figures = map[string]int64{"sets": int64(len(f.Datasets))}
		all = append(all, f)
	}
	return all
}}

// Stem is a name without the years, quarters, months and areas in it, and
// without what is neither letter nor digit; "" if it has none of these, or too
// little besides.
func Stem(title string, areas []string) string {
	text := []rune(strings.ToLower(title))
	var stem strings.Builder
	split := false
	for i := 0; i < len(text); {
		if n := max(areaAt(text[i:], areas), timeAt(text[i:])); n > 0 {
			i, split = i+n, true
			continue
		}
		number := unicode.IsDigit(text[i]) || text[i] == '第'
		if number || unicode.IsLetter(text[i]) {
			stem.WriteRune(text[i])
		}
		for i++; number && i < len(text) && unicode.IsDigit(text[i]); i++ { // a number is no year in its middle
			stem.WriteRune(text[i])
		}
	}
	if !split || len([]rune(stem.String())) < 4 {
		return ""
	}
	return stem.String()
}

// areaAt is the length of the area that text begins with.
func areaAt(text []rune, areas []string) (n int) {
	for _, a := range areas {
		if length := len([]rune(a)); length > n && strings.HasPrefix(string(text), strings.ToLower(a)) {
			n = length
		}
	}
	return n
}

// timeWords are words of time that need no number.
var timeWords = []string{"上半年", "下半年", "第一季度", "第二季度", "第三季度", "第四季度", "一季度", "二季度", "三季度", "四季度",
	"十一月", "十二月", "一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月"}

// timeAt is the length of the year, quarter or month that text begins with:
// "2021", "2021年度", "2021-2022年", "3月", "第3季度", "一季度".
func timeAt(text []rune) int {
	for _, w := range timeWords {
		if strings.HasPrefix(string(text), w) {
			return len([]rune(w))
		}
	}
	n := 0
	if text[0] == '第' {
		n = 1
	}
	from := n
	for n < len(text) && unicode.IsDigit(text[n]) {
		n++
	}
	digits := string(text[from:n])
	rest := string(text[n:])
	short := len(digits) == 1 || len(digits) == 2
	for _, unit := range []string{"季度", "月份", "月", "学期"} {
		if short && strings.HasPrefix(rest, unit) {
			return n + len([]rune(unit))
		}
	}
	if short && dash(text, n) {
		if m := timeAt(text[n+1:]); m > 0 { // "1-9月"
			return n + 1 + m
		}
	}
	if from == 1 || len(digits) != 4 && len(digits) != 6 || !strings.HasPrefix(digits, "19") && !strings.HasPrefix(digits, "20") {
		return 0
	}
	if dash(text, n) {
		if m := timeAt(text[n+1:]); m > 0 {
			return n + 1 + m
		}
	}
	for _, unit := range []string{"年度", "学年", "年"} {
		if strings.HasPrefix(rest, unit) {
			return n + len([]rune(unit))
		}
	}
	return n
}

// dash reports whether something goes on after the dash at n.
func dash(text []rune, n int) bool {
	return n+1 < len(text) && strings.ContainsRune("-—–~～至", text[n])
}
