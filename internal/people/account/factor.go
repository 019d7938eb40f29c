package account

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Enrolment is what the page shows on which somebody sets his password and his
// second factor.
type Enrolment struct {
	Account, Name string
	New           bool   // a password is to be chosen; else the present one proves who asks
	Pending       string // the new authenticator's secret, sealed: it comes back with the form
	Secret        string // for authenticators without a camera
	URI           string // for the QR code
}

// Factor is the form of that page.
type Factor struct {
	Password string `json:"password"`
	Pending  string `json:"pending"`
	Code     string `json:"code"`
}

// issuer is the name under which authenticators list the platform.
const issuer = "Kaishu"

// Enrolling returns what the enrolment page shows: to whoever holds a ticket,
// or to who, if he has signed in and lacks a second factor or would have
// another. The secret is new each time unless pending, which it gave before,
// comes back.
func (s *Service) Enrolling(ctx context.Context, who permit.Actor, ticket, pending string) (e Enrolment, err error) {
	r, err := s.enrols(ctx, who, ticket)
	if err != nil {
		return e, err
	}
	secret, err := s.Box.Open(pending, "enrol/"+r.ID)
	if err != nil {
		if secret, err = auth.NewSecret(); err != nil {
			return e, err
		}
	}
	return Enrolment{Account: r.ID, Name: r.name, New: r.password == "", Pending: s.Box.Seal(secret, "enrol/"+r.ID), Secret: grouped(secret),
		URI: auth.KeyURI(issuer, cmp.Or(r.email, r.ID), secret)}, nil
}

// grouped writes a secret in fours, to be typed.
func grouped(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// enrols returns the account whose second factor is to be set.
func (s *Service) enrols(ctx context.Context, who permit.Actor, ticket string) (r row, err error) {
	if ticket != "" {
		return s.holderOf(ctx, ForEnrol, ticket)
	}
	if who.Session == "" {
		return r, badTicket()
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err = load(tx, who.Account)
		return err
	})
	if err == nil && r.factor != "" {
		err = problem.New(problem.Conflict, "account.has_factor")
	}
	return r, err
}

// SetFactor sets the second factor, and the password where there is none, and
// returns ten recovery codes that are shown once. An account that was invited
// becomes active.
func (s *Service) SetFactor(ctx context.Context, who permit.Actor, ticket string, f Factor) (codes []string, err error) {
	r, err := s.enrols(ctx, who, ticket)
	if err != nil {
		return nil, err
	}
	secret, err := s.Box.Open(f.Pending, "enrol/"+r.ID)
	if err != nil {
		return nil, badTicket()
	}
	var p problem.List
	step, right := auth.Check(secret, f.Code, s.Clock.Now(), 0)
	if !right {
		p.Add("/code", "account.wrong_code")
	}
	hash := r.password
	if r.password == "" {
		hash, err = s.newPassword(ctx, r, "/password", f.Password)
	} else if right { // a guess at the password costs a right code
		err = s.prove(ctx, r, "/password", f.Password)
	}
	if err := p.Merge(err); err != nil {
		return nil, err
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	codes, hashes, err := auth.NewRecoveryCodes()
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		if ticket != "" {
			if err := s.spend(tx, ticket); err != nil {
				return err
			}
		}
		now, err := load(tx, r.ID)
		if err != nil {
			return err
		}
		if now.password != r.password || now.factor != r.factor {
			return badTicket()
		}
		now.password = hash
		return s.keepFactor(tx, who, now, secret, step, hashes)
	})
	return codes, err
}

// keepFactor writes the second factor of r, by r's own hand.
func (s *Service) keepFactor(tx *database.Tx, who permit.Actor, r row, secret string, step int64, hashes []string) error {
	r.factor, r.step, r.recovery = s.Box.Seal(secret, "factor/"+r.ID), step, s.sealRecovery(r.ID, hashes)
	self := permit.Actor{Account: r.ID, Address: who.Address}
	if err := forgive(tx, r.attemptKey()); err != nil {
		return err
	}
	if r.Stage == StageInvited {
		return s.move(tx, self, &r, Enrol{}, true)
	}
	if err := s.record(tx, self, &r, Kept{What: "factor"}); err != nil {
		return err
	}
	if err := s.note(tx, r.ID, "factor", r.ID, ""); err != nil {
		return err
	}
	return s.send(tx, r, "factor", "")
}

// ChangePassword sets a new password for who, who gives the present one and,
// if there is a second factor, a code. It ends his other sign-ins.
func (s *Service) ChangePassword(ctx context.Context, who permit.Actor, present, fresh, code string) error {
	r, err := s.proved(ctx, who, present, code)
	if err != nil {
		return err
	}
	hash, err := s.newPassword(ctx, r, "/fresh", fresh)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.setPassword(tx, who, r.ID, hash, who.Session) })
}

// DropFactor takes away the second factor of who, who proves himself by
// password and a code or a recovery code. Of the back office he has to set
// another before anything else.
func (s *Service) DropFactor(ctx context.Context, who permit.Actor, present, code string) error {
	r, err := s.proved(ctx, who, present, code)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		now, err := load(tx, r.ID)
		if err != nil {
			return err
		}
		now.factor, now.recovery = "", ""
		if err := s.record(tx, who, &now, Kept{What: "factor"}); err != nil {
			return err
		}
		if err := s.endSignIns(tx, r.ID, who.Session, whyReset); err != nil {
			return err
		}
		if err := s.note(tx, r.ID, "factor", who.Account, ""); err != nil {
			return err
		}
		return s.send(tx, now, "factor", "")
	})
}

// proved returns the account of who, if he has signed in by a browser and
// gives the present password, where there is one, and a code, where there is a
// second factor.
func (s *Service) proved(ctx context.Context, who permit.Actor, present, code string) (r row, err error) {
	if who.Session == "" {
		return r, problem.New(problem.Forbidden, "account.in_browser")
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err = load(tx, who.Account)
		return err
	})
	if err != nil {
		return r, err
	}
	if r.password != "" {
		if err := s.prove(ctx, r, "/present", present); err != nil {
			return r, err
		}
	}
	if r.factor == "" {
		return r, nil
	}
	var p problem.List
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		p = problem.List{}
		now, err := load(tx, r.ID)
		if err != nil {
			return err
		}
		open, err := s.try(tx, r.attemptKey())
		if err != nil {
			return err
		}
		method := ""
		if open {
			if method, err = s.checkFactor(tx, now, code); err != nil {
				return fmt.Errorf("check code: %w", err)
			}
		}
		if method == "" {
			p.Add("/code", "account.wrong_code")
			return nil
		}
		return s.refund(tx, r.attemptKey())
	})
	if err == nil {
		err = p.Err()
	}
	return r, err
}
