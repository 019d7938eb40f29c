package openlist

import (
	"embed"
	"encoding/json"
	"fmt"

	"kaishu/internal/casework/codelist"
)

//go:embed domains.json frequencies.json
var codeFiles embed.FS

// LoadCodes returns the code lists that the platform is delivered with.
func LoadCodes() (c Codes, err error) {
	for name, into := range map[string]any{"domains.json": &c.Domains, "frequencies.json": &c.Frequencies} {
		data, err := codeFiles.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			return c, fmt.Errorf("load code list %s: %w", name, err)
		}
	}
	return c, nil
}

// FirstEdition returns the same lists as codelist keeps them.
func FirstEdition() (all []codelist.Entry, err error) {
	c, err := LoadCodes()
	for _, d := range c.Domains {
		all = append(all, codelist.Entry{List: codelist.Domains, Code: d.Code, Name: d.Name})
	}
	for _, f := range c.Frequencies {
		all = append(all, codelist.Entry{List: codelist.Frequencies, Code: f.Code, Name: f.Name, Window: f.Window})
	}
	return all, err
}

// FromLists returns the codes that s keeps: what is entered there counts at
// once.
func FromLists(s *codelist.Service) CodeSource { return lists{s} }

type lists struct{ *codelist.Service }

func (l lists) InForce() (c Codes) {
	today := l.Today()
	for _, e := range l.Entries(codelist.Domains) {
		if e.From <= today {
			c.Domains = append(c.Domains, Domain{e.Code, e.Name, !e.Holds(today)})
		}
	}
	for _, e := range l.Entries(codelist.Frequencies) {
		if e.From <= today {
			c.Frequencies = append(c.Frequencies, Frequency{e.Code, e.Name, e.Window, !e.Holds(today)})
		}
	}
	return c
}
