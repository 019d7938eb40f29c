package grading

import "strings"

// Suggest returns what the names of fields say of them: the first kind of the
// profile of which a word stands in the name or the title. A field that no
// kind knows gets no suggestion.
func (c Content) Suggest(fields []FieldName) []Suggestion {
	all := []Suggestion{}
	for _, f := range fields {
		text := strings.ToLower(f.Name + " " + f.Title.ZH + " " + f.Title.EN)
		if k, word, ok := c.named(text); ok {
			all = append(all, Suggestion{Field: f.Name, Kind: k.Code, Levels: k.Suggest, Found: word})
		}
	}
	return all
}

func (c Content) named(text string) (FieldKind, string, bool) {
	for _, k := range c.Kinds {
		for _, word := range k.Names {
			if strings.Contains(text, strings.ToLower(word)) {
				return k, word, true
			}
		}
	}
	return FieldKind{}, "", false
}
