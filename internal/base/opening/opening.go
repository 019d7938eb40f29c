// Package opening is the three opening types of Article 14: what the grading
// of data derives, what an entry of the open list declares, and what the door
// to the data asks.
package opening

import "slices"

// Type is an opening type (开放类型).
type Type string

// The opening types, from the one that opens most.
const (
	Unconditional Type = "unconditional" // 无条件开放
	Conditional   Type = "conditional"   // 有条件开放
	Closed        Type = "closed"        // 非开放
)

// Types lists the opening types, from the one that opens most.
var Types = []Type{Unconditional, Conditional, Closed}

// Known reports whether t is an opening type.
func (t Type) Known() bool { return slices.Contains(Types, t) }

// Looser reports whether t opens more than other. What is no opening type
// opens nothing.
func (t Type) Looser(other Type) bool { return t.rank() < other.rank() }

// Strictest returns the one of all that opens least; Unconditional of none.
func Strictest(all ...Type) Type {
	strictest := Unconditional
	for _, t := range all {
		if strictest.Looser(t) {
			strictest = t
		}
	}
	return strictest
}

func (t Type) rank() int {
	if i := slices.Index(Types, t); i >= 0 {
		return i
	}
	return len(Types)
}
