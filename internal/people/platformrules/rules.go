package platformrules

import (
	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where a version of the rules stands.
type Stage string

// The stages.
const (
	StageDraft      Stage = "draft"      // being written
	StagePublished  Stage = "published"  // everybody can read it; its day has not come
	StageEffective  Stage = "effective"  // in force: whoever uses the platform must have accepted it
	StageSuperseded Stage = "superseded" // a newer one is in force; this stays at its address
)

// Table is the whole life of a version.
var Table = flow.Table[Stage]{
	{Do: "write", From: in("", StageDraft), To: StageDraft, By: permit.CtrContent, Article: "26"},
	{Do: "install", From: in(""), To: StageEffective, By: permit.Clock, Article: "26"},
	{Do: "publish", From: in(StageDraft), To: StagePublished, By: permit.CtrContent, Not: "write", Article: "26"},
	{Do: "take_effect", From: in(StagePublished), To: StageEffective, By: permit.Clock, Article: "26"},
	{Do: "supersede", From: in(StageEffective), To: StageSuperseded, By: permit.Clock, Article: "26"},
}

func in(s ...Stage) []Stage { return s }

// MayAccept is the rule of accepting the rules, for oneself.
var MayAccept = permit.Rule{Act: "platformrules.accept", By: []permit.Role{permit.Signed}, Article: "26"}

// MayKeep is the rule of the pages on which the rules are written.
var MayKeep = permit.Rule{Act: "platformrules.keep", By: []permit.Role{permit.CtrContent}, Article: "26"}

// Content is what a version says. Paragraphs are separated by empty lines; one
// that begins with "## " is a heading.
type Content struct {
	Title locale.Text `json:"title"`
	Text  locale.Text `json:"text"`
}

// Rules is one version of the rules.
type Rules struct {
	Number       int               `json:"number"` // 1, 2, 3 …
	Stage        Stage             `json:"stage"`
	Content      Content           `json:"content"`
	Sample       bool              `json:"sample,omitempty"`        // 示例: came with the program, for the centre to replace
	EffectiveOn  workday.Date      `json:"effective_on,omitempty"`  // "" while a draft
	PublishedOn  workday.Date      `json:"published_on,omitempty"`  // "" while a draft
	SupersededOn workday.Date      `json:"superseded_on,omitempty"` // "" unless superseded
	Did          map[string]string `json:"did,omitempty"`           // verb → doer, for four eyes
}

// Public reports whether everybody may read r.
func (r Rules) Public() bool { return r.Stage != StageDraft && r.Stage != "" }

// MaySee reports whether who may know of r.
func MaySee(who permit.Actor, r Rules) bool {
	return r.Public() || who.HasAny(permit.CtrContent, permit.Auditor, permit.Clock)
}

// The longest title and text, in characters.
const (
	MaxTitle = 100
	MaxText  = 60000
)

// Command is a request to move a version.
type Command interface{ Verb() string }

// The commands.
type (
	// Write sets what a draft says; on the zero Rules it begins one.
	Write struct {
		Number  int     `json:"-"`
		Content Content `json:"content"`
	}
	// Install enters the rules that come with the program.
	Install struct{ Content Content }
	// Publish shows the rules to everybody; they take effect on a day, today
	// if EffectiveOn is "".
	Publish struct {
		EffectiveOn workday.Date `json:"effective_on"`
	}
	// TakeEffect puts the rules in force once their day has come.
	TakeEffect struct{}
	// Supersede puts the rules behind newer ones.
	Supersede struct{}
)

func (Write) Verb() string      { return "write" }
func (Install) Verb() string    { return "install" }
func (Publish) Verb() string    { return "publish" }
func (TakeEffect) Verb() string { return "take_effect" }
func (Supersede) Verb() string  { return "supersede" }

// Event is something that happened to a version, or to one person with it.
type Event interface{ Kind() string }

// The events.
type (
	Written struct {
		Number  int     `json:"number"`
		Content Content `json:"content"`
		By      string  `json:"by"`
	}
	Installed struct {
		Content Content      `json:"content"`
		On      workday.Date `json:"on"`
	}
	Published struct {
		EffectiveOn workday.Date `json:"effective_on"`
		On          workday.Date `json:"on"`
		By          string       `json:"by"`
	}
	TookEffect struct {
		On workday.Date `json:"on"`
	}
	Superseded struct {
		On workday.Date `json:"on"`
	}
	// Accepted is in the stream of the account that accepted.
	Accepted struct {
		Number int `json:"number"`
	}
)

func (Written) Kind() string    { return "platformrules.written" }
func (Installed) Kind() string  { return "platformrules.installed" }
func (Published) Kind() string  { return "platformrules.published" }
func (TookEffect) Kind() string { return "platformrules.took_effect" }
func (Superseded) Kind() string { return "platformrules.superseded" }
func (Accepted) Kind() string   { return "platformrules.accepted" }

// Facts are what the rules need to know of the world.
type Facts struct {
	Who   permit.Actor
	Today workday.Date
}

// Decide says what happens when c is asked of r. It changes nothing. The zero
// Rules are a version that does not exist yet.
func Decide(f Facts, r Rules, c Command) ([]Event, error) {
	if err := Table.Permit(r.Stage, c.Verb(), f.Who, r.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Write:
		if err := c.Content.check(); err != nil {
			return nil, err
		}
		return []Event{Written{Number: c.Number, Content: c.Content, By: f.Who.Doer()}}, nil
	case Install:
		return []Event{Installed{Content: c.Content, On: f.Today}}, nil
	case Publish:
		return publish(f, c)
	case TakeEffect:
		if r.EffectiveOn > f.Today {
			return nil, nil
		}
		return []Event{TookEffect{On: f.Today}}, nil
	case Supersede:
		return []Event{Superseded{On: f.Today}}, nil
	}
	panic("platformrules: no rule for " + c.Verb())
}

func publish(f Facts, c Publish) ([]Event, error) {
	var p problem.List
	on := c.EffectiveOn
	switch {
	case on == "":
		on = f.Today
	case !on.Valid():
		p.Add("/effective_on", "platformrules.bad_day", "day", string(on))
	case on < f.Today:
		p.Add("/effective_on", "platformrules.day_gone", "day", string(on))
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return []Event{Published{EffectiveOn: on, On: f.Today, By: f.Who.Doer()}}, nil
}

// check returns every fault of c: both languages are needed, since whoever
// cannot read the rules cannot accept them.
func (c Content) check() error {
	var p problem.List
	for _, part := range []struct {
		at, text string
		most     int
	}{
		{"/content/title/zh", c.Title.ZH, MaxTitle}, {"/content/title/en", c.Title.EN, MaxTitle},
		{"/content/text/zh", c.Text.ZH, MaxText}, {"/content/text/en", c.Text.EN, MaxText},
	} {
		p.Require(part.at, part.text)
		if n := len([]rune(part.text)); n > part.most {
			p.Add(part.at, "platformrules.too_long", "n", n, "most", part.most)
		}
	}
	return p.Err()
}

// Evolve returns r as it stands after event.
func Evolve(r Rules, event Event) Rules {
	switch e := event.(type) {
	case Written:
		if r.Stage == "" {
			r = Rules{Number: e.Number, Stage: StageDraft}
		}
		r.Content, r.Did = e.Content, flow.Did(r.Did, "write", e.By)
	case Installed:
		r = Rules{Number: 1, Stage: StageEffective, Content: e.Content, Sample: true, EffectiveOn: e.On, PublishedOn: e.On}
	case Published:
		r.Stage, r.EffectiveOn, r.PublishedOn, r.Did = StagePublished, e.EffectiveOn, e.On, flow.Did(r.Did, "publish", e.By)
	case TookEffect:
		r.Stage = StageEffective
	case Superseded:
		r.Stage, r.SupersededOn = StageSuperseded, e.On
	default:
		panic("platformrules: cannot evolve by " + event.Kind())
	}
	return r
}
