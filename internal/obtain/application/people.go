package application

import (
	"context"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/infra/database"
	"kaishu/internal/people/account"
	"kaishu/internal/people/organisation"
	"kaishu/internal/people/platformrules"
)

// Known is [People] by people/account, people/organisation and
// people/platformrules.
type Known struct {
	Accounts      *account.Service
	Organisations *organisation.Service
	Rules         *platformrules.Service
}

var _ People = Known{}

// Identity returns who would apply if who did: the body that he acts for, or
// the person. Measures against users (Article 32) are not known yet: nobody is
// restricted but an account that is.
func (k Known) Identity(ctx context.Context, who permit.Actor) (i Identity, err error) {
	if MayApply.Asked(who) != nil {
		return i, nil
	}
	owes, err := k.Rules.Must(ctx, who)
	if err != nil {
		return i, err
	}
	i = Identity{Kind: Person, Name: locale.Text{ZH: who.Name, EN: who.Name}, Rules: !owes}
	stage, err := k.Accounts.StageOf(ctx, who)
	if err != nil {
		return i, err
	}
	i.Proved, i.Standing = stage == account.StageVerified, stage != account.StageRestricted
	if who.Organisation == "" {
		return i, nil
	}
	o, err := k.Organisations.Get(ctx, permit.Platform, who.Organisation)
	if err != nil {
		return i, err
	}
	i.Kind, i.Name, i.USCC, i.Member = Legal, o.Name, o.USCC, who.Name
	if o.Kind == organisation.Unincorporated {
		i.Kind = Unincorporated
	}
	i.Proved, i.Standing = o.Stage == organisation.StageActive, i.Standing && o.Stage != organisation.StageSuspended
	return i, nil
}

// Holders returns the accounts that hold one of roles: in the body, or for
// body "" anywhere.
func (k Known) Holders(tx *database.Tx, body string, roles ...permit.Role) ([]string, error) {
	if body == "" {
		return k.Accounts.HoldersAnywhere(tx, permit.Platform, roles...)
	}
	return k.Accounts.HoldersOf(tx, permit.Platform, body, roles...)
}
