package account

import (
	"kaishu/internal/base/flow"
	"slices"
	"time"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// Command is a request to move an account.
type Command interface{ Verb() string }

// The commands. Reasons are kept beside the account, not in the ledger, since
// they may speak of a person.
type (
	Register struct{}
	Invite   struct{ Offer }
	Confirm  struct{}
	Enrol    struct{}
	// Verify says that somebody's name was proved, or, with a body, that he
	// administers it.
	Verify struct {
		Organisation string `json:"organisation,omitempty"`
	}
	Propose struct{ Offer }
	Admit   struct{ Offer }
	Grant   struct {
		Membership string `json:"membership"`
	}
	End struct {
		Membership string `json:"membership"`
		Reason     string `json:"reason"`
	}
	Suspend struct {
		Reason string `json:"reason"`
	}
	Resume struct {
		Reason string `json:"reason"`
	}
	Restrict struct {
		Reason string `json:"reason"`
	}
	Lift struct {
		Reason string `json:"reason"`
	}
	Close struct {
		Reason string `json:"reason"`
	}
)

func (Register) Verb() string { return "register" }
func (Invite) Verb() string   { return "invite" }
func (Confirm) Verb() string  { return "confirm" }
func (Enrol) Verb() string    { return "enrol" }
func (Verify) Verb() string   { return "verify" }
func (Propose) Verb() string  { return "propose" }
func (Admit) Verb() string    { return "admit" }
func (Grant) Verb() string    { return "grant" }
func (End) Verb() string      { return "end" }
func (Suspend) Verb() string  { return "suspend" }
func (Resume) Verb() string   { return "resume" }
func (Restrict) Verb() string { return "restrict" }
func (Lift) Verb() string     { return "lift" }
func (Close) Verb() string    { return "close" }

// Offer is what a membership is to give.
type Offer struct {
	Organisation string        `json:"organisation,omitempty"` // "" for none
	Roles        []permit.Role `json:"roles"`
	From         workday.Date  `json:"from,omitempty"`  // first day; "" for today
	Until        workday.Date  `json:"until,omitempty"` // last day; "" for none
}

// Delegation is a request to have somebody else act in one's place (代办).
type Delegation struct {
	To    string        `json:"to"` // account of the same body
	Roles []permit.Role `json:"roles"`
	From  workday.Date  `json:"from,omitempty"` // first day; "" for today
	Until workday.Date  `json:"until"`          // last day
}

// Event is something that happened to an account.
type Event interface{ Kind() string }

// The events.
type (
	Registered struct{}
	Invited    struct {
		By string `json:"by"`
	}
	// Entered is an account as the console or a sample enters it, whole.
	Entered struct {
		Realm      Realm       `json:"realm"`
		Stage      Stage       `json:"stage"`
		Membership *Membership `json:"membership,omitempty"`
	}
	Confirmed struct{}
	Enrolled  struct{}
	Verified  struct {
		By string `json:"by"`
	}
	Proposed struct {
		Membership Membership `json:"membership"`
	}
	Granted struct {
		Membership string `json:"membership"`
		By         string `json:"by"`
	}
	Delegated struct {
		Membership Membership `json:"membership"`
	}
	Ended struct {
		Membership string    `json:"membership"`
		At         time.Time `json:"at"`
	}
	Suspended  struct{}
	Resumed    struct{}
	Restricted struct{}
	Lifted     struct {
		To Stage `json:"to"`
	}
	Closed struct {
		At time.Time `json:"at"`
	}
	// Kept is what was done to the credentials, which no stage shows: "unlock",
	// "reset", "revoke", "password", "factor", "link".
	Kept struct {
		What string `json:"what"`
	}
)

func (Registered) Kind() string { return "account.registered" }
func (Invited) Kind() string    { return "account.invited" }
func (Entered) Kind() string    { return "account.entered" }
func (Confirmed) Kind() string  { return "account.confirmed" }
func (Enrolled) Kind() string   { return "account.enrolled" }
func (Verified) Kind() string   { return "account.verified" }
func (Proposed) Kind() string   { return "account.proposed" }
func (Granted) Kind() string    { return "account.granted" }
func (Delegated) Kind() string  { return "account.delegated" }
func (Ended) Kind() string      { return "account.ended" }
func (Suspended) Kind() string  { return "account.suspended" }
func (Resumed) Kind() string    { return "account.resumed" }
func (Restricted) Kind() string { return "account.restricted" }
func (Lifted) Kind() string     { return "account.lifted" }
func (Closed) Kind() string     { return "account.closed" }
func (Kept) Kind() string       { return "account.kept" }

// Membership is for whom and in which roles an account acts.
type Membership struct {
	ID           string        `json:"id"`
	Organisation string        `json:"organisation,omitempty"` // id of the body; "" for none
	Roles        []permit.Role `json:"roles"`
	From         workday.Date  `json:"from"`
	Until        workday.Date  `json:"until,omitempty"`  // last day; "" for no end
	Behalf       string        `json:"behalf,omitempty"` // account that delegated the roles; "" if they are the account's own
	Source       string        `json:"source,omitempty"` // membership of Behalf from which they come
	By           string        `json:"by"`               // who proposed or delegated it, as permit.Actor.Doer
	GrantedBy    string        `json:"granted_by,omitempty"`
	EndedAt      time.Time     `json:"ended_at,omitzero"`
}

// Open reports whether m has not been ended and its last day has not passed.
func (m Membership) Open(today workday.Date) bool {
	return m.EndedAt.IsZero() && (m.Until == "" || today <= m.Until)
}

// InForce reports whether m gives its roles today.
func (m Membership) InForce(today workday.Date) bool {
	return m.Open(today) && m.GrantedBy != "" && m.From <= today
}

// Holder is an account as its events make it: no name, no address.
type Holder struct {
	ID          string            `json:"id"`
	Realm       Realm             `json:"realm"`
	Stage       Stage             `json:"stage"`
	Proved      bool              `json:"proved,omitempty"` // was verified before a restriction
	Memberships []Membership      `json:"memberships,omitempty"`
	Did         map[string]string `json:"did,omitempty"` // verb → doer, for four eyes
}

// Membership returns the membership called id.
func (h Holder) Membership(id string) (Membership, bool) {
	i := slices.IndexFunc(h.Memberships, func(m Membership) bool { return m.ID == id })
	if i < 0 {
		return Membership{}, false
	}
	return h.Memberships[i], true
}

// Member reports whether h has a membership of its own in the body on that day.
func (h Holder) Member(organisation string, today workday.Date) bool {
	return organisation != "" && slices.ContainsFunc(h.Memberships, func(m Membership) bool {
		return m.Organisation == organisation && m.Behalf == "" && m.InForce(today)
	})
}

// Evolve returns h as it stands after event.
func Evolve(h Holder, event Event) Holder {
	switch event := event.(type) {
	case Registered:
		h.Realm, h.Stage = Public, StageRegistered
	case Invited:
		h.Realm, h.Stage = Office, StageInvited
		h.Did = flow.Did(h.Did, "invite", event.By)
	case Entered:
		h.Realm, h.Stage = event.Realm, event.Stage
		h.Proved = event.Stage == StageVerified
		if event.Membership != nil {
			return keep(h, *event.Membership)
		}
	case Confirmed:
		h.Stage = StageContact
	case Enrolled, Resumed:
		h.Stage = StageActive
	case Verified:
		h.Stage, h.Proved = StageVerified, true
	case Proposed:
		h.Did = flow.Did(h.Did, "propose", event.Membership.By)
		return keep(h, event.Membership)
	case Delegated:
		return keep(h, event.Membership)
	case Granted:
		m, _ := h.Membership(event.Membership)
		m.GrantedBy = event.By
		return keep(h, m)
	case Ended:
		m, _ := h.Membership(event.Membership)
		m.EndedAt = event.At
		return keep(h, m)
	case Suspended:
		h.Stage = StageSuspended
	case Restricted:
		h.Stage = StageRestricted
	case Lifted:
		h.Stage = event.To
	case Closed:
		h.Stage = StageClosed
		for _, m := range h.Memberships {
			if m.EndedAt.IsZero() {
				m.EndedAt = event.At
				h = keep(h, m)
			}
		}
	case Kept:
	default:
		panic("account: cannot evolve by " + event.Kind())
	}
	return h
}

// keep returns h with m in its place.
func keep(h Holder, m Membership) Holder {
	h.Memberships = slices.Clone(h.Memberships)
	if i := slices.IndexFunc(h.Memberships, func(x Membership) bool { return x.ID == m.ID }); i >= 0 {
		h.Memberships[i] = m
		return h
	}
	h.Memberships = append(h.Memberships, m)
	return h
}
