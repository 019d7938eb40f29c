package identifier

// Kind is a kind of identifier.
type Kind int

// The kinds. Those up to BankCard are found in runs of digits alone; see
// [Tally.AddRuns].
const (
	ResidentID    Kind = iota // 身份证号, 18 signs with a check sign
	OldResidentID             // the same of the first generation, 15 digits
	MobileNumber              // 手机号
	BankCard                  // 银行卡号
	CreditCode                // 统一社会信用代码, 18 signs with a check sign
	Plate                     // 车牌号, those of new energy too
	Passport                  // 护照号
	HongKongMacau             // 港澳居民来往内地通行证, 往来港澳通行证
	Taiwan                    // 台湾居民来往大陆通行证, 往来台湾通行证
	Email                     // 电子邮箱
	IP                        // IP 地址
	MAC                       // MAC 地址
	Landline                  // 固定电话
	PersonName                // 姓名
	HomeAddress               // 住址
	Address                   // 地址 of no one in particular
	Kinds                     // how many there are

	numberKinds = BankCard + 1
)

var kindNames = [Kinds]string{"resident_id", "resident_id_old", "mobile", "bank_card", "credit_code", "plate", "passport",
	"hong_kong_macau_permit", "taiwan_permit", "email", "ip", "mac", "landline", "person_name", "home_address", "address"}

// String returns the kind's name in messages and tables.
func (k Kind) String() string {
	if k < 0 || k >= Kinds {
		return "none"
	}
	return kindNames[k]
}

// Group is what a kind identifies.
type Group string

// The groups. Only what identifies a person keeps data from being open to all.
const (
	Person       Group = "person"
	Organisation Group = "organisation"
	Contact      Group = "contact"
	Place        Group = "place"
)

// Group returns what the kind identifies.
func (k Kind) Group() Group {
	switch k {
	case CreditCode:
		return Organisation
	case Email, IP, MAC, Landline:
		return Contact
	case Address:
		return Place
	}
	return Person
}

// Chance returns how often a sign that is drawn at random is the right check
// sign of the kind; 0 of kinds that have none.
func (k Kind) Chance() float64 {
	switch k {
	case ResidentID:
		return 1.0 / 11
	case BankCard:
		return 1.0 / 10
	case CreditCode:
		return 1.0 / 31
	}
	return 0
}

// Confidence is how sure a column's evidence is.
type Confidence string

// The confidences, surest first.
const (
	Certain  Confidence = "certain"  // the check signs are right far more often than by chance
	Likely   Confidence = "likely"   // form and header agree, or the form is unlike anything else
	Possible Confidence = "possible" // the form alone
)

// Evidence is why a column holds identifiers of a kind.
type Evidence struct {
	Kind       Kind
	Cells      int64   // that hold at least one
	Share      float64 // Cells of the filled cells, 0…1
	Checked    float64 // of what has the form, the share with the right check sign, 0…1; to hold against Kind.Chance
	Distinct   int64   // different ones, counted up to 10,000
	Header     string  // the word of header or description that speaks for it, "" if none
	Confidence Confidence
	Examples   []string // masked, at most 3
}
