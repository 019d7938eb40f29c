package dataset

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/selection"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
)

// row shows one row by its place.
func (s *Service) row(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "preview")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || n < 0 || !v.Readable || n >= v.Rows() {
		return problem.New(problem.NotFound, "dataset.no_such_row", "number", c.Param("number"))
	}
	q := selection.Select{Limit: 1}
	if n > 0 {
		q.After = []any{json.Number(strconv.FormatInt(n-1, 10))}
	}
	a, err := s.Queries.At(c.Request.Context(), v.reading, q)
	if err != nil {
		return err
	}
	if err := v.count(c, record.View, "html", 1); err != nil {
		return err
	}
	p := rowPage{view: v, Number: n, Place: n + 1}
	for i, col := range a.Columns {
		item, _ := v.Entry.Item(col.Name)
		p.Cells = append(p.Cells, rowCell{Item: item, Name: col.Name, cellView: cellOf(col, a.Rows[0][i])})
	}
	if n > 0 {
		p.Previous = v.URL("dataset.row", v.Entry.Slug, n-1) + v.versionQuery()
	}
	if n+1 < v.Rows() {
		p.Following = v.URL("dataset.row", v.Entry.Slug, n+1) + v.versionQuery()
	}
	p.NoIndex = true
	return s.pages.Render(c, http.StatusOK, "row", p)
}

type rowPage struct {
	*view
	Number, Place       int64
	Cells               []rowCell
	Previous, Following string
}

type rowCell struct {
	cellView
	Item openlist.Item
	Name string
}

// Object returns the address of the form of an objection to this row: told by
// the values of its key, or by its place.
func (p rowPage) Object() string {
	row := "#" + strconv.FormatInt(p.Place, 10)
	if len(p.Entry.Key) > 0 {
		var key []string
		for _, cell := range p.Cells {
			if slices.Contains(p.Entry.Key, cell.Name) {
				key = append(key, cell.Name+"="+cell.Text)
			}
		}
		row = strings.Join(key, " ")
	}
	return p.Dataset(p.Entry.Slug) + "/object?" + url.Values{"row": {row}}.Encode()
}

// Title returns what the field means, or its name.
func (r rowCell) Title(l locale.Lang) string { return r.Item.Title.In(l) }
