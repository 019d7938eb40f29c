package identifier

import (
	"slices"
	"strings"

	"kaishu/internal/base/workday"
)

// Column is what is known of a column besides its cells.
type Column struct {
	Header      string // its name
	Description string // what the dictionary says of it: titles, descriptions, in any language
	Whole       bool   // its cells are whole numbers
}

// Tally counts what the cells of one column are. The zero value is ready for
// [Tally.AddRuns]; take [NewTally] for [Tally.Add].
type Tally struct {
	Cells [Kinds]int64    // that hold at least one of the kind
	Shown [Kinds][]string // masked examples

	today      workday.Date
	times      int64 // that the cell stands in the column that is being added
	seen       map[Kind]map[uint64]struct{}
	filled     int64              // cells that Add was given and that hold something
	numbers    [numberKinds]int64 // of the kind
	eighteen   int64              // numbers of 18 signs
	near       int64              // of those, right but perhaps for the check sign
	cards      int64              // numbers that begin and are as long as a card's, resident identity numbers left out
	elevens    int64              // numbers of 11 to 14 digits that are no fixed line's, which begins with 0
	rounds     int64              // mobile numbers that are in thousands
	lead       string             // first three digits of the first mobile number
	leads      bool               // there are others
	creditLike int64              // codes of the form of a unified social credit code
	credits    int64              // of those, with the right check sign
	common     int64              // names made of common signs
	told       int64              // cells in which a text names somebody
	surely     int64              // of those, with a name of common signs
	loosely    int64              // cells that name somebody if told does at all
	label      string             // the word before the first of them
}

// maxExamples is how many masked identifiers a finding shows.
const maxExamples = 3

// AddRuns counts the runs of digits of one cell, one a line, as an engine found
// them: those of the kinds up to BankCard.
func (t *Tally) AddRuns(runs string, today workday.Date) {
	var here [numberKinds]bool
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
			t.Cells[k]++
		}
	}
}

func (t *Tally) count(n tried) {
	if len(n.digits) == 18 {
		t.eighteen++
	}
	if n.near {
		t.near++
	}
	if cardLike(n.digits) && !n.is[ResidentID] && !strings.HasSuffix(n.digits, "X") {
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
		if len(t.Shown[k]) < maxExamples {
			if example := Mask(n.digits); !slices.Contains(t.Shown[k], example) {
				t.Shown[k] = append(t.Shown[k], example)
			}
		}
	}
	if n.is[MobileNumber] {
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

// Holds reports whether the column holds identifiers of a kind up to
// BankCard, and not numbers that look so by chance. Filled is how many of its cells hold
// something. The bounds are ours. [D]
func (t *Tally) Holds(k Kind, column Column, filled int64) bool {
	n := t.numbers[k]
	switch k {
	case ResidentID:
		// A random number of 18 digits has division and birthday once in 10,000
		// times; of those every eleventh has the check sign too.
		return n > 0 && 2*n > t.near && (n >= 3 || t.eighteen <= 200*n) || t.near >= 100 && 4*n >= t.near
	case OldResidentID:
		return n >= 3 && 2*t.Cells[k] >= filled
	case BankCard:
		// Every tenth number of the length and beginning has the check digit.
		if column.Says(cardWords) && n > 0 && 2*n >= t.cards {
			return true
		}
		return n >= 3 && 3*n >= 2*t.cards || t.cards >= 100 && 4*n >= t.cards
	case MobileNumber:
		if column.Says(phoneWords) {
			return n > 0 && 2*n >= t.elevens
		}
		if n >= 10 && !t.leads {
			return false // numbers in a row: codes of something
		}
		if !column.Whole {
			return n > 0 && 2*n >= t.elevens
		}
		// Amounts may have eleven digits too.
		return n >= 5 && 2*t.Cells[k] >= filled && 10*n >= 9*t.elevens && 2*t.rounds < n
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

// Of tells how many cells of the column hold something, where only those that
// match [Pattern] were added.
func (t *Tally) Of(filled int64) { t.filled = filled }

// Says reports whether header or description hold one of the words.
func (c Column) Says(words []string) bool { return c.word(words) != "" }

// word returns the first of the words, in lower case, that header or
// description hold, or "".
func (c Column) word(words []string) string {
	text := committees.Replace(strings.ToLower(c.Header + "\n" + c.Description))
	if i := slices.IndexFunc(words, func(w string) bool { return strings.Contains(text, w) }); i >= 0 {
		return words[i]
	}
	return ""
}

// office reports whether header and description tell of a body and of no
// person.
func (c Column) office() bool { return c.Says(officeWords) && !c.Says(personWords) }

// Office reports whether the column is described as the telephone of a body,
// which may well be a mobile number, and of no person.
func (c Column) Office() bool { return c.office() }

// Personal reports whether the column is described as one of persons.
func (c Column) Personal() bool { return c.Says(personWords) }

// Permits reports whether the column is described as one of passports or
// permits, which may be digits alone.
func (c Column) Permits() bool {
	return c.Says(passportWords) || c.Says(macauWords) || c.Says(taiwanWords)
}

// Lookalikes tells how many numbers of 18 signs, numbers that begin like a
// card's, and numbers of 11 to 14 digits were counted.
func (t *Tally) Lookalikes() (eighteen, cards, elevens int64) {
	return t.eighteen, t.cards, t.elevens
}

// Told tells how many cells name somebody in a text, after a word for a
// person; some of them only if others in the column surely do.
func (t *Tally) Told() int64 { return t.told + t.loosely }
