package openlist

import (
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/flow"
	"kaishu/internal/base/opening"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// Stage is where an entry stands.
type Stage string

// The stages. A static entry (静态数据) is a published one whose description
// says so: it is read like any other.
const (
	StageDraft     Stage = "draft"     // the publisher is still writing
	StageReview    Stage = "review"    // a work order asks to list it: nobody may change it
	StagePublished Stage = "published" // on the list
	StageSuspended Stage = "suspended" // opening is stopped while a complaint is looked into (Article 31)
	StageWithdrawn Stage = "withdrawn" // off the list; the tombstone stays
)

// Table is the whole life of an entry. What the clock does to a listed entry
// is what an accepted work order says; package adjustment keeps the orders.
var Table = flow.Table[Stage]{
	{Do: "describe", From: in(StageDraft), By: permit.OpnEditor, Article: "9(2)"},
	{Do: "submit", From: in(StageDraft), To: StageReview, By: permit.OpnLead, Not: "describe", Article: "11(1)"},
	{Do: "give_back", From: in(StageReview), To: StageDraft, By: permit.Clock, Article: "11(2)"},
	{Do: "list", From: in(StageReview), To: StagePublished, By: permit.Clock, Article: "9(1)"},
	{Do: "adopt", From: in(StageDraft), To: StagePublished, By: permit.Clock, Article: "9(1)"},
	{Do: "change", From: in(StagePublished, StageSuspended), By: permit.Clock, Article: "11(1)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.OpnReviewer, Article: "31(2)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.OpnLead, Article: "31(2)"},
	{Do: "suspend", From: in(StagePublished), To: StageSuspended, By: permit.CtrOps, Article: "31(2)"},
	{Do: "resume", From: in(StageSuspended), To: StagePublished, By: permit.OpnLead, Article: "31(3)"},
	{Do: "withdraw", From: in(StagePublished, StageSuspended), To: StageWithdrawn, By: permit.Clock, Article: "11(1)"},
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

// Facts are what the rules need to know of the world.
type Facts struct {
	Who   permit.Actor
	Codes Codes
	World World // for what puts an entry on the list or changes it there
}

// Decide says what happens when c is asked of e. It changes nothing.
func Decide(f Facts, e Entry, c Command) ([]Event, error) {
	if err := Table.Permit(e.Stage, c.Verb(), f.Who, e.Did); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Describe:
		var l problem.List
		checkDescription(&l, f, e, c.Description)
		if err := l.Err(); err != nil {
			return nil, err
		}
		return []Event{Described{Description: c.Description, By: f.Who.Doer()}}, nil
	case Submit:
		if err := Refuses(f, e, e.Description); err != nil {
			return nil, err
		}
		return []Event{Submitted{Order: c.Order, By: f.Who.Doer()}}, nil
	case GiveBack:
		return []Event{GivenBack{}}, nil
	case List:
		if err := Refuses(f, e, e.Description); err != nil {
			return nil, err
		}
		return []Event{Listed(c)}, nil
	case Adopt:
		return adopt(f, e, c)
	case Change:
		if c.Order == e.Order {
			return nil, nil // an order takes effect once
		}
		if err := Refuses(f, e, c.Description); err != nil {
			return nil, err
		}
		return []Event{Changed(c)}, nil
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

// Refuses returns every fault for which d may not be what the list says of e:
// what a description may never be, and what the gates of Articles 9 to 16 find.
func Refuses(f Facts, e Entry, d Description) error {
	var l problem.List
	checkDescription(&l, f, e, d)
	for _, x := range Examine(f.Codes, f.World, e.Slug, d) {
		if !x.Note {
			l.Keep(x.Field)
		}
	}
	return l.Err()
}

// adopt takes an entry over from a list that was published before: as it
// stands, faults and all, since the public knows it. Its faults are shown, and
// no order changes it before they are mended.
func adopt(f Facts, e Entry, c Adopt) ([]Event, error) {
	if e.Publisher != "" {
		return nil, problem.New(problem.Conflict, "openlist.known_already", "slug", e.Slug)
	}
	var l problem.List
	checkDescription(&l, f, e, c.Description)
	l.Require("/from", c.From.ZH)
	if c.Opening == Closed {
		l.Add("/opening", "openlist.closed_is_not_listed")
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	return []Event{Adopted(c)}, nil
}

// checkDescription tells what is wrong with d wherever it is kept, in a draft
// too: an address, codes and days that do not exist.
func checkDescription(p *problem.List, f Facts, e Entry, d Description) {
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
	checkFrequency(p, f.Codes, "/frequency", d.Frequency, e.Frequency)
	if d.Production != "" {
		checkFrequency(p, f.Codes, "/production", d.Production, e.Production)
	}
	if !d.Opening.Known() {
		p.Add("/opening", "openlist.unknown_opening", "opening", string(d.Opening))
	}
	if d.SourceKind != "" && !slices.Contains(SourceKinds, d.SourceKind) {
		p.Add("/source_kind", "openlist.unknown_source", "source", d.SourceKind)
	}
	days := []struct {
		pointer string
		day     workday.Date
	}{{"/first_published_on", d.FirstPublishedOn}, {"/updated_on", d.UpdatedOn}, {"/period/from", d.Period.From}, {"/period/to", d.Period.To}, {"/sample_until", d.SampleUntil}}
	for _, x := range days {
		if x.day != "" && !x.day.Valid() {
			p.Add(x.pointer, "openlist.bad_day", "day", string(x.day))
		}
	}
	checkItems(p, d.Items)
	checkSizes(p, d)
}

func checkFrequency(p *problem.List, codes Codes, at, code, before string) {
	if x, ok := codes.Frequency(code); !ok {
		p.Add(at, "openlist.unknown_frequency", "frequency", code)
	} else if x.Ended && before != code {
		p.Add(at, "openlist.code_ended", "code", code)
	}
}

// Bounds of a description. [D]
const (
	MaxItems     = 4096 // fields: as many as a table may have
	MaxRelations = 50
	MaxTags      = 30
	MaxText      = 4000 // characters of one text
)

func checkSizes(p *problem.List, d Description) {
	for _, x := range []struct{ at, text string }{{"/title/zh", d.Title.ZH}, {"/title/en", d.Title.EN}, {"/abstract/zh", d.Abstract.ZH}, {"/abstract/en", d.Abstract.EN},
		{"/opening_reason", d.OpeningReason}, {"/frequency_reason", d.FrequencyReason}, {"/format_reason", d.FormatReason}, {"/distinct", d.Distinct},
		{"/sample_reason", d.SampleReason}, {"/remarks", d.Remarks}, {"/contact", d.Contact}, {"/time_range", d.TimeRange}, {"/area_range", d.AreaRange}} {
		if len([]rune(x.text)) > MaxText {
			p.Add(x.at, "openlist.too_long", "most", MaxText)
		}
	}
	if len(d.Relations) > MaxRelations {
		p.Add("/relations", "openlist.too_many", "most", MaxRelations)
	}
	if len(d.Tags) > MaxTags {
		p.Add("/tags", "openlist.too_many", "most", MaxTags)
	}
}

// checkItems returns what a dictionary may never be: a field without a name or
// named twice, a code list at no address.
func checkItems(p *problem.List, items []Item) {
	if len(items) > MaxItems {
		p.Add("/items", "openlist.too_many", "most", MaxItems)
		return
	}
	first := map[string]int{}
	for n, i := range items {
		at := "/items/" + strconv.Itoa(n)
		p.Require(at+"/name", i.Name)
		if row, again := first[i.Name]; again && i.Name != "" {
			p.Add(at+"/name", "openlist.item_twice", "name", i.Name, "row", row)
		} else {
			first[i.Name] = n + 1
		}
		if i.Codes != "" && !ValidSlug(i.Codes) {
			p.Add(at+"/codes", "openlist.bad_slug", "slug", i.Codes)
		}
	}
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
	case Submitted:
		e.Stage, e.Order = StageReview, event.Order
		e.Did = flow.Did(e.Did, "submit", event.By)
	case GivenBack:
		e.Stage, e.Order = StageDraft, ""
	case Listed:
		e.Stage, e.Edition, e.Order, e.FirstPublishedOn = StagePublished, 1, event.Order, event.On
	case Adopted:
		e.Stage, e.Edition, e.Description, e.Adopted = StagePublished, 1, event.Description, event.From
	case Changed:
		first := e.FirstPublishedOn
		e.Edition, e.Order, e.Description = e.Edition+1, event.Order, event.Description
		e.FirstPublishedOn = first // a fact, not a description
	case Suspended:
		e.Stage, e.Reasons = StageSuspended, event.Reasons
	case Resumed:
		e.Stage, e.Reasons = StagePublished, nil
	case Withdrawn:
		e.Stage, e.Order, e.Reasons = StageWithdrawn, event.Order, event.Reasons
	default:
		panic("openlist: cannot evolve by " + event.Kind())
	}
	return e
}

// MaySee reports whether who may know of e: everybody of what is or was on
// the list, the publisher's people of drafts too, and of what is under review
// those who review it.
func MaySee(who permit.Actor, e Entry) bool {
	switch e.Stage {
	case StageDraft:
		return who.For(e.Publisher).HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.Clock)
	case StageReview:
		return who.For(e.Publisher).HasAny(permit.OpnEditor, permit.OpnGrader, permit.OpnReviewer, permit.OpnLead, permit.Clock, permit.CtrListReviewer, permit.AutOfficer, permit.Auditor)
	}
	return true
}
