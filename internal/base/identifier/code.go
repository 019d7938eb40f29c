package identifier

import "strings"

// creditSigns is the alphabet of GB 32100-2015: without I, O, S, V and Z.
const creditSigns = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var creditValues = func() (v [256]int8) {
	for i := range v {
		v[i] = -1
	}
	for i := range len(creditSigns) {
		v[creditSigns[i]] = int8(i)
	}
	return v
}()

// creditLike reports whether s has the form of a unified social credit code:
// 18 signs, the authority and its sort of body, six digits of a division. Its
// check sign is another question.
func creditLike(s string) bool {
	if len(s) != 18 || !strings.ContainsRune("123456789ANY", rune(s[0])) || !(s[1] >= '1' && s[1] <= '9') {
		return false
	}
	for i := range len(s) {
		if creditValues[s[i]] < 0 || i >= 2 && i < 8 && !digit(s[i]) {
			return false
		}
	}
	return regionOf(s[2:8])
}

// regionOf reports whether six digits are a division, or all of a province, or
// the whole country, which authorities register bodies for.
func regionOf(s string) bool {
	if s == "100000" || strings.HasSuffix(s, "00") {
		return s == "100000" || regionPlausible(s[:4]+"01") || s[2:] == "0000" && regionPlausible(s[:2]+"0101")
	}
	return regionPlausible(s)
}

// CreditSign returns the check sign of 17 signs of a unified social credit
// code: weights are the powers of 3, mod 31. It returns 0 if one of them is not
// of the alphabet.
func CreditSign(s string) byte {
	sum, w := 0, 1
	for i := range 17 {
		v := creditValues[s[i]]
		if v < 0 {
			return 0
		}
		sum, w = sum+w*int(v), w*3%31
	}
	return creditSigns[(31-sum%31)%31]
}

// creditCode reports whether s is a unified social credit code.
func creditCode(s string) bool { return creditLike(s) && s[17] == CreditSign(s) }

// passport reports whether s has the form of a passport of China: E and eight
// digits, E, a letter without I and O and seven digits, and the older and
// official ones that begin with G, D, S, P or a digit pair 14 or 15.
func passport(s string) bool {
	switch {
	case len(s) != 9:
		return false
	case strings.HasPrefix(s, "14") || strings.HasPrefix(s, "15"):
		return allDigits(s)
	case s[0] == 'E' && s[1] >= 'A' && s[1] <= 'Z' && s[1] != 'I' && s[1] != 'O':
		return allDigits(s[2:])
	}
	return strings.IndexByte("EGDSP", s[0]) >= 0 && allDigits(s[1:])
}

// hongKongMacau reports whether s has the form of a permit for, or of,
// residents of Hong Kong and Macao.
func hongKongMacau(s string) bool {
	switch {
	case len(s) == 11:
		return (s[0] == 'H' || s[0] == 'M') && allDigits(s[1:])
	case len(s) != 9:
		return false
	case s[0] == 'C' && s[1] >= 'A' && s[1] <= 'Z' && s[1] != 'I' && s[1] != 'O':
		return allDigits(s[2:])
	}
	return strings.IndexByte("HMCW", s[0]) >= 0 && allDigits(s[1:])
}

// taiwan reports whether s has the form of a permit for, or of, residents of
// Taiwan: eight digits, or L or T and eight digits.
func taiwan(s string) bool {
	return len(s) == 8 && allDigits(s) || len(s) == 9 && (s[0] == 'L' || s[0] == 'T') && allDigits(s[1:])
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

const plateProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// plates calls each with every number plate of a text in half-width signs: the
// province, a letter, perhaps a dot, then five signs, or six of new energy:
// D or F first, or last of large vehicles. The last may be 学, 警, 挂, 港 or 澳.
func plates(s string, each func(string)) {
	for i := 0; i+3 < len(s); i++ {
		if s[i] < 0x80 {
			continue
		}
		n := runeSize(s[i])
		if i+n >= len(s) || s[i+n] < 'A' || s[i+n] > 'Z' || s[i+n] == 'I' || !strings.Contains(plateProvinces, s[i:i+n]) {
			i += n - 1
			continue
		}
		rest := s[i+n+1:]
		rest = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(rest, "·"), "-"), " ")
		body := 0
		for body < len(rest) && (digit(rest[body]) || rest[body] >= 'A' && rest[body] <= 'Z') {
			body++
		}
		if plateBody(rest[:body], rest[body:]) {
			each(s[i:i+n+1] + rest[:body])
		}
		i += n
	}
}

func plateBody(s, tail string) bool {
	digits := 0
	for i := range len(s) {
		switch {
		case digit(s[i]):
			digits++
		case s[i] == 'I' || s[i] == 'O':
			return false
		}
	}
	switch len(s) {
	case 4:
		for _, last := range []string{"学", "警", "挂", "港", "澳"} {
			if strings.HasPrefix(tail, last) {
				return digits >= 2
			}
		}
		return false
	case 5:
		return digits >= 2
	case 6:
		return (s[0] == 'D' || s[0] == 'F') && digits >= 4 || (s[5] == 'D' || s[5] == 'F') && digits == 5
	}
	return false
}

// emails calls each with every address of mail in s.
func emails(s string, each func(string)) {
	for at := strings.IndexByte(s, '@'); at >= 0; {
		from, to := at, at+1
		for from > 0 && (letter(s[from-1]) || digit(s[from-1]) || strings.IndexByte(".+-", s[from-1]) >= 0) {
			from--
		}
		for to < len(s) && (letter(s[to]) && s[to] != '_' || digit(s[to]) || s[to] == '.' || s[to] == '-') {
			to++
		}
		host := strings.TrimRight(s[at+1:to], ".-")
		dot := strings.LastIndexByte(host, '.')
		if from < at && dot > 0 && len(host)-dot > 2 && !strings.ContainsAny(host[dot:], "0123456789") {
			each(s[from : at+1+len(host)])
		}
		next := strings.IndexByte(s[at+1:], '@')
		if next < 0 {
			return
		}
		at += 1 + next
	}
}

// ipv4 reports whether s is four numbers of at most 255 with dots, without
// leading zeros and not all of one digit as version numbers are.
func ipv4(s string) bool {
	n, groups, long := -1, 1, false
	for i := range len(s) {
		switch {
		case s[i] == '.':
			if n < 0 {
				return false
			}
			n, groups = -1, groups+1
		case !digit(s[i]) || n == 0:
			return false
		default:
			long = long || n >= 0
			if n = max(n, 0)*10 + int(s[i]-'0'); n > 255 {
				return false
			}
		}
	}
	return groups == 4 && n >= 0 && long
}

// mac reports whether s is six pairs of hexadecimal digits with : or -.
func mac(s string) bool {
	if len(s) != 17 || s[2] != ':' && s[2] != '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if hex := digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'; i%3 == 2 && c != s[2] || i%3 != 2 && !hex {
			return false
		}
	}
	return true
}

// landlines calls each with every fixed line of s: 0, two or three digits of
// the area, perhaps a dash, a blank or a bracket, seven or eight digits.
func landlines(s string, each func(string)) {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			continue
		}
		to := i
		for to < len(s) && digit(s[to]) {
			to++
		}
		if s[i] != '0' || i > 0 && (letter(s[i-1]) || s[i-1] == '.') {
			i = to
			continue
		}
		first, rest := s[i:to], ""
		if len(first) <= 4 {
			from := to
			for from < len(s) && from < to+2 && strings.IndexByte("-) ", s[from]) >= 0 {
				from++
			}
			for to = from; to < len(s) && digit(s[to]); {
				to++
			}
			rest = s[from:to]
		} else if area := areaLength(first); area < len(first) {
			first, rest = first[:area], first[area:]
		}
		if lineOf(first, rest) {
			each(first + rest)
		}
		i = to
	}
}

func areaLength(s string) int {
	if s[1] == '1' || s[1] == '2' {
		return 3
	}
	return 4
}

func lineOf(area, number string) bool {
	if len(area) < 3 || len(area) != areaLength(area) || len(number) < 7 || len(number) > 8 || number[0] < '2' {
		return false
	}
	if len(area) == 3 {
		return (area == "010" || area[1] == '2' && area[2] != '6') && len(number) == 8
	}
	return area[1] >= '3'
}

func runeSize(c byte) int {
	switch {
	case c >= 0xf0:
		return 4
	case c >= 0xe0:
		return 3
	case c >= 0xc0:
		return 2
	}
	return 1
}
