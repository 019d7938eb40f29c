package version

import (
	"slices"

	"kaishu/internal/base/permit"
)

// staff are the roles that work on versions before the public sees them.
var staff = []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.CtrEngineer, permit.CtrQuality, permit.Clock}

// MaySee reports whether who, with the roles that count for the publisher,
// may know of v: everybody of what was released, staff of the rest.
func MaySee(who permit.Actor, v Version) bool {
	return v.Readable() || v.Stage == StageRecalled || WorksOn(who)
}

// MayRead is the rule of looking at how a file was read and what was set aside.
var MayRead = permit.Rule{Act: "version.reading", By: []permit.Role{permit.OpnEditor, permit.OpnReviewer, permit.OpnLead, permit.CtrEngineer, permit.CtrQuality}, Article: "25(1)"}

// WorksOn reports whether who, with the roles that count for the publisher,
// works on its versions.
func WorksOn(who permit.Actor) bool { return who.HasAny(staff...) }

// OpenToAll reports whether data of that kind, of an entry of that opening
// type, is for everybody. Articles 14 and 22.
func OpenToAll(kind Kind, opening string) bool { return opening == "unconditional" || kind == Sample }

// Shown returns what who learns of v: of open data and samples all but the
// cells that the checks found and who ruled on them, of other data neither rows nor sizes (Article 14). Whoever
// works on it sees everything.
func Shown(who permit.Actor, v Version, opening string) Version {
	if WorksOn(who) {
		return v
	}
	v.Findings, v.Rulings = withoutCells(v.Findings), nil
	if !OpenToAll(v.Kind, opening) {
		v.Outcome, v.Files, v.Origin, v.Findings = nil, nil, Origin{}, nil
	}
	if v.Outcome != nil {
		o := *v.Outcome
		o.Findings = withoutCells(o.Findings)
		v.Outcome = &o
	}
	return v
}

func withoutCells(all []Finding) []Finding {
	all = slices.Clone(all)
	for i := range all {
		all[i].Cells = nil
	}
	return all
}
