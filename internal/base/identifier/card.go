package identifier

// cardLike reports whether s has the length and the beginning of a bank card:
// 62 is UnionPay, 16 to 19 digits; 4 and 5 are the international schemes and
// older cards of the mainland, whose numbers are 16 to 19 digits too.
func cardLike(s string) bool {
	return len(s) >= 16 && len(s) <= 19 && (s[:2] == "62" || s[0] == '4' || s[0] == '5')
}

// Luhn reports whether the last digit of s is the check digit of the rest
// (ISO/IEC 7812-1). One number in ten has it by chance.
func Luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
