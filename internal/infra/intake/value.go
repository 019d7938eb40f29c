package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"
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
	isMidnight // a day with 00:00:00
	isMeasure  // 6例, 1.2万
	isText
	classes
)

// nullWord reports whether a cell of a column that is not text says "nothing"
// in any table.
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

// saysNothing reports whether b is one of the words that say "nothing" in most tables, in text too: a
// recipe names those that a file has.
func saysNothing(b []byte) bool {
	if len(b) > len("暂无数据") {
		return false
	}
	switch string(b) {
	case "—", "——", "–", "－", "-", "--", "---", "/", "／", `\N`, "暂无", "暂无数据", "无数据", "暂缺", "缺失",
		"NULL", "null", "N/A", "#N/A", "n/a", "NaN", "nan", "None", "<NA>":
		return true
	}
	return false
}

// trim leaves out blanks around a cell that is not text.
func trim(b []byte) []byte {
	for len(b) > 0 {
		switch c := b[0]; {
		case c > ' ' && c < 0x80 || c > bytesOfBlanks && c != bom[0]:
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

// bytesOfBlanks is the highest first byte of a blank beyond ASCII.
const bytesOfBlanks = 0xe3

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
		return classifyNumber(b)
	}
	if _, yesNo, ok := parseBool(b); ok {
		if yesNo {
			return isYesNo, numeral{}
		}
		return isTrueFalse, numeral{}
	}
	if b[0] < 0x80 {
		return isText, numeral{}
	}
	if _, ok := parseWrittenDate(b); ok {
		return isDate, numeral{}
	}
	if r, _ := utf8.DecodeRune(b); strings.ContainsRune("0123456789-.", narrowRune(r)) {
		return classifyNumber(narrow(b))
	}
	return isText, numeral{}
}

// classifyNumber looks at a cell that begins like a number.
func classifyNumber(b []byte) (class, numeral) {
	if n, ok := parseNumeral(b); ok {
		return n.class(b), n
	}
	if _, ok := parseDate(b); ok {
		return isDate, numeral{}
	}
	if s, ok := parseStamp(b); ok {
		if s.midnight() {
			return isMidnight, numeral{}
		}
		return isStamp, numeral{}
	}
	if n := narrow(b); len(n) != len(b) {
		if c, number := classifyNumber(n); c != isText {
			return c, number
		}
	}
	if number, suffix, ok := cutMeasure(b); ok {
		if n, ok := parseNumeral(number); ok {
			if _, ok := measured(suffix, ""); ok {
				return isMeasure, n
			}
		}
	}
	return isText, numeral{}
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
