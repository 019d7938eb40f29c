package review

import (
	"slices"

	"kaishu/internal/base/deadline"
	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an order stands (SM-09, rows 5 to 10).
type Stage string

// The stages.
const (
	StageAssigned  Stage = "assigned"      // handed over, nobody has opened it
	StageInReview  Stage = "in_review"     //
	StageExperts   Stage = "expert_review" //
	StageProposed  Stage = "proposed"      // the lead's turn
	StageDecided   Stage = "decided"
	StageWithdrawn Stage = "withdrawn" // by the applicant
)

// Table is the whole life of an order. What "visitor" does is done by the
// applicant alone; see [Facts.Mine].
var Table = flow.Table[Stage]{
	{Do: "hand", From: in(""), To: StageAssigned, By: permit.CtrIntake, Article: "19(1)"},
	{Do: "take", From: in(StageAssigned), To: StageInReview, By: permit.OpnReviewer, Article: "19(2)(1)"},
	{Do: "take", From: in(StageInReview, StageExperts), By: permit.OpnReviewer, Article: "19(2)(1)"},
	{Do: "recuse", From: in(StageAssigned, StageInReview, StageExperts), To: StageAssigned, By: permit.OpnReviewer, Article: "19(2)(1)"},
	{Do: "rank", From: in(StageAssigned, StageInReview, StageExperts), By: permit.OpnReviewer, Article: "19(2)(2)"},
	{Do: "assess", From: in(StageInReview, StageExperts), By: permit.OpnReviewer, Article: "19(2)(3)"},
	{Do: "ask", From: in(StageInReview, StageExperts), By: permit.OpnReviewer},
	{Do: "answer", From: in(StageInReview, StageExperts, StageProposed), By: permit.Visitor},
	{Do: "consult", From: in(StageInReview), To: StageExperts, By: permit.OpnReviewer, Article: "19(2)(3)"},
	{Do: "consult", From: in(StageExperts), By: permit.OpnReviewer, Article: "19(2)(3)"},
	{Do: "opine", From: in(StageExperts), By: permit.Expert, Article: "19(2)(3)"},
	{Do: "opine", From: in(StageExperts), To: StageInReview, By: permit.Expert, Article: "19(2)(3)"}, // the last one
	{Do: "resume", From: in(StageExperts), To: StageInReview, By: permit.OpnReviewer, Article: "19(2)(3)"},
	{Do: "propose", From: in(StageInReview), To: StageProposed, By: permit.OpnReviewer, Article: "19(2)"},
	{Do: "send_back", From: in(StageProposed), To: StageInReview, By: permit.OpnLead, Not: "propose", Article: "19(2)"},
	{Do: "confirm", From: in(StageProposed), To: StageDecided, By: permit.OpnLead, Not: "propose", Article: "19(3)"},
	{Do: "withdraw", From: Open, To: StageWithdrawn, By: permit.Visitor},
	{Do: "ring", From: Open, By: permit.Clock, Article: "19(2)"},
	{Do: "recount", From: Open, By: permit.Clock},
}

// Open are the stages in which an order waits.
var Open = in(StageAssigned, StageInReview, StageExperts, StageProposed)

func in(s ...Stage) []Stage { return s }

// MayReview is the rule of the publisher's people, MayOversee that of those
// who see the orders of all, and MayAdvise that of the experts.
var (
	MayReview  = permit.Rule{Act: "review.read", By: []permit.Role{permit.OpnReviewer, permit.OpnLead, permit.OpnSecurity}, Article: "19(2)"}
	MayOversee = permit.Rule{Act: "review.oversee", By: []permit.Role{permit.CtrIntake, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "19(2)"}
	MayAdvise  = permit.Rule{Act: "review.advise", By: []permit.Role{permit.Expert}, Article: "19(2)(3)"}
	MayAnswer  = permit.Rule{Act: "review.answer", By: []permit.Role{permit.Signed}, Article: "19(2)"}
)

// TermReview is the term of Article 19(2).
const TermReview = "application.review"

// LeastExperts is how many opinions a panel needs; MassDatasets from how many
// datasets on a request is a large one, for which experts are suggested. [D]
const (
	LeastExperts = 3
	MassDatasets = 5
)

// Order is one order.
type Order struct {
	ID     string `json:"id"`
	Number string `json:"number"` // as people call it, e.g. "GD-2026-000012"
	Body   string `json:"body"`   // publisher
	Subject
	Stage     Stage             `json:"stage"`
	Clock     deadline.Clock    `json:"clock"`
	Score     Score             `json:"score,omitzero"`
	Risk      *Risk             `json:"risk,omitempty"`
	Questions []Question        `json:"questions,omitempty"`
	Experts   []Expert          `json:"experts,omitempty"`
	Verdicts  []Verdict         `json:"verdicts,omitempty"` // proposed, or decided
	SentBack  string            `json:"sent_back,omitempty"`
	Recused   []string          `json:"recused,omitempty"` // accounts with a conflict
	DecidedOn workday.Date      `json:"decided_on,omitempty"`
	Days      int               `json:"days,omitempty"` // working days that it took
	Did       map[string]string `json:"did,omitempty"`  // verb → account, for four eyes
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who     permit.Actor // with the roles that count for the order's body
	Today   workday.Date
	Mine    bool            // who may act for the applicant
	Used    int             // working days since the receipt
	Outside map[string]bool // datasets whose conditions the scenario does not meet
	Expired map[string]bool // datasets of which a proof no longer holds
	Experts []string        // accounts that are experts now
	Own     []string        // accounts of the applicant, who may not judge
}

// Decide says what happens when c is asked of o. It changes nothing.
func Decide(f Facts, o Order, c Command) ([]Event, error) {
	if err := Table.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	switch c.(type) {
	case Answer, Withdraw:
		if !f.Mine {
			return nil, problem.New(problem.Forbidden, "flow.not_your_step")
		}
	case Hand, Ring, Recount:
	default:
		if err := unbiased(f, o, c); err != nil {
			return nil, err
		}
	}
	return decide(f, o, c, f.Who.Doer())
}

func decide(f Facts, o Order, c Command, by string) ([]Event, error) {
	switch c := c.(type) {
	case Hand:
		return []Event{Handed{ID: c.ID, Number: c.Number, Body: c.Body, Subject: c.Subject, Clock: c.Clock, By: by}}, nil
	case Take:
		if !c.Free {
			return nil, fault("/free", "review.declare")
		}
		if f.Who.Is(o.Did["take"]) && o.Stage != StageAssigned {
			return nil, nil
		}
		return []Event{Taken{By: by}}, nil
	case Recuse:
		return told(c.Reason, "/reason", Recused{By: by, Reason: c.Reason})
	case Rank:
		return rank(c, by)
	case Assess:
		return assess(c, by)
	case Ask:
		return told(c.Text, "/text", Asked{Text: c.Text, On: f.Today, By: by})
	case Answer:
		if !slices.ContainsFunc(o.Questions, func(q Question) bool { return q.Answer == "" }) {
			return nil, problem.New(problem.Conflict, "review.no_question")
		}
		return told(c.Text, "/text", Answered{Text: c.Text, On: f.Today, By: by})
	case Consult:
		return consult(f, o, c)
	case Opine:
		return opine(f, o, c)
	case Resume:
		return resume(o)
	case Propose:
		if err := checkVerdicts(f, o, c.Verdicts); err != nil {
			return nil, err
		}
		return []Event{Proposed{Verdicts: c.Verdicts, By: by}}, nil
	case SendBack:
		return told(c.Reason, "/reason", SentBack{Reason: c.Reason, By: by})
	case Confirm:
		if !c.Free {
			return nil, fault("/free", "review.declare")
		}
		// What held when it was proposed may not hold any more.
		if err := checkVerdicts(f, o, o.Verdicts); err != nil {
			return nil, err
		}
		return []Event{Decided{Verdicts: o.Verdicts, On: f.Today, Days: f.Used, By: by}}, nil
	case Withdraw:
		return []Event{Withdrawn{On: f.Today}}, nil
	case Ring:
		return ring(f, o), nil
	case Recount:
		if c.Clock.Equal(o.Clock) {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	}
	panic("review: no rule for " + c.Verb())
}

// unbiased refuses whoever declared a conflict, whoever applied himself, and a
// reviewer who has not declared that he has none (Article 19(2)(1)).
func unbiased(f Facts, o Order, c Command) error {
	is := func(account string) bool { return f.Who.Is(account) }
	if slices.ContainsFunc(o.Recused, is) || slices.ContainsFunc(f.Own, is) {
		return problem.New(problem.Forbidden, "review.conflict")
	}
	switch c.(type) {
	case Assess, Ask, Consult, Resume, Propose:
		if !f.Who.Is(o.Did["take"]) {
			return problem.New(problem.Forbidden, "review.take_first")
		}
	}
	return nil
}

func fault(at, code string, args ...any) error {
	var p problem.List
	p.Add(at, code, args...)
	return p.Err()
}

// told gives the event if the text that goes with it is there.
func told(text, at string, e Event) ([]Event, error) {
	var p problem.List
	need(&p, at, text, 2000)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

func need(p *problem.List, at, text string, most int) {
	p.Require(at, text)
	if len([]rune(text)) > most {
		p.Add(at, "review.too_long", "most", most)
	}
}

// ring takes the steps of the day; see [deadline.Clock].
func ring(f Facts, o Order) []Event {
	e := Rang{Steps: o.Clock.Ring(f.Today)}
	if len(e.Steps) == 0 {
		return nil
	}
	for _, name := range e.Steps {
		step, _ := deadline.Find(Steps, name)
		e.Late = e.Late || step.Overdue
	}
	return []Event{e}
}

// Tell says to whom a step is told; to nobody if it is for orders that nobody
// has opened, and somebody has.
func Tell(o Order, name string) []permit.Role {
	step, _ := deadline.Find(Steps, name)
	if step.Unseen && o.Stage != StageAssigned {
		return nil
	}
	return step.Tell
}

// NeedsRisk reports whether joining has to be assessed before anything is
// approved (Article 19(2)(3)): several conditional datasets, or one and data
// from elsewhere.
func (s Subject) NeedsRisk() bool { return s.Sets >= 2 || s.External }

// Mass reports whether experts are suggested.
func (s Subject) Mass() bool { return s.Sets >= MassDatasets }

// Evolve returns o as it stands after event.
func Evolve(o Order, event Event) Order {
	switch e := event.(type) {
	case Handed:
		o = Order{ID: e.ID, Number: e.Number, Body: e.Body, Subject: e.Subject, Stage: StageAssigned, Clock: e.Clock, Did: flow.Did(nil, "hand", e.By)}
	case Taken:
		if o.Stage == StageAssigned {
			o.Stage = StageInReview
		}
		o.Did = flow.Did(o.Did, "take", e.By)
	case Recused:
		o.Stage, o.Recused = StageAssigned, append(slices.Clone(o.Recused), e.By)
		o.Did = flow.Did(o.Did, "take", "")
	case Ranked:
		o.Score = e.Score
	case Assessed:
		o.Risk = &e.Risk
	case Asked:
		o.Questions = append(slices.Clone(o.Questions), Question{Text: e.Text, AskedOn: e.On})
	case Answered:
		o.Questions = slices.Clone(o.Questions)
		i := slices.IndexFunc(o.Questions, func(q Question) bool { return q.Answer == "" })
		o.Questions[i].Answer, o.Questions[i].AnsweredOn = e.Text, e.On
	case Consulted:
		o.Stage, o.Experts = StageExperts, o.spoken()
		for _, a := range e.Experts {
			o.Experts = append(o.Experts, Expert{Account: a})
		}
	case Opined:
		o.Experts = slices.Clone(o.Experts)
		i := slices.IndexFunc(o.Experts, func(x Expert) bool { return x.Account == e.By })
		o.Experts[i].Advice, o.Experts[i].Opinion, o.Experts[i].On = e.Advice, e.Opinion, e.On
	case Resumed:
		o.Stage = StageInReview
	case Proposed:
		o.Stage, o.Verdicts, o.SentBack, o.Did = StageProposed, e.Verdicts, "", flow.Did(o.Did, "propose", e.By)
	case SentBack:
		o.Stage, o.SentBack = StageInReview, e.Reason
	case Decided:
		o.Stage, o.Verdicts, o.DecidedOn, o.Days = StageDecided, e.Verdicts, e.On, e.Days
		o.Clock, o.Did = o.Clock.Done(e.On), flow.Did(o.Did, "confirm", e.By)
	case Withdrawn:
		o.Stage, o.Clock = StageWithdrawn, o.Clock.Done(e.On)
	case Rang:
		o.Clock = o.Clock.Rung(e.Steps, e.Late)
	case Recounted:
		o.Clock = e.Clock
	default:
		panic("review: cannot evolve by " + event.Kind())
	}
	return o
}

// MaySee reports whether who may open o as one who works on it: the
// publisher's people, the experts who were asked, and those who oversee. Who
// has a conflict sees it no more.
func MaySee(who permit.Actor, o Order) bool {
	if slices.ContainsFunc(o.Recused, who.Is) {
		return false
	}
	return who.Has(permit.Clock) || MayReview.Allows(who, permit.Thing{Body: o.Body}) || who.HasAny(MayOversee.By...) || asked(who, o)
}

// asked reports whether who is an expert of o.
func asked(who permit.Actor, o Order) bool {
	return who.Has(permit.Expert) && slices.ContainsFunc(o.Experts, func(e Expert) bool { return e.Account == who.Account })
}
