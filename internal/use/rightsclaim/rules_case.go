package rightsclaim

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/workday"
)

// Rights are what is said to be hurt, as Article 31 names them: the class of
// reason that the public reads.
var Rights = []string{"privacy", "secret", "other"}

// Causes are what hurts it: that the data is open, or how somebody uses it.
var Causes = []string{"opening", "use"}

// Results of a complaint (Article 31, second paragraph).
const (
	ResultWithdraw = "withdraw" // 撤回数据
	ResultResume   = "resume"   // 恢复开放, or that it goes on
	ResultProcess  = "process"  // 处理后再开放
)

// Bounds. [D]
const (
	MaxText    = 2000 // characters of one text
	MaxContact = 200
	MaxFiles   = 10
)

// Form is what a complainant writes. Claim and Contact stay out of every
// event, see doc.go.
type Form struct {
	Right   string `json:"right"`             // of Rights
	Cause   string `json:"cause"`             // of Causes
	Claim   string `json:"claim"`             // what hurts whom
	Contact string `json:"contact,omitempty"` // how he may be asked back; "" if he shall not
	Once    string `json:"-"`                 // 128 random bits, made with the form: sent twice it is one complaint; "" for none
}

// Report is what verification gave, and the answer that follows from it.
type Report struct {
	Account string `json:"account"` // what was looked at, and what it shows; for those who work on the case and supervise it
	Summary string `json:"summary"` // what the public reads
	Reply   string `json:"reply"`   // to the complainant
}

// User is somebody who was given the data: the holder of an approved
// application.
type User struct {
	ID           string `json:"id"`     // of his application
	Number       string `json:"number"` // as people call it
	Account      string `json:"account"`
	Organisation string `json:"organisation,omitempty"` // id; "" for a person
}

// Deletion is the instruction to one user to delete what is withdrawn.
type Deletion struct {
	User
	DoneOn workday.Date `json:"done_on,omitempty"` // day of the receipt; "" while there is none
	Note   string       `json:"note,omitempty"`    // how it was deleted, in the user's words
}

// Case is what the rules know of one complaint.
type Case struct {
	ID          string            `json:"id"`
	Number      string            `json:"number"`  // e.g. QY-2026-000017
	Dataset     string            `json:"dataset"` // slug
	Body        string            `json:"body"`    // id of its publisher
	Stage       Stage             `json:"stage"`
	Right       string            `json:"right"`
	Cause       string            `json:"cause"`
	Files       []string          `json:"files,omitempty"` // ids of the evidence
	FiledOn     workday.Date      `json:"filed_on"`
	Asked       bool              `json:"asked,omitempty"`        // for more evidence: once
	Wanted      string            `json:"wanted,omitempty"`       // what was asked for
	Held        bool              `json:"held,omitempty"`         // the opening stays stopped because of this case
	SuspendedOn workday.Date      `json:"suspended_on,omitempty"` // "" if it never was
	Emergency   bool              `json:"emergency,omitempty"`    // by the centre
	Reason      string            `json:"reason,omitempty"`       // of the suspension, for the public; why a complaint is invalid, for its complainant
	Ground      string            `json:"ground,omitempty"`       // why the opening goes on while it is verified
	Extended    string            `json:"extended,omitempty"`     // why the term was extended; "" if it was not
	Result      string            `json:"result,omitempty"`       // ResultWithdraw, ResultResume or ResultProcess
	Report      *Report           `json:"report,omitempty"`
	ResultOn    workday.Date      `json:"result_on,omitempty"`
	Order       string            `json:"order,omitempty"` // id of the work order that withdraws the data
	Deletions   []Deletion        `json:"deletions,omitempty"`
	PlanOn      workday.Date      `json:"plan_on,omitempty"`  // day on which the processed data is to open again
	Before      int               `json:"before,omitempty"`   // number of the version in force at the result; 0 for none
	Gradings    int               `json:"gradings,omitempty"` // how often the entry had been graded by then
	Version     int               `json:"version,omitempty"`  // with which it was opened again
	ClosedOn    workday.Date      `json:"closed_on,omitempty"`
	EraseOn     workday.Date      `json:"erase_on,omitempty"`
	Erased      bool              `json:"erased,omitempty"` // what the complainant wrote is gone
	Clock       deadline.Clock    `json:"clock,omitzero"`
	Did         map[string]string `json:"did,omitempty"` // verb → doer
}

// Public reports whether everybody may read that the opening was suspended.
func (c Case) Public() bool { return c.SuspendedOn != "" }

// Deleted reports whether every data user gave his receipt.
func (c Case) Deleted() bool {
	return !slices.ContainsFunc(c.Deletions, func(d Deletion) bool { return d.DoneOn == "" })
}

// Turn is whose turn it is: "publisher", "complainant", "users" or "".
func (c Case) Turn() string {
	switch c.Stage {
	case StageReceived, StageSuspended, StageVerifying, StageProcess:
		return "publisher"
	case StageAsked:
		return "complainant"
	case StageWithdraw:
		if !c.Deleted() {
			return "users"
		}
	}
	return ""
}

// next is the day on which the clock has something to do; "" for none.
func next(o Case) workday.Date {
	if o.Stage == StageClosed || o.Stage == StageInvalid {
		if o.Erased {
			return ""
		}
		return o.EraseOn
	}
	return o.Clock.Next()
}
