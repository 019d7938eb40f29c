package organisation

import (
	"slices"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Stage is where a body stands with the platform (SM-24).
type Stage string

// The stages.
const (
	StageInvited   Stage = "invited"   // entered, and asked to prove itself
	StageVerified  Stage = "verified"  // its proof was looked at
	StageActive    Stage = "active"    // takes part; the public sees it
	StageSuspended Stage = "suspended" // may not act; the public still sees it
)

// Table is the whole life of a body. A body is never deleted.
var Table = flow.Table[Stage]{
	{Do: "enter", From: in(""), To: StageInvited, By: permit.SysAdmin, Article: "3(1)"},
	{Do: "adopt", From: in(""), To: StageActive, By: permit.SysAdmin},
	{Do: "adopt", From: all, By: permit.SysAdmin},
	{Do: "change", From: all, By: permit.SysAdmin},
	{Do: "verify", From: in(StageInvited), To: StageVerified, By: permit.CtrIntake, Not: "enter", Article: "5(3)"},
	{Do: "activate", From: in(StageVerified), To: StageActive, By: permit.SysAdmin, Not: "verify"},
	{Do: "suspend", From: in(StageActive), To: StageSuspended, By: permit.SysAdmin},
	{Do: "resume", From: in(StageSuspended), To: StageActive, By: permit.SysAdmin},
}

var all = in(StageInvited, StageVerified, StageActive, StageSuspended)

func in(s ...Stage) []Stage { return s }

// Keep is the rule of the form that enters and changes bodies; Look that of
// the list with bodies that do not take part yet.
var (
	Keep = permit.Rule{Act: "organisation.keep", By: []permit.Role{permit.SysAdmin}}
	Look = permit.Rule{Act: "organisation.look", By: []permit.Role{permit.SysAdmin, permit.CtrIntake, permit.SecAdmin, permit.Auditor, permit.AutOfficer, permit.DisOfficer}, Article: "5"}
)

// Kind is what a body is: in the sense of Article 3 if it opens data, of
// Article 17 if it uses them.
type Kind string

// The kinds of body.
const (
	Organ          Kind = "organ"       // 国家机关
	Institution    Kind = "institution" // 事业单位
	Authorised     Kind = "authorised"  // 经依法授权具有管理公共事务职能的组织
	Utility        Kind = "utility"     // 供水、供电、供气、公共交通等提供公共服务的组织
	Other          Kind = "other"
	Enterprise     Kind = "enterprise"     // 法人: uses data
	Unincorporated Kind = "unincorporated" // 非法人组织: uses data
)

// Kinds lists the kinds of body.
var Kinds = []Kind{Organ, Institution, Authorised, Utility, Other, Enterprise, Unincorporated}

// Realm is on which side of the platform a body's people sign in.
type Realm string

// The realms.
const (
	Office Realm = "office" // 后台: bodies of the city
	Public Realm = "public" // 门户: those who use the data
)

// Realm returns the realm of bodies of kind k.
func (k Kind) Realm() Realm {
	if k == Enterprise || k == Unincorporated {
		return Public
	}
	return Office
}

// Level is a body's place in the state; "" for those of the public realm.
type Level string

// The levels.
const (
	National Level = "national"
	City     Level = "city"
	District Level = "district"
)

// Levels lists the levels.
var Levels = []Level{National, City, District}

// Contact is where the public reaches a body.
type Contact struct {
	Name  string `json:"name,omitempty"` // of the office or person
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

// Line writes c on one line; "" if there is nothing to write.
func (c Contact) Line() string {
	return strings.Join(strings.Fields(c.Name+" "+c.Phone+" "+c.Email), " ")
}

// Particulars is what is entered about a body.
type Particulars struct {
	Name     locale.Text `json:"name"`
	Kind     Kind        `json:"kind"`
	Level    Level       `json:"level"`
	District string      `json:"district,omitempty"` // code of the district, six digits; "" for none
	Sample   bool        `json:"sample,omitempty"`   // 样例: named by role, stands for no real body
	USCC     string      `json:"uscc,omitempty"`     // 统一社会信用代码, 18 characters; "" if not known
	Parent   string      `json:"parent,omitempty"`   // id of the body above it; "" for none
	Contact  Contact     `json:"contact,omitzero"`
}

// Organisation is one body.
type Organisation struct {
	ID       string            `json:"id"`
	Name     locale.Text       `json:"name"`
	Kind     Kind              `json:"kind"`
	Level    Level             `json:"level"`
	District string            `json:"district,omitempty"`
	Sample   bool              `json:"sample,omitempty"`
	USCC     string            `json:"uscc,omitempty"`
	Parent   string            `json:"parent,omitempty"`
	Contact  Contact           `json:"contact,omitzero"`
	Stage    Stage             `json:"stage,omitempty"`
	Reason   string            `json:"reason,omitempty"` // of the suspension
	Did      map[string]string `json:"did,omitempty"`    // verb → doer, for four eyes
	Revision int               `json:"revision,omitempty"`
}

// Particulars returns what was entered about o.
func (o Organisation) Particulars() Particulars {
	return Particulars{o.Name, o.Kind, o.Level, o.District, o.Sample, o.USCC, o.Parent, o.Contact}
}

func (o Organisation) with(p Particulars) Organisation {
	o.Name, o.Kind, o.Level, o.District, o.Sample, o.USCC, o.Parent, o.Contact = p.Name, p.Kind, p.Level, p.District, p.Sample, p.USCC, p.Parent, p.Contact
	return o
}

// Place is where another body stands in the tree.
type Place struct {
	Parent, District, USCC string
	Level                  Level
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who       permit.Actor
	Bodies    map[string]Place // every body there is, by id
	Districts []string         // codes of the districts
}

// Command is a request to move a body.
type Command interface{ Verb() string }

// The commands.
type (
	// Enter begins a body, that must then prove itself.
	Enter struct {
		ID string `json:"id"`
		Particulars
	}
	// Adopt begins a body that the platform is delivered with, or brings it up
	// to date; see [Service.Put].
	Adopt struct {
		ID string `json:"id"`
		Particulars
	}
	// Change replaces what was entered. Seen is the revision that was looked
	// at; 0 for whatever there is.
	Change struct {
		Particulars
		Seen int `json:"seen,omitempty"`
	}
	Verify   struct{}
	Activate struct{}
	Suspend  struct {
		Reason string `json:"reason"`
	}
	Resume struct{}
)

func (Enter) Verb() string    { return "enter" }
func (Adopt) Verb() string    { return "adopt" }
func (Change) Verb() string   { return "change" }
func (Verify) Verb() string   { return "verify" }
func (Activate) Verb() string { return "activate" }
func (Suspend) Verb() string  { return "suspend" }
func (Resume) Verb() string   { return "resume" }

// Decide says what happens when c is asked of o. It changes nothing. The zero
// Organisation is one that does not exist yet.
func Decide(f Facts, o Organisation, c Command) ([]Event, error) {
	if err := Table.Permit(o.Stage, c.Verb(), f.Who, o.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Enter:
		var p problem.List
		if !validID(c.ID) {
			p.Add("/id", "organisation.bad_id", "id", c.ID)
		} else if _, taken := f.Bodies[c.ID]; taken {
			p.Add("/id", "organisation.id_taken", "id", c.ID)
		}
		if err := check(f, &p, c.ID, c.Particulars); err != nil {
			return nil, err
		}
		return []Event{Entered{ID: c.ID, Particulars: c.Particulars, By: f.Who.Doer()}}, nil
	case Adopt:
		var p problem.List
		p.Require("/id", c.ID)
		if c.Level == District && c.District == "" { // a catalogue may not tell
			f.Districts = append(slices.Clone(f.Districts), "")
		}
		if err := check(f, &p, c.ID, c.Particulars); err != nil {
			return nil, err
		}
		return []Event{Adopted{ID: c.ID, Particulars: c.Particulars}}, nil
	case Change:
		if c.Seen != 0 && c.Seen != o.Revision {
			return nil, problem.New(problem.Conflict, "moved_meanwhile")
		}
		if err := check(f, new(problem.List), o.ID, c.Particulars); err != nil {
			return nil, err
		}
		return []Event{Changed{Particulars: c.Particulars}}, nil
	case Verify:
		return []Event{Verified{By: f.Who.Doer()}}, nil
	case Activate:
		return []Event{Activated{}}, nil
	case Suspend:
		var p problem.List
		p.Require("/reason", c.Reason)
		if err := p.Err(); err != nil {
			return nil, err
		}
		return []Event{Suspended(c)}, nil
	case Resume:
		return []Event{Resumed{}}, nil
	}
	panic("organisation: no rule for " + c.Verb())
}

// Evolve returns o as it stands after event.
func Evolve(o Organisation, event Event) Organisation {
	switch event := event.(type) {
	case Entered:
		o = o.with(event.Particulars)
		o.ID, o.Stage = event.ID, StageInvited
		o.Did = flow.Did(o.Did, "enter", event.By)
	case Adopted:
		if o = o.with(event.Particulars); o.Stage == "" {
			o.Stage = StageActive
		}
		o.ID = event.ID
	case Changed:
		o = o.with(event.Particulars)
	case Verified:
		o.Stage = StageVerified
		o.Did = flow.Did(o.Did, "verify", event.By)
	case Activated:
		o.Stage = StageActive
	case Suspended:
		o.Stage, o.Reason = StageSuspended, event.Reason
	case Resumed:
		o.Stage, o.Reason = StageActive, ""
	default:
		panic("organisation: cannot evolve by " + event.Kind())
	}
	o.Revision++
	return o
}

// MaySee reports whether who may know of o: everybody of a body that takes or
// took part, its own people and the office's of one that is on its way; the
// officer of a district of those in the district.
func MaySee(who permit.Actor, o Organisation) bool {
	public := o.Kind.Realm() == Office && (o.Stage == StageActive || o.Stage == StageSuspended)
	return public || who.Has(permit.Clock) || Look.Allows(who, permit.Thing{Body: o.ID, District: o.District}) ||
		who.Organisation != "" && who.Organisation == o.ID
}

// validID reports whether s can be an id: 1 to 60 lower-case letters, digits
// and single hyphens, not at the ends.
func validID(s string) bool {
	if s == "" || len(s) > 60 || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
