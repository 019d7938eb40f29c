// Package download hands out the files of a version: ready-made, whole, at
// addresses that stay.
//
// Regulation: Article 17 (no registration, no application), Article 9(3)
// (general file formats).
//
// Read rules.go, then api.go.
package download
