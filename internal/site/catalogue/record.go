package catalogue

import (
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/search"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/timeliness"
	"kaishu/internal/open/version"
)

// Record is what lists say of one dataset.
type Record struct {
	openlist.Entry
	Publisher  locale.Text      // name of the body
	UpdatedOn  workday.Date     // of the newest version that can be read, else as the entry says; "" if unknown
	Timeliness timeliness.Class // today
	DaysLate   int              // over the window; 0 if not late
	Holds      Holding
	Rows       int64    // of the data that anybody can read now; 0 if none
	Formats    []string // that anybody can get now; "api" if rows can be queried
	columns    []openlist.Item
}

// Holding is what anybody can get of a dataset now, without applying.
type Holding string

// The holdings.
const (
	Full   Holding = "full"   // the data
	Sample Holding = "sample" // a sample of conditional data (Article 22)
	None   Holding = "none"   // the entry and the structure only
)

// Holdings lists the holdings.
var Holdings = []Holding{Full, Sample, None}

// FormatAPI stands for the query interface among the formats.
const FormatAPI = "api"

// judge says how the record stands to its promise on that day.
func (r *Record) judge(codes openlist.Codes, today workday.Date) {
	s := timeliness.Of(codes, r.Entry, r.UpdatedOn, today)
	r.Timeliness, r.DaysLate = s.Class, s.DaysLate
}

// hold enters what anybody can get from v.
func (r *Record) hold(v version.Version) {
	r.Holds, r.Rows = Full, v.Outcome.Rows
	if v.Kind == version.Sample {
		r.Holds = Sample
	}
	for _, f := range v.Files {
		if f.Refused == "" {
			r.Formats = append(r.Formats, f.Format)
		}
	}
	r.Formats = append(r.Formats, FormatAPI)
}

// describe enters the columns: those that the entry explains, then those that
// only the table has.
func (r *Record) describe(v *version.Version) {
	r.columns = slices.Clone(r.Items)
	if v == nil || v.Outcome == nil {
		return
	}
	for _, c := range v.Outcome.Columns {
		if _, known := r.Item(c.Name); !known {
			r.columns = append(r.columns, openlist.Item{Name: c.Name})
		}
	}
}

// document is the record as the index sees it.
func (r *Record) document() search.Document {
	d := search.Document{
		ID: r.Slug, Title: r.Title,
		Fields: map[search.Field]string{
			search.Abstract:  joined(r.Abstract),
			search.Publisher: joined(r.Publisher),
			search.Tags:      strings.Join(r.Tags, "\n"),
		},
		Facets: map[string][]string{
			"domain": {r.Domain}, "publisher": {r.Entry.Publisher}, "opening": {string(r.Opening)}, "frequency": {r.Frequency},
			"timeliness": lateness(r.Timeliness), "data": {string(r.Holds)}, "format": r.Formats,
		},
		Sorts: map[string]int64{},
	}
	if r.FirstPublishedOn.Valid() {
		d.Facets["first"] = []string{string(r.FirstPublishedOn[:4]), string(r.FirstPublishedOn[:7])}
	}
	if r.UpdatedOn.Valid() {
		d.Sorts["updated"] = r.UpdatedOn.Time().Unix() / (24 * 60 * 60)
	}
	if r.Rows > 0 {
		d.Sorts["rows"] = r.Rows
	}
	for _, c := range r.columns {
		d.Parts = append(d.Parts, search.Part{Name: c.Name, Description: strings.TrimSpace(joined(c.Title) + "\n" + joined(c.Description))})
	}
	return d
}

// lateness is what a dataset is found by: what is seriously late is late too.
func lateness(c timeliness.Class) []string {
	if c == timeliness.SeriouslyLate {
		return []string{string(timeliness.Late), string(c)}
	}
	return []string{string(c)}
}

// joined puts both languages into one searched text, Chinese first.
func joined(t locale.Text) string {
	if t.EN == "" {
		return t.ZH
	}
	return t.ZH + "\n" + t.EN
}

// matched names the columns in words: the title where the entry gives one,
// else the name.
func (r *Record) matched(names []string, l locale.Lang) []string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = name
		if item, ok := r.Item(name); ok && item.Title.In(l) != "" {
			words[i] = item.Title.In(l)
		}
	}
	return words
}
