package assessment

import (
	"cmp"
	"context"
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/version"
)

// Standing is one dataset in the overview of those who look after quality.
type Standing struct {
	Slug   string      `json:"slug"`
	Title  locale.Text `json:"title"`
	Score  Score       `json:"score"`
	Broken int         `json:"broken"` // rules
	Waits  bool        `json:"waits"`  // rules or a waiver wait for the lead
}

// MaxOverview is how many datasets an overview lists. [D]
const MaxOverview = 200

// Overview returns the datasets that who looks after: those where something
// waits first, then the lowest scores, those without one last; at most
// MaxOverview of all.
func (s *Service) Overview(ctx context.Context, who permit.Actor) (items []Standing, all int, err error) {
	if err := MayRead.Asked(who); err != nil {
		return nil, 0, err
	}
	entries, err := s.Entries.List(ctx, permit.Platform)
	if err != nil {
		return nil, 0, err
	}
	latest, err := s.Versions.Latest(ctx, permit.Platform)
	if err != nil {
		return nil, 0, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		waits, err := waiting(tx)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.Listed() || !MaySee(who.For(e.Publisher)) {
				continue
			}
			x := Standing{Slug: e.Slug, Title: e.Title, Waits: waits[e.Slug]}
			if v, ok := latest[e.Slug]; ok {
				if err := x.of(tx, v); err != nil {
					return err
				}
			}
			items = append(items, x)
		}
		return nil
	})
	slices.SortStableFunc(items, func(a, b Standing) int {
		return cmp.Or(-compareBool(a.Waits, b.Waits), -compareBool(a.Score.Measured, b.Score.Measured), cmp.Compare(a.Score.Total, b.Score.Total), cmp.Compare(a.Slug, b.Slug))
	})
	all = len(items)
	return items[:min(all, MaxOverview)], all, err
}

func (x *Standing) of(tx *database.Tx, v version.Version) error {
	r, err := loadRun(tx, v.ID)
	if err != nil || r.revision == 0 {
		return err
	}
	x.Score = r.state.Score
	for _, result := range r.state.Results {
		if !result.Passed {
			x.Broken++
		}
	}
	return nil
}

// waiting are the datasets where something waits for a lead.
func waiting(tx *database.Tx) (map[string]bool, error) {
	waits := map[string]bool{}
	sets, err := list[Set](tx, "assessment", `WHERE stage = 'proposed'`)
	if err != nil {
		return nil, err
	}
	for _, r := range sets {
		waits[r.state.Dataset] = true
	}
	waivers, err := list[Waiver](tx, "assessment_waiver", `WHERE stage = 'asked'`)
	for _, r := range waivers {
		waits[r.state.Dataset] = true
	}
	return waits, err
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
