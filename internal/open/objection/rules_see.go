package objection

import "kaishu/internal/base/permit"

// Works reports whether who, with the roles that count for the publisher,
// works on o, and may read what the objector wrote.
func Works(who permit.Actor, o Case) bool {
	if who.HasAny(permit.CtrQuality, permit.Clock) {
		return true
	}
	told := o.Stage != StageSubmitted && o.Stage != StageNotInScope || o.Severe
	return told && who.HasAny(permit.OpnEditor, permit.OpnReviewer, permit.OpnLead)
}

// Oversees reports whether who supervises objections: he sees every case, and
// none of what its objector wrote.
func Oversees(who permit.Actor) bool {
	return who.HasAny(permit.AutOfficer, permit.GofOfficer, permit.Auditor)
}

// The rules of the lists: the centre's, the publisher's, everybody's, and an
// objector's own.
var (
	MayTriage = permit.Rule{Act: "objection.queue", By: []permit.Role{permit.CtrQuality, permit.AutOfficer, permit.GofOfficer, permit.Auditor}, Article: "16(2)"}
	MayAnswer = permit.Rule{Act: "objection.ours", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead}, Article: "16(1)"}
	MayRead   = permit.Rule{Act: "objection.read", By: []permit.Role{permit.Visitor}, Article: "16(2)"}
	MayOwn    = permit.Rule{Act: "objection.mine", By: []permit.Role{permit.Signed}, Article: "16(2)"}
)
