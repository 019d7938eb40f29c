package proof

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Command is a request to move a case.
type Command interface{ Verb() string }

// The commands.
type (
	// Open begins a draft.
	Open struct {
		ID      string
		Number  string
		Subject Subject
	}
	// Fill keeps what the applicant wrote; anything goes in a draft.
	Fill struct{ Form Form }
	// Submit hands the case in. It tells every fault of what was filled in.
	Submit   struct{}
	Withdraw struct{}
	Accept   struct {
		Organisation string // id of the body that was entered; "" for a person
	}
	Return Reasons
	Refuse Reasons
	// Recount sets the last day to decide anew: a calendar has changed.
	Recount struct{ Due workday.Due }
	// Lapse ends a draft, or a case that was returned, that nobody goes on with.
	Lapse struct{}
	// Erase forgets the personal data and the copies.
	Erase struct{}
)

func (Open) Verb() string     { return "open" }
func (Fill) Verb() string     { return "fill" }
func (Submit) Verb() string   { return "submit" }
func (Withdraw) Verb() string { return "withdraw" }
func (Accept) Verb() string   { return "accept" }
func (Return) Verb() string   { return "return" }
func (Refuse) Verb() string   { return "refuse" }
func (Recount) Verb() string  { return "recount" }
func (Lapse) Verb() string    { return "lapse" }
func (Erase) Verb() string    { return "erase" }

// Reasons are why a case is returned or refused: all of them at once (Article
// 19(1), 一次性告知).
type Reasons struct {
	Codes []string `json:"codes"` // of ReasonCodes
	Note  string   `json:"note"`  // what the codes do not say; no personal data
}

// Event is something that happened to a case.
type Event interface{ Kind() string }

// The events. None holds what the applicant wrote.
type (
	Opened struct {
		ID      string       `json:"id"`
		Number  string       `json:"number"`
		Subject Subject      `json:"subject"`
		By      string       `json:"by"`
		LapseOn workday.Date `json:"lapse_on"`
	}
	Filled struct {
		LapseOn workday.Date `json:"lapse_on"`
	}
	Submitted struct {
		By  string       `json:"by"`
		On  workday.Date `json:"on"`
		Due workday.Due  `json:"due"`
	}
	Recounted struct {
		Due workday.Due `json:"due"`
	}
	Withdrawn struct {
		EraseOn workday.Date `json:"erase_on"`
	}
	Accepted struct {
		By           string       `json:"by"`
		Organisation string       `json:"organisation,omitempty"`
		On           workday.Date `json:"on"`
		EraseOn      workday.Date `json:"erase_on"`
	}
	Returned struct {
		Reasons Reasons      `json:"reasons"`
		By      string       `json:"by"`
		On      workday.Date `json:"on"`
		LapseOn workday.Date `json:"lapse_on"`
	}
	Refused struct {
		Reasons Reasons      `json:"reasons"`
		By      string       `json:"by"`
		On      workday.Date `json:"on"`
		EraseOn workday.Date `json:"erase_on"`
	}
	Lapsed struct {
		EraseOn workday.Date `json:"erase_on"`
	}
	Erased struct{}
)

func (Opened) Kind() string    { return "proof.opened" }
func (Filled) Kind() string    { return "proof.filled" }
func (Submitted) Kind() string { return "proof.submitted" }
func (Recounted) Kind() string { return "proof.recounted" }
func (Withdrawn) Kind() string { return "proof.withdrawn" }
func (Accepted) Kind() string  { return "proof.accepted" }
func (Returned) Kind() string  { return "proof.returned" }
func (Refused) Kind() string   { return "proof.refused" }
func (Lapsed) Kind() string    { return "proof.lapsed" }
func (Erased) Kind() string    { return "proof.erased" }

// Form is what the applicant writes. It is sealed where it is kept.
type Form struct {
	Name     string   `json:"name"`     // of the person, as in the document
	Document Document `json:"document"` // of the person
	Number   string   `json:"number"`   // of the document

	Body     locale.Text `json:"body"`      // name of the organisation, as registered
	BodyKind string      `json:"body_kind"` // of BodyKinds
	USCC     string      `json:"uscc"`      // 统一社会信用代码
}

// Document is a kind of document that proves who a person is.
type Document string

// The documents.
const (
	IDCard    Document = "id_card"          // 居民身份证
	Residence Document = "residence_permit" // 港澳台居民居住证
	Foreigner Document = "foreigner_card"   // 外国人永久居留身份证
	Passport  Document = "passport"         // 护照
)

// Documents lists the documents.
var Documents = []Document{IDCard, Residence, Foreigner, Passport}

// BodyKinds are the kinds of organisation that register; their words are those
// of package organisation.
var BodyKinds = []string{"enterprise", "unincorporated", "other"}

// ReasonCodes are the usual reasons, in the order in which they are shown.
var ReasonCodes = []string{"unreadable", "incomplete", "other_name", "other_number", "expired", "not_authorised", "not_found"}
