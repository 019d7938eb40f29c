package agreement

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"

	"kaishu/internal/base/workday"
)

//go:embed template.json
var wording []byte

// Templates returns every version of the wording, the oldest first. It fails
// if one lacks a clause that Article 20 names.
func Templates() ([]Template, error) {
	var book struct {
		Note     string     `json:"note"`
		Versions []Template `json:"versions"`
	}
	d := json.NewDecoder(bytes.NewReader(wording))
	d.DisallowUnknownFields()
	if err := d.Decode(&book); err != nil {
		return nil, fmt.Errorf("read templates of agreements: %w", err)
	}
	for i, t := range book.Versions {
		if lacks := t.Lacks(); len(lacks) > 0 {
			return nil, fmt.Errorf("template %d of agreements lacks %v", t.Version, lacks)
		}
		if t.Version != i+1 || !t.From.Valid() {
			return nil, fmt.Errorf("template %d of agreements: version or first day is wrong", t.Version)
		}
	}
	return book.Versions, nil
}

// current returns the last template that is in force on day.
func current(all []Template, day workday.Date) (Template, error) {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].InForce(day) {
			return all[i], nil
		}
	}
	return Template{}, fmt.Errorf("no template of agreements is in force on %s", day)
}
