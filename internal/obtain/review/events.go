package review

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// Wanted is one dataset that an order is about, as it was applied for.
type Wanted struct {
	Dataset string       `json:"dataset"`
	Set     string       `json:"set"` // version of conditions under which it was applied for
	Fields  []string     `json:"fields"`
	From    workday.Date `json:"from,omitempty"`
	To      workday.Date `json:"to,omitempty"`
	Mode    string       `json:"mode"`
	Months  int          `json:"months"`
}

// Subject is what an order is about.
type Subject struct {
	Application string   `json:"application"`
	Number      string   `json:"application_number"` // as people call it
	Applicant   string   `json:"applicant"`
	Scenario    string   `json:"scenario"` // code
	External    bool     `json:"external"` // data from elsewhere is joined
	Sets        int      `json:"sets"`     // conditional datasets in the whole application
	Datasets    []Wanted `json:"datasets"` // of this publisher
}

// Verdict is what is decided of one dataset.
type Verdict struct {
	Dataset string            `json:"dataset"`
	Approve bool              `json:"approve"`
	Fields  []string          `json:"fields,omitempty"` // given; at most those applied for
	From    workday.Date      `json:"from,omitempty"`
	To      workday.Date      `json:"to,omitempty"`
	Mode    string            `json:"mode,omitempty"`
	Months  int               `json:"months,omitempty"`
	Narrow  map[string]string `json:"narrow,omitempty"`  // what is less than applied for → why; see Narrowings
	Reasons []Reason          `json:"reasons,omitempty"` // of a refusal, all of them
	Remedy  string            `json:"remedy,omitempty"`  // what would make it approvable
}

// Narrowings are the ways in which less is given than was applied for.
var Narrowings = []string{"fields", "period", "mode", "months"}

// Reason is one reason of a refusal.
type Reason struct {
	Code string `json:"code"` // of ReasonCodes
	Text string `json:"text"`
}

// ReasonCodes are the reasons for which an application can be refused.
var ReasonCodes = []string{"scenario", "purpose", "security", "capability", "credit", "fusion", "excess", "evidence", "rights", "other"}

// Level is how high a risk is.
type Level string

// The levels.
const (
	Low    Level = "low"
	Medium Level = "medium"
	High   Level = "high"
)

// Levels lists the levels, the lowest first.
var Levels = []Level{Low, Medium, High}

// Risk is the assessment of joining data of several sources (多源数据融合风险).
type Risk struct {
	Linked     string `json:"linked"`     // by what the data can be joined
	Person     Level  `json:"person"`     // that a person is recognised
	Secret     Level  `json:"secret"`     // that a trade secret comes out
	Public     Level  `json:"public"`     // to the public interest or security
	Measures   string `json:"measures"`   // against it
	Acceptable bool   `json:"acceptable"` // with these measures
}

// Highest returns the highest level of r.
func (r Risk) Highest() Level {
	return Levels[max(slices.Index(Levels, r.Person), slices.Index(Levels, r.Secret), slices.Index(Levels, r.Public), 0)]
}

// Score is how much a scenario deserves to go first (Article 19(2)(2)): it
// orders the queue and decides nothing.
type Score struct {
	Livelihood int `json:"livelihood"` // 0 to 3: good for people's life
	Economy    int `json:"economy"`    // 0 to 3: good for the economy
	Replicable int `json:"replicable"` // 0 to 3: others can do the same
}

// Sum is the order in the queue among equal days.
func (s Score) Sum() int { return s.Livelihood + s.Economy + s.Replicable }

// Question is one to the applicant. It stops no clock.
type Question struct {
	Text       string       `json:"text"`
	AskedOn    workday.Date `json:"asked_on"`
	Answer     string       `json:"answer,omitempty"`
	AnsweredOn workday.Date `json:"answered_on,omitempty"`
}

// Expert is somebody who is asked for his opinion.
type Expert struct {
	Account string       `json:"account"`
	Advice  string       `json:"advice,omitempty"` // of Advices; "" until he answers
	Opinion string       `json:"opinion,omitempty"`
	On      workday.Date `json:"on,omitempty"`
}

// Advices are what an expert can advise.
var Advices = []string{"approve", "narrow", "refuse", "conflict"}

// Command is a request to move an order.
type Command interface{ Verb() string }

// The commands.
type (
	// Hand opens the order: the centre hands it over.
	Hand struct {
		ID      string
		Number  string
		Body    string
		Subject Subject
		Clock   deadline.Clock
	}
	// Take begins the review, with the declaration that nothing ties the
	// reviewer to the applicant.
	Take struct {
		Free bool `json:"free"` // no conflict of interest
	}
	// Recuse says that something does. The order waits for another.
	Recuse struct {
		Reason string `json:"reason"`
	}
	Rank   struct{ Score }
	Assess struct{ Risk }
	Ask    struct {
		Text string `json:"text"`
	}
	// Answer is the applicant's, to the first question without one.
	Answer struct {
		Text string `json:"text"`
	}
	Consult struct {
		Experts []string `json:"experts"` // accounts
		Reason  string   `json:"reason"`
	}
	Opine struct {
		Advice  string `json:"advice"`
		Opinion string `json:"opinion"`
	}
	// Resume goes on without waiting for the other experts.
	Resume  struct{}
	Propose struct {
		Verdicts []Verdict `json:"verdicts"`
	}
	// SendBack gives a proposal back to the reviewer.
	SendBack struct {
		Reason string `json:"reason"`
	}
	// Confirm decides as proposed.
	Confirm struct {
		Free bool `json:"free"` // the lead has no conflict of interest
	}
	Withdraw struct{}
	Ring     struct{}
	Recount  struct{ Clock deadline.Clock }
)

func (Hand) Verb() string     { return "hand" }
func (Take) Verb() string     { return "take" }
func (Recuse) Verb() string   { return "recuse" }
func (Rank) Verb() string     { return "rank" }
func (Assess) Verb() string   { return "assess" }
func (Ask) Verb() string      { return "ask" }
func (Answer) Verb() string   { return "answer" }
func (Consult) Verb() string  { return "consult" }
func (Opine) Verb() string    { return "opine" }
func (Resume) Verb() string   { return "resume" }
func (Propose) Verb() string  { return "propose" }
func (SendBack) Verb() string { return "send_back" }
func (Confirm) Verb() string  { return "confirm" }
func (Withdraw) Verb() string { return "withdraw" }
func (Ring) Verb() string     { return "ring" }
func (Recount) Verb() string  { return "recount" }

// Event is something that happened to an order.
type Event interface{ Kind() string }

// The events.
type (
	Handed struct {
		ID      string         `json:"id"`
		Number  string         `json:"number"`
		Body    string         `json:"body"`
		Subject Subject        `json:"subject"`
		Clock   deadline.Clock `json:"clock"`
		By      string         `json:"by"`
	}
	Taken struct {
		By string `json:"by"`
	}
	Recused struct {
		By     string `json:"by"`
		Reason string `json:"reason"`
	}
	Ranked struct {
		Score Score  `json:"score"`
		By    string `json:"by"`
	}
	Assessed struct {
		Risk Risk   `json:"risk"`
		By   string `json:"by"`
	}
	Asked struct {
		Text string       `json:"text"`
		On   workday.Date `json:"on"`
		By   string       `json:"by"`
	}
	Answered struct {
		Text string       `json:"text"`
		On   workday.Date `json:"on"`
		By   string       `json:"by"`
	}
	Consulted struct {
		Experts []string `json:"experts"`
		Reason  string   `json:"reason"`
		By      string   `json:"by"`
	}
	Opined struct {
		Advice  string       `json:"advice"`
		Opinion string       `json:"opinion"`
		On      workday.Date `json:"on"`
		By      string       `json:"by"`
	}
	Resumed  struct{}
	Proposed struct {
		Verdicts []Verdict `json:"verdicts"`
		By       string    `json:"by"`
	}
	SentBack struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	Decided struct {
		Verdicts []Verdict    `json:"verdicts"`
		On       workday.Date `json:"on"`
		Days     int          `json:"days"` // working days from the receipt
		By       string       `json:"by"`
	}
	Withdrawn struct {
		On workday.Date `json:"on"`
	}
	Rang struct {
		Steps []string `json:"steps"`
		Late  bool     `json:"late,omitempty"`
	}
	Recounted struct {
		Clock deadline.Clock `json:"clock"`
	}
)

func (Handed) Kind() string    { return "review.handed" }
func (Taken) Kind() string     { return "review.taken" }
func (Recused) Kind() string   { return "review.recused" }
func (Ranked) Kind() string    { return "review.ranked" }
func (Assessed) Kind() string  { return "review.assessed" }
func (Asked) Kind() string     { return "review.asked" }
func (Answered) Kind() string  { return "review.answered" }
func (Consulted) Kind() string { return "review.consulted" }
func (Opined) Kind() string    { return "review.opined" }
func (Resumed) Kind() string   { return "review.resumed" }
func (Proposed) Kind() string  { return "review.proposed" }
func (SentBack) Kind() string  { return "review.sent_back" }
func (Decided) Kind() string   { return "review.decided" }
func (Withdrawn) Kind() string { return "review.withdrawn" }
func (Rang) Kind() string      { return "review.rang" }
func (Recounted) Kind() string { return "review.recounted" }

// Steps are what happens while an order waits: warnings at five, eight and
// nine working days, and the way up once it is late. None decides anything.
var Steps = []deadline.Step{
	{Name: "unopened", Term: "review.unopened", Tell: []permit.Role{permit.OpnReviewer}, Unseen: true},
	{Name: "warning_1", Term: "review.warning_1", Tell: []permit.Role{permit.OpnReviewer}},
	{Name: "warning_2", Term: "review.warning_2", Tell: []permit.Role{permit.OpnReviewer, permit.OpnLead}},
	{Name: "warning_3", Term: "review.warning_3", Tell: []permit.Role{permit.OpnReviewer, permit.OpnLead}},
	{Name: "overdue", Term: "review.overdue", Tell: []permit.Role{permit.OpnReviewer, permit.OpnLead}, Overdue: true},
	{Name: "to_authority", Term: "review.to_authority", Tell: []permit.Role{permit.AutOfficer}, Overdue: true},
	{Name: "to_general_office", Term: "review.to_general_office", Tell: []permit.Role{permit.GofOfficer}, Overdue: true},
}
