package identifier

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

//go:embed surnames.txt
var surnamesText string

// nameLists are the surnames, and the signs that given names are often made of.
var nameLists = func() (l struct {
	single, given map[rune]bool
	compound      map[string]bool
}) {
	l.single, l.given, l.compound = map[rune]bool{}, map[rune]bool{}, map[string]bool{}
	for line := range strings.Lines(surnamesText) {
		words := strings.Fields(line)
		switch words[0] {
		case "single":
			for _, r := range words[1] {
				l.single[r] = true
			}
		case "given":
			for _, r := range words[1] {
				l.given[r] = true
			}
		case "compound":
			for _, w := range words[1:] {
				l.compound[w] = true
			}
		}
	}
	return l
}()

// notNames are ends and parts of words that begin like a surname and are of
// bodies, places, roads or goods.
var (
	notNameEnds = []string{"公司", "集团", "银行", "医院", "学校", "大学", "中学", "小学", "学院", "幼儿园", "委员会", "居委会", "村委会", "政府", "街道", "中心", "研究所", "研究院", "协会", "学会", "商会", "基金会", "联盟",
		"有限", "工厂", "超市", "饭店", "酒店", "宾馆", "药店", "药房", "门店", "分店", "分局", "支队", "大队", "部门", "科室", "法院", "检察", "机场", "火车站", "车站", "公园", "广场", "大厦", "花园", "小区", "新村", "公寓", "名苑",
		"路", "街", "弄", "巷", "道", "桥", "村", "镇", "乡", "县", "市", "省", "区", "州", "旗", "湾", "港", "河", "浦", "浜", "站", "口", "塘", "厂", "店", "局", "院", "所", "馆", "社", "部", "处", "科", "室", "厅", "校", "园", "寺", "庙",
		"类", "型", "款", "级", "种", "机", "器", "表", "率", "量", "数", "值", "费", "酒", "茶", "油", "菜", "肉", "鱼", "米", "面", "粉", "糖", "药", "液", "膏", "片", "丸", "汤", "车", "船", "病", "炎", "症", "色", "年", "月", "日", "号"}
	titles     = []string{"先生", "女士", "小姐", "同志", "医生", "医师", "老师", "教授", "律师", "经理", "主任", "书记", "局长", "处长", "科长", "院长", "校长"}
	apart      = "、,;/\n\t|"
	nameWords  = []string{"姓名", "人名", "名字", "联系人", "负责人", "法人代表", "法定代表人", "代表人", "经办人", "申请人", "投诉人", "举报人", "当事人", "被执行人", "户主", "业主", "住户", "患者", "病人", "学生", "家长", "监护人", "本人", "医师", "教师", "律师", "居民", "院长", "校长", "村主任", "xingming", "lianxiren", "fuzeren", "person", "full name", "fullname", "contact name", "patient", "applicant", "owner"}
	placeWords = []string{"站名", "路名", "地名", "道路", "街道", "区县", "行政区", "单位", "机构", "企业", "公司", "学校", "医院", "品名", "商品", "产品", "药品", "名称", "种类", "类别", "类型", "station", "road", "street", "district", "company", "organisation", "organization", "product", "category", "type"}
)

// nameForm is how much a text looks like the name of one person.
type nameForm int

const (
	noName     nameForm = iota
	nameLike            // a surname and one or two signs
	commonName          // of which each is common in given names
)

// formOf tells how much s, Chinese signs without blanks, looks like the name
// of a person.
func formOf(s string) nameForm {
	for _, title := range titles {
		if rest, ok := strings.CutSuffix(s, title); ok {
			if r := []rune(rest); len(r) == 1 && nameLists.single[r[0]] || nameLists.compound[rest] {
				return nameLike
			}
			s = rest
			break
		}
	}
	if strings.ContainsAny(s, "·•") {
		return foreignForm(s)
	}
	r := []rune(s)
	if len(r) < 2 || len(r) > 4 || strings.ContainsRune(s, '某') { // 王某某 is masked
		return noName
	}
	given := r[1:]
	switch {
	case len(r) >= 3 && nameLists.compound[string(r[:2])]:
		given = r[2:]
	case len(r) == 4 && !(nameLists.single[r[0]] && nameLists.single[r[1]]): // of two surnames, as some bear
		return noName
	case !nameLists.single[r[0]]:
		return noName
	case len(r) == 4:
		given = r[2:]
	}
	for _, c := range given {
		if !unicode.Is(unicode.Han, c) {
			return noName
		}
	}
	if isPlaceName(s) || slices.ContainsFunc(notNameEnds, func(end string) bool {
		return strings.HasSuffix(s, end) && !nameLists.given[r[len(r)-1]] || len([]rune(end)) > 1 && strings.HasSuffix(s, end)
	}) {
		return noName
	}
	for _, c := range given {
		if !nameLists.given[c] {
			return nameLike
		}
	}
	return commonName
}

// foreignForm tells of names of minorities and foreigners, with a dot between
// their parts.
func foreignForm(s string) nameForm {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '·' || r == '•' })
	if len(parts) < 2 {
		return noName
	}
	for _, p := range parts {
		n := 0
		for _, c := range p {
			if !unicode.Is(unicode.Han, c) {
				return noName
			}
			n++
		}
		if n < 2 || n > 6 {
			return noName
		}
	}
	return nameLike
}

// names counts a cell for the verdict on names: whether all of its parts have
// the form, and whether they are common.
func (t *Tally) names(cell string) {
	if len(cell) > 120 || len(cell) < 6 || cell[0] < 0x80 {
		return
	}
	form, parts, first := commonName, 0, ""
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(apart, r) }) {
		part = strings.ReplaceAll(strings.TrimSpace(part), " ", "")
		if parts++; parts > 8 {
			return
		}
		f := formOf(part)
		if f == noName {
			return
		}
		if form = min(form, f); first == "" {
			first = part
		}
	}
	if parts == 0 {
		return
	}
	t.Cells[PersonName] += t.times
	if form == commonName {
		t.common += t.times
	}
	t.note(PersonName, cell, first)
}

// labels stand before a name in a text; the longer ones first.
var labels = []string{"法定代表人", "联系人", "负责人", "经办人", "申请人", "投诉人", "举报人", "当事人", "被执行人", "户主", "患者", "姓名", "家长", "监护人", "收件人"}

// named counts a cell that names somebody in its text: a label, a colon, a
// name, and then no sign of a word: 联系人：张伟，电话… Without the colon only a
// name of three common signs counts by itself, since 申请人信息 and 患者安全 are
// words; others count where there are such as are sure.
func (t *Tally) named(cell string) {
	if !strings.Contains(cell, "人") && !strings.Contains(cell, "户主") && !strings.Contains(cell, "患者") && !strings.Contains(cell, "姓名") && !strings.Contains(cell, "家长") {
		return
	}
	form, sure, word := noName, false, ""
	for _, label := range labels {
		rest := cell
		for {
			_, after, found := strings.Cut(rest, label)
			if !found {
				break
			}
			rest = after
			name := nameOf(rest)
			f := formOf(name)
			if f == noName || len(name) > 24 {
				continue
			}
			colon := strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "：")
			form, sure = max(form, f), sure || colon || f == commonName && len(name) >= 9
			if word == "" {
				word = label
			}
			t.note(PersonName, rest, name)
		}
	}
	switch {
	case form == noName:
		return
	case !sure:
		t.loosely += t.times
		return
	}
	if t.told += t.times; form == commonName {
		t.surely += t.times
	}
	if t.label == "" {
		t.label = word
	}
}

// nameOf returns the Chinese signs with which s begins, after a colon or blank.
func nameOf(s string) string {
	s = strings.TrimLeft(s, ":： 为是　")
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) && r != '·' })
	if end < 0 {
		end = len(s)
	}
	return s[:end]
}

// ofNames reports whether the column is one of names, and not of texts.
func (t *Tally) ofNames(c Column) bool {
	_, _, held := t.holdsNames(c)
	return held
}

// holdsNames reports whether the column is one of names, and how surely. Under
// a header that speaks of persons two cells in five are enough, since pieces
// of bodies' names may stand among them; under none nearly all must be, most
// of them common, and different ones.
func (t *Tally) holdsNames(c Column) (Confidence, string, bool) {
	n, word := t.Cells[PersonName], c.word(nameWords)
	if word != "" && !c.Says(placeWords) {
		return Likely, word, n > 0 && 5*n >= 2*t.filled
	}
	if word != "" {
		return Likely, word, n > 0 && 10*n >= 6*t.filled
	}
	if c.Says(placeWords) {
		return Possible, "", n >= 10 && 20*n >= 19*t.filled && 20*t.common >= 13*n && 2*t.distinct(PersonName) >= min(n, maxDistinct)
	}
	return Possible, "", n >= 5 && 10*n >= 8*t.filled && 2*t.common >= n && 4*t.distinct(PersonName) >= min(n, maxDistinct)
}
