package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Outside is who another house says somebody is.
type Outside struct {
	Issuer, Subject string
	Email           string
	EmailVerified   bool
	Name            string
	Strong          bool // the house asked for more than a password (amr: mfa, otp, hwk)
}

// Identity is another house's account that signs in as this one.
type Identity struct {
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	LinkedAt time.Time `json:"linked_at"`
}

func identities(tx *database.Tx, account string) (all []Identity, err error) {
	rows, err := tx.Query(`
		SELECT issuer, subject, linked_at
		FROM   identity
		WHERE  account = ?
		ORDER  BY linked_at, issuer`, account)
	if err != nil {
		return nil, fmt.Errorf("list identities of %s: %w", account, err)
	}
	defer rows.Close()
	for rows.Next() {
		var i Identity
		var at string
		if err := rows.Scan(&i.Issuer, &i.Subject, &at); err != nil {
			return nil, fmt.Errorf("list identities of %s: %w", account, err)
		}
		i.LinkedAt = moment(at)
		all = append(all, i)
	}
	return all, rows.Err()
}

// EnterOutside signs in whoever another house vouches for, or leads to the
// second step. In the public realm the first time makes an account, if the
// house has confirmed the address; an address that is known here already must
// be linked from inside. The back office knows only who was linked.
func (s *Service) EnterOutside(ctx context.Context, who permit.Actor, realm Realm, o Outside, lang locale.Lang, from Caller) (b Begun, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		b = Begun{}
		r, err := s.outsider(tx, who, realm, o, lang)
		if err != nil {
			return err
		}
		if r.Realm != realm {
			return problem.New(problem.Invalid, "account.other_entrance")
		}
		if err := r.mayEnter(); err != nil {
			return err
		}
		switch {
		case r.factor != "" && !(realm == Office && o.Strong):
			b.Ticket, err = s.ticket(tx, ForStep, r.ID, byOutside)
		case realm == Office && !o.Strong:
			err = problem.New(problem.Invalid, "account.no_factor")
		default:
			b.Secret, err = s.begin(tx, who, r, byOutside, from)
		}
		return err
	})
	return b, err
}

// outsider returns the account that o signs in as.
func (s *Service) outsider(tx *database.Tx, who permit.Actor, realm Realm, o Outside, lang locale.Lang) (r row, err error) {
	var account string
	err = tx.QueryRow(`SELECT account FROM identity WHERE issuer = ? AND subject = ?`, o.Issuer, o.Subject).Scan(&account)
	switch {
	case err == nil:
		return load(tx, account)
	case !errors.Is(err, sql.ErrNoRows):
		return r, fmt.Errorf("load identity: %w", err)
	case realm == Office:
		return r, problem.New(problem.Invalid, "account.not_linked")
	}
	email := auth.FoldName(o.Email)
	var p problem.List
	if checkEmail(&p, email); p.Err() != nil || !o.EmailVerified {
		return r, problem.New(problem.Invalid, "account.no_address")
	}
	r, err = byEmail(tx, email)
	switch {
	case problem.Is(err, problem.NotFound):
		r = row{Holder: Holder{ID: s.IDs.Make("acc")}, email: email}
	case err != nil:
		return r, err
	case r.Stage != StageRegistered:
		return r, problem.New(problem.Invalid, "account.link_first")
	}
	// Whoever registered the address before never proved it: the password goes.
	r.password, r.lang = "", lang
	if r.name = o.Name; r.name == "" || len([]rune(r.name)) > mostName {
		r.name = o.Email
	}
	events := []Event{Confirmed{}}
	if r.Stage == "" {
		events = []Event{Registered{}, Confirmed{}}
	}
	if err := s.record(tx, permit.Actor{Account: r.ID, Address: who.Address}, &r, events...); err != nil {
		return r, err
	}
	if err := s.void(tx, ForContact, r.ID); err != nil {
		return r, err
	}
	return r, s.link(tx, r.ID, o)
}

func (s *Service) link(tx *database.Tx, account string, o Outside) error {
	_, err := tx.Exec(`
		INSERT INTO identity (issuer, subject, account, linked_at)
		VALUES (?, ?, ?, ?)`, o.Issuer, o.Subject, account, clock.Format(s.Clock.Now()))
	if database.IsUnique(err) {
		return problem.New(problem.Conflict, "account.identity_taken")
	}
	if err != nil {
		return fmt.Errorf("link identity to %s: %w", account, err)
	}
	return nil
}

// LinkOutside has o sign in as who from now on.
func (s *Service) LinkOutside(ctx context.Context, who permit.Actor, o Outside) error {
	if who.Session == "" {
		return problem.New(problem.Forbidden, "account.in_browser")
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		if err := s.link(tx, r.ID, o); err != nil {
			return err
		}
		if err := s.record(tx, who, &r, Kept{What: "link"}); err != nil {
			return err
		}
		if err := s.note(tx, r.ID, "link", who.Account, ""); err != nil {
			return err
		}
		return s.send(tx, r, "linked", "")
	})
}

// Unlink takes away an identity of who, unless nothing else lets him in.
func (s *Service) Unlink(ctx context.Context, who permit.Actor, issuer, subject string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		all, err := identities(tx, r.ID)
		if err != nil {
			return err
		}
		if r.password == "" && len(all) < 2 && r.email == "" {
			return problem.New(problem.Conflict, "account.last_way_in")
		}
		n, err := tx.Exec(`DELETE FROM identity WHERE issuer = ? AND subject = ? AND account = ?`, issuer, subject, r.ID)
		if err != nil {
			return fmt.Errorf("unlink identity of %s: %w", r.ID, err)
		}
		if n == 0 {
			return problem.New(problem.NotFound, "account.no_identity")
		}
		return s.note(tx, r.ID, "unlink", who.Account, "")
	})
}

// orMissing turns "no rows" into a missing thing that code names.
func orMissing(err error, code string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return problem.New(problem.NotFound, code)
	}
	return err
}
