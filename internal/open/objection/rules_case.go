package objection

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/workday"
)

// Target is what an objection is about.
type Target string

// The targets.
const (
	Dataset Target = "dataset"
	Field   Target = "field"
	Rows    Target = "rows"
)

// Targets lists them.
var Targets = []Target{Dataset, Field, Rows}

// Faults are what can be wrong with data: those that Article 16(1) names, and
// more. [D]
var Faults = []string{"wrong_value", "missing_value", "duplicate", "outdated", "meaning", "format", "privacy", "secret", "other"}

// severe are the faults of which the publisher's lead hears at once.
var severe = []string{"privacy", "secret"}

// Channels are where somebody is led whose objection is none: the law has
// another way for it. [D]
var Channels = []string{"administrative", "application", "demand", "rights", "consultation", "other"}

// Outcomes of an objection.
const (
	OutcomeCorrected = "corrected"
	OutcomeNone      = "not_established"
)

// Bounds. [D]
const (
	MaxText   = 2000 // characters of one text
	MaxRows   = 50
	MaxKey    = 200 // characters of a row's key, and of a contact
	MaxFields = 100
	MaxFiles  = 10
)

// Form is what an objector writes. Claim, Suggested, Rows and Contact stay out
// of every event, see doc.go.
type Form struct {
	Target    Target   `json:"target"`
	Fields    []string `json:"fields,omitempty"` // names of fields
	Rows      []string `json:"rows,omitempty"`   // what tells each row: its key, or its words
	Fault     string   `json:"fault"`            // of Faults
	Claim     string   `json:"claim"`            // what is wrong
	Suggested string   `json:"suggested,omitempty"`
	Contact   string   `json:"contact,omitempty"` // how the centre may ask back; "" if it shall not
	Once      string   `json:"-"`                 // 128 random bits, made with the form: sent twice it is one objection; "" for none
}

// Finding is what the publisher found, before a second person confirmed it.
type Finding struct {
	Established bool   `json:"established"` // the data is wrong as the objection says
	Account     string `json:"account"`     // what was looked at, and what it shows
	Reply       string `json:"reply"`       // what the public is to read
}

// Reply is one public reply.
type Reply struct {
	On      workday.Date `json:"on"`
	Outcome string       `json:"outcome"`           // OutcomeCorrected or OutcomeNone
	Version int          `json:"version,omitempty"` // that corrects; 0 for none
	Summary string       `json:"summary"`           // what the mark had said
	Text    string       `json:"text"`
}

// Case is what the rules know of one objection.
type Case struct {
	ID          string            `json:"id"`
	Number      string            `json:"number"`  // e.g. YY-2026-000017
	Dataset     string            `json:"dataset"` // slug
	Body        string            `json:"body"`    // id of its publisher
	Stage       Stage             `json:"stage"`
	Target      Target            `json:"target"`
	Fields      []string          `json:"fields,omitempty"`
	Rows        int               `json:"rows,omitempty"`  // how many rows were named
	Files       []string          `json:"files,omitempty"` // ids of the evidence
	Fault       string            `json:"fault"`           // of Faults, as the centre sees it once it looked
	Severe      bool              `json:"severe,omitempty"`
	Suspended   bool              `json:"suspended,omitempty"` // the lead suspended the opening because of it
	SubmittedOn workday.Date      `json:"submitted_on"`
	Channel     string            `json:"channel,omitempty"` // of Channels, for an objection that is none
	Reason      string            `json:"reason,omitempty"`  // and why
	Public      bool              `json:"public,omitempty"`  // it was marked at least once
	MarkedOn    workday.Date      `json:"marked_on,omitempty"`
	Summary     string            `json:"summary,omitempty"` // what the public reads of the claim
	Before      int               `json:"before,omitempty"`  // number of the version in force when it was marked; 0 for none
	TracedOn    workday.Date      `json:"traced_on,omitempty"`
	Source      string            `json:"source,omitempty"` // where the data comes from
	Finding     *Finding          `json:"finding,omitempty"`
	Again       string            `json:"again,omitempty"`   // why the last finding or correction was given back
	Version     int               `json:"version,omitempty"` // that corrects; 0 while there is none
	Note        string            `json:"note,omitempty"`    // what was changed, and what the source system was told
	Replies     []Reply           `json:"replies,omitempty"` // oldest first; a second after a re-opening
	ReopenUntil workday.Date      `json:"reopen_until,omitempty"`
	Reopened    bool              `json:"reopened,omitempty"`
	EraseOn     workday.Date      `json:"erase_on,omitempty"`
	Erased      bool              `json:"erased,omitempty"` // what the objector wrote is gone
	Clock       deadline.Clock    `json:"clock,omitzero"`
	Did         map[string]string `json:"did,omitempty"` // verb → doer, for four eyes
}

// marked are the stages in which the public sees the mark (异议标注).
var marked = []Stage{StageMarked, StageTraced, StageVerifying, StageConfirmed, StageCorrected, StageNotEstablished}

// Marked reports whether the data is marked as under this objection.
func (c Case) Marked() bool { return slices.Contains(marked, c.Stage) }

// Turn is whose turn it is: "centre", "publisher" or "".
func (c Case) Turn() string {
	switch c.Stage {
	case StageSubmitted, StageTriaged, StageCorrected, StageNotEstablished:
		return "centre"
	case StageMarked, StageTraced, StageVerifying, StageConfirmed:
		return "publisher"
	}
	return ""
}
