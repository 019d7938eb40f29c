package grading

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Command is a request to move a grading.
type Command interface{ Verb() string }

// The commands.
type (
	// Scan takes the fields of an entry in, with what is suggested for them.
	Scan struct {
		Slug, Body  string
		Suggestions []Suggestion
	}
	// Grade answers everything. It tells every fault of the sheet.
	Grade  struct{ Sheet }
	Reject struct {
		Reason string `json:"reason"`
	}
	// Confirm puts the grading in force, by somebody who did not grade.
	Confirm struct{}
	// BringEvidence lays evidence down, so that what is closed may be graded
	// again (Article 14(1)(一)).
	BringEvidence struct{ Evidence }
	// DueAgain asks for a new grading, for reasons of Reasons.
	DueAgain struct {
		Reasons []string
	}
)

func (Scan) Verb() string          { return "scan" }
func (Grade) Verb() string         { return "grade" }
func (Reject) Verb() string        { return "reject" }
func (Confirm) Verb() string       { return "confirm" }
func (BringEvidence) Verb() string { return "bring_evidence" }
func (DueAgain) Verb() string      { return "due_again" }

// Reasons are why a grading is due again, in the order of Article 13(1): the
// profile, the table, time, other entries.
var Reasons = []string{ProfileChanged, SchemaChanged, Yearly, NewJoinable}

// The reasons.
const (
	ProfileChanged = "profile_changed"
	SchemaChanged  = "schema_changed"
	Yearly         = "yearly"
	NewJoinable    = "new_joinable"
)

// Suggestion is what the platform thinks of a field. It decides nothing.
type Suggestion struct {
	Field  string      `json:"field"`
	Kind   string      `json:"kind,omitempty"` // code of a [FieldKind]
	Levels Levels      `json:"levels"`
	Found  string      `json:"found,omitempty"` // the word of the field's name that it was known by
	Why    locale.Text `json:"why,omitzero"`    // what a scan of the rows found
}

// Evidence is a report of desensitisation, or a record of consent.
type Evidence struct {
	Kind     string       `json:"kind"`               // [Desensitised] or [Consent]
	Method   string       `json:"method,omitempty"`   // desensitised: what was done
	Residual string       `json:"residual,omitempty"` // desensitised: the risk that is left
	Who      string       `json:"who"`                // who did it, or whose consent it is
	On       workday.Date `json:"on"`                 // day of the document
	Document string       `json:"document"`           // title and number under which it is kept
	By       string       `json:"by,omitempty"`       // doer; set by the platform
}

// Decision is a sheet with what it amounts to.
type Decision struct {
	Sheet
	Result
	Profile     string       `json:"profile"`            // version
	Overlay     int          `json:"overlay"`            // version; 0 for none
	Evidence    []Evidence   `json:"evidence,omitempty"` // that lay there
	Conditions  []Condition  `json:"conditions,omitempty"`
	GradedOn    workday.Date `json:"graded_on"`
	ConfirmedOn workday.Date `json:"confirmed_on,omitempty"`
}

// Event is something that happened to a grading.
type Event interface{ Kind() string }

// The events.
type (
	Scanned struct {
		Slug        string       `json:"slug"`
		Body        string       `json:"body"`
		Suggestions []Suggestion `json:"suggestions"`
		On          workday.Date `json:"on"`
	}
	Graded struct {
		Decision Decision     `json:"decision"`
		On       workday.Date `json:"on"`
		By       string       `json:"by"`
	}
	Rejected struct {
		Reason string       `json:"reason"`
		On     workday.Date `json:"on"`
		By     string       `json:"by"`
	}
	Confirmed struct {
		Slug     string       `json:"slug"`
		Decision Decision     `json:"decision"` // derived anew on that day
		On       workday.Date `json:"on"`
		By       string       `json:"by"`
	}
	EvidenceBrought struct {
		Evidence Evidence     `json:"evidence"`
		On       workday.Date `json:"on"`
		By       string       `json:"by"`
	}
	FellDue struct {
		Reasons []string     `json:"reasons"`
		On      workday.Date `json:"on"`
	}
)

func (Scanned) Kind() string         { return "grading.scanned" }
func (Graded) Kind() string          { return "grading.graded" }
func (Rejected) Kind() string        { return "grading.rejected" }
func (Confirmed) Kind() string       { return "grading.confirmed" }
func (EvidenceBrought) Kind() string { return "grading.evidence_brought" }
func (FellDue) Kind() string         { return "grading.due_again" }
