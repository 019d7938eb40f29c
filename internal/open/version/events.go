package version

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Command is a request to move a version.
type Command interface{ Verb() string }

// The commands.
type (
	Ingest struct {
		ID        string
		Dataset   string
		Number    int
		Kind      Kind
		Origin    Origin
		Recipe    string
		UpdatedOn workday.Date
		Note      locale.Text
		NotSecret bool
	}
	// Reread has the file read again, as the recipe says.
	Reread  struct{ Recipe string }
	Profile struct{ Outcome Outcome }
	Refuse  struct{ Findings []Finding }
	Block   struct{}
	Waive   struct {
		Reason string `json:"reason"`
	}
	// Rule says that what seems to be identifiers in a column is none.
	Rule struct {
		Column string `json:"column"`
		Reason string `json:"reason"`
	}
	// Free lets a version go on that nothing holds any more.
	Free       struct{}
	StageFiles struct{ Files []File }
	// Return gives a staged version back to its editor.
	Return struct {
		Reason string `json:"reason"`
	}
	// Discard gives up what was never released.
	Discard       struct{}
	Release       struct{}
	ReleaseByRule struct{}
	Supersede     struct{}
	Recall        struct {
		Reason string `json:"reason"`
	}
)

func (Ingest) Verb() string        { return "ingest" }
func (Reread) Verb() string        { return "reread" }
func (Profile) Verb() string       { return "profile" }
func (Refuse) Verb() string        { return "refuse" }
func (Block) Verb() string         { return "block" }
func (Waive) Verb() string         { return "waive" }
func (Rule) Verb() string          { return "rule" }
func (Free) Verb() string          { return "free" }
func (StageFiles) Verb() string    { return "stage" }
func (Return) Verb() string        { return "return" }
func (Discard) Verb() string       { return "discard" }
func (Release) Verb() string       { return "release" }
func (ReleaseByRule) Verb() string { return "release_by_rule" }
func (Supersede) Verb() string     { return "supersede" }
func (Recall) Verb() string        { return "recall" }

// Event is something that happened to a version.
type Event interface{ Kind() string }

// The events.
type (
	Received struct {
		ID        string       `json:"id"`
		Dataset   string       `json:"dataset"`
		Number    int          `json:"number"`
		Holds     Kind         `json:"holds"`
		Origin    Origin       `json:"origin"`
		Recipe    string       `json:"recipe,omitempty"`
		UpdatedOn workday.Date `json:"updated_on"`
		Note      locale.Text  `json:"note"`
		NotSecret bool         `json:"not_secret,omitempty"`
		By        string       `json:"by"`
	}
	Rereading struct {
		Recipe string `json:"recipe"`
		By     string `json:"by"`
	}
	Profiled struct {
		Outcome Outcome  `json:"outcome"`
		Rulings []Ruling `json:"rulings,omitempty"` // of earlier versions, that hold for this one
	}
	FileRefused struct {
		Findings []Finding `json:"findings"`
	}
	Blocked struct {
		Findings []Finding `json:"findings"`
	}
	Waived struct {
		Reason string `json:"reason"`
	}
	Ruled struct {
		Ruling Ruling `json:"ruling"`
	}
	Freed  struct{}
	Staged struct {
		Files []File `json:"files"`
	}
	Returned struct {
		Reason string `json:"reason"`
	}
	Discarded struct{}
	Released  struct {
		Dataset string       `json:"dataset"`
		Number  int          `json:"number"`
		On      workday.Date `json:"on"`
		ByRule  bool         `json:"by_rule"`
	}
	Superseded struct {
		Dataset string `json:"dataset"`
	}
	Recalled struct {
		Dataset string `json:"dataset"`
		Reason  string `json:"reason"`
	}
)

func (Received) Kind() string    { return "version.received" }
func (Rereading) Kind() string   { return "version.rereading" }
func (Profiled) Kind() string    { return "version.profiled" }
func (FileRefused) Kind() string { return "version.file_refused" }
func (Blocked) Kind() string     { return "version.blocked" }
func (Waived) Kind() string      { return "version.waived" }
func (Ruled) Kind() string       { return "version.ruled" }
func (Freed) Kind() string       { return "version.freed" }
func (Staged) Kind() string      { return "version.staged" }
func (Returned) Kind() string    { return "version.returned" }
func (Discarded) Kind() string   { return "version.discarded" }
func (Released) Kind() string    { return "version.released" }
func (Superseded) Kind() string  { return "version.superseded" }
func (Recalled) Kind() string    { return "version.recalled" }
