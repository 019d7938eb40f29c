package tabular

import (
	"context"

	"kaishu/internal/base/selection"
)

// Comparer tells two tables apart. Engines that can do it implement it beside
// Engine.
type Comparer interface {
	// Compare finds the rows that came, went or changed between two tables, by
	// the columns of key; without a key that both tables have and that names
	// each of their rows once, rows are compared whole and only come or go. At
	// most limit rows of each kind are returned; the counts are exact.
	Compare(ctx context.Context, from, to Table, key []string, limit int) (Difference, error)
}

// Difference is what lies between two tables.
type Difference struct {
	Fields  []FieldChange
	Key     []string           // by which rows were recognised; empty if they were compared whole
	Columns []selection.Column // of the rows below: those that both tables have
	Added   Rows               // as they are in the newer table
	Removed Rows               // as they were in the older table
	Changed Rows               // as they are; Before has what they were
	Before  [][]Value
}

// Rows is a count and the first rows of what was counted.
type Rows struct {
	Total int64
	First [][]Value
}

// FieldChange is a column that came, went, or has another type.
type FieldChange struct {
	Name string         `json:"name"`
	From selection.Type `json:"from"` // "" if it came
	To   selection.Type `json:"to"`   // "" if it went
}

// CompareFields returns what changed between two schemas, and the columns that
// both have in the same type.
func CompareFields(from, to selection.Schema) (changes []FieldChange, common []selection.Column) {
	for _, c := range to.Columns {
		old, ok := from.Column(c.Name)
		switch {
		case !ok:
			changes = append(changes, FieldChange{Name: c.Name, To: c.Type})
		case old != c:
			changes = append(changes, FieldChange{Name: c.Name, From: old.Type, To: c.Type})
		default:
			common = append(common, c)
		}
	}
	for _, c := range from.Columns {
		if _, ok := to.Column(c.Name); !ok {
			changes = append(changes, FieldChange{Name: c.Name, From: c.Type})
		}
	}
	return changes, common
}
