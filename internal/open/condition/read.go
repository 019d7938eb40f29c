package condition

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Current returns the set of the entry that is in force, and whether there is
// one. It is public, as far as the entry is.
func (s *Service) Current(ctx context.Context, who permit.Actor, entry string) (set Set, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		set, ok, err = s.CurrentTx(tx, who, entry)
		return err
	})
	return set, ok, err
}

// CurrentTx is [Service.Current] within tx.
func (s *Service) CurrentTx(tx *database.Tx, who permit.Actor, entry string) (Set, bool, error) {
	r, err := inForce(tx, entry)
	if problem.Is(err, problem.NotFound) {
		return Set{}, false, nil
	}
	if err == nil {
		err = s.maySee(tx, who, r.Set)
	}
	if err != nil {
		return Set{}, false, err
	}
	return shown(who, r.Set), true, nil
}

// AtTx returns the set with that id: an application keeps the one under which
// it was handed in.
func (s *Service) AtTx(tx *database.Tx, who permit.Actor, setID string) (Set, error) {
	r, err := loadByID(tx, setID)
	if err == nil {
		err = s.maySee(tx, who, r.Set)
	}
	if err != nil {
		return Set{}, err
	}
	return shown(who, r.Set), nil
}

// InForceTx reports whether a set of the entry is in force: what is open under
// conditions is not opened without (Article 15(1)).
func (s *Service) InForceTx(tx *database.Tx, _ permit.Actor, entry string) (bool, error) {
	_, err := inForce(tx, entry)
	if problem.Is(err, problem.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// View returns a version of the entry's set.
func (s *Service) View(ctx context.Context, who permit.Actor, entry string, version int) (v View, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, entry, version)
		if err != nil {
			return err
		}
		v, err = s.view(tx, who, r.Set)
		return err
	})
	return v, err
}

func (s *Service) view(tx *database.Tx, who permit.Actor, set Set) (View, error) {
	v := View{Set: shown(who, set), Templates: []Template{}, Can: Table.Open(set.Stage, who.For(set.Body), set.Did)}
	files, err := s.Materials.List(tx, permit.Platform, shelf(set.Entry))
	if err != nil {
		return v, err
	}
	for _, m := range files {
		if set.names(m.ID) && !m.Purged() {
			v.Templates = append(v.Templates, Template{m.ID, m.Name, m.Media, m.Bytes, m.SHA256})
		}
	}
	before, err := list(tx, `entry = ? AND number < ? AND stage IN ('in_force','superseded') ORDER BY number DESC`, set.Entry, set.Version)
	if err == nil && len(before) > 0 {
		v.Changes = Changes(before[0].Content, set.Content)
	}
	return v, err
}

// Now returns the view of the set in force, and whether there is one.
func (s *Service) Now(ctx context.Context, who permit.Actor, entry string) (v View, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		var set Set
		if set, ok, err = s.CurrentTx(tx, who, entry); err != nil || !ok {
			return err
		}
		v, err = s.view(tx, who, set)
		return err
	})
	return v, ok, err
}

// History returns the sets of the entry that who may see, newest first, at
// most 500.
func (s *Service) History(ctx context.Context, who permit.Actor, entry string) (all []Set, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `entry = ? ORDER BY number DESC`, entry)
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch err := s.maySee(tx, who, r.Set); {
			case err == nil:
				all = append(all, shown(who, r.Set))
			case !problem.Is(err, problem.NotFound):
				return err
			}
		}
		return nil
	})
	return all, err
}

// Waiting returns the sets on which somebody works: of who's own body, and for
// whoever works for all those that hold something to endorse; oldest first, at
// most 500.
func (s *Service) Waiting(ctx context.Context, who permit.Actor) (all []Set, err error) {
	if err := MayWork.Asked(who); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		rows, err := list(tx, `stage IN ('draft','proposed','returned') AND (publisher = ? OR stage = 'proposed' AND other = 1) ORDER BY id`, who.Organisation)
		for _, r := range rows {
			if MaySee(who.For(r.Body), r.Set) {
				all = append(all, r.Set)
			}
		}
		return err
	})
	return all, err
}

// names reports whether some material of s has the template.
func (s Set) names(template string) bool {
	return slices.ContainsFunc(s.Materials, func(m Material) bool { return m.Template == template })
}

// shown returns what who learns of s: who did what is for those who work on it.
func shown(who permit.Actor, s Set) Set {
	if !MaySee(who.For(s.Body), Set{}) {
		s.Did, s.Reason = nil, ""
	}
	return s
}
