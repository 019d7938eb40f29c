package download

import (
	"embed"
	"io"
	"net/http"
	"strconv"
	"time"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/record"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/obtain/access"
)

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Service hands out files.
type Service struct{ door *access.Service }

// New returns the service behind door.
func New(door *access.Service) *Service { return &Service{door: door} }

// Routes are the addresses of this package.
func (s *Service) Routes() []web.Route {
	number := web.Param{Name: "n", Type: "string", Example: "latest"}
	return []web.Route{
		{Method: "GET", Path: "/datasets/{slug}/versions/{n}/{file}", Name: "download.file", May: permit.Public, API: true,
			Place: []web.Param{number, {Name: "file", Type: "string", Example: "data.csv"}},
			Query: []web.Param{{Name: "encoding", Type: "string", Enum: Encodings, Default: Encodings[0]}},
			Media: []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/json",
				"application/x-ndjson", "application/vnd.apache.parquet", "application/geo+json"},
			Do: s.file},
		{Method: "GET", Path: "/datasets/{slug}/versions/{n}/original", Name: "download.original", May: permit.Public, API: true,
			Place: []web.Param{number}, Media: []string{"application/octet-stream"}, Do: s.original},
		{Method: "GET", Path: "/datasets/{slug}/versions/{n}/set-aside.ndjson", Name: "download.set_aside", May: permit.Public, API: true,
			Place: []web.Param{number}, Media: []string{"application/x-ndjson"}, Do: s.setAside},
	}
}

// Bulk returns the address of the whole file of the dataset that q asks for
// piece by piece; "" if it asks for none.
func Bulk(q *http.Request) string {
	if slug := q.PathValue("slug"); slug != "" {
		return "/datasets/" + slug + "/versions/latest/data.csv"
	}
	return ""
}

// Number reads the version number of an address; "latest" is access.Latest.
func Number(text string) (int, error) {
	if text == "latest" {
		return access.Latest, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || strconv.Itoa(n) != text {
		return 0, problem.New(problem.NotFound, "download.bad_number", "number", text)
	}
	return n, nil
}

func (s *Service) open(c *web.Context) (*access.Reading, web.Freshness, error) {
	n, err := Number(c.Param("n"))
	if err != nil {
		return nil, web.Latest, err
	}
	r, err := s.door.Open(c.Request.Context(), c.Actor, c.Param("slug"), n)
	if err == nil && n != access.Latest {
		return r, web.Immutable, nil
	}
	return r, web.Latest, err
}

func (s *Service) file(c *web.Context) error {
	want, err := Parse(c.Param("file"), c.Query("encoding"))
	if err != nil {
		return err
	}
	r, fresh, err := s.open(c)
	if err != nil {
		return err
	}
	format := tabular.Format(want.Extension)
	content, f, err := r.File(c.Request.Context(), format)
	if err != nil {
		return err
	}
	defer content.Close()
	rows := r.Version.Outcome.Rows
	name := FileName(r.Entry.Title.In(locale.ZH), want.Extension)
	if want.Encoding != Encodings[0] {
		media := tabular.CSV.MediaType()
		if want.Encoding == "gb18030" {
			media = "text/csv; charset=gb18030; header=present"
		}
		if err := r.Count(c.Request.Context(), record.Download, want.Extension, rows, f.Bytes); err != nil {
			return err
		}
		return c.Stream(media, name, func(w io.Writer) error { return tabular.Recode(w, content, want.Encoding) })
	}
	if err := r.Count(c.Request.Context(), record.Download, want.Extension, rows, f.Bytes); err != nil {
		return err
	}
	return c.File(web.File{Name: name, MediaType: format.MediaType(), SHA256: f.Hash, Modified: day(r), Fresh: fresh, Content: content})
}

func (s *Service) original(c *web.Context) error {
	r, fresh, err := s.open(c)
	if err != nil {
		return err
	}
	content, o, err := r.Original(c.Request.Context())
	if err != nil {
		return err
	}
	defer content.Close()
	if err := r.Count(c.Request.Context(), record.Download, "original", 0, o.Bytes); err != nil {
		return err
	}
	return c.File(web.File{Name: o.Name, MediaType: "application/octet-stream", SHA256: o.Hash, Modified: day(r), Fresh: fresh, Content: content})
}

func (s *Service) setAside(c *web.Context) error {
	r, fresh, err := s.open(c)
	if err != nil {
		return err
	}
	content, err := r.SetAside(c.Request.Context())
	if err != nil {
		return err
	}
	if content == nil {
		return problem.New(problem.NotFound, "download.nothing_set_aside")
	}
	defer content.Close()
	return c.File(web.File{Name: r.Entry.Slug + "-set-aside.ndjson", MediaType: tabular.NDJSON.MediaType(),
		SHA256: r.Version.Outcome.SetAside, Modified: day(r), Fresh: fresh, Content: content})
}

// day is when the version was released, as HTTP's Last-Modified.
func day(r *access.Reading) time.Time { return r.Version.ReleasedOn.Time() }
