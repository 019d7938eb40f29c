package permit

import (
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

// Thing is what an act is done to, as far as permission cares.
type Thing struct {
	Body     string // id of the body that is responsible for it; "" for none
	District string // of that body
	Account  string // id of the account whose own it is; "" for none
}

// Rule is one row of the permission tables: who may ask for an act. Acts that
// move a case have their rules in the case's own table of steps, see
// flow.Table.Rule; rules of all other acts stand in their concept's rules.go.
type Rule struct {
	Act     string // e.g. "account.enter"
	By      []Role // any of these
	Article string // e.g. "36(2)"; "" where the regulation is silent
}

// Public is the rule of what is open to everybody (Article 17).
var Public = Rule{Act: "public.read", By: []Role{Visitor}, Article: "17"}

// Asked returns nil if who may ask for the act at all, of some thing. This is
// what the edge asks before it looks at anything, so that an outsider's answer
// cannot depend on what there is.
func (r Rule) Asked(who Actor) error {
	switch {
	case who.HasAny(r.By...):
		return nil
	case !who.Known():
		return problem.New(problem.Unsigned, "permit.sign_in", "role", r.roles())
	}
	return problem.New(problem.Forbidden, "permit.not_your_part", "role", r.roles())
}

// roles names the roles by their codes; the edge puts words in their place.
func (r Rule) roles() string {
	codes := make([]string, len(r.By))
	for i, role := range r.By {
		codes[i] = string(role)
	}
	return strings.Join(codes, ", ")
}

// Permit returns nil if who may do the act to t.
func (r Rule) Permit(who Actor, t Thing) error {
	if err := r.Asked(who); err != nil {
		return err
	}
	if r.Allows(who, t) {
		return nil
	}
	return problem.New(problem.Forbidden, "permit.not_yours")
}

// Allows reports whether who holds a role of the rule that reaches t.
func (r Rule) Allows(who Actor, t Thing) bool {
	return slices.ContainsFunc(r.By, func(role Role) bool { return who.Has(role) && who.reaches(role, t) })
}

// Office reports whether the act belongs to the back office: nobody of the
// public realm may ask for it.
func (r Rule) Office() bool {
	return !slices.ContainsFunc(r.By, func(role Role) bool {
		return role == Visitor || role == Signed || slices.Contains(PublicRoles, role)
	})
}

// Reason is why one role does or does not count.
type Reason struct {
	Role  Role
	Held  bool
	Reach Reach
	Fits  bool // the role reaches the thing
}

// Explain says, role by role, why who may or may not do the act to t.
func (r Rule) Explain(who Actor, t Thing) []Reason {
	all := make([]Reason, len(r.By))
	for i, role := range r.By {
		all[i] = Reason{Role: role, Held: who.Has(role), Reach: role.Reach(), Fits: who.reaches(role, t)}
	}
	return all
}
