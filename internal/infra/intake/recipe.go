package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

const maxName = 200 // characters

// cleanName returns a header without blanks around it, with single blanks
// inside, and without signs that do not show.
func cleanName(source string) string {
	seen := strings.Map(func(r rune) rune {
		if r == '\ufeff' || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, source)
	return strings.Join(strings.Fields(seen), " ")
}

// columnNames returns the names to publish: unique, letters of either case
// being the same, as engines have it.
func columnNames(sources []string) []string {
	names, taken := make([]string, len(sources)), map[string]bool{}
	for i, source := range sources {
		name := cleanName(source)
		if name == "" {
			name = "列" + strconv.Itoa(i+1)
		}
		unique := name
		for n := 2; taken[strings.ToLower(unique)]; n++ {
			unique = name + "_" + strconv.Itoa(n)
		}
		taken[strings.ToLower(unique)] = true
		names[i] = unique
	}
	return names
}

// checkRecipe returns every fault of a recipe that does not depend on a file.
func checkRecipe(r Recipe) error {
	var p problem.List
	if r.Version != 1 {
		p.Add("/version", "intake.recipe_version", "version", r.Version)
	}
	if len(r.Columns) == 0 {
		p.Add("/columns", "intake.no_columns")
	}
	if len(r.Columns) > maxColumns {
		return tooMany(len(r.Columns))
	}
	taken := map[string]int{}
	for i, c := range r.Columns {
		at := fmt.Sprintf("/columns/%d", i)
		key := strings.ToLower(c.Name)
		switch first, again := taken[key]; {
		case strings.TrimSpace(c.Name) == "":
			p.Add(at+"/name", "intake.name_missing", "column", i+1)
		case utf8.RuneCountInString(c.Name) > maxName:
			p.Add(at+"/name", "intake.name_too_long", "column", i+1, "most", maxName)
		case strings.ContainsFunc(c.Name, unicode.IsControl) || !utf8.ValidString(c.Name):
			p.Add(at+"/name", "intake.name_unprintable", "column", i+1)
		case again:
			p.Add(at+"/name", "intake.name_repeated", "name", c.Name, "column", i+1, "first", first)
		default:
			taken[key] = i + 1
		}
		if !slices.Contains(selection.Types, c.Type) {
			p.Add(at+"/type", "intake.type_unknown", "type", string(c.Type), "column", i+1)
		}
		if c.Scale < 0 || c.Scale > maxDigits || c.Scale > 0 && c.Type != selection.Decimal {
			p.Add(at+"/scale", "intake.scale_out_of_range", "column", i+1, "most", maxDigits)
		}
	}
	return p.Err()
}

// fits returns every difference between the recipe and the first record of a
// file: columns that are missing, new, or in another place.
func (r Recipe) fits(first []string) error {
	for n := len(first); n > len(r.Columns) && cleanName(first[n-1]) == ""; n-- {
		first = first[:n-1]
	}
	if r.HeaderRows == 0 {
		if len(first) == len(r.Columns) {
			return nil
		}
		return problem.New(problem.Invalid, "intake.column_count", "want", len(r.Columns), "got", len(first))
	}
	want := map[string][]int{} // places by header, in order
	for i, c := range r.Columns {
		key := cleanName(c.Source)
		want[key] = append(want[key], i)
	}
	var p problem.List
	for i, header := range first {
		key := cleanName(header)
		places := want[key]
		if len(places) == 0 {
			p.Add(fmt.Sprintf("/header/%d", i), "intake.column_new", "column", i+1, "name", key)
			continue
		}
		at := 0
		if same := slices.Index(places, i); same >= 0 {
			at = same
		} else {
			p.Add(fmt.Sprintf("/columns/%d", places[0]), "intake.column_moved", "name", key, "want", places[0]+1, "got", i+1)
		}
		want[key] = slices.Delete(places, at, at+1)
	}
	for i, c := range r.Columns {
		if key := cleanName(c.Source); slices.Contains(want[key], i) {
			p.Add(fmt.Sprintf("/columns/%d", i), "intake.column_missing", "column", i+1, "name", key)
		}
	}
	return renamed(p.Err())
}

// renamed gives the differences their own headline.
func renamed(err error) error {
	if e := problem.As(err); e != nil {
		e.Code = "intake.recipe_does_not_fit"
	}
	return err
}
