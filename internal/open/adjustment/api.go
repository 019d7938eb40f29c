package adjustment

import (
	"context"
	"net/http"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/openlist"
)

// Media are the types of documents.
var Media = []string{material.PDF, material.PNG, material.JPEG, material.DOCX, material.XLSX, material.PPTX}

// Checked is what Articles 9 to 16 find of an entry, in words.
type Checked struct {
	Entry    string        `json:"entry"`
	Findings int           `json:"findings"`
	Gates    []CheckedGate `json:"gates"`
}

// CheckedGate is one demand.
type CheckedGate struct {
	Name    string         `json:"name"`
	Article string         `json:"article"`
	Title   string         `json:"title"`
	Holds   bool           `json:"holds"`
	Fails   []CheckedFault `json:"fails,omitempty"`
	Notes   []CheckedFault `json:"notes,omitempty"`
}

// CheckedFault is one fault, in the reader's language.
type CheckedFault struct {
	Pointer string `json:"pointer"` // in the description
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Begin is what begins an order.
type Begin struct {
	Kind Kind `json:"kind"`
}

// MayKnow is the rule of asking for one order: who may see which is decided
// once it is found.
var MayKnow = permit.Rule{Act: "adjustment.know", By: []permit.Role{permit.Visitor}, Article: "11(1)"}

// Routes are the addresses of this package.
func Routes(s *Service) []web.Route {
	one := []web.Param{{Name: "id", Type: "string", Example: "adj_01JD8X"}}
	entry := []web.Param{{Name: "slug", Type: "string", Example: "airports"}}
	file := append(one[:1:1], web.Param{Name: "file", Type: "string", Example: "mat_01JD8X"})
	list := []web.Param{{Name: "after", Type: "string"}, {Name: "limit", Type: "integer", Default: "50"}}
	act := func(verb string, body any, read func(*web.Context) (Command, error)) web.Route {
		return web.Route{Method: "POST", Path: "/api/v1/adjustments/{id}/" + verb, Name: "adjustment." + verb, May: Table.Rule("adjustment", verb), API: true, Place: one, Body: body, Answer: View{},
			Do: func(c *web.Context) error { return s.apiDo(c, read) }}
	}
	plainly := func(x Command) func(*web.Context) (Command, error) {
		return func(*web.Context) (Command, error) { return x, nil }
	}
	return append(followRoutes(s, entry), []web.Route{
		{Method: "GET", Path: "/api/v1/adjustments", Name: "adjustment.mine", May: MayWork, API: true, Query: list, Answer: Page{}, Do: paged(s.Mine)},
		{Method: "GET", Path: "/api/v1/adjustments/queue", Name: "adjustment.queue", May: MayReview, API: true, Query: list, Answer: Page{}, Do: paged(s.Queue)},
		{Method: "GET", Path: "/api/v1/changes", Name: "adjustment.changes", May: MayRead, API: true, Query: append(list[:2:2], web.Param{Name: "dataset", Type: "string"}), Answer: Page{}, Do: s.apiChanges},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/compliance", Name: "adjustment.compliance", May: MayRead, API: true, Place: entry, Answer: Checked{}, Do: s.apiCompliance},
		{Method: "POST", Path: "/api/v1/entries", Name: "adjustment.new", May: openlist.Table.Rule("openlist", "describe"), API: true, Body: NewEntry{}, Answer: openlist.Entry{}, Do: s.apiNew},
		{Method: "POST", Path: "/api/v1/entries/import", Name: "adjustment.import", May: openlist.Table.Rule("openlist", "describe"), API: true, Body: Bulk{}, Answer: ImportAnswer{}, Do: s.apiImport},
		{Method: "PUT", Path: "/api/v1/datasets/{slug}/draft", Name: "adjustment.describe", May: openlist.Table.Rule("openlist", "describe"), API: true, Place: entry, Body: openlist.Description{}, Answer: openlist.Entry{}, Do: s.apiDescribe},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/adjustments", Name: "adjustment.draft", May: Table.Rule("adjustment", "draft"), API: true, Place: entry, Body: Begin{}, Answer: View{}, Do: s.apiOpen},
		{Method: "GET", Path: "/api/v1/adjustments/{id}", Name: "adjustment.get", May: MayKnow, API: true, Place: one, Answer: View{}, Do: s.apiGet},
		{Method: "PUT", Path: "/api/v1/adjustments/{id}", Name: "adjustment.fill", May: Table.Rule("adjustment", "fill"), API: true, Place: one, Body: Content{}, Answer: View{},
			Do: func(c *web.Context) error {
				return s.apiDo(c, func(c *web.Context) (Command, error) {
					var f Fill
					err := c.Body(&f.Content)
					return f, err
				})
			}},
		{Method: "POST", Path: "/api/v1/adjustments/{id}/documents", Name: "adjustment.attach", May: Table.Rule("adjustment", "fill"), API: true, Upload: true, Place: one,
			Query: []web.Param{{Name: "name", Type: "string", Example: "reason.pdf"}}, Answer: View{}, Do: s.apiAttach},
		{Method: "GET", Path: "/api/v1/adjustments/{id}/documents/{file}", Name: "adjustment.document", May: MayKnow, API: true, Place: file, Media: Media, Do: s.apiDocument},
		{Method: "DELETE", Path: "/api/v1/adjustments/{id}/documents/{file}", Name: "adjustment.detach", May: Table.Rule("adjustment", "fill"), API: true, Place: file, Answer: View{}, Do: s.apiDetach},
		act("submit", nil, plainly(Submit{})),
		act("take", nil, plainly(Take{})),
		act("acknowledge", nil, plainly(Acknowledge{})),
		act("return", Return{}, func(c *web.Context) (Command, error) {
			var r Return
			err := c.Body(&r)
			return r, err
		}),
		act("accept", Accept{}, func(c *web.Context) (Command, error) {
			var a Accept
			err := c.Body(&a)
			return a, err
		}),
		act("cancel", Cancel{}, func(c *web.Context) (Command, error) {
			var x Cancel
			err := c.Body(&x)
			return x, err
		}),
	}...)
}

func (s *Service) apiDo(c *web.Context, read func(*web.Context) (Command, error)) error {
	command, err := read(c)
	if err != nil {
		return err
	}
	seen, _, err := c.Seen()
	if err != nil {
		return err
	}
	v, err := s.Do(c.Request.Context(), c.Actor, c.Param("id"), seen, command)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiGet(c *web.Context) error {
	v, err := s.View(c.Request.Context(), c.Actor, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *Service) apiOpen(c *web.Context) error {
	var b Begin
	if err := c.Body(&b); err != nil {
		return err
	}
	v, err := s.Open(c.Request.Context(), c.Actor, c.Param("slug"), b.Kind)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/adjustments/"+v.Order.ID)
	return c.JSON(http.StatusCreated, v)
}

func (s *Service) apiDescribe(c *web.Context) error {
	var d openlist.Description
	if err := c.Body(&d); err != nil {
		return err
	}
	ctx, slug := c.Request.Context(), c.Param("slug")
	if _, err := s.Entries.Get(ctx, c.Actor, slug); err != nil {
		return err
	}
	e, err := s.Entries.Do(ctx, c.Actor, slug, openlist.Describe{Description: d})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, e)
}

// NewEntry is what begins an entry.
type NewEntry struct {
	Slug string `json:"slug"`
	openlist.Description
}

func (s *Service) apiNew(c *web.Context) error {
	var in NewEntry
	if err := c.Body(&in); err != nil {
		return err
	}
	e, err := s.NewEntry(c.Request.Context(), c.Actor, in.Slug, in.Description)
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/datasets/"+e.Slug)
	return c.JSON(http.StatusCreated, e)
}

func (s *Service) apiImport(c *web.Context) error {
	var b Bulk
	if err := c.Body(&b); err != nil {
		return err
	}
	all, err := s.Import(c.Request.Context(), c.Actor, b)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, ImportAnswer{Done: !b.Try, Items: all})
}

func (s *Service) apiChanges(c *web.Context) error {
	limit := c.Int("limit", 50, 1, 200)
	if err := c.Wrong(); err != nil {
		return err
	}
	p, err := s.Changes(c.Request.Context(), c.Actor, c.Query("dataset"), c.Query("after"), limit)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Service) apiCompliance(c *web.Context) error {
	x, err := s.Compliance(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, InWords(c, x))
}

// InWords writes what the gates found in the reader's language.
func InWords(c *web.Context, x Compliance) Checked {
	out := Checked{Entry: x.Entry, Findings: x.Findings}
	words := func(all []openlist.Finding) (faults []CheckedFault) {
		for _, f := range all {
			faults = append(faults, CheckedFault{f.Pointer, f.Code, c.SayWith(f.Code, f.Args)})
		}
		return faults
	}
	for _, g := range x.Gates {
		out.Gates = append(out.Gates, CheckedGate{Name: g.Name, Article: g.Article, Title: c.Say("openlist.gate." + g.Name), Holds: len(g.Fails) == 0, Fails: words(g.Fails), Notes: words(g.Notes)})
	}
	return out
}

func (s *Service) apiAttach(c *web.Context) error {
	ctx := c.Request.Context()
	if err := s.MayAttach(ctx, c.Actor, c.Param("id")); err != nil {
		return err
	}
	f, err := s.Materials.Receive(ctx, c.Actor, c.Query("name"), c.Request.Body)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := s.Attach(ctx, c.Actor, c.Param("id"), f); err != nil {
		return err
	}
	return s.apiGet(c)
}

func (s *Service) apiDetach(c *web.Context) error {
	if err := s.Detach(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file")); err != nil {
		return err
	}
	return s.apiGet(c)
}

func (s *Service) apiDocument(c *web.Context) error {
	f, err := s.Document(c.Request.Context(), c.Actor, c.Param("id"), c.Param("file"))
	if err != nil {
		return err
	}
	defer f.Close()
	return c.File(web.File{Name: f.Material.Name, MediaType: f.Media, SHA256: f.SHA256, Modified: f.At, Fresh: web.Personal, Showing: web.Attachment, Content: f.File})
}

// paged answers a list.
func paged(get func(ctx context.Context, who permit.Actor, after string, limit int) (Page, error)) web.Handler {
	return func(c *web.Context) error {
		limit := c.Int("limit", 50, 1, 200)
		if err := c.Wrong(); err != nil {
			return err
		}
		p, err := get(c.Request.Context(), c.Actor, c.Query("after"), limit)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, p)
	}
}
