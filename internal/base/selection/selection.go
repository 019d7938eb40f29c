package selection

// Type is the type of a column. It decides comparison, order and how a cell is
// written in every format.
type Type string

// The column types.
const (
	Text     Type = "text"     // UTF-8; compared by code point
	Integer  Type = "integer"  // 64 bits, signed
	Number   Type = "number"   // IEEE 754 double
	Decimal  Type = "decimal"  // exact, up to 38 digits; see Column.Scale
	Boolean  Type = "boolean"  //
	Date     Type = "date"     // 2026-03-05
	DateTime Type = "datetime" // 2026-03-05T08:30:00, local time of the source, no zone
)

// Types lists every type.
var Types = []Type{Text, Integer, Number, Decimal, Boolean, Date, DateTime}

// Numeric reports whether values of t are numbers.
func (t Type) Numeric() bool { return t == Integer || t == Number || t == Decimal }

// Temporal reports whether values of t are days or instants.
func (t Type) Temporal() bool { return t == Date || t == DateTime }

// Column is one column of a table.
type Column struct {
	Name  string `json:"name"` // as published, Chinese kept; unique within the table
	Type  Type   `json:"type"`
	Scale int    `json:"scale,omitempty"` // digits after the point, Decimal only
}

// Geometry names the two number columns that together are a point in
// longitude and latitude. In CQL2 the point is the property "geometry".
type Geometry struct {
	Longitude string `json:"longitude"`
	Latitude  string `json:"latitude"`
}

// GeometryProperty is the CQL2 name of a table's point.
const GeometryProperty = "geometry"

// Schema is what a query is checked against.
type Schema struct {
	Columns  []Column  `json:"columns"`
	Geometry *Geometry `json:"geometry,omitempty"` // nil: the table has no points
}

// Column returns the column called name.
func (s Schema) Column(name string) (Column, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Select is a whole query. The zero Select asks for every row and column.
type Select struct {
	Columns    []string    // in the order wanted; empty for all
	Where      Expr        // nil for all rows
	Order      []Order     // engines append the row number, so that order is total
	Group      []string    // columns to group by
	Aggregates []Aggregate // not empty if Group is not; then Columns is empty
	Limit      int         // rows; 0 for no limit
	After      []any       // order values of the last row seen, then its row number; nil for the first page
}

// Grouped reports whether s asks for groups instead of rows.
func (s Select) Grouped() bool { return len(s.Group) > 0 || len(s.Aggregates) > 0 }

// Order is one sort key. Nulls come last in both directions.
type Order struct {
	Column     string // a column, or in a grouped query also an aggregate's name
	Descending bool
}

// Function is an aggregate function.
type Function string

// The aggregate functions. All but Count leave nulls out.
const (
	Count         Function = "count" // rows, or non-null cells of Column
	CountDistinct Function = "count_distinct"
	Sum           Function = "sum" // numeric columns
	Avg           Function = "avg" // numeric columns
	Min           Function = "min"
	Max           Function = "max"
)

// Aggregate is one figure per group. Its text is "sum(客流量)", which is also
// the name of the answer's field.
type Aggregate struct {
	Function Function
	Column   string // "" for count of rows, written count(*)
}

// Name returns the text of a.
func (a Aggregate) Name() string {
	if a.Column == "" {
		return string(a.Function) + "(*)"
	}
	return string(a.Function) + "(" + a.Column + ")"
}

// Expr is a condition on one row, in three-valued logic: a comparison with a
// null cell is neither true nor false.
type Expr interface{ isExpr() }

type (
	// And is true if every part is. It has two parts or more.
	And []Expr
	// Or is true if some part is. It has two parts or more.
	Or []Expr
	// Not turns its part round.
	Not struct{ Part Expr }
	// Compare compares a column with a literal.
	Compare struct {
		Column string
		Op     Op
		Value  Literal
	}
	// Between is true from Low to High, both included.
	Between struct {
		Column    string
		Low, High Literal
	}
	// In is true if the cell equals one of Values.
	In struct {
		Column string
		Values []Literal
	}
	// Like matches a text column; % stands for any run of characters, _ for
	// one, \ takes the next character as it is.
	Like struct {
		Column  string
		Pattern string
	}
	// IsNull is true for an empty cell.
	IsNull struct{ Column string }
	// Intersects is S_INTERSECTS(geometry, …): the row's point lies in the box,
	// edges included. A point is a box of no size.
	Intersects struct{ West, South, East, North float64 }
	// Always is a condition that does not look at the row: TRUE or FALSE.
	Always bool
)

func (And) isExpr()        {}
func (Or) isExpr()         {}
func (Not) isExpr()        {}
func (Compare) isExpr()    {}
func (Between) isExpr()    {}
func (In) isExpr()         {}
func (Like) isExpr()       {}
func (IsNull) isExpr()     {}
func (Intersects) isExpr() {}
func (Always) isExpr()     {}

// Op is a comparison.
type Op string

// The comparisons.
const (
	Equal        Op = "="
	NotEqual     Op = "<>"
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
)

// Literal is a constant in the query. After [Check] its Type is that of the
// column it is compared with and Text is canonical for that type.
type Literal struct {
	Type Type
	Text string // Text as is; numbers in decimal; true or false; ISO 8601 days and instants
}
