package application

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// MayAttach returns nil if who may add a copy to a draft, before a byte of it
// is read.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, caseID string) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := s.writable(tx, who, caseID)
		return err
	})
}

func (s *Service) writable(tx *database.Tx, who permit.Actor, caseID string) (row, error) {
	r, err := see(tx, who, caseID)
	if err != nil {
		return r, err
	}
	f, err := s.facts(tx, who, Identity{}, r, Fill{})
	if err == nil {
		_, err = Decide(f, r.Case, Fill{})
	}
	if err == nil && len(r.draft.Files) >= MaxFiles {
		var p problem.List
		p.Add("/files", "application.too_many_files", "most", MaxFiles)
		err = p.Err()
	}
	return r, err
}

// Attach adds a received copy to a draft, for an item of the materials. Until
// is the last day on which what it proves holds; "" for no end.
func (s *Service) Attach(ctx context.Context, who permit.Actor, caseID, item string, until workday.Date, f *material.Scratch) error {
	var p problem.List
	if until != "" && !until.Valid() {
		p.Add("/until", "application.no_day")
	}
	if err := p.Err(); err != nil {
		return err
	}
	_, err := s.Materials.Keep(ctx, who, caseID, f, func(tx *database.Tx, m material.Material) error {
		r, err := s.writable(tx, who, caseID)
		if err != nil {
			return err
		}
		asks, err := s.asks(tx, who, r)
		if err != nil {
			return err
		}
		if !asked(asks, item) {
			p.Add("/item", "application.not_asked", "item", item)
			return p.Err()
		}
		files := append(slices.Clone(r.draft.Files), File{ID: m.ID, Item: item, Name: m.Name, SHA256: m.SHA256, Bytes: m.Bytes, Until: until})
		_, err = s.move(tx, who, Identity{}, r, attach{files: files})
		return err
	})
	return err
}

func asked(asks map[string]Ask, item string) bool {
	for _, a := range asks {
		if slices.ContainsFunc(a.Items, func(i Item) bool { return i.ID == item }) {
			return true
		}
	}
	return false
}

// Detach takes a copy away from a draft. Its bytes are removed, unless it was
// handed in with an earlier round.
func (s *Service) Detach(ctx context.Context, who permit.Actor, caseID, file string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, caseID)
		if err != nil {
			return err
		}
		is := func(f File) bool { return f.ID == file }
		if !slices.ContainsFunc(r.draft.Files, is) {
			return problem.New(problem.NotFound, "material.not_found")
		}
		if _, err := s.move(tx, who, Identity{}, r, attach{files: slices.DeleteFunc(slices.Clone(r.draft.Files), is)}); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Content.Files, is) {
			return nil
		}
		return s.Materials.Remove(tx, permit.Platform, caseID, file)
	})
}

// File opens a copy, for whoever may see the application. Close it.
func (s *Service) File(ctx context.Context, who permit.Actor, caseID, file string) (c material.Content, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := see(tx, who, caseID)
		return err
	})
	if err != nil {
		return c, err
	}
	return s.Materials.Open(ctx, who, caseID, file)
}
