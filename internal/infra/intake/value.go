package intake

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// class is what one cell looks like.
type class uint8

const (
	isEmpty class = iota
	isNullWord
	isInteger  // at most 17 digits, no leading zero
	isFraction // with a point or an exponent
	isGrouped  // 1,234
	isCode     // digits with a leading zero, or 18 and more of them
	isTrueFalse
	isYesNo
	isDate
	isDay8 // 20260305, also an integer
	isStamp
	isText
	classes
)

// nullWord reports whether a cell of a column that is not text says "nothing".
func nullWord(b []byte) bool {
	if len(b) > 4 {
		return false
	}
	switch string(b) {
	case "NA", "N/A", "NaN", "null", "NULL", "-", "—", "/":
		return true
	}
	return false
}

// trim leaves out blanks around a cell that is not text.
func trim(b []byte) []byte {
	for len(b) > 0 {
		switch c := b[0]; {
		case c > ' ' && c < 0x80:
			return trimEnd(b)
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			b = b[1:]
		case bytes.HasPrefix(b, nbsp):
			b = b[len(nbsp):]
		case bytes.HasPrefix(b, wide):
			b = b[len(wide):]
		case bytes.HasPrefix(b, bom):
			b = b[len(bom):]
		default:
			return trimEnd(b)
		}
	}
	return b
}

var nbsp, wide = []byte("\u00a0"), []byte("\u3000")

func trimEnd(b []byte) []byte {
	for len(b) > 0 {
		switch c := b[len(b)-1]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			b = b[:len(b)-1]
		case c < 0x80:
			return b
		case bytes.HasSuffix(b, nbsp):
			b = b[:len(b)-len(nbsp)]
		case bytes.HasSuffix(b, wide):
			b = b[:len(b)-len(wide)]
		default:
			return b
		}
	}
	return b
}

// classify looks at one trimmed cell. The numeral is set for numbers.
func classify(b []byte) (class, numeral) {
	if len(b) == 0 {
		return isEmpty, numeral{}
	}
	if nullWord(b) {
		return isNullWord, numeral{}
	}
	if c := b[0]; c >= '0' && c <= '9' || c == '-' || c == '.' {
		if n, ok := parseNumeral(b); ok {
			return n.class(b), n
		}
		if _, ok := parseDate(b); ok {
			return isDate, numeral{}
		}
		if _, ok := parseStamp(b); ok {
			return isStamp, numeral{}
		}
		return isText, numeral{}
	}
	if _, yesNo, ok := parseBool(b); ok {
		if yesNo {
			return isYesNo, numeral{}
		}
		return isTrueFalse, numeral{}
	}
	return isText, numeral{}
}

// numeral is a number as it is written.
type numeral struct {
	whole    int  // digits before the point
	fraction int  // digits after it
	digits   int  // significant ones
	point    bool // has a point
	exponent bool
	grouped  bool // 1,234
	zero     bool // a leading zero before another digit
}

// parseNumeral reads -12, 1,234.5, .5 and 1.5e-3.
func parseNumeral(b []byte) (n numeral, ok bool) {
	i, zeros := 0, 0
	if b[0] == '-' {
		i++
	}
	start := i
	group := -1 // digits since the last comma
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case c >= '0' && c <= '9':
			if n.point {
				n.fraction++
			} else {
				n.whole++
			}
			if group >= 0 && !n.point {
				group++
			}
			switch {
			case c != '0':
				n.digits += zeros + 1
				zeros = 0
			case n.digits > 0:
				zeros++
			}
		case c == '.' && !n.point:
			if n.grouped && group != 3 {
				return n, false
			}
			n.point = true
		case c == ',' && !n.point && (n.grouped && group == 3 || !n.grouped && n.whole >= 1 && n.whole <= 3):
			n.grouped, group = true, 0
		case (c == 'e' || c == 'E') && !n.grouped && n.whole+n.fraction > 0:
			n.exponent = true
			ok = exponent(b[i+1:])
			return n, ok && (!n.point || n.fraction > 0) && !leadingZero(b[start:], n.whole, &n)
		default:
			return n, false
		}
	}
	if n.grouped && !n.point && group != 3 || n.point && n.fraction == 0 || n.whole+n.fraction == 0 {
		return n, false
	}
	bad := leadingZero(b[start:], n.whole, &n)
	return n, !bad || !n.point && !n.grouped && start == 0
}

// leadingZero reports and marks a zero before another digit of the whole part.
func leadingZero(b []byte, whole int, n *numeral) bool {
	n.zero = whole > 1 && b[0] == '0'
	return n.zero
}

func exponent(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 3 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func (n numeral) class(b []byte) class {
	switch {
	case n.grouped:
		return isGrouped
	case n.point || n.exponent:
		return isFraction
	case n.zero || n.whole >= 18:
		return isCode
	case n.whole == 8 && b[0] != '-' && day8(b):
		return isDay8
	}
	return isInteger
}

// double reports whether a double keeps every digit of the number.
func (n numeral) double(plain []byte) bool {
	if n.digits <= 15 && !n.exponent {
		return true
	}
	v, err := strconv.ParseFloat(string(plain), 64)
	if err != nil || math.IsInf(v, 0) || v == 0 && n.digits > 0 {
		return false
	}
	return n.digits <= 15 || significant(strconv.AppendFloat(nil, v, 'e', -1, 64)) == significant(plain)
}

// significant returns the digits of a number without zeros around them.
func significant(b []byte) string {
	if i := bytes.IndexAny(b, "eE"); i >= 0 {
		b = b[:i]
	}
	digits := make([]byte, 0, len(b))
	for _, c := range b {
		if c >= '0' && c <= '9' {
			digits = append(digits, c)
		}
	}
	return string(bytes.Trim(digits, "0"))
}

// appendPlain writes a number without commas and with a digit before its
// point.
func appendPlain(dst, b []byte) []byte {
	if b[0] == '-' {
		dst, b = append(dst, '-'), b[1:]
	}
	if b[0] == '.' {
		dst = append(dst, '0')
	}
	for _, c := range b {
		if c != ',' {
			dst = append(dst, c)
		}
	}
	return dst
}

func parseBool(b []byte) (value, yesNo, ok bool) {
	if len(b) > 5 {
		return false, false, false
	}
	switch string(b) {
	case "true", "TRUE", "True":
		return true, false, true
	case "false", "FALSE", "False":
		return false, false, true
	case "是":
		return true, true, true
	case "否":
		return false, true, true
	}
	return false, false, false
}

// day is a calendar day.
type day struct{ year, month, day int }

func (d day) valid() bool {
	t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
	return d.year >= 1 && d.month >= 1 && d.month <= 12 && t.Day() == d.day
}

func (d day) appendTo(dst []byte) []byte {
	dst = appendDigits(dst, d.year, 4)
	dst = appendDigits(append(dst, '-'), d.month, 2)
	return appendDigits(append(dst, '-'), d.day, 2)
}

func appendDigits(dst []byte, n, width int) []byte {
	var b [4]byte
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return append(dst, b[:width]...)
}

// digits reads from least to most digits.
func digits(b []byte, least, most int) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(b) && i < most && b[i] >= '0' && b[i] <= '9' {
		n = n*10 + int(b[i]-'0')
		i++
	}
	return n, b[i:], i >= least
}

// day8 reports whether eight digits are a day of 1900 to 2100.
func day8(b []byte) bool {
	d, ok := parseDay8(b)
	return ok && d.year >= 1900 && d.year <= 2100
}

func parseDay8(b []byte) (day, bool) {
	n, rest, ok := digits(b, 8, 8)
	d := day{n / 10000, n / 100 % 100, n % 100}
	return d, ok && len(rest) == 0 && d.valid()
}

// parseDate reads 2026-03-05, 2026/3/5 and 2026年3月5日.
func parseDate(b []byte) (day, bool) {
	d, rest, ok := leadingDate(b)
	return d, ok && len(rest) == 0
}

var yearSign, monthSign, daySign = []byte("年"), []byte("月"), []byte("日")

func leadingDate(b []byte) (d day, rest []byte, ok bool) {
	if len(b) < 8 {
		return d, nil, false
	}
	d.year, rest, ok = digits(b, 4, 4)
	if !ok || len(rest) == 0 {
		return d, nil, false
	}
	first, second, third := rest[:1], rest[:1], []byte(nil)
	switch {
	case rest[0] == '-' || rest[0] == '/':
	case bytes.HasPrefix(rest, yearSign):
		first, second, third = yearSign, monthSign, daySign
	default:
		return d, nil, false
	}
	if d.month, rest, ok = digits(rest[len(first):], 1, 2); !ok || !bytes.HasPrefix(rest, second) {
		return d, nil, false
	}
	if d.day, rest, ok = digits(rest[len(second):], 1, 2); !ok || !bytes.HasPrefix(rest, third) {
		return d, nil, false
	}
	return d, rest[len(third):], d.valid()
}

// stamp is a local time of day on a day.
type stamp struct {
	day
	hour, minute, second int
	fraction             []byte // digits, at most 6
}

// parseStamp reads 2026-03-05 08:30[:00[.123]], with T or blanks between, and
// the same after the other spellings of a date.
func parseStamp(b []byte) (s stamp, ok bool) {
	d, rest, ok := leadingDate(b)
	if !ok || len(rest) < 2 {
		return s, false
	}
	s.day = d
	if rest[0] == 'T' {
		rest = rest[1:]
	} else if at := bytes.TrimLeft(rest, " "); len(at) < len(rest) {
		rest = at
	} else {
		return s, false
	}
	if s.hour, rest, ok = digits(rest, 1, 2); !ok || len(rest) == 0 || rest[0] != ':' {
		return s, false
	}
	if s.minute, rest, ok = digits(rest[1:], 2, 2); !ok {
		return s, false
	}
	if len(rest) > 0 && rest[0] == ':' {
		if s.second, rest, ok = digits(rest[1:], 2, 2); !ok {
			return s, false
		}
		if len(rest) > 1 && rest[0] == '.' {
			s.fraction = rest[1:]
			if _, rest, ok = digits(rest[1:], 1, 6); !ok {
				return s, false
			}
		}
	}
	return s, len(rest) == 0 && s.hour < 24 && s.minute < 60 && s.second < 60
}

func (s stamp) appendTo(dst []byte) []byte {
	dst = append(s.day.appendTo(dst), 'T')
	dst = append(appendDigits(dst, s.hour, 2), ':')
	dst = append(appendDigits(dst, s.minute, 2), ':')
	dst = appendDigits(dst, s.second, 2)
	if f := bytes.TrimRight(s.fraction, "0"); len(f) > 0 {
		dst = append(append(dst, '.'), f...)
	}
	return dst
}
