package version

import (
	"context"
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/openlist"
)

// Checker looks at what was read before anything is made of it. The checks
// stand in a later concept (open/quality); this one only keeps what they find.
type Checker interface {
	// Check returns what it found, in the order of importance. An error is a
	// fault, never a finding: the version then waits and is read again.
	Check(ctx context.Context, who permit.Actor, r CheckRequest) ([]Finding, error)
}

// CheckRequest is one version to be checked.
type CheckRequest struct {
	Entry   openlist.Entry
	Version Version // as it was received
	Outcome Outcome // what reading gave
	Before  *Version
	// Released returns the version of the dataset called slug that readers get
	// by default, full before sample; nil if there is none.
	Released func(ctx context.Context, slug string) (*Version, error)
}

// check asks the checker; without one nothing is found.
func (s *Service) check(ctx context.Context, v Version, o Outcome) ([]Finding, error) {
	if s.Checks == nil {
		return nil, nil
	}
	e, err := s.Entries.Get(ctx, permit.Platform, v.Dataset)
	if err != nil {
		return nil, err
	}
	r := CheckRequest{Entry: e, Version: v, Outcome: o, Released: func(ctx context.Context, slug string) (*Version, error) {
		v, err := s.released(ctx, slug, Full)
		if v == nil && err == nil {
			v, err = s.released(ctx, slug, Sample)
		}
		return v, err
	}}
	if r.Before, err = s.released(ctx, v.Dataset, v.Kind); err != nil {
		return nil, err
	}
	return s.Checks.Check(ctx, permit.Platform, r)
}

// released returns the version of that kind that is offered, or nil.
func (s *Service) released(ctx context.Context, dataset string, kind Kind) (*Version, error) {
	all, err := s.Readable(ctx, permit.Platform, dataset)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(v Version) bool { return v.Kind == kind && v.Stage == StageReleased })
	if i < 0 {
		return nil, nil
	}
	return &all[i], nil
}

// Conditions knows the conditions of opening; open/condition does.
type Conditions interface {
	// InForceTx reports whether some are in force for the dataset.
	InForceTx(tx *database.Tx, who permit.Actor, dataset string) (bool, error)
}

// unconditioned reports whether data of e, which is not open to all, would be
// opened without conditions in force (Article 15(1)). A sample is open to all.
func (s *Service) unconditioned(tx *database.Tx, e openlist.Entry, open bool) (bool, error) {
	if open || e.Opening != openlist.Conditional || s.Conditions == nil {
		return false, nil
	}
	set, err := s.Conditions.InForceTx(tx, permit.Platform, e.Slug)
	return !set, err
}
