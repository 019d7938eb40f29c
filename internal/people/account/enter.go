package account

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Entry is a name and a password at an entrance.
type Entry struct {
	Realm    Realm
	Name     string // address; in the back office also the account's id
	Password string
	Caller
}

// Begun is how far a sign-in has come. One of the two is set.
type Begun struct {
	Secret string // of the sign-in, for the cookie
	Ticket string // of the second step, if there is one
}

// refused is the one answer to a name, a password or a code that is not right,
// and to a lock: whoever tries learns nothing of what there is.
func refused() error { return problem.New(problem.Invalid, "account.refused") }

// attemptKey is under what failures of r are counted.
func (r row) attemptKey() string { return "account/" + r.ID }

// keyOf is under what failures of a name are counted, whether there is such an
// account or not.
func keyOf(r row, known bool, realm Realm, name string) string {
	if known {
		return r.attemptKey()
	}
	return "name/" + hashOf(string(realm)+"/"+auth.FoldName(name))
}

// Enter signs in by password, or leads to the second step. Whatever is wrong,
// the answer is problem.Invalid "account.refused" after the same work; only
// whoever has the right password learns that the account is suspended, is not
// confirmed yet, or lacks its second factor.
func (s *Service) Enter(ctx context.Context, who permit.Actor, e Entry) (b Begun, err error) {
	var r row
	var open bool
	known := false
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		var err error
		r, err = find(tx, e.Realm, e.Name)
		if known = err == nil && r.password != ""; err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		open, err = s.try(tx, keyOf(r, known, e.Realm, e.Name))
		return err
	})
	if err != nil {
		return b, err
	}
	if !known || !open {
		if err := s.Passwords.Dummy(ctx, e.Password); err != nil {
			return b, err
		}
		return b, refused()
	}
	ok, again, err := s.Passwords.Verify(ctx, r.password, e.Password)
	if err != nil {
		return b, fmt.Errorf("check password of %s: %w", r.ID, err)
	}
	if !ok {
		return b, refused()
	}
	fresh := ""
	if again {
		if fresh, err = s.Passwords.Hash(ctx, e.Password); err != nil {
			return b, err
		}
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) (err error) {
		b, err = s.onward(tx, who, r, fresh, e.Caller)
		return err
	})
	return b, err
}

// onward goes on with whoever gave the right password of r.
func (s *Service) onward(tx *database.Tx, who permit.Actor, was row, fresh string, from Caller) (b Begun, err error) {
	r, err := load(tx, was.ID)
	switch {
	case err != nil:
		return b, err
	case r.password != was.password: // changed meanwhile
		return b, refused()
	}
	if fresh != "" {
		if _, err := tx.Exec(`UPDATE account SET password = ? WHERE id = ?`, fresh, r.ID); err != nil {
			return b, fmt.Errorf("save password of %s: %w", r.ID, err)
		}
	}
	if err := s.refund(tx, r.attemptKey()); err != nil {
		return b, err
	}
	if err := r.mayEnter(); err != nil {
		return b, err
	}
	if r.factor != "" {
		b.Ticket, err = s.ticket(tx, ForStep, r.ID, byPassword)
		return b, err
	}
	if r.Realm == Office {
		return b, problem.New(problem.Invalid, "account.no_factor")
	}
	b.Secret, err = s.begin(tx, who, r, byPassword, from)
	return b, err
}

// mayEnter tells somebody who has proved to be r why he cannot come in.
func (r row) mayEnter() error {
	switch r.Stage {
	case StageContact, StageVerified, StageRestricted, StageActive:
		return nil
	case StageRegistered:
		return problem.New(problem.Invalid, "account.confirm_first")
	case StageSuspended:
		return problem.New(problem.Invalid, "account.suspended")
	}
	return refused()
}

// Step ends a sign-in by its second step: the code of the authenticator, or
// one of the recovery codes.
func (s *Service) Step(ctx context.Context, who permit.Actor, ticket, code string, from Caller) (secret string, err error) {
	var wrong error
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		secret, wrong = "", nil
		t, err := s.readTicket(tx, ForStep, ticket)
		if err != nil {
			return err
		}
		r, err := load(tx, t.account)
		if err != nil {
			return err
		}
		open, err := s.try(tx, r.attemptKey())
		if err != nil {
			return err
		}
		method := ""
		if open {
			if method, err = s.checkFactor(tx, r, code); err != nil {
				return err
			}
		}
		if method == "" {
			wrong = refused() // the count of failures is kept
			return nil
		}
		if err := r.mayEnter(); err != nil {
			return err
		}
		if err := s.spend(tx, ticket); err != nil {
			return err
		}
		if t.method == byOutside && method == byCode {
			method = byOutside
		}
		secret, err = s.begin(tx, who, r, method, from)
		return err
	})
	return secret, cmp.Or(err, wrong)
}

// checkFactor accepts a code of r's authenticator or a recovery code, once, and
// returns which; "" for neither.
func (s *Service) checkFactor(tx *database.Tx, r row, code string) (method string, err error) {
	if r.factor == "" {
		return "", nil
	}
	secret, err := s.Box.Open(r.factor, "factor/"+r.ID)
	if err != nil {
		return "", fmt.Errorf("open second factor of %s: %w", r.ID, err)
	}
	if step, ok := auth.Check(secret, code, s.Clock.Now(), r.step); ok {
		n, err := tx.Exec(`UPDATE account SET factor_step = ? WHERE id = ? AND factor_step < ?`, step, r.ID, step)
		if err != nil || n == 0 {
			return "", err
		}
		return byCode, nil
	}
	hashes, err := s.recoveryOf(r)
	if err != nil {
		return "", err
	}
	i := slices.Index(hashes, auth.HashRecovery(code))
	if i < 0 {
		return "", nil
	}
	_, err = tx.Exec(`UPDATE account SET recovery = ? WHERE id = ?`, s.sealRecovery(r.ID, slices.Delete(hashes, i, i+1)), r.ID)
	return byRecovery, err
}

// recoveryOf returns the hashes of the recovery codes that r has left.
func (s *Service) recoveryOf(r row) (hashes []string, err error) {
	if r.recovery == "" {
		return nil, nil
	}
	text, err := s.Box.Open(r.recovery, "recovery/"+r.ID)
	if err == nil {
		err = json.Unmarshal([]byte(text), &hashes)
	}
	if err != nil {
		return nil, fmt.Errorf("open recovery codes of %s: %w", r.ID, err)
	}
	return hashes, nil
}

func (s *Service) sealRecovery(account string, hashes []string) string {
	text, err := json.Marshal(hashes)
	if err != nil {
		panic(err) // texts
	}
	return s.Box.Seal(string(text), "recovery/"+account)
}

// Leave ends the sign-in of who.
func (s *Service) Leave(ctx context.Context, who permit.Actor) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := s.endSignIn(tx, who.Account, who.Session, whyLeft)
		return err
	})
}

// ActAs has who act in another of his memberships, "" for none: it ends the
// sign-in and returns the secret of another, which ends no later.
func (s *Service) ActAs(ctx context.Context, who permit.Actor, membership string, from Caller) (secret string, err error) {
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, who.Account)
		if err != nil {
			return err
		}
		if m, ok := r.Membership(membership); membership != "" && (!ok || !m.InForce(s.today())) {
			return notFound("/membership", "account.no_membership")
		}
		var method, ends string
		err = tx.QueryRow(`
			SELECT method, ends_at
			FROM   sign_in
			WHERE  account = ? AND id = ? AND ended_at = ''`, r.ID, who.Session).Scan(&method, &ends)
		if errors.Is(err, sql.ErrNoRows) {
			return problem.New(problem.Unsigned, "account.sign_in_again")
		}
		if err != nil {
			return fmt.Errorf("load sign-in: %w", err)
		}
		if _, err := s.endSignIn(tx, r.ID, who.Session, whySwitched); err != nil {
			return err
		}
		secret, err = s.open(tx, who, r, membership, method, from, moment(ends))
		return err
	})
	return secret, err
}

// try counts an attempt as failed before it is made, so that many at once are
// no more than their number, and reports whether it may be made at all. What
// succeeds is forgiven.
func (s *Service) try(tx *database.Tx, key string) (open bool, err error) {
	now := s.Clock.Now()
	if _, err := tx.Exec(`DELETE FROM attempt WHERE at < ?`, clock.Format(now.Add(-forgetAfter))); err != nil {
		return false, fmt.Errorf("forget attempts: %w", err)
	}
	failures, locked := 0, ""
	err = tx.QueryRow(`SELECT failures, locked_until FROM attempt WHERE name = ?`, key).Scan(&failures, &locked)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read attempts: %w", err)
	}
	open = locked == "" || !now.Before(moment(locked))
	if open {
		failures++
		if locked = ""; lockFor(failures) > 0 {
			locked = clock.Format(now.Add(lockFor(failures)))
		}
	}
	_, err = tx.Exec(`
		INSERT INTO attempt (name, failures, locked_until, at)
		VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE
		SET    failures = excluded.failures, locked_until = excluded.locked_until, at = excluded.at`,
		key, failures, locked, clock.Format(now))
	if err != nil {
		return false, fmt.Errorf("count attempt: %w", err)
	}
	return open, nil
}

// refund takes back the attempt that was right, where more is to be proved.
func (s *Service) refund(tx *database.Tx, key string) error {
	_, err := tx.Exec(`UPDATE attempt SET failures = failures - 1, locked_until = '' WHERE name = ? AND failures > 0`, key)
	if err != nil {
		return fmt.Errorf("take back attempt: %w", err)
	}
	return nil
}

// forgive forgets the failures under key.
func forgive(tx *database.Tx, key string) error {
	if _, err := tx.Exec(`DELETE FROM attempt WHERE name = ?`, key); err != nil {
		return fmt.Errorf("forgive attempts: %w", err)
	}
	return nil
}
