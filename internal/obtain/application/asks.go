package application

import (
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
	"kaishu/internal/open/condition"
	"kaishu/internal/open/openlist"
)

// Conditions is [Asking] by the open list and its conditions.
type Conditions struct {
	Entries    *openlist.Service
	Conditions *condition.Service
}

var _ Asking = Conditions{}

// Scenarios returns the codes of scenarios that an application may take.
func (c Conditions) Scenarios() (all []string) {
	for _, s := range c.Conditions.Scenarios() {
		if !s.Ended {
			all = append(all, s.Code)
		}
	}
	return all
}

// Now returns what the dataset asks today.
func (c Conditions) Now(tx *database.Tx, who permit.Actor, kind Kind, dataset string) (a Ask, known bool, err error) {
	e, err := c.Entries.GetTx(tx, who, dataset)
	if problem.Is(err, problem.NotFound) {
		return a, false, nil
	}
	if err != nil {
		return a, false, err
	}
	set, found, err := c.Conditions.CurrentTx(tx, who, dataset)
	if err != nil {
		return a, false, err
	}
	a = ask(e, set, kind)
	a.Conditional = found && e.OnApplication()
	return a, true, nil
}

// Then returns what the dataset asked in the version of the pin.
func (c Conditions) Then(tx *database.Tx, who permit.Actor, kind Kind, p Pin) (a Ask, err error) {
	e, err := c.Entries.GetTx(tx, permit.Platform, p.Dataset)
	if err != nil {
		return a, err
	}
	set, err := c.Conditions.AtTx(tx, who, p.Set)
	if err != nil {
		return a, err
	}
	a = ask(e, set, kind)
	a.Publisher, a.Conditional = p.Publisher, true
	return a, nil
}

func ask(e openlist.Entry, set condition.Set, kind Kind) Ask {
	a := Ask{Pin: Pin{Dataset: e.Slug, Publisher: e.Publisher, Set: set.ID, Version: set.Version}, Modes: set.Modes}
	a.Excluded = len(set.Applicants) > 0 && !slices.Contains(set.Applicants, condition.Applicant(kind))
	for _, item := range e.Items {
		a.Fields = append(a.Fields, item.Name)
	}
	for _, k := range set.Conditions {
		a.Allow, a.Deny = append(a.Allow, k.Allow...), append(a.Deny, k.Deny...)
	}
	for _, m := range set.Materials {
		a.Items = append(a.Items, Item{ID: MaterialItem(e.Slug, m.ID), Required: m.Required, Expires: m.Expires})
	}
	return a
}
