package dataset

import (
	"strconv"

	"kaishu/internal/base/locale"
	"kaishu/internal/infra/tabular"
	"kaishu/internal/infra/web"
	"kaishu/internal/open/version"
	"kaishu/internal/site/layout"
)

type versionsPage struct {
	*view
	List       []versionRow
	Comparable []int // numbers of the versions that the reader may compare
}

// versionRow is one version beside the one before it.
type versionRow struct {
	version.Version
	Stage   string // word
	Kind    string // word
	Tone    layout.Tone
	Href    string
	Base    string // of its files
	Rows    int64
	RowsBy  int64 // rows more than the version before
	Fields  int   // fields that changed since the version before
	Before  int   // number of the version before; 0 if there is none to compare
	Compare string
	Files   []downloadLink
	Shown   bool   // its rows may be told
	Aside   string // address of the list of what was set aside; "" if nothing was
}

func (s *Service) versions(c *web.Context) error {
	v, err := s.look(c, c.Param("slug"), "versions")
	if err != nil {
		return err
	}
	all, err := s.Versions.List(c.Request.Context(), c.Actor, v.Entry.Slug)
	if err != nil {
		return err
	}
	p := &versionsPage{view: v}
	for i, one := range all {
		row := s.versionRow(c, v, one, older(all[i+1:], one))
		if p.List = append(p.List, row); row.Shown {
			p.Comparable = append(p.Comparable, one.Number)
		}
	}
	return s.pages.Render(c, v.status(), "versions", p)
}

// older returns the next older readable version of the same kind.
func older(rest []version.Version, than version.Version) *version.Version {
	for i, v := range rest {
		if v.Kind == than.Kind && v.Readable() {
			return &rest[i]
		}
	}
	return nil
}

// By writes how many rows more or fewer there are than before: "+12".
func (r versionRow) By() string {
	if r.RowsBy > 0 {
		return "+" + locale.Count(r.RowsBy)
	}
	return locale.Count(r.RowsBy)
}

func (s *Service) versionRow(c *web.Context, v *view, one version.Version, before *version.Version) versionRow {
	number := strconv.Itoa(one.Number)
	r := versionRow{Version: one, Stage: c.Say("version.stage." + string(one.Stage)), Kind: c.Say("version.kind." + string(one.Kind)), Tone: "plain",
		Href: v.URL("dataset.preview", v.Entry.Slug) + "?version=" + number, Base: "/datasets/" + v.Entry.Slug + "/versions/" + number}
	switch one.Stage {
	case version.StageReleased:
		r.Tone = "good"
	case version.StageRecalled:
		r.Tone = "bad"
	}
	if r.Shown = one.Readable() && s.Door.MayRead(c.Actor, v.Entry, one) == nil; !r.Shown {
		return r
	}
	r.Rows = one.Outcome.Rows
	if one.Outcome.SetAside != "" {
		r.Aside = r.Base + "/set-aside.ndjson"
	}
	for _, f := range one.Files {
		if f.Refused == "" {
			r.Files = append(r.Files, downloadLink{Label: label(tabular.Format(f.Format)), Href: r.Base + "/" + v.Entry.Slug + "." + f.Format, Bytes: f.Bytes})
		}
	}
	if before != nil {
		changes, _ := tabular.CompareFields(before.Outcome.Schema, one.Outcome.Schema)
		r.RowsBy, r.Fields, r.Before = one.Outcome.Rows-before.Outcome.Rows, len(changes), before.Number
		r.Compare = v.URL("dataset.compare", v.Entry.Slug) + "?from=" + strconv.Itoa(before.Number) + "&to=" + number
	}
	return r
}
