package quality

import (
	"fmt"
	"testing"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/selection"
	"kaishu/internal/open/openlist"
)

// TestVerdictAtItsBounds: what holds a column and what is chance, one cell
// apart.
func TestVerdictAtItsBounds(t *testing.T) {
	text, number := selection.Column{Name: "c", Type: selection.Text}, selection.Column{Name: "c", Type: selection.Integer}
	called := func(name string, c selection.Column) selection.Column {
		c.Name = name
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
	if resident(off, "2026-11-24") || !residentLike(off, "2026-11-24") {
		t.Fatal(off)
	}
	plain, card := "70%016d", withLuhn("622202100100000")
	for _, tt := range []struct {
		name   string
		kind   kind
		column selection.Column
		cells  []string
		want   bool
	}{
		{"one resident among 199 other numbers of 18 digits", residentID, text, append(fill(199, plain), id), true},
		{"among 200", residentID, text, append(fill(200, plain), id), false},
		{"three among any", residentID, text, append(fill(900, plain), id, id, id), true},
		{"as many with a wrong sign", residentID, text, []string{id, id, id, off, off, off}, false},
		{"one fewer", residentID, text, []string{id, id, id, off, off}, true},
		{"a mobile number among fixed lines", mobileNumber, text, append(fill(50, "0215%07d"), phone), true},
		{"among other numbers of eleven digits", mobileNumber, text, append(fill(2, "2%010d"), phone), false},
		{"as many", mobileNumber, text, append(fill(1, "2%010d"), phone), true},
		{"ten that begin alike are codes", mobileNumber, text, fill(10, "138%08d"), false},
		{"nine are not", mobileNumber, text, fill(9, "138%08d"), true},
		{"ten that begin alike, called telephones", mobileNumber, called("电话", text), fill(10, "138%08d"), true},
		{"ten that do not begin alike", mobileNumber, text, fill(9, "138%08d", 1, "139%08d"), true},
		{"whole numbers", mobileNumber, number, fill(3, "138%08d", 2, "139%08d"), true},
		{"four of them are too few", mobileNumber, number, fill(3, "138%08d", 1, "139%08d"), false},
		{"unless they are called telephones", mobileNumber, called("手机", number), fill(1, "138%08d"), true},
		{"amounts in thousands", mobileNumber, number, fill(6, "13%06d000", 6, "14%06d000", 4, "15%09d"), false},
		{"under half of the cells", mobileNumber, number, fill(3, "138%08d", 2, "139%08d", 6, "%d"), false},
		{"two cards", bankCard, text, []string{card, card}, false},
		{"three", bankCard, text, []string{card, card, card}, true},
		{"three of five that begin so", bankCard, text, []string{card, card, card, "6222021001000000", "6222021001000001"}, false},
		{"one that is called a card", bankCard, called("银行卡号", text), []string{card}, true},
		{"old residents in half of the cells", oldResidentID, text, fill(4, "31010190010112%d", 4, "x%d"), true},
		{"in fewer", oldResidentID, text, fill(4, "31010190010112%d", 5, "x%d"), false},
		{"two are too few", oldResidentID, text, fill(2, "31010190010112%d"), false},
	} {
		var n tally
		for _, cell := range tt.cells {
			if len(cell) >= 11 {
				n.add(cell, "2026-11-24")
			}
		}
		if got := n.holdsKind(tt.kind, tt.column, openlist.Item{}, int64(len(tt.cells))); got != tt.want {
			t.Errorf("%s: %t; %+v", tt.name, got, n)
		}
	}
	// Of a hundred that begin like a card every tenth has the digit by chance.
	for numbers, want := range map[int64]bool{10: false, 24: false, 25: true} {
		n := tally{cards: 100}
		n.numbers[bankCard] = numbers
		if got := n.holdsKind(bankCard, text, openlist.Item{}, 100); got != want {
			t.Errorf("%d of 100: %t", numbers, got)
		}
	}
}

func TestOffice(t *testing.T) {
	for _, tt := range []struct {
		name, zh, en string
		want         bool
	}{
		{"咨询电话", "", "", true}, {"tel", "机构对外服务电话", "", true}, {"tel", "", "Hotline of the office", true}, {"dh", "村民委员会办公电话", "", true},
		{"联系电话", "", "", false}, {"咨询电话", "经办人手机", "", false}, {"tel", "", "Mobile of the applicant", false}, {"", "", "", false},
		{"单位联系人", "", "", false}, {"phone", "", "Telephone of the residents' committee's office", true},
	} {
		item := openlist.Item{Name: tt.name, Description: locale.Text{ZH: tt.zh, EN: tt.en}}
		if got := office(item); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

func TestMask(t *testing.T) {
	for cell, want := range map[string]string{
		"南京西路1号": "南京西路1号", phone: "138*******8", "电话138 1234 5678。": "电话138*******8。", "2026-01-01 12:30": "2026-01-01 12:30",
		"310101001001": "310101001001", "31010119900101123" + "4": mask("310101199001011234"), "": "",
	} {
		if got := maskAll(cell, "2026-11-24"); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
	if mask("1234567") != "*******" {
		t.Error("a short number is masked whole")
	}
}
