package application

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// Kind is what an applicant is (Article 18(2)).
type Kind string

// The kinds of applicant; all are treated alike (Article 19(2)(1)).
const (
	Person         Kind = "person"         // 自然人
	Legal          Kind = "legal"          // 法人
	Unincorporated Kind = "unincorporated" // 非法人组织
)

// Kinds lists the kinds.
var Kinds = []Kind{Person, Legal, Unincorporated}

// Content is what an applicant asks for and says of himself.
type Content struct {
	Datasets []Wanted `json:"datasets"`
	Scenario Scenario `json:"scenario"`
	Security Security `json:"security"`
	Pledge   Pledge   `json:"pledge"`
	Files    []File   `json:"files,omitempty"`
}

// Wanted is one dataset, and how much of it.
type Wanted struct {
	Dataset string       `json:"dataset"`        // slug of the entry
	Fields  []string     `json:"fields"`         // names of the columns
	From    workday.Date `json:"from,omitempty"` // first day of the data; "" for the beginning
	To      workday.Date `json:"to,omitempty"`   // last day of the data; "" for what comes
	Mode    string       `json:"mode"`           // of Modes
	Months  int          `json:"months"`         // how long it is used
}

// Modes are the ways of handing over that can be asked for (Article 21).
var Modes = []string{"file", "api", "sandbox"}

// MaxMonths is the longest use that can be asked for. [D]
const MaxMonths = 36

// Scenario is what the data is for (应用场景).
type Scenario struct {
	Code     string `json:"code"`     // of condition.Scenarios
	Title    string `json:"title"`    //
	Purpose  string `json:"purpose"`  // what is done with the data
	Serves   string `json:"serves"`   // whom it serves
	Benefit  string `json:"benefit"`  // to people's life or the economy, and whether others can copy it
	External string `json:"external"` // data from elsewhere that it is joined with; "" for none
}

// Security is how the data will be kept (数据安全管理措施).
type Security struct {
	Measures string `json:"measures"`
	Where    string `json:"where"` // where the data is kept and worked on
	Access   string `json:"access"`
}

// Pledge is what the applicant promises (Article 15(1)(3)).
type Pledge struct {
	True   bool `json:"true"`   // what is said here is true
	Cite   bool `json:"cite"`   // the source is named
	Report bool `json:"report"` // use is reported
	Checks bool `json:"checks"` // spot checks are accepted
}

// File is a copy brought for a material item.
type File struct {
	ID     string       `json:"id"` // of casework/material
	Item   string       `json:"item"`
	Name   string       `json:"name"`
	SHA256 string       `json:"sha256"`
	Bytes  int64        `json:"bytes"`
	Until  workday.Date `json:"until,omitempty"` // last day on which what it proves holds; "" for no end
}

// Of returns what the files of an item are.
func (c Content) Of(item string) (all []File) {
	for _, f := range c.Files {
		if f.Item == item {
			all = append(all, f)
		}
	}
	return all
}

// Want returns what is asked of the dataset called slug.
func (c Content) Want(slug string) (Wanted, bool) {
	i := slices.IndexFunc(c.Datasets, func(w Wanted) bool { return w.Dataset == slug })
	if i < 0 {
		return Wanted{}, false
	}
	return c.Datasets[i], true
}

// Pin is the version of a dataset's conditions under which it is asked for; it
// does not change when the conditions do (Article 18(1)).
type Pin struct {
	Dataset   string `json:"dataset"`
	Publisher string `json:"publisher"` // body that decides
	Set       string `json:"set"`       // id of the version of conditions
	Version   int    `json:"version"`
}

// Fault is why an application is not accepted: one thing that is missing.
type Fault struct {
	Item string `json:"item"` // of the checklist
	Code string `json:"code"` // of FaultCodes
	Note string `json:"note,omitempty"`
}

// FaultCodes are the usual faults. They are about completeness only: merits
// are for the publishers.
var FaultCodes = []string{"absent", "unreadable", "incomplete", "expired", "other_name", "unsigned", "other_document", "contradicts", "other"}

// Case is one application, without what stands in the draft.
type Case struct {
	ID           string            `json:"id"`
	Number       string            `json:"number,omitempty"` // as people call it, e.g. "SQ-2026-000012"; "" before it is handed in
	Account      string            `json:"account"`          // of whoever began it
	Organisation string            `json:"organisation,omitempty"`
	Applicant    Kind              `json:"applicant"`
	Stage        Stage             `json:"stage"`
	Round        int               `json:"round,omitempty"` // how often it was handed in
	Content      Content           `json:"content,omitzero"`
	Pins         []Pin             `json:"pins,omitempty"`
	Items        []string          `json:"items,omitempty"` // the checklist
	Identity     string            `json:"identity,omitempty"`
	SubmittedOn  workday.Date      `json:"submitted_on,omitempty"` // last time
	Clock        deadline.Clock    `json:"clock,omitzero"`         // of the officer
	Faults       []Fault           `json:"faults,omitempty"`       // of the last refusal to accept
	Told         []Fault           `json:"told,omitempty"`         // in all rounds
	Checked      Content           `json:"checked,omitzero"`       // as it was when last looked at
	Allowed      []string          `json:"allowed,omitempty"`      // items of which new faults may be named
	LateFaults   int               `json:"late_faults,omitempty"`  // named although they could have been before
	DecidedOn    workday.Date      `json:"decided_on,omitempty"`
	LapseOn      workday.Date      `json:"lapse_on,omitempty"` // "" unless it is the applicant's turn
	Did          map[string]string `json:"did,omitempty"`      // verb → account, for four eyes
}

// Ask is what one dataset asks of its applicants, in one version.
type Ask struct {
	Pin
	Conditional bool // there is something to apply for
	Excluded    bool // this kind of applicant may not apply
	Fields      []string
	Modes       []string // offered; empty for all
	Allow, Deny []string // scenario codes
	Items       []Item
}

// Item is one material that a dataset asks for.
type Item struct {
	ID       string // as in the checklist, see [MaterialItem]
	Required bool
	Expires  bool
}

// MaterialItem is how the checklist names a material of a dataset.
func MaterialItem(dataset, material string) string { return dataset + "/" + material }

// Facts are what the rules need to know of the world.
type Facts struct {
	Who       permit.Actor
	Today     workday.Date
	Mine      bool // who may act for the applicant
	Applicant Kind // of who, for a new one
	Proved    bool // the applicant's name is proved
	Rules     bool // the platform's rules are accepted
	Standing  bool // no measure closes the platform to the applicant
	Draft     Content
	Asks      map[string]Ask // by dataset, for those of Draft that exist
	Scenarios []string       // codes
	Gone      []string       // copies whose bytes are not there any more
	Waiting   int            // files that are not found clean yet
	Intake    deadline.Clock // if it were handed in today
	Lapse     workday.Date
}

// Command is a request to move an application.
type Command interface{ Verb() string }

// The commands.
type (
	// Open begins a draft, for a person or for the body that he acts for.
	Open struct{ ID string }
	// Fill keeps what the applicant wrote; anything goes in a draft.
	Fill struct{ Content Content }
	// Submit hands it in. It tells every fault at once.
	Submit struct {
		Number   string
		Identity string // hash of who the applicant is, as kept beside the case
	}
	Withdraw struct{}
	// Take begins the check.
	Take struct{}
	// Accept says that everything is there, item by item, and hands the
	// application over to the publishers.
	Accept struct {
		Checked []string `json:"checked"` // items of the checklist
	}
	// Decline says everything that is missing, at once (一次性告知): every item
	// of the checklist is either complete or at fault.
	Decline struct {
		Faults  []Fault  `json:"faults"`
		Checked []string `json:"checked"` // items that are complete
	}
	// Allow lets the officer name faults that he could have named before.
	Allow struct {
		Items  []string `json:"items"`
		Reason string   `json:"reason"`
	}
	// Conclude notes what the publishers decided.
	Conclude struct{ Approved int }
	// Ring does what is due today.
	Ring struct{}
	// Recount sets the days anew: a calendar has changed.
	Recount struct{ Clock deadline.Clock }
	// Lapse ends a draft, or one that was not accepted, that nobody goes on with.
	Lapse struct{}
)

func (Open) Verb() string     { return "open" }
func (Fill) Verb() string     { return "fill" }
func (Submit) Verb() string   { return "submit" }
func (Withdraw) Verb() string { return "withdraw" }
func (Take) Verb() string     { return "take" }
func (Accept) Verb() string   { return "accept" }
func (Decline) Verb() string  { return "decline" }
func (Allow) Verb() string    { return "allow" }
func (Conclude) Verb() string { return "conclude" }
func (Ring) Verb() string     { return "ring" }
func (Recount) Verb() string  { return "recount" }
func (Lapse) Verb() string    { return "lapse" }

// Event is something that happened to an application.
type Event interface{ Kind() string }

// The events. Purposes and reasons stand in them because they are part of the
// legal act; who a person is does not.
type (
	Opened struct {
		ID           string       `json:"id"`
		By           string       `json:"by"`
		Organisation string       `json:"organisation,omitempty"`
		Applicant    Kind         `json:"applicant"`
		LapseOn      workday.Date `json:"lapse_on"`
	}
	Filled struct {
		LapseOn workday.Date `json:"lapse_on"`
	}
	Submitted struct {
		Number   string         `json:"number"`
		By       string         `json:"by"`
		On       workday.Date   `json:"on"`
		Round    int            `json:"round"`
		Content  Content        `json:"content"`
		Pins     []Pin          `json:"pins"`
		Items    []string       `json:"items"` // the checklist
		Identity string         `json:"identity"`
		Clock    deadline.Clock `json:"clock"`
	}
	Withdrawn struct {
		By string       `json:"by"`
		On workday.Date `json:"on"`
	}
	Taken struct {
		By string `json:"by"`
	}
	Accepted struct {
		By      string       `json:"by"`
		On      workday.Date `json:"on"`
		Checked []string     `json:"checked"`
	}
	Declined struct {
		By      string       `json:"by"`
		On      workday.Date `json:"on"`
		Faults  []Fault      `json:"faults"`
		Late    int          `json:"late,omitempty"` // faults that could have been named before
		LapseOn workday.Date `json:"lapse_on"`
	}
	Allowed struct {
		By     string   `json:"by"`
		Items  []string `json:"items"`
		Reason string   `json:"reason"`
	}
	Concluded struct {
		On       workday.Date `json:"on"`
		Approved int          `json:"approved"` // datasets
		Refused  int          `json:"refused"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
	Lapsed struct {
		On workday.Date `json:"on"`
	}
)

func (Opened) Kind() string    { return "application.opened" }
func (Filled) Kind() string    { return "application.filled" }
func (Submitted) Kind() string { return "application.submitted" }
func (Withdrawn) Kind() string { return "application.withdrawn" }
func (Taken) Kind() string     { return "application.taken" }
func (Accepted) Kind() string  { return "application.accepted" }
func (Declined) Kind() string  { return "application.declined" }
func (Allowed) Kind() string   { return "application.allowed" }
func (Concluded) Kind() string { return "application.concluded" }
func (Rang) Kind() string      { return "application.rang" }
func (Recounted) Kind() string { return "application.recounted" }
func (Lapsed) Kind() string    { return "application.lapsed" }
