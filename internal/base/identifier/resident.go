package identifier

import (
	"strconv"
	"time"

	"kaishu/internal/base/workday"
)

// regionPlausible reports whether six digits can be the division of a resident
// identity number. Numbers keep the division of the day they were given, so a
// list of today's would miss millions: what is held to is how GB/T 2260 builds
// codes. Province, then 01–20 and 51–70 cities, 21–50 regions, 90 what the
// province governs itself, then 01–99. The residence permits of people from
// Hong Kong, Macao and Taiwan have the bare codes of the three.
func regionPlausible(s string) bool {
	switch s {
	case "810000", "820000", "830000", "710000":
		return true
	}
	switch s[:2] {
	case "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46",
		"50", "51", "52", "53", "54", "61", "62", "63", "64", "65":
	default:
		return false
	}
	city := s[2:4]
	return (city >= "01" && city <= "70" || city == "90") && s[4:] != "00"
}

// bornPlausible reports whether year, month and day are a day from 1900 on and
// not after today.
func bornPlausible(year, month, day string, today workday.Date) bool {
	born := year + "-" + month + "-" + day
	_, err := time.Parse("2006-01-02", born)
	return err == nil && born >= "1900-01-01" && born <= string(today)
}

// residentLike reports whether 18 signs have the division and the birthday of
// a resident identity number; its check sign is another question.
func residentLike(s string, today workday.Date) bool {
	return len(s) == 18 && regionPlausible(s[:6]) && bornPlausible(s[6:10], s[10:12], s[12:14], today)
}

// residentWeights and residentSigns are those of GB 11643-1999, which takes
// them from ISO 7064, MOD 11-2.
var residentWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

const residentSigns = "10X98765432"

// ResidentSign returns the check sign of 17 digits.
func ResidentSign(s string) byte {
	sum := 0
	for i, w := range residentWeights {
		sum += w * int(s[i]-'0')
	}
	return residentSigns[sum%11]
}

// Resident reports whether s, 17 digits and a digit or X, is a resident
// identity number.
func Resident(s string, today workday.Date) bool {
	return residentLike(s, today) && s[17] == ResidentSign(s)
}

// oldResident reports whether s is a number of the first generation: 15
// digits, a year of two, no check sign. One in 120 numbers of 15
// digits looks so.
func oldResident(s string, today workday.Date) bool {
	return len(s) == 15 && regionPlausible(s[:6]) && bornPlausible("19"+s[6:8], s[8:10], s[10:12], today)
}

// mobile reports whether s is a mobile number of the mainland: 11 digits from
// 13 to 19.
func mobile(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3'
}

// round reports whether s is a number in thousands, as amounts often are.
func round(s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && n%1000 == 0
}
