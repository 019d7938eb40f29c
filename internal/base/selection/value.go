package selection

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// decimal returns the one way of writing the number in text, exactly: plain
// digits without superfluous zeros, or with an exponent if there would be many
// zeros. ok is false for what is not a number, has more than 60 digits, or an
// exponent beyond ±400.
func decimal(text string) (canonical string, ok bool) {
	parts := numberShape.FindStringSubmatch(text)
	if parts == nil || parts[2] == "" && parts[3] == "" || len(parts[4]) > 5 {
		return "", false
	}
	exponent := 0
	if parts[4] != "" {
		exponent, _ = strconv.Atoi(parts[4])
	}
	digits := parts[2] + parts[3]
	point := len(parts[2]) + exponent // the value is 0.digits × 10^point
	short := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(short)
	digits = strings.TrimRight(short, "0")
	switch {
	case digits == "":
		return "0", true
	case len(digits) > 60 || point > 400 || point < -400:
		return "", false
	case 0 < point && point <= 40 && len(digits) <= point:
		canonical = digits + strings.Repeat("0", point-len(digits))
	case 0 < point && point <= 40:
		canonical = digits[:point] + "." + digits[point:]
	case -6 < point && point <= 0:
		canonical = "0." + strings.Repeat("0", -point) + digits
	default:
		canonical = digits[:1]
		if len(digits) > 1 {
			canonical += "." + digits[1:]
		}
		canonical += "e" + strconv.Itoa(point-1)
	}
	if parts[1] == "-" {
		canonical = "-" + canonical
	}
	return canonical, true
}

var numberShape = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$`)

// double writes v, which is finite, as [decimal] does, with the fewest digits
// that read back as v.
func double(v float64) string {
	text, _ := decimal(strconv.FormatFloat(v, 'e', -1, 64))
	return text
}

// shanghai is the zone of local times. Its offset is written out: the years
// with summer time (to 1991) lie before the data, and a fixed offset needs no
// zone file.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

const localLayout = "2006-01-02T15:04:05.999999"

var (
	dayShape   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	stampShape = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?$`)
)

// day reports whether text is a day from 0001-01-01 to 9999-12-31.
func day(text string) bool {
	t, err := time.Parse(time.DateOnly, text)
	return err == nil && dayShape.MatchString(text) && t.Year() >= 1
}

// local returns the instant in text as Shanghai local time without zone. Text
// without a zone is local already.
func local(text string) (string, bool) {
	if !stampShape.MatchString(text) {
		return "", false
	}
	text = strings.Replace(text, " ", "T", 1)
	layout := localLayout
	if zoned := len(text) > 19 && strings.ContainsAny(text[19:], "Z+-"); zoned {
		layout = "2006-01-02T15:04:05Z07:00"
	}
	t, err := time.ParseInLocation(layout, text, shanghai)
	t = t.In(shanghai)
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return "", false
	}
	return t.Format(localLayout), true
}

// utc writes a local time as the standard wants it in TIMESTAMP.
func utc(text string) string {
	t, err := time.ParseInLocation(localLayout, text, shanghai)
	if err != nil {
		return text
	}
	return t.UTC().Format(localLayout) + "Z"
}

// nextDay returns the day after a day.
func nextDay(text string) (string, bool) {
	t, err := time.Parse(time.DateOnly, text)
	t = t.AddDate(0, 0, 1)
	return t.Format(time.DateOnly), err == nil && t.Year() <= 9999
}
