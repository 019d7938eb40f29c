// Package query answers questions about one table: rows, filters, groups, in
// pages by key, and exports of what was asked for.
//
// Regulation: Article 17 (interface without registration), Article 25(3).
// Query text is parsed by base/selection and never reaches an engine.
//
// Read api.go, then service.go.
package query
