package identifier

import (
	"fmt"
	"testing"
)

// All numbers here are made up: their check signs are right, and that is all.
const phone = "13812345678"

// madeUp returns the number of nobody: 17 digits and their check sign.
func madeUp(first17 string) string { return first17 + string(ResidentSign(first17)) }

// withLuhn returns digits and their check digit.
func withLuhn(digits string) string {
	for d := range 10 {
		if s := digits + string(rune('0'+d)); Luhn(s) {
			return s
		}
	}
	panic("no check digit")
}

// TestVerdictAtItsBounds: what holds a column and what is chance, one cell
// apart.
func TestVerdictAtItsBounds(t *testing.T) {
	text, number := Column{Header: "c"}, Column{Header: "c", Whole: true}
	called := func(name string, c Column) Column {
		c.Header = name
		return c
	}
	fill := func(parts ...any) (cells []string) { // number of cells, pattern with one %d
		for i := 0; i < len(parts); i += 2 {
			for n := range parts[i].(int) {
				cells = append(cells, fmt.Sprintf(parts[i+1].(string), n))
			}
		}
		return cells
	}
	id, off := madeUp("31010119900101123"), madeUp("31010119900101124")
	off = off[:17] + string(residentSigns[(int(off[17])+3)%10+1])
	if Resident(off, "2026-11-24") || !residentLike(off, "2026-11-24") {
		t.Fatal(off)
	}
	plain, card := "70%016d", withLuhn("622202100100000")
	for _, tt := range []struct {
		name   string
		kind   Kind
		column Column
		cells  []string
		want   bool
	}{
		{"one resident among 199 other numbers of 18 digits", ResidentID, text, append(fill(199, plain), id), true},
		{"among 200", ResidentID, text, append(fill(200, plain), id), false},
		{"three among any", ResidentID, text, append(fill(900, plain), id, id, id), true},
		{"as many with a wrong sign", ResidentID, text, []string{id, id, id, off, off, off}, false},
		{"one fewer", ResidentID, text, []string{id, id, id, off, off}, true},
		{"a mobile number among fixed lines", MobileNumber, text, append(fill(50, "0215%07d"), phone), true},
		{"among other numbers of eleven digits", MobileNumber, text, append(fill(2, "2%010d"), phone), false},
		{"as many", MobileNumber, text, append(fill(1, "2%010d"), phone), true},
		{"ten that begin alike are codes", MobileNumber, text, fill(10, "138%08d"), false},
		{"nine are not", MobileNumber, text, fill(9, "138%08d"), true},
		{"ten that begin alike, called telephones", MobileNumber, called("电话", text), fill(10, "138%08d"), true},
		{"ten that do not begin alike", MobileNumber, text, fill(9, "138%08d", 1, "139%08d"), true},
		{"whole numbers", MobileNumber, number, fill(3, "138%08d", 2, "139%08d"), true},
		{"four of them are too few", MobileNumber, number, fill(3, "138%08d", 1, "139%08d"), false},
		{"unless they are called telephones", MobileNumber, called("手机", number), fill(1, "138%08d"), true},
		{"amounts in thousands", MobileNumber, number, fill(6, "13%06d000", 6, "14%06d000", 4, "15%09d"), false},
		{"under half of the cells", MobileNumber, number, fill(3, "138%08d", 2, "139%08d", 6, "%d"), false},
		{"two cards", BankCard, text, []string{card, card}, false},
		{"three", BankCard, text, []string{card, card, card}, true},
		{"three of five that begin so", BankCard, text, []string{card, card, card, "6222021001000000", "6222021001000001"}, false},
		{"one that is called a card", BankCard, called("银行卡号", text), []string{card}, true},
		{"old residents in half of the cells", OldResidentID, text, fill(4, "31010190010112%d", 4, "x%d"), true},
		{"in fewer", OldResidentID, text, fill(4, "31010190010112%d", 5, "x%d"), false},
		{"two are too few", OldResidentID, text, fill(2, "31010190010112%d"), false},
	} {
		var n Tally
		for _, cell := range tt.cells {
			if len(cell) >= 11 {
				n.AddRuns(cell, "2026-11-24")
			}
		}
		if got := n.Holds(tt.kind, tt.column, int64(len(tt.cells))); got != tt.want {
			t.Errorf("%s: %t; %+v", tt.name, got, n)
		}
	}
	// Of a hundred that begin like a card every tenth has the digit by chance.
	for numbers, want := range map[int64]bool{10: false, 24: false, 25: true} {
		n := Tally{cards: 100}
		n.numbers[BankCard] = numbers
		if got := n.Holds(BankCard, text, 100); got != want {
			t.Errorf("%d of 100: %t", numbers, got)
		}
	}
}

func TestMask(t *testing.T) {
	for cell, want := range map[string]string{
		"南京西路1号": "南京西路1号", phone: "138*******8", "电话138 1234 5678。": "电话138*******8。", "2026-01-01 12:30": "2026-01-01 12:30",
		"310101001001": "310101001001", "31010119900101123" + "4": Mask("310101199001011234"), "": "",
	} {
		if got := MaskAll(cell, "2026-11-24"); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
	if Mask("1234567") != "*******" {
		t.Error("a short number is masked whole")
	}
}
