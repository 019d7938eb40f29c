package intake

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
)

const maxName = 200 // characters

// full reports whether a recipe leaves nothing to be guessed.
func (r *Recipe) full() bool { return r != nil && len(r.Columns) > 0 }

// columns returns the columns that come out, converted coordinates last.
func (r Recipe) columns() (all []selection.Column) {
	taken := map[string]bool{}
	for _, c := range r.Columns {
		if c.Drop == "" {
			all = append(all, selection.Column{Name: c.Name, Type: c.Type, Scale: c.Scale})
			taken[strings.ToLower(c.Name)] = true
		}
	}
	if r.Coordinates.converts() {
		lon, lat := r.Coordinates.convertedNames()
		all = append(all, selection.Column{Name: lon, Type: selection.Number}, selection.Column{Name: lat, Type: selection.Number})
	}
	return all
}

// checkRecipe returns every fault of a recipe that does not depend on a file.
// A partial one has no columns.
func checkRecipe(r Recipe) error {
	var p problem.List
	if r.Version != 1 {
		p.Add("/version", "intake.recipe_version", "version", r.Version)
	}
	if len(r.Columns) > maxColumns {
		return tooMany(len(r.Columns))
	}
	if len(r.Columns) > 0 && r.Head == nil {
		p.Add("/head", "required")
	}
	if h := r.Head; h != nil && (h.Above < 0 || h.Above > maxAbove || h.Rows < 0 || h.Rows > maxHeaders) {
		p.Add("/head", "intake.head_out_of_range", "above", maxAbove, "rows", maxHeaders)
	}
	for _, choice := range []struct {
		pointer, value string
		of             []string
	}{
		{"/totals", r.Totals, []string{AsData, LeaveOut}}, {"/notes", r.Notes, []string{AsData, LeaveOut}}, {"/blanks", r.Blanks, []string{Trim, KeepBlanks}},
		{"/width", r.Width, []string{AsWritten, HalfWide}}, {"/mode", r.Mode, []string{Replace, Append}},
	} {
		if choice.value != "" && !slices.Contains(choice.of, choice.value) {
			p.Add(choice.pointer, "intake.choice_unknown", "choice", choice.value, "of", strings.Join(choice.of, ", "))
		}
	}
	if len(r.Nulls) > maxNulls {
		p.Add("/nulls", "intake.too_many_nulls", "most", maxNulls)
	}
	checkColumns(&p, r)
	checkCoordinates(&p, r)
	return p.Err()
}

const maxNulls = 50

func checkColumns(p *problem.List, r Recipe) {
	taken, out := map[string]int{}, 0
	for i, c := range r.Columns {
		at := fmt.Sprintf("/columns/%d", i)
		key := strings.ToLower(c.Name)
		switch first, again := taken[key]; {
		case c.Drop != "" && c.Drop != DropColumn:
			p.Add(at+"/drop", "intake.choice_unknown", "choice", c.Drop, "of", DropColumn)
		case c.Drop == DropColumn:
			continue
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
		out++
		if !slices.Contains(selection.Types, c.Type) {
			p.Add(at+"/type", "intake.type_unknown", "type", string(c.Type), "column", i+1)
		}
		if c.Scale < 0 || c.Scale > maxDigits || c.Scale > 0 && c.Type != selection.Decimal {
			p.Add(at+"/scale", "intake.scale_out_of_range", "column", i+1, "most", maxDigits)
		}
		if c.Fill != "" && c.Fill != FillDown {
			p.Add(at+"/fill", "intake.choice_unknown", "choice", c.Fill, "of", FillDown)
		}
	}
	if len(r.Columns) > 0 && out == 0 {
		p.Add("/columns", "intake.no_columns")
	}
}

// checkCoordinates holds the place against the columns.
func checkCoordinates(p *problem.List, r Recipe) {
	c := r.Coordinates
	if c == nil {
		return
	}
	if c.System != "" && !slices.Contains(Systems, c.System) {
		p.Add("/coordinates/system", "intake.choice_unknown", "choice", c.System, "of", strings.Join(Systems, ", "))
	}
	if len(r.Columns) == 0 {
		return
	}
	for _, end := range []struct{ pointer, name string }{{"/coordinates/longitude", c.Longitude}, {"/coordinates/latitude", c.Latitude}} {
		i := slices.IndexFunc(r.Columns, func(of RecipeColumn) bool { return of.Name == end.name && of.Drop == "" })
		if i < 0 || !r.Columns[i].Type.Numeric() {
			p.Add(end.pointer, "intake.no_such_number", "name", end.name)
		}
	}
	if c.converts() {
		lon, lat := c.convertedNames()
		for _, of := range r.Columns {
			if of.Drop == "" && (strings.EqualFold(of.Name, lon) || strings.EqualFold(of.Name, lat)) {
				p.Add("/coordinates", "intake.name_taken", "name", of.Name)
			}
		}
	}
}

// fits returns every difference between the recipe and the header of a file:
// columns that are missing, new, or in another place. Without a header, first
// are the cells of the first row.
func (r Recipe) fits(first []string) error {
	for n := len(first); n > len(r.Columns) && cleanName(first[n-1]) == ""; n-- {
		first = first[:n-1]
	}
	if r.Head.Rows == 0 {
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

// compare holds the head of the file against a full recipe. The header may
// stand on another line than before: a title more is no other table.
func compare(ctx context.Context, r reader, f *os.File, form Recipe) (Recipe, error) {
	lines, err := peek(ctx, r, f, form, maxAbove+maxHeaders+1)
	if err != nil {
		return form, err
	}
	if form.Head.Rows == 0 {
		at := min(form.Head.Above, len(lines)-1)
		if r.padded() && filledWidth(lines[at].Cells) <= len(form.Columns) {
			return form, nil
		}
		return form, form.fits(lines[at].Cells)
	}
	var first error
	for _, above := range append([]int{form.Head.Above}, upTo(len(lines)-form.Head.Rows)...) {
		if above+form.Head.Rows > len(lines) {
			continue
		}
		names := headers(lines[above : above+form.Head.Rows])
		for r.padded() && len(names) < len(form.Columns) {
			names = append(names, "")
		}
		err := form.fits(names)
		if err == nil {
			form.Head = &Head{Above: above, Rows: form.Head.Rows}
			return form, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		return form, problem.New(problem.Invalid, "intake.head_too_long", "rows", form.Head.Above+form.Head.Rows, "of", len(lines))
	}
	return form, first
}

func upTo(n int) (all []int) {
	for i := range n + 1 {
		all = append(all, i)
	}
	return all
}
