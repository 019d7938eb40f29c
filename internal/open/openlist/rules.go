package openlist

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an entry stands.
type Stage string

// The stages.
const (
	StageDraft     Stage = "draft"     // the publisher is still writing
	StagePublished Stage = "published" // on the list
	StageSuspended Stage = "suspended" // opening is stopped while a complaint is looked into (Article 31)
	StageWithdrawn Stage = "withdrawn" // off the list; the tombstone stays
)

// Table is the whole life of an entry.
var Table = flow.Table[Stage]{
	{Do: "describe", From: in(StageDraft), By: permit.OpnEditor, Article: "9(2)"},
	{Do: "publish", From: in(StageDraft), To: StagePublished, By: permit.OpnLead, Not: "describe", Article: "9(1)"},
	{Do: "propose_items", From: in(StagePublished, StageSuspended), By: permit.OpnEditor, Article: "9(2)"},
	{Do: "accept_items", From: in(StagePublished, StageSuspended), By: permit.OpnLead, Not: "propose_items", Article: "9(2)"},
	{Do: "return_items", From: in(StagePublished, StageSuspended), By: permit.OpnLead, Not: "propose_items", Article: "11(2)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.OpnReviewer, Article: "31(2)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.OpnLead, Article: "31(2)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.CtrOps, Article: "31(2)"},
	{Do: "resume", From: in(StageSuspended), To: StagePublished, By: permit.OpnLead, Article: "31(3)"},
	{Do: "withdraw", From: in(StagePublished, StageSuspended), To: StageWithdrawn, By: permit.OpnLead, Article: "11(1)"},
}

func in(s ...Stage) []Stage { return s }

// Opening is the opening type of Article 14.
type Opening = opening.Type

// The opening types.
const (
	Unconditional = opening.Unconditional
	Conditional   = opening.Conditional
	Closed        = opening.Closed
)

// Openings lists the opening types.
var Openings = opening.Types

// Item is one data item (数据项): what a field of the table means.
type Item struct {
	Name        string      `json:"name"`            // as in the table
	Title       locale.Text `json:"title"`           //
	Description locale.Text `json:"description"`     //
	Unit        string      `json:"unit,omitempty"`  // e.g. "微克/立方米"; "" for none
	Codes       string      `json:"codes,omitempty"` // slug of the dataset that lists the codes; "" for none
}

// Description is what an entry says of its dataset (Article 9, second
// paragraph). A fault of the real catalogue, such as an abstract that only
// repeats the title, is kept and shown; the gates against it are the open
// list's work orders.
type Description struct {
	Title            locale.Text  `json:"title"`
	Abstract         locale.Text  `json:"abstract"`
	Publisher        string       `json:"publisher"`            // id of the body
	Domain           string       `json:"domain"`               // code; see Codes.Domains
	Theme            string       `json:"theme,omitempty"`      // 国家主题分类, as the source writes it
	Tags             []string     `json:"tags,omitempty"`       //
	Opening          Opening      `json:"opening"`              //
	Frequency        string       `json:"frequency"`            // code; see Codes.Frequencies
	FirstPublishedOn workday.Date `json:"first_published_on"`   //
	UpdatedOn        workday.Date `json:"updated_on"`           // day up to which the publisher says the data is
	Formats          []string     `json:"formats,omitempty"`    // as the source catalogue lists them
	Licence          locale.Text  `json:"licence"`              //
	Contact          string       `json:"contact,omitempty"`    //
	Source           locale.Text  `json:"source,omitempty"`     // where the entry was taken from, if not from its publisher
	TimeRange        string       `json:"time_range,omitempty"` //
	AreaRange        string       `json:"area_range,omitempty"` //
	Key              []string     `json:"key,omitempty"`        // declared key columns: the serving order of the table
	Items            []Item       `json:"items,omitempty"`      //
}

// Entry is one entry of the open list.
type Entry struct {
	Slug string `json:"slug"` // its address: lower-case letters, digits and hyphens
	Description
	Stage    Stage             `json:"stage"`
	Proposed *Proposal         `json:"proposed,omitempty"` // a new dictionary that waits for the lead; nil if there is none
	Returned *Return           `json:"returned,omitempty"` // the last one, if the lead gave it back
	Reasons  []string          `json:"reasons,omitempty"`  // of the last suspension or withdrawal
	Did      map[string]string `json:"did,omitempty"`      // verb → doer, for four eyes
}

// Proposal is a new dictionary: what every field of the table means.
type Proposal struct {
	Items  []Item `json:"items"`
	Reason string `json:"reason"`
	By     string `json:"by"` // permit.Actor.Doer
}

// Return is a proposal that the lead gave back.
type Return struct {
	Proposal
	Why string `json:"why"`
}

// Item returns what the entry says of the field called name.
func (e Entry) Item(name string) (Item, bool) {
	for _, i := range e.Items {
		if i.Name == name {
			return i, true
		}
	}
	return Item{}, false
}

// Facts are what the rules need to know of the world.
type Facts struct {
	Who   permit.Actor
	Codes Codes
}

// Decide says what happens when c is asked of e. It changes nothing.
func Decide(f Facts, e Entry, c Command) ([]Event, error) {
	if err := Table.Permit(e.Stage, c.Verb(), f.Who, e.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Describe:
		if err := checkDescription(f, e, c.Description); err != nil {
			return nil, err
		}
		return []Event{Described{Description: c.Description, By: f.Who.Doer()}}, nil
	case Publish:
		if e.Opening == Closed {
			return nil, problem.New(problem.Conflict, "openlist.closed_is_not_listed")
		}
		return []Event{Published{}}, nil
	case ProposeItems:
		if err := checkItems(c); err != nil {
			return nil, err
		}
		return []Event{ItemsProposed{Items: c.Items, Reason: c.Reason, By: f.Who.Doer()}}, nil
	case AcceptItems:
		if e.Proposed == nil {
			return nil, problem.New(problem.Conflict, "openlist.nothing_proposed")
		}
		return []Event{ItemsAccepted{*e.Proposed}}, nil
	case ReturnItems:
		return returnItems(e, c)
	case Suspend:
		if err := needReasons(c.Reasons); err != nil {
			return nil, err
		}
		return []Event{Suspended(c)}, nil
	case Resume:
		return []Event{Resumed{}}, nil
	case Withdraw:
		if err := needReasons(c.Reasons); err != nil {
			return nil, err
		}
		return []Event{Withdrawn(c)}, nil
	}
	panic("openlist: no rule for " + c.Verb())
}

func checkDescription(f Facts, e Entry, d Description) error {
	var p problem.List
	if !ValidSlug(e.Slug) {
		p.Add("/slug", "openlist.bad_slug", "slug", e.Slug)
	}
	p.Require("/title/zh", d.Title.ZH)
	p.Require("/publisher", d.Publisher)
	if x, ok := f.Codes.Domain(d.Domain); !ok {
		p.Add("/domain", "openlist.unknown_domain", "domain", d.Domain)
	} else if x.Ended && e.Domain != d.Domain {
		p.Add("/domain", "openlist.code_ended", "code", d.Domain)
	}
	if x, ok := f.Codes.Frequency(d.Frequency); !ok {
		p.Add("/frequency", "openlist.unknown_frequency", "frequency", d.Frequency)
	} else if x.Ended && e.Frequency != d.Frequency {
		p.Add("/frequency", "openlist.code_ended", "code", d.Frequency)
	}
	if !slices.Contains(Openings, d.Opening) {
		p.Add("/opening", "openlist.unknown_opening", "opening", string(d.Opening))
	}
	days := []struct {
		pointer string
		day     workday.Date
	}{{"/first_published_on", d.FirstPublishedOn}, {"/updated_on", d.UpdatedOn}}
	for _, x := range days {
		if x.day != "" && !x.day.Valid() {
			p.Add(x.pointer, "openlist.bad_day", "day", string(x.day))
		}
	}
	return p.Err()
}

// MaxItems is how many fields a dictionary may explain: as many as a table may
// have.
const MaxItems = 4096

// checkItems returns every fault of a proposed dictionary: each field is named
// once and explained in Chinese, and the change has a reason (Articles 9(2)
// and 11).
func checkItems(c ProposeItems) error {
	var p problem.List
	p.Require("/reason", c.Reason)
	if len(c.Items) == 0 {
		p.Add("/items", "openlist.no_items")
	}
	if len(c.Items) > MaxItems {
		p.Add("/items", "openlist.too_many_items", "most", MaxItems)
		return p.Err()
	}
	first := map[string]int{}
	for n, i := range c.Items {
		at := "/items/" + strconv.Itoa(n)
		p.Require(at+"/name", i.Name)
		p.Require(at+"/title/zh", i.Title.ZH)
		if row, again := first[i.Name]; again && i.Name != "" {
			p.Add(at+"/name", "openlist.item_twice", "name", i.Name, "row", row)
		} else {
			first[i.Name] = n + 1
		}
		if i.Codes != "" && !ValidSlug(i.Codes) {
			p.Add(at+"/codes", "openlist.bad_slug", "slug", i.Codes)
		}
	}
	return p.Err()
}

func returnItems(e Entry, c ReturnItems) ([]Event, error) {
	var p problem.List
	p.Require("/reason", c.Reason)
	if err := p.Err(); err != nil {
		return nil, err
	}
	if e.Proposed == nil {
		return nil, problem.New(problem.Conflict, "openlist.nothing_proposed")
	}
	return []Event{ItemsReturned{Return{*e.Proposed, c.Reason}}}, nil
}

// ValidSlug reports whether s can be an address: 1 to 80 lower-case letters,
// digits and single hyphens, not at the ends.
func ValidSlug(s string) bool {
	if s == "" || len(s) > 80 || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// needReasons asks for at least one reason, since the public page shows it.
func needReasons(reasons []string) error {
	var p problem.List
	if len(reasons) == 0 || slices.ContainsFunc(reasons, func(r string) bool { return strings.TrimSpace(r) == "" }) {
		p.Add("/reasons", "required")
	}
	return p.Err()
}

// Evolve returns e as it stands after event.
func Evolve(e Entry, event Event) Entry {
	switch event := event.(type) {
	case Described:
		e.Stage, e.Description = StageDraft, event.Description
		e.Did = flow.Did(e.Did, "describe", event.By)
	case Published:
		e.Stage = StagePublished
	case ItemsProposed:
		e.Proposed, e.Returned = &Proposal{event.Items, event.Reason, event.By}, nil
		e.Did = flow.Did(e.Did, "propose_items", event.By)
	case ItemsAccepted:
		e.Items, e.Proposed = event.Items, nil
	case ItemsReturned:
		e.Returned, e.Proposed = &event.Return, nil
	case Suspended:
		e.Stage, e.Reasons = StageSuspended, event.Reasons
	case Resumed:
		e.Stage, e.Reasons = StagePublished, nil
	case Withdrawn:
		e.Stage, e.Reasons = StageWithdrawn, event.Reasons
	default:
		panic("openlist: cannot evolve by " + event.Kind())
	}
	return e
}

// Codes are the code lists that entries use: data, not law. Codes that have
// ended stay among them, since entries may carry them.
type Codes struct {
	Domains     []Domain
	Frequencies []Frequency
}

// CodeSource knows the code lists in force.
type CodeSource interface{ InForce() Codes }

// InForce makes lists that never change a [CodeSource].
func (c Codes) InForce() Codes { return c }

// Domain is a data domain (数据领域).
type Domain struct {
	Code  string      `json:"code"`
	Name  locale.Text `json:"name"`
	Ended bool        `json:"ended,omitempty"` // nothing new may take it
}

// Frequency is an update frequency (更新频率).
type Frequency struct {
	Code string      `json:"code"`
	Name locale.Text `json:"name"`
	// Window is how many days may pass after an update before the dataset
	// counts as late: one cycle and a grace. 0: no promise, never late. [D]
	Window int  `json:"window"`
	Ended  bool `json:"ended,omitempty"` // nothing new may take it
}

// Domain returns the domain with that code.
func (c Codes) Domain(code string) (Domain, bool) {
	for _, d := range c.Domains {
		if d.Code == code {
			return d, true
		}
	}
	return Domain{}, false
}

// Frequency returns the frequency with that code.
func (c Codes) Frequency(code string) (Frequency, bool) {
	for _, f := range c.Frequencies {
		if f.Code == code {
			return f, true
		}
	}
	return Frequency{}, false
}

// Timeliness is how the truth stands to the promise.
type Timeliness string

// The kinds of timeliness.
const (
	OnTime  Timeliness = "on_time"
	Late    Timeliness = "late"
	Static  Timeliness = "static"  // no cycle is promised (Article 9(5))
	Unknown Timeliness = "unknown" // the day of the last update is not known
)

// Timely says whether a dataset that was updated on the given day keeps its
// frequency today, and how many days it is over the window. Article 9(5).
func (f Frequency) Timely(updated, today workday.Date) (Timeliness, int) {
	switch {
	case f.Window == 0:
		return Static, 0
	case !updated.Valid():
		return Unknown, 0
	}
	if over := updated.Days(today) - f.Window; over > 0 {
		return Late, over
	}
	return OnTime, 0
}

// MaySee reports whether who may know of e: everybody of what is or was on
// the list, the publisher's people of drafts too.
func MaySee(who permit.Actor, e Entry) bool {
	return e.Stage != StageDraft || who.For(e.Publisher).HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.Clock)
}
