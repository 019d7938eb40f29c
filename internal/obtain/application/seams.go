package application

import (
	"context"
	"slices"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/material"
	"kaishu/internal/infra/database"
)

// What later packages need of an application. Who may ask for it is for them
// to say, before they do.

// Get returns an application within a transaction.
func (s *Service) Get(tx *database.Tx, _ permit.Actor, caseID string) (Case, error) {
	r, err := load(tx, caseID)
	return r.Case, err
}

// ConcludeTx notes what the publishers decided, in the transaction of the last
// decision.
func (s *Service) ConcludeTx(tx *database.Tx, _ permit.Actor, caseID string, approved int) error {
	r, err := load(tx, caseID)
	if err != nil {
		return err
	}
	_, err = s.move(tx, permit.Platform, Identity{}, r, Conclude{approved})
	return err
}

// Meets says what of an application does not meet the conditions, in the
// version under which it was made: datasets that the scenario is not for, and
// datasets of which a proof no longer holds today.
func (s *Service) Meets(tx *database.Tx, who permit.Actor, c Case, today workday.Date) (outside, expired map[string]bool, err error) {
	outside, expired = map[string]bool{}, map[string]bool{}
	for _, pin := range c.Pins {
		a, err := s.Asking.Then(tx, who, c.Applicant, pin)
		if err != nil {
			return nil, nil, err
		}
		if !a.Takes(c.Content.Scenario.Code) {
			outside[pin.Dataset] = true
		}
		for _, item := range a.Items {
			for _, f := range c.Content.Of(item.ID) {
				if f.Until != "" && f.Until < today {
					expired[pin.Dataset] = true
				}
			}
		}
	}
	return outside, expired, nil
}

// Shown is an application as a publisher and its experts see it: what is asked
// of all datasets, but only the copies brought for theirs.
type Shown struct {
	Case     Case                `json:"case"`
	Identity Identity            `json:"identity"`
	Files    []material.Material `json:"files"`
	Asks     []Ask               `json:"asks"`
}

// ShowTx returns an application with the copies brought for datasets.
func (s *Service) ShowTx(tx *database.Tx, who permit.Actor, caseID string, datasets []string) (v Shown, err error) {
	r, err := load(tx, caseID)
	if err != nil {
		return v, err
	}
	v.Case = r.Case
	if v.Identity, err = s.identity(r); err != nil {
		return v, err
	}
	v.Identity.Salt = ""
	v.Case.Checked = Content{} // names copies brought for others
	v.Case.Content.Files = slices.DeleteFunc(slices.Clone(r.Content.Files), func(f File) bool { return !brought(f, datasets) })
	files, err := s.Materials.List(tx, who, caseID)
	for _, m := range files {
		if slices.ContainsFunc(v.Case.Content.Files, func(f File) bool { return f.ID == m.ID }) {
			v.Files = append(v.Files, m)
		}
	}
	for _, pin := range r.Pins {
		if err == nil && slices.Contains(datasets, pin.Dataset) {
			var a Ask
			a, err = s.Asking.Then(tx, who, r.Applicant, pin)
			v.Asks = append(v.Asks, a)
		}
	}
	return v, err
}

func brought(f File, datasets []string) bool {
	dataset, _, _ := strings.Cut(f.Item, "/")
	return slices.Contains(datasets, dataset)
}

// FileOf opens a copy that was brought for one of datasets. Close it.
func (s *Service) FileOf(ctx context.Context, who permit.Actor, caseID, file string, datasets []string) (c material.Content, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, caseID)
		if err == nil && !slices.ContainsFunc(r.Content.Files, func(f File) bool { return f.ID == file && brought(f, datasets) }) {
			err = notFound()
		}
		return err
	})
	if err != nil {
		return c, err
	}
	return s.Materials.Open(ctx, who, caseID, file)
}
