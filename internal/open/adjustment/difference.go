package adjustment

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"kaishu/internal/open/openlist"
)

// Differences lists what after says otherwise than before, by pointer. An item
// of the dictionary is one thing, named "/items/" and its name, however the
// order of the items changes; a list of anything else is one thing too.
func Differences(before, after openlist.Description) ([]Difference, error) {
	was, err := flat(before)
	if err != nil {
		return nil, err
	}
	now, err := flat(after)
	if err != nil {
		return nil, err
	}
	var all []Difference
	for at, text := range now {
		if !bytes.Equal(was[at], text) {
			all = append(all, Difference{at, was[at], text})
		}
	}
	for at, text := range was {
		if _, still := now[at]; !still {
			all = append(all, Difference{at, text, nil})
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return order(a.Pointer, b.Pointer) })
	return all, nil
}

// unsaid is the description of an entry of which nothing was said yet.
func unsaid(e openlist.Entry) openlist.Description {
	return openlist.Description{Publisher: e.Publisher}
}

// places are the parts of a description in the order in which people write
// them; data items come last, by name.
var places = []string{"/title/zh", "/title/en", "/distinct", "/abstract/zh", "/abstract/en", "/domain", "/theme", "/tags", "/period/from", "/period/to", "/time_range", "/area_range", "/area_code",
	"/opening", "/opening_reason", "/sample_until", "/sample_reason", "/production", "/frequency", "/frequency_reason", "/updated_on", "/key", "/relations", "/unrelated",
	"/source_kind", "/disclosure", "/formats", "/format_reason", "/licence/zh", "/licence/en", "/contact", "/remarks", "/first_published_on", "/source/zh", "/source/en"}

func order(a, b string) int {
	place := func(s string) int {
		if i := slices.Index(places, s); i >= 0 {
			return i
		}
		return len(places)
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
}

func flat(d openlist.Description) (map[string]json.RawMessage, error) {
	items := d.Items
	if d.Items = nil; d.SourceKind == openlist.FromSystem {
		d.SourceKind = "" // the two say the same
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode description: %w", err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("decode description: %w", err)
	}
	all := map[string]json.RawMessage{}
	for name, value := range top {
		var inner map[string]json.RawMessage
		if json.Unmarshal(value, &inner) == nil && inner != nil {
			for part, v := range inner {
				put(all, "/"+name+"/"+part, v)
			}
			continue
		}
		put(all, "/"+name, value)
	}
	for _, i := range items {
		v, err := json.Marshal(i)
		if err != nil {
			return nil, fmt.Errorf("encode item: %w", err)
		}
		all["/items/"+i.Name] = v
	}
	return all, nil
}

// put leaves out what says nothing: "" is as if it were not there.
func put(all map[string]json.RawMessage, at string, v json.RawMessage) {
	if s := string(v); s != `""` && s != "null" && s != "false" && s != "[]" {
		all[at] = v
	}
}
