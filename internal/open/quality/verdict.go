package quality

import (
	"slices"
	"strings"

	"kaishu/internal/base/selection"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/openlist"
)

// tally is what the numbers of one column are.
type tally struct {
	cells    [kinds]int64    // that hold at least one of the kind
	numbers  [kinds]int64    // of the kind
	eighteen int64           // numbers of 18 signs
	near     int64           // of those, right but perhaps for the check sign
	cards    int64           // numbers that begin and are as long as a card's, resident identity numbers left out
	elevens  int64           // numbers of 11 to 14 digits that are no fixed line's, which begins with 0
	rounds   int64           // mobile numbers that are in thousands
	lead     string          // first three digits of the first mobile number
	leads    bool            // there are others
	shown    [kinds][]string // masked examples
}

// maxExamples is how many masked identifiers a finding shows.
const maxExamples = 3

// add counts the runs of one cell.
func (t *tally) add(runs string, today workday.Date) {
	var here [kinds]bool
	for run := range strings.SplitSeq(runs, "\n") {
		for _, n := range numbers(run, today) {
			t.count(n)
			for k, is := range n.is {
				here[k] = here[k] || is
			}
		}
	}
	for k, is := range here {
		if is {
			t.cells[k]++
		}
	}
}

func (t *tally) count(n tried) {
	if len(n.digits) == 18 {
		t.eighteen++
	}
	if n.near {
		t.near++
	}
	if cardLike(n.digits) && !n.is[residentID] && !strings.HasSuffix(n.digits, "X") {
		t.cards++
	}
	if len(n.digits) >= 11 && len(n.digits) <= 14 && n.digits[0] != '0' {
		t.elevens++
	}
	for k, is := range n.is {
		if !is {
			continue
		}
		t.numbers[k]++
		if len(t.shown[k]) < maxExamples {
			if example := mask(n.digits); !slices.Contains(t.shown[k], example) {
				t.shown[k] = append(t.shown[k], example)
			}
		}
	}
	if n.is[mobileNumber] {
		if round(n.digits) {
			t.rounds++
		}
		switch lead := n.digits[:3]; {
		case t.lead == "":
			t.lead = lead
		case t.lead != lead:
			t.leads = true
		}
	}
}

// holdsKind reports whether the column holds identifiers of the kind, and not
// numbers that look so by chance. Filled is how many of its cells hold
// something. The bounds are ours. [D]
func (t *tally) holdsKind(k kind, column selection.Column, item openlist.Item, filled int64) bool {
	n := t.numbers[k]
	switch k {
	case residentID:
		// A random number of 18 digits has division and birthday once in 10,000
		// times; of those every eleventh has the check sign too.
		return n > 0 && 2*n > t.near && (n >= 3 || t.eighteen <= 200*n) || t.near >= 100 && 4*n >= t.near
	case oldResidentID:
		return n >= 3 && 2*t.cells[k] >= filled
	case bankCard:
		// Every tenth number of the length and beginning has the check digit.
		if says(cardWords, column.Name, item) && n > 0 && 2*n >= t.cards {
			return true
		}
		return n >= 3 && 3*n >= 2*t.cards || t.cards >= 100 && 4*n >= t.cards
	case mobileNumber:
		if says(phoneWords, column.Name, item) {
			return n > 0 && 2*n >= t.elevens
		}
		if n >= 10 && !t.leads {
			return false // numbers in a row: codes of something
		}
		if !whole(column) {
			return n > 0 && 2*n >= t.elevens
		}
		// Amounts may have eleven digits too.
		return n >= 5 && 2*t.cells[k] >= filled && 10*n >= 9*t.elevens && 2*t.rounds < n
	}
	return false
}

// Words of a column's name and description, in lower case.
var (
	cardWords   = []string{"卡号", "银行卡", "账号", "帐号", "账户", "帐户", "card", "account"}
	phoneWords  = []string{"手机", "电话", "联系方式", "phone", "mobile"}
	officeWords = []string{"咨询", "服务电话", "服务热线", "客服", "热线", "投诉", "监督电话", "举报", "值班", "办公", "总机", "前台", "预约", "对外", "单位", "机构", "门店", "网点", "企业电话", "公司",
		"office", "hotline", "service", "enquir", "inquir", "switchboard", "reception", "institution", "organisation", "organization"}
	personWords = []string{"本人", "个人", "居民", "村民", "患者", "病人", "学生", "家长", "监护", "户主", "联系人", "负责人", "法人", "代表人", "经办", "申请人", "投诉人", "举报人", "姓名", "住户", "业主",
		"person", "patient", "resident", "student", "parent", "owner", "applicant", "complainant"}
)

// committees are bodies whose names hold words for persons.
var committees = strings.NewReplacer("居民委员会", "居委会", "村民委员会", "村委会", "residents' committee", "committee", "residents’ committee", "committee", "villagers' committee", "committee")

// says reports whether a column's name or what the dictionary says of it holds
// one of the words.
func says(words []string, name string, item openlist.Item) bool {
	text := committees.Replace(strings.ToLower(strings.Join([]string{name, item.Title.ZH, item.Title.EN, item.Description.ZH, item.Description.EN}, "\n")))
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// office reports whether the dictionary describes a column as the telephone of
// a body, which may well be a mobile number, and of no person. The zero item,
// of a column that the dictionary does not know, is nobody's office.
func office(item openlist.Item) bool {
	return says(officeWords, item.Name, item) && !says(personWords, item.Name, item)
}
