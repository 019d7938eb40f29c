package intake

import (
	"bytes"
	"strings"
	"time"
)

// day is a calendar day.
type day struct{ year, month, day int }

func (d day) valid() bool {
	if d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 {
		return false
	}
	return d.day <= 28 || d.day <= lengths[d.month] || d.month == 2 && d.day == 29 && d.year%4 == 0 && (d.year%100 != 0 || d.year%400 == 0)
}

// lengths are the days of each month in common years.
var lengths = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

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

// parseDate reads 2026-03-05, 2026/3/5, 2026.3.5 and 2026年3月5日.
func parseDate(b []byte) (day, bool) {
	d, rest, ok := leadingDate(b)
	return d, ok && len(rest) == 0
}

// parseWrittenDate reads 二〇二六年三月五日.
func parseWrittenDate(b []byte) (day, bool) {
	if !bytes.HasSuffix(b, daySign) {
		return day{}, false
	}
	year, rest, found := bytes.Cut(b, yearSign)
	month, last, ok := bytes.Cut(rest, monthSign)
	number, tail, is := bytes.Cut(last, daySign)
	if !found || !ok || !is || len(tail) > 0 {
		return day{}, false
	}
	d := day{year: hanDigits(year), month: hanNumber(month), day: hanNumber(number)}
	return d, d.valid()
}

const hanNumerals = "〇一二三四五六七八九"

// hanDigit returns 0 to 9, or -1.
func hanDigit(r rune) int {
	if r == '零' || r == '○' || r == 'Ｏ' {
		return 0
	}
	if i := strings.IndexRune(hanNumerals, r); i >= 0 {
		return i / len("〇")
	}
	return -1
}

// hanDigits reads 二〇二六, each sign a digit; -1 if it is not four of them.
func hanDigits(b []byte) int {
	n, count := 0, 0
	for _, r := range string(b) {
		d := hanDigit(r)
		if d < 0 {
			return -1
		}
		n, count = n*10+d, count+1
	}
	if count != 4 {
		return -1
	}
	return n
}

// hanNumber reads 一 to 九十九, with 廿 and 卅; -1 if it is none.
func hanNumber(b []byte) int {
	text := strings.NewReplacer("廿", "二十", "卅", "三十").Replace(string(b))
	tens, ones, ten := strings.Cut(text, "十")
	if !ten {
		ones, tens = text, "〇"
	}
	if tens == "" {
		tens = "一"
	}
	if ones == "" && ten {
		ones = "〇"
	}
	a, b1 := []rune(tens), []rune(ones)
	if len(a) != 1 || len(b1) != 1 || hanDigit(a[0]) < 0 || hanDigit(b1[0]) < 0 {
		return -1
	}
	return hanDigit(a[0])*10 + hanDigit(b1[0])
}

// The days that a spreadsheet's serial number may mean where dates stand: 1938
// to 2064.
const firstSerial, lastSerial = 14_000, 60_000

// parseSerial reads a spreadsheet's number of days since 1899-12-30.
func parseSerial(b []byte) (day, bool) {
	n, rest, ok := digits(b, 5, 5)
	if !ok || len(rest) > 0 || n < firstSerial || n > lastSerial {
		return day{}, false
	}
	t := time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC)
	return day{t.Year(), int(t.Month()), t.Day()}, true
}

// anyDate reads every spelling of a day, in a column of days.
func anyDate(b []byte) (day, bool) {
	if d, ok := parseDate(b); ok {
		return d, true
	}
	if d, ok := parseDay8(b); ok {
		return d, true
	}
	if d, ok := parseSerial(b); ok {
		return d, true
	}
	if s, ok := parseStamp(b); ok && s.midnight() {
		return s.day, true
	}
	return parseWrittenDate(b)
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
	case rest[0] == '-' || rest[0] == '/' || rest[0] == '.':
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

func (s stamp) midnight() bool {
	return s.hour == 0 && s.minute == 0 && s.second == 0 && len(bytes.TrimRight(s.fraction, "0")) == 0
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
