// Package layout is the frame around every page: header with search, language
// and reading size, breadcrumb, one heading, footer; the functions and small
// parts that all templates share; and the pages that belong to no concept
// (about, licences, accessibility, API guide, problems).
//
// How to make a page: README.md. Read layout.go, then page.go.
package layout
