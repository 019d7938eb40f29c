package condition

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a set stands.
type Stage string

// The stages.
const (
	StageDraft      Stage = "draft"      // the editor writes
	StageProposed   Stage = "proposed"   // the lead's turn
	StageReturned   Stage = "returned"   // the editor's turn: see Set.Reason
	StageInForce    Stage = "in_force"   // what an applicant is asked
	StageSuperseded Stage = "superseded" // a newer one is in force; this stays at its address
	StageDiscarded  Stage = "discarded"  // final: never was in force
)

// Table is the whole life of a set.
var Table = flow.Table[Stage]{
	{Do: "draft", From: in(""), To: StageDraft, By: permit.OpnEditor, Article: "15(1)"},
	{Do: "fill", From: in(StageDraft, StageReturned), By: permit.OpnEditor, Article: "15(1)"},
	{Do: "propose", From: in(StageDraft, StageReturned), To: StageProposed, By: permit.OpnEditor, Article: "15(1)"},
	{Do: "endorse", From: in(StageProposed), By: permit.CtrListReviewer, Not: "fill propose", Article: "15(1)(6)"},
	{Do: "endorse", From: in(StageProposed), By: permit.AutOfficer, Not: "fill propose", Article: "15(1)(6)"},
	{Do: "accept", From: in(StageProposed), To: StageInForce, By: permit.OpnLead, Not: "fill propose", Article: "15(1)"},
	{Do: "return", From: in(StageProposed), To: StageReturned, By: permit.OpnLead, Not: "fill propose"},
	{Do: "return", From: in(StageProposed), To: StageReturned, By: permit.CtrListReviewer, Not: "fill propose", Article: "15(1)(6)"},
	{Do: "return", From: in(StageProposed), To: StageReturned, By: permit.AutOfficer, Not: "fill propose", Article: "15(1)(6)"},
	{Do: "discard", From: in(StageDraft, StageReturned), To: StageDiscarded, By: permit.OpnEditor},
	{Do: "supersede", From: in(StageInForce), To: StageSuperseded, By: permit.Clock, Article: "18(1)"},
}

func in(s ...Stage) []Stage { return s }

// Content is what the editor of a set writes.
type Content struct {
	Conditions         []Condition `json:"conditions"`
	Materials          []Material  `json:"materials"`
	Applicants         []Applicant `json:"applicants"`          // who may apply
	ExcludeReason      locale.Text `json:"exclude_reason"`      // why not all three may; blank if all may
	Modes              []string    `json:"modes"`               // of Modes
	MaterialsConfirmed bool        `json:"materials_confirmed"` // unchanged materials still fit the changed conditions (Article 18(1))
}

// Set is the conditions and materials of one entry, as one version.
type Set struct {
	ID      string `json:"id"`
	Entry   string `json:"entry"` // slug
	Body    string `json:"body"`  // id of the entry's publisher
	Version int    `json:"version"`
	Stage   Stage  `json:"stage"`
	Content
	From       workday.Date      `json:"from,omitempty"`        // in force since
	To         workday.Date      `json:"to,omitempty"`          // superseded on
	ProposedOn workday.Date      `json:"proposed_on,omitempty"` // last time
	Endorsed   bool              `json:"endorsed,omitempty"`    // conditions of the kind "other" were found reasonable
	Reason     string            `json:"reason,omitempty"`      // why it was returned; "" if it was not, or was proposed again
	Did        map[string]string `json:"did,omitempty"`         // verb → doer, for four eyes
}

// Published reports whether everybody may read s.
func (s Set) Published() bool { return s.Stage == StageInForce || s.Stage == StageSuperseded }

// Has reports whether s has a condition of kind k.
func (s Set) Has(k Kind) bool {
	return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return c.Kind == k })
}

// Material returns the material with that id.
func (s Set) Material(id string) (Material, bool) {
	i := slices.IndexFunc(s.Materials, func(m Material) bool { return m.ID == id })
	if i < 0 {
		return Material{}, false
	}
	return s.Materials[i], true
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who         permit.Actor // with the roles that count for the entry's publisher
	Today       workday.Date
	Conditional bool            // the entry is, or by an order under way will be, of that opening type
	Open        int             // other sets of the entry that somebody works on
	Scenarios   map[string]bool // every code there is; false for one that has ended
	Templates   map[string]bool // every file that was attached; false for one whose bytes are gone
	Current     *Set            // in force; nil if none is
}

// Decide says what happens when c is asked of s. It changes nothing. The zero
// Set is one that does not exist yet.
func Decide(f Facts, s Set, c Command) ([]Event, error) {
	if err := Table.Permit(s.Stage, c.Verb(), f.Who, s.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Draft:
		if err := mayDraft(f); err != nil {
			return nil, err
		}
		return []Event{Drafted{ID: c.ID, Entry: c.Entry, Body: c.Body, Version: c.Version, Content: c.Content, By: f.Who.Doer()}}, nil
	case Fill:
		if err := checkSize(c.Content); err != nil {
			return nil, err
		}
		return []Event{Filled{Content: c.Content, By: f.Who.Doer()}}, nil
	case Propose:
		if err := checkContent(f, s.Content); err != nil {
			return nil, err
		}
		if f.Current != nil && same(f.Current.Content, s.Content) {
			return nil, problem.New(problem.Conflict, "condition.nothing_changed")
		}
		return []Event{Proposed{On: f.Today, By: f.Who.Doer()}}, nil
	case Endorse:
		if !s.Has(Other) || s.Endorsed {
			return nil, problem.New(problem.Conflict, "condition.nothing_to_endorse")
		}
		return []Event{Endorsed{By: f.Who.Doer()}}, nil
	case Accept:
		return accept(f, s)
	case Return:
		return giveBack(f, s, c)
	case Discard:
		return []Event{Discarded{}}, nil
	case Supersede:
		return []Event{Superseded{On: f.Today}}, nil
	}
	panic("condition: no rule for " + c.Verb())
}

func mayDraft(f Facts) error {
	switch {
	case !f.Conditional:
		return problem.New(problem.Conflict, "condition.not_conditional")
	case f.Open > 0:
		return problem.New(problem.Conflict, "condition.one_is_open")
	}
	return nil
}

func accept(f Facts, s Set) ([]Event, error) {
	switch {
	case !f.Conditional:
		return nil, problem.New(problem.Conflict, "condition.not_conditional")
	case s.Has(Other) && !s.Endorsed:
		return nil, problem.New(problem.Conflict, "condition.needs_endorsement")
	}
	return []Event{Accepted{Entry: s.Entry, Version: s.Version, On: f.Today, By: f.Who.Doer()}}, nil
}

// giveBack: the lead returns any set, a reviewer only what is his to endorse.
func giveBack(f Facts, s Set, c Return) ([]Event, error) {
	var p problem.List
	p.Require("/reason", c.Reason)
	if len([]rune(c.Reason)) > maxText {
		p.Add("/reason", "condition.too_long", "most", maxText)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if !f.Who.Has(permit.OpnLead) && !s.Has(Other) {
		return nil, problem.New(problem.Conflict, "condition.nothing_to_endorse")
	}
	return []Event{Returned{Reason: strings.TrimSpace(c.Reason), By: f.Who.Doer()}}, nil
}

// Evolve returns s as it stands after event.
func Evolve(s Set, event Event) Set {
	switch e := event.(type) {
	case Drafted:
		s = Set{ID: e.ID, Entry: e.Entry, Body: e.Body, Version: e.Version, Stage: StageDraft, Content: e.Content, Did: flow.Did(nil, "draft", e.By)}
	case Filled:
		s.Content, s.Did = e.Content, flow.Did(s.Did, "fill", e.By)
	case Proposed:
		s.Stage, s.ProposedOn, s.Endorsed, s.Reason = StageProposed, e.On, false, ""
		s.Did = flow.Did(s.Did, "propose", e.By)
	case Endorsed:
		s.Endorsed, s.Did = true, flow.Did(s.Did, "endorse", e.By)
	case Accepted:
		s.Stage, s.From, s.Did = StageInForce, e.On, flow.Did(s.Did, "accept", e.By)
	case Returned:
		s.Stage, s.Reason, s.Endorsed, s.Did = StageReturned, e.Reason, false, flow.Did(s.Did, "return", e.By)
	case Discarded:
		s.Stage = StageDiscarded
	case Superseded:
		s.Stage, s.To = StageSuperseded, e.On
	default:
		panic("condition: cannot evolve by " + event.Kind())
	}
	return s
}

// MayWork is the rule of seeing sets that are not published.
var MayWork = permit.Rule{Act: "condition.work", By: []permit.Role{permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead,
	permit.CtrListReviewer, permit.AutOfficer}, Article: "15(1)"}

// MaySee reports whether who, with the roles that count for the publisher, may
// know of s: everybody of what is or was in force.
func MaySee(who permit.Actor, s Set) bool {
	return s.Published() || who.HasAny(append([]permit.Role{permit.Clock}, MayWork.By...)...)
}

// MaxConditions and MaxMaterials bound a set; maxText is in characters. [D]
const (
	MaxConditions = 40
	MaxMaterials  = 40
	maxText       = 2000
)

// validSlug: 1 to 40 lower-case letters, digits and underscores, a letter
// first.
func validSlug(s string) bool {
	return s != "" && len(s) <= 40 && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func at(list string, n int, field string) string { return "/" + list + "/" + strconv.Itoa(n) + field }

// checkSize refuses what no form of ours can send: a draft may be unfinished,
// not endless.
func checkSize(c Content) error {
	var p problem.List
	if len(c.Conditions) > MaxConditions {
		p.Add("/conditions", "condition.too_many", "most", MaxConditions)
	}
	if len(c.Materials) > MaxMaterials {
		p.Add("/materials", "condition.too_many", "most", MaxMaterials)
	}
	return p.Err()
}

// checkContent returns every fault of what was filled in, in form order, and
// nil if there is none.
func checkContent(f Facts, c Content) error {
	var p problem.List
	if len(c.Conditions) == 0 {
		p.Add("/conditions", "condition.no_conditions")
	}
	for n, x := range c.Conditions {
		checkCondition(&p, f, n, x)
	}
	checkMaterials(&p, f, c.Materials)
	if !subset(c.Applicants, Applicants) || len(c.Applicants) == 0 {
		p.Add("/applicants", "condition.no_applicants")
	} else if len(c.Applicants) < len(Applicants) {
		text(&p, "/exclude_reason", c.ExcludeReason)
	}
	if !subset(c.Modes, Modes) || len(c.Modes) == 0 {
		p.Add("/modes", "condition.no_modes")
	}
	if f.Current != nil && !c.MaterialsConfirmed && sameMaterials(f.Current.Materials, c.Materials) && !sameConditions(f.Current.Content, c) {
		p.Add("/materials_confirmed", "condition.confirm_materials")
	}
	return p.Err()
}

// text asks for Chinese words of a sensible length.
func text(p *problem.List, pointer string, t locale.Text) {
	p.Require(pointer+"/zh", t.ZH)
	short(p, pointer, t)
}

func short(p *problem.List, pointer string, t locale.Text) {
	if len([]rune(t.ZH)) > maxText {
		p.Add(pointer+"/zh", "condition.too_long", "most", maxText)
	}
	if len([]rune(t.EN)) > maxText {
		p.Add(pointer+"/en", "condition.too_long", "most", maxText)
	}
}

func checkCondition(p *problem.List, f Facts, n int, c Condition) {
	if !slices.Contains(Kinds, c.Kind) {
		p.Add(at("conditions", n, "/kind"), "condition.unknown_kind", "kind", string(c.Kind))
	}
	text(p, at("conditions", n, "/text"), c.Text)
	text(p, at("conditions", n, "/risk"), c.Risk)
	switch c.Kind {
	case Scenario:
		checkScenarios(p, f, n, c)
	case Security, Capability:
		e, known := FindEvidence(c.Evidence)
		if !known || !slices.Contains(e.For, c.Kind) {
			p.Add(at("conditions", n, "/evidence"), "condition.no_evidence")
		} else if e.Levels == nil && c.Level != "" || e.Levels != nil && !slices.Contains(e.Levels, c.Level) {
			p.Add(at("conditions", n, "/level"), "condition.no_level")
		}
	case Feedback:
		if c.Every != "" && !slices.Contains(Periods, c.Every) || c.Every == "" && !c.Spot && !c.Cite {
			p.Add(at("conditions", n, "/every"), "condition.no_feedback")
		}
	case Credit:
		if len(c.Lists) == 0 || !subset(c.Lists, CreditLists) {
			p.Add(at("conditions", n, "/lists"), "condition.no_lists")
		}
	}
}

// checkScenarios: a code that has ended may stay, not come.
func checkScenarios(p *problem.List, f Facts, n int, c Condition) {
	if len(c.Allow)+len(c.Deny) == 0 {
		p.Add(at("conditions", n, "/allow"), "condition.no_scenarios")
	}
	for _, side := range []struct {
		field string
		codes []string
	}{{"/allow", c.Allow}, {"/deny", c.Deny}} {
		for _, code := range side.codes {
			holds, known := f.Scenarios[code]
			switch {
			case !known:
				p.Add(at("conditions", n, side.field), "condition.unknown_scenario", "code", code)
			case !holds && !names(f.Current, code):
				p.Add(at("conditions", n, side.field), "condition.scenario_ended", "code", code)
			case side.field == "/deny" && slices.Contains(c.Allow, code):
				p.Add(at("conditions", n, side.field), "condition.allowed_and_denied", "code", code)
			}
		}
	}
}

// names reports whether s has the scenario in some condition.
func names(s *Set, code string) bool {
	return s != nil && slices.ContainsFunc(s.Conditions, func(c Condition) bool {
		return slices.Contains(c.Allow, code) || slices.Contains(c.Deny, code)
	})
}

func checkMaterials(p *problem.List, f Facts, all []Material) {
	first := map[string]int{}
	for n, m := range all {
		if !validSlug(m.ID) {
			p.Add(at("materials", n, "/id"), "condition.bad_slug", "slug", m.ID)
		} else if row, again := first[m.ID]; again {
			p.Add(at("materials", n, "/id"), "condition.slug_twice", "slug", m.ID, "row", row)
		} else {
			first[m.ID] = n + 1
		}
		if !slices.Contains(MaterialTypes, m.Type) {
			p.Add(at("materials", n, "/type"), "condition.unknown_type", "type", string(m.Type))
		}
		text(p, at("materials", n, "/name"), m.Name)
		short(p, at("materials", n, "/note"), m.Note)
		if m.Template != "" && !f.Templates[m.Template] {
			p.Add(at("materials", n, "/template"), "condition.no_template")
		}
	}
	for _, t := range MaterialTypes[:3] {
		if !slices.ContainsFunc(all, func(m Material) bool { return m.Type == t }) {
			p.Add("/materials", "condition.needs."+string(t))
		}
	}
}

// subset reports whether every one of some stands among all.
func subset[X comparable](some, all []X) bool {
	return !slices.ContainsFunc(some, func(x X) bool { return !slices.Contains(all, x) })
}

// sameConditions reports whether a and b ask the same: neither the words nor
// who may apply, nor how the data is handed over, differ.
func sameConditions(a, b Content) bool {
	return slices.EqualFunc(a.Conditions, b.Conditions, sameCondition) && slices.Equal(a.Applicants, b.Applicants) &&
		a.ExcludeReason == b.ExcludeReason && slices.Equal(a.Modes, b.Modes)
}

func sameCondition(a, b Condition) bool {
	return a.Kind == b.Kind && a.Text == b.Text && a.Risk == b.Risk && slices.Equal(a.Allow, b.Allow) && slices.Equal(a.Deny, b.Deny) &&
		a.Evidence == b.Evidence && a.Level == b.Level && a.Every == b.Every && a.Spot == b.Spot && a.Cite == b.Cite && slices.Equal(a.Lists, b.Lists)
}

func sameMaterials(a, b []Material) bool { return slices.Equal(a, b) }

func same(a, b Content) bool { return sameConditions(a, b) && sameMaterials(a.Materials, b.Materials) }
