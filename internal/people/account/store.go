package account

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/infra/auth"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// row is an account as stored: the holder, who that is, and the credentials.
type row struct {
	Holder
	name, email string
	lang        locale.Lang
	password    string // PHC string; "" for none
	factor      string // sealed secret of the authenticator; "" for none
	step        int64  // of the authenticator's code that was accepted last
	recovery    string // sealed list of hashes; "" for none
	version     int    // of the stream; 0 for an account that was entered before there were events
}

const accountColumns = `id, name, realm, stage, version, body, email, lang, password, factor, factor_step, recovery`

func load(tx *database.Tx, id string) (row, error) { return one(tx, `id = ?`, id) }

// find returns the account of realm by its address or, in the back office, by
// its id.
func find(tx *database.Tx, realm Realm, name string) (row, error) {
	email := auth.FoldName(name)
	if realm == Office {
		return one(tx, `realm = 'office' AND (id = ? OR email = ? AND email <> '')`, name, email)
	}
	return one(tx, `realm = 'public' AND email = ? AND email <> ''`, email)
}

func byEmail(tx *database.Tx, email string) (row, error) {
	return one(tx, `email = ? AND email <> ''`, email)
}

// one returns the account that where finds, or problem.NotFound.
func one(tx *database.Tx, where string, args ...any) (r row, err error) {
	var realm Realm
	var stage Stage
	var body string
	err = tx.QueryRow(`
		SELECT `+accountColumns+`
		FROM   account
		WHERE  `+where, args...).Scan(&r.ID, &r.name, &realm, &stage, &r.version, &body, &r.email, &r.lang, &r.password, &r.factor, &r.step, &r.recovery)
	if errors.Is(err, sql.ErrNoRows) {
		return r, problem.New(problem.NotFound, "account.not_found")
	}
	if err != nil {
		return r, fmt.Errorf("load account: %w", err)
	}
	if body != "" {
		if err := json.Unmarshal([]byte(body), &r.Holder); err != nil {
			return r, fmt.Errorf("decode account %s: %w", r.ID, err)
		}
		return r, nil
	}
	r.Realm, r.Stage = realm, stage
	r.Memberships, err = memberships(tx, `account = ?`, r.ID)
	return r, err
}

// entered is the event that stands for an account from before there were events.
func (r row) entered() Event {
	e := Entered{Realm: r.Realm, Stage: r.Stage}
	if len(r.Memberships) > 0 {
		e.Membership = &r.Memberships[0]
	}
	return e
}

// record applies events to r, writes the row, its memberships and the ledger.
func (s *Service) record(tx *database.Tx, who permit.Actor, r *row, events ...Event) error {
	if r.version == 0 && r.Stage != "" {
		events = append([]Event{r.entered()}, events...)
	}
	from, before := r.version, r.Holder
	for _, e := range events {
		r.Holder = Evolve(r.Holder, e)
	}
	r.version += len(events)
	body, err := json.Marshal(r.Holder)
	if err != nil {
		return fmt.Errorf("encode account %s: %w", r.ID, err)
	}
	n, err := tx.Exec(`
		INSERT INTO account (`+accountColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    name = excluded.name, realm = excluded.realm, stage = excluded.stage, version = excluded.version, body = excluded.body,
		       email = excluded.email, lang = excluded.lang, password = excluded.password, factor = excluded.factor,
		       factor_step = excluded.factor_step, recovery = excluded.recovery
		WHERE  account.version = ?`,
		r.ID, r.name, r.Realm, r.Stage, r.version, string(body), r.email, string(langOr(r.lang)), r.password, r.factor, r.step, r.recovery, from)
	if database.IsUnique(err) {
		var p problem.List
		p.Add("/email", "account.email_taken")
		return p.Err()
	}
	if err != nil {
		return fmt.Errorf("save account %s: %w", r.ID, err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "moved_meanwhile")
	}
	for _, m := range r.Memberships {
		if old, ok := before.Membership(m.ID); ok && from > 0 && same(old, m) {
			continue
		}
		if err := saveMembership(tx, r.ID, m); err != nil {
			return err
		}
	}
	return ledger.Append(tx, Stream(r.ID), from, who, s.Clock.Now(), id.Trace(tx.Context()), events)
}

// same compares what would be stored: instants have other insides in memory.
func same(a, b Membership) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// Stream is the ledger stream of an account.
func Stream(id string) string { return "account/" + id }

func langOr(l locale.Lang) locale.Lang {
	if l == locale.EN {
		return l
	}
	return locale.ZH
}

func saveMembership(tx *database.Tx, account string, m Membership) error {
	roles, err := json.Marshal(m.Roles)
	if err != nil {
		return fmt.Errorf("encode roles: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO membership (id, account, organisation, roles, from_on, until_on, behalf, source, proposed_by, granted_by, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE
		SET    organisation = excluded.organisation, roles = excluded.roles, from_on = excluded.from_on, until_on = excluded.until_on,
		       granted_by = excluded.granted_by, ended_at = excluded.ended_at`,
		m.ID, account, m.Organisation, string(roles), m.From, m.Until, m.Behalf, m.Source, m.By, m.GrantedBy, instant(m.EndedAt))
	if err != nil {
		return fmt.Errorf("save membership %s: %w", m.ID, err)
	}
	return nil
}

// instant writes t for storage; "" for the zero time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return clock.Format(t)
}

// moment reads what [instant] wrote. Rows hold nothing else.
func moment(text string) time.Time {
	t, err := clock.Parse(text)
	if err != nil {
		return time.Time{}
	}
	return t
}

const membershipColumns = `id, organisation, roles, from_on, until_on, behalf, source, proposed_by, granted_by, ended_at`

func memberships(tx *database.Tx, where string, args ...any) ([]Membership, error) {
	rows, err := tx.Query(`
		SELECT `+membershipColumns+`
		FROM   membership
		WHERE  `+where+`
		ORDER  BY from_on, id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	defer rows.Close()
	var all []Membership
	for rows.Next() {
		var m Membership
		var roles, ended string
		if err := rows.Scan(&m.ID, &m.Organisation, &roles, &m.From, &m.Until, &m.Behalf, &m.Source, &m.By, &m.GrantedBy, &ended); err != nil {
			return nil, fmt.Errorf("list memberships: %w", err)
		}
		if err := json.Unmarshal([]byte(roles), &m.Roles); err != nil {
			return nil, fmt.Errorf("decode roles of %s: %w", m.ID, err)
		}
		m.EndedAt = moment(ended)
		all = append(all, m)
	}
	return all, rows.Err()
}

// Act is what somebody did to an account, with his reason.
type Act struct {
	Act    string    `json:"act"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

func (s *Service) note(tx *database.Tx, account, act, by, reason string) error {
	_, err := tx.Exec(`
		INSERT INTO account_act (id, account, act, done_by, reason, at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		s.IDs.Make("act"), account, act, by, reason, clock.Format(s.Clock.Now()))
	if err != nil {
		return fmt.Errorf("note %s of %s: %w", act, account, err)
	}
	return nil
}

// mostActs is how many acts a page shows.
const mostActs = 50

func acts(tx *database.Tx, account string) (all []Act, err error) {
	rows, err := tx.Query(`
		SELECT act, done_by, reason, at
		FROM   account_act
		WHERE  account = ?
		ORDER  BY at DESC, id DESC
		LIMIT  ?`, account, mostActs)
	if err != nil {
		return nil, fmt.Errorf("list acts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Act
		var at string
		if err := rows.Scan(&a.Act, &a.By, &a.Reason, &at); err != nil {
			return nil, fmt.Errorf("list acts: %w", err)
		}
		a.At = moment(at)
		all = append(all, a)
	}
	return all, rows.Err()
}
