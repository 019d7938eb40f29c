package version

import (
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
)

// without are the stages in which a version's file may be sent once more.
var without = []Stage{StageRefused, StageDiscarded, StageRecalled}

func (s *Service) facts(tx *database.Tx, who permit.Actor, v Version, c Command) (Facts, error) {
	f := Facts{Who: who, Today: workday.Of(s.Clock.Now())}
	dataset, kind, hash := v.Dataset, v.Kind, ""
	if c, ok := c.(Ingest); ok {
		dataset, kind, hash = c.Dataset, c.Kind, c.Origin.Hash
	}
	e, err := s.Entries.GetTx(tx, permit.Platform, dataset)
	if err != nil {
		return f, err
	}
	f.Open = OpenToAll(kind, string(e.Opening))
	if f.Unconditioned, err = s.unconditioned(tx, e, f.Open); err != nil {
		return f, err
	}
	all, err := list(tx, dataset)
	var rulings []Ruling
	for _, other := range all {
		rulings = append(rulings, other.Rulings...)
		if other.Kind == kind && other.Stage == StageReleased {
			f.Before, f.Released = other.Outcome.SchemaHash, other.Number
		}
		if other.Origin.Hash == hash && !slices.Contains(without, other.Stage) {
			f.Same = other.Number
		}
	}
	f.Rulings = newest(rulings)
	return f, err
}
