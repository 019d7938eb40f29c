package objection

import (
	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/workday"
)

// Command is a request to move an objection.
type Command interface{ Verb() string }

// The commands.
type (
	Submit struct {
		ID, Number, Dataset, Body string
		File                      string // id of the evidence; "" for none
		Form
	}
	Triage struct {
		Fault string `json:"fault"` // of Faults: what it really is about
	}
	Refuse struct {
		Channel string `json:"channel"` // of Channels: the right way
		Reason  string `json:"reason"`
	}
	Mark struct {
		Summary string `json:"summary"` // what the public reads of the claim
	}
	Trace struct {
		Source string `json:"source"` // body and system that the data comes from
	}
	Find Finding
	Redo struct {
		Reason string `json:"reason"`
	}
	Confirm struct{}
	Dismiss struct{}
	Correct struct {
		Version int    `json:"version"` // that corrects; 0 only if the dataset is off the list
		Note    string `json:"note"`    // what was changed, and what the source system was told
	}
	SendBack struct {
		Reason string `json:"reason"`
	}
	Close struct {
		Reply   string `json:"reply"`   // to the objector and the public
		Checked bool   `json:"checked"` // whoever closes looked at the correction
	}
	Reopen struct {
		Claim string `json:"claim"` // what is new; kept beside the first claim
		File  string `json:"-"`     // id of the evidence; "" for none
	}
	Attach struct {
		File string `json:"file"` // id of the material
	}
	Escalate struct{}
	Suspend  struct {
		Reason string `json:"reason"` // shown on the page of the dataset
	}
	Erase   struct{}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
)

func (Submit) Verb() string   { return "submit" }
func (Triage) Verb() string   { return "triage" }
func (Refuse) Verb() string   { return "refuse" }
func (Mark) Verb() string     { return "mark" }
func (Trace) Verb() string    { return "trace" }
func (Find) Verb() string     { return "find" }
func (Redo) Verb() string     { return "redo" }
func (Confirm) Verb() string  { return "confirm" }
func (Dismiss) Verb() string  { return "dismiss" }
func (Correct) Verb() string  { return "correct" }
func (SendBack) Verb() string { return "send_back" }
func (Close) Verb() string    { return "close" }
func (Reopen) Verb() string   { return "reopen" }
func (Attach) Verb() string   { return "attach" }
func (Escalate) Verb() string { return "escalate" }
func (Suspend) Verb() string  { return "suspend" }
func (Erase) Verb() string    { return "erase" }
func (Ring) Verb() string     { return "ring" }
func (Recount) Verb() string  { return "recount" }

// Event is something that happened to an objection. None holds what the
// objector wrote, nor who he is.
type Event interface{ Kind() string }

// The events.
type (
	Submitted struct {
		ID      string         `json:"id"`
		Number  string         `json:"number"`
		Dataset string         `json:"dataset"`
		Body    string         `json:"body"`
		Target  Target         `json:"target"`
		Fields  []string       `json:"fields,omitempty"`
		Rows    int            `json:"rows,omitempty"`
		Fault   string         `json:"fault"`
		Severe  bool           `json:"severe,omitempty"`
		File    string         `json:"file,omitempty"`
		On      workday.Date   `json:"on"`
		Clock   deadline.Clock `json:"clock"`
	}
	Triaged struct {
		Fault  string         `json:"fault"`
		Severe bool           `json:"severe,omitempty"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Refused struct {
		Channel string       `json:"channel"`
		Reason  string       `json:"reason"`
		On      workday.Date `json:"on"`
		EraseOn workday.Date `json:"erase_on"`
		By      string       `json:"by"`
	}
	Marked struct {
		On      workday.Date   `json:"on"`
		Summary string         `json:"summary"`
		Before  int            `json:"before,omitempty"`
		Clock   deadline.Clock `json:"clock"`
		By      string         `json:"by"`
	}
	Traced struct {
		On     workday.Date   `json:"on"`
		Source string         `json:"source"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Found struct {
		Finding Finding `json:"finding"`
		By      string  `json:"by"`
	}
	Redone struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	Confirmed struct {
		Clock deadline.Clock `json:"clock"`
		By    string         `json:"by"`
	}
	Dismissed struct {
		Clock deadline.Clock `json:"clock"`
		By    string         `json:"by"`
	}
	Corrected struct {
		Version int            `json:"version,omitempty"`
		Note    string         `json:"note"`
		Clock   deadline.Clock `json:"clock"`
		By      string         `json:"by"`
	}
	SentBack struct {
		To     Stage          `json:"to"`
		Reason string         `json:"reason"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Closed struct {
		Reply       Reply        `json:"reply"`
		ReopenUntil workday.Date `json:"reopen_until"`
		EraseOn     workday.Date `json:"erase_on"`
		By          string       `json:"by"`
	}
	Reopened struct {
		File  string         `json:"file,omitempty"`
		Clock deadline.Clock `json:"clock"`
	}
	Attached struct {
		File string `json:"file"`
	}
	Escalated struct {
		By string `json:"by"`
	}
	Suspended struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	Erased struct{}
	Rang   struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
)

func (Submitted) Kind() string { return "objection.submitted" }
func (Triaged) Kind() string   { return "objection.triaged" }
func (Refused) Kind() string   { return "objection.refused" }
func (Marked) Kind() string    { return "objection.marked" }
func (Traced) Kind() string    { return "objection.traced" }
func (Found) Kind() string     { return "objection.found" }
func (Redone) Kind() string    { return "objection.redone" }
func (Confirmed) Kind() string { return "objection.confirmed" }
func (Dismissed) Kind() string { return "objection.dismissed" }
func (Corrected) Kind() string { return "objection.corrected" }
func (SentBack) Kind() string  { return "objection.sent_back" }
func (Closed) Kind() string    { return "objection.closed" }
func (Reopened) Kind() string  { return "objection.reopened" }
func (Attached) Kind() string  { return "objection.attached" }
func (Escalated) Kind() string { return "objection.escalated" }
func (Suspended) Kind() string { return "objection.suspended" }
func (Erased) Kind() string    { return "objection.erased" }
func (Rang) Kind() string      { return "objection.rang" }
func (Recounted) Kind() string { return "objection.recounted" }

// Evolve returns o as it stands after event.
func Evolve(o Case, event Event) Case {
	switch e := event.(type) {
	case Submitted:
		return Case{ID: e.ID, Number: e.Number, Dataset: e.Dataset, Body: e.Body, Stage: StageSubmitted, Target: e.Target, Fields: e.Fields, Rows: e.Rows, Files: more(nil, e.File),
			Fault: e.Fault, Severe: e.Severe, SubmittedOn: e.On, Clock: e.Clock}
	case Triaged:
		o.Stage, o.Fault, o.Severe, o.Clock = StageTriaged, e.Fault, e.Severe, e.Clock
		o.Did = flow.Did(o.Did, "triage", e.By)
	case Refused:
		o.Stage, o.Channel, o.Reason, o.EraseOn, o.Clock = StageNotInScope, e.Channel, e.Reason, e.EraseOn, o.Clock.Done(e.On)
		o.Did = flow.Did(o.Did, "refuse", e.By)
	case Marked:
		o.Stage, o.Public, o.MarkedOn, o.Summary, o.Before, o.Clock = StageMarked, true, e.On, e.Summary, e.Before, e.Clock
		o.Did = flow.Did(o.Did, "mark", e.By)
	case Traced:
		o.Stage, o.TracedOn, o.Source, o.Clock = StageTraced, e.On, e.Source, e.Clock
		o.Did = flow.Did(o.Did, "trace", e.By)
	case Found:
		found := e.Finding
		o.Stage, o.Finding, o.Again = StageVerifying, &found, ""
		o.Did = flow.Did(o.Did, "find", e.By)
	case Redone:
		o.Stage, o.Again = StageTraced, e.Reason
		o.Did = flow.Did(o.Did, "redo", e.By)
	case Confirmed:
		o.Stage, o.Clock = StageConfirmed, e.Clock
		o.Did = flow.Did(o.Did, "confirm", e.By)
	case Dismissed:
		o.Stage, o.Clock = StageNotEstablished, e.Clock
		o.Did = flow.Did(o.Did, "dismiss", e.By)
	case Corrected:
		o.Stage, o.Version, o.Note, o.Again, o.Clock = StageCorrected, e.Version, e.Note, "", e.Clock
		o.Did = flow.Did(o.Did, "correct", e.By)
	case SentBack:
		o.Stage, o.Again, o.Version, o.Clock = e.To, e.Reason, 0, e.Clock
		o.Did = flow.Did(o.Did, "send_back", e.By)
	case Closed:
		o.Stage, o.MarkedOn, o.ReopenUntil, o.EraseOn, o.Clock = StageClosed, "", e.ReopenUntil, e.EraseOn, o.Clock.Done(e.Reply.On)
		o.Replies = append(o.Replies[:len(o.Replies):len(o.Replies)], e.Reply)
		o.Did = flow.Did(o.Did, "close", e.By)
	case Reopened:
		o.Stage, o.Reopened, o.ReopenUntil, o.EraseOn, o.Clock = StageTriaged, true, "", "", e.Clock
		o.Before, o.TracedOn, o.Source, o.Finding, o.Again, o.Version, o.Note, o.Did, o.Files = 0, "", "", nil, "", 0, "", nil, more(o.Files, e.File)
	case Attached:
		o.Files = more(o.Files, e.File)
	case Escalated:
		o.Severe, o.Did = true, flow.Did(o.Did, "escalate", e.By)
	case Suspended:
		o.Suspended, o.Did = true, flow.Did(o.Did, "suspend", e.By)
	case Erased:
		o.Erased = true
	case Rang:
		o.Clock = o.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		o.Clock = e.Clock
	default:
		panic("objection: cannot evolve by " + event.Kind())
	}
	return o
}

// more is files and one more; file may be "".
func more(files []string, file string) []string {
	if file == "" {
		return files
	}
	return append(files[:len(files):len(files)], file)
}
