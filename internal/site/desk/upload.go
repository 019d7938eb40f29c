package desk

import (
	"io"
	"net/http"
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

// sending is what a person says of a file.
type sending struct {
	Kind      version.Kind `json:"kind"`
	UpdatedOn workday.Date `json:"updated_on"`
	Note      locale.Text  `json:"note"`
	NotSecret bool         `json:"not_secret"` // 不涉密
	Upload    string       `json:"upload"`     // id of a file that has arrived already; "" if it comes with the form
}

// uploadPage is where a file is sent.
type uploadPage struct {
	at
	Form       layout.Form
	Unfinished []version.Sending
	Most       int64 // bytes
	Begin      string
	Kinds      []layout.Option
}

func (s *Service) upload(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	if err := version.Table.Permit("", "ingest", a.Who, nil); err != nil {
		return err
	}
	return s.showUpload(c, a, http.StatusOK, layout.Blank(c, sending{Kind: version.Full, UpdatedOn: s.today()}))
}

func (s *Service) showUpload(c *web.Context, a at, status int, form layout.Form) error {
	a.under(c.Say("desk.upload"))
	p := uploadPage{at: a, Form: form, Most: s.MaxUpload, Begin: "/api/v1/datasets/" + a.Entry.Slug + "/uploads"}
	for _, k := range version.Kinds {
		p.Kinds = append(p.Kinds, layout.Option{Value: string(k), Label: c.Say("version.kind." + string(k))})
	}
	var err error
	if p.Unfinished, err = s.Versions.Unfinished(c.Request.Context(), c.Actor, a.Entry.Slug); err != nil {
		return err
	}
	return s.pages.Render(c, status, "upload", p)
}

// receive takes a file with the form, or one that has arrived in pieces.
func (s *Service) receive(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	if err := version.Table.Permit("", "ingest", a.Who, nil); err != nil {
		return err
	}
	v, err := s.take(c, a)
	if p := layout.Told(err); p != nil {
		return s.showUpload(c, a, layout.Status, layout.Again(c, p))
	}
	if err != nil {
		return err
	}
	return say(c, a.URL("desk.version", v.Dataset, v.Number), "desk.said_received")
}

// take reads the form. The file stands last in it, so that what a person says
// of the file is known, and found in order, before its first byte is stored.
func (s *Service) take(c *web.Context, a at) (v version.Version, err error) {
	ctx, taken := c.Request.Context(), false
	if err := c.Files(func(field, name string, file io.Reader) error {
		if field != "/file" || taken {
			return nil
		}
		var in sending
		if err := c.Form(&in); err != nil {
			return err
		}
		taken = true
		v, err = s.Versions.Receive(ctx, c.Actor, in.of(a.Entry.Slug, name), http.MaxBytesReader(c.Writer, io.NopCloser(file), s.MaxUpload))
		return err
	}); err != nil || taken {
		return v, tooLarge(err, s.MaxUpload)
	}
	var in sending
	unread := c.Form(&in)
	if in.Upload != "" && unread == nil {
		return s.Versions.Finish(ctx, c.Actor, in.of(a.Entry.Slug, ""), in.Upload)
	}
	var p problem.List
	if unread == nil {
		p = version.Said(version.Facts{Today: s.today()}, version.Ingest{Kind: in.Kind, UpdatedOn: in.UpdatedOn, NotSecret: in.NotSecret})
	} else if rest := p.Merge(unread); rest != nil {
		return v, rest
	}
	if in.Upload == "" {
		p.Add("/file", "desk.no_file")
	}
	return v, p.Err()
}

func (in sending) of(slug, name string) version.Upload {
	return version.Upload{Dataset: slug, Kind: in.Kind, Name: name, UpdatedOn: in.UpdatedOn, Note: in.Note, NotSecret: in.NotSecret}
}

func tooLarge(err error, most int64) error {
	if web.TooLong(err) {
		return problem.New(problem.TooLarge, "version.too_large", "max", most>>20)
	}
	return err
}

func (s *Service) cancelUpload(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	if err := s.Versions.Cancel(c.Request.Context(), c.Actor, c.Param("id")); err != nil {
		return err
	}
	return say(c, a.URL("desk.upload", a.Entry.Slug), "desk.said_cancelled")
}

// move carries out a button: release, return, waive, rule, recall, discard.
func (s *Service) move(c *web.Context) error {
	a, err := s.open(c)
	if err != nil {
		return err
	}
	n, err := number(c)
	if err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
		Column string `json:"column"` // of a ruling
	}
	if err := c.Form(&in); err != nil {
		return err
	}
	verb := lastPart(c.Request.URL.Path)
	_, err = s.Versions.Do(c.Request.Context(), c.Actor, a.Entry.Slug, n, command(verb, in.Reason, in.Column))
	if p := layout.Told(err); p != nil {
		return s.showVersion(c, a, n, layout.Status, shown{Moved: verb, Form: layout.Again(c, p)})
	}
	if err != nil {
		return err
	}
	to := a.URL("desk.version", a.Entry.Slug, strconv.Itoa(n))
	if verb == "discard" {
		to = a.URL("desk.dataset", a.Entry.Slug)
	}
	return say(c, to, "desk.said_"+verb)
}

func command(verb, reason, column string) version.Command {
	switch verb {
	case "release":
		return version.Release{}
	case "return":
		return version.Return{Reason: reason}
	case "waive":
		return version.Waive{Reason: reason}
	case "rule":
		return version.Rule{Column: column, Reason: reason}
	case "recall":
		return version.Recall{Reason: reason}
	}
	return version.Discard{}
}

func lastPart(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}
