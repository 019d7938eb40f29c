package seed

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/workday"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

// sample is the shape of sample.json. An unknown key is a fault.
type sample struct {
	Organisations []organisation.Organisation `json:"organisations"`
	Accounts      []account.Account           `json:"accounts"`
	Datasets      []dataset                   `json:"datasets"`
}

// dataset is one entry of the sample and its file.
type dataset struct {
	Slug             string           `json:"slug"`
	Package          string           `json:"package"` // that the file was taken from
	Path             string           `json:"path"`    // in it
	Title            locale.Text      `json:"title"`
	Abstract         locale.Text      `json:"abstract"`
	Domain           string           `json:"domain"`
	Tags             []string         `json:"tags"`
	Publisher        string           `json:"publisher"`
	Opening          openlist.Opening `json:"opening"`
	Frequency        string           `json:"frequency"`
	FirstPublishedOn workday.Date     `json:"first_published_on"`
	UpdatedOn        workday.Date     `json:"updated_on"`
	Licence          locale.Text      `json:"licence"`
	Source           locale.Text      `json:"source"`
	Contact          string           `json:"contact"`
	Key              []string         `json:"key"`
	File             string           `json:"file"`        // path under the folder; "" for an entry without data
	Kind             version.Kind     `json:"kind"`        // "full" if left out
	Coordinates      string           `json:"coordinates"` // system of its places; see intake.Systems
	Columns          []openlist.Item  `json:"columns"`
	TimeRange        string           `json:"time_range"`
	AreaRange        string           `json:"area_range"`
	Editor           string           `json:"editor"`
	// Conditions are those of a conditional entry; nil for any other.
	Conditions *condition.Content `json:"conditions"`
	Lead       string             `json:"lead"`
}

func readSample(folder string) (c City, err error) {
	f, err := os.Open(filepath.Join(folder, "sample.json"))
	if err != nil {
		return c, err
	}
	defer f.Close()
	var s sample
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return c, fmt.Errorf("read sample: %w", err)
	}
	c.Organisations, c.Accounts = s.Organisations, s.Accounts
	c.Keeper = "engineer"
	for _, x := range s.Datasets {
		c.Resources = append(c.Resources, x.resource(s.Organisations))
		c.Entries = append(c.Entries, Entry{Slug: x.Slug, Editor: x.Editor, Lead: x.Lead, Conditions: x.Conditions, Description: openlist.Description{
			Title: x.Title, Abstract: x.Abstract, Publisher: x.Publisher, Domain: x.Domain, Tags: x.Tags,
			Opening: x.Opening, Frequency: x.Frequency, FirstPublishedOn: x.FirstPublishedOn, UpdatedOn: x.UpdatedOn,
			Licence: x.Licence, Source: x.Source, Contact: x.Contact, Key: x.Key, Items: x.Columns,
			TimeRange: x.TimeRange, AreaRange: x.AreaRange,
		}})
		if x.File == "" {
			continue
		}
		kind := x.Kind
		if kind == "" {
			kind = version.Full
		}
		c.Tables = append(c.Tables, Table{Slug: x.Slug, Kind: kind, Name: filepath.Base(x.File), UpdatedOn: x.UpdatedOn,
			Note: x.Source, Editor: x.Editor, Lead: x.Lead, Recipe: inSystem(x.Coordinates), Open: fromFile(folder, x.File)})
	}
	return c, nil
}
