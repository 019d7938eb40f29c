package intake

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// unitList is the words that may stand behind a number without being part of
// a name: 6例, not 1号线.
//
//go:embed units.json
var unitList []byte

var units = func() map[string]bool {
	var all []string
	if err := json.Unmarshal(unitList, &all); err != nil {
		panic("intake: units.json: " + err.Error())
	}
	m := map[string]bool{}
	for _, u := range all {
		m[u] = true
	}
	return m
}()

// multipliers are the numerals that move the point, longest first.
var multipliers = []struct {
	word  string
	shift int
}{{"万亿", 12}, {"亿", 8}, {"万", 4}, {"千", 3}, {"百", 2}}

// maxSuffix is the length in bytes of the longest suffix that is looked at.
const maxSuffix = 24

// cutMeasure cuts 1,234.5万元 into its numeral and what stands behind it.
func cutMeasure(b []byte) (number []byte, suffix string, ok bool) {
	i := 0
	for i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == ',' || b[i] == '.' || b[i] == '-' && i == 0) {
		i++
	}
	rest := trim(b[i:])
	if i == 0 || len(rest) == 0 || len(rest) > maxSuffix {
		return nil, "", false
	}
	return b[:i], string(rest), true
}

// measured reads a suffix for a column of that unit: by how many places the
// point moves. Where the unit is not known yet, any listed one will do.
func measured(suffix, unit string) (shift int, ok bool) {
	if suffix == unit || unit == "" && units[suffix] {
		return 0, true
	}
	for _, m := range multipliers {
		rest, is := strings.CutPrefix(suffix, m.word)
		if is && (rest == "" || rest == unit || unit == "" && units[rest]) {
			return m.shift, true
		}
	}
	return 0, false
}

// moved writes a numeral with its point moved to the right, exactly.
func moved(number []byte, shift int) []byte {
	plain := appendPlain(nil, number)
	if shift == 0 {
		return plain
	}
	sign := ""
	if plain[0] == '-' {
		sign, plain = "-", plain[1:]
	}
	whole, fraction, _ := bytes.Cut(plain, []byte{'.'})
	if missing := shift - len(fraction); missing > 0 {
		fraction = append(bytes.Clone(fraction), bytes.Repeat([]byte{'0'}, missing)...)
	}
	digits := bytes.TrimLeft(append(bytes.Clone(whole), fraction[:shift]...), "0")
	if len(digits) == 0 {
		digits = []byte{'0'}
	}
	out := append([]byte(sign), digits...)
	if rest := bytes.TrimRight(fraction[shift:], "0"); len(rest) > 0 {
		out = append(append(out, '.'), rest...)
	}
	return out
}

// headerUnit returns the unit that a header names: 死亡（例） or 面积(平方米).
func headerUnit(header string) string {
	text := strings.NewReplacer("（", "(", "）", ")", "：", ":", "【", "(", "】", ")", "[", "(", "]", ")").Replace(strings.TrimSpace(header))
	inner, ok := strings.CutSuffix(text, ")")
	if !ok {
		return ""
	}
	at := strings.LastIndexByte(inner, '(')
	if at < 0 {
		return ""
	}
	unit := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(inner[at+1:]), "单位:"))
	if units[unit] {
		return unit
	}
	return ""
}

// narrow writes full-width signs of ASCII, and the minus sign, as ASCII. Text
// without them is returned as it is.
func narrow(b []byte) []byte {
	if isASCII(b) {
		return b
	}
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		out = utf8.AppendRune(out, narrowRune(r))
		b = b[n:]
	}
	return out
}

func narrowRune(r rune) rune {
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xfee0
	case r == 0x3000 || r == 0xa0:
		return ' '
	case r == 0x2212 || r == 0xfe63:
		return '-'
	}
	return r
}

// narrowWords writes full-width letters and digits as ASCII and leaves every
// other sign, since （ and ， belong to Chinese text.
func narrowWords(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ' {
			return r - 0xfee0
		}
		return r
	}, text)
}

// hasWide reports whether narrowWords would change b.
func hasWide(b []byte) bool {
	for {
		i := bytes.IndexByte(b, 0xef)
		if i < 0 || i+2 >= len(b) {
			return false
		}
		b = b[i:]
		if b[1] == 0xbc || b[1] == 0xbd {
			r, _ := utf8.DecodeRune(b)
			if narrowWords(string(r)) != string(r) {
				return true
			}
		}
		b = b[1:]
	}
}
