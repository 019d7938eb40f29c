package roster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"slices"
	"strings"

	"kaishu/internal/base/clock"
	"kaishu/internal/base/id"
	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/base/workday"
	"kaishu/internal/casework/notice"
	"kaishu/internal/infra/database"
	"kaishu/internal/infra/ledger"
)

// Migrations makes the table of this package.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Messages is every word of this package.
//
//go:embed messages.*.json
var Messages embed.FS

// Kinds are the notices of this package.
var Kinds = []notice.Kind{
	{Name: "roster.joined", Topic: "roster.topic", Title: "roster.told_joined", Text: "roster.told_joined_text"},
	{Name: "roster.ended", Topic: "roster.topic", Title: "roster.told_ended", Text: "roster.told_ended_text"},
	{Name: "roster.changed", Topic: "roster.topic", Title: "roster.told_changed", Text: "roster.told_changed_text"},
}

// People is what people/account keeps of memberships. admin acts for the
// organisation admin.Organisation as its administrator.
type People interface {
	// Administers reports whether the account is an administrator today.
	Administers(tx *database.Tx, account, organisation string) (bool, error)
	// Members returns the members of admin's organisation, by account.
	Members(tx *database.Tx, admin permit.Actor) ([]Member, error)
	// Admit gives the account a membership, from today.
	Admit(tx *database.Tx, admin permit.Actor, account string, roles []permit.Role) error
	// End ends a membership.
	End(tx *database.Tx, admin permit.Actor, account, membership, reason string) error
	// Name returns what the organisation is called.
	Name(tx *database.Tx, organisation string) (locale.Text, error)
}

// Tools are what the service works with.
type Tools struct {
	DB      *database.DB
	Clock   clock.Clock
	IDs     *id.Source
	Words   *locale.Catalogue
	Box     notice.Box
	Notices *notice.Service
	People  People
	Public  string // address of the platform for links, e.g. https://data.example.cn
}

// Service keeps the invitations.
type Service struct{ Tools }

// New returns the service.
func New(t Tools) *Service { return &Service{t} }

// Roster is an organisation with its people.
type Roster struct {
	Name    locale.Text  `json:"name"`
	Members []Member     `json:"members"`
	Invited []Invitation `json:"invited"`
}

func (s *Service) today() workday.Date { return workday.Of(s.Clock.Now()) }

// keeps fails unless who administers the organisation that he acts for.
func keeps(who permit.Actor) error {
	return MayKeep.Permit(who, permit.Thing{Body: who.Organisation})
}

// Look returns the members and open invitations of who's organisation.
func (s *Service) Look(ctx context.Context, who permit.Actor) (r Roster, err error) {
	if err := keeps(who); err != nil {
		return r, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if r.Name, err = s.People.Name(tx, who.Organisation); err != nil {
			return err
		}
		if r.Members, err = s.People.Members(tx, who); err != nil {
			return err
		}
		r.Invited, err = s.invited(tx, who.Organisation)
		return err
	})
	return r, err
}

// Invite sends an invitation for who's organisation to an address. The link
// is valid once, for seven days. Where the platform sends no mail it is
// returned, to be handed over; else it is "".
func (s *Service) Invite(ctx context.Context, who permit.Actor, i Invite, lang locale.Lang) (link string, err error) {
	if err := keeps(who); err != nil {
		return "", err
	}
	i.Email = strings.TrimSpace(i.Email)
	err = s.DB.Write(ctx, func(tx *database.Tx) error {
		open, err := s.invited(tx, who.Organisation)
		if err != nil {
			return err
		}
		if err := i.check(open); err != nil {
			return err
		}
		name, err := s.People.Name(tx, who.Organisation)
		if err != nil {
			return err
		}
		raw := make([]byte, 32)
		rand.Read(raw) // never fails since Go 1.24
		secret := hex.EncodeToString(raw)
		inv := Invitation{ID: s.IDs.Make("inv"), Organisation: who.Organisation, Roles: i.Roles, Email: i.Email, By: who.Account, Until: s.today().AddDays(ValidDays)}
		if err := s.save(tx, inv, hashed(secret)); err != nil {
			return err
		}
		if err := s.append(tx, who, inv.ID, 0, Invited{who.Organisation, i.Roles, inv.Until}); err != nil {
			return err
		}
		link = strings.TrimSuffix(s.Public, "/") + "/" + string(lang) + "/join?ticket=" + secret
		if !s.Notices.Mails() {
			return nil
		}
		args := map[string]any{"organisation": name, "link": link, "until": string(inv.Until)}
		link = ""
		return s.Notices.Send(tx, who, notice.Direct{To: i.Email, Lang: lang,
			Subject: s.Words.Say(lang, "roster.letter_subject", args), Text: s.Words.Say(lang, "roster.letter_text", args)})
	})
	if err != nil {
		return "", err
	}
	return link, nil
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (s *Service) append(tx *database.Tx, who permit.Actor, invitation string, version int, e Event) error {
	return ledger.Append(tx, "invitation/"+invitation, version, who, s.Clock.Now(), id.Trace(tx.Context()), []Event{e})
}

// Revoke takes back an open invitation of who's organisation.
func (s *Service) Revoke(ctx context.Context, who permit.Actor, invitation string) error {
	if err := keeps(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		open, err := s.invited(tx, who.Organisation)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(open, func(i Invitation) bool { return i.ID == invitation }) {
			return NotFound()
		}
		if err := settle(tx, invitation, "revoked"); err != nil {
			return err
		}
		return s.append(tx, who, invitation, 1, Revoked{})
	})
}

// Ticket returns what the holder of a link is invited to, and by which
// organisation. An unknown, used or old one is not found.
func (s *Service) Ticket(ctx context.Context, who permit.Actor, secret string) (i Invitation, name locale.Text, err error) {
	if err := MayJoin.Asked(who); err != nil {
		return i, name, err
	}
	err = s.DB.Read(ctx, func(tx *database.Tx) error {
		if i, err = s.find(tx, secret); err != nil {
			return err
		}
		name, err = s.People.Name(tx, i.Organisation)
		return err
	})
	return i, name, err
}

// find returns the open invitation of a link whose maker still administers the
// organisation.
func (s *Service) find(tx *database.Tx, secret string) (Invitation, error) {
	i, err := s.load(tx, hashed(secret))
	if err != nil {
		return i, err
	}
	still, err := s.People.Administers(tx, i.By, i.Organisation)
	if err == nil && (!still || s.today() > i.Until) {
		err = NotFound()
	}
	return i, err
}

// Join makes who a member, in the name of whoever invited him.
func (s *Service) Join(ctx context.Context, who permit.Actor, secret string) error {
	if err := MayJoin.Asked(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		i, err := s.find(tx, secret)
		if err != nil {
			return err
		}
		admin := permit.Actor{Account: i.By, Organisation: i.Organisation, Roles: []permit.Role{permit.OrgAdmin}}
		members, err := s.People.Members(tx, admin)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(members, func(m Member) bool { return m.Account == who.Account }) {
			return problem.New(problem.Conflict, "roster.member_already")
		}
		if err := s.People.Admit(tx, admin, who.Account, i.Roles); err != nil {
			return err
		}
		if err := settle(tx, i.ID, "joined"); err != nil {
			return err
		}
		if err := s.append(tx, who, i.ID, 1, Joined{who.Account}); err != nil {
			return err
		}
		return s.tell(tx, i.By, "roster.joined", i.Organisation, map[string]any{}, "/organisation")
	})
}

func (s *Service) tell(tx *database.Tx, account, kind, organisation string, args map[string]any, about string) error {
	name, err := s.People.Name(tx, organisation)
	if err != nil {
		return err
	}
	args["organisation"] = name
	return s.Notices.Tell(tx, permit.Platform, notice.Notice{Account: account, Kind: kind, Args: args, About: about})
}

// Change gives a member of who's organisation other roles: the old membership
// ends, another begins.
func (s *Service) Change(ctx context.Context, who permit.Actor, membership string, roles []permit.Role) error {
	return s.act(ctx, who, membership, func(tx *database.Tx, all []Member, m Member) error {
		var p problem.List
		checkRoles(&p, roles)
		if err := p.Err(); err != nil {
			return err
		}
		if !slices.Contains(roles, permit.OrgAdmin) {
			if err := checkLast(all, membership); err != nil {
				return err
			}
		}
		if err := s.People.End(tx, who, m.Account, membership, "changed"); err != nil {
			return err
		}
		if err := s.People.Admit(tx, who, m.Account, roles); err != nil {
			return err
		}
		return s.tell(tx, m.Account, "roster.changed", who.Organisation, map[string]any{"roles": s.Say(roles)}, "")
	})
}

// End ends the membership of somebody in who's organisation, with a reason.
func (s *Service) End(ctx context.Context, who permit.Actor, membership, reason string) error {
	return s.act(ctx, who, membership, func(tx *database.Tx, all []Member, m Member) error {
		var p problem.List
		if p.Require("/reason", reason); len([]rune(reason)) > 500 {
			p.Add("/reason", "roster.too_long", "most", 500)
		}
		if err := p.Err(); err != nil {
			return err
		}
		if err := checkLast(all, membership); err != nil {
			return err
		}
		if err := s.People.End(tx, who, m.Account, membership, reason); err != nil {
			return err
		}
		return s.tell(tx, m.Account, "roster.ended", who.Organisation, map[string]any{"reason": strings.TrimSpace(reason)}, "")
	})
}

// act does something to a member of who's organisation; another's is not
// found, and nobody does it to himself.
func (s *Service) act(ctx context.Context, who permit.Actor, membership string, do func(*database.Tx, []Member, Member) error) error {
	if err := keeps(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *database.Tx) error {
		all, err := s.People.Members(tx, who)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(m Member) bool { return m.Membership == membership })
		switch {
		case i < 0:
			return NotFound()
		case all[i].Account == who.Account:
			return problem.New(problem.Conflict, "roster.not_oneself")
		}
		return do(tx, all, all[i])
	})
}

// Say puts roles into words.
func (s *Service) Say(roles []permit.Role) locale.Text {
	say := func(l locale.Lang, between string) string {
		words := make([]string, len(roles))
		for i, r := range roles {
			words[i] = s.Words.Say(l, "roster.role."+string(r), nil)
		}
		return strings.Join(words, between)
	}
	return locale.Text{ZH: say(locale.ZH, "、"), EN: say(locale.EN, ", ")}
}

// NotFound says that there is no such member or invitation, or none of yours.
func NotFound() error { return problem.New(problem.NotFound, "roster.not_found") }
