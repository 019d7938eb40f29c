package directory

import (
	"cmp"
	"slices"
	"strings"
)

// Suggestion is a source that a data item may come from. A person decides.
type Suggestion struct {
	Field    string  `json:"field"` // of the entry
	Resource string  `json:"resource"`
	Title    string  `json:"title"` // of the resource
	Source   string  `json:"source"`
	Score    float64 `json:"score"` // 0 to 1; 1 for the same name
	Why      string  `json:"why"`   // same_name, same_title or like
}

// LeastLike is how like two names must be to be suggested. [D]
const LeastLike = 0.6

// Suggest proposes at most one source for each data item. Where several
// resources have one, that which has most of the entry's items is proposed, so
// that an entry comes from as few as can be; then that whose title is most like
// the entry's.
func Suggest(title string, fields []FieldName, resources []Resource) (all []Suggestion) {
	type found struct {
		field, source int
		score         float64
		why           string
	}
	per := make([][]found, len(resources))
	sum := make([]float64, len(resources))
	for i, r := range resources {
		if r.Gone {
			continue
		}
		for n, f := range fields {
			best := found{score: -1}
			for j, source := range r.Fields {
				if score, why := like(f, source); score > best.score {
					best = found{n, j, score, why}
				}
			}
			if best.score >= LeastLike {
				per[i] = append(per[i], best)
				sum[i] += best.score
			}
		}
		if len(per[i]) > 0 {
			sum[i] += dice(title, r.Title) // less than one item more
		}
	}
	order := make([]int, len(resources))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(resources[a].ID, resources[b].ID))
	})
	best := make([]*Suggestion, len(fields))
	for _, i := range order {
		for _, x := range per[i] {
			if best[x.field] == nil || x.score > best[x.field].Score+0.2 { // only a far better one elsewhere
				best[x.field] = &Suggestion{fields[x.field].Name, resources[i].ID, resources[i].Title, resources[i].Fields[x.source].Name, x.score, x.why}
			}
		}
	}
	for _, s := range best {
		if s != nil {
			all = append(all, *s)
		}
	}
	return all
}

// like is how like a data item is to a field of the catalogue.
func like(f FieldName, source Field) (float64, string) {
	name, title := plainName(f.Name), plainName(f.Title)
	sourceName, sourceTitle := plainName(source.Name), plainName(source.Title)
	same := func(a, b string) bool { return a != "" && a == b }
	switch {
	case same(name, sourceName):
		return 1, "same_name"
	case same(title, sourceTitle):
		return 0.95, "same_title"
	case same(title, sourceName), same(name, sourceTitle):
		return 0.9, "same_title"
	}
	return 0.85 * max(dice(name, sourceName), dice(title, sourceTitle), dice(title, sourceName), dice(name, sourceTitle)), "like"
}

var namePlain = strings.NewReplacer("_", "", "-", "", " ", "", "　", "", "（", "(", "）", ")")

func plainName(s string) string { return strings.ToLower(namePlain.Replace(s)) }

// dice is the share of pairs of neighbouring characters that a and b have in
// common, 0 to 1.
func dice(a, b string) float64 {
	pairs := func(s string) map[[2]rune]int {
		all := map[[2]rune]int{}
		r := []rune(s)
		for i := 1; i < len(r); i++ {
			all[[2]rune{r[i-1], r[i]}]++
		}
		return all
	}
	x, y := pairs(a), pairs(b)
	common, total := 0, 0
	for p, n := range x {
		common += min(n, y[p])
		total += n
	}
	for _, n := range y {
		total += n
	}
	if total == 0 {
		return 0
	}
	return 2 * float64(common) / float64(total)
}
