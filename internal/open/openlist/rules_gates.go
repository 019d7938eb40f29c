package openlist

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"kaishu/internal/base/likeness"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
)

// World is what the gates need to know beyond the description itself.
type World struct {
	Today      workday.Date
	Near       []Near          // other entries with a like name, most alike first
	Twice      []string        // names of other bodies on the platform that mean the publisher
	Listed     map[string]bool // slugs that relations name and that are on the list
	Columns    []string        // of the newest full table; nil if there is none
	Ready      bool            // a full version is released, or waits for nothing but its release
	Held       bool            // a check holds the newest version
	Sample     bool            // a sample is released
	Graded     Graded
	Hook       string   // stage of the hook to the public-data catalogue: unhooked, hooked, verified, broken, exempt
	Unsourced  []string // data items without a source there, where Hook says that the others have one
	Conditions bool     // a set of conditions and materials is in force
}

// Near is an entry whose name is like another's.
type Near struct {
	Slug      string  `json:"slug"`
	Title     string  `json:"title"`
	Publisher string  `json:"publisher"`
	Likeness  float64 `json:"likeness"` // 0 to 1; 1 for the same name
}

// Graded is what the grading says of an entry (Articles 13 and 14). The zero
// Graded is one that was never begun.
type Graded struct {
	Confirmed bool     // by a second person, and not due again
	Due       bool     // it was confirmed, and is to be done again
	Type      Opening  // derived from the levels
	Fields    []string // that were graded
	Measures  bool     // supervision measures were chosen
}

// Finding is one thing that a gate has to say.
type Finding struct {
	Gate    string // e.g. "name"; its words are "openlist.gate."+Gate
	Article string // of the regulation, e.g. "9(1)"
	Note    bool   // worth knowing; it does not stand in the way
	problem.Field
}

// gate is one of the demands on an entry. Each finds every fault of its own.
type gate struct {
	name, article string
	looks         func(g *gathering, d Description)
}

// gates lists them in the order of the articles.
var gates = []gate{
	{"name", "9(1)", nameGate}, {"range", "9(1)", rangeGate}, {"abstract", "9(2)", abstractGate}, {"items", "9(2)", itemsGate},
	{"format", "9(3)", formatGate}, {"data", "9(3)", dataGate}, {"opening", "9(4)", openingGate}, {"frequency", "9(5)", frequencyGate},
	{"relations", "9(6)", relationsGate}, {"contact", "9(7)", contactGate}, {"hook", "9", hookGate}, {"source", "10", sourceGate},
	{"grading", "13(2)", gradingGate}, {"conditions", "15", conditionsGate}, {"quality", "16(1)", qualityGate}, {"sample", "22", sampleGate},
}

// GateOf is a gate by its name and article.
type GateOf struct{ Name, Article string }

// Gates lists the gates in the order of the articles.
func Gates() (all []GateOf) {
	for _, g := range gates {
		all = append(all, GateOf{g.name, g.article})
	}
	return all
}

// gathering is the findings of one examination.
type gathering struct {
	World
	codes   Codes
	slug    string
	gate    gate
	all     []Finding
	noteNow bool
}

func (g *gathering) add(pointer, code string, args ...any) {
	var l problem.List
	l.Add(pointer, code, args...)
	g.all = append(g.all, Finding{Gate: g.gate.name, Article: g.gate.article, Field: problem.As(l.Err()).Fields[0], Note: g.noteNow})
}

func (g *gathering) note(pointer, code string, args ...any) {
	g.noteNow = true
	g.add(pointer, code, args...)
	g.noteNow = false
}

// Examine returns everything that Articles 9 to 16 find in d as the
// description of the entry called slug, in the order of the gates.
func Examine(codes Codes, w World, slug string, d Description) []Finding {
	g := &gathering{World: w, codes: codes, slug: slug}
	for _, x := range gates {
		g.gate = x
		x.looks(g, d)
	}
	return g.all
}

// Bounds of the gates. [D]
const (
	MinTitle = 4             // characters of a name
	MaxTitle = 60            //
	TooLike  = likeness.Near // from this likeness on a publisher says what tells two datasets apart
)

// nameGate: the same name stands in the way; a near duplicate is told, until
// the publisher says what tells the two apart.
func nameGate(g *gathering, d Description) {
	if n := len([]rune(d.Title.ZH)); n < MinTitle || n > MaxTitle {
		g.add("/title/zh", "openlist.name_length", "least", MinTitle, "most", MaxTitle, "n", n)
	}
	if emptyWords(d.Title.ZH) {
		g.add("/title/zh", "openlist.name_says_nothing")
	}
	for _, n := range g.Near {
		switch {
		case n.Likeness >= 1:
			g.add("/title/zh", "openlist.name_taken", "title", n.Title, "slug", n.Slug)
		case n.Likeness >= TooLike && blank(d.Distinct):
			g.note("/distinct", "openlist.name_near", "title", n.Title, "slug", n.Slug, "percent", int(math.Round(100*n.Likeness)))
		}
	}
}

// tagsSay finds tags that tell nothing: up to three digits and signs, or one
// letter that is no word.
func tagsSay(g *gathering, d Description) {
	for i, tag := range d.Tags {
		said := []rune(strings.TrimSpace(tag))
		word := slices.ContainsFunc(said, unicode.IsLetter)
		if len(said) < 4 && !word || len(said) == 1 && !unicode.Is(unicode.Han, said[0]) {
			g.add("/tags/"+strconv.Itoa(i), "openlist.tag_says_nothing", "tag", tag)
		}
	}
}

func rangeGate(g *gathering, d Description) {
	if d.Period.From == "" && blank(d.TimeRange) {
		g.add("/period/from", "openlist.no_period")
	}
	if d.Period.From != "" && d.Period.To != "" && d.Period.To < d.Period.From {
		g.add("/period/to", "openlist.period_backwards")
	}
	if blank(d.AreaRange) {
		g.add("/area_range", "openlist.no_area")
	}
	if d.AreaCode != "" && !division(d.AreaCode) {
		g.add("/area_code", "openlist.bad_area_code", "code", d.AreaCode)
	}
}

func abstractGate(g *gathering, d Description) {
	tagsSay(g, d)
	switch {
	case blank(d.Abstract.ZH):
		g.add("/abstract/zh", "openlist.no_abstract")
	case RepeatsTitle(d.Title.ZH, d.Abstract.ZH):
		g.add("/abstract/zh", "openlist.abstract_repeats")
	case saysLittle(d.Title.ZH, d.Abstract.ZH):
		g.note("/abstract/zh", "openlist.abstract_says_little")
	}
}

func itemsGate(g *gathering, d Description) {
	if len(d.Items) == 0 {
		g.add("/items", "openlist.no_items")
	}
	for n, i := range d.Items {
		at := "/items/" + strconv.Itoa(n)
		if blank(i.Title.ZH) {
			g.add(at+"/title/zh", "openlist.item_no_title", "name", i.Name)
		}
		switch {
		case blank(i.Description.ZH):
			g.add(at+"/description/zh", "openlist.item_no_description", "name", i.Name)
		case Abbreviates(i) && repeats(i.Description.ZH, i.Name, i.Title.ZH):
			g.add(at+"/description/zh", "openlist.item_unexplained", "name", i.Name)
		case repeats(i.Description.ZH, i.Name, i.Title.ZH):
			g.note(at+"/description/zh", "openlist.item_repeats", "name", i.Name)
		}
	}
	for _, name := range g.Columns {
		if _, ok := d.Item(name); !ok {
			g.add("/items", "openlist.column_unexplained", "name", name)
		}
	}
	if g.Columns != nil {
		for n, i := range d.Items {
			if !slices.Contains(g.Columns, i.Name) {
				g.add("/items/"+strconv.Itoa(n)+"/name", "openlist.item_no_column", "name", i.Name)
			}
		}
	}
}

// formatGate: a table is given in open formats by the platform itself, so what
// counts is what the publisher declares beside it.
func formatGate(g *gathering, d Description) {
	open := g.Columns != nil
	for _, f := range d.Formats {
		open = open || OpenFormat(f)
	}
	if len(d.Formats) == 0 && !open {
		g.add("/formats", "openlist.no_format")
	}
	for n, f := range d.Formats {
		at := "/formats/" + strconv.Itoa(n)
		switch {
		case OpenFormat(f):
		case !Proprietary(f):
			g.add(at, "openlist.unknown_format", "format", f)
		case !open:
			g.add(at, "openlist.proprietary_alone", "format", f)
		case blank(d.FormatReason):
			g.add("/format_reason", "openlist.proprietary_reason", "format", f)
		}
	}
}

func dataGate(g *gathering, d Description) {
	if !g.Ready {
		g.add("", "openlist.no_data")
	}
}

func openingGate(g *gathering, d Description) {
	if d.Opening == Closed {
		g.add("/opening", "openlist.closed_is_not_listed")
	}
	if !g.Graded.Confirmed {
		return // gradingGate says so
	}
	if d.Opening.Looser(g.Graded.Type) {
		g.add("/opening", "openlist.looser_than_graded")
	}
	if g.Graded.Type.Looser(d.Opening) && blank(d.OpeningReason) {
		g.add("/opening_reason", "openlist.stricter_needs_reason")
	}
}

func frequencyGate(g *gathering, d Description) {
	if d.Production == "" {
		g.add("/production", "openlist.no_production")
		return
	}
	if d.Static() && d.Period.To == "" {
		g.add("/period/to", "openlist.static_needs_end")
	}
	if g.codes.slower(d.Frequency, d.Production) && blank(d.FrequencyReason) {
		g.add("/frequency_reason", "openlist.slower_needs_reason")
	}
}

func relationsGate(g *gathering, d Description) {
	if len(d.Relations) == 0 && !d.Unrelated {
		g.add("/relations", "openlist.no_relations")
	}
	if len(d.Relations) > 0 && d.Unrelated {
		g.add("/unrelated", "openlist.related_and_not")
	}
	for n, r := range d.Relations {
		at := "/relations/" + strconv.Itoa(n)
		if !slices.Contains(RelationKinds, r.Kind) {
			g.add(at+"/kind", "openlist.unknown_relation")
		}
		switch {
		case r.To == g.slug:
			g.add(at+"/to", "openlist.related_to_itself")
		case !g.Listed[r.To]:
			g.add(at+"/to", "openlist.related_to_nothing", "slug", r.To)
		}
		if r.Kind == "other" && blank(r.Note) {
			g.add(at+"/note", "required")
		}
	}
}

// contactGate also tells of a publisher that is on the platform twice: whom to
// ask must be clear.
func contactGate(g *gathering, d Description) {
	for _, name := range g.Twice {
		g.note("/publisher", "openlist.publisher_twice", "name", name)
	}
	if blank(d.Contact) {
		g.add("/contact", "openlist.no_contact")
	}
	if blank(d.Licence.ZH) {
		g.add("/licence/zh", "openlist.no_licence")
	}
}

// hookGate: every open field names its source in the public-data catalogue;
// data of daily work and of disclosure have none (Articles 9 and 10).
func hookGate(g *gathering, d Description) {
	for _, name := range g.Unsourced {
		at := ""
		for i, item := range d.Items {
			if item.Name == name {
				at = "/items/" + strconv.Itoa(i)
			}
		}
		g.add(at, "openlist.item_without_source", "name", name)
	}
	switch g.Hook {
	case "hooked", "verified":
	case "exempt":
		if d.SourceKind != FromDailyWork && d.SourceKind != FromDisclosure {
			g.add("/source_kind", "openlist.exempt_without_kind")
		}
	case "broken":
		g.add("", "openlist.hook_broken")
	default:
		g.add("", "openlist.no_hook")
	}
}

func sourceGate(g *gathering, d Description) {
	switch {
	case d.SourceKind == FromDisclosure && !address(d.Disclosure):
		g.add("/disclosure", "openlist.no_disclosure")
	case d.SourceKind != FromDisclosure && d.Disclosure != "":
		g.add("/disclosure", "openlist.disclosure_of_another")
	}
}

func gradingGate(g *gathering, d Description) {
	switch {
	case g.Graded.Due:
		g.add("", "openlist.grading_due")
		return
	case !g.Graded.Confirmed:
		g.add("", "openlist.not_graded")
		return
	}
	for n, i := range d.Items {
		if !slices.Contains(g.Graded.Fields, i.Name) {
			g.add("/items/"+strconv.Itoa(n)+"/name", "openlist.item_not_graded", "name", i.Name)
		}
	}
	if d.Opening == Conditional && !g.Graded.Measures {
		g.add("", "openlist.no_measures")
	}
}

func conditionsGate(g *gathering, d Description) {
	if d.Opening == Conditional && !g.Conditions {
		g.add("", "openlist.no_conditions")
	}
}

func qualityGate(g *gathering, _ Description) {
	if g.Held {
		g.add("", "openlist.version_held")
	}
}

// sampleGate: conditional data has a sample, or a day by which it comes
// (Article 22).
func sampleGate(g *gathering, d Description) {
	if d.Opening != Conditional || g.Sample {
		return
	}
	switch {
	case d.SampleUntil == "":
		g.add("/sample_until", "openlist.no_sample")
	case d.SampleUntil < g.Today:
		g.add("/sample_until", "openlist.sample_late", "day", string(d.SampleUntil))
	case blank(d.SampleReason):
		g.add("/sample_reason", "required")
	}
}
