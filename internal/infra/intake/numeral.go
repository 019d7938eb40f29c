package intake

import (
	"bytes"
	"math"
	"strconv"
)

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
