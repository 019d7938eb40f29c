package proof

import (
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a case stands.
type Stage string

// The stages.
const (
	StageDraft     Stage = "draft"     // the applicant writes
	StageSubmitted Stage = "submitted" // the officer's turn
	StageReturned  Stage = "returned"  // the applicant's turn: something is to be mended
	StageAccepted  Stage = "accepted"
	StageRefused   Stage = "refused"
	StageWithdrawn Stage = "withdrawn"
	StageLapsed    Stage = "lapsed" // nobody went on with it
)

// Table is the whole life of a case. What "visitor" does is done by the
// applicant alone; see [Facts.Mine].
var Table = flow.Table[Stage]{
	{Do: "open", From: in(""), To: StageDraft, By: permit.Visitor, Article: "18"},
	{Do: "fill", From: in(StageDraft, StageReturned), By: permit.Visitor},
	{Do: "submit", From: in(StageDraft, StageReturned), To: StageSubmitted, By: permit.Visitor, Article: "18"},
	{Do: "withdraw", From: in(StageDraft, StageSubmitted, StageReturned), To: StageWithdrawn, By: permit.Visitor},
	{Do: "accept", From: in(StageSubmitted), To: StageAccepted, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "return", From: in(StageSubmitted), To: StageReturned, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "refuse", From: in(StageSubmitted), To: StageRefused, By: permit.CtrIntake, Not: "submit", Article: "19(1)"},
	{Do: "recount", From: in(StageSubmitted), By: permit.Clock},
	{Do: "lapse", From: in(StageDraft, StageReturned), To: StageLapsed, By: permit.Clock},
	{Do: "erase", From: in(StageAccepted, StageRefused, StageWithdrawn, StageLapsed), By: permit.Clock},
}

func in(s ...Stage) []Stage { return s }

// MayApply is the rule of one's own cases; MayDecide that of the officer's.
var (
	MayApply  = permit.Rule{Act: "proof.apply", By: []permit.Role{permit.Signed}, Article: "18"}
	MayDecide = permit.Rule{Act: "proof.decide", By: []permit.Role{permit.CtrIntake}, Article: "19(1)"}
)

// The names of the terms, which internal/casework/calendar delivers. [D]
const (
	TermDecide = "proof.decide" // for the officer, from the submission
	TermErase  = "proof.erase"  // until personal data is erased, from the end of the case
	TermLapse  = "proof.lapse"  // for the applicant, from the last change
)

// MaxFiles is how many copies a case may hold. [D]
const MaxFiles = 6

// Subject is whose proof it is.
type Subject string

// The subjects.
const (
	Person       Subject = "person"       // 实名认证
	Organisation Subject = "organisation" // 单位认证
)

// Subjects lists the subjects.
var Subjects = []Subject{Person, Organisation}

// Case is one proof, without anything that the applicant wrote.
type Case struct {
	ID           string            `json:"id"`
	Number       string            `json:"number"` // as people call it, e.g. "RZ-2026-000012"
	Subject      Subject           `json:"subject"`
	Applicant    string            `json:"applicant"` // account
	Stage        Stage             `json:"stage"`
	SubmittedOn  workday.Date      `json:"submitted_on,omitempty"` // last time
	Due          workday.Due       `json:"due,omitzero"`           // last day to decide; none unless submitted
	Reasons      Reasons           `json:"reasons,omitzero"`       // of the last return or refusal
	DecidedOn    workday.Date      `json:"decided_on,omitempty"`
	LapseOn      workday.Date      `json:"lapse_on,omitempty"` // "" unless it is the applicant's turn
	EraseOn      workday.Date      `json:"erase_on,omitempty"` // "" until it ends
	Erased       bool              `json:"erased,omitempty"`
	Organisation string            `json:"organisation,omitempty"` // that was entered
	Did          map[string]string `json:"did,omitempty"`          // verb → doer, for four eyes
}

// Ended reports whether nothing more happens but the erasure.
func (c Case) Ended() bool {
	return slices.Contains(in(StageAccepted, StageRefused, StageWithdrawn, StageLapsed), c.Stage)
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who    permit.Actor
	Today  workday.Date
	Mine   bool // who is the applicant; for a new case, whoever signed in as a person
	Form   Form // as it was filled in
	Files  int  // copies that the case holds
	Proved bool // the applicant's name is proved already
	Open   int  // other cases of the applicant and subject that have not ended
	Decide workday.Due
	Erase  workday.Date // if the case ended today
	Lapse  workday.Date // if nobody went on from today
}

// most is how many cases of a subject one person may have open.
var most = map[Subject]int{Person: 1, Organisation: 3}

// Decide says what happens when c is asked of p. It changes nothing.
func Decide(f Facts, p Case, c Command) ([]Event, error) {
	if err := Table.Permit(p.Stage, c.Verb(), f.Who, p.Did); err != nil {
		return nil, err
	}
	switch c.(type) {
	case Open, Fill, Submit, Withdraw:
		if !f.Mine {
			return nil, problem.New(problem.Forbidden, "flow.not_your_step")
		}
	}
	switch c := c.(type) {
	case Open:
		return open(f, c)
	case Fill:
		return []Event{Filled{LapseOn: f.Lapse}}, nil
	case Submit:
		if err := checkForm(f, p.Subject); err != nil {
			return nil, err
		}
		return []Event{Submitted{By: f.Who.Doer(), On: f.Today, Due: f.Decide}}, nil
	case Withdraw:
		return []Event{Withdrawn{EraseOn: f.Today}}, nil
	case Accept:
		return []Event{Accepted{By: f.Who.Doer(), Organisation: c.Organisation, On: f.Today, EraseOn: f.Erase}}, nil
	case Return:
		if err := Reasons(c).check(); err != nil {
			return nil, err
		}
		return []Event{Returned{Reasons: Reasons(c), By: f.Who.Doer(), On: f.Today, LapseOn: f.Lapse}}, nil
	case Refuse:
		if err := Reasons(c).check(); err != nil {
			return nil, err
		}
		return []Event{Refused{Reasons: Reasons(c), By: f.Who.Doer(), On: f.Today, EraseOn: f.Erase}}, nil
	case Recount:
		if c.Due == p.Due {
			return nil, nil
		}
		return []Event{Recounted(c)}, nil
	case Lapse:
		if f.Today <= p.LapseOn {
			return nil, nil
		}
		return []Event{Lapsed{EraseOn: f.Today}}, nil
	case Erase:
		if p.Erased || f.Today < p.EraseOn {
			return nil, nil
		}
		return []Event{Erased{}}, nil
	}
	panic("proof: no rule for " + c.Verb())
}

func open(f Facts, c Open) ([]Event, error) {
	var p problem.List
	switch {
	case !slices.Contains(Subjects, c.Subject):
		p.Add("/subject", "proof.unknown_subject")
	case c.Subject == Person && f.Proved:
		p.Add("/subject", "proof.proved_already")
	case f.Open >= most[c.Subject]:
		p.Add("/subject", "proof.one_is_open", "most", most[c.Subject])
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Opened{ID: c.ID, Number: c.Number, Subject: c.Subject, By: f.Who.Account, LapseOn: f.Lapse}}, nil
}

// checkForm returns every fault of what was filled in, and nil if there is
// none.
func checkForm(f Facts, s Subject) error {
	var p problem.List
	length := func(at, text string, most int) {
		if p.Require(at, text); len([]rune(text)) > most {
			p.Add(at, "proof.too_long", "most", most)
		}
	}
	if s == Person {
		length("/name", f.Form.Name, 100)
		if !slices.Contains(Documents, f.Form.Document) {
			p.Add("/document", "required")
		}
		if fault := CheckDocument(f.Form.Document, f.Form.Number, f.Today); fault != "" {
			p.Add("/number", fault)
		}
	} else {
		length("/body/zh", f.Form.Body.ZH, 200)
		if len([]rune(f.Form.Body.EN)) > 200 {
			p.Add("/body/en", "proof.too_long", "most", 200)
		}
		if !slices.Contains(BodyKinds, f.Form.BodyKind) {
			p.Add("/body_kind", "required")
		}
		if fault := CheckUSCC(f.Form.USCC); fault != "" {
			p.Add("/uscc", fault)
		}
	}
	if f.Files == 0 {
		p.Add("/file", "proof.no_file")
	}
	return p.Err()
}

func (r Reasons) check() error {
	var p problem.List
	for _, code := range r.Codes {
		if !slices.Contains(ReasonCodes, code) {
			p.Add("/codes", "proof.unknown_reason", "code", code)
		}
	}
	if len(r.Codes) == 0 && strings.TrimSpace(r.Note) == "" {
		p.Add("/codes", "proof.needs_reason")
	}
	if len([]rune(r.Note)) > 1000 {
		p.Add("/note", "proof.too_long", "most", 1000)
	}
	return p.Err()
}

// Evolve returns p as it stands after event.
func Evolve(p Case, event Event) Case {
	switch e := event.(type) {
	case Opened:
		p = Case{ID: e.ID, Number: e.Number, Subject: e.Subject, Applicant: e.By, Stage: StageDraft, LapseOn: e.LapseOn}
	case Filled:
		p.LapseOn = e.LapseOn
	case Submitted:
		p.Stage, p.SubmittedOn, p.Due, p.LapseOn = StageSubmitted, e.On, e.Due, ""
		p.Reasons, p.DecidedOn = Reasons{}, ""
		p.Did = flow.Did(p.Did, "submit", e.By)
	case Recounted:
		p.Due = e.Due
	case Withdrawn:
		p = ended(p, StageWithdrawn, e.EraseOn)
	case Accepted:
		p = ended(p, StageAccepted, e.EraseOn)
		p.DecidedOn, p.Organisation, p.Did = e.On, e.Organisation, flow.Did(p.Did, "accept", e.By)
	case Returned:
		p.Stage, p.Reasons, p.DecidedOn, p.Due, p.LapseOn = StageReturned, e.Reasons, e.On, workday.Due{}, e.LapseOn
		p.Did = flow.Did(p.Did, "return", e.By)
	case Refused:
		p = ended(p, StageRefused, e.EraseOn)
		p.DecidedOn, p.Reasons, p.Did = e.On, e.Reasons, flow.Did(p.Did, "refuse", e.By)
	case Lapsed:
		p = ended(p, StageLapsed, e.EraseOn)
	case Erased:
		p.Erased = true
	default:
		panic("proof: cannot evolve by " + event.Kind())
	}
	return p
}

func ended(p Case, s Stage, eraseOn workday.Date) Case {
	p.Stage, p.Due, p.LapseOn, p.EraseOn = s, workday.Due{}, "", eraseOn
	return p
}

// MaySee reports whether who may know of p: the applicant always, officers
// once it was handed in.
func MaySee(who permit.Actor, p Case) bool {
	return who.Account != "" && who.Account == p.Applicant || who.Has(permit.Clock) || who.Has(permit.CtrIntake) && p.SubmittedOn != ""
}

// Turn says whose turn it is: "applicant", "officer" or "" for nobody's.
func (c Case) Turn() string {
	switch c.Stage {
	case StageDraft, StageReturned:
		return "applicant"
	case StageSubmitted:
		return "officer"
	}
	return ""
}

// Number checks follow; they stand here so that the rules stand alone.

// CheckUSCC returns the message key of what is wrong with a unified social
// credit code (GB 32100), "" if nothing is: 18 characters of which the last
// follows from the others.
func CheckUSCC(code string) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	code = strings.ToUpper(strings.TrimSpace(code))
	if code == "" {
		return "required"
	}
	if len(code) != 18 {
		return "proof.uscc_length"
	}
	sum, weight := 0, 1
	for i := range 17 {
		n := strings.IndexByte(alphabet, code[i])
		if n < 0 {
			return "proof.uscc_letter"
		}
		sum, weight = sum+n*weight, weight*3%31
	}
	if code[17] != alphabet[(31-sum%31)%31] {
		return "proof.uscc_check"
	}
	return ""
}

// CheckDocument returns the message key of what is wrong with the number of a
// document, "" if nothing is.
func CheckDocument(d Document, number string, today workday.Date) string {
	number = strings.ToUpper(strings.TrimSpace(number))
	switch {
	case number == "":
		return "required"
	case d == IDCard || d == Residence:
		return checkCitizen(number, d == Residence, today)
	case len(number) < 5 || len(number) > 20 || strings.Trim(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return "proof.number_form"
	}
	return ""
}

// checkCitizen checks the 18 characters of a citizen's number (GB 11643): a
// day of birth, and a last character that follows from the others. Residents
// of Hong Kong, Macao and Taiwan have such numbers too, from 81, 82 or 83.
func checkCitizen(number string, residence bool, today workday.Date) string {
	if len(number) != 18 || strings.Trim(number[:17], "0123456789") != "" {
		return "proof.number_length"
	}
	if abroad := slices.Contains([]string{"81", "82", "83"}, number[:2]); abroad != residence {
		return "proof.number_other_document"
	}
	born := workday.Date(number[6:10] + "-" + number[10:12] + "-" + number[12:14])
	if !born.Valid() || born < "1900-01-01" || born > today {
		return "proof.number_birth"
	}
	sum, weight := 0, 1 // weights are powers of two, modulo 11, from the right
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(number[i]-'0') * weight
	}
	if number[17] != "10X98765432"[sum%11] {
		return "proof.number_check"
	}
	return ""
}
