package identifier

import (
	"hash/maphash"
	"slices"
	"strings"

	"kaishu/internal/base/workday"
)

// maxDistinct is how many different identifiers of a kind are counted.
const maxDistinct = 10_000

// Look returns what a sample of a column's cells gives evidence of, kinds in
// their order. Nobody is born after today.
func Look(c Column, cells []string, today workday.Date) []Evidence {
	t := NewTally(today)
	for _, cell := range cells {
		t.Add(cell)
	}
	return t.Evidence(c)
}

// NewTally returns a tally for [Tally.Add].
func NewTally(today workday.Date) *Tally {
	return &Tally{today: today, seen: map[Kind]map[uint64]struct{}{}}
}

var seed = maphash.MakeSeed()

// note keeps what is shown and counted of one identifier.
func (t *Tally) note(k Kind, whole, shown string) {
	seen := t.seen[k]
	if seen == nil {
		seen = map[uint64]struct{}{}
		t.seen[k] = seen
	}
	if len(seen) >= maxDistinct {
		return
	}
	hash := maphash.String(seed, whole)
	if _, known := seen[hash]; known {
		return
	}
	seen[hash] = struct{}{}
	if len(t.Shown[k]) < maxExamples {
		if example := maskAs(k, shown); !slices.Contains(t.Shown[k], example) {
			t.Shown[k] = append(t.Shown[k], example)
		}
	}
}

func (t *Tally) distinct(k Kind) int64 { return int64(len(t.seen[k])) }

// maskAs masks an identifier so that nobody is known by what is left.
func maskAs(k Kind, s string) string {
	switch k {
	case PersonName:
		r := []rune(s)
		return string(r[:1]) + strings.Repeat("*", min(len(r)-1, 3))
	case Address, HomeAddress:
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '*'
			}
			return r
		}, string([]rune(s)[:min(len([]rune(s)), 20)]))
	case Email:
		name, host, _ := strings.Cut(s, "@")
		return name[:1] + "***@" + host
	case Plate:
		n := runeSize(s[0]) + 1
		return s[:n] + strings.Repeat("*", len(s)-n-1) + s[len(s)-1:]
	case IP, MAC, CreditCode:
		return s[:3] + strings.Repeat("*", len(s)-4) + s[len(s)-1:]
	case Passport, HongKongMacau, Taiwan:
		return s[:1] + strings.Repeat("*", len(s)-2) + s[len(s)-1:]
	}
	return Mask(s)
}

// Add counts one cell, whatever stands in it. A blank one is not filled.
func (t *Tally) Add(cell string) { t.AddTimes(cell, 1) }

// AddTimes counts a cell that stands in the column that many times. Numbers
// are then not told by the column; see [Tally.AddRuns].
func (t *Tally) AddTimes(cell string, times int64) {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return
	}
	t.times = times
	t.filled += times
	digits, plain := survey(cell)
	if !plain {
		cell = plainSigns(cell)
		digits, _ = survey(cell)
	}
	if digits == 0 {
		if strings.IndexByte(cell, '@') >= 0 {
			t.tellAll(Email, cell, emails)
		}
		t.names(cell)
		t.named(cell)
		return
	}
	if digits >= 11 {
		t.addRuns(cell)
		if strings.IndexByte(cell, '0') >= 0 {
			t.tellAll(Landline, cell, landlines)
		}
	}
	if strings.IndexByte(cell, '@') >= 0 {
		t.tellAll(Email, cell, emails)
	}
	t.tokens(cell)
	if !ascii(cell) {
		t.tellAll(Plate, cell, plates)
		t.places(cell)
		t.named(cell)
	}
}

// tellAll counts what find finds in a cell.
func (t *Tally) tellAll(k Kind, cell string, find func(string, func(string))) {
	any := false
	find(cell, func(s string) {
		any = true
		t.note(k, s, s)
	})
	if any {
		t.Cells[k] += t.times
	}
}

// survey counts the digits of s and reports whether its signs are half-width.
func survey(s string) (digits int, plain bool) {
	plain = true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == 0xef && i+2 < len(s) && s[i+1] >= 0xbc && s[i+1] <= 0xbd, c == 0xe2 && i+1 < len(s) && s[i+1] == 0x80, c == 0xe3 && i+1 < len(s) && s[i+1] == 0x80, c == 0xc2:
			plain = false
		}
	}
	return digits, plain
}

// plainSigns turns full-width letters, digits and marks into half-width ones,
// and every kind of blank and dash into the plain ones.
func plainSigns(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000' || r == '\u00a0':
			return ' '
		case r >= '‐' && r <= '—':
			return '-'
		}
		return r
	}, s)
}

// addRuns counts the runs of digits of a cell, as AddRuns does of those that
// an engine found: with the letter before it and up to two behind.
func (t *Tally) addRuns(cell string) {
	var here [numberKinds]bool
	for i := 0; i < len(cell); i++ {
		if !digit(cell[i]) {
			continue
		}
		from, to, count := i, i, 0
		for gap := 0; i < len(cell) && gap <= 2; i++ {
			switch {
			case digit(cell[i]):
				to, gap, count = i+1, 0, count+1
			case strings.IndexByte(" .-\t", cell[i]) >= 0:
				gap++
			default:
				gap = 3
			}
			if gap == 3 {
				break
			}
		}
		if i = to - 1; count < 11 {
			continue
		}
		if from > 0 && (letter(cell[from-1]) || cell[from-1] == '+') {
			from--
		}
		for n := 0; n < 2 && to < len(cell) && letter(cell[to]); n++ {
			to++
		}
		if onTheWeb(cell, from) {
			continue
		}
		for _, n := range numbers(cell[from:to], t.today) {
			t.count(n)
			for k, is := range n.is {
				if here[k] = here[k] || is; is {
					t.note(Kind(k), n.digits, n.digits)
				}
			}
		}
	}
	for k, is := range here {
		if is {
			t.Cells[k] += t.times
		}
	}
}

// onTheWeb reports whether what begins at from is a part of an address on the
// web.
func onTheWeb(s string, from int) bool {
	at := from
	for at > 0 && s[at-1] > ' ' && s[at-1] < 0x80 && s[at-1] != ',' {
		at--
	}
	return strings.Contains(s[at:from], "://") || strings.HasPrefix(s[at:], "www.")
}

// tokens counts the codes with letters of a cell.
func (t *Tally) tokens(cell string) {
	var here [Kinds]bool
	for i := 0; i < len(cell); {
		if c := cell[i]; !digit(c) && !letter(c) {
			i++
			continue
		}
		from, marks := i, 0
		for i < len(cell) && (digit(cell[i]) || letter(cell[i]) || strings.IndexByte(".:-", cell[i]) >= 0) {
			if cell[i] < '0' || cell[i] == ':' {
				marks++
			}
			i++
		}
		word := strings.TrimRight(cell[from:i], ".:-")
		if k := t.token(word, marks); k < Kinds && !onTheWeb(cell, from) {
			here[k] = true
			t.note(k, word, word)
		}
	}
	for k, is := range here {
		if is {
			t.Cells[k] += t.times
		}
	}
}

func (t *Tally) token(s string, marks int) Kind {
	switch n := len(s); {
	case n == 17 && mac(s):
		return MAC
	case n >= 7 && n <= 15 && marks == 3 && ipv4(s):
		return IP
	case n == 18:
		s = strings.ToUpper(s)
		// A number that may be a resident's or a card's is not tried: digits
		// alone that have the sign of both are the person's.
		if creditLike(s) && !Resident(s, t.today) {
			t.creditLike += t.times
			if s[17] == CreditSign(s) {
				t.credits += t.times
				return CreditCode
			}
		}
	case n == 9 || n == 11 || n == 8:
		s = strings.ToUpper(s)
		switch {
		case n == 9 && passport(s):
			return Passport
		case n != 8 && hongKongMacau(s):
			return HongKongMacau
		case n != 11 && taiwan(s):
			return Taiwan
		}
	}
	return Kinds
}
