package likeness

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Name is what a dataset is called, and by whom.
type Name struct {
	Title     string
	Publisher string // name of the body, "" if it is not known
}

// Likeness is how like two names are.
type Likeness struct {
	Score float64 // 0 to 1; from Near on they are near duplicates; 1 if only signs, width, case or 繁体 differ
	Apart []Part  // what tells them apart; none for near duplicates
	Moved bool    // the same words stand in another order
	Area  bool    // one says the publisher's own area or organ, the other does not
}

// Part is what one name says and the other does not, without the words that say
// nothing.
type Part struct {
	Kind string // time, number, place or words
	A, B string // as the two names have it; "" for nothing
}

// Near is the least score of near duplicates. [D]
const Near = 0.80

// Bounds of the scores. [D]
const (
	farthest = 0.79 // of names that something tells apart
	nearest  = 0.99 // of names that are not the same
)

// Compare tells how like two names are. It does not matter which is first.
func Compare(a, b Name) Likeness { return compare(read(a), read(b)) }

// form is a name as it is compared.
type form struct {
	Name
	letters, content []rune
}

func read(n Name) form { return form{n, letters(n.Title), content(n.Title)} }

func compare(a, b form) (l Likeness) {
	if slices.Equal(a.letters, b.letters) {
		return Likeness{Score: 1}
	}
	if slices.Compare(a.content, b.content) > 0 { // so that it does not matter which is first
		l = compare(b, a)
		for i, p := range l.Apart {
			l.Apart[i].A, l.Apart[i].B = p.B, p.A
		}
		return l
	}
	tiles := tile(a.content, b.content)
	restA, restB := rest(a.content, tiles, tileA), rest(b.content, tiles, tileB)
	same, said := 0, len(a.content)+len(b.content)
	for _, t := range tiles {
		same += t.n
	}
	own := a.Publisher == b.Publisher
	restA, restB = twice(a.content, restA), twice(b.content, restB)
	if own && len(restB) == 0 && len(restA) > 0 {
		restA, l.Area = withoutOwn(a, restA)
	} else if own && len(restA) == 0 && len(restB) > 0 {
		restB, l.Area = withoutOwn(b, restB)
	}
	if l.Moved = moved(tiles); l.Moved {
		restA, restB = withoutEnds(a.content, restA), withoutEnds(b.content, restB)
	}
	l.Apart = append(parts(a.content, b.content, restA, restB), opposite(a, b)...)
	if len(l.Apart) > 0 {
		l.Score = farthest * 2 * float64(same) / float64(said)
		return l
	}
	l.Score = 1 - 0.15*(1-common(a.letters, b.letters))
	if l.Moved {
		l.Score -= 0.02
	}
	if l.Area {
		l.Score -= 0.03
	}
	l.Score = min(l.Score, nearest)
	return l
}

// block is a run of letters that both names have, each letter used once.
type block struct{ a, b, n int }

const (
	tileA = iota
	tileB
)

// shortest is the least length of a block: one letter that both have says
// little, and 中方 is not 外方.
const shortest = 2

// tile covers a and b with the longest blocks that both have, the longest
// first, wherever they stand.
func tile(a, b []rune) (tiles []block) {
	usedA, usedB := make([]bool, len(a)), make([]bool, len(b))
	row, above := make([]int, len(b)+1), make([]int, len(b)+1)
	for {
		best := block{}
		clear(above)
		for i := range a {
			row[0] = 0
			for j := range b {
				row[j+1] = 0
				if a[i] == b[j] && !usedA[i] && !usedB[j] {
					if row[j+1] = above[j] + 1; row[j+1] > best.n {
						best = block{i + 1 - row[j+1], j + 1 - row[j+1], row[j+1]}
					}
				}
			}
			row, above = above, row
		}
		if best.n < min(shortest, len(a), len(b)) || best.n == 0 {
			slices.SortFunc(tiles, func(x, y block) int { return x.a - y.a })
			return tiles
		}
		for k := range best.n {
			usedA[best.a+k], usedB[best.b+k] = true, true
		}
		tiles = append(tiles, best)
	}
}

func moved(tiles []block) bool {
	for i := 1; i < len(tiles); i++ {
		if tiles[i].b < tiles[i-1].b {
			return true
		}
	}
	return false
}

// span is a part of a name: letters from, to below.
type span struct{ from, to int }

// rest is what no block covers.
func rest(s []rune, tiles []block, side int) (all []span) {
	used := make([]bool, len(s))
	for _, t := range tiles {
		at := t.a
		if side == tileB {
			at = t.b
		}
		for k := range t.n {
			used[at+k] = true
		}
	}
	for i := 0; i < len(s); i++ {
		from := i
		for i < len(s) && !used[i] {
			i++
		}
		if i > from {
			all = append(all, span{from, i})
		}
	}
	return all
}

// twice leaves out what is only said twice, one behind the other: 云岩区区统计局.
func twice(s []rune, all []span) []span {
	return slices.DeleteFunc(all, func(p span) bool {
		n := p.to - p.from
		return p.from >= n && slices.Equal(s[p.from-n:p.from], s[p.from:p.to]) || p.to+n <= len(s) && slices.Equal(s[p.to:p.to+n], s[p.from:p.to])
	})
}

// withoutEnds leaves out what is empty at the end of a name: in another order,
// the end of one stands within the other.
func withoutEnds(s []rune, all []span) []span {
	return slices.DeleteFunc(all, func(p span) bool { return slices.Contains(atEnd, string(s[p.from:p.to])) })
}

// withoutOwn leaves out the area or organ of the publisher itself.
func withoutOwn(f form, all []span) (left []span, some bool) {
	publisher := string(letters(f.Publisher))
	for _, p := range all {
		if ownArea(f.content, p, publisher) {
			some = true
		} else {
			left = append(left, p)
		}
	}
	return left, some
}

const levels = "省市区县"

// ownArea reports whether a part of a name is the publisher's own area or
// organ, or the city or province that it is of: 海南省 of 省财政厅, 静安区 of
// 上海市静安区人民政府, the 市 of 贵阳市司法局.
func ownArea(s []rune, p span, publisher string) bool {
	text, last := string(s[p.from:p.to]), s[p.to-1]
	if slices.Contains([]string{"本市", "全市", "我市", "市", "本省", "全省", "省", "本区", "全区", "区", "本县", "全县", "县"}, text) {
		if p.from == 0 {
			return strings.ContainsRune(publisher, last)
		}
		return p.from >= 2 && strings.Contains(publisher, string(s[p.from-2:p.to]))
	}
	switch {
	case strings.Contains(publisher, text) && strings.ContainsRune(levels+"镇乡局委办厅院会", last):
		return true
	case strings.ContainsRune("省市", last) && strings.HasPrefix(publisher, string(last)):
		return len([]rune(text)) <= 4
	}
	next, ok := strings.CutPrefix(publisher, text)
	return ok && strings.ContainsAny(string([]rune(next + " ")[:1]), levels)
}

// parts pairs what is left of one name with what is left of the other.
func parts(a, b []rune, restA, restB []span) (all []Part) {
	for i := range max(len(restA), len(restB)) {
		var p Part
		if i < len(restA) {
			p.A = whole(a, restA[i])
		}
		if i < len(restB) {
			p.B = whole(b, restB[i])
		}
		p.Kind = kind(p.A, p.B)
		all = append(all, p)
	}
	return all
}

// opposites say nothing of the content alone, but tell two names apart where
// each has one of them: single records are not their sums.
var opposites = [2]string{"明细", "汇总"}

func opposite(a, b form) []Part {
	has := func(f form, i int) bool { return strings.Contains(string(f.letters), opposites[i]) }
	for i := range opposites {
		if has(a, i) && !has(a, 1-i) && has(b, 1-i) && !has(b, i) {
			return []Part{{"words", opposites[i], opposites[1-i]}}
		}
	}
	return nil
}

// whole is a part as a person reads it: a number with all its digits and what
// it counts, 小学 for the 小 of it.
func whole(s []rune, p span) string {
	digit := func(i int) bool { return i >= 0 && i < len(s) && unicode.IsDigit(s[i]) }
	for digit(p.from) && digit(p.from-1) {
		p.from--
	}
	for digit(p.to-1) && digit(p.to) {
		p.to++
	}
	if p.to < len(s) && (digit(p.to-1) || p.to-p.from == 1) {
		p.to++
	}
	return string(s[p.from:p.to])
}

func kind(texts ...string) (k string) {
	k = "words"
	for _, text := range texts {
		switch {
		case strings.ContainsAny(text, "年月季期") || year.MatchString(text):
			return "time"
		case strings.ContainsFunc(text, unicode.IsDigit):
			k = "number"
		case k == "words" && (strings.ContainsAny(text, levels+"镇乡") || strings.Contains(text, "街道")):
			k = "place"
		}
	}
	return k
}

var year = regexp.MustCompile(`(^|\D)(19|20)\d\d(\D|$)`)

// common is the share of letters that are in both, 0 to 1.
func common(a, b []rune) float64 {
	n := map[rune]int{}
	for _, r := range a {
		n[r]++
	}
	both := 0
	for _, r := range b {
		if n[r] > 0 {
			n[r]--
			both++
		}
	}
	return 2 * float64(both) / float64(max(len(a)+len(b), 1))
}
