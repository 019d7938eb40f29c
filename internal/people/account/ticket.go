package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// ticket writes a ticket of account for one use and returns its secret.
// Tickets that have run out are swept.
func (s *Service) ticket(tx *database.Tx, p Purpose, account, method string) (string, error) {
	secret, hash, err := newSecret()
	if err != nil {
		return "", err
	}
	now := s.Clock.Now()
	if _, err := tx.Exec(`DELETE FROM ticket WHERE expires_at < ?`, clock.Format(now)); err != nil {
		return "", fmt.Errorf("sweep tickets: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO ticket (hash, purpose, account, method, made_at, expires_at, used_at)
		VALUES (?, ?, ?, ?, ?, ?, '')`,
		hash, p, account, method, clock.Format(now), clock.Format(now.Add(p.lasts())))
	if err != nil {
		return "", fmt.Errorf("save ticket: %w", err)
	}
	return secret, nil
}

type ticketRow struct{ account, method string }

func badTicket() error { return problem.New(problem.Gone, "account.bad_ticket") }

// readTicket returns the ticket whose secret is given, or problem.Gone
// "account.bad_ticket" if there is none that can still be used for p.
func (s *Service) readTicket(tx *database.Tx, p Purpose, secret string) (t ticketRow, err error) {
	err = tx.QueryRow(`
		SELECT account, method
		FROM   ticket
		WHERE  hash = ? AND purpose = ? AND used_at = '' AND expires_at > ?`,
		hashOf(secret), p, clock.Format(s.Clock.Now())).Scan(&t.account, &t.method)
	if errors.Is(err, sql.ErrNoRows) {
		return t, badTicket()
	}
	if err != nil {
		return t, fmt.Errorf("load ticket: %w", err)
	}
	return t, nil
}

// spend uses a ticket up. Whoever comes second finds it gone.
func (s *Service) spend(tx *database.Tx, secret string) error {
	n, err := tx.Exec(`UPDATE ticket SET used_at = ? WHERE hash = ? AND used_at = ''`, clock.Format(s.Clock.Now()), hashOf(secret))
	if err != nil {
		return fmt.Errorf("use ticket: %w", err)
	}
	if n == 0 {
		return badTicket()
	}
	return nil
}

// void takes back the tickets of an account for p.
func (s *Service) void(tx *database.Tx, p Purpose, account string) error {
	_, err := tx.Exec(`UPDATE ticket SET used_at = ? WHERE account = ? AND purpose = ? AND used_at = ''`, clock.Format(s.Clock.Now()), account, p)
	if err != nil {
		return fmt.Errorf("take back tickets of %s: %w", account, err)
	}
	return nil
}

// sent counts the tickets for p that were made for account and have not run out.
func sent(tx *database.Tx, p Purpose, account string) (n int, err error) {
	if err = tx.QueryRow(`SELECT COUNT(*) FROM ticket WHERE account = ? AND purpose = ?`, account, p).Scan(&n); err != nil {
		return 0, fmt.Errorf("count tickets of %s: %w", account, err)
	}
	return n, nil
}

// pages are where tickets are shown; package site/people has the routes.
var pages = map[Purpose]string{ForEnrol: "enrol", ForRecover: "recover/new", ForContact: "register/confirm"}

// Link is the address of the page where a ticket is used.
func (s *Service) Link(lang locale.Lang, p Purpose, secret string) string {
	return s.Public + "/" + string(langOr(lang)) + "/" + pages[p] + "?ticket=" + secret
}

// send keeps a mail to r; none if r has no address.
func (s *Service) send(tx *database.Tx, r row, code, link string) error {
	if r.email == "" || s.Messenger == nil {
		return nil
	}
	args := map[string]any{"name": r.name}
	if link != "" {
		args["link"] = link
	}
	if err := s.Messenger.Send(tx, Message{Account: r.ID, To: r.email, Lang: langOr(r.lang), Code: code, Args: args}); err != nil {
		return fmt.Errorf("keep mail %s to %s: %w", code, r.ID, err)
	}
	return nil
}

// issue makes a ticket for r and keeps the mail that carries it. The link is
// returned only if r has no address, to be handed over.
func (s *Service) issue(tx *database.Tx, p Purpose, r row, code string) (link string, err error) {
	if err := s.void(tx, p, r.ID); err != nil {
		return "", err
	}
	secret, err := s.ticket(tx, p, r.ID, "")
	if err != nil {
		return "", err
	}
	link = s.Link(r.lang, p, secret)
	if r.email == "" {
		return link, nil
	}
	return "", s.send(tx, r, code, link)
}

// Registration is what a person gives to have an account.
type Registration struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Accept   bool   `json:"accept"` // of the platform's rules
}

// Register enters a person and sends a mail to confirm the address. The answer
// is the same whether or not the address is known; its owner is told by mail.
func (s *Service) Register(ctx context.Context, who permit.Actor, g Registration, lang locale.Lang) error {
	g.Email = auth.FoldName(g.Email)
	var p problem.List
	checkName(&p, g.Name)
	checkEmail(&p, g.Email)
	auth.CheckPassword(&p, "/password", g.Password, g.Name, g.Email)
	if !g.Accept {
		p.Add("/accept", "account.accept_first")
	}
	if err := p.Err(); err != nil {
		return err
	}
	hash, err := s.Passwords.Hash(ctx, g.Password)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := byEmail(tx, g.Email)
		switch {
		case problem.Is(err, problem.NotFound):
			r = row{Holder: Holder{ID: s.IDs.Make("acc")}, email: g.Email}
		case err != nil:
			return err
		case r.Stage != StageRegistered:
			if _, err := s.ticket(tx, ForContact, "", ""); err != nil { // the same work, for nobody
				return err
			}
			return s.send(tx, r, "known", "")
		default: // nobody has proved the address: whoever comes last, and can, has it
			if n, err := sent(tx, ForContact, r.ID); err != nil || n >= mostTickets {
				return err
			}
		}
		return s.registered(tx, who, r, g, hash, lang)
	})
}

func (s *Service) registered(tx *database.Tx, who permit.Actor, r row, g Registration, hash string, lang locale.Lang) error {
	r.name, r.password, r.lang = g.Name, hash, lang
	var events []Event
	if r.Stage == "" {
		var err error
		if events, err = Decide(Facts{Who: who, Now: s.Clock.Now()}, r.Holder, Register{}); err != nil {
			return err
		}
	} else {
		events = []Event{Kept{What: "password"}}
	}
	if err := s.record(tx, who, &r, events...); err != nil {
		return err
	}
	_, err := s.issue(tx, ForContact, r, "contact")
	return err
}

// Confirm proves the address of a new account by the ticket that was sent to
// it and the password that was chosen for it, and signs in.
func (s *Service) Confirm(ctx context.Context, who permit.Actor, ticket, password string, from Caller) (secret string, err error) {
	r, err := s.holderOf(ctx, ForContact, ticket)
	if err != nil {
		return "", err
	}
	if err := s.prove(ctx, r, "/password", password); err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		now, err := load(tx, r.ID)
		if err != nil {
			return err
		}
		if now.password != r.password {
			return badTicket()
		}
		if err := s.spend(tx, ticket); err != nil {
			return err
		}
		if err := s.move(tx, permit.Actor{Account: now.ID, Address: who.Address}, &now, Confirm{}, true); err != nil {
			return err
		}
		secret, err = s.begin(tx, who, now, byPassword, from)
		return err
	})
	return secret, err
}

// holderOf returns the account of a ticket that can still be used.
func (s *Service) holderOf(ctx context.Context, p Purpose, ticket string) (r row, err error) {
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		t, err := s.readTicket(tx, p, ticket)
		if err != nil {
			return err
		}
		r, err = load(tx, t.account)
		return err
	})
	return r, err
}

// prove checks the password of r at pointer, and counts what is wrong as at the
// entrance.
func (s *Service) prove(ctx context.Context, r row, pointer, password string) error {
	var p problem.List
	open := false
	err := s.DB.Write(ctx, func(tx *database.Tx) (err error) {
		open, err = s.try(tx, r.attemptKey())
		return err
	})
	switch {
	case err != nil:
		return err
	case !open || r.password == "":
		p.Add(pointer, "account.wrong_password")
		return p.Err()
	}
	ok, _, err := s.Passwords.Verify(ctx, r.password, password)
	if err != nil {
		return fmt.Errorf("check password of %s: %w", r.ID, err)
	}
	if !ok {
		p.Add(pointer, "account.wrong_password")
		return p.Err()
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error { return s.refund(tx, r.attemptKey()) })
}

// recoverable are the stages of which a password can be recovered.
var recoverable = []Stage{StageContact, StageVerified, StageRestricted, StageActive}

// Forgot sends a mail by which the password is set anew, if there is such an
// address in that realm. The answer, and the work, are the same if not.
func (s *Service) Forgot(ctx context.Context, _ permit.Actor, realm Realm, email string, lang locale.Lang) error {
	email = auth.FoldName(email)
	var p problem.List
	checkEmail(&p, email)
	if err := p.Err(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := byEmail(tx, email)
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
		if err != nil || r.Realm != realm || !slices.Contains(recoverable, r.Stage) {
			r = row{}
		}
		if n, err := sent(tx, ForRecover, r.ID); err != nil || n >= mostTickets && r.ID != "" {
			return err
		}
		secret, err := s.ticket(tx, ForRecover, r.ID, "") // for nobody, if nobody is known
		if err != nil {
			return err
		}
		r.lang = lang
		return s.send(tx, r, "recover", s.Link(lang, ForRecover, secret))
	})
}

// Recoverer returns who can set a new password by ticket, for the page.
func (s *Service) Recoverer(ctx context.Context, _ permit.Actor, ticket string) (name string, err error) {
	r, err := s.holderOf(ctx, ForRecover, ticket)
	return r.name, err
}

// Recover sets a new password by the ticket that was sent. It ends every
// sign-in, takes back the other tickets and forgives what failed.
func (s *Service) Recover(ctx context.Context, who permit.Actor, ticket, password string) (realm Realm, err error) {
	r, err := s.holderOf(ctx, ForRecover, ticket)
	if err != nil {
		return "", err
	}
	hash, err := s.newPassword(ctx, r, "/password", password)
	if err != nil {
		return "", err
	}
	return r.Realm, s.DB.Write(ctx, func(tx *database.Tx) error {
		if err := s.spend(tx, ticket); err != nil {
			return err
		}
		if err := s.void(tx, ForRecover, r.ID); err != nil {
			return err
		}
		return s.setPassword(tx, permit.Actor{Account: r.ID, Address: who.Address}, r.ID, hash, "")
	})
}

// newPassword checks a new password of r and returns its hash.
func (s *Service) newPassword(ctx context.Context, r row, pointer, password string) (string, error) {
	var p problem.List
	auth.CheckPassword(&p, pointer, password, r.name, r.email, r.ID)
	if err := p.Err(); err != nil {
		return "", err
	}
	return s.Passwords.Hash(ctx, password)
}

// setPassword writes a new password, ends every sign-in but the one called
// spare, and tells the owner.
func (s *Service) setPassword(tx *database.Tx, who permit.Actor, account, hash, spare string) error {
	r, err := load(tx, account)
	if err != nil {
		return err
	}
	r.password = hash
	if err := s.record(tx, who, &r, Kept{What: "password"}); err != nil {
		return err
	}
	if err := s.endSignIns(tx, r.ID, spare, whyPassword); err != nil {
		return err
	}
	if err := forgive(tx, r.attemptKey()); err != nil {
		return err
	}
	if err := s.note(tx, r.ID, "password", who.Account, ""); err != nil {
		return err
	}
	return s.send(tx, r, "changed", "")
}
