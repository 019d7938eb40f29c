package proof

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// Attach adds a copy to a draft of who.
func (s *Service) Attach(ctx context.Context, who permit.Actor, caseID string, f *material.Scratch) error {
	_, err := s.Materials.Keep(ctx, who, caseID, f, func(tx *database.Tx, _ material.Material) error {
		return s.touch(tx, who, caseID)
	})
	return err
}

// MayAttach returns nil if who may add a copy to a draft, before a byte of it
// is read.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, caseID string) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := see(tx, who, caseID)
		if err != nil {
			return err
		}
		f, err := s.facts(tx, who, r, Fill{})
		if err == nil {
			_, err = Decide(f, r.Case, Fill{})
		}
		if err == nil && f.Files >= MaxFiles {
			err = tooMany()
		}
		return err
	})
}

func tooMany() error {
	var p problem.List
	p.Add("/file", "proof.too_many_files", "most", MaxFiles)
	return p.Err()
}

// touch notes that who worked on his draft.
func (s *Service) touch(tx *database.Tx, who permit.Actor, caseID string) error {
	r, err := see(tx, who, caseID)
	if err != nil {
		return err
	}
	f, err := s.form(r)
	if err != nil {
		return err
	}
	files, err := s.Materials.List(tx, who, caseID)
	n := 0
	for _, m := range files {
		if !m.Purged() {
			n++
		}
	}
	if err == nil && n > MaxFiles {
		err = tooMany()
	}
	if err != nil {
		return err
	}
	_, err = s.move(tx, who, r, Fill{Form: f})
	return err
}

// Detach takes a copy away from a draft of who; its bytes are removed.
func (s *Service) Detach(ctx context.Context, who permit.Actor, caseID, file string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if err := s.touch(tx, who, caseID); err != nil {
			return err
		}
		return s.Materials.Remove(tx, who, caseID, file)
	})
}

// File opens a copy, for the applicant and the officers. Close it.
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
