package account

import (
	"context"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// First enters the three administrators of a new installation and returns
// their links, in order. It fails if there is any account.
func (s *Service) First(ctx context.Context, who permit.Actor, three []Account) (links []string, err error) {
	if err := mayLoad(who); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		links = nil
		ids, err := s.listed(tx, Filter{}, "", 1)
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			return problem.New(problem.Conflict, "account.not_new")
		}
		for _, a := range three {
			if err := Check(a); err != nil {
				return err
			}
			if err := s.enter(tx, who, a, StageInvited); err != nil {
				return err
			}
			r, err := load(tx, a.ID)
			if err != nil {
				return err
			}
			link, err := s.issue(tx, ForEnrol, r, "enrol")
			if err != nil {
				return err
			}
			links = append(links, link)
		}
		return nil
	})
	return links, err
}

// DevCards lists the accounts that one click signs in as; none unless the
// platform runs for development.
func (s *Service) DevCards(ctx context.Context, _ permit.Actor) (all []Card, err error) {
	if !s.Dev {
		return nil, problem.New(problem.NotFound, "web.nothing_here")
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		ids, err := s.listed(tx, Filter{}, "", mostDev)
		for _, id := range ids {
			r, err := load(tx, id)
			if err != nil {
				return err
			}
			if r.mayEnter() == nil {
				all = append(all, s.card(permit.Actor{Roles: []permit.Role{permit.Auditor}}, r))
			}
		}
		return err
	})
	return all, err
}

// mostDev is how many accounts the page of the development sign-in lists.
const mostDev = 500

// DevEnter signs in as the account called id, for development only.
func (s *Service) DevEnter(ctx context.Context, who permit.Actor, id string, from Caller) (secret string, err error) {
	if !s.Dev {
		return "", problem.New(problem.NotFound, "web.nothing_here")
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if err := r.mayEnter(); err != nil {
			return err
		}
		secret, err = s.begin(tx, who, r, byClick, from)
		return err
	})
	return secret, err
}
