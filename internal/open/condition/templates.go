package condition

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// shelf is the case under which casework/material keeps an entry's templates.
func shelf(entry string) string { return "condition/" + entry }

// MayAttach returns nil if who may add a template to a draft, before a byte of
// it is read.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, entry string, version int, materialID string) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := s.templated(tx, who, entry, version, materialID, "")
		return err
	})
}

// templated returns a draft in which the material has the template, for who
// may write it.
func (s *Service) templated(tx *database.Tx, who permit.Actor, entry string, version int, materialID, template string) (r row, err error) {
	if r, err = s.see(tx, who, entry, version); err != nil {
		return r, err
	}
	if err := Table.Permit(r.Stage, Fill{}.Verb(), who.For(r.Body), r.Did); err != nil {
		return r, err
	}
	i := slices.IndexFunc(r.Materials, func(m Material) bool { return m.ID == materialID })
	if i < 0 {
		return r, notFound()
	}
	r.Materials = slices.Clone(r.Materials)
	r.Materials[i].Template = template
	return r, nil
}

// Attach gives a material of a draft its template, a file that was received
// and looked at by casework/material.
func (s *Service) Attach(ctx context.Context, who permit.Actor, entry string, version int, materialID string, f *material.Scratch) (set Set, err error) {
	_, err = s.Materials.Keep(ctx, who, shelf(entry), f, func(tx *database.Tx, m material.Material) error {
		with, err := s.templated(tx, who, entry, version, materialID, m.ID)
		if err != nil {
			return err
		}
		r, err := s.see(tx, who, entry, version)
		if err == nil {
			r, err = s.move(tx, who, r, Fill{with.Content})
		}
		set = r.Set
		return err
	})
	return set, err
}

// Template opens a template: one that a set names which who may see. Close it.
func (s *Service) Template(ctx context.Context, who permit.Actor, entry, file string) (c material.Content, err error) {
	all, err := s.History(ctx, who, entry)
	if err != nil {
		return c, err
	}
	if !slices.ContainsFunc(all, func(set Set) bool { return set.names(file) }) {
		return c, notFound()
	}
	return s.Materials.Open(ctx, who, shelf(entry), file)
}

// tidy forgets the templates that no set of the entry names any more.
func (s *Service) tidy(tx *database.Tx, entry string) error {
	sets, err := list(tx, `entry = ? AND stage <> 'discarded' ORDER BY number DESC`, entry)
	if err != nil {
		return err
	}
	files, err := s.Materials.List(tx, permit.Platform, shelf(entry))
	if err != nil {
		return err
	}
	for _, m := range files {
		if m.Purged() || slices.ContainsFunc(sets, func(r row) bool { return r.names(m.ID) }) {
			continue
		}
		if err := s.Materials.Remove(tx, permit.Platform, shelf(entry), m.ID); err != nil {
			return err
		}
	}
	return nil
}
