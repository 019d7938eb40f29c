package condition

import (
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Command is a request to move a set.
type Command interface{ Verb() string }

// The commands.
type (
	// Draft begins a set; Content is that of the set in force, or nothing.
	Draft struct {
		ID      string
		Entry   string // slug
		Body    string // the entry's publisher
		Version int    // 1, 2, 3 … within the entry
		Content Content
	}
	// Fill keeps what the editor wrote, whole; anything goes in a draft.
	Fill struct{ Content }
	// Propose hands the set to the lead. It tells every fault of what was
	// filled in.
	Propose struct{}
	// Endorse says that conditions of the kind "other" are reasonable
	// (Article 15(1)(六)).
	Endorse struct{}
	// Accept puts the set in force.
	Accept struct{}
	Return struct {
		Reason string `json:"reason"`
	}
	Discard struct{}
	// Supersede puts the set behind a newer one, in the transaction that
	// accepted it.
	Supersede struct{}
)

func (Draft) Verb() string     { return "draft" }
func (Fill) Verb() string      { return "fill" }
func (Propose) Verb() string   { return "propose" }
func (Endorse) Verb() string   { return "endorse" }
func (Accept) Verb() string    { return "accept" }
func (Return) Verb() string    { return "return" }
func (Discard) Verb() string   { return "discard" }
func (Supersede) Verb() string { return "supersede" }

// Event is something that happened to a set.
type Event interface{ Kind() string }

// The events.
type (
	Drafted struct {
		ID      string  `json:"id"`
		Entry   string  `json:"entry"`
		Body    string  `json:"body"`
		Version int     `json:"version"`
		Content Content `json:"content"`
		By      string  `json:"by"`
	}
	Filled struct {
		Content Content `json:"content"`
		By      string  `json:"by"`
	}
	Proposed struct {
		On workday.Date `json:"on"`
		By string       `json:"by"`
	}
	Endorsed struct {
		By string `json:"by"`
	}
	Accepted struct {
		Entry   string       `json:"entry"`
		Version int          `json:"version"`
		On      workday.Date `json:"on"` // in force since
		By      string       `json:"by"`
	}
	Returned struct {
		Reason string `json:"reason"`
		By     string `json:"by"`
	}
	Discarded  struct{}
	Superseded struct {
		On workday.Date `json:"on"`
	}
)

func (Drafted) Kind() string    { return "condition.drafted" }
func (Filled) Kind() string     { return "condition.filled" }
func (Proposed) Kind() string   { return "condition.proposed" }
func (Endorsed) Kind() string   { return "condition.endorsed" }
func (Accepted) Kind() string   { return "condition.accepted" }
func (Returned) Kind() string   { return "condition.returned" }
func (Discarded) Kind() string  { return "condition.discarded" }
func (Superseded) Kind() string { return "condition.superseded" }

// Kind is a kind of condition (Article 15(1)).
type Kind string

// The kinds of condition.
const (
	Scenario   Kind = "scenario"   // 应用场景要求
	Security   Kind = "security"   // 数据安全要求
	Feedback   Kind = "feedback"   // 数据利用反馈要求
	Capability Kind = "capability" // 技术能力要求
	Credit     Kind = "credit"     // 信用要求
	Other      Kind = "other"      // 其他合理的开放条件; a reviewer endorses it
)

// Kinds lists the kinds of condition, in the order of the law.
var Kinds = []Kind{Scenario, Security, Feedback, Capability, Credit, Other}

// Condition is one thing that is asked, and the risk that it answers: what
// answers no risk is not asked (Article 15(1), 与风险相匹配).
type Condition struct {
	Kind Kind        `json:"kind"`
	Text locale.Text `json:"text"` // what is asked
	Risk locale.Text `json:"risk"` // the risk it answers

	Allow []string `json:"allow,omitempty"` // scenario: codes of the only scenarios; none for every one
	Deny  []string `json:"deny,omitempty"`  // scenario: codes that are forbidden

	Evidence string `json:"evidence,omitempty"` // security, capability: code of Evidences
	Level    string `json:"level,omitempty"`    // the lowest that is enough; "" if the evidence has no levels

	Every string `json:"every,omitempty"`       // feedback: how often use is reported, of Periods; "" for never
	Spot  bool   `json:"spot_checks,omitempty"` // feedback: accepts spot checks
	Cite  bool   `json:"cite,omitempty"`        // feedback: names the source in what is made of the data

	Lists []string `json:"lists,omitempty"` // credit: of CreditLists, in which the applicant must not stand
}

// Evidence is something that proves a security system or an ability.
type Evidence struct {
	Code   string
	For    []Kind
	Levels []string // lowest first; nil if it has none
}

// Evidences are the kinds of evidence that a condition may ask for. [D]
var Evidences = []Evidence{
	{"mlps", []Kind{Security}, []string{"1", "2", "3", "4", "5"}},             // 网络安全等级保护 (GB/T 22240)
	{"dsmm", []Kind{Security}, []string{"1", "2", "3", "4", "5"}},             // 数据安全能力成熟度 (GB/T 37988)
	{"dcmm", []Kind{Security, Capability}, []string{"1", "2", "3", "4", "5"}}, // 数据管理能力成熟度 (GB/T 36073)
	{"isms", []Kind{Security}, nil},                                           // 信息安全管理体系认证 (GB/T 22080)
	{"security_plan", []Kind{Security}, nil},                                  // the applicant's own account of its measures
	{"facilities", []Kind{Capability}, nil},                                   // 设施
	{"staff", []Kind{Capability}, nil},                                        // 人才
	{"qualification", []Kind{Capability}, nil},                                // 资质证书
}

// FindEvidence returns the evidence with that code.
func FindEvidence(code string) (Evidence, bool) {
	i := slices.IndexFunc(Evidences, func(e Evidence) bool { return e.Code == code })
	if i < 0 {
		return Evidence{}, false
	}
	return Evidences[i], true
}

// Periods are how often use is reported, the longest first.
var Periods = []string{"year", "half_year", "quarter", "month"}

// CreditLists are the lists of Article 15(1)(五): 失信被执行人、企业经营异常名录、
// 严重违法失信企业名单.
var CreditLists = []string{"dishonest", "abnormal", "serious"}

// MaterialType is what a material proves (Article 18(1)).
type MaterialType string

// The types of material.
const (
	MaterialQualification MaterialType = "qualification" // 相关资质与能力证明
	MaterialSecurity      MaterialType = "security"      // 数据安全管理措施
	MaterialScenario      MaterialType = "scenario"      // 应用场景说明
	MaterialCommitment    MaterialType = "commitment"    // 承诺书
	MaterialCredit        MaterialType = "credit"        // 信用证明
	MaterialOther         MaterialType = "other"
)

// MaterialTypes lists the types of material; the first three are those that
// Article 18(1) names, and every set has them.
var MaterialTypes = []MaterialType{MaterialQualification, MaterialSecurity, MaterialScenario, MaterialCommitment, MaterialCredit, MaterialOther}

// Material is one thing that an application brings.
type Material struct {
	ID       string       `json:"id"` // slug within the set, e.g. "security_plan"
	Type     MaterialType `json:"type"`
	Name     locale.Text  `json:"name"`
	Note     locale.Text  `json:"note"`
	Required bool         `json:"required"`
	Template string       `json:"template,omitempty"` // id of a file to fill in; "" for none
	Expires  bool         `json:"expires,omitempty"`  // has a day of expiry, which the applicant states
}

// Applicant is a kind of applicant (Article 18(2)).
type Applicant string

// The kinds of applicant.
const (
	NaturalPerson  Applicant = "person"         // 自然人
	LegalPerson    Applicant = "legal"          // 法人
	Unincorporated Applicant = "unincorporated" // 非法人组织
)

// Applicants lists the kinds of applicant.
var Applicants = []Applicant{NaturalPerson, LegalPerson, Unincorporated}

// Modes are the ways in which data is handed over.
var Modes = []string{"file", "api", "sandbox"}
