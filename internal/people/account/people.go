package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/paging"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
)

// Card is an account as administrators see it.
type Card struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Email       string       `json:"email,omitempty"`
	Realm       Realm        `json:"realm"`
	Stage       Stage        `json:"stage"`
	HasFactor   bool         `json:"has_factor"`
	LockedUntil time.Time    `json:"locked_until,omitzero"`
	Memberships []Membership `json:"memberships"`
	Acts        []Act        `json:"acts,omitempty"`
	SignIns     []SignIn     `json:"sign_ins,omitempty"`
	Open        []string     `json:"open,omitempty"` // verbs of the table that who may do now
}

// Filter narrows the list of accounts; zero fields do not.
type Filter struct {
	Query        string // part of the id, the name or the address
	Realm        Realm
	Stage        Stage
	Organisation string
	Proposed     bool // with a membership that waits for the security administrator
}

// Page is a page of accounts, by id.
type Page struct {
	Items []Card `json:"items"`
	Next  string `json:"next,omitempty"` // for ?after
}

// List returns a page of the accounts that who may see, at most limit. Leads
// of bodies see those of their own.
func (s *Service) List(ctx context.Context, who permit.Actor, f Filter, after string, limit int) (p Page, err error) {
	if err := MayList.Asked(who); err != nil {
		return p, err
	}
	switch {
	case who.HasAny(permit.SysAdmin, permit.SecAdmin, permit.Auditor):
	case who.Has(permit.CtrIntake):
		f.Realm = Public
	default:
		f.Organisation = who.Organisation
	}
	print := paging.Fingerprint("account", f.Query, string(f.Realm), string(f.Stage), f.Organisation, fmt.Sprint(f.Proposed))
	at, err := paging.Parse(after, print)
	if err != nil {
		return p, err
	}
	from := ""
	if at != nil && len(at.Key) == 1 {
		from, _ = at.Key[0].(string)
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		ids, err := s.listed(tx, f, from, limit+1)
		if err != nil {
			return err
		}
		if len(ids) > limit {
			ids = ids[:limit]
			p.Next = paging.Cursor{Query: print, Key: []any{ids[limit-1]}}.String()
		}
		for _, id := range ids {
			r, err := load(tx, id)
			if err != nil {
				return err
			}
			p.Items = append(p.Items, s.card(who, r))
		}
		return nil
	})
	return p, err
}

// listed returns the ids of accounts that f lets through.
func (s *Service) listed(tx *database.Tx, f Filter, from string, limit int) (ids []string, err error) {
	where, args := []string{`a.id > ?`}, []any{from}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Query != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.TrimSpace(f.Query)) + "%"
		add(`(a.id LIKE ? ESCAPE '\' OR a.name LIKE ? ESCAPE '\' OR a.email LIKE ? ESCAPE '\')`, like, like, auth.FoldName(like))
	}
	if f.Realm != "" {
		add(`a.realm = ?`, f.Realm)
	}
	if f.Stage != "" {
		add(`a.stage = ?`, f.Stage)
	}
	open := `EXISTS (SELECT 1 FROM membership m WHERE m.account = a.id AND m.ended_at = '' AND (m.until_on = '' OR m.until_on >= ?)`
	if f.Organisation != "" {
		add(open+` AND m.organisation = ?)`, s.today(), f.Organisation)
	}
	if f.Proposed {
		add(open+` AND m.granted_by = '')`, s.today())
	}
	rows, err := tx.Query(`
		SELECT a.id
		FROM   account a
		WHERE  `+strings.Join(where, ` AND `)+`
		ORDER  BY a.id
		LIMIT  ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list accounts: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// card shows r to who: the address to administrators only.
func (s *Service) card(who permit.Actor, r row) Card {
	c := Card{ID: r.ID, Name: r.name, Realm: r.Realm, Stage: r.Stage, HasFactor: r.factor != ""}
	if who.HasAny(permit.SysAdmin, permit.SecAdmin, permit.CtrIntake) {
		c.Email = r.email
	}
	c.Memberships = slices.Clone(r.Memberships)
	if !who.HasAny(permit.SysAdmin, permit.SecAdmin, permit.Auditor) { // a body's own only
		c.Memberships = slices.DeleteFunc(c.Memberships, func(m Membership) bool { return m.Organisation != who.Organisation })
	}
	return c
}

// Card returns the account called id as who may see it.
func (s *Service) Card(ctx context.Context, who permit.Actor, id string) (c Card, err error) {
	if err := MayList.Asked(who); err != nil {
		return c, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if err := s.maySee(who, r.Holder); err != nil {
			return err
		}
		c = s.card(who, r)
		c.Open = s.verbs(who, r.Holder)
		if !who.HasAny(permit.SysAdmin, permit.SecAdmin, permit.Auditor) {
			return nil
		}
		if c.Acts, err = acts(tx, r.ID); err != nil {
			return err
		}
		if who.HasAny(permit.SecAdmin, permit.Auditor) {
			if c.SignIns, err = s.signIns(tx, r, ""); err != nil {
				return err
			}
		}
		c.LockedUntil, err = s.lockedUntil(tx, r)
		return err
	})
	return c, err
}

// verbs lists what the page of an account offers who.
func (s *Service) verbs(who permit.Actor, h Holder) (all []string) {
	near := who
	if slices.ContainsFunc(h.Memberships, func(m Membership) bool { return m.Organisation == who.Organisation }) {
		near = who.For(who.Organisation)
	}
	for _, verb := range Table.Open(h.Stage, near, h.Did) {
		by := Table.Rule("account", verb).By
		if near.HasAny(slices.DeleteFunc(slices.Clone(by), func(r permit.Role) bool { return r == permit.Visitor })...) {
			all = append(all, verb)
		}
	}
	return all
}

func (s *Service) lockedUntil(tx *database.Tx, r row) (time.Time, error) {
	var until string
	err := tx.QueryRow(`SELECT COALESCE(MAX(locked_until), '') FROM attempt WHERE name = ? AND locked_until > ?`,
		r.attemptKey(), clock.Format(s.Clock.Now())).Scan(&until)
	if err != nil {
		return time.Time{}, fmt.Errorf("read lock of %s: %w", r.ID, err)
	}
	return moment(until), nil
}

// Invitation is what a new account of the back office is to be.
type Invitation struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Email string      `json:"email,omitempty"` // "" if the link is handed over
	Lang  locale.Lang `json:"lang,omitempty"`
	Offer
}

// Invite enters an account of the back office with a membership that waits for
// the security administrator, and sends a link to set password and second
// factor. The link is returned if there is no address to send it to.
func (s *Service) Invite(ctx context.Context, who permit.Actor, i Invitation) (link string, err error) {
	if err := Table.Permit("", "invite", who.For(i.Organisation), nil); err != nil {
		return "", err
	}
	i.Email = auth.FoldName(i.Email)
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		var p problem.List
		checkID(&p, i.ID)
		checkName(&p, i.Name)
		if i.Email != "" {
			checkEmail(&p, i.Email)
		}
		taken, err := s.taken(tx, &p, i)
		if err != nil {
			return err
		}
		r := row{Holder: Holder{ID: i.ID}, name: strings.TrimSpace(i.Name), email: i.Email, lang: i.Lang}
		known, err := bodyExists(tx, i.Organisation)
		if err != nil {
			return err
		}
		events, err := Decide(Facts{Who: who, Now: s.Clock.Now(), New: s.IDs.Make("mem"), Body: known}, r.Holder, Invite{i.Offer})
		if err := p.Merge(err); err != nil {
			return err
		}
		if err := p.Err(); err != nil || taken {
			return err
		}
		if err := s.record(tx, who, &r, events...); err != nil {
			return err
		}
		if err := s.note(tx, r.ID, "invite", who.Account, ""); err != nil {
			return err
		}
		link, err = s.issue(tx, ForEnrol, r, "enrol")
		return err
	})
	return link, err
}

// taken adds what of i belongs to another account.
func (s *Service) taken(tx *database.Tx, p *problem.List, i Invitation) (taken bool, err error) {
	if _, err = load(tx, i.ID); err == nil {
		p.Add("/id", "account.id_taken")
		taken = true
	} else if !problem.Is(err, problem.NotFound) {
		return false, err
	}
	if i.Email == "" {
		return taken, nil
	}
	if _, err = byEmail(tx, i.Email); err == nil {
		p.Add("/email", "account.email_taken")
		return true, nil
	}
	if !problem.Is(err, problem.NotFound) {
		return false, err
	}
	return taken, nil
}

// Unlock forgets the failures of an account.
func (s *Service) Unlock(ctx context.Context, who permit.Actor, id string) error {
	return s.guard(ctx, who, id, "unlock", "", func(tx *database.Tx, r *row) error { return forgive(tx, r.attemptKey()) })
}

// RevokeAll ends every sign-in of an account, and its tokens.
func (s *Service) RevokeAll(ctx context.Context, who permit.Actor, id, reason string) error {
	return s.guard(ctx, who, id, "revoke", reason, func(tx *database.Tx, r *row) error {
		if _, err := tx.Exec(`UPDATE token SET ended_at = ? WHERE account = ? AND ended_at = ''`, clock.Format(s.Clock.Now()), id); err != nil {
			return fmt.Errorf("end tokens of %s: %w", id, err)
		}
		return s.endSignIns(tx, id, "", whyRevoked)
	})
}

// Reset takes away the second factor of an account whose holder has lost it,
// ends its sign-ins and sends a link to set another; it is returned if there
// is no address. Who has the link still needs the password.
func (s *Service) Reset(ctx context.Context, who permit.Actor, id, reason string) (link string, err error) {
	if err := needReason(reason); err != nil {
		return "", err
	}
	err = s.guard(ctx, who, id, "reset", reason, func(tx *database.Tx, r *row) error {
		if r.Stage != StageActive && r.Stage != StageInvited {
			return problem.New(problem.Conflict, "flow.not_at_this_stage")
		}
		r.factor, r.recovery = "", ""
		if err := s.endSignIns(tx, id, "", whyReset); err != nil {
			return err
		}
		link, err = s.issue(tx, ForEnrol, *r, "reset")
		return err
	})
	return link, err
}

// guard does what the security administrator does to credentials, which no
// stage shows, and writes it down.
func (s *Service) guard(ctx context.Context, who permit.Actor, id, what, reason string, do func(*database.Tx, *row) error) error {
	if err := MayGuard.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		r, err := load(tx, id)
		if err != nil {
			return err
		}
		if who.Is(r.ID) {
			return problem.New(problem.Forbidden, "account.not_oneself")
		}
		if err := do(tx, &r); err != nil {
			return err
		}
		if err := s.record(tx, who, &r, Kept{What: what}); err != nil {
			return err
		}
		return s.note(tx, id, what, who.Account, reason)
	})
}
