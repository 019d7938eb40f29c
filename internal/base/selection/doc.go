// Package selection is the query that people send to a table: columns,
// filter, order, groups. It is a small tree with a text form, CQL2 (OGC
// 21-065r2), classes Basic, Advanced Comparison Operators and Basic Spatial
// Functions. Text of users never reaches an engine: it is parsed here,
// checked against the table's columns, and an engine sees only the tree.
//
// The way of a query: [Parse] reads the parameters of a URL, which calls
// [ParseWhere] for the filter and [Check] for the whole; an engine runs the
// Select; [Values] writes it back for links. [Matches] says what a filter
// means, slowly; engines are held to it.
//
// README.md lists the grammar and the limits.
//
// Regulation: Article 17, 25(3).
package selection

// Conformance lists the conformance classes of OGC 21-065r2 that filters
// meet. Not among them: CQL2 JSON, property-property comparison, functions,
// arithmetic, arrays, CASEI and ACCENTI, temporal and further spatial
// functions.
var Conformance = []string{
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
	"http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
}

// The limits of a filter, so that reading and answering it stay cheap.
const (
	MaxText       = 8_000 // characters, as sent and as [Where] writes it
	MaxDepth      = 50    // nested parentheses and NOT
	MaxConditions = 200   // predicates
	MaxValues     = 1_000 // values in all IN lists together
)
