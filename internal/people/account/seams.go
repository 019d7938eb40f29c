package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// StageOf returns where the account of who stands.
func (s *Service) StageOf(ctx context.Context, who permit.Actor) (stage Stage, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		stage = r.Stage
		return err
	})
	return stage, err
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

// HoldersAnywhere returns the accounts of the office that now hold one of
// roles, in any body or none, delegation included, at most 1,000.
func (s *Service) HoldersAnywhere(tx *database.Tx, _ permit.Actor, roles ...permit.Role) (all []string, err error) {
	today := s.today()
	for _, role := range roles {
		rows, err := tx.Query(`
			SELECT DISTINCT m.account
			FROM   membership m JOIN account a ON a.id = m.account
			WHERE  a.realm = 'office' AND a.stage = 'active' AND m.granted_by <> '' AND m.ended_at = ''
			AND    m.from_on <= ? AND (m.until_on = '' OR m.until_on >= ?) AND m.roles LIKE ?
			ORDER  BY m.account
			LIMIT  1000`, today, today, `%"`+string(role)+`"%`)
		if err != nil {
			return nil, fmt.Errorf("list holders of %s: %w", role, err)
		}
		for rows.Next() {
			var account string
			if err := rows.Scan(&account); err != nil {
				rows.Close()
				return nil, fmt.Errorf("list holders of %s: %w", role, err)
			}
			all = append(all, account)
		}
		if err := errors.Join(rows.Close(), rows.Err()); err != nil {
			return nil, fmt.Errorf("list holders of %s: %w", role, err)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// Names returns the names of accounts by id, for cases that several people
// work on; an account that there is not has none.
func (s *Service) Names(ctx context.Context, who permit.Actor, ids ...string) (map[string]string, error) {
	if err := (permit.Rule{Act: "account.names", By: []permit.Role{permit.Signed}}).Asked(who); err != nil {
		return nil, err
	}
	all := map[string]string{}
	err := s.DB.Read(ctx, func(tx *database.Tx) error {
		for _, id := range ids {
			if _, known := all[id]; known || id == "" {
				continue
			}
			var name string
			err := tx.QueryRow(`SELECT name FROM account WHERE id = ?`, id).Scan(&name)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("name of %s: %w", id, err)
			}
			all[id] = name
		}
		return nil
	})
	return all, err
}
