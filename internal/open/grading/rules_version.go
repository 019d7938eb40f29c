package grading

import (
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// ProfileStage is where a version of the profile stands.
type ProfileStage string

// The stages of a profile.
const (
	ProfileDraft      ProfileStage = "draft"      // being written
	ProfileConsult    ProfileStage = "consult"    // everybody may read it; the centre agrees or does not
	ProfileEffective  ProfileStage = "effective"  // what gradings are derived by
	ProfileSuperseded ProfileStage = "superseded" // a newer one is in force; this stays at its address
)

// ProfileTable is the whole life of a version of the profile: the authority
// makes it together with the centre (Article 13(1)).
var ProfileTable = flow.Table[ProfileStage]{
	{Do: "draft", From: at1(""), To: ProfileDraft, By: permit.AutOfficer, Article: "13(1)"},
	{Do: "draft", From: at1(""), To: ProfileDraft, By: permit.CtrListReviewer, Article: "13(1)"},
	{Do: "fill", From: at1(ProfileDraft), By: permit.AutOfficer, Article: "13(3)"},
	{Do: "fill", From: at1(ProfileDraft), By: permit.CtrListReviewer, Article: "13(3)"},
	{Do: "consult", From: at1(ProfileDraft), To: ProfileConsult, By: permit.AutOfficer, Article: "13(1)"},
	{Do: "take_back", From: at1(ProfileConsult), To: ProfileDraft, By: permit.AutOfficer, Article: "13(1)"},
	{Do: "agree", From: at1(ProfileConsult), By: permit.CtrListReviewer, Not: "draft fill", Article: "13(1)"},
	{Do: "take_effect", From: at1(ProfileConsult), To: ProfileEffective, By: permit.AutOfficer, Not: "draft fill", Article: "13(1)"},
	{Do: "supersede", From: at1(ProfileEffective), To: ProfileSuperseded, By: permit.Clock, Article: "13(1)"},
}

func at1(s ProfileStage) []ProfileStage { return []ProfileStage{s} }

// Edition is a version of the profile on its way.
type Edition struct {
	Profile
	Stage  ProfileStage      `json:"stage"`
	Agreed bool              `json:"agreed,omitempty"` // the centre agrees (会同)
	Impact string            `json:"impact,omitempty"` // digest of the list that was seen when it took effect
	Did    map[string]string `json:"did,omitempty"`
}

// Public reports whether everybody may read e.
func (e Edition) Public() bool { return e.Stage != ProfileDraft && e.Stage != "" }

// The commands of a profile.
type (
	// DraftProfile begins a version.
	DraftProfile struct {
		Version string
		Content Content
	}
	// FillProfile writes the content of a draft, whole. Anything goes in a
	// draft, of a sensible size.
	FillProfile struct{ Content }
	// Consult shows the draft to everybody. It tells every fault.
	Consult  struct{}
	TakeBack struct{}
	Agree    struct{}
	// TakeEffect puts the version in force. Impact is the digest of the list
	// of gradings that it changes: whoever decides has seen it.
	TakeEffect struct {
		Impact string `json:"impact"`
	}
	SupersedeProfile struct{}
)

func (DraftProfile) Verb() string     { return "draft" }
func (FillProfile) Verb() string      { return "fill" }
func (Consult) Verb() string          { return "consult" }
func (TakeBack) Verb() string         { return "take_back" }
func (Agree) Verb() string            { return "agree" }
func (TakeEffect) Verb() string       { return "take_effect" }
func (SupersedeProfile) Verb() string { return "supersede" }

// The events of a profile.
type (
	ProfileDrafted struct {
		Version string  `json:"version"`
		Content Content `json:"content"`
		By      string  `json:"by"`
	}
	ProfileFilled struct {
		Content Content `json:"content"`
		By      string  `json:"by"`
	}
	ProfileConsulted struct {
		By string `json:"by"`
	}
	ProfileTakenBack struct {
		By string `json:"by"`
	}
	ProfileAgreed struct {
		By string `json:"by"`
	}
	ProfileTookEffect struct {
		Version string       `json:"version"`
		Impact  string       `json:"impact"`
		On      workday.Date `json:"on"`
		By      string       `json:"by"`
	}
	ProfileWasSuperseded struct {
		On workday.Date `json:"on"`
	}
)

func (ProfileDrafted) Kind() string       { return "grading.profile_drafted" }
func (ProfileFilled) Kind() string        { return "grading.profile_filled" }
func (ProfileConsulted) Kind() string     { return "grading.profile_consulted" }
func (ProfileTakenBack) Kind() string     { return "grading.profile_taken_back" }
func (ProfileAgreed) Kind() string        { return "grading.profile_agreed" }
func (ProfileTookEffect) Kind() string    { return "grading.profile_took_effect" }
func (ProfileWasSuperseded) Kind() string { return "grading.profile_superseded" }

// ProfileFacts are what the rules of a profile need to know.
type ProfileFacts struct {
	Who    permit.Actor
	Today  workday.Date
	Taken  bool   // the version's name is in use
	Open   bool   // another version is being made
	Impact string // digest of the list of gradings that it would change, now
}

// DecideProfile says what happens when c is asked of e. It changes nothing.
func DecideProfile(f ProfileFacts, e Edition, c Command) ([]Event, error) {
	if err := ProfileTable.Permit(e.Stage, c.Verb(), f.Who, e.Did); err != nil {
		return nil, err
	}
	by := f.Who.Doer()
	switch c := c.(type) {
	case DraftProfile:
		var p problem.List
		if !validVersion(c.Version) {
			p.Add("/version", "grading.bad_version")
		} else if f.Taken {
			p.Add("/version", "grading.version_taken")
		}
		if err := p.Err(); err != nil {
			return nil, err
		}
		if f.Open {
			return nil, problem.New(problem.Conflict, "grading.one_profile_is_open")
		}
		return []Event{ProfileDrafted{Version: c.Version, Content: c.Content, By: by}}, nil
	case FillProfile:
		if err := checkContentSize(c.Content); err != nil {
			return nil, err
		}
		return []Event{ProfileFilled{Content: c.Content, By: by}}, nil
	case Consult:
		if err := e.Content.Check(); err != nil {
			return nil, err
		}
		return []Event{ProfileConsulted{By: by}}, nil
	case TakeBack:
		return []Event{ProfileTakenBack{By: by}}, nil
	case Agree:
		if e.Agreed {
			return nil, problem.New(problem.Conflict, "grading.agreed_already")
		}
		return []Event{ProfileAgreed{By: by}}, nil
	case TakeEffect:
		return takeEffect(f, e, c)
	case SupersedeProfile:
		return []Event{ProfileWasSuperseded{On: f.Today}}, nil
	}
	panic("grading: no rule for " + c.Verb())
}

// takeEffect: the mapping is total, the centre agrees, and the impact list of
// this very moment was seen.
func takeEffect(f ProfileFacts, e Edition, c TakeEffect) ([]Event, error) {
	if err := e.Content.Check(); err != nil {
		return nil, err
	}
	if !e.Agreed {
		return nil, problem.New(problem.Conflict, "grading.centre_must_agree")
	}
	var p problem.List
	if c.Impact == "" || c.Impact != f.Impact {
		p.Add("/impact", "grading.see_impact")
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{ProfileTookEffect{Version: e.Version, Impact: c.Impact, On: f.Today, By: f.Who.Doer()}}, nil
}

// EvolveProfile returns e as it stands after event.
func EvolveProfile(e Edition, event Event) Edition {
	switch x := event.(type) {
	case ProfileDrafted:
		e = Edition{Profile: Profile{Version: x.Version, Content: x.Content}, Stage: ProfileDraft, Did: flow.Did(nil, "draft", x.By)}
	case ProfileFilled:
		e.Content, e.Did = x.Content, flow.Did(e.Did, "fill", x.By)
	case ProfileConsulted:
		e.Stage, e.Agreed, e.Did = ProfileConsult, false, flow.Did(e.Did, "consult", x.By)
	case ProfileTakenBack:
		e.Stage, e.Agreed, e.Did = ProfileDraft, false, flow.Did(e.Did, "take_back", x.By)
	case ProfileAgreed:
		e.Agreed, e.Did = true, flow.Did(e.Did, "agree", x.By)
	case ProfileTookEffect:
		e.Stage, e.From, e.Impact, e.Did = ProfileEffective, x.On, x.Impact, flow.Did(e.Did, "take_effect", x.By)
	case ProfileWasSuperseded:
		e.Stage, e.Until = ProfileSuperseded, x.On
	default:
		panic("grading: cannot evolve a profile by " + event.Kind())
	}
	return e
}

// validVersion: 1 to 20 lower-case letters, digits, dots and hyphens.
func validVersion(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && s[0] != '.' && s[0] != '-'
}

// MaxParts bounds each list of a profile. [D]
const MaxParts = 300

func checkContentSize(c Content) error {
	var p problem.List
	for _, x := range []struct {
		pointer string
		n, most int
	}{{"/method", len(c.Method), MaxParts}, {"/dimensions", len(c.Dimensions), len(Dimensions)}, {"/closed_flags", len(c.Closed) + len(c.Conditional), MaxFlags},
		{"/kinds", len(c.Kinds), MaxParts}, {"/combinations", len(c.Combinations), MaxParts}, {"/rules", len(c.Rules), MaxParts}, {"/library", len(c.Library), MaxParts},
		{"/measures", len(c.Measures), MaxParts}, {"/safeguards", len(c.Safeguards), MaxParts}, {"/examples", len(c.Examples), MaxParts}} {
		if x.n > x.most {
			p.Add(x.pointer, "grading.too_many", "most", x.most)
		}
	}
	return p.Err()
}

// Hit is a grading in force that another profile would change.
type Hit struct {
	Slug       string       `json:"slug"`
	Was        opening.Type `json:"was"`
	Would      opening.Type `json:"would"`                // whatever was not asked counts as yes
	Fields     []string     `json:"fields"`               // whose levels would map otherwise
	Unanswered []string     `json:"unanswered,omitempty"` // codes of flags that nobody has answered
	Trace      []Step       `json:"trace"`
}

// HitBy returns what next does to the grading in force of g, and whether it
// changes it: another type, or a question that was never asked.
func HitBy(next Profile, o Overlay, g Case, joined []Neighbour) (Hit, bool) {
	if g.InForce == nil {
		return Hit{}, false
	}
	d := g.InForce
	r := Derive(next, o, d.Sheet, Case{Evidence: d.Evidence}.kinds(), joined)
	h := Hit{Slug: g.Slug, Was: d.Type, Would: r.Type, Trace: r.Trace}
	for _, f := range next.Flags() {
		if d.Flags[f.Code] == "" {
			h.Unanswered = append(h.Unanswered, f.Code)
		}
	}
	if h.Was == h.Would && len(h.Unanswered) == 0 {
		return h, false
	}
	h.Fields = movedFields(next, o, *d, r)
	return h, true
}

// movedFields names the fields that, by themselves, are mapped otherwise than
// the whole was, or stand in a combination that is new.
func movedFields(next Profile, o Overlay, d Decision, r Result) []string {
	var moved []string
	add := func(name string) {
		if !slices.Contains(moved, name) {
			moved = append(moved, name)
		}
	}
	for _, f := range d.Fields {
		alone := Derive(next, o, Sheet{Flags: d.Flags, Lifts: d.Lifts, Fields: []Field{f}}, Case{Evidence: d.Evidence}.kinds(), nil)
		if alone.Rules == r.Rules && d.Rules != r.Rules {
			add(f.Name)
		}
	}
	for _, s := range r.Trace {
		before := slices.ContainsFunc(d.Trace, func(t Step) bool { return t.Say == s.Say && t.Rule == s.Rule && t.From == s.From })
		if (s.Say == "grading.trace.combination" || s.Say == "grading.trace.join") && !before {
			for _, name := range strings.Split(s.From, "、") {
				add(name)
			}
		}
	}
	return moved
}
