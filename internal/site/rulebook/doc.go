// Package rulebook is the pages of the platform management rules: the text in
// force and earlier ones for everybody, the page on which one accepts it
// before anything else, and the desk at which they are written and published.
//
// Regulation: Article 26. Read rulebook.go, then desk.go.
package rulebook
