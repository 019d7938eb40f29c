package roster

import (
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
	"kaishu/internal/casework/proof"
	"kaishu/internal/infra/database"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
)

// Accounts is people/account and people/organisation as proofs, notices and
// this package need them. It is a [People] and a proof.People.
type Accounts struct {
	Accounts      *account.Service
	Organisations *organisation.Service
}

var (
	_ People       = Accounts{}
	_ proof.People = Accounts{}
)

// Contact returns the confirmed address of an account, for notices.
func (a Accounts) Contact(tx *database.Tx, id string) (string, locale.Lang, error) {
	address, lang, err := a.Accounts.Contact(tx, permit.Platform, id)
	if problem.Is(err, problem.NotFound) { // a program of the machine
		return "", "", nil
	}
	return address, lang, err
}

// Proved reports whether the name of the account is proved.
func (a Accounts) Proved(tx *database.Tx, id string) (bool, error) {
	h, err := a.Accounts.HolderTx(tx, permit.Platform, id)
	return h.Stage == account.StageVerified, err
}

// ProvePerson records that the name of the account is proved.
func (a Accounts) ProvePerson(tx *database.Tx, officer permit.Actor, id string) error {
	_, err := a.Accounts.DoTx(tx, officer, id, account.Verify{})
	return err
}

// ProveBody enters a body, with the account as its administrator. Its id
// follows from its code, so that one body is entered once.
func (a Accounts) ProveBody(tx *database.Tx, officer permit.Actor, id string, b proof.Body) (string, error) {
	kind := organisation.Enterprise
	if b.Kind != string(organisation.Enterprise) {
		kind = organisation.Unincorporated
	}
	body := "u-" + strings.ToLower(b.USCC)
	_, err := a.Organisations.RegisterTx(tx, officer, body, organisation.Particulars{Name: b.Name, Kind: kind, USCC: b.USCC})
	if problem.Is(err, problem.Conflict) || problem.Is(err, problem.Invalid) { // of that code there is one already
		return "", problem.New(problem.Conflict, "roster.body_there", "uscc", b.USCC)
	}
	if err != nil {
		return "", err
	}
	h, err := a.Accounts.HolderTx(tx, officer, id)
	if err != nil {
		return "", err
	}
	if h.Stage != account.StageVerified {
		_, err = a.Accounts.DoTx(tx, officer, id, account.Verify{Organisation: body})
		return body, err
	}
	// Whoever is verified already only gets the membership; until the body has
	// an administrator the officer acts as one.
	first := permit.Actor{Account: officer.Account, Organisation: body, Roles: []permit.Role{permit.OrgAdmin}}
	return body, a.Admit(tx, first, id, []permit.Role{permit.OrgAdmin})
}

// Administers reports whether the account is an administrator today.
func (a Accounts) Administers(tx *database.Tx, id, body string) (bool, error) {
	all, err := a.Members(tx, permit.Actor{Account: id, Organisation: body, Roles: []permit.Role{permit.OrgAdmin}})
	for _, m := range all {
		for _, r := range m.Roles {
			if m.Account == id && r == permit.OrgAdmin {
				return true, err
			}
		}
	}
	return false, err
}

// Members returns the members of admin's organisation, by account.
func (a Accounts) Members(tx *database.Tx, admin permit.Actor) (all []Member, err error) {
	found, err := a.Accounts.MembersTx(tx, admin)
	for _, b := range found {
		all = append(all, Member{Account: b.Account, Name: b.Name, Membership: b.Membership.ID, Roles: b.Membership.Roles, From: b.Membership.From})
	}
	return all, err
}

// Admit gives the account a membership, from today.
func (a Accounts) Admit(tx *database.Tx, admin permit.Actor, id string, roles []permit.Role) error {
	_, err := a.Accounts.DoTx(tx, admin, id, account.Admit{Offer: account.Offer{Organisation: admin.Organisation, Roles: roles}})
	return err
}

// End ends a membership.
func (a Accounts) End(tx *database.Tx, admin permit.Actor, id, membership, reason string) error {
	_, err := a.Accounts.DoTx(tx, admin, id, account.End{Membership: membership, Reason: reason})
	return err
}

// Name returns what the organisation is called.
func (a Accounts) Name(tx *database.Tx, body string) (locale.Text, error) {
	o, err := a.Organisations.GetTx(tx, permit.Platform, body)
	return o.Name, err
}
