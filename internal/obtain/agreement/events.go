package agreement

import (
	"time"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// The two sides of an agreement.
const (
	SideUser      = "user"      // 乙方: the applicant
	SidePublisher = "publisher" // 甲方: 数据开放主体
)

// Scenario is what the data is for, as it was approved.
type Scenario struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Purpose  string `json:"purpose"`
	Serves   string `json:"serves"`
	Benefit  string `json:"benefit"`
	External string `json:"external,omitempty"`
}

// Given is one dataset as it was approved.
type Given struct {
	Dataset   string       `json:"dataset"`
	Title     locale.Text  `json:"title"` // on the day of the agreement
	Set       string       `json:"set"`   // version of conditions: its id
	Version   int          `json:"set_version"`
	Fields    []string     `json:"fields"`
	From      workday.Date `json:"from,omitempty"` // of the data; "" for its beginning
	To        workday.Date `json:"to,omitempty"`   // of the data; "" for what comes
	Mode      string       `json:"mode"`           // "file", "api" or "sandbox"
	Months    int          `json:"months"`
	PerMinute int          `json:"per_minute,omitempty"` // most calls of the API in a minute; 0 if it is not by API
	Until     workday.Date `json:"until,omitempty"`      // last day of use; "" before the agreement is in force
}

// Subject is what an agreement is about, and between whom. Who the applicant
// is stands with the application, not here.
type Subject struct {
	Application       string      `json:"application"`
	ApplicationNumber string      `json:"application_number"`
	Order             string      `json:"order"`
	OrderNumber       string      `json:"order_number"`
	Account           string      `json:"account"`                // that applied
	Organisation      string      `json:"organisation,omitempty"` // that it applied for; "" for a person
	Publisher         string      `json:"publisher"`
	PublisherName     locale.Text `json:"publisher_name"` // on the day of the agreement
	Scenario          Scenario    `json:"scenario"`
	Datasets          []Given     `json:"datasets"`
}

// Clause is one clause of an agreement.
type Clause struct {
	Code      string      `json:"code"`
	Mandatory bool        `json:"mandatory,omitempty"` // named by Article 20: nobody edits it
	Title     locale.Text `json:"title"`
	Text      locale.Text `json:"text"` // the Chinese is authentic
}

// Edit is a new wording of an optional clause; "" leaves the clause out.
type Edit struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Change is a change that one side asks for.
type Change struct {
	Side   string       `json:"side"`
	Edits  []Edit       `json:"edits"`
	Reason string       `json:"reason"`
	SHA256 string       `json:"sha256"` // of the text that it would give
	On     workday.Date `json:"on"`
}

// Signature is one side's, to one text.
type Signature struct {
	Side    string    `json:"side"`
	By      string    `json:"by"` // account
	At      time.Time `json:"at"`
	SHA256  string    `json:"sha256"` // of the text that was signed
	Edition int       `json:"edition"`
}

// Signing is what a side says when it signs.
type Signing struct {
	SHA256 string `json:"sha256"` // of the text that was read
	Read   bool   `json:"read"`   // it was read and is agreed to
}

// Command is a request to move an agreement.
type Command interface{ Verb() string }

// The commands.
type (
	// Generate makes the agreement of a decided order.
	Generate struct {
		ID      string
		Number  string
		Subject Subject
	}
	// Propose asks for other optional clauses, before anybody has signed.
	Propose struct {
		Edits  []Edit `json:"edits"`
		Reason string `json:"reason"`
	}
	// Agree takes what the other side proposed.
	Agree struct{}
	// Decline leaves the text as it was.
	Decline struct {
		Reason string `json:"reason"`
	}
	// Sign is the applicant's signature, Countersign the publisher's: from then
	// on the agreement is in force.
	Sign        struct{ Signing }
	Countersign struct{ Signing }
	// Amend asks for other optional clauses of an agreement in force, and signs
	// the text that they give.
	Amend struct {
		Edits  []Edit `json:"edits"`
		Reason string `json:"reason"`
		Read   bool   `json:"read"`
	}
	// Accept signs the amended text for the other side, Reject leaves it.
	Accept struct{ Signing }
	Reject struct {
		Reason string `json:"reason"`
	}
	// Breach says that the agreement was broken: the data is closed.
	Breach struct {
		Reason string `json:"reason"`
	}
	Restore struct {
		Reason string `json:"reason"`
	}
	Terminate struct {
		Reason string `json:"reason"`
	}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
	Expire  struct{}
	Lapse   struct{}
)

func (Generate) Verb() string    { return "generate" }
func (Propose) Verb() string     { return "propose" }
func (Agree) Verb() string       { return "agree" }
func (Decline) Verb() string     { return "decline" }
func (Sign) Verb() string        { return "sign" }
func (Countersign) Verb() string { return "countersign" }
func (Amend) Verb() string       { return "amend" }
func (Accept) Verb() string      { return "accept" }
func (Reject) Verb() string      { return "reject" }
func (Breach) Verb() string      { return "breach" }
func (Restore) Verb() string     { return "restore" }
func (Terminate) Verb() string   { return "terminate" }
func (Ring) Verb() string        { return "ring" }
func (Recount) Verb() string     { return "recount" }
func (Expire) Verb() string      { return "expire" }
func (Lapse) Verb() string       { return "lapse" }

// Event is something that happened to an agreement.
type Event interface{ Kind() string }

// The events. [Effective] is what a grant follows from.
type (
	Generated struct {
		ID       string         `json:"id"`
		Number   string         `json:"number"`
		Subject  Subject        `json:"subject"`
		Template int            `json:"template"`
		Clauses  []Clause       `json:"clauses"`
		SHA256   string         `json:"sha256"`
		Clock    deadline.Clock `json:"clock"`
	}
	Proposed struct {
		Change Change `json:"change"`
		By     string `json:"by"`
	}
	Agreed struct {
		By string `json:"by"`
	}
	Declined struct {
		By     string `json:"by"`
		Reason string `json:"reason"`
	}
	Signed struct {
		Signature Signature      `json:"signature"`
		Clock     deadline.Clock `json:"clock"` // of the publisher
	}
	Effective struct {
		Agreement    string         `json:"agreement"`
		Application  string         `json:"application"`
		Account      string         `json:"account"`
		Organisation string         `json:"organisation,omitempty"`
		Publisher    string         `json:"publisher"`
		Datasets     []Given        `json:"datasets"` // each with its last day
		From         workday.Date   `json:"from"`
		Until        workday.Date   `json:"until"` // of the last dataset
		Signature    Signature      `json:"signature"`
		Clock        deadline.Clock `json:"clock"` // of the agreement's time
	}
	Amending struct {
		Change    Change    `json:"change"`
		Signature Signature `json:"signature"`
	}
	Amended struct {
		Signature Signature `json:"signature"`
	}
	Rejected struct {
		By     string `json:"by"`
		Reason string `json:"reason"`
	}
	Breached struct {
		By     string       `json:"by"`
		On     workday.Date `json:"on"`
		Reason string       `json:"reason"`
	}
	Restored struct {
		By     string       `json:"by"`
		On     workday.Date `json:"on"`
		Reason string       `json:"reason"`
	}
	Terminated struct {
		By     string       `json:"by"`
		Side   string       `json:"side"` // "authority" for the supervisor
		On     workday.Date `json:"on"`
		Reason string       `json:"reason"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
	Expired struct {
		On workday.Date `json:"on"`
	}
	Lapsed struct {
		On workday.Date `json:"on"`
	}
)

func (Generated) Kind() string  { return "agreement.generated" }
func (Proposed) Kind() string   { return "agreement.proposed" }
func (Agreed) Kind() string     { return "agreement.agreed" }
func (Declined) Kind() string   { return "agreement.declined" }
func (Signed) Kind() string     { return "agreement.signed" }
func (Effective) Kind() string  { return "agreement.effective" }
func (Amending) Kind() string   { return "agreement.amending" }
func (Amended) Kind() string    { return "agreement.amended" }
func (Rejected) Kind() string   { return "agreement.rejected" }
func (Breached) Kind() string   { return "agreement.breached" }
func (Restored) Kind() string   { return "agreement.restored" }
func (Terminated) Kind() string { return "agreement.terminated" }
func (Rang) Kind() string       { return "agreement.rang" }
func (Recounted) Kind() string  { return "agreement.recounted" }
func (Expired) Kind() string    { return "agreement.expired" }
func (Lapsed) Kind() string     { return "agreement.lapsed" }
