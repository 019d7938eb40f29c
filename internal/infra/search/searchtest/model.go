package searchtest

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"kaishu/internal/infra/search"
)

// Model is the index as one would write it without care for speed: it reads
// every document for every query. It knows Han, a–z and digits only.
type Model map[string]search.Document

// Plain folds a text: NFKC, lower case, single spaces, no zero-width space.
func Plain(s string) string {
	s = strings.ReplaceAll(s, "\u200b", "")
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

const alnum = `[a-z0-9]`

var (
	quoted   = `["“”「」]([^"“”「」]*)["“”「」]`
	wordForm = regexp.MustCompile(quoted + `|(\p{Han}+)|(` + alnum + `+(?:[-._'&]` + alnum + `+)*)`)
	hasWord  = regexp.MustCompile(`\p{Han}|` + alnum)
	isWord   = regexp.MustCompile(`^` + alnum)
	endsWord = regexp.MustCompile(alnum + `$`)
)

// Words returns one pattern per word of a query text. Each matches a folded
// text in which the word stands.
func Words(text string) (words []*regexp.Regexp) {
	found := wordForm.FindAllStringSubmatch(Plain(text), -1)
	found = slices.DeleteFunc(found, func(m []string) bool { return !hasWord.MatchString(m[0]) })
	seen := map[string]bool{}
	for i, m := range found {
		literal := strings.TrimSpace(m[1] + m[2] + m[3])
		last := i == len(found)-1 && m[3] != "" && !seen[literal]
		seen[literal] = true
		pattern := regexp.QuoteMeta(literal)
		if isWord.MatchString(literal) {
			pattern = `(?:^|[^a-z0-9])` + pattern
		}
		if endsWord.MatchString(literal) && !last {
			pattern += `(?:$|[^a-z0-9])`
		}
		words = append(words, regexp.MustCompile(pattern))
	}
	return words
}

// texts returns the folded texts of a document.
func texts(d search.Document) []string {
	all := []string{d.Title.EN}
	for _, f := range []search.Field{search.Title, search.Tags, search.Publisher, search.Abstract} {
		all = append(all, d.Fields[f])
	}
	for _, p := range d.Parts {
		all = append(all, p.Name, p.Description)
	}
	for i := range all {
		all[i] = Plain(all[i])
	}
	return all
}

func standsIn(texts []string, word *regexp.Regexp) bool {
	return slices.ContainsFunc(texts, word.MatchString)
}

// Find returns the ids that q finds, in order of ID.
func (m Model) Find(q search.Query) (ids []string) {
	words := Words(q.Text)
	if len(words) == 0 && strings.TrimSpace(q.Text) != "" {
		return nil
	}
	for id, d := range m {
		all := texts(d)
		found := !slices.ContainsFunc(words, func(w *regexp.Regexp) bool { return !standsIn(all, w) })
		for facet, values := range q.Facets {
			if len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(d.Facets[facet], v) }) {
				found = false
			}
		}
		if found {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Count returns the counts of one facet under the choices of the others.
func (m Model) Count(q search.Query, facet string) []search.Count {
	others := map[string][]string{}
	for f, values := range q.Facets {
		if f != facet {
			others[f] = values
		}
	}
	q.Facets = others
	sums := map[string]int64{}
	for _, id := range m.Find(q) {
		values := slices.Clone(m[id].Facets[facet])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			sums[v]++
		}
	}
	counts := []search.Count{}
	for v, n := range sums {
		counts = append(counts, search.Count{Value: v, N: n})
	}
	slices.SortFunc(counts, func(a, b search.Count) int {
		if a.N != b.N {
			return int(b.N - a.N)
		}
		return strings.Compare(a.Value, b.Value)
	})
	return counts
}

// Columns returns the names of parts in which a word of q stands, at most
// search.MaxColumns.
func (m Model) Columns(q search.Query, id string) (names []string) {
	for _, p := range m[id].Parts {
		all := []string{Plain(p.Name), Plain(p.Description)}
		if slices.ContainsFunc(Words(q.Text), func(w *regexp.Regexp) bool { return standsIn(all, w) }) {
			names = append(names, p.Name)
		}
	}
	return names[:min(len(names), search.MaxColumns)]
}
