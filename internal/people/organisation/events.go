package organisation

import (
	"slices"
	"strings"

	"kaishu/internal/base/problem"
)

// Event is something that happened to a body.
type Event interface{ Kind() string }

// The events.
type (
	Entered struct {
		ID string `json:"id"`
		Particulars
		By string `json:"by"`
	}
	Adopted struct {
		ID string `json:"id"`
		Particulars
	}
	Changed  struct{ Particulars }
	Verified struct {
		By string `json:"by"`
	}
	Activated struct{}
	Suspended struct {
		Reason string `json:"reason"`
	}
	Resumed struct{}
)

func (Entered) Kind() string   { return "organisation.entered" }
func (Adopted) Kind() string   { return "organisation.adopted" }
func (Changed) Kind() string   { return "organisation.changed" }
func (Verified) Kind() string  { return "organisation.verified" }
func (Activated) Kind() string { return "organisation.activated" }
func (Suspended) Kind() string { return "organisation.suspended" }
func (Resumed) Kind() string   { return "organisation.resumed" }

// check adds every fault of what is entered about the body called id.
func check(f Facts, p *problem.List, id string, x Particulars) error {
	p.Require("/name/zh", x.Name.ZH)
	if x.Sample && !strings.Contains(x.Name.ZH, "样例") {
		p.Add("/name/zh", "organisation.sample_unmarked")
	}
	switch {
	case x.Kind == "":
		p.Require("/kind", "")
	case !slices.Contains(Kinds, x.Kind):
		p.Add("/kind", "organisation.unknown_kind", "kind", string(x.Kind))
	}
	switch {
	case x.Kind == "": // it says whether there is a level
	case x.Kind.Realm() == Public && x.Level != "":
		p.Add("/level", "organisation.no_level")
	case x.Kind.Realm() == Office && x.Level == "":
		p.Require("/level", "")
	case x.Kind.Realm() == Office && !slices.Contains(Levels, x.Level):
		p.Add("/level", "organisation.unknown_level", "level", string(x.Level))
	}
	known := slices.Contains(f.Districts, x.District)
	switch {
	case x.Level == District && x.District == "" && !known:
		p.Require("/district", "")
	case x.District != "" && !known:
		p.Add("/district", "organisation.unknown_district", "district", x.District)
	}
	checkUSCC(f, p, id, x.USCC)
	checkParent(f, p, id, x)
	if x.Contact.Email != "" && !plausibleEmail(x.Contact.Email) {
		p.Add("/contact/email", "organisation.bad_email", "email", x.Contact.Email)
	}
	if x.Contact.Phone != "" && (strings.Trim(x.Contact.Phone, "0123456789+-()（）转、 ") != "" || len(x.Contact.Phone) > 80) {
		p.Add("/contact/phone", "organisation.bad_phone", "phone", x.Contact.Phone)
	}
	return p.Err()
}

func checkUSCC(f Facts, p *problem.List, id, code string) {
	if code == "" {
		return
	}
	if !ValidUSCC(code) {
		p.Add("/uscc", "organisation.bad_uscc", "uscc", code)
		return
	}
	for other, place := range f.Bodies {
		if place.USCC == code && other != id {
			p.Add("/uscc", "organisation.uscc_taken", "uscc", code)
			return
		}
	}
}

// checkParent: the body above exists, is not below, and a body of a district
// hangs under its own district or under the city.
func checkParent(f Facts, p *problem.List, id string, x Particulars) {
	if x.Parent == "" {
		return
	}
	parent, ok := f.Bodies[x.Parent]
	if !ok {
		p.Add("/parent", "organisation.unknown_parent", "parent", x.Parent)
		return
	}
	for at, steps := x.Parent, 0; at != "" && steps <= len(f.Bodies); at, steps = f.Bodies[at].Parent, steps+1 {
		if at == id {
			p.Add("/parent", "organisation.cycle", "parent", x.Parent)
			return
		}
	}
	if parent.Level == District && (x.Level != District || parent.District != x.District && x.District != "") {
		p.Add("/parent", "organisation.other_district", "parent", x.Parent)
	}
}

func plausibleEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " \t\r\n<>\"") && !strings.Contains(host, "@") && len(s) <= 254
}

const (
	usccLetters = "0123456789ABCDEFGHJKLMNPQRTUWXY" // without I, O, S, V, Z
	usccLength  = 18
)

// ValidUSCC reports whether s is a unified social credit code (GB 32100-2015):
// 18 characters, of which the last checks the others.
func ValidUSCC(s string) bool {
	if len(s) != usccLength {
		return false
	}
	sum, weight := 0, 1
	for i := range usccLength - 1 {
		value := strings.IndexByte(usccLetters, s[i])
		if value < 0 {
			return false
		}
		sum, weight = sum+value*weight, weight*3%31
	}
	return s[usccLength-1] == usccLetters[(31-sum%31)%31]
}
