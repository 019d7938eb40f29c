package identifier

// Words of headers, in lower case.
var (
	creditWords   = []string{"信用代码", "社会信用", "uscc", "credit code", "tyshxydm"}
	plateWords    = []string{"车牌", "号牌", "车号", "plate", "chepai"}
	passportWords = []string{"护照", "passport", "证件号", "hu zhao", "huzhao"}
	macauWords    = []string{"港澳", "通行证", "回乡证", "证件号", "hong kong"}
	taiwanWords   = []string{"台胞证", "台湾", "台籍", "来往大陆", "taiwan"} // 证件号 will not do: eight digits are a day too
	ipWords       = []string{"ip", "网络地址"}
	macWords      = []string{"mac", "物理地址"}
	emailWords    = []string{"邮箱", "邮件", "mail", "youxiang"}
	idWords       = []string{"身份证", "证件号", "公民身份", "identity", "id card", "shenfenzheng", "sfz"}
)

var headerWords = [Kinds][]string{ResidentID: idWords, OldResidentID: idWords, MobileNumber: phoneWords, BankCard: cardWords, CreditCode: creditWords,
	Plate: plateWords, Passport: passportWords, HongKongMacau: macauWords, Taiwan: taiwanWords, Email: emailWords, IP: ipWords, MAC: macWords, Landline: phoneWords}

// Evidence returns what the counted cells give evidence of, kinds in their
// order: nothing that may well be chance.
func (t *Tally) Evidence(c Column) (all []Evidence) {
	for k := range Kinds {
		confidence, word, held := t.weigh(k, c)
		if !held {
			continue
		}
		from := k
		if k == HomeAddress {
			from = Address
		}
		n := t.Cells[from]
		if k == PersonName && !t.ofNames(c) {
			n = t.Told()
		}
		all = append(all, Evidence{Kind: k, Cells: n, Share: ratio(n, t.filled), Checked: t.checked(k), Distinct: t.distinct(from),
			Header: word, Confidence: confidence, Examples: t.Shown[from]})
	}
	return all
}

func ratio(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// checked returns the share of what has the form of the kind that has the
// right check sign too.
func (t *Tally) checked(k Kind) float64 {
	switch k {
	case ResidentID:
		return ratio(t.numbers[k], t.near)
	case BankCard:
		return ratio(t.numbers[k], t.cards)
	case CreditCode:
		return ratio(t.credits, t.creditLike)
	}
	return 0
}

// weigh judges the column for one kind. Forms that much else has count by the
// header alone, and so do local numbers without a check sign.
func (t *Tally) weigh(k Kind, c Column) (Confidence, string, bool) {
	n, word := t.Cells[k], c.word(headerWords[k])
	switch k {
	case ResidentID, BankCard:
		return Certain, word, t.Holds(k, c, t.filled)
	case OldResidentID, MobileNumber:
		if word != "" {
			return Likely, word, t.Holds(k, c, t.filled)
		}
		return Possible, "", t.Holds(k, c, t.filled)
	case CreditCode:
		return Certain, word, n > 0 && 2*t.credits > t.creditLike && (word != "" || n > 1) // one alone may be chance
	case Plate, Email, MAC:
		return Likely, word, n > 0
	case Passport, HongKongMacau, Taiwan:
		return Likely, word, word != "" && n > 0 && 20*n >= t.filled
	case IP:
		if word != "" {
			return Likely, word, n > 0
		}
		return Possible, "", n >= 3 && 2*n >= t.filled
	case Landline:
		if word != "" {
			return Likely, word, n > 0
		}
		return Possible, "", n >= 3 && 10*n >= t.filled
	case PersonName:
		if confidence, word, held := t.holdsNames(c); held {
			return confidence, word, true
		}
		return Likely, t.label, t.told > 0 && (t.surely > 0 || t.told >= 3)
	case HomeAddress:
		return t.holdsHome(c)
	case Address:
		if _, _, home := t.holdsHome(c); home {
			return Possible, "", false
		}
		return t.holdsAddress(c)
	}
	return Possible, "", false
}
