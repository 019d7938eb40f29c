package adjustment

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// Attach adds a received document to an order that is being written.
func (s *Service) Attach(ctx context.Context, who permit.Actor, orderID string, f *material.Scratch) error {
	_, err := s.Materials.Keep(ctx, who, orderID, f, func(tx *database.Tx, m material.Material) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		_, err = s.move(tx, who, r, Fill{Content: r.Content, Documents: append(slices.Clone(r.Documents), Document{m.ID, m.Name, m.SHA256})})
		return err
	})
	return err
}

// MayAttach returns nil if who may add a document to the order.
func (s *Service) MayAttach(ctx context.Context, who permit.Actor, orderID string) error {
	return s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		return Table.Permit(r.Stage, Fill{}.Verb(), who.For(r.Body), r.Did)
	})
}

// Detach takes a document away from an order that is being written.
func (s *Service) Detach(ctx context.Context, who permit.Actor, orderID, document string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(r.Documents), func(d Document) bool { return d.ID == document })
		if len(rest) == len(r.Documents) {
			return notFound()
		}
		if _, err = s.move(tx, who, r, Fill{Content: r.Content, Documents: rest}); err != nil {
			return err
		}
		return s.Materials.Remove(tx, permit.Platform, orderID, document)
	})
}

// Document opens a document of an order, for those who work with it.
func (s *Service) Document(ctx context.Context, who permit.Actor, orderID, document string) (c material.Content, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := s.see(tx, who, orderID)
		if err == nil && !MaySee(who.For(r.Body), Order{Stage: StageSubmitted}) {
			err = notFound()
		}
		return err
	})
	if err != nil {
		return c, err
	}
	return s.Materials.Open(ctx, who, orderID, document)
}
