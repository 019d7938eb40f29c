package openlist

import (
	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
)

// Item is one data item (数据项): what a field of the table means.
type Item struct {
	Name        string      `json:"name"`            // as in the table
	Title       locale.Text `json:"title"`           //
	Description locale.Text `json:"description"`     //
	Unit        string      `json:"unit,omitempty"`  // e.g. "微克/立方米"; "" for none
	Codes       string      `json:"codes,omitempty"` // slug of the dataset that lists the codes; "" for none
}

// Kinds of source (Articles 9(3) and 10).
const (
	FromSystem     = "system"     // an information system in the public-data catalogue
	FromDailyWork  = "no_system"  // 日常工作中形成的、无信息系统支撑的数据 (Article 10(3))
	FromDisclosure = "disclosure" // 信息公开中涉及的数据 (Article 10(4))
)

// SourceKinds lists them.
var SourceKinds = []string{FromSystem, FromDailyWork, FromDisclosure}

// Kinds of relation (Article 9(6)).
var RelationKinds = []string{"same_key", "follows", "contains", "within", "sample_of", "other"}

// Relation is how a dataset stands to another (数据关联关系).
type Relation struct {
	Kind string `json:"kind"`           // of RelationKinds
	To   string `json:"to"`             // slug
	Note string `json:"note,omitempty"` // which fields, years or areas
}

// Period is the time that the data tells of; To is "" while it goes on.
type Period struct {
	From workday.Date `json:"from,omitempty"`
	To   workday.Date `json:"to,omitempty"`
}

// Description is what an entry says of its dataset (Article 9, second
// paragraph). It is kept as it is written; what is wrong with it is told by
// [Examine], and stands in the way of listing it.
type Description struct {
	Title            locale.Text  `json:"title"`
	Abstract         locale.Text  `json:"abstract"`
	Publisher        string       `json:"publisher"`                  // id of the body
	Domain           string       `json:"domain"`                     // code; see Codes.Domains
	Theme            string       `json:"theme,omitempty"`            // 国家主题分类, as the source writes it
	Tags             []string     `json:"tags,omitempty"`             //
	Opening          Opening      `json:"opening"`                    //
	OpeningReason    string       `json:"opening_reason,omitempty"`   // why it opens less than its grading allows
	Frequency        string       `json:"frequency"`                  // code of how often it is published; see Codes.Frequencies
	Production       string       `json:"production,omitempty"`       // code of how often the data comes to be
	FrequencyReason  string       `json:"frequency_reason,omitempty"` // why it is published less often than that
	FirstPublishedOn workday.Date `json:"first_published_on"`         //
	UpdatedOn        workday.Date `json:"updated_on"`                 // day up to which the publisher says the data is
	Formats          []string     `json:"formats,omitempty"`          // as the source catalogue lists them
	FormatReason     string       `json:"format_reason,omitempty"`    // why a format needs particular software
	Licence          locale.Text  `json:"licence"`                    //
	Contact          string       `json:"contact,omitempty"`          //
	Source           locale.Text  `json:"source,omitempty"`           // where the entry was taken from, if not from its publisher
	SourceKind       string       `json:"source_kind,omitempty"`      // of SourceKinds; "" for FromSystem
	Disclosure       string       `json:"disclosure,omitempty"`       // address of the document, for FromDisclosure
	Period           Period       `json:"period,omitzero"`            //
	TimeRange        string       `json:"time_range,omitempty"`       // in words
	AreaRange        string       `json:"area_range,omitempty"`       // in words
	AreaCode         string       `json:"area_code,omitempty"`        // of the division (GB/T 2260), 2 to 12 digits; "" if it is none
	Relations        []Relation   `json:"relations,omitempty"`        //
	Unrelated        bool         `json:"unrelated,omitempty"`        // the publisher knows of no related dataset
	Distinct         string       `json:"distinct,omitempty"`         // what tells it from datasets with a like name
	SampleUntil      workday.Date `json:"sample_until,omitempty"`     // day until which a sample may be missing
	SampleReason     string       `json:"sample_reason,omitempty"`    // and why
	Remarks          string       `json:"remarks,omitempty"`          // 其他需要明确的相关信息 (Article 9(7))
	Key              []string     `json:"key,omitempty"`              // declared key columns: the serving order of the table
	Items            []Item       `json:"items,omitempty"`            //
}

// Entry is one entry of the open list.
type Entry struct {
	Slug string `json:"slug"` // its address: lower-case letters, digits and hyphens
	Description
	Stage   Stage             `json:"stage"`
	Edition int               `json:"edition,omitempty"` // 1 when it was listed, one more with each change
	Order   string            `json:"order,omitempty"`   // id of the work order that made the edition; "" if it was adopted
	Adopted locale.Text       `json:"adopted,omitzero"`  // the list that it was taken over from; blank if an order listed it
	Reasons []string          `json:"reasons,omitempty"` // of the last suspension or withdrawal
	Did     map[string]string `json:"did,omitempty"`     // verb → doer, for four eyes
}

// Listed reports whether e is on the list, though its data may be stopped.
func (e Entry) Listed() bool { return e.Stage == StagePublished || e.Stage == StageSuspended }

// OnApplication reports whether e is on the list and its data given on
// application (Article 18).
func (e Entry) OnApplication() bool { return e.Stage == StagePublished && e.Opening == Conditional }

// Item returns what the entry says of the field called name.
func (d Description) Item(name string) (Item, bool) {
	for _, i := range d.Items {
		if i.Name == name {
			return i, true
		}
	}
	return Item{}, false
}
