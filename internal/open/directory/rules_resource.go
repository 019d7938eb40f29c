package directory

import (
	"cmp"
	"slices"
	"strings"

	"kaishu/internal/base/workday"
)

// Field is one field of a resource.
type Field struct {
	Name  string `json:"name"`            // as in the source, e.g. a column of a table
	Title string `json:"title,omitempty"` // 中文名
	Type  string `json:"type,omitempty"`  // as the source writes it; "" if it does not
	Note  string `json:"note,omitempty"`
}

// Resource is one resource of the public-data catalogue (数据资源): a table, an
// interface or a file of one body.
type Resource struct {
	ID        string       `json:"id"`
	Source    string       `json:"source"`             // id of the listing that it was taken from
	Code      string       `json:"code"`               // by which that listing knows it
	Title     string       `json:"title"`              //
	Abstract  string       `json:"abstract,omitempty"` //
	BodyName  string       `json:"body_name"`          // of whoever answers for it, as the listing writes it
	Body      string       `json:"body,omitempty"`     // id of that body here; "" if none has the name
	System    string       `json:"system,omitempty"`   // information system that holds it
	Theme     string       `json:"theme,omitempty"`
	Frequency string       `json:"frequency,omitempty"` // as the listing writes it
	Opening   string       `json:"opening,omitempty"`   // as the listing writes it
	UpdatedOn workday.Date `json:"updated_on,omitempty"`
	Formats   []string     `json:"formats,omitempty"`
	Fields    []Field      `json:"fields,omitempty"` // none if the listing does not name them
	Gone      bool         `json:"gone,omitempty"`   // the newest listing has it no more
}

// Field returns the field called name.
func (r Resource) Field(name string) (Field, bool) {
	for _, f := range r.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// sameType reports whether two types are written alike but for case and blanks.
func sameType(a, b string) bool {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	return plain(a) == plain(b)
}

// Difference is what one import changed of one resource.
type Difference struct {
	Resource string        `json:"resource"` // id
	Title    string        `json:"title"`
	Kind     string        `json:"kind"`             // added, gone, back or changed
	Fields   []FieldChange `json:"fields,omitempty"` // of a changed one
	Other    []string      `json:"other,omitempty"`  // names of what else changed, as in the JSON of Resource
}

// FieldChange is what changed of one field: added, gone, type or title.
type FieldChange struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	Was  string `json:"was,omitempty"`
	Now  string `json:"now,omitempty"`
}

// Compare returns what turns before into after, two states of one source's
// resources, by title. Those that are gone stay in before as gone.
func Compare(before, after []Resource) (all []Difference) {
	old := map[string]Resource{}
	for _, r := range before {
		old[r.ID] = r
	}
	here := map[string]bool{}
	for _, r := range after {
		here[r.ID] = true
		was, known := old[r.ID]
		d := Difference{Resource: r.ID, Title: r.Title}
		switch {
		case !known:
			d.Kind = "added"
		case was.Gone:
			d.Kind = "back"
			d.Fields, d.Other = fieldChanges(was.Fields, r.Fields), otherChanges(was, r)
		default:
			d.Fields, d.Other = fieldChanges(was.Fields, r.Fields), otherChanges(was, r)
			if len(d.Fields) == 0 && len(d.Other) == 0 {
				continue
			}
			d.Kind = "changed"
		}
		all = append(all, d)
	}
	for _, r := range before {
		if !here[r.ID] && !r.Gone {
			all = append(all, Difference{Resource: r.ID, Title: r.Title, Kind: "gone"})
		}
	}
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.Resource, b.Resource))
	})
	return all
}

func fieldChanges(was, now []Field) (all []FieldChange) {
	old := map[string]Field{}
	for _, f := range was {
		old[f.Name] = f
	}
	here := map[string]bool{}
	for _, f := range now {
		here[f.Name] = true
		before, known := old[f.Name]
		switch {
		case !known:
			all = append(all, FieldChange{Name: f.Name, Kind: "added", Now: f.Type})
			continue
		case !sameType(before.Type, f.Type):
			all = append(all, FieldChange{Name: f.Name, Kind: "type", Was: before.Type, Now: f.Type})
		}
		if before.Title != f.Title {
			all = append(all, FieldChange{Name: f.Name, Kind: "title", Was: before.Title, Now: f.Title})
		}
	}
	for _, f := range was {
		if !here[f.Name] {
			all = append(all, FieldChange{Name: f.Name, Kind: "gone", Was: f.Type})
		}
	}
	return all
}

// otherChanges names what differs besides the fields.
func otherChanges(was, now Resource) (names []string) {
	for _, x := range []struct{ name, was, now string }{
		{"title", was.Title, now.Title}, {"abstract", was.Abstract, now.Abstract}, {"body_name", was.BodyName, now.BodyName},
		{"system", was.System, now.System}, {"theme", was.Theme, now.Theme}, {"frequency", was.Frequency, now.Frequency},
		{"opening", was.Opening, now.Opening}, {"updated_on", string(was.UpdatedOn), string(now.UpdatedOn)},
	} {
		if x.was != x.now {
			names = append(names, x.name)
		}
	}
	if !slices.Equal(was.Formats, now.Formats) {
		names = append(names, "formats")
	}
	return names
}

// MostLost is the share of a source's resources that an import may lose before
// somebody has to say that this is meant: a list that was cut short would break
// every hook. [D]
const MostLost = 0.2

// TooFew reports whether all would lose more of what the source holds than
// [MostLost].
func TooFew(before []Resource, all []Difference) (lost, held int, too bool) {
	for _, r := range before {
		if !r.Gone {
			held++
		}
	}
	for _, d := range all {
		if d.Kind == "gone" {
			lost++
		}
	}
	return lost, held, float64(lost) > MostLost*float64(held)
}

// Spelling is one body under several names.
type Spelling struct {
	Names []string `json:"names"` // as they are written, the most used first
	Count []int    `json:"count"` // resources of each
}

// Spellings finds names that mean the same body: equal but for blanks, width
// and brackets, for the name of the city before them, and for the long and the
// short word for a government or committee; a government and its office too.
func Spellings(names map[string]int) (all []Spelling) {
	groups := map[string][]string{}
	for name := range names {
		k := PlainBody(name)
		groups[k] = append(groups[k], name)
	}
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		slices.SortFunc(g, func(a, b string) int { return cmp.Or(cmp.Compare(names[b], names[a]), cmp.Compare(a, b)) })
		s := Spelling{Names: g}
		for _, n := range g {
			s.Count = append(s.Count, names[n])
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Spelling) int { return cmp.Compare(a.Names[0], b.Names[0]) })
	return all
}

var bodyWords = strings.NewReplacer("人民政府", "政府", "管理委员会", "管委", "管委会", "管委", "委员会", "委", "市场监督管理局", "市场监管局",
	"人力资源和社会保障", "人社", "人力资源社会保障", "人社", "卫生健康委员会", "卫生健康委", "（", "(", "）", ")", "　", "", " ", "", "\t", "", "\n", "", "\r", "", "·", "")

// PlainBody is the name of a body without what may be written either way: two
// names with the same one mean the same body.
func PlainBody(name string) string {
	s := bodyWords.Replace(strings.TrimSpace(name))
	if i := strings.Index(s, "("); i > 0 { // another name of the same office
		s = s[:i]
	}
	if before, ok := strings.CutSuffix(s, "政府办公室"); ok { // what a district's office publishes is the district's
		s = before + "政府"
	}
	if before, rest, ok := strings.Cut(s, "省"); ok && rest != "" && len([]rune(before)) <= 3 {
		s = "省" + rest // 海南省医疗保障局 and 省医疗保障局
	}
	if _, rest, ok := strings.Cut(s, "市"); ok && len([]rune(rest)) > 4 && strings.ContainsAny(string([]rune(rest)[:4]), "区县") {
		s = rest // 上海市静安区… and 静安区…; an office of the city itself keeps its name
	}
	return s
}
