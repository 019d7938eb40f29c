package identifier

import (
	"regexp"
	"slices"
	"strings"

	"kaishu/internal/base/workday"
)

// tried says what one number was held to, whether or not it was that.
type tried struct {
	digits string // without blanks and dashes, X in capitals
	is     [numberKinds]bool
	near   bool // right but for the check sign of a resident identity number
}

// halfWidth turns full-width signs and every kind of blank and dash into the
// plain ones.
var halfWidth = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"Ｘ", "X", "ｘ", "x", "＋", "+", "．", ".", "－", "-", "‐", "-", "–", "-", "—", "-", "−", "-", "\u3000", " ", "\u00a0", " ", "\t", " ")

// piece is digits without anything between, and what stands before them.
type piece struct{ between, digits string }

// parts takes a run of digits, as tabular.Examiner hands it over, apart. A
// piece that belongs to a word or to a decimal fraction is no number of its
// own; "" stands in its place.
func parts(run string) (all []piece) {
	if !ascii(run) {
		run = halfWidth.Replace(run)
	}
	for i := 0; i < len(run); {
		from := i
		for i < len(run) && !digit(run[i]) {
			i++
		}
		at := i
		for i < len(run) && digit(run[i]) {
			i++
		}
		all = append(all, piece{between: run[from:at], digits: run[at:i]})
	}
	last := len(all) - 1
	if last > 0 && all[last].digits == "" { // what stands behind the digits
		tail := all[last].between
		all, last = all[:last], last-1
		switch {
		case tail == "X" || tail == "x":
			all[last].digits += "X"
		case letter(tail[0]):
			all[last].digits = ""
		}
	}
	for i, p := range all {
		switch {
		case i == 0 && p.between != "" && letter(p.between[0]):
			all[i].digits = ""
		case i > 0 && p.between == ".":
			all[i-1].digits, all[i].digits = "", ""
		}
	}
	return all
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' }

// numbers returns every number of a run that is as long as an identifier, and
// what it is. Digits in groups are one number only if nothing else stands in
// the run, so that a list of small numbers is none.
func numbers(run string, today workday.Date) (all []tried) {
	if len(run) <= 19 && strings.Trim(run, "0123456789") == "" { // by far the most
		if mobile(strings.TrimPrefix(run, "86")) {
			run = run[len(run)-11:]
		}
		if t := try(run, today); t.digits != "" {
			return []tried{t}
		}
		return nil
	}
	ps := parts(run)
	bare := dropCountry(ps)
	for _, way := range [][]piece{ps, bare} { // 0086 may be a group of a card too
		if one, ok := grouped(way); ok {
			if t := try(one, today); t.any() || t.near {
				return []tried{t}
			}
		}
	}
	for _, p := range bare {
		if t := try(p.digits, today); t.digits != "" {
			all = append(all, t)
		}
	}
	return all
}

// dropCountry takes the country's code off the number that follows it: +86,
// 0086, 86-, or written together with a mobile number or its first group.
func dropCountry(ps []piece) []piece {
	if !slices.ContainsFunc(ps, func(p piece) bool { return strings.HasPrefix(p.digits, "86") || strings.HasPrefix(p.digits, "0086") }) {
		return ps
	}
	ps = slices.Clone(ps)
	for i, p := range ps {
		if (p.digits == "86" || p.digits == "0086") && i+1 < len(ps) {
			return append(ps[:i:i], ps[i+1:]...)
		}
		for _, code := range []string{"0086", "86"} {
			rest, ok := strings.CutPrefix(p.digits, code)
			if group := i == 0 && len(ps) > 1 && len(rest) >= 3 && len(rest) <= 7 && rest[0] == '1'; ok && (group || mobile(rest)) {
				ps[i].digits = rest
				break
			}
		}
	}
	return ps
}

// groupings are how people write the numbers in groups.
var groupings = [][]int{{3, 4, 4}, {4, 3, 4}, {4, 4, 3}, {3, 8}, {7, 4}, {6, 3, 6}, {6, 6, 3}}

// grouped joins the groups of one number. A resident identity number is one
// however it is cut, since its check sign will tell; a card is cut in fours or
// behind its first six, other numbers as people write them. Digits that stand
// one by one are one number too.
func grouped(ps []piece) (string, bool) {
	total := 0
	for _, p := range ps {
		if total += len(p.digits); p.digits == "" || total > 19 {
			return "", false
		}
	}
	if total < 11 {
		return "", false
	}
	lengths := make([]int, len(ps))
	one := ""
	for i, p := range ps {
		lengths[i], one = len(p.digits), one+p.digits
	}
	fours := len(lengths) >= 4 && !slices.ContainsFunc(lengths[:len(lengths)-1], func(n int) bool { return n != 4 }) && lengths[len(lengths)-1] <= 4
	single := len(lengths) == len(one)
	sixth := len(lengths) == 2 && lengths[0] == 6
	return one, len(one) == 18 || fours || single && len(one) != 11 || sixth ||
		slices.ContainsFunc(groupings, func(g []int) bool { return slices.Equal(g, lengths) })
}

// try holds a number to what its length allows. One that is no identifier's
// length is left out.
func try(s string, today workday.Date) (t tried) {
	t.digits = s
	plain := !strings.HasSuffix(s, "X")
	switch n := len(s); {
	case n == 11 && plain:
		t.is[MobileNumber] = mobile(s)
	case n == 15 && plain:
		t.is[OldResidentID] = oldResident(s, today)
	case n == 18:
		t.near = residentLike(s, today)
		t.is[ResidentID] = t.near && s[17] == ResidentSign(s)
		t.is[BankCard] = plain && !t.is[ResidentID] && cardLike(s) && Luhn(s)
	case n >= 16 && n <= 19 && plain:
		t.is[BankCard] = cardLike(s) && Luhn(s)
	case n >= 12 && n <= 14: // of the length of a mobile number with something before it
	default:
		t.digits = ""
	}
	return t
}

func (t tried) any() bool { return slices.Contains(t.is[:], true) }

// Mask leaves the first three signs and the last one of a number.
func Mask(s string) string {
	if len(s) < 8 {
		return strings.Repeat("*", len(s))
	}
	return s[:3] + strings.Repeat("*", len(s)-4) + s[len(s)-1:]
}

// long finds runs of digits in any text, as tabular.Examiner does.
var long = regexp.MustCompile(`[0-9０-９](?:[ \t\x{00A0}\x{3000}.．\-－‐–—−]{0,2}[0-9０-９]){10,}[XxＸｘ]?`)

// MaskAll masks whatever in a cell could be an identifier, wherever it stands
// and however few of them there are, misspelt identity numbers too: findings
// are kept for ever.
func MaskAll(cell string, today workday.Date) string {
	return long.ReplaceAllStringFunc(cell, func(run string) string {
		if !slices.ContainsFunc(numbers(run, today), func(n tried) bool { return n.any() || n.near }) {
			return run
		}
		return Mask(strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == 'X' || r == 'x' {
				return r
			}
			return -1
		}, halfWidth.Replace(run)))
	})
}
