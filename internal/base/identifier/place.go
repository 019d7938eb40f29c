package identifier

import (
	_ "embed"
	"strings"
)

//go:embed divisions.txt
var divisionsText string

// divisions holds the names of divisions, whole and without 市, 省 and the
// like, and the common short names of the regions.
var divisions = func() map[string]bool {
	all := map[string]bool{}
	for _, region := range []string{"内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门"} {
		all[region] = true
	}
	for line := range strings.Lines(divisionsText) {
		words := strings.Fields(line)
		if len(words) != 3 || words[0] == "#" {
			continue
		}
		all[words[2]] = true
		for _, end := range []string{"街道", "新区", "省", "市", "区", "镇", "乡"} {
			if short, ok := strings.CutSuffix(words[2], end); ok && len(short) >= 6 {
				all[short] = true
				break
			}
		}
	}
	return all
}()

// isPlaceName reports whether s is the name of a division.
func isPlaceName(s string) bool { return divisions[s] }

// homeWords are of columns that tell where a person lives.
var (
	homeWords    = []string{"住址", "住所地", "家庭地址", "居住地址", "居住地", "现住", "户籍地", "户口", "籍贯地址", "通讯地址", "收货", "收件", "家庭住", "jiatingzhuzhi", "zhuzhi", "home address", "residence", "domicile", "delivery address"}
	addressWords = []string{"地址", "位置", "地点", "住所", "坐落", "座落", "dizhi", "address", "location"}
	roads        = []string{"路", "街", "大道", "公路", "支路", "弄", "巷", "胡同", "新村", "小区", "村", "里", "坊", "苑", "花园", "公寓"}
)

// isAddress reports whether s, in half-width signs, tells a place exactly: the
// name of a road, lane or village, then its number with 号, 弄, 组 or the like.
func isAddress(s string) bool {
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			continue
		}
		from := i
		for i < len(s) && (digit(s[i]) || s[i] == '-' || s[i] == '~') {
			i++
		}
		rest := strings.TrimLeft(s[i:], " ")
		if after(rest, "弄", "号", "支弄", "巷", "组", "队", "幢", "栋", "村", "甲", "乙") && roadBefore(s[:from]) {
			return true
		}
	}
	return false
}

// after reports whether s begins with one of the words, and not with that of a
// line or of a body.
func after(s string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) && !strings.HasPrefix(s, "号线") && !strings.HasPrefix(s, "组织") {
			return true
		}
	}
	return false
}

// roadBefore reports whether s ends with the name of a road or a village: the
// word for it and at least one sign of a name, or a division before it.
func roadBefore(s string) bool {
	s = strings.TrimRight(s, " ")
	for _, w := range roads {
		if rest, ok := strings.CutSuffix(s, w); ok && len(rest) >= 3 && rest[len(rest)-1] >= 0x80 {
			return true
		}
	}
	for _, side := range []string{"东", "西", "南", "北", "中"} {
		if rest, ok := strings.CutSuffix(s, side); ok && (strings.HasSuffix(rest, "路") || strings.HasSuffix(rest, "街") || strings.HasSuffix(rest, "村")) {
			return true
		}
	}
	for i := len(s) - 3; i > 0 && i >= len(s)-18; i -= 3 { // 陆家嘴街道12号, 南翔镇3组
		if divisions[s[i:]] {
			return true
		}
	}
	return divisions[s]
}

// places counts a cell for the verdict on addresses.
func (t *Tally) places(cell string) {
	if len(cell) > 600 {
		cell = cell[:600]
	}
	if !isAddress(cell) {
		return
	}
	t.Cells[Address] += t.times
	t.note(Address, cell, cell)
}

// holdsAddress reports whether the column tells places, and homeAddress whether
// these are where persons live: its header says so. Shops have flats too, so
// 室 alone makes no home.
func (t *Tally) holdsAddress(c Column) (Confidence, string, bool) {
	n := t.Cells[Address]
	if word := c.word(addressWords); word != "" {
		return Likely, word, n > 0 && 5*n >= t.filled
	}
	return Possible, "", n >= 3 && 2*n >= t.filled
}

func (t *Tally) holdsHome(c Column) (Confidence, string, bool) {
	n, word := t.Cells[Address], c.word(homeWords)
	if word == "" && c.Says(personWords) {
		word = c.word(addressWords)
	}
	if word == "" || c.office() {
		return Possible, "", false
	}
	return Likely, word, n > 0 && 5*n >= t.filled
}
