package version

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/intake"
	"kaishu/internal/infra/web"
)

// Versions is the JSON answer of the list of versions.
type Versions struct {
	Items []Version `json:"items"`
}

// Routes are the addresses of this package. maxUpload is in bytes.
func Routes(s *Service, maxUpload int64) []web.Route {
	number := []web.Param{{Name: "n", Type: "integer", Example: "1"}}
	return append(s.uploadRoutes(maxUpload), []web.Route{
		{Method: "GET", Path: "/api/v1/datasets/{slug}/versions", Name: "version.list", May: permit.Public, API: true,
			Answer: Versions{}, Do: s.apiList},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/versions/{n}", Name: "version.get", May: permit.Public, API: true,
			Place: number, Answer: Version{}, Do: s.apiGet},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions", Name: "version.receive", May: Table.Rule("version", "ingest"), API: true, Upload: true,
			Query: []web.Param{{Name: "name", Type: "string"}, {Name: "kind", Type: "string", Enum: []string{"full", "sample"}, Default: "full"},
				{Name: "not_secret", Type: "boolean", Example: "true"}, {Name: "updated_on", Type: "string"}, {Name: "note_zh", Type: "string"}, {Name: "note_en", Type: "string"},
				{Name: "recipe", Type: "string", Example: `{"version":1,"encoding":"gb18030","head":{"rows":2}}`},
				{Name: "upload", Type: "string", Example: "upl_01JD8X"}},
			Answer: Version{}, Do: func(c *web.Context) error { return s.apiReceive(c, maxUpload) }},
		{Method: "GET", Path: "/api/v1/datasets/{slug}/versions/{n}/reading", Name: "version.reading", May: MayRead, API: true,
			Place: number, Answer: Reading{}, Do: s.apiReading},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/reread", Name: "version.reread", May: Table.Rule("version", "reread"), API: true,
			Place: number, Body: intake.Recipe{}, Answer: Version{}, Do: s.apiReread},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/release", Name: "version.release", May: Table.Rule("version", "release"), API: true,
			Place: number, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Release{}) }},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/waive", Name: "version.waive", May: Table.Rule("version", "waive"), API: true,
			Place: number, Body: Waive{}, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Waive{}) }},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/rule", Name: "version.rule", May: Table.Rule("version", "rule"), API: true,
			Place: number, Body: Rule{}, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Rule{}) }},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/recall", Name: "version.recall", May: Table.Rule("version", "recall"), API: true,
			Place: number, Body: Recall{}, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Recall{}) }},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/return", Name: "version.return", May: Table.Rule("version", "return"), API: true,
			Place: number, Body: Return{}, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Return{}) }},
		{Method: "POST", Path: "/api/v1/datasets/{slug}/versions/{n}/discard", Name: "version.discard", May: Table.Rule("version", "discard"), API: true,
			Place: number, Answer: Version{}, Do: func(c *web.Context) error { return s.apiDo(c, &Discard{}) }},
	}...)
}

func (s *Service) apiList(c *web.Context) error {
	all, err := s.List(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	e, err := s.Entries.Get(c.Request.Context(), c.Actor, c.Param("slug"))
	if err != nil {
		return err
	}
	shown := make([]Version, len(all))
	for i, v := range all {
		shown[i] = Shown(c.Actor.For(e.Publisher), v, string(e.Opening))
	}
	return c.JSON(http.StatusOK, Versions{Items: shown})
}

func (s *Service) apiGet(c *web.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	v, err := s.Get(c.Request.Context(), c.Actor, c.Param("slug"), n)
	if err != nil {
		return err
	}
	e, err := s.Entries.Get(c.Request.Context(), c.Actor, v.Dataset)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, Shown(c.Actor.For(e.Publisher), v, string(e.Opening)))
}

func (s *Service) apiReceive(c *web.Context, maxUpload int64) error {
	u := Upload{Dataset: c.Param("slug"), Kind: Kind(cmp.Or(c.Query("kind"), string(Full))), Name: c.Query("name"),
		UpdatedOn: workday.Date(cmp.Or(c.Query("updated_on"), string(workday.Of(s.Clock.Now())))),
		Note:      locale.Text{ZH: c.Query("note_zh"), EN: c.Query("note_en")},
		NotSecret: c.Query("not_secret") == "true"} // the edge lets nothing else through
	if text := c.Query("recipe"); text != "" {
		u.Recipe = &intake.Recipe{}
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(u.Recipe); err != nil {
			return problem.New(problem.Invalid, "version.recipe_unreadable", "reason", err.Error())
		}
	}
	if c.Request.ContentLength > maxUpload {
		return problem.New(problem.TooLarge, "version.too_large", "max", maxUpload>>20)
	}
	var v Version
	var err error
	if sent := c.Query("upload"); sent != "" {
		v, err = s.Finish(c.Request.Context(), c.Actor, u, sent)
	} else {
		v, err = s.Receive(c.Request.Context(), c.Actor, u, http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload))
	}
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return problem.New(problem.TooLarge, "version.too_large", "max", maxUpload>>20)
	}
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", "/api/v1/datasets/"+v.Dataset+"/versions/"+strconv.Itoa(v.Number))
	return c.JSON(http.StatusAccepted, v)
}

func (s *Service) apiReading(c *web.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	r, err := s.Reading(c.Request.Context(), c.Actor, c.Param("slug"), n)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, r)
}

func (s *Service) apiReread(c *web.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	var recipe intake.Recipe
	if err := c.Body(&recipe); err != nil {
		return err
	}
	v, err := s.Reread(c.Request.Context(), c.Actor, c.Param("slug"), n, recipe)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, v)
}

// apiDo decodes the command's body, if it has one, and asks for it.
func (s *Service) apiDo(c *web.Context, command Command) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if command, err = decode(c, command); err != nil {
		return err
	}
	v, err := s.Do(c.Request.Context(), c.Actor, c.Param("slug"), n, command)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func decode(c *web.Context, command Command) (Command, error) {
	switch x := command.(type) {
	case *Waive:
		err := c.Body(x)
		return *x, err
	case *Rule:
		err := c.Body(x)
		return *x, err
	case *Recall:
		err := c.Body(x)
		return *x, err
	case *Return:
		err := c.Body(x)
		return *x, err
	case *Discard:
		return *x, nil
	}
	return Release{}, nil
}

func number(c *web.Context) (int, error) {
	n, err := strconv.Atoi(c.Param("n"))
	if err != nil || n < 1 {
		return 0, notFound(c.Param("slug"), n)
	}
	return n, nil
}

// Missing returns the objects that a version names and the shelf does not
// hold. It is part of kaishu check.
func (s *Service) Missing(ctx context.Context, _ permit.Actor) (missing []string, err error) {
	var all []row
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		all, err = everything(tx)
		return err
	})
	for _, v := range all {
		for _, hash := range v.objects() {
			if _, err := s.Shelf.Path(hash); err != nil {
				missing = append(missing, hash+" of "+v.ID)
			}
		}
	}
	return missing, err
}

// objects lists what v needs on the shelf.
func (v Version) objects() []string {
	all := []string{v.Origin.Hash}
	if v.Recipe != "" {
		all = append(all, v.Recipe)
	}
	if o := v.Outcome; o != nil {
		all = append(all, o.Parquet, o.Profile, o.Recipe)
		for _, more := range []string{o.SetAside, o.Preview} {
			if more != "" {
				all = append(all, more)
			}
		}
	}
	for _, f := range v.Files {
		if f.Refused == "" {
			all = append(all, f.Hash)
		}
	}
	return all
}
