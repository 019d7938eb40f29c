// Package hostile makes files that a careless or malicious sender might hand
// in: bombs, lies, polyglots, and good files cut short or with bits turned. It
// is a corpus for tests and for looking at; each file says which outcomes are
// right. The files come from a seed and are the same on every machine.
//
// Regulation: Article 25 (security of what is opened). base.parquet is forty
// rows written by DuckDB from its own numbers.
//
// Read hostile.go, then the generators by format.
package hostile
