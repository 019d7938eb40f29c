package grading_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kaishu/internal/open/condition"
	"kaishu/internal/open/grading"
)

// TestLibraryIsWrittenAsConditionsAre: what the library holds can be laid into
// a set of conditions as it is (Article 15).
func TestLibraryIsWrittenAsConditionsAre(t *testing.T) {
	p, err := grading.Default()
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, k := range condition.Kinds {
		kinds = append(kinds, string(k))
	}
	if !slices.Equal(kinds, grading.ConditionKinds) {
		t.Errorf("kinds %v, open/condition has %v", grading.ConditionKinds, kinds)
	}
	edition, err := condition.FirstEdition()
	if err != nil {
		t.Fatal(err)
	}
	codes, err := json.Marshal(edition)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range p.Library {
		text, err := json.Marshal(s.Condition)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.DisallowUnknownFields()
		var c condition.Condition
		if err := d.Decode(&c); err != nil {
			t.Fatalf("%s: %v", s.Code, err)
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back grading.Condition
		if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(back, s.Condition) {
			t.Errorf("%s comes back as %+v, %v", s.Code, back, err)
		}
		seen[s.Condition.Kind] = true
		if e, ok := condition.FindEvidence(c.Evidence); c.Evidence != "" && (!ok || !slices.Contains(e.For, c.Kind) || c.Level != "" && !slices.Contains(e.Levels, c.Level) || c.Level == "" && e.Levels != nil) {
			t.Errorf("%s asks for %s at level %q", s.Code, c.Evidence, c.Level)
		}
		if c.Every != "" && !slices.Contains(condition.Periods, c.Every) {
			t.Errorf("%s: every %s", s.Code, c.Every)
		}
		for _, list := range c.Lists {
			if !slices.Contains(condition.CreditLists, list) {
				t.Errorf("%s: list %s", s.Code, list)
			}
		}
		for _, code := range slices.Concat(c.Allow, c.Deny) {
			if !strings.Contains(string(codes), `"`+code+`"`) {
				t.Errorf("%s: scenario %s", s.Code, code)
			}
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("the library has conditions of %v only", seen)
	}
}
