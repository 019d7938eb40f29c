package rightsclaim

import (
	"slices"

	"kaishu/internal/base/permit"
	"kaishu/internal/base/workday"
)

// Works reports whether who, with the roles that count for the publisher,
// works on complaints, and may read what the complainant wrote.
func Works(who permit.Actor) bool {
	return who.HasAny(permit.OpnLead, permit.CtrOps, permit.Clock)
}

// Oversees reports whether who supervises complaints: he sees every case, and
// none of what its complainant wrote.
func Oversees(who permit.Actor) bool {
	return who.HasAny(permit.AutOfficer, permit.GofOfficer, permit.Auditor)
}

// Uses reports whether who acts for a data user.
func Uses(who permit.Actor, u User) bool {
	return who.Known() && who.Account == u.Account || u.Organisation != "" && who.Organisation == u.Organisation && who.HasAny(permit.OrgAdmin, permit.OrgDeveloper, permit.OrgCompliance)
}

// The rules of the lists: of all, of one's own body's, of everybody's
// suspensions, and of one's own.
var (
	MayWatch = permit.Rule{Act: "rightsclaim.queue", By: []permit.Role{permit.CtrOps, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "31(2)"}
	MayWork  = permit.Rule{Act: "rightsclaim.ours", By: []permit.Role{permit.OpnLead}, Article: "31(2)"}
	MayRead  = permit.Rule{Act: "rightsclaim.read", By: []permit.Role{permit.Visitor}, Article: "31(1)"}
	MayOwn   = permit.Rule{Act: "rightsclaim.mine", By: []permit.Role{permit.Signed}, Article: "31(1)"}
)

// Can lists the verbs that who, with the roles that count for the publisher,
// may do now; mine is set for the complainant.
func Can(who permit.Actor, o Case, mine bool, today workday.Date) []string {
	return slices.DeleteFunc(Table.Open(o.Stage, who, o.Did), func(verb string) bool {
		switch verb {
		case "attach":
			return !mine
		case "ask":
			return o.Asked
		case "refuse":
			return today <= o.Clock.Due.Day
		case "extend":
			return o.Extended != ""
		case "acknowledge":
			return !slices.ContainsFunc(o.Deletions, func(d Deletion) bool { return d.DoneOn == "" && Uses(who, d.User) })
		}
		return false
	})
}
