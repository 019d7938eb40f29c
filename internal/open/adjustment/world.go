package adjustment

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/grading"
	"kaishu/internal/open/openlist"
	"kaishu/internal/open/version"
)

// Sourced is how the data items of an entry are hooked to the public-data
// catalogue: the stage of the hook, and the items that have no source.
type Sourced struct {
	Stage   string
	Without []string
}

// world tells the gates what they need to know of an entry as d describes it.
func (s *Service) world(tx *database.Tx, slug string, d openlist.Description) (w openlist.World, err error) {
	w.Today = workday.Of(s.Clock.Now())
	if err := s.Entries.LookAroundTx(tx, permit.Platform, &w, slug, d); err != nil {
		return w, err
	}
	all, err := s.Versions.ListTx(tx, permit.Platform, slug)
	if err != nil {
		return w, err
	}
	lookAt(&w, all)
	if w.Graded, err = s.graded(tx, slug); err != nil {
		return w, err
	}
	if w.Conditions, err = s.Conditions.InForceTx(tx, permit.Platform, slug); err != nil {
		return w, err
	}
	items := make([]string, 0, len(d.Items))
	for _, i := range d.Items {
		items = append(items, i.Name)
	}
	sourced, err := s.Sources(tx, slug, d.Publisher, items)
	w.Hook, w.Unsourced = sourced.Stage, sourced.Without
	return w, err
}

func (s *Service) graded(tx *database.Tx, slug string) (openlist.Graded, error) {
	g, ok, err := s.Gradings.Of(tx, permit.Platform, slug)
	if err != nil || !ok {
		return openlist.Graded{}, err
	}
	sure := g.Stage == grading.StageConfirmed
	return openlist.Graded{Confirmed: sure, Due: !sure, Type: g.Type, Fields: g.Fields, Measures: len(g.Measures) > 0}, nil
}

// lookAt tells of the versions of an entry, newest first.
func lookAt(w *openlist.World, all []version.Version) {
	newest := true
	for _, v := range all {
		if v.Stage == version.StageDiscarded || v.Stage == version.StageRecalled {
			continue
		}
		if v.Kind == version.Sample {
			w.Sample = w.Sample || v.Stage == version.StageReleased
			continue
		}
		w.Held = w.Held || newest && v.Stage == version.StageBlocked
		w.Ready = w.Ready || v.Stage == version.StageReleased || v.Stage == version.StageStaged
		if newest && v.Outcome != nil {
			w.Columns = make([]string, 0, len(v.Outcome.Columns))
			for _, c := range v.Outcome.Columns {
				w.Columns = append(w.Columns, c.Name)
			}
		}
		newest = newest && v.Outcome == nil
	}
}

// Compliance is what Articles 9 to 16 find of an entry as it stands.
type Compliance struct {
	Entry    string `json:"entry"` // slug
	Gates    []Gate `json:"gates"`
	Findings int    `json:"findings"`        // that stand in the way; notes are not counted
	Order    string `json:"order,omitempty"` // id of the order that listed it or changed it last, "" for none
}

// Gate is one demand on an entry, and what fails it; nothing if it holds.
type Gate struct {
	Name    string             `json:"name"`
	Article string             `json:"article"`
	Fails   []openlist.Finding `json:"fails,omitempty"`
	Notes   []openlist.Finding `json:"notes,omitempty"`
}

// Compliance returns what holds and what fails of the entry called slug, by
// article. It is public, as far as the entry is.
func (s *Service) Compliance(ctx context.Context, who permit.Actor, slug string) (c Compliance, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		e, err := s.Entries.GetTx(tx, who, slug)
		if err != nil {
			return err
		}
		c, err = s.examine(tx, slug, e.Description)
		c.Order = e.Order
		return err
	})
	return c, err
}

func (s *Service) examine(tx *database.Tx, slug string, d openlist.Description) (c Compliance, err error) {
	w, err := s.world(tx, slug, d)
	if err != nil {
		return c, err
	}
	c.Entry = slug
	at := map[string]int{}
	for i, g := range openlist.Gates() {
		c.Gates = append(c.Gates, Gate{Name: g.Name, Article: g.Article})
		at[g.Name] = i
	}
	for _, f := range openlist.Examine(s.Entries.Codes(permit.Platform), w, slug, d) {
		g := &c.Gates[at[f.Gate]]
		if f.Note {
			g.Notes = append(g.Notes, f)
		} else {
			g.Fails = append(g.Fails, f)
			c.Findings++
		}
	}
	return c, nil
}
