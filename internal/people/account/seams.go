package account

import (
	"slices"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// DoTx is [Service.Do] within the transaction of another act, such as the
// decision on a proof.
func (s *Service) DoTx(tx *database.Tx, who permit.Actor, id string, c Command) (Holder, error) {
	r, err := load(tx, id)
	if err != nil {
		return Holder{}, err
	}
	switch c.(type) {
	case Register, Invite, Confirm, Enrol: // these have ways of their own, with proofs
		return Holder{}, problem.New(problem.Forbidden, "flow.not_your_step")
	}
	err = s.move(tx, who, &r, c, false)
	return r.Holder, err
}

// HolderTx returns an account as its events make it, for later packages that
// act within a transaction of their own.
func (s *Service) HolderTx(tx *database.Tx, _ permit.Actor, id string) (Holder, error) {
	r, err := load(tx, id)
	return r.Holder, err
}

// Contact returns the confirmed address of an account, and the language of
// its letters; "" if there is none.
func (s *Service) Contact(tx *database.Tx, _ permit.Actor, id string) (address string, lang locale.Lang, err error) {
	r, err := load(tx, id)
	if err != nil || r.Stage == StageRegistered || r.Stage == StageInvited || r.Stage == StageClosed {
		return "", "", err
	}
	return r.email, r.lang, nil
}

// Belonging is one person's membership of a body.
type Belonging struct {
	Account, Name string
	Membership    Membership
}

// MembersTx returns the memberships of the body that who administers which are
// open, by account.
func (s *Service) MembersTx(tx *database.Tx, who permit.Actor) (all []Belonging, err error) {
	if err := (permit.Rule{Act: "account.members", By: []permit.Role{permit.OrgAdmin}}).Permit(who, permit.Thing{Body: who.Organisation}); err != nil {
		return nil, err
	}
	ids, err := s.listed(tx, Filter{Organisation: who.Organisation}, "", 1000)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := load(tx, id)
		if err != nil {
			return nil, err
		}
		for _, m := range r.Memberships {
			if m.Organisation == who.Organisation && m.Open(s.today()) && m.GrantedBy != "" && m.Behalf == "" {
				all = append(all, Belonging{r.ID, r.name, m})
			}
		}
	}
	return all, nil
}

// HoldersOf returns the accounts that now hold one of roles in the body called
// organisation, delegation included, at most 1,000.
func (s *Service) HoldersOf(tx *database.Tx, _ permit.Actor, organisation string, roles ...permit.Role) (all []string, err error) {
	ids, err := s.listed(tx, Filter{Organisation: organisation}, "", 1000)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := load(tx, id)
		if err != nil {
			return nil, err
		}
		holds := func(m Membership) bool {
			return m.Organisation == organisation && m.Open(s.today()) && m.GrantedBy != "" && slices.ContainsFunc(m.Roles, func(x permit.Role) bool { return slices.Contains(roles, x) })
		}
		if r.Stage == StageActive && slices.ContainsFunc(r.Memberships, holds) {
			all = append(all, id)
		}
	}
	return all, nil
}
