package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/infra/database"
	"kaishu/internal/people/organisation"
)

// Methods of signing in.
const (
	byPassword = "password"
	byCode     = "totp"
	byOutside  = "oidc"
	byClick    = "dev"
	byRecovery = "recovery"
)

// Why a sign-in ended before its time.
const (
	whyLeft     = "left"
	whyRevoked  = "revoked"
	whySwitched = "switched"
	whyPassword = "password"
	whyReset    = "reset"
	whyClosed   = "closed"
)

// newSecret returns 256 random bits as text, and the hash under which they are
// kept (a slow hash would add nothing to so many bits).
func newSecret() (secret, hash string, err error) {
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", "", fmt.Errorf("draw secret: %w", err)
	}
	secret = base64.RawURLEncoding.EncodeToString(raw)
	return secret, hashOf(secret), nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Caller is what is known of the browser that signs in.
type Caller struct {
	Agent string // User-Agent
}

// begin writes a sign-in of r and returns its secret. Its failures are
// forgotten.
func (s *Service) begin(tx *database.Tx, who permit.Actor, r row, method string, from Caller) (string, error) {
	if err := forgive(tx, r.attemptKey()); err != nil {
		return "", err
	}
	membership := ""
	if m := first(r.Holder, s.today()); m != nil {
		membership = m.ID
	}
	return s.open(tx, who, r, membership, method, from, s.Clock.Now().Add(r.Realm.whole()))
}

// open writes a sign-in that ends at the latest at until.
func (s *Service) open(tx *database.Tx, who permit.Actor, r row, membership, method string, from Caller, until time.Time) (string, error) {
	secret, hash, err := newSecret()
	if err != nil {
		return "", err
	}
	now := clock.Format(s.Clock.Now())
	_, err = tx.Exec(`
		INSERT INTO sign_in (hash, id, account, membership, realm, method, network, agent, began_at, seen_at, ends_at, ended_at, ended_why)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')`,
		hash, s.IDs.Make("sgn"), r.ID, membership, r.Realm, method, network(who.Address), shorten(from.Agent), now, now, clock.Format(until))
	if err != nil {
		return "", fmt.Errorf("save sign-in of %s: %w", r.ID, err)
	}
	return secret, nil
}

// network keeps of an address the neighbourhood, not the person.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// shorten says in two words what browser a User-Agent names. The first that
// fits counts: others quote their elders.
func shorten(agent string) string {
	name := func(words [][2]string) string {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				return w[1]
			}
		}
		return ""
	}
	browser := name([][2]string{{"MicroMessenger", "WeChat"}, {"Edg", "Edge"}, {"Firefox", "Firefox"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}})
	system := name([][2]string{{"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}})
	return strings.Trim(browser+" · "+system, " ·")
}

// acting is what is read to know who acts: an account, the membership in which
// it acts, and for a delegation its source.
type acting struct {
	account, name string
	realm         Realm
	stage         Stage
	factor        bool
	membership    *Membership
	source        *Membership
}

// actingColumns go with the tables of [actingFrom].
const actingColumns = `a.id, a.name, a.realm, a.stage, a.factor,
		m.id, m.organisation, m.roles, m.from_on, m.until_on, m.behalf, m.granted_by, m.ended_at,
		c.id, c.roles, c.from_on, c.until_on, c.granted_by, c.ended_at`

// actingFrom joins what [actingColumns] name to x.account and x.membership. A
// source counts while the account that it belongs to is active.
const actingFrom = `
		JOIN account a ON a.id = x.account
		LEFT JOIN membership m ON m.id = x.membership AND m.account = x.account
		LEFT JOIN account b ON b.id = m.behalf AND b.stage = 'active'
		LEFT JOIN membership c ON c.id = m.source AND c.account = b.id`

// scanActing reads [actingColumns] behind other columns.
func scanActing(scan func(...any) error, others ...any) (x acting, err error) {
	var factor string
	var own, of [8]sql.NullString
	err = scan(append(others, &x.account, &x.name, &x.realm, &x.stage, &factor,
		&own[0], &own[1], &own[2], &own[3], &own[4], &own[5], &own[6], &own[7],
		&of[0], &of[1], &of[2], &of[3], &of[4], &of[5])...)
	if err != nil {
		return x, err
	}
	x.factor = factor != ""
	if own[0].Valid {
		x.membership = &Membership{ID: own[0].String, Organisation: own[1].String, From: workday.Date(own[3].String), Until: workday.Date(own[4].String),
			Behalf: own[5].String, GrantedBy: own[6].String, EndedAt: moment(own[7].String)}
		if err := json.Unmarshal([]byte(own[2].String), &x.membership.Roles); err != nil {
			return x, fmt.Errorf("decode roles of %s: %w", x.membership.ID, err)
		}
	}
	if of[0].Valid {
		x.source = &Membership{ID: of[0].String, From: workday.Date(of[2].String), Until: workday.Date(of[3].String),
			GrantedBy: of[4].String, EndedAt: moment(of[5].String)}
		if err := json.Unmarshal([]byte(of[1].String), &x.source.Roles); err != nil {
			return x, fmt.Errorf("decode roles of %s: %w", x.source.ID, err)
		}
	}
	return x, nil
}

// actor returns who acts, with the roles of that day.
func (x acting) actor(tx *database.Tx, today workday.Date) (permit.Actor, error) {
	who := permit.Actor{Account: x.account, Name: x.name, Office: x.realm == Office, Roles: rolesOf(x.realm, x.stage, x.membership, x.source, today)}
	if len(who.Roles) == 0 || x.membership == nil {
		return who, nil
	}
	who.Organisation, who.Behalf = x.membership.Organisation, x.membership.Behalf
	if who.Organisation == "" {
		return who, nil
	}
	var err error
	who.District, err = organisation.DistrictOf(tx, who.Organisation)
	return who, err
}

// SignIn returns the actor whose token is secret; nil error and the zero
// Actor never come together. An unknown token, or one of an account that may
// not act, is problem.Unsigned "account.bad_token".
func (s *Service) SignIn(ctx context.Context, secret string) (who permit.Actor, err error) {
	bad := problem.New(problem.Unsigned, "account.bad_token")
	if !strings.HasPrefix(secret, prefix) {
		return who, bad
	}
	var until workday.Date
	var used string
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		x, err := scanActing(tx.QueryRow(`
			SELECT x.until_on, x.used_at, `+actingColumns+`
			FROM   token x`+actingFrom+`
			WHERE  x.hash = ? AND x.ended_at = ''`, hashOf(secret)).Scan, &until, &used)
		if errors.Is(err, sql.ErrNoRows) || err == nil && (x.stage == StageClosed || x.stage == StageSuspended || until != "" && until < s.today()) {
			return bad
		}
		if err != nil {
			return fmt.Errorf("load token: %w", err)
		}
		who, err = x.actor(tx, s.today())
		return err
	})
	if err != nil || s.Clock.Now().Sub(moment(used)) < seenEvery {
		return who, err
	}
	return who, s.seen(ctx, `UPDATE token SET used_at = ? WHERE hash = ?`, secret)
}

// seen writes down that a secret was used now.
func (s *Service) seen(ctx context.Context, update, secret string) error {
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := tx.Exec(update, clock.Format(s.Clock.Now()), hashOf(secret)); err != nil {
			return fmt.Errorf("note use: %w", err)
		}
		return nil
	})
}

// Session returns what web.Options.Session wants: the actor of a sign-in in a
// browser, or the zero Actor if there is none any more. It is one query, so
// that a sign-in that was revoked ends with the request before.
func (s *Service) Session() func(ctx context.Context, secret string) (permit.Actor, error) {
	return s.session
}

func (s *Service) session(ctx context.Context, secret string) (who permit.Actor, err error) {
	now := s.Clock.Now()
	var seen string
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		var id, method, ends string
		x, err := scanActing(tx.QueryRow(`
			SELECT x.id, x.method, x.seen_at, x.ends_at, `+actingColumns+`
			FROM   sign_in x`+actingFrom+`
			WHERE  x.hash = ? AND x.ended_at = ''`, hashOf(secret)).Scan, &id, &method, &seen, &ends)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load sign-in: %w", err)
		}
		if !now.Before(moment(ends)) || now.Sub(moment(seen)) >= x.realm.idle() || x.stage == StageClosed || x.stage == StageSuspended {
			return nil
		}
		if who, err = x.actor(tx, s.today()); err != nil {
			return err
		}
		if who.Session = id; x.realm == Office && !x.factor && method != byClick {
			who.Must = "account.enrol"
		}
		return nil
	})
	if err != nil || !who.Known() || now.Sub(moment(seen)) < seenEvery {
		return who, err
	}
	return who, s.seen(ctx, `UPDATE sign_in SET seen_at = ? WHERE hash = ? AND ended_at = ''`, secret)
}

// endSignIns ends the sign-ins of an account, but for the one called spare.
func (s *Service) endSignIns(tx *database.Tx, account, spare, why string) error {
	_, err := tx.Exec(`
		UPDATE sign_in
		SET    ended_at = ?, ended_why = ?
		WHERE  account = ? AND id <> ? AND ended_at = ''`, clock.Format(s.Clock.Now()), why, account, spare)
	if err != nil {
		return fmt.Errorf("end sign-ins of %s: %w", account, err)
	}
	return nil
}

// endSignIn ends one sign-in of an account, and reports whether it ran.
func (s *Service) endSignIn(tx *database.Tx, account, id, why string) (bool, error) {
	n, err := tx.Exec(`
		UPDATE sign_in
		SET    ended_at = ?, ended_why = ?
		WHERE  account = ? AND id = ? AND ended_at = ''`, clock.Format(s.Clock.Now()), why, account, id)
	if err != nil {
		return false, fmt.Errorf("end sign-in of %s: %w", account, err)
	}
	return n > 0, nil
}

// erase takes away what proves a closed account.
func (s *Service) erase(tx *database.Tx, account string) error {
	if err := s.endSignIns(tx, account, "", whyClosed); err != nil {
		return err
	}
	for _, q := range []string{
		`UPDATE sign_in SET network = '', agent = '' WHERE account = ?`,
		`UPDATE token SET ended_at = '` + clock.Format(s.Clock.Now()) + `' WHERE account = ? AND ended_at = ''`,
		`DELETE FROM identity WHERE account = ?`,
		`DELETE FROM ticket WHERE account = ?`,
	} {
		if _, err := tx.Exec(q, account); err != nil {
			return fmt.Errorf("erase account %s: %w", account, err)
		}
	}
	return nil
}
