package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/database"
)

// Mine is what somebody sees of his own account.
type Mine struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Email       string       `json:"email,omitempty"`
	Realm       Realm        `json:"realm"`
	Stage       Stage        `json:"stage"`
	HasPassword bool         `json:"has_password"`
	HasFactor   bool         `json:"has_factor"`
	Recovery    int          `json:"recovery"` // recovery codes left
	Memberships []Membership `json:"memberships"`
	Membership  string       `json:"membership,omitempty"` // in which the present sign-in acts; "" for none
	Given       []Given      `json:"given"`                // delegations to others
	SignIns     []SignIn     `json:"sign_ins"`
	Tokens      []Token      `json:"tokens"`
	Identities  []Identity   `json:"identities"`
}

// Given is a delegation that somebody gave.
type Given struct {
	To         string     `json:"to"`
	Name       string     `json:"name"`
	Membership Membership `json:"membership"`
}

// SignIn is one sign-in, as its owner sees it.
type SignIn struct {
	ID      string    `json:"id"`
	Method  string    `json:"method"`
	Network string    `json:"network"`
	Agent   string    `json:"agent"`
	BeganAt time.Time `json:"began_at"`
	SeenAt  time.Time `json:"seen_at"`
	EndsAt  time.Time `json:"ends_at"`
	EndedAt time.Time `json:"ended_at,omitzero"`
	Why     string    `json:"ended_why,omitempty"`
	Here    bool      `json:"here"` // the one that asks
	Runs    bool      `json:"runs"`

	membership string
}

// Me returns the account of who.
func (s *Service) Me(ctx context.Context, who permit.Actor) (m Mine, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		hashes, err := s.recoveryOf(r)
		if err != nil {
			return err
		}
		m = Mine{ID: r.ID, Name: r.name, Email: r.email, Realm: r.Realm, Stage: r.Stage, HasPassword: r.password != "", HasFactor: r.factor != "", Recovery: len(hashes)}
		m.Memberships = slices.DeleteFunc(slices.Clone(r.Memberships), func(x Membership) bool { return !x.Open(s.today()) })
		if m.Given, err = s.given(tx, r.ID); err != nil {
			return err
		}
		if m.SignIns, err = s.signIns(tx, r, who.Session); err != nil {
			return err
		}
		if m.Tokens, err = s.tokens(tx, r.ID); err != nil {
			return err
		}
		for _, x := range m.SignIns {
			if x.Here {
				m.Membership = x.membership
			}
		}
		m.Identities, err = identities(tx, r.ID)
		return err
	})
	return m, err
}

// given lists the delegations of an account that are open.
func (s *Service) given(tx *database.Tx, account string) (all []Given, err error) {
	rows, err := tx.Query(`
		SELECT m.id, a.id, a.name
		FROM   membership m
		JOIN   account a ON a.id = m.account
		WHERE  m.behalf = ? AND m.ended_at = ''
		ORDER  BY m.until_on, m.id`, account)
	if err != nil {
		return nil, fmt.Errorf("list delegations of %s: %w", account, err)
	}
	defer rows.Close()
	ids := map[string]Given{}
	for rows.Next() {
		var id string
		var g Given
		if err := rows.Scan(&id, &g.To, &g.Name); err != nil {
			return nil, fmt.Errorf("list delegations of %s: %w", account, err)
		}
		ids[id] = g
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	memberships, err := memberships(tx, `behalf = ?`, account)
	for _, m := range memberships {
		if g, ok := ids[m.ID]; ok && m.Open(s.today()) {
			g.Membership = m
			all = append(all, g)
		}
	}
	return all, err
}

// mostSignIns is how many sign-ins a page shows, the latest first.
const mostSignIns = 30

func (s *Service) signIns(tx *database.Tx, r row, here string) (all []SignIn, err error) {
	rows, err := tx.Query(`
		SELECT id, membership, method, network, agent, began_at, seen_at, ends_at, ended_at, ended_why
		FROM   sign_in
		WHERE  account = ?
		ORDER  BY began_at DESC, id DESC
		LIMIT  ?`, r.ID, mostSignIns)
	if err != nil {
		return nil, fmt.Errorf("list sign-ins of %s: %w", r.ID, err)
	}
	defer rows.Close()
	now := s.Clock.Now()
	for rows.Next() {
		var x SignIn
		var began, seen, ends, ended string
		if err := rows.Scan(&x.ID, &x.membership, &x.Method, &x.Network, &x.Agent, &began, &seen, &ends, &ended, &x.Why); err != nil {
			return nil, fmt.Errorf("list sign-ins of %s: %w", r.ID, err)
		}
		x.BeganAt, x.SeenAt, x.EndsAt, x.EndedAt = moment(began), moment(seen), moment(ends), moment(ended)
		x.Here = x.ID == here && here != ""
		x.Runs = ended == "" && now.Before(x.EndsAt) && now.Sub(x.SeenAt) < r.Realm.idle()
		all = append(all, x)
	}
	return all, rows.Err()
}

// Revoke ends a sign-in of account: of one's own, or as the security
// administrator anybody's.
func (s *Service) Revoke(ctx context.Context, who permit.Actor, account, signIn string) error {
	if who.Account != account {
		if err := MayGuard.Asked(who); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		ended, err := s.endSignIn(tx, account, signIn, whyRevoked)
		if err == nil && !ended {
			err = problem.New(problem.NotFound, "account.no_sign_in")
		}
		if err != nil || who.Account == account {
			return err
		}
		return s.note(tx, account, "revoke", who.Account, "")
	})
}

// RevokeOthers ends every sign-in of who but the present one.
func (s *Service) RevokeOthers(ctx context.Context, who permit.Actor) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.endSignIns(tx, who.Account, who.Session, whyRevoked) })
}

// Delegate has somebody of the same body act for who until a day.
func (s *Service) Delegate(ctx context.Context, who permit.Actor, d Delegation) error {
	if err := MayDelegate.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, d.To)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		own, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		source := Membership{}
		for _, m := range own.Memberships {
			if m.Behalf == "" && m.Organisation == who.Organisation && m.InForce(s.today()) && (source.ID == "" || holdsAll(m, d.Roles)) {
				source = m
			}
		}
		f := Facts{Who: who, Now: s.Clock.Now(), New: s.IDs.Make("mem")}
		events, err := DecideDelegation(f, r.Holder, source, d)
		if err != nil {
			return err
		}
		if err := s.record(tx, who, &r, events...); err != nil {
			return err
		}
		if err := s.note(tx, r.ID, "delegate", who.Account, ""); err != nil {
			return err
		}
		return s.send(tx, r, "delegated", "")
	})
}

func holdsAll(m Membership, roles []permit.Role) bool {
	return !slices.ContainsFunc(roles, func(r permit.Role) bool { return !slices.Contains(m.Roles, r) })
}

// GiveUp ends a delegation that who gave or was given, before its day, or, in
// the public realm, a membership of his own.
func (s *Service) GiveUp(ctx context.Context, who permit.Actor, membership string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		var account string
		err := tx.QueryRow(`
			SELECT m.account
			FROM   membership m
			JOIN   account a ON a.id = m.account
			WHERE  m.id = ? AND (m.behalf <> '' AND m.behalf = ? OR m.account = ? AND (m.behalf <> '' OR a.realm = 'public'))`,
			membership, who.Account, who.Account).Scan(&account)
		if err != nil {
			return orMissing(err, "account.no_membership")
		}
		r, err := load(tx, account)
		if err != nil {
			return err
		}
		if m, _ := r.Membership(membership); !m.EndedAt.IsZero() {
			return problem.New(problem.Conflict, "account.ended_already")
		}
		if err := s.record(tx, who, &r, Ended{Membership: membership, At: s.Clock.Now()}); err != nil {
			return err
		}
		return s.note(tx, r.ID, "end", who.Account, "")
	})
}

// Rename changes the name of who, of the public realm: names of the back
// office are what the administrator entered.
func (s *Service) Rename(ctx context.Context, who permit.Actor, name string) error {
	var p problem.List
	checkName(&p, name)
	if err := p.Err(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		n, err := tx.Exec(`UPDATE account SET name = ? WHERE id = ? AND realm = 'public' AND stage <> 'closed'`, strings.TrimSpace(name), who.Account)
		if err != nil {
			return fmt.Errorf("rename %s: %w", who.Account, err)
		}
		if n == 0 {
			return problem.New(problem.Forbidden, "account.name_stays")
		}
		return nil
	})
}

// Shut closes the account of who, of the public realm, who gives his password.
func (s *Service) Shut(ctx context.Context, who permit.Actor, present, code string) error {
	if _, err := s.proved(ctx, who, present, code); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		return s.move(tx, who, &r, Close{}, false)
	})
}
