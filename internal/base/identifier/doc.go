// Package identifier tells whether the cells of a column identify persons,
// bodies or places: Chinese identifiers with a check sign, numbers without
// one, names of persons and addresses.
//
// Regulation: Article 16(1) and, for what may be open to all, Article 13;
// requirements A16.2 and A22.3, issue 6 "Identifier detector". It judges
// columns, not cells: a cell may look like an identifier by chance, a column
// of them does not. All bounds are ours. [D]
//
// Read kind.go, then look.go. What a number is stands in numbers.go,
// resident.go and card.go, when a column of numbers counts in tally.go; codes
// with letters are in code.go, names in name.go, addresses in place.go. The
// lists surnames.txt and divisions.txt say where they are from. It is pure: no
// clock, no store, no network.
package identifier
