package organisation

import (
	"slices"
	"strings"

	"kaishu/internal/base/locale"
	"kaishu/internal/base/permit"
	"kaishu/internal/base/problem"
)

// Kind is what a body is in the sense of Article 3.
type Kind string

// The kinds of body.
const (
	Organ       Kind = "organ"       // 国家机关
	Institution Kind = "institution" // 事业单位
	Authorised  Kind = "authorised"  // 经依法授权具有管理公共事务职能的组织
	Utility     Kind = "utility"     // 供水、供电、供气、公共交通等提供公共服务的组织
	Other       Kind = "other"
)

// Kinds lists the kinds of body.
var Kinds = []Kind{Organ, Institution, Authorised, Utility, Other}

// Level is a body's place in the state.
type Level string

// The levels.
const (
	National Level = "national"
	City     Level = "city"
	District Level = "district"
)

// Levels lists the levels.
var Levels = []Level{National, City, District}

// Organisation is one body.
type Organisation struct {
	ID       string      `json:"id"`
	Name     locale.Text `json:"name"`
	Kind     Kind        `json:"kind"`
	Level    Level       `json:"level"`
	District string      `json:"district,omitempty"` // 行政区划代码 or name of the district; "" for none
	Sample   bool        `json:"sample,omitempty"`   // 样例: named by role, stands for no real body
}

// Check returns every fault of o, or nil.
func Check(o Organisation) error {
	var p problem.List
	p.Require("/id", o.ID)
	p.Require("/name/zh", o.Name.ZH)
	if !slices.Contains(Kinds, o.Kind) {
		p.Add("/kind", "organisation.unknown_kind", "kind", string(o.Kind))
	}
	if !slices.Contains(Levels, o.Level) {
		p.Add("/level", "organisation.unknown_level", "level", string(o.Level))
	}
	if o.Sample && !strings.Contains(o.Name.ZH, "样例") {
		p.Add("/name/zh", "organisation.sample_unmarked")
	}
	return p.Err()
}

// MayKeep returns nil if who may enter and change bodies.
func MayKeep(who permit.Actor) error {
	if who.Has(permit.SysAdmin) {
		return nil
	}
	return problem.New(problem.Forbidden, "organisation.only_sys_admin")
}
