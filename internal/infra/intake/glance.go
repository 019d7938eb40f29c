package intake

import "bytes"

// glimpse is what one look at a cell shows. The rest is set only if the cell is
// plain: in one of the spellings that most cells of a large file have, 12, -3.5,
// 2026-03-05, 2026-03-05 08:30:00. Every other takes a longer look.
type glimpse struct {
	b        []byte // the cell, trimmed
	plain    bool
	class    class
	whole    uint8 // digits of a number before the point
	fraction uint8 // and after it
}

// look fills g from a cell. What it says agrees with classify.
func (g *glimpse) look(cell []byte) {
	b := trim(cell)
	g.b, g.plain = b, false
	if len(b) == 0 || len(b) > len("2026-03-05 08:30:00") {
		return
	}
	from := 0
	if b[0] == '-' {
		from = 1
	}
	i := from
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	whole := i - from
	switch {
	case whole == 0 || whole > 15 || b[from] == '0' && whole > 1:
	case i == len(b):
		g.class, g.whole, g.fraction = isInteger, uint8(whole), 0
		g.plain = whole != 8 && (from == 0 || b[1] != '0')
	case b[i] == '.':
		fraction := len(b) - i - 1
		g.class, g.whole, g.fraction = isFraction, uint8(whole), uint8(fraction)
		g.plain = fraction > 0 && whole+fraction <= 15 && allDigits(b[i+1:])
	case i == 4 && from == 0 && b[4] == '-' && len(b) == 10:
		g.class, g.plain = isDate, plainDay(b)
	case i == 4 && from == 0 && b[4] == '-' && len(b) == 19:
		if g.class = isStamp; bytes.Equal(b[11:], midnight) {
			g.class = isMidnight
		}
		g.plain = plainDay(b) && plainTime(b[10:])
	}
}

var midnight = []byte("00:00:00")

func allDigits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// two reads two digits; it is over 99 if they are none.
func two(b []byte) int {
	if b[0]-'0' > 9 || b[1]-'0' > 9 {
		return 100
	}
	return int(b[0]-'0')*10 + int(b[1]-'0')
}

// plainDay reports whether b begins with a day written 2026-03-05; its first
// five bytes are known to be four digits and a stroke.
func plainDay(b []byte) bool {
	d := day{two(b)*100 + two(b[2:]), two(b[5:]), two(b[8:])}
	return b[7] == '-' && d.valid()
}

// plainTime reports whether b is a time of day written " 08:30:00" or
// "T08:30:00".
func plainTime(b []byte) bool {
	return (b[0] == ' ' || b[0] == 'T') && b[3] == ':' && b[6] == ':' && two(b[1:]) < 24 && two(b[4:]) < 60 && two(b[7:]) < 60
}
