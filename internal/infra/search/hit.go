package search

import (
	"slices"
	"strings"
)

// hit shows a document: which columns matched, and where its words stand.
func (s *search) hit(r ranked) Hit {
	e := r.entry
	h := Hit{ID: e.id, Title: e.shown, Score: r.score, Marks: map[Field][]Span{}}
	if len(s.terms) == 0 {
		return h
	}
	for f, text := range map[Field]string{Title: e.title, Abstract: e.abstract} {
		if spans := s.mark(text); len(spans) > 0 {
			h.Marks[f] = spans
		}
	}
	h.Columns = s.columns(e)
	return h
}

// columns returns the names of parts in which one of the terms stands.
func (s *search) columns(e *entry) (names []string) {
	rest := e.text[e.ends[len(zones)-2]:]
	for _, name := range e.parts {
		_, after, _ := strings.Cut(rest, "\x00")
		_, after, _ = strings.Cut(after, "\x00")
		part := rest[:len(rest)-len(after)]
		rest = after
		if slices.ContainsFunc(s.terms, func(t term) bool { return t.next(part, 0) >= 0 }) {
			if names = append(names, name); len(names) == MaxColumns {
				break
			}
		}
	}
	return names
}

// mark returns where the terms stand in a text as given, in order; spans that
// overlap or touch are one.
func (s *search) mark(text string) []Span {
	folded, source := foldSpans(text)
	var all []Span
	for i := range s.terms {
		t := &s.terms[i]
		for at := t.next(folded, 0); at >= 0; at = t.next(folded, t.after(at)) {
			all = append(all, Span{source[at].From, source[at+len(t.text)-1].To})
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return a.From - b.From })
	var marks []Span
	for _, m := range all {
		if last := len(marks) - 1; last >= 0 && m.From <= marks[last].To {
			marks[last].To = max(marks[last].To, m.To)
			continue
		}
		marks = append(marks, m)
	}
	return marks
}
