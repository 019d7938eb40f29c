package rightsclaim

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/workday"
)

// Command is a request to move a complaint.
type Command interface{ Verb() string }

// The commands.
type (
	File struct {
		ID, Number, Dataset, Body string
		Evidence                  string // id of the file
		Form
	}
	Ask struct {
		Wanted string `json:"wanted"` // what evidence is missing
	}
	Attach struct {
		Evidence string `json:"evidence"` // id of the file
	}
	Suspend struct {
		Reason string `json:"reason"` // shown on the page of the dataset
	}
	Verify struct {
		Ground string `json:"ground"` // why the opening goes on meanwhile
	}
	Refuse struct {
		Reason string `json:"reason"`
	}
	Extend struct {
		Reason string `json:"reason"`
	}
	Withdraw struct{ Report }
	Resume   struct{ Report }
	Process  struct {
		Report
		PlanOn workday.Date `json:"plan_on"` // day on which the processed data is to open again
	}
	Reopen struct{}
	Link   struct {
		Order string `json:"order"` // id of the work order
	}
	Acknowledge struct {
		User string `json:"user"` // id of the user's application
		Note string `json:"note"` // how it was deleted
	}
	Close   struct{}
	Erase   struct{}
	Ring    struct{}
	Recount struct{ Clock deadline.Clock }
)

func (File) Verb() string        { return "file" }
func (Ask) Verb() string         { return "ask" }
func (Attach) Verb() string      { return "attach" }
func (Suspend) Verb() string     { return "suspend" }
func (Verify) Verb() string      { return "verify" }
func (Refuse) Verb() string      { return "refuse" }
func (Extend) Verb() string      { return "extend" }
func (Withdraw) Verb() string    { return "withdraw" }
func (Resume) Verb() string      { return "resume" }
func (Process) Verb() string     { return "process" }
func (Reopen) Verb() string      { return "reopen" }
func (Link) Verb() string        { return "link" }
func (Acknowledge) Verb() string { return "acknowledge" }
func (Close) Verb() string       { return "close" }
func (Erase) Verb() string       { return "erase" }
func (Ring) Verb() string        { return "ring" }
func (Recount) Verb() string     { return "recount" }

// Event is something that happened to a complaint. None holds what the
// complainant wrote, nor who he is.
type Event interface{ Kind() string }

// The events.
type (
	Filed struct {
		ID       string         `json:"id"`
		Number   string         `json:"number"`
		Dataset  string         `json:"dataset"`
		Body     string         `json:"body"`
		Right    string         `json:"right"`
		Cause    string         `json:"cause"`
		Evidence string         `json:"evidence"`
		On       workday.Date   `json:"on"`
		Clock    deadline.Clock `json:"clock"`
	}
	Asked struct {
		Wanted string         `json:"wanted"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Attached struct {
		Evidence string         `json:"evidence"`
		Answers  bool           `json:"answers,omitempty"` // it was asked for
		Clock    deadline.Clock `json:"clock,omitzero"`    // of the decision that is due again
	}
	Suspended struct {
		Reason    string         `json:"reason"`
		On        workday.Date   `json:"on"`
		Emergency bool           `json:"emergency,omitempty"`
		Clock     deadline.Clock `json:"clock"`
		By        string         `json:"by"`
	}
	Verified struct {
		Ground string         `json:"ground"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Refused struct {
		Reason  string       `json:"reason"`
		On      workday.Date `json:"on"`
		EraseOn workday.Date `json:"erase_on"`
		By      string       `json:"by"`
	}
	Extended struct {
		Reason string         `json:"reason"`
		Clock  deadline.Clock `json:"clock"`
		By     string         `json:"by"`
	}
	Withdrawing struct {
		Report Report         `json:"report"`
		On     workday.Date   `json:"on"`
		Stops  bool           `json:"stops,omitempty"` // it is on the list: the opening is stopped until it is not
		Users  []User         `json:"users,omitempty"` // who are told to delete
		Clock  deadline.Clock `json:"clock,omitzero"`  // of the deletion
		By     string         `json:"by"`
	}
	Resumed struct {
		Report Report       `json:"report"`
		On     workday.Date `json:"on"`
		By     string       `json:"by"`
	}
	Processing struct {
		Report   Report         `json:"report"`
		On       workday.Date   `json:"on"`
		PlanOn   workday.Date   `json:"plan_on"`
		Before   int            `json:"before,omitempty"`
		Gradings int            `json:"gradings,omitempty"`
		Clock    deadline.Clock `json:"clock"`
		By       string         `json:"by"`
	}
	Reopened struct {
		Version int          `json:"version"`
		On      workday.Date `json:"on"`
		By      string       `json:"by"`
	}
	Linked struct {
		Order string `json:"order"`
	}
	Deleted struct {
		User string       `json:"user"`
		Note string       `json:"note"`
		On   workday.Date `json:"on"`
	}
	Closed struct {
		On      workday.Date `json:"on"`
		EraseOn workday.Date `json:"erase_on"`
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

func (Filed) Kind() string       { return "rightsclaim.filed" }
func (Asked) Kind() string       { return "rightsclaim.asked" }
func (Attached) Kind() string    { return "rightsclaim.attached" }
func (Suspended) Kind() string   { return "rightsclaim.suspended" }
func (Verified) Kind() string    { return "rightsclaim.verified" }
func (Refused) Kind() string     { return "rightsclaim.refused" }
func (Extended) Kind() string    { return "rightsclaim.extended" }
func (Withdrawing) Kind() string { return "rightsclaim.withdrawing" }
func (Resumed) Kind() string     { return "rightsclaim.resumed" }
func (Processing) Kind() string  { return "rightsclaim.processing" }
func (Reopened) Kind() string    { return "rightsclaim.reopened" }
func (Linked) Kind() string      { return "rightsclaim.linked" }
func (Deleted) Kind() string     { return "rightsclaim.deleted" }
func (Closed) Kind() string      { return "rightsclaim.closed" }
func (Erased) Kind() string      { return "rightsclaim.erased" }
func (Rang) Kind() string        { return "rightsclaim.rang" }
func (Recounted) Kind() string   { return "rightsclaim.recounted" }

// Evolve returns o as it stands after event.
func Evolve(o Case, event Event) Case {
	switch e := event.(type) {
	case Filed:
		return Case{ID: e.ID, Number: e.Number, Dataset: e.Dataset, Body: e.Body, Stage: StageReceived, Right: e.Right, Cause: e.Cause, Files: []string{e.Evidence}, FiledOn: e.On, Clock: e.Clock}
	case Asked:
		o.Stage, o.Asked, o.Wanted, o.Clock = StageAsked, true, e.Wanted, e.Clock
		o.Did = flow.Did(o.Did, "ask", e.By)
	case Attached:
		o.Files = append(o.Files[:len(o.Files):len(o.Files)], e.Evidence)
		if e.Answers {
			o.Stage, o.Clock = StageReceived, e.Clock
		}
	case Suspended:
		o.Stage, o.Held, o.SuspendedOn, o.Emergency, o.Reason, o.Clock = StageSuspended, true, e.On, e.Emergency, e.Reason, e.Clock
		o.Did = flow.Did(o.Did, "suspend", e.By)
	case Verified:
		o.Stage, o.Ground, o.Clock = StageVerifying, e.Ground, e.Clock
		o.Did = flow.Did(o.Did, "verify", e.By)
	case Refused:
		o.Stage, o.Reason, o.EraseOn, o.ClosedOn, o.Clock = StageInvalid, e.Reason, e.EraseOn, e.On, o.Clock.Done(e.On)
		o.Did = flow.Did(o.Did, "refuse", e.By)
	case Extended:
		o.Extended, o.Clock = e.Reason, e.Clock
		o.Did = flow.Did(o.Did, "extend", e.By)
	default:
		return evolveResult(o, event)
	}
	return o
}

func evolveResult(o Case, event Event) Case {
	switch e := event.(type) {
	case Withdrawing:
		o = withResult(o, StageWithdraw, ResultWithdraw, e.Report, e.On, e.By)
		if e.Stops {
			o = stop(o, e.On)
		}
		o.Clock = e.Clock
		for _, u := range e.Users {
			o.Deletions = append(o.Deletions, Deletion{User: u})
		}
	case Resumed:
		o = withResult(o, StageResume, ResultResume, e.Report, e.On, e.By)
		o.Held, o.Clock = false, o.Clock.Done(e.On)
	case Processing:
		o = stop(withResult(o, StageProcess, ResultProcess, e.Report, e.On, e.By), e.On)
		o.PlanOn, o.Before, o.Gradings, o.Clock = e.PlanOn, e.Before, e.Gradings, e.Clock
	case Reopened:
		o.Stage, o.Version, o.Held, o.Clock = StageReopened, e.Version, false, o.Clock.Done(e.On)
		o.Did = flow.Did(o.Did, "reopen", e.By)
	case Linked:
		o.Order = e.Order
	case Deleted:
		o.Deletions = slices.Clone(o.Deletions)
		for i := range o.Deletions {
			if o.Deletions[i].ID == e.User {
				o.Deletions[i].DoneOn, o.Deletions[i].Note = e.On, e.Note
			}
		}
		if o.Deleted() {
			o.Clock = o.Clock.Done(e.On)
		}
	case Closed:
		o.Stage, o.Held, o.ClosedOn, o.EraseOn = StageClosed, false, e.On, e.EraseOn
	case Erased:
		o.Erased = true
	case Rang:
		o.Clock = o.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		o.Clock = e.Clock
	default:
		panic("rightsclaim: cannot evolve by " + event.Kind())
	}
	return o
}

func withResult(o Case, at Stage, result string, r Report, on workday.Date, by string) Case {
	o.Stage, o.Result, o.Report, o.ResultOn = at, result, &r, on
	o.Did = flow.Did(o.Did, result, by)
	return o
}

// stop is o with the opening stopped because of it, from that day if it was
// not before.
func stop(o Case, on workday.Date) Case {
	o.Held = true
	if o.SuspendedOn == "" {
		o.SuspendedOn = on
	}
	return o
}
